"""Sound rows of a registry, of losses and of earlier vintages, and what spoils them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

PARAMETERS: dict[str, Any] = {
    "serial_quantity_differs": ["quantity|2"],
    "serial_project_differs": ["project|2"],
    "serial_vintage_differs": ["vintage|2"],
    "blocks_overlap": ["overlap|2"],
}

SOUND: dict[str, dict[str, Any]] = {
    "issuances": {
        "registry": "Verra VCS",
        "registry_project_id": "958",
        "issued_on": date(2022, 3, 1),
        "vintage_start": date(2020, 1, 1),
        "vintage_end": date(2020, 12, 31),
        "total_vintage_quantity": 300,
        "quantity_issued": 100,
        "serial_number": "7-{n}01-{n}99-VCS-VCU-1507-VER-PE-14-958-01012020-31122020-1",
        "block_start": 101,
        "block_end": 200,
        "retired_on": date(2022, 5, 1),
    },
    "loss_events": {
        "project_id": "p",
        "event_id": "e{n}",
        "occurred_on": date(2023, 8, 1),
        "cause": "fire",
        "stock_loss_tco2e": Decimal("1200.5"),
        "notified_on": date(2023, 8, 20),
        "reported_on": date(2024, 2, 1),
        "source": "report",
    },
    "ex_ante_reductions": {
        "project_id": "p{n}",
        "year": 2022,
        "net_tco2e": Decimal(120_000),
        "source": "project description",
    },
    "prior_vintages": {
        "project_id": "p",
        "rule_set": "r{n}",
        "vintage_year": 2020,
        "vintage_start": date(2020, 1, 1),
        "vintage_end": date(2020, 12, 31),
        "stock_change_tco2e": Decimal(1000),
        "leakage_tco2e": Decimal(10),
        "balance_tco2e": Decimal(850),
        "buffer_tco2e": Decimal(140),
        "credits": 850,
        "source": "verification report",
    },
}

SPOILT: list[tuple[str, str, dict[str, Any]]] = [
    ("issuances", "required_present", {"issued_on": None}),
    ("issuances", "serial_unique", {"serial_number": SOUND["issuances"]["serial_number"].format(n=1)}),
    ("issuances", "block_in_order", {"block_end": 100}),
    ("issuances", "quantity_positive", {"quantity_issued": 0}),
    ("issuances", "serial_quantity_differs", {"_artifact": "quantity"}),
    ("issuances", "serial_project_differs", {"_artifact": "project"}),
    ("issuances", "serial_vintage_differs", {"_artifact": "vintage"}),
    ("issuances", "blocks_overlap", {"_artifact": "overlap"}),
    ("issuances", "vintage_in_order", {"vintage_end": date(2019, 12, 31)}),
    ("issuances", "total_positive", {"total_vintage_quantity": 0}),
    ("issuances", "issued_after_vintage", {"issued_on": date(2020, 3, 1)}),
    ("issuances", "retired_after_issued", {"retired_on": date(2022, 1, 5)}),
    ("loss_events", "required_present", {"cause": None}),
    ("loss_events", "event_unique", {"event_id": "e1"}),
    ("loss_events", "loss_positive", {"stock_loss_tco2e": Decimal(0)}),
    ("loss_events", "notified_after_event", {"notified_on": date(2023, 7, 31)}),
    ("loss_events", "reported_after_event", {"reported_on": date(2023, 2, 8)}),
    ("ex_ante_reductions", "required_present", {"source": None}),
    ("ex_ante_reductions", "year_unique", {"project_id": "p1"}),
    ("ex_ante_reductions", "year_plausible", {"year": 22}),
    ("prior_vintages", "required_present", {"balance_tco2e": None}),
    ("prior_vintages", "vintage_unique", {"rule_set": "r1"}),
    ("prior_vintages", "vintage_in_order", {"vintage_end": date(2019, 12, 31)}),
    ("prior_vintages", "year_plausible", {"vintage_year": 20222}),
    ("prior_vintages", "leakage_not_negative", {"leakage_tco2e": Decimal(-1)}),
    ("prior_vintages", "buffer_not_negative", {"buffer_tco2e": Decimal(-1)}),
    ("prior_vintages", "credits_not_negative", {"credits": -1}),
]
