"""SMART: exports in Spanish and English, objects of SMART Connect, and what people do to them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from mrv.errors import InputError, ProjectError
from mrv.ledger import Artifact
from mrv.project_sources import Smart
from mrv.sources import smart
from mrv.sources.contract import Parsed, Request
from mrv.sources.patrol_kinds import builtin, kind_of, kinds_for
from mrv.sources.patrol_points import clock_us, day_us

Make = Callable[..., Artifact]
EN = "Patrol ID,Patrol Leg ID,Waypoint Date,Waypoint Time,X,Y"
ES = "ID de Patrulla;ID de Tramo;Fecha del Punto;Hora del Punto;X;Y"


def read(request: Request, make: Make, content: bytes, kind: str, **file: Any) -> dict[str, Parsed]:
    """Parse one file as a source declares it."""
    path = file.pop("path", "f.csv")
    spec = Smart(connector="smart", name="s", root=".", files=({"path": path, "kind": kind, **file},))
    artifact = make(content, address=f"smart/s/{path}")
    return smart.parse(spec, [artifact], request)


def rules(parsed: Parsed) -> Counter[str]:
    return Counter(row["rule"] for row in parsed.rejected)


def test_english_and_spanish_exports_give_the_same_points(request_: Request, artifact_of: Make) -> None:
    english = f"{EN}\nBMS_1,1,2022-07-03,06:10:00,-77.1,-7.2\n"
    spanish = f"{ES}\nBMS_1;1;03/07/2022;6:10:00 a. m.;-77,1;-7,2\n"
    one = read(request_, artifact_of, english.encode(), "tracks")["patrol_tracks"]
    other = read(
        request_,
        artifact_of,
        spanish.encode("cp1252"),
        "tracks",
        encoding="cp1252",
        delimiter=";",
        decimal=",",
        dates="dmy",
    )["patrol_tracks"]
    columns = ["patrol_id", "leg_id", "recorded_at", "longitude", "latitude"]
    assert one.table.select(columns).equals(other.table.select(columns))
    # 06:10 in Lima is 11:10 UTC.
    assert one.table["recorded_at"][0].as_py() == datetime(2022, 7, 3, 11, 10, tzinfo=UTC)
    assert {row["rule"] for row in other.repairs} == {"decimal_comma", "date_order_declared"}


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (",1,2022-07-03,06:10:00,-77.1,-7.2", "missing_value"),
        ("P1,1,03/07/2022,06:10:00,-77.1,-7.2", "ambiguous_date"),
        ("P1,1,25/07/2022,06:10:00,-77.1,-7.2", "unreadable_value"),
        ("P1,1,2022-02-30,06:10:00,-77.1,-7.2", "unreadable_value"),
        ("P1,1,2022-07-03,25:10:00,-77.1,-7.2", "unreadable_value"),
        ("P1,1,2022-07-03,06:10:00,-7.2,-77.1", "swapped_coordinates"),
        ("P1,1,2022-07-03,06:10:00,abc,-7.2", "unreadable_value"),
        ('P1,1,2022-07-03,06:10:00,"-77,1",-7.2', "unreadable_value"),
        ("P1,1,2022-07-03,06:10:00,1e999,-7.2", "unreadable_value"),
        ("P1,1,2022-07-03", "ragged_row"),
    ],
)
def test_a_bad_point_is_set_aside_with_its_row(row: str, rule: str, request_: Request, artifact_of: Make) -> None:
    good = "P1,1,2022-07-03,06:00:00,-77.1,-7.2"
    parsed = read(request_, artifact_of, f"{EN}\n{good}\n{row}\n{good}\n".encode(), "tracks")["patrol_tracks"]
    assert (parsed.rows_read, parsed.table.num_rows, rules(parsed)) == (3, 2, Counter({rule: 1}))
    [rejected] = parsed.rejected
    assert rejected["row"] == 2
    assert parsed.table["_row"].to_pylist() == [1, 3]
    # A reason tells no place.
    assert "77.1" not in rejected["reason"]


def test_a_point_without_a_place_or_marked_as_junk_is_kept_for_the_count(request_: Request, artifact_of: Make) -> None:
    text = f"{EN},Junk\nP1,1,2022-07-03,06:10:00,,,\nP1,1,2022-07-03,06:20:00,-77.1,-7.2,Yes\n"
    table = read(request_, artifact_of, text.encode(), "tracks")["patrol_tracks"].table
    assert table["longitude"].to_pylist() == [None, -77.1]
    assert table["is_junk"].to_pylist() == [None, True]


def test_a_column_that_no_label_knows_is_warned_of(
    request_: Request, artifact_of: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Renamed, `Junk` would let points count that the team had thrown away."""
    text = f"{EN},Rejected,Direction\nP1,1,2022-07-03,06:20:00,-77.1,-7.2,Yes,1\n"
    assert read(request_, artifact_of, text.encode(), "tracks")["patrol_tracks"].table.num_rows == 1
    assert [record.getMessage() for record in caplog.records] == [
        "smart/s/f.csv: columns that nothing is read from: Rejected"
    ]


