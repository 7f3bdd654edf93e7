"""Why two versions differ: what changed of all that figures rest on, and which of it can reach a figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mrv.package.freeze import LABELS

Lineage = Mapping[str, Mapping[str, Any]]
ARTIFACT, LANDED, PROJECT = "artifact:", "landed.", "project"
_PARAMETERS = frozenset({f"{LANDED}parameters", f"{LANDED}account_parameters", PROJECT})


@dataclass(frozen=True)
class Cause:
    """One thing that changed. `code` names it for machines: `inputs:<dataset>`, `parameters:<id>`, `code` and so on."""

    code: str
    en: str
    es: str

    @property
    def kind(self) -> str:
        """What kind of thing changed."""
        return self.code.partition(":")[0]

    @property
    def name(self) -> str:
        """Which one."""
        return self.code.partition(":")[2]


def causes_of(
    old: Mapping[str, Any], new: Mapping[str, Any], inputs: Mapping[str, int], parameters: Iterator[str] | list[str]
) -> list[Cause]:
    """Return what changed between two frozen sets.

    Args:
        old: Record of the set before.
        new: Record of the set after.
        inputs: Dataset to the number of its files that were added, removed or changed.
        parameters: Ids of the parameters that changed.
    """
    found = [_of_inputs(dataset, count) for dataset, count in sorted(inputs.items())]
    found += [Cause(f"parameters:{name}", f"parameter {name}", f"parámetro {name}") for name in sorted({*parameters})]
    for kind, en, es in (
        ("project_files", "file of the project", "archivo del proyecto"),
        ("findings", "finding or answer", "hallazgo o respuesta"),
    ):
        before, after = old.get(kind, {}), new.get(kind, {})
        names = sorted(name for name in {*before} | {*after} if before.get(name) != after.get(name))
        found += [Cause(f"{kind}:{name}", f"{en}: {name}", f"{es}: {name}") for name in names]
    if old.get("waivers", []) != new.get("waivers", []):
        found.append(Cause("waivers", "checks that were waived", "controles dispensados"))
    for code, field, en, es in (
        ("code", "code_sha256", "the platform's code", "el código de la plataforma"),
        ("library_lock", "lock_sha256", "versions of libraries", "versiones de bibliotecas"),
    ):
        if old["code"].get(field) != new["code"].get(field):
            found.append(Cause(code, en, es))
    return found


def _of_inputs(dataset: str, count: int) -> Cause:
    files, archivos = ("file", "archivo") if count == 1 else ("files", "archivos")
    if dataset == LABELS:
        return Cause(
            f"inputs:{dataset}", f"sample labels, {count} {files}", f"etiquetas de la muestra, {count} {archivos}"
        )
    return Cause(
        f"inputs:{dataset}", f"inputs of {dataset}, {count} {files}", f"insumos de {dataset}, {count} {archivos}"
    )


def reaching(causes: list[Cause], lineage: Lineage | None, mart: str) -> list[Cause]:
    """Return the causes that can have changed a mart, by its lineage; all of them where it is not known.

    Args:
        causes: What changed.
        lineage: `tables` and `steps` of `data/calc/lineage.json`.
        mart: Name of the mart.
    """
    if lineage is None or mart not in lineage["tables"]:
        return causes
    sources = _sources(lineage, mart)
    known = {name for step in lineage["steps"].values() for name in step["inputs"]}
    # A change that nothing explains would be worse than one with too many explanations.
    return [cause for cause in causes if _reaches(cause, sources, known)] or causes


def _reaches(cause: Cause, sources: frozenset[str], known: set[str]) -> bool:
    if cause.kind == "inputs":
        name = f"{ARTIFACT}{cause.name}"
        return name in sources or f"{ARTIFACT}*" in sources or name not in known
    if cause.kind == "parameters":
        return bool(sources & _PARAMETERS)
    if cause.kind == "project_files":
        return PROJECT in sources
    return cause.kind != "findings"


def _sources(lineage: Lineage, mart: str) -> frozenset[str]:
    """Return all that a mart is made of: tables, received files and the project's definition."""
    makers: dict[str, set[str]] = {}
    for step in lineage["steps"].values():
        for name in step["outputs"]:
            makers.setdefault(name, set()).update(step["inputs"])
    found: set[str] = set()
    left = [mart]
    while left:
        name = left.pop()
        if name in found:
            continue
        found.add(name)
        left += lineage["tables"].get(name, {}).get("parents", [])
        left += sorted(makers.get(name, ()))
    return frozenset(found)
