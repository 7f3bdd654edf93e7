"""Samples of every kind, for hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from mrv.estimation.sample import Stratum
from tests.unit.estimation.exact import CLASSES, Case, Unit


@st.composite
def samples(draw: Any, *, estimators: tuple[str, ...] = ("stratified", "simple", "post_stratified")) -> Case:
    """Return a sample of one to four strata, each with two to eight units of their own areas."""
    strata, units = [], []
    for name in "abcd"[: draw(st.integers(1, 4))]:
        strata.append(
            Stratum(stratum_id=name, area=draw(st.integers(1, 10**6)), pixel_count=draw(st.integers(8, 10**6)))
        )
        for number in range(draw(st.integers(2, 8))):
            units.append(
                Unit(
                    f"{name}{number}",
                    name,
                    draw(st.sampled_from(CLASSES[:3])),
                    draw(st.sampled_from(CLASSES)),
                    draw(st.sampled_from(["pa", "lb"])),
                    draw(st.integers(900, 1100)),
                )
            )
    return Case(tuple(strata), tuple(units), draw(st.sampled_from(estimators)), draw(st.booleans()))
