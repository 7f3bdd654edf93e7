"""Answers to rows, whatever the form: repeats within repeats, several choices, edits, repetitions, and what is set aside."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrv.sources.form_definition import load_form
from mrv.sources.form_records import Submission, parse_submissions

BOUNDS = (-77.5, -7.87, -76.62, -6.61)
PLOT = {
    "plot/plot_id": "P1",
    "plot/census_id": "2022",
    "plot/census_date": "2022-08-01",
    "plot/area_ha": "0.5",
    "plot/gps": "-7.10 -77.20 1200 5",
}


def sent(
    number: int, answers: dict[str, Any], *, identity: str | None = None, refusal=None, version="v1"
) -> Submission:
    return Submission(
        answers=answers,
        identity=identity or f"r{number}",
        age=(f"2022-08-{number:02d}", str(number)),
        number=f"_id {number}",
        submitted_at=f"2022-08-{number:02d}T10:00:00",
        status=None,
        version=version,
        refusal=refusal,
        artifact="sha",
        address="kobo/aX/page-0001",
        position=number,
    )


def parse(form: str, *submissions: Submission):
    return parse_submissions(submissions, load_form(form), bounds=BOUNDS, remedy="mend it")


def rules(parsed) -> list[str]:
    return [item["rule"] for item in parsed.rejected]


def test_repeats_within_repeats_and_a_line_that_nothing_crosses() -> None:
    lines = [
        {
            "dead_wood_lines/line_id": "L1",
            "dead_wood_lines/line_length_m": "50",
            "dead_wood_lines/pieces": [
                {"dead_wood_lines/pieces/piece_id": str(number), "dead_wood_lines/pieces/diameter_cm": str(10 + number),
                 "dead_wood_lines/pieces/piece_decay_class": "sound"}
                for number in (1, 2)
            ],
        },
        {"dead_wood_lines/line_id": "L2", "dead_wood_lines/line_length_m": "50"},
    ]  # fmt: skip
    parsed = parse("forest_plot_census", sent(1, {**PLOT, "dead_wood_lines": lines}))["dead_wood_pieces"]
    found = [(row["line_id"], row["piece_id"], row["diameter_cm"], row["_row"]) for row in parsed.table.to_pylist()]
    assert found == [("L1", "1", 11.0, 1), ("L1", "2", 12.0, 2), ("L2", "none", None, 3)]
    assert parsed.rows_read == 3


def test_what_nobody_measured_is_no_table() -> None:
    parsed = parse("forest_plot_census", sent(1, PLOT))
    # Trees were asked for in every plot, so that their absence must be told; litter was not.
    assert set(parsed) == {"plots", "trees"}
    assert parse("grievance") == {}


def test_a_sample_without_its_laboratory_value_waits_in_the_quarantine() -> None:
    litter = [
        {"litter/litter_sample_id": "1", "litter/frame_area_m2": "0.25", "litter/fresh_mass_g": "300",
         "litter/subsample_fresh_g": "100"},
    ]  # fmt: skip
    parsed = parse("forest_plot_census", sent(1, {**PLOT, "litter": litter}))["litter_samples"]
    assert rules(parsed) == ["missing_value"]
    assert "litter/subsample_dry_g is missing" in parsed.rejected[0]["reason"]


def test_each_choice_of_several_is_a_row() -> None:
    visit = {"visit/zone_id": "hcv-headwaters", "visit/hcv_classes": "1 4", "visit/visited_on": "2023-05-01",
             "visit/condition": "good"}  # fmt: skip
    parsed = parse("hcv_visit", sent(1, visit))["hcv_visits"]
    assert [(row["hcv_visit_id"], row["hcv_class"]) for row in parsed.table.to_pylist()] == [("r1-1", 1), ("r1-4", 4)]
    none = parse("hcv_visit", sent(1, {**visit, "visit/hcv_classes": ""}))["hcv_visits"]
    assert rules(none) == ["missing_value"]
    wrong = parse("hcv_visit", sent(1, {**visit, "visit/hcv_classes": "1 9"}))["hcv_visits"]
    assert (wrong.table.num_rows, rules(wrong)) == (1, ["unknown_choice"])


def test_a_report_without_a_patrol_is_no_patrol() -> None:
    event = {"events/observed_at": "2023-03-01T09:00:00-05:00", "events/event_kind": "wildlife"}
    parsed = parse("patrol_and_threat", sent(1, {"patrol/report_kind": "report", "events": [event, event]}))
    assert "patrol_records" not in parsed
    rows = parsed["patrol_events"].table.to_pylist()
    assert [(row["event_id"], row["patrol_id"], row["source_category"]) for row in rows] == [
        ("r1-1", None, "wildlife"),
        ("r1-2", None, "wildlife"),
    ]


def test_people_listed_and_groups_counted_are_told_apart() -> None:
    activity = {
        "activity/activity_type": "training",
        "activity/field": "inclusion",
        "activity/started_on": "2023-05-01",
    }
    person = {"participants/person_id": "12345678", "participants/gender": "female", "participants/age_group": "15_29"}
    group = {"groups/gender": "male", "groups/age_group": "30_59", "groups/participant_count": "12"}
    parsed = parse(
        "community_activity",
        sent(1, {**activity, "activity/counting": "people", "participants": [person, person]}),
        sent(2, {**activity, "activity/counting": "person_events", "groups": [group]}),
    )
    rows = parsed["activity_participants"].table.to_pylist()
    assert [
        (row["activity_id"], row["participant_id"], row["participant_count"], row["person_key"]) for row in rows
    ] == [
        ("r1", "p1", 1, "12345678"),
        ("r1", "p2", 1, "12345678"),
        ("r2", "g1", 12, None),
    ]
    assert [row["_row"] for row in rows] == [1, 2, 3]


def test_a_census_sent_twice_counts_once_whichever_came_first() -> None:
    twice = [sent(1, PLOT), sent(2, {**PLOT, "_id": 2, "meta/instanceID": "uuid:other"})]
    for order in (twice, twice[::-1]):
        plots = parse("forest_plot_census", *order)["plots"]
        assert plots.table["submission_id"].to_pylist() == ["r1"]
        assert rules(plots) == ["repeated_submission"]
        assert "repeats _id 1 answer by answer" in plots.rejected[0]["reason"]


def test_a_repetition_of_what_was_refused_is_used() -> None:
    plots = parse("forest_plot_census", sent(1, PLOT, refusal=("on_hold", "held")), sent(2, PLOT))["plots"]
    assert plots.table["submission_id"].to_pylist() == ["r2"]
    assert rules(plots) == ["on_hold"]


@pytest.mark.parametrize("other", [{"plot/team": "B"}, {"trees": [{"trees/tree_id": "1", "trees/dbh_cm": "12"}]}])
def test_another_answer_is_no_repetition(other) -> None:
    plots = parse("forest_plot_census", sent(1, PLOT), sent(2, {**PLOT, **other}))["plots"]
    assert plots.table.num_rows == 2


@pytest.mark.parametrize(
    ("gps", "rule"),
    [
        ("-77.20 -7.10 1200 5", "swapped_coordinates"),
        ("-7.10 nan", "not_finite"),
        ("-7.10", "unreadable_value"),
        ("here and there", "unreadable_value"),
    ],
)
def test_places_that_cannot_be_used(gps, rule) -> None:
    plots = parse("forest_plot_census", sent(1, {**PLOT, "plot/gps": gps}))["plots"]
    assert rules(plots) == [rule]


def test_a_place_far_from_the_project_is_left_to_the_checks() -> None:
    plots = parse("forest_plot_census", sent(1, {**PLOT, "plot/gps": "48.1 11.5 500 5"}))["plots"]
    assert plots.table["latitude"].to_pylist() == [48.1]


def test_a_private_place_is_not_quoted() -> None:
    event = {"events/observed_at": "2023-03-01T09:00:00-05:00", "events/event_kind": "other", "events/gps": "-7.1234"}
    parsed = parse("patrol_and_threat", sent(1, {"patrol/report_kind": "report", "events": [event]}))["patrol_events"]
    assert rules(parsed) == ["unreadable_value"]
    assert "7.1234" not in parsed.rejected[0]["reason"]


def test_an_answer_that_the_form_does_not_offer() -> None:
    trees = [{"trees/tree_id": "1", "trees/dbh_cm": "12", "trees/status": "vivo"}]
    parsed = parse("forest_plot_census", sent(1, {**PLOT, "trees": trees}))["trees"]
    assert rules(parsed) == ["unknown_choice"]
    assert "trees/status is 'vivo', none of alive, dead" in parsed.rejected[0]["reason"]


def test_blanks_around_an_id_are_trimmed_and_counted() -> None:
    plots = parse("forest_plot_census", sent(1, {**PLOT, "plot/plot_id": "P1  "}))["plots"]
    assert plots.table["plot_id"].to_pylist() == ["P1"]
    assert [(row["column_name"], row["rule"]) for row in plots.repairs] == [("plot_id", "trimmed_blanks")]


def test_a_version_of_the_form_without_a_question_is_named() -> None:
    without = {name: value for name, value in PLOT.items() if name != "plot/area_ha"}
    plots = parse(
        "forest_plot_census", sent(1, PLOT), sent(2, {**without, "plot/plot_id": "P2"}, version="v2")
    )["plots"]  # fmt: skip
    assert rules(plots) == ["missing_value"]
    assert "no submission of form version v2 answers plot/area_ha" in plots.rejected[0]["reason"]
    forgotten = parse("forest_plot_census", sent(1, PLOT), sent(2, {**without, "plot/plot_id": "P2"}))["plots"]
    assert "no submission of form version" not in forgotten.rejected[0]["reason"]


def test_an_answer_to_a_question_that_the_form_does_not_have_is_told(caplog) -> None:
    strange = {
        **PLOT,
        "plot/altura": "1",
        "plot/ph\ud800": "2",
        "trees": [{"trees/tree_id": "1", "trees/dap_cm": "12"}],
    }
    added = {
        "_id": 1,
        "__version__": "v1",
        "meta/rootUuid": "u",
        "formhub/uuid": "f",
        "start": "now",
        "_geolocation": [1],
    }
    parse("forest_plot_census", sent(1, {**strange, **added}), sent(2, {**strange, "plot/team": "B"}))
    (message,) = (record.getMessage() for record in caplog.records)
    assert message.startswith("3 question(s) answered on the server are not in form forest_plot_census")
    assert "plot/altura (2), plot/ph\\ud800 (2), trees/dap_cm (2)" in message
    caplog.clear()
    parse("forest_plot_census", sent(1, {**PLOT, **added}))
    assert caplog.records == []


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from("abc"), min_size=1, max_size=6))
def test_the_order_of_submissions_does_not_matter(rng: random.Random, identities: list[str]) -> None:
    items = [
        sent(number, {**PLOT, "plot/plot_id": f"P{identity}", "plot/slope_percent": str(number)}, identity=identity)
        for number, identity in enumerate(identities, start=1)
    ]
    shuffled = rng.sample(items, len(items))
    columns = ["plot_id", "slope_percent", "submission_id"]
    first, second = (parse("forest_plot_census", *order)["plots"] for order in (items, shuffled))
    assert first.table.select(columns).to_pylist() == second.table.select(columns).to_pylist()
    assert first.rows_read == first.table.num_rows + len(first.rejected) == len(items)
    assert sorted(json.loads(item["record"])["plot/slope_percent"] for item in first.rejected) == sorted(
        json.loads(item["record"])["plot/slope_percent"] for item in second.rejected
    )
