"""What the check of a registry's table depends on besides single cells: its serial numbers, blocks and vintages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from mrv.schemas import DATASETS
from mrv.sources.days import UnusableValueError
from mrv.sources.serials import VcuSerial, overlapping, read_vcu_serial

if TYPE_CHECKING:
    from mrv.stages.check import Further

ISSUANCES = "issuances"
HARMLESS = frozenset({"serial_unique"})
"""Rules by which a row is set aside without leaving anything open: the same block stands in another row."""


def registry_parameters(dataset: str, table: pa.Table) -> Mapping[str, list[str]]:
    """Return the origins of rows of `issuances` that contradict their serial number, or share a credit; nothing for others.

    Args:
        dataset: Name of the landed table.
        table: Its rows as received.
    """
    from expectations.frames import origins

    if dataset != ISSUANCES:
        return {}
    rows = list(zip(origins(table), table.to_pylist(), strict=True))
    serials = [(origin, row, _serial(row["serial_number"])) for origin, row in rows]
    read = [(origin, row, serial) for origin, row, serial in serials if serial is not None]
    return {
        "serial_quantity_differs": [
            origin for origin, row in rows if row["block_end"] - row["block_start"] + 1 != row["quantity_issued"]
        ],
        "serial_project_differs": [
            origin for origin, row, serial in read if serial.project_id != row["registry_project_id"]
        ],
        "serial_vintage_differs": [
            origin
            for origin, row, serial in read
            if (serial.vintage_start, serial.vintage_end) != (row["vintage_start"], row["vintage_end"])
        ],
        "blocks_overlap": sorted(_overlaps(serials)),
    }


def _serial(text: str) -> VcuSerial | None:
    try:
        return read_vcu_serial(text)
    except UnusableValueError:
        # A table with columns of its own may have serial numbers of another registry; it gives the block itself.
        return None


def _overlaps(rows: list[tuple[str, dict[str, Any], VcuSerial | None]]) -> set[str]:
    """Return the origins of blocks that share a credit with a block of another serial number.

    Verra counts credits through all of its batches; of a registry that is not known to, blocks of one vintage are compared.
    """
    groups: dict[tuple[Any, ...], dict[str, tuple[int, int]]] = {}
    origins: dict[tuple[str, str], list[str]] = {}
    for origin, row, serial in rows:
        registry, text = row["registry"], row["serial_number"]
        origins.setdefault((registry, text), []).append(origin)
        if row["block_start"] <= row["block_end"]:
            vintage = () if serial else (row["registry_project_id"], row["vintage_start"], row["vintage_end"])
            groups.setdefault((registry, *vintage), {})[text] = (row["block_start"], row["block_end"])
    return {
        origin
        for (registry, *_), blocks in groups.items()
        for text in overlapping((start, end, name) for name, (start, end) in blocks.items())
        for origin in origins[registry, text]
    }


def totals_check(dataset: str, table: pa.Table) -> Further | None:
    """Return the check that no vintage has more credits than the registry's total for it; None for other datasets."""
    if dataset != ISSUANCES:
        return None

    def further(quarantine: pa.Table) -> pa.Table:
        from expectations.issuance_totals import check_vintage_totals

        return check_vintage_totals(table, quarantine)

    return further


def vintages_set_aside(quarantine: pa.Table) -> pa.Table:
    """Count the rows of a registry's table that were set aside by the vintages that they may be of.

    Args:
        quarantine: Rows of `quarantine` of `issuances`. Their records name the serial number, and the vintage of a row that
            could be typed; where both name one and they differ, the row may be of either.

    Returns:
        Rows of `issuances_set_aside`.
    """
    rows: dict[tuple[str, int], tuple[set[str], dict[str, Any]]] = {}
    for row in quarantine.to_pylist():
        rules, _ = rows.setdefault((row["artifact"], row["row"]), (set(), json.loads(row["record"])))
        rules.add(row["rule"])
    counts = Counter(
        vintage for rules, record in rows.values() if not rules <= HARMLESS for vintage in _vintages(record)
    )
    return DATASETS["issuances_set_aside"].table(
        {"vintage_start": start, "vintage_end": end, "row_count": count} for (start, end), count in counts.items()
    )


def _vintages(record: Mapping[str, Any]) -> set[tuple[date | None, date | None]]:
    found: set[tuple[date | None, date | None]] = set()
    serial = _serial(str(record.get("serial_number")))
    if serial is not None:
        found.add((serial.vintage_start, serial.vintage_end))
    if record.get("vintage_start") and record.get("vintage_end"):
        found.add((date.fromisoformat(record["vintage_start"]), date.fromisoformat(record["vintage_end"])))
    return found or {(None, None)}
