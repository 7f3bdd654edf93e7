"""How rows are routed: counts that close, the first submission, reasons, plots that take their trees along."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.frames import plot_keys, tree_parameters
from expectations.runner import check
from expectations.suites import FOLDER, load_suite
from mrv.errors import CheckError
from mrv.schemas import DATASETS

BAD_TREES: list[tuple[str, dict[str, Any]]] = [
    ("dbh_in_range", {"dbh_cm": 452.0}),
    ("height_in_range", {"height_m": 98.0}),
    ("plot_exists", {"plot_id": "p9"}),
    ("plot_quarantined", {"plot_id": "p2", "submission_id": "s2"}),
    ("status_known", {"status": "?"}),
    ("numbers_finite", {"height_m": inf}),
    ("required_present", {"dbh_cm": None}),
]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bad=st.dictionaries(st.integers(0, 19), st.sampled_from(BAD_TREES), max_size=12), shuffle=st.randoms())
def test_bad_rows_are_quarantined_under_their_rules(
    bad: dict[int, Any], shuffle: Any, rows: Any, make_table: Any, parameters: Any
) -> None:
    listed = rows("trees", 20)
    for at, (_, change) in bad.items():
        listed[at] |= change
    shuffle.shuffle(listed)
    outcome = check("trees", make_table("trees", listed), parameters=parameters)
    found = {(record["row"] - 1, record["rule"]) for record in outcome.quarantine.to_pylist()}
    assert found >= {(at, rule) for at, (rule, _) in bad.items()}
    assert {at for at, _ in found} == set(bad)
    assert outcome.accepted.num_rows + len(bad) == 20
    assert not set(outcome.accepted["_row"].to_pylist()) & {at + 1 for at in bad}


def test_a_plot_submitted_twice_keeps_the_first_submission(rows: Any, make_table: Any, parameters: Any) -> None:
    listed = rows("plots")
    listed[0] |= {"plot_id": "p3", "submission_id": "late", "submitted_at": datetime(2020, 5, 9, tzinfo=UTC)}
    outcome = check("plots", make_table("plots", listed), parameters=parameters)
    assert outcome.accepted["submission_id"].to_pylist() == ["s2", "s3"]
    [record] = outcome.quarantine.to_pylist()
    assert (record["rule"], record["row"]) == ("plot_census_unique", 1)


def test_a_corrected_submission_outlives_a_faulty_first_one(rows: Any, make_table: Any, parameters: Any) -> None:
    listed = rows("plots")
    listed[0] |= {"plot_id": "p3", "area_ha": 10_000.0, "submitted_at": datetime(2020, 5, 1, tzinfo=UTC)}
    outcome = check("plots", make_table("plots", listed), parameters=parameters)
    assert outcome.accepted["submission_id"].to_pylist() == ["s2", "s3"]
    assert outcome.quarantine["rule"].to_pylist() == ["area_plausible"]


def test_a_submission_without_a_time_comes_after_those_with_one(rows: Any, make_table: Any, parameters: Any) -> None:
    listed = rows("plots")
    listed[0] |= {"plot_id": "p3", "submitted_at": None}
    outcome = check("plots", make_table("plots", listed), parameters=parameters)
    assert outcome.accepted["submission_id"].to_pylist() == ["s2", "s3"]


def test_three_copies_leave_one(rows: Any, make_table: Any, parameters: Any) -> None:
    listed = [row | {"fire_id": "same"} for row in rows("fires")]
    outcome = check("fires", make_table("fires", list(reversed(listed))), parameters=parameters)
    assert outcome.accepted["_row"].to_pylist() == [1]
    assert outcome.quarantine["row"].to_pylist() == [2, 3]
    [record] = [item for item in outcome.results.to_pylist() if item["rule"] == "fire_unique"]
    assert record["rows_failed"] == 2


def test_a_quarantined_plot_takes_its_trees_along(rows: Any, make_table: Any, parameters: Any) -> None:
    listed = rows("plots", 2)
    listed[1]["area_ha"] = 10_000.0
    plots = make_table("plots", listed)
    accepted = check("plots", plots, parameters=parameters).accepted
    trees = rows("trees", 3)
    trees[1] |= {"plot_id": "p2", "submission_id": "s2"}
    trees[2] |= {"plot_id": "p2", "submission_id": "s9"}
    outcome = check(
        "trees", make_table("trees", trees), parameters=parameters | tree_parameters(received=plots, accepted=accepted)
    )
    assert [(item["row"], item["rule"]) for item in outcome.quarantine.to_pylist()] == [
        (2, "plot_quarantined"),
        (3, "plot_exists"),
    ]


def test_the_trees_of_a_plot_that_could_not_be_typed_go_with_it(rows: Any, make_table: Any, parameters: Any) -> None:
    plots = make_table("plots", rows("plots", 1))
    record = json.dumps({"plot_id": "p2", "census_id": "1", "submission_id": "s2", "plot/area_ha": "half"})
    aside = {"dataset": "plots", "artifact": "a", "row": 2, "rule": "unreadable_value", "severity": "error"}
    set_aside = DATASETS["quarantine"].table([{**aside, "reason": "-", "record": record}])
    [tree] = rows("trees", 1)
    tree |= {"plot_id": "p2", "submission_id": "s2"}
    parameters |= tree_parameters(received=plots, accepted=plots, set_aside=set_aside)
    outcome = check("trees", make_table("trees", [tree]), parameters=parameters)
    assert outcome.quarantine["rule"].to_pylist() == ["plot_quarantined"]


def test_the_trees_of_a_second_submission_go_with_it(rows: Any, make_table: Any, parameters: Any) -> None:
    listed = rows("plots", 2)
    listed[1] |= {"plot_id": "p1", "submitted_at": datetime(2020, 6, 1, tzinfo=UTC)}
    plots = make_table("plots", listed)
    accepted = check("plots", plots, parameters=parameters).accepted
    trees = [*rows("trees", 2), *(row | {"submission_id": "s2"} for row in rows("trees", 2))]
    for number, tree in enumerate(trees, start=1):
        tree["_row"] = number
    outcome = check(
        "trees", make_table("trees", trees), parameters=parameters | tree_parameters(received=plots, accepted=accepted)
    )
    assert outcome.accepted["_row"].to_pylist() == [1, 2]
    assert outcome.quarantine["rule"].to_pylist() == ["plot_quarantined", "plot_quarantined"]


def test_plot_keys_cannot_be_confused(rows: Any, make_table: Any) -> None:
    first, second = rows("plots", 2)
    first |= {"plot_id": "a|b", "census_id": "c"}
    second |= {"plot_id": "a", "census_id": "b|c", "submission_id": first["submission_id"]}
    keys = plot_keys(make_table("plots", [first, second]))
    assert len(set(keys)) == 2


def test_a_reason_names_artifact_row_key_value_and_remedy(rows: Any, make_table: Any, parameters: Any) -> None:
    listed = rows("trees")
    listed[1]["dbh_cm"] = 452.0
    [record] = check("trees", make_table("trees", listed), parameters=parameters).quarantine.to_pylist()
    for part in (listed[1]["_artifact"][:12], "row 2", "plot_id=p1", "tree_id=2", "dbh_cm=452.0", "divide by 10"):
        assert part in record["reason"]
    assert json.loads(record["record"])["dbh_cm"] == 452.0


def test_the_record_of_a_number_that_json_lacks_is_still_json(rows: Any, make_table: Any, parameters: Any) -> None:
    listed = rows("trees")
    listed[1]["height_m"] = nan
    records = check("trees", make_table("trees", listed), parameters=parameters).quarantine.to_pylist()
    assert json.loads(records[0]["record"], parse_constant=pytest.fail)["height_m"] == "nan"


def test_a_row_that_lost_its_origin_is_quarantined_at_its_position(rows: Any, make_table: Any, parameters: Any) -> None:
    listed = rows("trees")
    listed[2] |= {"_artifact": None, "_row": None}
    [record] = check("trees", make_table("trees", listed), parameters=parameters).quarantine.to_pylist()
    assert (record["artifact"], record["row"], record["rule"]) == ("", 3, "required_present")
    assert "without _artifact _row" in record["reason"]


def test_dates_on_the_ends_of_the_window_are_inside(rows: Any, make_table: Any, parameters: Any) -> None:
    listed = rows("plots", 2)
    listed[0]["census_date"] = parameters["window_start"]
    listed[1]["census_date"] = parameters["window_end"]
    assert check("plots", make_table("plots", listed), parameters=parameters).accepted.num_rows == 2


def test_a_missing_parameter_is_refused(rows: Any, make_table: Any, parameters: Any) -> None:
    del parameters["window_end"]
    with pytest.raises(CheckError, match="window_end"):
        check("plots", make_table("plots", rows("plots")), parameters=parameters)


def test_a_rule_that_does_not_come_back_is_refused(tmp_path: Path, rows: Any, make_table: Any, parameters: Any) -> None:
    suite = json.loads((FOLDER / "heights.json").read_text(encoding="utf-8"))
    suite["expectations"][-1]["type"] = "expect_heights_to_be_honest"
    (tmp_path / "heights.json").write_text(json.dumps(suite), encoding="utf-8")
    with pytest.raises(CheckError, match="not every rule was evaluated"):
        check("heights", make_table("heights", rows("heights")), parameters=parameters, folder=tmp_path)


def test_two_rules_of_one_type_and_column_are_both_evaluated(rows: Any, make_table: Any, parameters: Any) -> None:
    twice = [rule.meta.rule for rule in load_suite("plot_biomass").expectations if rule.columns == ("agb_mg_ha",)]
    assert len(twice) == 2
    results = check("plot_biomass", make_table("plot_biomass", rows("plot_biomass")), parameters=parameters).results
    assert set(twice) <= set(results["rule"].to_pylist())


def test_an_unknown_dataset_is_refused(parameters: Any) -> None:
    with pytest.raises(CheckError, match="no suite for artifacts"):
        check("artifacts", DATASETS["artifacts"].empty(), parameters=parameters)


def test_decimals_of_accepted_rows_keep_every_digit(rows: Any, make_table: Any, parameters: Any) -> None:
    listed = rows("land_cover_area")
    listed[0]["area_um2"] = 12_345_678_901_234_567_890_123_456_789
    table = make_table("land_cover_area", listed)
    assert check("land_cover_area", table, parameters=parameters).accepted.equals(table)


def test_a_check_writes_no_file_and_imports_nothing_early(tmp_path: Path) -> None:
    script = """
import sys
from expectations import gate, runner
from mrv.schemas import DATASETS
assert "great_expectations" not in sys.modules
runner.check("heights", DATASETS["heights"].empty(), parameters={})
assert "great_expectations" in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_decimals_are_compared_as_they_are_written(rows: Any, make_table: Any, parameters: Any) -> None:
    """Arrow's own conversion makes 60.00000000000001 of 60, which would be more nights than there are."""
    listed = rows("camera_effort")
    for row in listed:
        row |= {"deployed_nights": 60, "camera_nights": Decimal(60)}
    results = check("camera_effort", make_table("camera_effort", listed), parameters=parameters).results
    assert set(results["outcome"].to_pylist()) == {"passed"}