def test_blanks_around_patrols_are_counted(request_: Request, artifact_of: Make) -> None:
    points = "".join(
        f"{patrol},1,2022-07-03,06:1{n}:00,-77.1,-7.2\n" for n, patrol in enumerate(("P1", "P1 ", " P1", "P1 "))
    )
    broken = "P1 ,1,2022-07-03,noon,-77.1,-7.2\n"
    parsed = read(request_, artifact_of, f"{EN}\n{broken}{points}".encode(), "tracks")["patrol_tracks"]
    assert parsed.table["patrol_id"].to_pylist() == ["P1"] * 4
    assert [(row["rule"], row["value_count"], row["first_row"]) for row in parsed.repairs] == [("trimmed_blanks", 3, 3)]
    legs = "Patrol ID,Patrol Start Date,Patrol End Date\nP1,2022-07-03,2022-07-03\nP1 ,2022-07-04,2022-07-04\n"
    patrols = read(request_, artifact_of, legs.encode(), "patrols")["patrol_records"]
    assert [(row["rule"], row["value_count"]) for row in patrols.repairs] == [("trimmed_blanks", 1)]


def test_a_file_of_no_known_language_is_read_by_position_and_says_so(request_: Request, artifact_of: Make) -> None:
    names = ",".join(f"colonne {n}" for n in range(26))
    cells = [""] * 26
    cells[2], cells[18], cells[19], cells[20], cells[21] = "P1", "2022-07-03", "06:10:00", "-77.1", "-7.2"
    parsed = read(request_, artifact_of, f"{names}\n{','.join(cells)}\n".encode(), "tracks")["patrol_tracks"]
    assert parsed.table["patrol_id"].to_pylist() == ["P1"]
    assert "columns_by_position" in {row["rule"] for row in parsed.repairs}


@pytest.mark.parametrize(
    ("header", "problem"), [("Patrol ID,X,Y", "lacks a column"), (f"{EN},X", "column twice"), ("a,b", "lacks a column")]
)
def test_a_file_without_its_columns_is_refused(header: str, problem: str, request_: Request, artifact_of: Make) -> None:
    with pytest.raises(InputError, match=problem):
        read(request_, artifact_of, f"{header}\n1,2,3,4,5,6,7\n".encode(), "tracks")


def test_a_file_in_another_encoding_is_refused(request_: Request, artifact_of: Make) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read(request_, artifact_of, f"{EN}\nPá,1,2022-07-03,06:10,1,1\n".encode("latin-1"), "tracks")


def test_legs_of_a_patrol_are_one_record(request_: Request, artifact_of: Make) -> None:
    text = (
        "Patrol ID,Type,Patrol Start Date,Patrol End Date,Station,Leader,Patrol Transport Type,Number of Members\n"
        "P1,Ground,2022-07-04,2022-07-06,North,Rosa,Foot,4\n"
        "P1,Ground,2022-07-03,2022-07-05,North,Juan,Boat,4\n"
        ",Ground,2022-07-03,2022-07-05,North,Juan,Boat,4\n"
        "P2,Ground,03/07/2022,2022-07-05,North,Juan,Boat,4\n"
    )
    parsed = read(request_, artifact_of, text.encode(), "patrols")["patrol_records"]
    [row] = parsed.table.to_pylist()
    assert (row["transport"], row["leader"], row["member_count"]) == ("Boat; Foot", "Juan; Rosa", 4)
    # Local midnights of Lima.
    assert (row["started_at"], row["ended_at"]) == (
        datetime(2022, 7, 3, 5, tzinfo=UTC),
        datetime(2022, 7, 6, 5, tzinfo=UTC),
    )
    assert (parsed.rows_read, rules(parsed)) == (3, Counter({"missing_value": 1, "ambiguous_date": 1}))


