"""Private columns: blanked for SQL, dropped from what is published, counted by codes that tell nothing."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv import privacy
from mrv.privacy import (
    DAYS_ONLY,
    NOT_TOLD,
    codes_of,
    for_publication,
    for_warehouse,
    is_key,
    privacy_log,
    published_columns,
    told,
    told_of_set_aside,
)
from mrv.project_life import Privacy
from mrv.schema_types import dataset as declare
from mrv.schemas import DATASETS
from mrv.stages.protect import PUBLISHED_ROWS, opened_by
from tests.unit.expectations.conftest import sound_rows

PRIVATE = sorted(name for name, declared in DATASETS.items() if declared.private)
RECEIVED = [name for name in PRIVATE if name != "quarantine"]


def table_of(dataset: str, /, **columns: list[Any]) -> pa.Table:
    """Return rows of a table that have nothing but these columns."""
    count = len(next(iter(columns.values())))
    schema = pa.schema([field.with_nullable(True) for field in DATASETS[dataset].schema])
    rows = [{name: values[index] for name, values in columns.items()} for index in range(count)]
    return pa.Table.from_pylist([dict.fromkeys(schema.names) | row for row in rows], schema=schema)


@pytest.mark.parametrize("dataset", RECEIVED)
def test_every_private_value_is_blank_for_sql_and_every_other_stays(dataset: str) -> None:
    table = filled(dataset)
    found = for_warehouse(dataset, table, codes_of({dataset: table}))
    assert found.schema == table.schema
    assert found.num_rows == table.num_rows
    for column in table.column_names:
        if column in DATASETS[dataset].coded:
            assert not set(found[column].drop_null().to_pylist()) & set(table[column].to_pylist())
        elif column in DAYS_ONLY.get(dataset, ()):
            continue
        elif column not in DATASETS[dataset].private:
            assert sorted(map(repr, found[column].to_pylist())) == sorted(map(repr, table[column].to_pylist()))
        elif not is_key(dataset, column):
            assert found[column].null_count == table.num_rows
        else:
            assert not set(found[column].to_pylist()) & set(table[column].to_pylist())


@pytest.mark.parametrize("dataset", PRIVATE)
def test_no_private_column_is_published(dataset: str) -> None:
    table = filled(dataset) if dataset != "quarantine" else DATASETS[dataset].empty()
    names = for_publication(dataset, table).column_names
    assert names == published_columns(dataset)
    assert not set(names) & DATASETS[dataset].private.keys()


def filled(dataset: str) -> pa.Table:
    """Return sound rows with something in every private column."""
    schema = DATASETS[dataset].schema
    rows = sound_rows(dataset)
    for number, row in enumerate(rows):
        for column in DATASETS[dataset].private:
            text = pa.types.is_string(schema.field(column).type)
            row[column] = f"{column} {number}" if text else -77.123456 - number
    return DATASETS[dataset].table(rows)


def test_a_column_is_protected_by_its_declaration_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = declare("patrol_records", "One row per patrol.", "patrol_id", {"patrol_id": "str", "radio": "str?!"})
    monkeypatch.setattr(privacy, "DATASETS", {**DATASETS, "patrol_records": declared})
    table = pa.table({"patrol_id": ["p1"], "radio": ["call sign Rosa"]}, declared.schema)
    assert for_publication("patrol_records", table).column_names == ["patrol_id"]
    assert for_warehouse("patrol_records", table, {})["radio"].null_count == 1
    assert told("patrol_records", "radio", "call sign Rosa") == NOT_TOLD


def test_a_private_column_that_could_not_be_blanked_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match="must be nullable: leader"):
        declare("patrol_records", "One row per patrol.", "patrol_id", {"patrol_id": "str", "leader": "str!"})


def test_no_key_of_a_table_is_private() -> None:
    """Messages name rows by their key."""
    assert not {(name, column) for name in PRIVATE for column in DATASETS[name].key if column in DATASETS[name].private}


def test_typed_ids_become_codes_that_are_the_same_in_every_table() -> None:
    names = ["Quebrada de Juan Perez", "CT01_-7.12345_-77.12345", "B_DL_val5_beek"]
    tables = {
        "camera_deployments": table_of("camera_deployments", deployment_id=names, package_name=["Casa Perez"] * 3),
        "camera_events": table_of("camera_events", deployment_id=names[::-1], camera_event_id=["1", "2", "3"]),
        "record_cells": table_of("record_cells", dataset=["camera_deployments"] * 3, record_id=names),
        "record_zones": table_of("record_zones", dataset=["plots"], record_id=["p1 2018"], zone_id=["z"]),
    }
    codes = codes_of(tables)
    found = {name: for_warehouse(name, table, codes) for name, table in tables.items()}
    told_ids = found["camera_deployments"]["deployment_id"].to_pylist()
    assert told_ids == ["deployment-1", "deployment-2", "deployment-3"], "in the order of the codes, not of the names"
    assert set(found["camera_deployments"]["package_name"].to_pylist()) == {"package-1"}
    assert found["record_cells"]["record_id"].to_pylist() == told_ids
    assert found["record_zones"]["record_id"].to_pylist() == ["p1 2018"], "codes of plots are those of the field book"
    by_event = {row["camera_event_id"]: row["deployment_id"] for row in found["camera_events"].to_pylist()}
    of_event = {codes["camera_event_id"][str(3 - at)]: codes["deployment_id"][name] for at, name in enumerate(names)}
    assert by_event == of_event


def test_typed_ids_are_not_told_in_messages() -> None:
    assert told("camera_deployments", "deployment_id", "CT01_-7.12345_-77.12345") == NOT_TOLD
    assert told("camera_effort", "deployment_id", "juan-perez-1") == NOT_TOLD
    assert told("camera_effort", "location_code", "L001") == "L001"


def test_places_of_plots_are_published_only_where_the_project_says_so() -> None:
    table = table_of("plots", plot_id=["p1"], longitude=[-77.1], latitude=[-7.1], team=["Rosa"])
    assert for_warehouse("plots", table, {})["longitude"].null_count == 1
    assert not {"longitude", "latitude"} & set(for_publication("plots", table).column_names)
    opened = opened_by(Privacy(plot_positions="exact"))
    exact = for_warehouse("plots", table, {}, opened=opened)
    assert exact["longitude"].to_pylist() == [-77.1]
    assert exact["team"].null_count == 1
    assert {"longitude", "latitude"} <= set(for_publication("plots", exact, opened=opened).column_names)
    log = privacy_log({"plots": table}, published=frozenset(PUBLISHED_ROWS), generalised=frozenset(), opened=opened)
    assert {row["column_name"]: row["rule"] for row in log.to_pylist()} == {
        "latitude": "published_exactly",
        "longitude": "published_exactly",
        "team": "withheld",
    }
    assert opened_by(Privacy()).get("plots") is None


def test_a_person_has_one_code_in_every_table() -> None:
    tables = {
        "activity_participants": table_of("activity_participants", person_key=["rosa", "luz", "rosa", None]),
        "employment_records": table_of("employment_records", person_key=["luz", "ana"]),
    }
    codes = codes_of(tables)
    taking_part = for_warehouse("activity_participants", tables["activity_participants"], codes)["person_key"]
    working = for_warehouse("employment_records", tables["employment_records"], codes)["person_key"]
    rosa, luz, again, nobody = taking_part.to_pylist()
    assert (rosa, nobody) == (again, None)
    assert working[0].as_py() == luz
    assert sorted(codes["person_key"].values()) == ["person-1", "person-2", "person-3"]


@given(st.sets(st.text(min_size=1), min_size=1, max_size=30), st.randoms())
def test_codes_do_not_depend_on_the_order_of_rows(keys: set[str], shuffler: random.Random) -> None:
    listed = sorted(keys)
    once = codes_of({"activity_participants": table_of("activity_participants", household_key=listed)})
    shuffler.shuffle(listed)
    again = codes_of({"activity_participants": table_of("activity_participants", household_key=[*listed, *listed])})
    assert once == again
    assert len(set(once["household_key"].values())) == len(keys)


def test_codes_do_not_follow_the_order_of_names() -> None:
    names = [f"{number:03}" for number in range(100)]
    codes = codes_of({"employment_records": table_of("employment_records", person_key=names)})["person_key"]
    assert [codes[name] for name in names] != [f"person-{rank}" for rank in range(1, 101)]


def test_people_on_camera_stay_in_the_house() -> None:
    kinds = ["animal", "human", "blank", "human"]
    published = for_publication("camera_observations", table_of("camera_observations", observation_type=kinds))
    assert published["observation_type"].to_pylist() == ["animal", "blank"]


def test_people_told_by_name_vehicles_and_the_unclassified_stay_in_the_house_too() -> None:
    kinds = ["animal", "animal", "animal", "vehicle", "unclassified", "unknown"]
    names = ["Panthera onca", "Homo sapiens", "homo", None, None, None]
    table = table_of("camera_observations", observation_type=kinds, scientific_name=names)
    assert for_publication("camera_observations", table)["scientific_name"].to_pylist() == ["Panthera onca"]


def test_a_message_tells_that_a_value_is_missing_but_not_what_it_is() -> None:
    assert told("grievance_records", "complainant_name", "Rosa") == NOT_TOLD
    assert told("grievance_records", "complainant_name", None) is None
    assert told("grievance_records", "category", "land") == "land"
    assert told("grievance_records", "_missing", "received_on") == "received_on"


def test_of_the_moment_of_an_event_only_the_day_is_told() -> None:
    moments = [datetime(2023, 5, 9, 14, 25, 3, 7, tzinfo=UTC), None, datetime(2023, 5, 10, tzinfo=UTC)]
    table = table_of("patrol_events", event_id=["a", "b", "c"], observed_at=moments)
    seen = for_warehouse("patrol_events", table, codes_of({"patrol_events": table}))
    days = {datetime(2023, 5, 9, tzinfo=UTC), None, datetime(2023, 5, 10, tzinfo=UTC)}
    assert set(seen["observed_at"].to_pylist()) == days
    assert seen.schema == table.schema


def test_the_log_counts_what_is_held_back() -> None:
    tables = {
        "activity_participants": table_of("activity_participants", person_key=["a", None], participant_name=["x", "y"]),
        "camera_observations": table_of(
            "camera_observations", observation_type=["human", "animal"], comments=[None, None]
        ),
        "patrol_events": table_of(
            "patrol_events",
            longitude=[1.0, None],
            latitude=[1.0, None],
            observed_at=[datetime(2023, 5, 9, tzinfo=UTC), None],
        ),
        "communities": table_of("communities", community_id=["c"]),
    }
    published = frozenset({"camera_observations", "patrol_events", "communities"})
    log = privacy_log(tables, published=published, generalised=frozenset({"patrol_events"}))
    said = {(row["dataset"], row["column_name"]): (row["rule"], row["value_count"]) for row in log.to_pylist()}
    assert said["activity_participants", "person_key"] == ("replaced_by_code", 1)
    assert said["activity_participants", "participant_name"] == ("withheld", 2)
    assert said["activity_participants", "*"] == ("rows_withheld", 2)
    assert said["camera_observations", "comments"] == ("withheld", 0)
    assert said["camera_observations", "*"] == ("rows_withheld", 1)
    assert said["patrol_events", "longitude"] == ("generalised_to_cell", 1)
    assert said["patrol_events", "observed_at"] == ("told_by_day", 1)
    assert not {key for key in said if key[0] == "communities"}


def test_rows_of_people_places_and_pictures_are_not_published_one_by_one() -> None:
    in_the_house = {
        *("activity_participants", "employment_records", "livelihood_records", "grievance_records"),
        *("patrol_tracks", "camera_deployments", "camera_media", "occurrences"),
    }
    assert set(PUBLISHED_ROWS) <= DATASETS.keys()
    assert not in_the_house & set(PUBLISHED_ROWS)


def test_a_private_column_never_stands_in_a_declared_measurement() -> None:
    """What the platform measures is published, so it has nothing private from the start."""
    measured = {name for name, declared in DATASETS.items() if not declared.traced} - {"quarantine"}
    assert not [name for name in measured if DATASETS[name].private]


@pytest.mark.parametrize(
    "text", ["Rosa Paredes", "ROSA", "+51 999 888 777", "999888777", "45678912", "en la casa de Luz", "Rosa.Paredes"]
)
def test_words_that_stand_in_the_wrong_column_are_not_told(text: str) -> None:
    assert told("activity_participants", "participant_count", text) == NOT_TOLD


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tala",
        "validation_status_on_hold",
        "BMS-16",
        "3f2a-77c0",
        "12,5",
        "-77.5",
        "03/04/2024",
        "2023-05-08T10:00:00Z",
    ],
)
def test_codes_numbers_and_days_are_told(text: str) -> None:
    assert told("activity_participants", "participant_count", text) == text


def test_words_of_tables_that_name_nobody_are_told() -> None:
    assert told("trees", "dbh_cm", "twenty two") == "twenty two"
    assert told("plots", "plot_id", "Parcela 12 B") == "Parcela 12 B"


def test_of_rows_set_aside_only_the_unit_that_misses_them_is_told() -> None:
    rows = [
        (
            "trees",
            {"plot_id": "BMS-01", "census_id": "2023", "submission_id": "u-1", "dbh_cm": 12, "notes": "ask Ana Quispe"},
        ),
        ("plots", {"plot_id": "the place behind Ana's house", "census_id": "2023", "longitude": -77.1, "team": "Ana"}),
        ("sample_labels", {"design_id": "mp4", "unit_id": "u-17", "interpreter": "Ana Quispe"}),
        ("employment_records", {"person_key": "dni-4711", "plot_id": "BMS-01"}),
    ]
    names = {"artifact": "a" * 64, "rule": "r", "severity": "error", "reason": "because"}
    table = DATASETS["quarantine"].table(
        {**names, "dataset": dataset, "row": row, "record": json.dumps(record)}
        for row, (dataset, record) in enumerate(rows)
    )
    told = {row["dataset"]: row["record"] for row in told_of_set_aside(table).to_pylist()}
    assert json.loads(told["trees"]) == {"plot_id": "BMS-01", "census_id": "2023", "submission_id": "u-1"}
    assert json.loads(told["plots"]) == {"plot_id": NOT_TOLD, "census_id": "2023", "submission_id": None}
    assert json.loads(told["sample_labels"]) == {"design_id": "mp4", "unit_id": "u-17"}
    assert told["employment_records"] is None
    assert "Ana" not in str(told.values())
