from __future__ import annotations

import csv
import io
import logging
import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mrv.errors import InputError
from mrv.periods import Span, gaps, overlaps
from mrv.project_sources import Firms
from mrv.sources import firms
from mrv.sources.fire_files import parse_fires

SPEC = Firms(connector="firms", name="fires", collections=("VIIRS_SNPP_SP",))
SHAPE = "latitude,longitude,{},scan,track,acq_date,acq_time,satellite,instrument,confidence,version,{},frp,daynight"
VIIRS = SHAPE.format("bright_ti4", "bright_ti5") + ",type"
MODIS = SHAPE.format("brightness", "bright_t31")


def viirs(**changes: str) -> str:
    values = dict(
        zip(
            VIIRS.split(","),
            [
                "-7.1",
                "-77.2",
                "330.5",
                "0.4",
                "0.5",
                "2022-08-03",
                "634",
                "N",
                "VIIRS",
                "n",
                "2",
                "290.1",
                "5.5",
                "D",
                "0",
            ],
            strict=True,
        )
    )
    return ",".join((values | changes).values())


def parse(request_, artifact_of, *lines, header=VIIRS):
    artifact = artifact_of("\n".join((header, *lines, "")).encode())
    return firms.parse(SPEC, [artifact], request_)["fires"], artifact


def test_one_detection(request_, artifact_of) -> None:
    parsed, artifact = parse(request_, artifact_of, viirs())
    assert parsed.table.to_pylist() == [
        {
            "fire_id": "VIIRS|Suomi NPP|2022-08-03T06:34Z|-7.10000|-77.20000",
            "acquired_at_utc": datetime(2022, 8, 3, 6, 34, tzinfo=UTC),
            "acquired_on_utc": date(2022, 8, 3),
            "latitude": -7.1,
            "longitude": -77.2,
            "satellite": "Suomi NPP",
            "instrument": "VIIRS",
            "confidence": "nominal",
            "confidence_raw": "n",
            "brightness_k": 330.5,
            "frp_mw": 5.5,
            "daynight": "D",
            "version": "2",
            "near_real_time": False,
            "fire_type": 0,
            "_artifact": artifact.sha256,
            "_row": 1,
        }
    ]


@pytest.mark.parametrize(
    ("text", "clock"),
    [("5", (0, 5)), ("45", (0, 45)), ("634", (6, 34)), ("1834", (18, 34)), ("03:34", (3, 34)), ("0", (0, 0))],
)
def test_times_that_lost_their_leading_zeros(request_, artifact_of, text, clock) -> None:
    parsed, _ = parse(request_, artifact_of, viirs(acq_time=text))
    moment = parsed.table["acquired_at_utc"][0].as_py()
    assert (moment.hour, moment.minute) == clock


@pytest.mark.parametrize("text", ["2460", "12345", "1:2", "noon", "", "-5"])
def test_a_time_that_is_none(request_, artifact_of, text) -> None:
    parsed, artifact = parse(request_, artifact_of, viirs(acq_time=text), viirs())
    assert (parsed.rows_read, parsed.table.num_rows) == (2, 1)
    (rejected,) = parsed.rejected
    assert (rejected["rule"], rejected["row"], rejected["artifact"]) == ("unreadable_value", 1, artifact.sha256)
    assert "acq_time" in rejected["reason"]
    assert "Remedy" in rejected["reason"]


