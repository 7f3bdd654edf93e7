"""Serial numbers of credits: the published ones, made-up ones, and blocks that share a credit."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.sources.days import UnusableValueError
from mrv.sources.serials import overlapping, read_vcu_serial

PUBLISHED = "19385-941467007-941467431-VCS-VCU-1507-VER-ET-14-1340-01012020-31122020-1"


def test_the_published_serial_is_read_in_all_its_parts() -> None:
    serial = read_vcu_serial(PUBLISHED)
    assert (serial.batch, serial.block_start, serial.block_end, serial.quantity) == (19385, 941467007, 941467431, 425)
    assert (serial.country, serial.project_id) == ("ET", "1340")
    assert (serial.vintage_start, serial.vintage_end) == (date(2020, 1, 1), date(2020, 12, 31))


@pytest.mark.parametrize(
    ("start", "end", "quantity"),
    [
        (941467007, 941467431, 425),
        (941382555, 941382741, 187),
        (941412555, 941441125, 28_571),
        (940602844, 940604553, 1_710),
    ],
)
def test_a_published_block_holds_its_quantity(start: int, end: int, quantity: int) -> None:
    text = f"19385-{start}-{end}-VCS-VCU-1507-VER-ET-14-1340-01012020-31122020-1"
    assert read_vcu_serial(text).quantity == quantity


def test_an_older_serial_of_another_service_is_read() -> None:
    serial = read_vcu_serial("5687-250397855-250398354-VCU-034-APX-KE-14-612-01012011-31122012-0")
    assert (serial.quantity, serial.project_id, serial.vintage_end) == (500, "612", date(2012, 12, 31))


@pytest.mark.parametrize(
    "text",
    [
        "",
        PUBLISHED[:-2],
        PUBLISHED + "-1",
        PUBLISHED.replace("-VCU-", "-TREES-"),
        PUBLISHED.replace("01012020", "20200101"),
        PUBLISHED.replace("31122020", "31022020"),
        PUBLISHED.replace("31122020", "00000000"),
        PUBLISHED.replace("941467007", "-941467007"),
        PUBLISHED.replace("941467007", "94146700٧"),
        PUBLISHED.replace("941467007", "9" * 40),
        PUBLISHED.lower(),
        f"{PUBLISHED}\n",
    ],
)
def test_what_is_no_serial_is_refused(text: str) -> None:
    with pytest.raises(UnusableValueError) as refused:
        read_vcu_serial(text)
    assert refused.value.rule == "unreadable_serial"
    assert "serial number as batch-first-last" in refused.value.expected


@given(
    batch=st.integers(0, 10**6),
    start=st.integers(1, 10**12),
    quantity=st.integers(1, 10**8),
    project=st.integers(1, 10**5),
    first=st.dates(date(1996, 1, 1), date(2100, 1, 1)),
    last=st.dates(date(1996, 1, 1), date(2100, 1, 1)),
)
def test_a_serial_tells_what_it_was_made_of(
    batch: int, start: int, quantity: int, project: int, first: date, last: date
) -> None:
    text = f"{batch}-{start}-{start + quantity - 1}-VCS-VCU-1-VER-PE-14-{project}-{first:%d%m%Y}-{last:%d%m%Y}-0"
    serial = read_vcu_serial(text)
    assert (serial.quantity, serial.project_id) == (quantity, str(project))
    assert (serial.vintage_start, serial.vintage_end) == (first, last)


BLOCKS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=14)


@given(BLOCKS)
def test_blocks_that_share_a_credit_are_those_that_comparing_each_pair_finds(drawn: list[tuple[int, int]]) -> None:
    blocks = [(start, start + length, name) for name, (start, length) in enumerate(drawn)]
    expected = {
        name
        for one, other in combinations(blocks, 2)
        if one[0] <= other[1] and other[0] <= one[1]
        for name in (one[2], other[2])
    }
    assert overlapping(blocks) == expected
    assert overlapping(reversed(blocks)) == expected
