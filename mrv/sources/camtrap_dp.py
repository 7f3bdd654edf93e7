"""Connector `camtrap_dp`: a Camtrap DP 1.0 package of camera traps, a folder or a zip. No schema is fetched from anywhere."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from mrv.errors import InputError, ProjectError
from mrv.ledger import Artifact
from mrv.project_sources import CamtrapDp
from mrv.sources.archives import read_members
from mrv.sources.camtrap_dp_tables import Resource, parse_resource, standard
from mrv.sources.contract import Parsed, Request
from mrv.sources.fetch import Wanted, base_of, fetching
from mrv.sources.json_reading import read_json
from mrv.sources.records import merge
from mrv.sources.sniff import Kind

logger = logging.getLogger(__name__)

DESCRIPTOR = "datapackage.json"
_PRODUCT = "camtrap_dp"
_DATASET = "camera_deployments"
"""Dataset of the descriptor and of a zip as files: both tell where cameras stand."""
_PROFILE = re.compile(r"camtrap-dp/(\d+(?:\.\d+){1,2})/")
_REMEDY = "export the package again as Camtrap DP 1.0, or check root of the source in project.yaml"


def pull(spec: CamtrapDp, request: Request) -> list[Artifact]:
    """See `Connector.pull`: the zip, or the descriptor and the tables that it names."""
    zipped = _is_zip(spec)
    root = str(request.project_folder / spec.root)
    with fetching(
        request,
        source=spec.name,
        base=base_of(spec.name, str(Path(root).parent) if zipped else root, request.settings),
        remedy="check root of the source in project.yaml",
    ) as fetcher:
        if zipped:
            name = PurePosixPath(spec.root).name
            return [fetcher.fetch(_wanted(spec, name, "zip", _DATASET))]
        first = fetcher.fetch(_wanted(spec, DESCRIPTOR, "json", _DATASET))
        document = read_descriptor(request.store.get(first.sha256), label=first.address)
        tables = {name: document["tables"][name]["path"] for name in standard().tables}
        wanted = [
            _wanted(spec, path, "csv", standard().tables[name].dataset, address=f"camtrap_dp/{spec.name}/{name}.csv")
            for name, path in tables.items()
        ]
        return [first, *fetcher.fetch_all(wanted, label=f"{spec.name}: tables")]


def parse(spec: CamtrapDp, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """See `Connector.parse`: deployments, media and observations.

    Raises:
        InputError: The package is of another standard, or a table cannot be read.
    """
    by_address = {item.address: item for item in artifacts}
    if not _is_zip(spec):
        first = _artifact(by_address, f"camtrap_dp/{spec.name}/{DESCRIPTOR}")
        document = read_descriptor(request.store.get(first.sha256), label=first.address)
        found = {name: _artifact(by_address, f"camtrap_dp/{spec.name}/{name}.csv") for name in standard().tables}
        return merge(
            _parsed(document, name, request.store.get(item.sha256), item.sha256, item.address, request)
            for name, item in found.items()
        )
    archive = _artifact(by_address, f"camtrap_dp/{spec.name}/{PurePosixPath(spec.root).name}")
    with tempfile.TemporaryDirectory() as folder:
        return merge(_parsed_zip(archive, Path(folder), request))


def _parsed_zip(archive: Artifact, folder: Path, request: Request) -> list[tuple[str, Parsed]]:
    path, limit = request.store.get(archive.sha256), request.settings.max_file_bytes
    members = read_members(path, label=archive.address, max_bytes=limit, wanted=_is_descriptor)
    top = _top(members, archive.address)
    own = folder / DESCRIPTOR
    own.write_bytes(members[f"{top}{DESCRIPTOR}"])
    document = read_descriptor(own, label=f"{archive.address}, {DESCRIPTOR}")
    paths = {f"{top}{table['path']}" for table in document["tables"].values()}
    members = read_members(path, label=archive.address, max_bytes=limit, wanted=paths.__contains__)
    parts = []
    for name in standard().tables:
        inside = f"{top}{document['tables'][name]['path']}"
        label = f"{archive.address}, {name}"
        if inside not in members:
            raise InputError(
                f"a Camtrap DP package lacks the file of its table {name}",
                expected=document["tables"][name]["path"],
                where=label,
                remedy=_REMEDY,
            )
        # The name is ours: what the package calls a file never becomes a path.
        file = folder / f"{name}.csv"
        file.write_bytes(members[inside])
        parts.append(_parsed(document, name, file, archive.sha256, label, request))
    return parts


def _is_descriptor(name: str) -> bool:
    return PurePosixPath(name).name == DESCRIPTOR


def _top(members: Mapping[str, bytes], label: str) -> str:
    """Return the folder of the zip in which the package lies: its root, or the one folder that people packed with it."""
    found = [name.removesuffix(DESCRIPTOR) for name in members]
    if len(found) != 1:
        raise InputError(
            "an archive is no Camtrap DP package",
            expected=f"one {DESCRIPTOR}",
            found=f"{len(found)} of them",
            where=label,
            remedy=_REMEDY,
        )
    return found[0]


def _parsed(
    document: Mapping[str, Any], name: str, path: Path, artifact: str, label: str, request: Request
) -> tuple[str, Parsed]:
    table, described = standard().tables[name], document["tables"][name]
    resource = Resource(
        table=table,
        path=path,
        artifact=artifact,
        label=label,
        package=document["name"],
        encoding=described["encoding"],
        delimiter=described["delimiter"],
    )
    return table.dataset, parse_resource(resource, request.bounds)


def read_descriptor(path: Path, *, label: str) -> dict[str, Any]:
    """Read `datapackage.json`: name of the package, and path, encoding and delimiter of each of the three tables.

    Raises:
        InputError: It is of another standard or version, lacks a part that every package has, or a path leads out of it.
    """
    document = read_json(path, label=label, what="the descriptor of a Camtrap DP package", remedy=_REMEDY)
    if not isinstance(document, dict):
        raise _refusal("a descriptor is no object", "an object", type(document).__name__, label)
    profile = str(document.get("profile"))
    version = _PROFILE.search(profile)
    if version is None or version[1] not in standard().versions:
        expected = f"profile of camtrap-dp {', '.join(standard().versions)}"
        raise _refusal("a package is not of a version of Camtrap DP that is read", expected, profile[:120], label)
    project = document.get("project")
    own = set(project) if isinstance(project, dict) else set[str]()
    lacking = [key for key in standard().required_keys if key not in document]
    lacking += [f"project.{key}" for key in standard().required_project_keys if key not in own]
    if lacking:
        raise _refusal("a Camtrap DP package lacks what every package has", ", ".join(lacking), "without", label)
    return {"name": str(document.get("name") or document.get("id") or label), "tables": _tables(document, label)}


def _tables(document: Mapping[str, Any], label: str) -> dict[str, dict[str, str]]:
    """Return path, encoding and delimiter of each table; other resources are left aside and named in the log."""
    listed = document["resources"]
    resources = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    named: dict[str, dict[str, Any]] = {}
    for item in resources:
        name = str(item.get("name"))
        if name in standard().tables:
            if name in named:
                raise _refusal("a table stands twice in a package", name, "two resources of that name", label)
            named[name] = item
        else:
            logger.info("%s: resource %s is no table of Camtrap DP and is not read", label, name[:80])
    missing = [name for name in standard().tables if name not in named]
    if missing:
        raise _refusal("a Camtrap DP package lacks tables", ", ".join(standard().tables), ", ".join(named), label)
    return {name: _table(named[name], name, label) for name in standard().tables}


def _table(item: Mapping[str, Any], name: str, label: str) -> dict[str, str]:
    path, dialect = item.get("path"), item.get("dialect", {})
    plain = isinstance(path, str) and not path.startswith(("/", "~", ".")) and ":" not in path and "\\" not in path
    if not plain or ".." in PurePosixPath(str(path)).parts or not str(path).endswith(".csv"):
        raise _refusal(
            f"the table {name} of a package has no file of its own", "path of one .csv below the package",
            str(path)[:120], label,
        )  # fmt: skip
    delimiter = dialect.get("delimiter", ",") if isinstance(dialect, dict) else None
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
        raise _refusal(f"the dialect of table {name} cannot be read", "delimiter of one character", "another", label)
    encoding = str(item.get("encoding", "utf-8"))
    return {
        "path": str(path),
        "encoding": "utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding,
        "delimiter": delimiter,
    }


def _refusal(message: str, expected: str, found: str, label: str) -> InputError:
    return InputError(message, expected=expected, found=found, where=label, remedy=_REMEDY)


def _is_zip(spec: CamtrapDp) -> bool:
    return spec.root.lower().endswith(".zip")


def _wanted(spec: CamtrapDp, path: str, kind: Kind, dataset: str, *, address: str | None = None) -> Wanted:
    return Wanted(
        dataset=dataset,
        product=_PRODUCT,
        address=address or f"camtrap_dp/{spec.name}/{path}",
        path=path,
        kind=kind,
        licence=spec.licence,
        citation=spec.citation,
    )


def _artifact(by_address: Mapping[str, Artifact], address: str) -> Artifact:
    if address in by_address:
        return by_address[address]
    raise ProjectError(
        "a file of a package was not pulled",
        expected=address,
        found=", ".join(sorted(by_address)),
        remedy="pull the source again after a change of project.yaml",
    )
