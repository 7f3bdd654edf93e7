"""What a changed file or a newer version would change: both measured by the same functions, apart from every period.

Their steps, tables and retrievals lie in a home of their own, `<home>/watch/<project>/work`; only the store of files, in
which a file is named by its content and never changes, is shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

import pyarrow as pa

from mrv.ledger import Artifact, Ledger
from mrv.project_sources import RasterTiles
from mrv.settings import Settings
from mrv.sources import raster_tiles
from mrv.stages.context import Context
from mrv.stages.land import request as request_of
from mrv.stages.measure import measure_pixels
from mrv.stages.measure_classes import measure_classes
from mrv.stages.watch_record import watch_folder
from mrv.units import UM2_PER_HA

Key = tuple[str, str, str, int | None]
Cells = dict[Key, int]
"""Square micrometres by layer, quantity, zone and year."""
FOREST = "forest"
"""Name of the layer for what is measured from tree cover and loss year together."""
_HA, _PERCENT = Decimal("0.000001"), Decimal("0.0001")


@dataclass(frozen=True)
class Candidate:
    """A source as it would be: with a newer version, or with its files as they are upstream now."""

    source: str
    spec: RasterTiles
    name: str


@dataclass(frozen=True)
class Change:
    """One zone and year, measured with the files in use and with the candidate's.

    Attributes:
        layer: Layer of classes; `forest` for what is measured from tree cover and loss year together.
        quantity: `forest` at the end of the year, `forest_loss` within it, or a class by code and name.
        year: None for a layer that shows no year.
        old_ha: With the files in use; None where their version does not reach that year.
        new_ha: With the candidate's files; None likewise.
        difference_ha: New less old; None where one of them is.
        difference_percent: Of the old area; None where that is zero or not known.
        reason: Why a cell is empty.
    """

    source: str
    product: str
    old_version: str
    new_version: str
    layer: str
    quantity: str
    zone_id: str
    year: int | None
    old_ha: Decimal | None
    new_ha: Decimal | None
    difference_ha: Decimal | None
    difference_percent: Decimal | None
    reason: str

    def row(self) -> dict[str, Any]:
        """Return it as a record."""
        return asdict(self)


def changes_of(context: Context, used: Sequence[Artifact], candidates: Sequence[Candidate]) -> list[Change]:
    """Fetch what the candidates name and measure the difference that each would make by itself.

    Args:
        context: The project and period that are watched; only its store is written to.
        used: The raster files that the figures rest on.
        candidates: What to measure.

    Raises:
        SourceError: A file of a candidate did not come.
        MrvError: It cannot be measured.
    """
    result: list[Change] = []
    with _apart(context) as aside:
        for candidate in candidates:
            _know(aside, used)
            old = [item for item in used if item.source == candidate.source]
            new = raster_tiles.pull(candidate.spec, request_of(aside))
            others = [item for item in used if item.source != candidate.source]
            before, after = _cells(aside, candidate, used), _cells(aside, candidate, [*others, *new])
            result += _compare(candidate, old_version=old[0].version or "", before=before, after=after)
    return result


@contextmanager
def _apart(context: Context) -> Iterator[Context]:
    """Give the same project and zones with a home and a ledger in which nothing is published."""
    values = {name: getattr(context.settings, name) for name in type(context.settings).model_fields}
    settings = Settings(**{**values, "home": watch_folder(context) / "work", "ledger_url": None})
    ledger = Ledger(settings.ledger_address)
    try:
        yield replace(context, settings=settings, ledger=ledger)
    finally:
        ledger.close()


def _know(aside: Context, used: Sequence[Artifact]) -> None:
    """Let the other ledger know the files in use, so that what did not change is not fetched again."""
    for item in used:
        if aside.ledger.last_retrieval(item.project, item.address) is None:
            aside.ledger.record_retrieval(item)


def _cells(aside: Context, candidate: Candidate, artifacts: Sequence[Artifact]) -> Cells:
    """Measure what the candidate's product takes part in."""
    product = aside.catalogue.product(candidate.spec.product)
    layers = [product.layer(name) for name in candidate.spec.layers]
    cells: Cells = {}
    if any(layer.role for layer in layers):
        measured = measure_pixels(aside, artifacts)
        cells |= {} if measured is None else forest_cells(measured.tables["land_cover_area"])
    if any(layer.kind == "class" and layer.role is None for layer in layers):
        measured = measure_classes(aside, artifacts)
        cells |= {} if measured is None else class_cells(measured.tables["class_area"], product=product.product)
    return cells


def forest_cells(table: pa.Table) -> Cells:
    """Return forest at the end of each year and its loss within the year, from a table `land_cover_area`."""
    cells: Cells = {}
    for row in table.to_pylist():
        for year in range(row["base_year"], row["last_year"] + 1):
            cells.setdefault((FOREST, "forest", row["zone_id"], year), 0)
            if year > row["base_year"]:
                cells.setdefault((FOREST, "forest_loss", row["zone_id"], year), 0)
        if row["cover_class"] != "forest":
            continue
        lost, area = row["loss_year"], int(row["area_um2"])
        if lost is not None:
            cells[(FOREST, "forest_loss", row["zone_id"], lost)] += area
        for year in range(row["base_year"], (row["last_year"] + 1) if lost is None else lost):
            cells[(FOREST, "forest", row["zone_id"], year)] += area
    return cells


def class_cells(table: pa.Table, *, product: str) -> Cells:
    """Return the area of each class of a product by layer, zone and year, from a table `class_area`."""
    cells: Cells = {}
    for row in table.to_pylist():
        if row["product"] == product:
            observed = row["class_code"] is not None
            quantity = f"{row['class_code']} {row['class_name_en']}" if observed else "not observed"
            key = (row["layer"], quantity, row["zone_id"], row["year"])
            cells[key] = cells.get(key, 0) + int(row["area_um2"])
    return cells


def _compare(candidate: Candidate, *, old_version: str, before: Cells, after: Cells) -> Iterator[Change]:
    common = {
        "source": candidate.source,
        "product": candidate.spec.product,
        "old_version": old_version,
        "new_version": candidate.name,
    }
    reached = [{(layer, year) for layer, _, _, year in cells} for cells in (before, after)]
    for key in sorted(before.keys() | after.keys(), key=lambda item: (*item[:3], -1 if item[3] is None else item[3])):
        layer, quantity, zone_id, year = key
        # A class that one of the two does not find covers nothing there; a year that it does not reach is not known.
        old, new = (
            cells.get(key, 0 if (layer, year) in known else None)
            for cells, known in zip((before, after), reached, strict=True)
        )
        difference = None if old is None or new is None else new - old
        yield Change(
            **common,
            layer=layer,
            quantity=quantity,
            zone_id=zone_id,
            year=year,
            old_ha=_hectares(old),
            new_ha=_hectares(new),
            difference_ha=_hectares(difference),
            difference_percent=(
                (Decimal(difference) * 100 / Decimal(old)).quantize(_PERCENT)
                if difference is not None and old
                else None
            ),
            reason=_reason(old, new, names=(old_version, candidate.name)),
        )


def _reason(old: int | None, new: int | None, *, names: tuple[str, str]) -> str:
    if old is None or new is None:
        return f"{names[0] if old is None else names[1]} does not reach this year"
    return "" if old else "nothing to take a share of"


def _hectares(area_um2: int | None) -> Decimal | None:
    return None if area_um2 is None else (Decimal(area_um2) / UM2_PER_HA).quantize(_HA)
