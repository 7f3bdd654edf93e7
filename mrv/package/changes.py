"""What a later version changed of the one before it: `data/changes/`, with causes, tonnes and who approved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mrv.errors import PackageError
from mrv.package.comparison import Comparison, percent, side_of_package, text
from mrv.package.contents import Approval, Contents, Previous
from mrv.package.difference import CellDifference, FigureDifference
from mrv.package.freeze import frozen_of
from mrv.package.staging import Staging
from mrv.package.zipped import SUFFIX, unpacked

FOLDER = "data/changes/"
CHANGES, FIGURES, ROWS = f"{FOLDER}changes.json", f"{FOLDER}figures.csv", f"{FOLDER}rows.csv"
INPUTS, PARAMETERS = f"{FOLDER}inputs.csv", f"{FOLDER}parameters.csv"
FIGURE_COLUMNS = (
    *("figure_id", "label_en", "label_es", "unit", "old", "new", "difference", "difference_percent", "tco2e", "causes"),
    *("old_reason", "new_reason"),
)
MAX_ROWS = 100_000
"""Most cells that are listed one by one; how many differ is told whatever their number."""


def write_changes(staging: Staging, contents: Contents) -> None:
    """Write `data/changes/` of a later version; the first one has none.

    Raises:
        PackageError: The version before is not where it should be, or nobody approved this content.
    """
    previous, approval = contents.previous, contents.approval
    if previous is None:
        return
    if approval is None or not approval.approved_by.strip() or not approval.reason.strip():
        raise PackageError(
            f"nobody approved {contents.name}",
            expected="who approved the changed content, and why",
            remedy="approve it: mrv approve",
        )
    with unpacked(standing(previous.folder)) as root:
        compared = Comparison(side_of_package(root), side_of_package(staging.root))
        _write(staging, compared, contents, previous, approval)


def standing(folder: Path) -> Path:
    """Return where a published version lies: its folder, or its one file where the folder was put away.

    Raises:
        PackageError: Neither is there.
    """
    there = folder if folder.is_dir() else folder.with_name(folder.name + SUFFIX)
    if not there.exists():
        raise PackageError(
            "the version before is not there to be compared with",
            where=str(folder),
            remedy="restore it from a copy: a published version is never thrown away",
        )
    return there


def _write(staging: Staging, compared: Comparison, contents: Contents, previous: Previous, approval: Approval) -> None:
    staging.write_csv(FIGURES, FIGURE_COLUMNS, figure_rows(compared))
    counts: Counter[str] = Counter()
    columns = ("mart", "key", "column", "old", "new", "change")
    staging.write_csv(ROWS, columns, (_cell(cell) for cell in _limited(compared.rows(), counts)))
    staging.write_csv(
        INPUTS,
        ("address", "dataset", "old_sha256", "new_sha256", "change"),
        ((item.address, item.dataset, item.old_sha256, item.new_sha256, item.change) for item in compared.inputs),
    )
    staging.write_csv(
        PARAMETERS,
        ("parameter_id", "column", "old", "new", "change"),
        ((item.key, item.column, item.old, item.new, item.change) for item in compared.parameters),
    )
    said: dict[str, Any] = {
        "previous": previous.record(),
        "version": contents.version,
        "content_key": frozen_of(contents).content_key,
        **asdict(approval),
        "causes": [asdict(cause) for cause in compared.causes],
        "figures_changed": len(compared.figures),
        "cells_changed": counts["all"],
        "cells_listed": min(counts["all"], MAX_ROWS),
        "inputs_changed": len(compared.inputs),
        "totals": [total.record() for total in compared.totals],
    }
    staging.write_json(CHANGES, said)


def _limited(cells: Iterator[CellDifference], counts: Counter[str]) -> Iterator[CellDifference]:
    """Yield the first cells, and count all of them."""
    for cell in cells:
        counts["all"] += 1
        if counts["all"] <= MAX_ROWS:
            yield cell


def _cell(cell: CellDifference) -> Sequence[str]:
    return cell.table, cell.key, cell.column, cell.old, cell.new, cell.change


def figure_rows(compared: Comparison) -> Iterator[list[str | None]]:
    """Yield what differs of the figures as the rows of `FIGURE_COLUMNS`."""
    for item in compared.figures:
        yield _figure(item, ";".join(cause.code for cause in compared.causes_of(item)))


def _figure(item: FigureDifference, causes: str) -> list[str | None]:
    old, new, figure = item.old, item.new, item.figure
    return [
        *(figure.figure_id, figure.label_en, figure.label_es, figure.unit),
        *(text(side.value) if side else None for side in (old, new)),
        text(item.difference),
        text(percent(item.difference, old.value if old else None)),
        text(item.tco2e),
        causes,
        *(side.reason if side else None for side in (old, new)),
    ]
