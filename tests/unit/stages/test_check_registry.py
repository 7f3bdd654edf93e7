"""Rows of a registry that contradict their serial number, share a credit, or are more than their vintage has."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from expectations.issuance_totals import check_vintage_totals
from mrv.schemas import DATASETS
from mrv.stages.check_registry import registry_parameters, totals_check, vintages_set_aside

ALL = ("serial_quantity_differs", "serial_project_differs", "serial_vintage_differs", "blocks_overlap")


def row(number: int, start: int, end: int, **change: Any) -> dict[str, Any]:
    serial = f"7-{start}-{end}-VCS-VCU-1507-VER-PE-14-958-01012020-31122020-1"
    return {
        **dict.fromkeys(DATASETS["issuances"].schema.names),
        "registry": "Verra VCS",
        "registry_project_id": "958",
        "issued_on": date(2022, 3, 1),
        "vintage_start": date(2020, 1, 1),
        "vintage_end": date(2020, 12, 31),
        "quantity_issued": end - start + 1,
        "serial_number": serial,
        "block_start": start,
        "block_end": end,
        "_artifact": "a",
        "_row": number,
        **change,
    }


def found(*rows: dict[str, Any]) -> dict[str, list[str]]:
    return dict(registry_parameters("issuances", DATASETS["issuances"].table(rows)))


def test_sound_blocks_contradict_nothing() -> None:
    assert found(row(1, 1, 100), row(2, 101, 200)) == {name: [] for name in ALL}
    assert registry_parameters("issuances", DATASETS["issuances"].empty()) == {name: [] for name in ALL}
    assert registry_parameters("plots", DATASETS["plots"].empty()) == {}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"quantity_issued": 101}, "serial_quantity_differs"),
        ({"registry_project_id": "612"}, "serial_project_differs"),
        ({"vintage_start": date(2020, 1, 2)}, "serial_vintage_differs"),
        ({"vintage_end": date(2021, 12, 31)}, "serial_vintage_differs"),
    ],
)
def test_a_row_that_contradicts_its_serial_is_named(change: dict[str, Any], rule: str) -> None:
    assert found(row(1, 1, 100), row(2, 101, 200, **change)) == {name: ["a|2"] if name == rule else [] for name in ALL}


def test_both_blocks_that_share_a_credit_are_named() -> None:
    assert found(row(1, 1, 100), row(2, 100, 200), row(3, 201, 300))["blocks_overlap"] == ["a|1", "a|2"]


def test_a_block_in_another_batch_or_vintage_shares_credits_all_the_same() -> None:
    other = {
        "serial_number": "8-50-60-VCS-VCU-1507-VER-PE-14-958-01012021-31122021-1",
        "vintage_start": date(2021, 1, 1),
        "vintage_end": date(2021, 12, 31),
    }
    assert found(row(1, 1, 100), row(2, 50, 60, **other))["blocks_overlap"] == ["a|1", "a|2"]


def test_a_row_that_stands_twice_is_no_overlap() -> None:
    """The suite keeps one of them."""
    assert found(row(1, 1, 100), row(2, 1, 100, retired_on=date(2023, 1, 1)))["blocks_overlap"] == []


def test_serials_of_another_registry_are_compared_within_their_vintage() -> None:
    of_2020 = row(1, 1, 100, serial_number="ART-1", registry="ART")
    of_2021 = row(
        2, 1, 100, serial_number="ART-2", registry="ART", vintage_start=date(2021, 1, 1), vintage_end=date(2021, 12, 31)
    )
    assert found(of_2020, of_2021) == {name: [] for name in ALL}
    again = row(3, 100, 120, serial_number="ART-3", registry="ART")
    assert found(of_2020, of_2021, again)["blocks_overlap"] == ["a|1", "a|3"]


def outcome(rows: list[dict[str, Any]], *, out: tuple[int, ...] = ()) -> dict[str, Any]:
    quarantine = DATASETS["quarantine"].table(
        {
            "dataset": "issuances",
            "artifact": "a",
            "row": number,
            "rule": "r",
            "severity": "error",
            "reason": "x",
            "record": "{}",
        }
        for number in out
    )
    table: pa.Table = DATASETS["issuances"].table(rows)
    [result] = check_vintage_totals(table, quarantine).to_pylist()
    return dict(result)


def test_more_credits_than_the_vintage_has_are_noticed() -> None:
    rows = [row(1, 1, 100, total_vintage_quantity=150), row(2, 101, 200, total_vintage_quantity=150)]
    result = outcome(rows)
    assert (result["outcome"], result["severity"]) == ("failed", "warning")
    assert "200 credits in blocks, 150 in all" in result["observed"]
    assert outcome(rows, out=(2,))["outcome"] == "passed", "rows set aside do not count"


def test_two_totals_of_one_vintage_are_noticed() -> None:
    rows = [row(1, 1, 100, total_vintage_quantity=500), row(2, 101, 200, total_vintage_quantity=400)]
    assert "totals of 400 and 500" in outcome(rows)["observed"]


def test_a_vintage_without_a_total_is_not_judged() -> None:
    assert outcome([row(1, 1, 100)])["outcome"] == "passed"
    assert totals_check("plots", DATASETS["plots"].empty()) is None


def set_aside(*rows: tuple[int, str, dict[str, Any]]) -> list[tuple[Any, ...]]:
    quarantine = DATASETS["quarantine"].table(
        {
            "dataset": "issuances",
            "artifact": "a",
            "row": number,
            "rule": rule,
            "severity": "error",
            "reason": "x",
            "record": json.dumps(record),
        }
        for number, rule, record in rows
    )
    return [tuple(row.values()) for row in vintages_set_aside(quarantine).to_pylist()]


SERIAL = "7-1-100-VCS-VCU-1507-VER-PE-14-958-01012020-31122020-1"
YEAR_2020 = (date(2020, 1, 1), date(2020, 12, 31))


def test_a_row_set_aside_leaves_its_vintage_open() -> None:
    assert set_aside((1, "missing_value", {"ID": "958", "serial_number": SERIAL})) == [(*YEAR_2020, 1)]
    assert set_aside((1, "unreadable_serial", {"serial_number": "none"})) == [(None, None, 1)]
    assert set_aside((1, "ragged_row", {"ID": "958"})) == [(None, None, 1)]
    assert set_aside() == []


def test_a_row_set_aside_by_two_rules_counts_once() -> None:
    record = {"serial_number": SERIAL}
    assert set_aside((1, "missing_value", record), (1, "serial_unique", record)) == [(*YEAR_2020, 1)]


def test_a_row_that_names_two_vintages_leaves_both_open() -> None:
    record = {"serial_number": SERIAL, "vintage_start": "2021-01-01", "vintage_end": "2021-12-31"}
    assert set_aside((1, "serial_vintage_differs", record)) == [
        (*YEAR_2020, 1),
        (date(2021, 1, 1), date(2021, 12, 31), 1),
    ]


def test_a_block_that_stands_in_another_row_leaves_nothing_open() -> None:
    assert set_aside((1, "serial_unique", {"serial_number": SERIAL})) == []