@pytest.mark.parametrize(
    ("raw", "level"),
    [
        ("l", "low"),
        ("n", "nominal"),
        ("h", "high"),
        ("High", "high"),
        ("0", "low"),
        ("29", "low"),
        ("30", "nominal"),
        ("79", "nominal"),
        ("80", "high"),
        ("100", "high"),
    ],
)
def test_confidence_on_one_scale(request_, artifact_of, raw, level) -> None:
    parsed, _ = parse(request_, artifact_of, viirs(confidence=raw))
    assert parsed.table["confidence"][0].as_py() == level
    assert parsed.table["confidence_raw"][0].as_py() == raw


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"latitude": "abc"}, "unreadable_value"),
        ({"latitude": "1_0"}, "unreadable_value"),
        ({"frp": "1e400"}, "not_finite"),
        ({"frp": "NaN"}, "not_finite"),
        ({"longitude": "-inf"}, "not_finite"),
        ({"latitude": ""}, "missing_value"),
        ({"acq_date": "03/08/2022"}, "ambiguous_date"),
        ({"acq_date": "2022-02-30"}, "unreadable_value"),
        ({"acq_date": "20220803"}, "unreadable_value"),
        ({"confidence": "101"}, "unreadable_value"),
        ({"confidence": "²"}, "unreadable_value"),
        ({"type": "9" * 5000}, "unreadable_value"),
        ({"latitude": "٧"}, "unreadable_value"),
        ({"satellite": ""}, "missing_value"),
        ({"type": "1.5"}, "unreadable_value"),
    ],
)
def test_each_bad_value_goes_to_quarantine(request_, artifact_of, changes, rule) -> None:
    parsed, _ = parse(request_, artifact_of, viirs(), viirs(**changes))
    assert [item["rule"] for item in parsed.rejected] == [rule]
    assert parsed.rejected[0]["row"] == 2
    assert next(iter(changes)) in parsed.rejected[0]["reason"]
    assert parsed.rows_read == parsed.table.num_rows + 1


def test_two_rules_of_one_row_count_once(request_, artifact_of) -> None:
    parsed, _ = parse(request_, artifact_of, viirs(latitude="x", longitude="y", frp="nan"))
    assert sorted(item["rule"] for item in parsed.rejected) == ["not_finite", "unreadable_value"]
    assert parsed.rows_read == 1


def test_ragged_rows_and_nul(request_, artifact_of) -> None:
    parsed, _ = parse(request_, artifact_of, viirs() + ",9", "1,2", viirs(version="\x00"), viirs())
    assert [(item["row"], item["rule"]) for item in parsed.rejected] == [
        (1, "ragged_row"),
        (2, "ragged_row"),
        (3, "nul_character"),
    ]
    assert parsed.table.num_rows == 1


def test_modis_and_viirs_in_one_table(request_, artifact_of) -> None:
    modis = artifact_of(f"{MODIS}\n-7,-77,320.1,1,1,2022-08-03,1510,Terra,MODIS,85,6.1,290,20,D\n".encode())
    viirs_file = artifact_of(f"\ufeff{VIIRS}\r\n{viirs()}\r\n".encode())
    table = firms.parse(SPEC, [modis, viirs_file], request_)["fires"].table
    assert dict(zip(table["instrument"].to_pylist(), table["brightness_k"].to_pylist(), strict=True)) == {
        "MODIS": 320.1,
        "VIIRS": 330.5,
    }
    assert table["confidence"].to_pylist() == ["high", "nominal"]


def test_no_fires_is_an_answer(request_, artifact_of) -> None:
    parsed, _ = parse(request_, artifact_of)
    assert (parsed.rows_read, parsed.table.num_rows, parsed.rejected) == (0, 0, [])


@pytest.mark.parametrize("column", ["latitude", "acq_time", "confidence", "bright_ti4"])
def test_a_missing_column_is_refused_by_name(request_, artifact_of, column) -> None:
    header = VIIRS.replace(column, column + "_new", 1)
    with pytest.raises(InputError) as caught:
        parse(request_, artifact_of, viirs(), header=header)
    assert column in caught.value.message
    assert caught.value.found is not None
    assert f"{column}_new" in caught.value.found
    assert "a/b" in str(caught.value)
    assert caught.value.remedy


def test_a_column_twice_is_refused(request_, artifact_of) -> None:
    with pytest.raises(InputError, match="2 times"):
        parse(request_, artifact_of, header=VIIRS + ",frp")


