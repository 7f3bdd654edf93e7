"""Checks across the tables of a sample: sums, missing intervals, and the map that the units were drawn from."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from expectations.gate import gate
from expectations.sample_estimates import KNOWN_RULE, MAP_RULE, SUMS_RULE, UNSEEN_RULE, check_estimates, check_map
from mrv.errors import CheckError
from mrv.schemas import DATASETS

AREAS = {"loss": ("90", "100.000001"), "stable_forest": ("910", "900")}


def estimates(**changes: Any) -> pa.Table:
    """Two classes of one zone over 1,000 ha, the second changed."""
    blank = dict.fromkeys(DATASETS["area_estimates"].schema.names)
    rows = [
        {
            **blank,
            "design_id": "d",
            "zone_id": "pa",
            "reference_class": name,
            "estimator": "stratified",
            "unit_count": 100,
            "class_unit_count": 10,
            "frame_area_ha": Decimal(1000),
            "map_area_ha": Decimal(mapped),
            "area_ha": Decimal(found),
            "ci95_half_width_ha": Decimal(20),
            "unseen_upper95_ha": Decimal(20) if name == "loss" else None,
        }
        for name, (mapped, found) in AREAS.items()
    ]
    rows[1].update(changes)
    return DATASETS["area_estimates"].table([*rows, rows[0] | {"loss_year": 2023, "reason": "no year"}])


def outcomes(table: pa.Table) -> dict[str, tuple[str, str | None]]:
    return {row["rule"]: (row["outcome"], row["observed"]) for row in table.to_pylist()}


def test_sums_hold_within_the_last_digit_of_each_class() -> None:
    sound = ("passed", None)
    assert outcomes(check_estimates(estimates())) == {SUMS_RULE: sound, KNOWN_RULE: sound, UNSEEN_RULE: sound}


@pytest.mark.parametrize("column", ["area_ha", "map_area_ha"])
def test_classes_that_do_not_make_up_the_frame_stop_the_run(column: str) -> None:
    results = check_estimates(estimates(**{column: Decimal(911)}))
    outcome, observed = outcomes(results)[SUMS_RULE]
    assert outcome == "failed"
    assert observed is not None
    assert observed.startswith(f"d, zone pa: {column} of all classes")
    with pytest.raises(CheckError, match="mend the code that estimated"):
        gate(results, waivers={})


def test_unknown_areas_have_no_sum() -> None:
    assert outcomes(check_estimates(estimates(area_ha=None, map_area_ha=None)))[SUMS_RULE] == ("passed", None)
    assert outcomes(check_estimates(estimates(frame_area_ha=None)))[SUMS_RULE] == ("passed", None)


@pytest.mark.parametrize(
    "interval",
    [{"area_ha": None, "ci95_half_width_ha": None}, {"area_ha": Decimal(0), "ci95_half_width_ha": Decimal(0)}],
    ids=["no estimate", "interval of zero"],
)
def test_loss_without_an_interval_is_noted_and_stops_nothing(interval: dict[str, Any]) -> None:
    results = check_estimates(
        estimates(reference_class="loss", zone_id="lb", frame_area_ha=None, reason="as labelled", **interval)
    )
    assert outcomes(results)[KNOWN_RULE] == ("failed", "d, zone lb: as labelled")
    assert outcomes(results)[UNSEEN_RULE] == ("passed", None)
    assert {row["severity"] for row in results.to_pylist() if row["rule"] != SUMS_RULE} == {"warning"}


def test_loss_that_may_hide_beyond_the_interval_is_noted() -> None:
    more = {"unseen_upper95_ha": Decimal("20.000001"), "reason": "no unit of loss was seen in lb.stable_forest"}
    results = check_estimates(estimates(reference_class="loss", zone_id="lb", frame_area_ha=None, **more))
    assert outcomes(results)[UNSEEN_RULE] == ("failed", f"d, zone lb: {more['reason']}")


@pytest.mark.parametrize(
    ("found", "observed"),
    [
        ("e" * 64, None),
        ("f" * 64, f"d was drawn from gfc v1.12, files {'e' * 12}; the run has {'f' * 12}"),
        (None, f"d was drawn from gfc v1.12, files {'e' * 12}; the run has no such map"),
    ],
)
def test_another_map_is_noted_and_stops_nothing(found: str | None, observed: str | None) -> None:
    known = {"design_id": "d", "product": "gfc", "product_version": "v1.12", "map_sha256": "e" * 64}
    blank = dict.fromkeys(DATASETS["sample_designs"].schema.names)
    designs = pa.Table.from_pylist([{**blank, **known}], schema=DATASETS["sample_designs"].schema)
    results = check_map(designs, {"d": found})
    assert outcomes(results) == {MAP_RULE: ("failed" if observed else "passed", observed)}
    assert gate(results, waivers={}).num_rows == 1
