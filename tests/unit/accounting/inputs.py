"""Input tables of accounts for tests: sound rows, and frames that they fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from mrv.accounting.frame import Frame, Version
from mrv.accounting.raw import InputRow, RawTable
from mrv.schemas import DATASETS

D = Decimal
SOUND: Mapping[str, Mapping[str, Any]] = {
    "account_activity": {
        "project_id": "p",
        "scenario": "baseline",
        "baseline_version": "b1",
        "scope": "project_area",
        "zone_id": "pa",
        "stratum_id": "s1",
        "activity": "deforestation",
        "from_state": "forest",
        "to_state": "cropland",
        "first_year": 2021,
        "last_year": 2022,
        "area_ha": D(100),
        "source": "table 3",
    },
    "account_stocks": {
        "project_id": "p",
        "stratum_id": "s1",
        "state": "forest",
        "pool": "above_ground",
        "method": "stock",
        "value": D(118),
        "unit": "tC/ha",
        "source": "table 5",
    },
    "account_emissions": {
        "project_id": "p",
        "scenario": "monitored",
        "scope": "project_area",
        "component": "deforestation",
        "first_year": 2021,
        "last_year": 2021,
        "emissions_tco2e": D(1000),
        "source": "report",
    },
    "account_burnt_areas": {
        "project_id": "p",
        "scenario": "monitored",
        "scope": "project_area",
        "zone_id": "pa",
        "stratum_id": "s1",
        "year": 2021,
        "area_ha": D(30),
        "source": "map",
    },
    "account_area_samples": {
        "project_id": "p",
        "scope": "project_area",
        "zone_id": "pa",
        "stratum_id": "s1",
        "sampling_stratum_id": "a",
        "first_year": 2021,
        "last_year": 2022,
        "monitoring_years": D(2),
        "area_ha": D(80000),
        "unit_count": 600,
        "loss_count": 9,
        "source": "sample",
    },
    "risk_scores": {
        "project_id": "p",
        "assessed_on": date(2022, 6, 1),
        "category": "internal",
        "item": "management",
        "score": D(8),
        "source": "report",
    },
    "leakage_measures": {
        "project_id": "p",
        "year": 2021,
        "measure": "diesel",
        "quantity": D(100),
        "unit": "L",
        "source": "fuel book",
    },
    "prior_vintages": {
        "project_id": "p",
        "rule_set": "vm0007_v1_6",
        "vintage_year": 2020,
        "vintage_start": date(2020, 1, 1),
        "vintage_end": date(2020, 12, 31),
        "stock_change_tco2e": D(1000),
        "leakage_tco2e": D(0),
        "balance_tco2e": D(850),
        "buffer_tco2e": D(150),
        "credits": 850,
        "source": "report",
    },
    "loss_events": {
        "project_id": "p",
        "event_id": "e1",
        "occurred_on": date(2021, 8, 1),
        "cause": "fire",
        "stock_loss_tco2e": D(900),
        "notified_on": date(2021, 8, 20),
        "reported_on": date(2022, 1, 5),
        "source": "report",
    },
}
VERSION = Version("b1", "annual_table", date(2020, 1, 1), date(2025, 12, 31), None, "project.yaml, baseline (b1)")
FRAME = Frame(
    project_id="p",
    where="project.yaml",
    period_start=date(2021, 1, 1),
    period_end=date(2022, 12, 31),
    crediting_start=date(2020, 1, 1),
    crediting_end=date(2049, 12, 31),
    versions=(VERSION,),
    zones={"pa": ("project_area", D(20000)), "lb": ("leakage_belt", D(9000))},
    strata=("s1", "s2"),
)


def row(dataset: str, number: int = 2, **changes: Any) -> InputRow:
    """Return a sound row with changes; columns that are not given are empty."""
    columns = DATASETS[dataset].schema.names
    values = {**dict.fromkeys(columns), **SOUND[dataset], **changes}
    assert set(values) == set(columns), set(values) ^ set(columns)
    return InputRow(f"{dataset}.csv, row {number}", values)


def tables(**rows: Sequence[InputRow]) -> dict[str, list[InputRow]]:
    """Return tables of sound rows: one change of each scenario, and the stocks of both states; `rows` replace them."""
    sound = {
        "account_activity": [
            row("account_activity"),
            row("account_activity", 3, scenario="monitored", baseline_version=None, area_ha=D(20)),
        ],
        "account_stocks": [
            row("account_stocks"),
            row("account_stocks", 3, state="cropland", pool="total", value=D(5)),
        ],
    }
    return {name: list(found) for name, found in {**sound, **rows}.items()}


def frame(**changes: Any) -> Frame:
    """Return the frame that the sound rows fit, with changes."""
    return replace(FRAME, **changes)


def raw(columns: str, *lines: Sequence[Any], label: str = "activity.csv") -> RawTable:
    """Return a raw table from its header and lines."""
    names = columns.split()
    rows = [(at, dict(zip(names, cells, strict=True))) for at, cells in enumerate(lines, start=2)]
    return RawTable(label, names, rows)
