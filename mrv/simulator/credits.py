"""Issued credits of the demo: a table in the layout of the Verra registry, with a row that contradicts its serial number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mrv.project_sources import Registry
from mrv.simulator.animals import mark_simulated, write_table
from mrv.sources.registry import VERRA

_OTHER_COLUMNS = ("Sustainable Development Goals", "Country/Area", "Project Type")
_FIRST_CREDIT = 300_000_000
_BATCH = 7001
_OTHER_PROJECT = "999999"


@dataclass(frozen=True)
class _Block:
    """Credits of a vintage; `told` is the quantity that the table gives, where that is not the block's."""

    year: int
    quantity: int
    total: int
    issued_on: date
    retired_on: date | None = None
    told: int | None = None
    project_id: str | None = None


BLOCKS = (
    _Block(2010, 60_000, 90_000, date(2016, 8, 15), date(2017, 3, 1)),
    _Block(2010, 30_000, 90_000, date(2016, 8, 15)),
    _Block(2011, 40_000, 80_000, date(2016, 8, 15), date(2018, 11, 20)),
    _Block(2011, 40_000, 80_000, date(2016, 8, 15)),
    _Block(2012, 45_000, 75_000, date(2017, 2, 1)),
    # Planted: the quantity is not that of the serial number.
    _Block(2012, 30_000, 75_000, date(2017, 2, 1), told=30_001),
    _Block(2013, 50_000, 50_000, date(2017, 2, 1)),
    _Block(2013, 12_000, 12_000, date(2017, 2, 1), project_id=_OTHER_PROJECT),
)
"""Round numbers, made up, below what the demo computes for these vintages."""
PLANTED = {"serial_quantity_differs": 1}
"""Rule to the rows of the project that break it."""


def write_issuances(source: Registry, folder: Path, *, seed: int) -> None:
    """Write the tables of a registry that the project declares, each with the same blocks, and mark the folder as simulated."""
    project_id = source.project_ids[0]
    columns = (*VERRA.values(), *_OTHER_COLUMNS)
    for item in source.files:
        write_table(folder / item.path, columns, _rows(project_id))
    mark_simulated(folder, seed)


def _rows(project_id: str) -> Iterator[dict[str, str]]:
    first = _FIRST_CREDIT
    for block in BLOCKS:
        last, owner = first + block.quantity - 1, block.project_id or project_id
        start, end = date(block.year, 1, 1), date(block.year, 12, 31)
        days = f"{start:%d%m%Y}-{end:%d%m%Y}"
        yield {
            "ID": owner,
            "Name": "Simulated project" if block.project_id else "Biocorredor Martín Sagrado (simulated)",
            "Methodology": "VM0015",
            "Issuance Date": block.issued_on.isoformat(),
            "Vintage Start": start.isoformat(),
            "Vintage End": end.isoformat(),
            "Total Vintage Quantity": f"{block.total:,}",
            "Quantity Issued": f"{block.quantity if block.told is None else block.told:,}",
            "Serial Number": f"{_BATCH}-{first}-{last}-VCS-VCU-1507-VER-PE-14-{owner}-{days}-0",
            "Additional Certifications": "CCB",
            "Retirement/Cancellation Date": block.retired_on.isoformat() if block.retired_on else "",
            "Retirement Reason": "Environmental benefit" if block.retired_on else "",
            "Retirement Beneficiary": "Simulated beneficiary" if block.retired_on else "",
            "Retirement Details": "Simulated" if block.retired_on else "",
            "Sustainable Development Goals": "13; 15",
            "Country/Area": "Peru",
            "Project Type": "Agriculture Forestry and Other Land Use",
        }
        first = last + 1
