"""The encodings of alerts: published values, their off-by-one traps, and what no product writes."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.errors import ProjectError
from raster.alert_codes import HIGH, HIGHEST, IMPOSSIBLE, LOW, NO_ALERT, Encoding, decode, to_date, to_day

GFW = Encoding("confidence_and_days", ((2, "low"), (3, "high"), (4, "highest")), epoch=date(2014, 12, 31))
RADD = Encoding("radd_yydoy", ((2, "low"), (3, "high")))
GLAD_S2 = Encoding("days", ((1, "low"), (2, "low"), (3, "high"), (4, "high")), epoch=date(2018, 12, 31))


def one(value, encoding=GFW, *, level=None, last_day=date.max, dtype=np.uint16):
    levels = None if level is None else np.array([level], np.uint8)
    decoded = decode(np.array([value], dtype), encoding, levels=levels, last_day=last_day)
    return to_date(int(decoded.day[0])), int(decoded.confidence[0])


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
@pytest.mark.parametrize(
    ("value", "day", "confidence"),
    [
        # Published by WRI (documentation of the GLAD and integrated alerts).
        (20001, date(2015, 1, 1), LOW),
        (30055, date(2015, 2, 24), HIGH),
        (21847, date(2020, 1, 21), LOW),
        (41847, date(2020, 1, 21), HIGHEST),
    ],
)
def test_published_values_of_gfw(value, day, confidence, dtype):
    assert one(value, dtype=dtype) == (day, confidence)


def test_an_epoch_of_1_january_2015_is_one_day_late():
    late = Encoding("confidence_and_days", GFW.confidences, epoch=date(2015, 1, 1))
    assert one(20001, late)[0] == date(2015, 1, 2) != one(20001)[0]


def test_dist_alert_counts_from_the_end_of_2020():
    dist = Encoding("confidence_and_days", GFW.confidences[:2], epoch=date(2020, 12, 31))
    assert one(20001, dist) == (date(2021, 1, 1), LOW)
    assert one(40001, dist)[1] == IMPOSSIBLE, "DIST-ALERT has no highest confidence"


def test_native_radd_is_year_and_day_of_year():
    assert one(21001, RADD, level=3) == (date(2021, 1, 1), HIGH)
    assert one(24366, RADD, level=2) == (date(2024, 12, 31), LOW)


@pytest.mark.parametrize("value", [23366, 21000, 21367, 21999])
def test_a_day_that_the_year_does_not_have_is_impossible(value):
    assert one(value, RADD, level=2)[1] == IMPOSSIBLE


def test_native_glad_s2_follows_the_epoch_that_its_row_declares():
    other = Encoding("days", GLAD_S2.confidences, epoch=date(2019, 1, 1))
    assert one(1, GLAD_S2, level=1) == (date(2019, 1, 1), LOW)
    assert one(1, other, level=4) == (date(2019, 1, 2), HIGH)
    assert (GLAD_S2.describe(), other.describe()) == ("days since 2018-12-31", "days since 2019-01-01")


def test_native_glad_l_is_a_day_of_the_layers_year():
    leap = Encoding("glad_l_day_of_year", ((2, "low"), (3, "high")), year=2020)
    plain = Encoding("glad_l_day_of_year", ((2, "low"), (3, "high")), year=2021)
    assert one(366, leap, level=3) == (date(2020, 12, 31), HIGH)
    assert one(60, leap, level=2)[0] == date(2020, 2, 29)
    assert one(366, plain, level=3)[1] == IMPOSSIBLE


@pytest.mark.parametrize("value", [1, 9999, 10001, 15000, 50001, 20000, 40000, 65535])
def test_values_that_gfw_does_not_have(value):
    assert one(value)[1] == IMPOSSIBLE


def test_values_beyond_five_digits():
    assert one(120_001, dtype=np.uint32)[1] == IMPOSSIBLE
    assert one(2**32 - 1, dtype=np.uint32)[1] == IMPOSSIBLE


def test_zero_is_no_alert():
    assert one(0)[1] == NO_ALERT
    assert one(0, RADD, level=0)[1] == NO_ALERT


def test_a_day_after_the_retrieval_is_impossible():
    assert one(21847, last_day=date(2020, 1, 21))[1] == LOW
    assert one(21847, last_day=date(2020, 1, 20))[1] == IMPOSSIBLE


@pytest.mark.parametrize(("value", "level"), [(21001, 0), (0, 2), (21001, 7)])
def test_day_and_confidence_go_together(value, level):
    assert one(value, RADD, level=level)[1] == IMPOSSIBLE


def test_an_encoding_without_its_day_0_is_refused():
    for arguments in ({}, {"epoch": date(2020, 1, 1), "year": 2020}):
        with pytest.raises(ProjectError, match="not whole"):
            Encoding("days", GFW.confidences, **arguments)
    with pytest.raises(ProjectError, match="not whole"):
        Encoding("glad_l_day_of_year", GFW.confidences)


def test_a_layer_of_confidence_is_needed():
    with pytest.raises(ValueError, match="layer of its own"):
        decode(np.array([1], np.uint16), GLAD_S2)


@given(st.dates(date(2015, 1, 1), date(2042, 5, 17)), st.sampled_from([LOW, HIGH, HIGHEST]))
def test_every_day_and_confidence_comes_back(day, confidence):
    value = confidence * 10_000 + (day - date(2014, 12, 31)).days
    assert one(value) == (day, confidence)
    assert to_day(day) == (day - date(1970, 1, 1)) // timedelta(days=1)
