"""The package as an RO-Crate 1.2: every file with what it is, who the project is, and how the figures were made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import jinja2

from mrv.package.bag import Entry
from mrv.package.contents import Contents
from mrv.package.crate_words import FORMATS, OF_FILES, SECTIONS, TOP, UNKNOWN_FORMAT
from mrv.package.staging import Staging

if TYPE_CHECKING:
    from rocrate.model.entity import Entity
    from rocrate.rocrate import ROCrate

VERSION = "1.2"
PROFILE = f"https://w3id.org/ro/crate/{VERSION}"
METADATA = "data/ro-crate-metadata.json"
PREVIEW = "data/ro-crate-preview.html"
_ROOT = "data/"
PROJECT, SOFTWARE, ACTION, TERMS = "#project", "#mrv", "#made", "#terms"


def write_crate(staging: Staging, contents: Contents) -> None:
    """Write `data/ro-crate-metadata.json` and `data/ro-crate-preview.html`; the last of the payload, for it lists all."""
    payload = {name.removeprefix(_ROOT): entry for name, entry in sorted(staging.entries.items())}
    graph = _graph(contents, payload)
    staging.write_json(METADATA, graph)
    staging.write(PREVIEW, _preview(contents, payload).encode())


def file_id(path: str) -> str:
    """Return the id of a file in the crate: its path below `data/`, as an URI says it."""
    return quote(path)


def _graph(contents: Contents, payload: Mapping[str, Entry]) -> dict[str, Any]:
    """Return the metadata; entities lie in the order of their ids, behind the descriptor and the root."""
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version=VERSION)
    people = _people(crate, contents)
    terms = _terms(crate, contents)
    _root(crate, contents)
    for section, (name, description) in SECTIONS.items():
        if any(path.startswith(section) for path in payload):
            title = {"name": f"{name.en} / {name.es}", "description": f"{description.en} / {description.es}"}
            crate.add_dataset(dest_path=section, properties=title)
    parts: dict[str, list[dict[str, str]]] = {}
    for path, entry in payload.items():
        crate.add_file(dest_path=path, properties=_file(path, entry))
        section, separator, _ = path.partition("/")
        parts.setdefault(section + separator, []).append({"@id": file_id(path)})
    _action(crate, contents, payload)
    generated = crate.metadata.generate()
    graph = [dict(entity) for entity in generated["@graph"]]
    for entity in graph:
        if entity["@id"] == "./":
            entity["hasPart"] = sorted(entity["hasPart"], key=lambda part: part["@id"])
            entity |= {"author": people, "publisher": people[0], "license": terms}
        elif entity["@id"] in parts:
            entity["hasPart"] = parts[entity["@id"]]
    graph.append(_preview_entity())
    first = {"ro-crate-metadata.json": 0, "./": 1}
    graph.sort(key=lambda entity: (first.get(entity["@id"], 2), entity["@id"]))
    return {"@context": generated["@context"], "@graph": graph}


def _root(crate: ROCrate, contents: Contents) -> None:
    project, root = contents.project, crate.root_dataset
    span = f"{contents.period_start} to {contents.period_end}"
    root["identifier"] = contents.name
    root["name"] = f"{project.name}: verification package of {span}, version {contents.version}"
    root["description"] = (
        f"Tables, maps, boundaries, evidence and calculation of the monitoring period {contents.period_id} ({span})."
        + (" The data are simulated." if project.simulated else "")
    )
    root["datePublished"] = contents.created_at
    root["version"] = str(contents.version)
    root["temporalCoverage"] = f"{contents.period_start}/{contents.period_end}"
    root["inLanguage"] = ["en", "es"]
    root["about"] = {"@id": PROJECT}
    root["mentions"] = [{"@id": ACTION}]
    if project.location:
        root["contentLocation"] = {"@id": "#place"}


def _people(crate: ROCrate, contents: Contents) -> list[dict[str, str]]:
    """Add the project, its proponent and partners; return who answers for the package, the proponent first."""
    project, identity = contents.project, contents.project.identity
    _add(crate, PROJECT, "Project", {"name": project.name, "identifier": project.project_id, **_place(crate, contents)})
    names = [identity.proponent or project.name, *identity.partners] if identity else [project.name]
    people = []
    for name in dict.fromkeys(names):
        identifier = f"#organization-{quote(name, safe='')}"
        _add(crate, identifier, "Organization", {"name": name})
        people.append({"@id": identifier})
    return people


def _place(crate: ROCrate, contents: Contents) -> dict[str, Any]:
    location = contents.project.location
    if location is None:
        return {}
    _add(crate, "#place", "Place", {"name": f"{location.en} / {location.es}", "address": contents.project.country})
    return {"location": {"@id": "#place"}}


def _terms(crate: ROCrate, contents: Contents) -> dict[str, str]:
    """Add the terms of use: the project gave none of its own, and each source has its own."""
    sources = sorted({f"{item.product}: {item.licence}" for item in contents.inputs})
    text = (
        "The project's own data belong to the project; ask it before use. Data of others keep their licences, "
        f"listed in provenance/inputs.csv. {'; '.join(sources)}"
    )
    _add(crate, TERMS, "CreativeWork", {"name": "Terms of use", "description": text})
    return {"@id": TERMS}


def _action(crate: ROCrate, contents: Contents, payload: Mapping[str, Entry]) -> None:
    code = contents.code
    software = {
        "name": "mrv",
        "softwareVersion": code.version,
        "softwareRequirements": {"@id": "code/requirements.lock"},
    }
    _add(crate, SOFTWARE, "SoftwareApplication", software | ({"identifier": code.commit} if code.commit else {}))
    used = [path for path in payload if path.startswith(("inputs/", "project/"))]
    made = [path for path in payload if path.startswith(("tables/", "report/", "workbook/"))]
    properties = {
        "name": "Calculation of the period's figures from its inputs",
        "endTime": contents.created_at,
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "instrument": {"@id": SOFTWARE},
        "agent": {"@id": PROJECT},
        "object": [{"@id": file_id(path)} for path in used],
        "result": [{"@id": file_id(path)} for path in made],
    }
    _add(crate, ACTION, "CreateAction", properties)


def _file(path: str, entry: Entry) -> dict[str, Any]:
    suffix = path.rpartition("/")[2].rpartition(".")[2] if "." in path.rpartition("/")[2] else ""
    section, separator, _ = path.partition("/")
    words = OF_FILES.get(path) or SECTIONS.get(section + separator, TOP)[1]
    return {
        "name": path.rpartition("/")[2],
        "encodingFormat": FORMATS.get(suffix, UNKNOWN_FORMAT),
        "contentSize": str(entry.bytes),
        "sha256": entry.sha256,
        "description": f"{words.en} / {words.es}",
    }


def _preview_entity() -> dict[str, Any]:
    return {
        "@id": PREVIEW.removeprefix(_ROOT),
        "@type": "CreativeWork",
        "name": "What the package holds / Qué contiene el paquete",
        "about": {"@id": "./"},
        "encodingFormat": "text/html",
    }


def _add(crate: ROCrate, identifier: str, kind: str, properties: Mapping[str, Any]) -> Entity:
    from rocrate.model.contextentity import ContextEntity

    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))


def _preview(contents: Contents, payload: Mapping[str, Entry]) -> str:
    source = files("mrv.package").joinpath("templates/crate_preview.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True, keep_trailing_newline=True)
    return environment.from_string(source).render(contents=contents, sections=list(_sections(payload)), quote=quote)


def _sections(payload: Mapping[str, Entry]) -> Iterator[dict[str, Any]]:
    for section, (name, description) in {"": TOP, **SECTIONS}.items():
        inside = [path for path in payload if (path.startswith(section) if section else "/" not in path)]
        if inside:
            size = sum(payload[path].bytes for path in inside)
            yield {"path": section, "name": name, "about": description, "files": inside, "bytes": size}