EVENTS = (
    "Patrol ID,Patrol Leg ID,Waypoint ID,Waypoint Date,Waypoint Time,X,Y,Comment,Observer,"
    "Observation Category 0,Observation Category 1,Response date,Affected area (ha)\n"
)


def test_observations_have_ids_that_do_not_depend_on_order(request_: Request, artifact_of: Make) -> None:
    rows = [
        "P1,1,7,2022-07-03,06:10:00,-77.1,-7.2,casa de Rosa,Rosa,Amenazas,Tala ilegal,2022-07-09,1.5",
        "P1,1,7,2022-07-03,06:10:00,-77.1,-7.2,otra,Rosa,Amenazas,Tala ilegal,,",
        "P1,1,7,2022-07-03,06:10:00,-77.1,-7.2,,Rosa,Fauna,Avistamiento,,",
        "P1,1,8,2022-07-03,06:10:00,-7.2,-77.1,,Rosa,Amenazas,Caza,,",
    ]
    first = read(request_, artifact_of, (EVENTS + "\n".join([*rows, rows[0]])).encode(), "observations")[
        "patrol_events"
    ]
    turned = [rows[0], *reversed(rows)]
    other = read(request_, artifact_of, (EVENTS + "\n".join(turned)).encode(), "observations")["patrol_events"]
    assert rules(first) == rules(other) == Counter({"duplicate_record": 1, "swapped_coordinates": 1})
    keep = ["event_id", "event_kind", "threat_type", "description", "responded_on", "affected_area_ha"]
    assert first.table.select(keep).equals(other.table.select(keep))
    events = {row["event_id"]: row for row in first.table.to_pylist()}
    assert sorted(events) == [
        "smart|P1|1|7|Amenazas/Tala ilegal",
        "smart|P1|1|7|Amenazas/Tala ilegal|2",
        "smart|P1|1|7|Fauna/Avistamiento",
    ]
    known = events["smart|P1|1|7|Amenazas/Tala ilegal"]
    assert (known["event_kind"], known["threat_type"], known["responded_on"]) == ("threat", "logging", date(2022, 7, 9))
    assert first.rows_read == 5


def test_a_category_that_nobody_knows_is_kept_as_other(request_: Request, artifact_of: Make) -> None:
    text = EVENTS + "P1,1,7,2022-07-03,06:10:00,,,,,Señalización,Letrero,,"
    [row] = read(request_, artifact_of, text.encode(), "observations")["patrol_events"].table.to_pylist()
    assert (row["event_kind"], row["threat_type"], row["longitude"]) == ("other", None, None)


def test_the_projects_own_kinds_come_before_the_built_in_ones(request_: Request, artifact_of: Make) -> None:
    def artifact(text: str) -> Artifact:
        made = artifact_of(text.encode(), address="event_kinds/s/k.csv")
        return Artifact(**{**vars(made), "product": "event_kinds"})

    header = "category,event_kind,threat_type\n"
    kinds = kinds_for([artifact(f"{header}Amenazas > Tala,threat,clearing\nLetrero,patrol_activity,\n")], request_)
    assert kind_of(["Amenazas", "TALA"], kinds) == ("threat", "clearing")
    assert kind_of(["Tala"], kinds) == ("threat", "logging")
    assert kind_of(["Señal", "Letrero"], kinds) == ("patrol_activity", None)
    assert kind_of(["security", "fire_rep"], builtin()) == ("threat", "fire")
    for row in ("Tala,threat,", "Tala,amenaza,logging", "Fauna,wildlife,logging", "Tala,threat,tala"):
        with pytest.raises(ProjectError, match="not known"):
            kinds_for([artifact(header + row)], request_)


