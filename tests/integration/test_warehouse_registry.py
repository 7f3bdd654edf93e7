"""Issued credits and losses beside the worked example E1: what a registry, earlier vintages and an event say of its ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.warehouse_inputs import build, e1_rows, records, write_landed

pytestmark = pytest.mark.integration
COMPUTED = {2022: 311_941, 2023: 335_484, 2024: 347_897}
ISSUED = {2020: (80_000, True), 2022: (311_941, False), 2023: (335_485, False)}


def prior(year: int) -> dict[str, Any]:
    return {
        "project_id": "p",
        "rule_set": "vm0007_v1_6",
        "vintage_year": year,
        "vintage_start": date(year, 1, 1),
        "vintage_end": date(year, 12, 31),
        "stock_change_tco2e": Decimal(100_000),
        "leakage_tco2e": Decimal(0),
        "balance_tco2e": Decimal(80_000),
        "buffer_tco2e": Decimal(14_000),
        "credits": 80_000,
        "source": "verification report",
    }


def block(year: int, start: int, quantity: int, *, retired: bool) -> dict[str, Any]:
    end = start + quantity - 1
    return {
        "registry": "Verra VCS",
        "registry_project_id": "958",
        "project_name": None,
        "methodology": "VM0007",
        "issued_on": date(2026, 1, 1),
        "vintage_start": date(year, 1, 1),
        "vintage_end": date(year, 12, 31),
        "total_vintage_quantity": quantity,
        "quantity_issued": quantity,
        "serial_number": f"7-{start}-{end}-VCS-VCU-1507-VER-PE-14-958-0101{year}-3112{year}-0",
        "block_start": start,
        "block_end": end,
        "additional_certifications": None,
        "retired_on": date(2026, 5, 1) if retired else None,
        "retirement_reason": None,
        "retirement_beneficiary": None,
        "retirement_details": None,
        "_artifact": "a" * 64,
        "_row": start,
    }


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("registry")
    rows = e1_rows()
    for name in ("project", "accounts"):
        rows[name][0]["crediting_start"] = date(2020, 1, 1)
    rows["prior_vintages"] = [prior(2020), prior(2021)]
    rows["loss_events"] = [
        {
            "project_id": "p",
            "event_id": "fire_2023",
            "occurred_on": date(2023, 8, 1),
            "zone_id": "pa",
            "cause": "fire",
            "is_avoidable": False,
            "stock_loss_tco2e": Decimal(15_000),
            "notified_on": date(2023, 9, 15),
            "reported_on": None,
            "source": "patrols",
        }
    ]
    rows["issuances"] = [
        block(year, 1_000_000 * number, quantity, retired=retired)
        for number, (year, (quantity, retired)) in enumerate(ISSUED.items(), start=1)
    ]
    rows["batches"] = [{"dataset": "issuances", "rows_read": 3, "rows_accepted": 3, "rows_quarantined": 0}]
    built = build(
        write_landed(rows, folder), folder=folder, marts=("issuances", "issuance_reconciliation", "reversals")
    )
    return built.database


def test_each_vintage_says_what_was_issued_of_it(database: Path) -> None:
    query = (
        "select vintage_year, source, computed_credits, issued, retired, available, status "
        "from marts.issuance_reconciliation order by vintage_start"
    )
    assert [tuple(row.values()) for row in records(database, query)] == [
        (2020, "prior", 80_000, 80_000, 80_000, 0, "fully_issued"),
        (2021, "prior", 80_000, 0, 0, 80_000, "not_issued"),
        (2022, "computed", COMPUTED[2022], COMPUTED[2022], 0, 0, "fully_issued"),
        (2023, "computed", COMPUTED[2023], COMPUTED[2023] + 1, 0, 0, "over_issued"),
        (2024, "computed", COMPUTED[2024], 0, 0, COMPUTED[2024], "not_issued"),
    ]


def test_a_loss_is_weighed_against_what_was_verified(database: Path) -> None:
    query = "select kind, status, share, days_to_notification, notified_late, buffer_credits from marts.reversals order by kind"
    assert [tuple(row.values()) for row in records(database, query)] == [
        ("loss_event", "report_open", Decimal("0.075000000"), 45, True, 15_000),
        ("reversal", "none", None, None, None, 0),
        ("verification", "in_time", None, None, None, None),
    ]
