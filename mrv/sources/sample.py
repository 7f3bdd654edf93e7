"""Connector `sample`: a frozen sample design and the labels of its units, from the design's folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mrv.errors import InputError, ProjectError
from mrv.ledger import Artifact
from mrv.project_sampling import LabelFile, SampleSource
from mrv.schemas import DATASETS
from mrv.sources.contract import Parsed, Request
from mrv.sources.fetch import Wanted, base_of, fetching
from mrv.sources.sample_design_files import (
    DESIGN_FILE,
    FILES,
    STRATA_FILE,
    UNITS_FILE,
    FrozenDesign,
    read_design_files,
)
from mrv.sources.sample_label_files import read_labels
from mrv.sources.sample_labels import LabelRows, parse_labels

LABELS = "labels/"
"""Start of the addresses of files of labels, which name people: in their cells, and often in their own names."""
_DATASETS = {DESIGN_FILE: "sample_designs", STRATA_FILE: "sample_strata", UNITS_FILE: "sample_units"}


def _addresses(spec: SampleSource) -> dict[str, str]:
    return {name: f"sample/{spec.name}/{name}" for name in FILES}


def _label_address(spec: SampleSource, number: int) -> str:
    """Call a file by its number among the labels of its source: reasons with addresses go where its name must not go."""
    return f"{LABELS}{spec.name}/file-{number}"


def pull(spec: SampleSource, request: Request) -> list[Artifact]:
    """See `Connector.pull`: the three files of the design, then the labels; nothing in runs of another period."""
    if spec.period != request.period_id:
        return []
    wanted = [_wanted(spec, _DATASETS[name], address, name) for name, address in _addresses(spec).items()]
    wanted += [
        _wanted(spec, "sample_labels", _label_address(spec, number), file.path)
        for number, file in enumerate(spec.labels, start=1)
    ]
    with fetching(
        request,
        source=spec.name,
        base=base_of(spec.name, str(request.project_folder / spec.folder), request.settings),
        remedy="check folder and labels of the source in project.yaml; a design is drawn with: mrv sample design",
    ) as fetcher:
        return fetcher.fetch_all(wanted, label=f"{spec.name}: design and labels")


def _wanted(spec: SampleSource, dataset: str, address: str, path: str) -> Wanted:
    return Wanted(
        dataset=dataset,
        product="sample",
        address=address,
        path=path,
        kind="json" if path == DESIGN_FILE else "csv",
        licence=spec.licence,
        citation=spec.citation,
        simulated=spec.simulated,
    )


def parse(spec: SampleSource, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """See `Connector.parse`: designs, strata, units and labels.

    Raises:
        InputError: The design is not as it was drawn, or a file of labels lacks a column or is there twice.
        ProjectError: The design is of another project or period, or a mapping does not fit its file.
    """
    by_address = {item.address: item for item in artifacts}
    files = {name: _artifact(by_address, address) for name, address in _addresses(spec).items()}
    design = read_design_files(
        {name: request.store.get(item.sha256) for name, item in files.items()},
        {name: item.address for name, item in files.items()},
    )
    _check_whose(design, spec, request)
    found = [_artifact(by_address, _label_address(spec, number)) for number in range(1, len(spec.labels) + 1)]
    _check_distinct(found)
    labels = [_label_rows(file, artifact, request) for file, artifact in zip(spec.labels, found, strict=True)]
    return {
        "sample_designs": _landed("sample_designs", [design.design_row()], files[DESIGN_FILE]),
        "sample_strata": _landed("sample_strata", design.strata, files[STRATA_FILE]),
        "sample_units": _landed("sample_units", design.units, files[UNITS_FILE]),
        "sample_labels": parse_labels(spec, design, labels),
    }


def _artifact(by_address: Mapping[str, Artifact], address: str) -> Artifact:
    if address in by_address:
        return by_address[address]
    raise ProjectError(
        "a declared file was not pulled",
        expected=address,
        found=", ".join(sorted(by_address)),
        remedy="pull the source again after a change of project.yaml",
    )


def _check_whose(design: FrozenDesign, spec: SampleSource, request: Request) -> None:
    document = design.document
    found = (document.project_id, document.period.id)
    if found != (request.project_id, spec.period):
        raise ProjectError(
            f"sample design {document.design_id} was drawn for something else",
            expected=f"project {request.project_id}, period {spec.period}",
            found=f"project {found[0]}, period {found[1]}",
            where=f"source {spec.name}",
            remedy="mend folder or period of the source in project.yaml, or draw a design for this period",
        )


def _check_distinct(labels: Sequence[Artifact]) -> None:
    """Refuse a file that is there twice: its rows would be one in every trace, and nobody labels by copying."""
    first: dict[str, str] = {}
    for item in labels:
        if first.setdefault(item.sha256, item.address) != item.address:
            raise InputError(
                "two files of labels are the same",
                found=f"{first[item.sha256]} and {item.address}, sha256 {item.sha256[:12]}",
                where=f"source {item.source}",
                remedy="take one of them out of labels in project.yaml, or export the right one",
            )


def _landed(dataset: str, rows: Iterable[Mapping[str, Any]], artifact: Artifact) -> Parsed:
    traced = [{**row, "_artifact": artifact.sha256, "_row": number} for number, row in enumerate(rows, start=1)]
    return Parsed(DATASETS[dataset].table(traced), rows_read=len(traced))


def _label_rows(file: LabelFile, artifact: Artifact, request: Request) -> LabelRows:
    raws = read_labels(file, request.store.get(artifact.sha256), label=artifact.address)
    return LabelRows(artifact.address, artifact.sha256, file.role, file.interpreter, raws)