def test_objects_of_smart_connect(request_: Request, artifact_of: Make) -> None:
    # 06:10 on the clock of Lima, counted as if it were UTC.
    ms = round(datetime(2022, 7, 3, 6, 10, tzinfo=UTC).timestamp() * 1000)
    patrols = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"uuid": "u1", "id": "x", "patrol_leg_day_start": f"2022-07-0{day}T06:10:00"},
                "geometry": {
                    "type": "MultiLineString",
                    "coordinates": [[[-77.1, -7.2, ms], [-77.1, -7.21, ms + 60_000]], [[-77.1, -7.22]]],
                },
            }
            for day in (4, 3)
        ],
    }
    observations = [
        {
            "uuid": "o1",
            "patrol_uuid": "u1",
            "datetime": "2022-07-03T06:12:00",
            "category": "Amenazas > Tala",
            "X": -77.1,
            "Y": -7.2,
            "attributes": json.dumps([{"attribute": "Fecha de respuesta", "value": "2022-07-05"}]),
        },
        {"uuid": "o2", "datetime": "ayer", "category": "Tala", "X": None, "Y": None, "attributes": "x"},
    ]
    spec = Smart(connector="smart", name="s", base_url="https://smart.example.org/api", conservation_area="ca")
    artifacts = [
        Artifact(**{**vars(artifact_of(json.dumps(content).encode(), address=name)), "product": name})
        for name, content in (("connect_patrols", patrols), ("connect_observations", observations))
    ]
    found = smart.parse(spec, artifacts, request_)
    [patrol] = found["patrol_records"].table.to_pylist()
    assert (patrol["patrol_id"], patrol["started_at"]) == ("u1", datetime(2022, 7, 3, 11, 10, tzinfo=UTC))
    tracks = found["patrol_tracks"]
    assert (tracks.table.num_rows, rules(tracks)) == (4, Counter({"missing_value": 2}))
    assert tracks.table["recorded_at"][0].as_py() == datetime(2022, 7, 3, 11, 10, tzinfo=UTC)
    [event] = found["patrol_events"].table.to_pylist()
    assert (event["threat_type"], event["patrol_id"], event["responded_on"]) == ("logging", "u1", date(2022, 7, 5))
    assert rules(found["patrol_events"]) == Counter({"unreadable_value": 1})
    addresses = [item.path for item in smart.wanted(spec, request_)]
    assert addresses == [
        f"{path}/?ca_uuid=ca&start_date=2022-07-01&end_date=2022-07-12" for path in ("patrol", "observation")
    ]


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("06:10", 22_200), ("6:10:05 PM", 65_405), ("12:00 a. m.", 0), ("12:00:00 p.m.", 43_200)],
)
def test_clocks_of_24_and_12_hours(text: str, microseconds: int) -> None:
    assert clock_us(text) == microseconds * 1_000_000


def test_days_are_read_by_their_declared_order_only() -> None:
    assert day_us("03/04/2022", "dmy") != day_us("03/04/2022", "mdy")
    assert day_us("2022-04-03", "iso") == day_us("3/4/2022", "dmy") == day_us("4/3/2022", "mdy")
    assert day_us("13/04/2022", "mdy") == "unreadable_value"
    assert (day_us("", "iso"), clock_us("13:00 pm"), clock_us("noon")) == (
        "missing_value",
        "unreadable_value",
        "unreadable_value",
    )


@pytest.mark.parametrize("text", [EN, f"{EN}\n", f"{EN}\r\n\r\n"])
def test_an_export_without_points_is_a_valid_answer(text: str, request_: Request, artifact_of: Make) -> None:
    parsed = read(request_, artifact_of, text.encode(), "tracks")["patrol_tracks"]
    assert (parsed.rows_read, parsed.table.num_rows, parsed.rejected) == (0, 0, [])


def test_the_number_of_a_row_counts_records_and_not_lines(request_: Request, artifact_of: Make) -> None:
    rows = [
        "P1,1,2022-07-03,06:00:00,-77.1,-7.2",
        '"P\n1",1,2022-07-03,06:00:00,-77.1,-7.2',
        "",
        "P1,1,x,06:00:00,1,1",
        "P1",
    ]
    parsed = read(request_, artifact_of, ("\n".join([EN, *rows]) + "\n").encode(), "tracks")["patrol_tracks"]
    assert sorted((row["row"], row["rule"]) for row in parsed.rejected) == [(3, "unreadable_value"), (4, "ragged_row")]
    assert parsed.rows_read == 4
