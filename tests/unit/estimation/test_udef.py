"""VMD0055: transition classes over three dates, and A_UDef by stratum and length of period."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mrv.errors import InputError
from mrv.estimation.sample import Sample, Stratum
from mrv.estimation.transitions import transition_class
from mrv.estimation.udef import monitoring_period_years, unplanned_deforestation

# Methodology 2.3 and row 29 of its oracles.
CODES = {"000": 1, "001": 2, "010": 3, "011": 4, "111": 5, "100": 6, "101": 7, "110": 8}


@pytest.mark.parametrize(("dates", "code"), CODES.items())
def test_transition_classes(dates: str, code: int) -> None:
    assert transition_class(*(date == "1" for date in dates)) == code


@pytest.mark.parametrize("missing", range(3))
def test_nodata_stays_nodata(missing: int) -> None:
    for dates in CODES:
        seen = [None if place == missing else date == "1" for place, date in enumerate(dates)]
        assert transition_class(*seen) is None


def sample(**strata: tuple[float, int, int]) -> Sample:
    """Return a sample of strata, each with area, units, and how many of them are loss."""
    rows = [(name, "loss" if unit < lost else "forest") for name, (_, n, lost) in strata.items() for unit in range(n)]
    return Sample.of(
        [Stratum(stratum_id=name, area=area) for name, (area, _, _) in strata.items()],
        unit_ids=[str(number) for number in range(len(rows))],
        stratum_ids=[name for name, _ in rows],
        columns={"reference_class": [label for _, label in rows], "zone_id": [name for name, _ in rows]},
    )


def test_the_worked_example() -> None:
    # Methodology 2.3: 80,000 ha, 600 units, 9 deforested, two years.
    found = unplanned_deforestation(sample(s=(80_000, 600, 9)), deforested={"loss"}, mpl_years={"s": 2.0})
    assert found.area.value == pytest.approx(1200, rel=1e-12)
    assert found.area.se == pytest.approx(397.320, abs=5e-4)
    assert found.area.degrees_of_freedom == 599
    assert found.area.two_sided_90 == pytest.approx(1.647401, abs=5e-7)
    assert found.area.ci90_half_width == pytest.approx(654.545, abs=5e-4)
    assert found.area.u90_percent == pytest.approx(54.55, abs=5e-3)
    assert found.annual.value == pytest.approx(600, rel=1e-12)
    assert found.annual.se == pytest.approx(397.320 / 2, abs=5e-4)
    assert found.mpl_years == 2
    assert found.counts == {"s": {"loss": 9, "forest": 591}}


def test_each_stratum_has_its_own_period() -> None:
    made = sample(a=(1000, 50, 10), b=(3000, 100, 5))
    found = unplanned_deforestation(made, deforested={"loss"}, mpl_years={"a": 2.0, "b": 3.0})
    assert found.area.value == pytest.approx(1000 / 5 + 3000 / 20)
    assert found.annual.value == pytest.approx(1000 / 5 / 2 + 3000 / 20 / 3)
    variance = (1000 / 2) ** 2 * 0.2 * 0.8 / 49 + (3000 / 3) ** 2 * 0.05 * 0.95 / 99
    assert found.annual.se == pytest.approx(math.sqrt(variance))
    assert found.area.degrees_of_freedom == 148
    assert found.mpl_years == pytest.approx((1000 * 2 + 3000 * 3) / 4000)
    inside = unplanned_deforestation(made, deforested={"loss"}, mpl_years={"a": 2.0, "b": 3.0}, domain={"zone_id": "b"})
    assert (inside.annual.value, inside.mpl_years) == (pytest.approx(50), 3)
    assert inside.counts == {"b": {"loss": 5, "forest": 95}}
    nowhere = unplanned_deforestation(made, deforested={"loss"}, mpl_years={"a": 2, "b": 3}, domain={"zone_id": "c"})
    assert (nowhere.area.value, nowhere.annual.value, nowhere.mpl_years) == (None, None, None)
    assert nowhere.area.reason


@pytest.mark.parametrize("years", [{}, {"s": 0.0}, {"s": -1.0}, {"s": math.nan}])
def test_a_stratum_without_period_is_refused(years: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="length of the monitoring period") as caught:
        unplanned_deforestation(sample(s=(10, 5, 1)), deforested={"loss"}, mpl_years=years)
    assert caught.value.where == "stratum s"


def test_the_period_is_that_of_the_images() -> None:
    assert monitoring_period_years([2019.5, None, 2020.0], [2022.0, 2022.0, 2021.5], nominal_years=3.0) == 2.0
    assert monitoring_period_years([None], [2022.0], nominal_years=3.0) == 3.0


def test_the_known_area_of_a_domain_counts_for_the_year_too() -> None:
    made = Sample.of(
        [Stratum(stratum_id="s", area=1000)],
        unit_ids=[str(number) for number in range(8)],
        stratum_ids=["s"] * 8,
        columns={"reference_class": ["loss"] + ["forest"] * 7, "zone_id": ["pa"] * 4 + ["lb"] * 4},
    )
    found = unplanned_deforestation(
        made, deforested={"loss"}, mpl_years={"s": 2.0}, domain={"zone_id": "pa"}, known_area=600
    )
    assert (found.area.value, found.annual.value) == (150, 75)