def test_order_of_files_does_not_change_the_table(request_, artifact_of) -> None:
    one = artifact_of(f"{VIIRS}\n{viirs(acq_time='700')}\n".encode())
    other = artifact_of(f"{VIIRS}\n{viirs(acq_time='600')}\n".encode())
    forth = firms.parse(SPEC, [one, other], request_)["fires"].table
    back = firms.parse(SPEC, [other, one], request_)["fires"].table
    assert forth.equals(back)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    rows=st.lists(
        st.lists(
            st.one_of(st.text(max_size=8), st.floats().map(repr), st.sampled_from(["2022-08-03", "634", "n", "N", ""])),
            min_size=13,
            max_size=16,
        ),
        max_size=8,
    )
)
def test_counts_close_whatever_comes(request_, artifact_of, rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([VIIRS.split(","), *rows])
    content = text.getvalue().encode("utf-8", errors="replace")
    parsed = firms.parse(SPEC, [artifact_of(content)], request_)["fires"]
    assert parsed.rows_read == len(rows)
    assert parsed.table.num_rows + len({item["row"] for item in parsed.rejected}) == len(rows)
    for name in ("latitude", "longitude", "frp_mw", "brightness_k"):
        assert all(math.isfinite(value) for value in parsed.table[name].to_pylist() if value is not None)


@pytest.mark.parametrize(
    ("version", "product", "provisional"),
    [
        ("2.0NRT", "x", True),
        ("6.1NRT", "x", True),
        ("2.0URT", "x", True),
        ("2.0RT", "x", True),
        ("2", "x", False),
        ("6.1", "VIIRS_SNPP_NRT", False),
        ("", "VIIRS_SNPP_NRT", True),
        ("", "VIIRS_SNPP_SP", False),
    ],
)
def test_near_real_time_is_known_by_version_or_collection(
    request_, artifact_of, version: str, product: str, provisional: bool
) -> None:
    artifact = replace(artifact_of(f"{VIIRS}\n{viirs(version=version)}\n".encode()), product=product)
    parsed = firms.parse(SPEC, [artifact], request_)["fires"]
    assert parsed.table["near_real_time"].to_pylist() == [provisional]


def test_files_are_read_for_the_days_and_the_bounds_and_the_rest_is_counted(request_, artifact_of, caplog) -> None:
    caplog.set_level(logging.INFO)
    inside = {"acq_date": "2022-07-03"}
    rows = [
        viirs(**inside),
        viirs(**inside, latitude="-8.5"),
        viirs(**inside, longitude="-60"),
        viirs(acq_date="2022-08-03"),
        viirs(**inside, latitude="not a number"),
    ]
    artifact = artifact_of("\n".join([VIIRS, *rows, ""]).encode())
    parsed = parse_fires([artifact], request_, only_wanted=True)
    assert (parsed.rows_read, parsed.table.num_rows, len(parsed.rejected)) == (2, 1, 1)
    assert "3 detection(s) beyond the days and the bounds" in caplog.text
    assert parse_fires([artifact], request_).rows_read == 5


days = st.dates(date(2000, 1, 1), date(2030, 12, 31))


@given(start=days, length=st.integers(0, 900), block=st.integers(1, 10))
def test_windows_cover_each_day_once(start: date, length: int, block: int) -> None:
    whole = Span(start, start + timedelta(days=length))
    parts = firms.windows(whole, block)
    assert gaps(parts, whole) == []
    assert overlaps(parts) == []
    assert sum(part.days for part in parts) == whole.days
    assert all(part.days <= block for part in parts)


@given(start=days, block=st.integers(1, 10))
def test_windows_of_two_periods_share_their_blocks(start: date, block: int) -> None:
    one = firms.windows(Span(start, start + timedelta(days=200)), block)
    later = start + timedelta(days=37)
    other = firms.windows(Span(later, later + timedelta(days=300)), block)
    shared = [part for part in one[:-1] if part.start >= later]
    assert shared
    assert set(shared) <= set(other)


def test_requests_name_the_days_and_keep_the_key_out(request_) -> None:
    items = firms.wanted(SPEC, request_)
    assert items[0].path == "api/area/csv/{secret}/VIIRS_SNPP_SP/-77.50,-7.87,-76.62,-6.61/1/2022-07-01"
    assert items[0].address == "firms/VIIRS_SNPP_SP/2022-07-01..2022-07-01"
    assert [item.address.rpartition("/")[2] for item in items][1:] == [
        "2022-07-02..2022-07-06",
        "2022-07-07..2022-07-11",
        "2022-07-12..2022-07-12",
    ]
