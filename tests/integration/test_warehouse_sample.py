"""The dbt build with a sample of E1: estimates beside counts, and which of them drives the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from mrv.warehouse.build import Build
from tests.integration.sample_rows import AREAS_HA, SEEN, measured_rows, sample_rows
from tests.integration.warehouse_inputs import build, e1_rows, records, write_landed

pytestmark = pytest.mark.integration
COUNTED_VCU = [311941, 335484, 347897]
"""The published credits of E1."""
FACTORS = {"s1": Fraction(131_158 * 44, 12_000), "s2": Fraction(161_902 * 44, 12_000)}
"""tCO2e/ha of E1."""
ESTIMATES = {"pa": Fraction(285 * 18, 20) + Fraction(19715, 100), "lb": Fraction(635 * 9, 10) + Fraction(9365, 10)}
"""Loss of three years by the sample: of each stratum's area, the share of its units that are loss."""
MAPPED = {"pa": 285, "lb": 635}


MARTS = (
    *("activity_data", "deforestation_annual", "emission_reductions", "project_emissions", "figures", "map_accuracy"),
    *("parameters_used", "sample_strata", "sample_units"),
)


def built(folder: Path, rows: Any) -> Build:
    return build(write_landed(rows, folder / "landed"), folder=folder / "build", marts=MARTS)


def with_sample(sample: Any = None, **overrides: Any) -> Any:
    return e1_rows(**overrides) | (measured_rows(sample) if sample else {})


def open_units() -> Any:
    """Two interpreters differ on one unit, another has no label."""
    sample = sample_rows()
    sample["sample_labels"].append(
        sample["sample_labels"][0]
        | {"interpreter": "interpreter-2", "reference_class": "stable_forest", "loss_year": None, "_row": 2}
    )
    sample["sample_labels"].pop(1)
    return sample


def no_loss_in_stable_forest() -> Any:
    sample = sample_rows("pa")
    for unit, label in zip(sample["sample_units"], sample["sample_labels"], strict=True):
        if unit["stratum_id"] == "pa.stable_forest":
            label.update({"reference_class": "stable_forest", "loss_year": None})
    return sample


def pixel_emissions() -> Any:
    rows = with_sample(sample_rows(), **ESTIMATED)
    rows["project"][0]["emission_factor_method"] = "pixel_emissions"
    rows["carbon_pools"] = []
    pixel = {"zone_id": "pa", "stratum_id": "s1", "loss_year": 2022, "pixel_count": 9, "emissions_g": Decimal(10**9)}
    rows["pixel_emissions"] = [pixel | {"product": "gross", "product_version": "v1"}]
    return rows


Builds = Callable[[str], Build]
ESTIMATED = {"activity_data_source": "sample_estimate"}
CASES: dict[str, Callable[[], Any]] = {
    "counted": lambda: with_sample(sample_rows()),
    "estimated": lambda: with_sample(sample_rows(), **ESTIMATED),
    # With the 14 % of E1 a vintage would lie within a thousandth of a whole credit, where the digits of areas decide.
    "uniform": lambda: with_sample(
        sample_rows(), **ESTIMATED, activity_data_years="uniform", buffer_rate=Decimal("0.13")
    ),
    "open units": lambda: with_sample(open_units(), **ESTIMATED),
    "no loss seen": lambda: with_sample(no_loss_in_stable_forest()),
    "one zone": lambda: with_sample(sample_rows("pa"), **ESTIMATED),
    "no sample": with_sample,
    "pixel emissions": pixel_emissions,
}


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builds]:
    """Every case, built once; two at a time, because each waits for a process of its own."""
    with ThreadPoolExecutor(2) as pool:
        made = {name: pool.submit(built, tmp_path_factory.mktemp("case"), rows()) for name, rows in CASES.items()}
        yield lambda name: made[name].result()


@pytest.fixture(scope="module")
def counted(builds: Builds) -> Build:
    return builds("counted")


@pytest.fixture(scope="module")
def estimated(builds: Builds) -> Build:
    return builds("estimated")


def se_ha(zone: str) -> float:
    """Standard error by Olofsson et al. 2014, eq. 10."""
    parts = {name: counts for name, counts in SEEN.items() if name.startswith(zone)}
    return sqrt(
        sum(
            AREAS_HA[name] ** 2 * (lost / count) * (1 - lost / count) / (count - 1)
            for name, (count, lost) in parts.items()
        )
    )


def loss_row(result: Build, zone: str) -> dict[str, Any]:
    sql = f"select * from marts.activity_data where zone_id = '{zone}' and activity_class = 'loss' and year is null"
    [row] = records(result.database, sql)
    return row


@pytest.mark.parametrize("zone", ["pa", "lb"])
def test_map_and_estimate_stand_side_by_side(counted: Build, zone: str) -> None:
    row, error = loss_row(counted, zone), se_ha(zone)
    assert row["map_area_ha"] == MAPPED[zone]
    assert row["estimate_area_ha"] == Decimal(str(float(ESTIMATES[zone])))
    assert float(row["se_ha"]) == pytest.approx(error, abs=1e-6)
    assert float(row["ci95_high_ha"]) == pytest.approx(float(ESTIMATES[zone]) + 1.959964 * error, abs=1e-3)
    assert float(row["u90_percent"]) == pytest.approx(164.4854 * error / float(ESTIMATES[zone]), abs=1e-3)
    assert row["difference_ha"] == row["estimate_area_ha"] - row["map_area_ha"]
    # Of the belt's forest that the map calls stable a tenth was lost: 635 ha lie far below the interval.
    assert row["map_outside_ci95"] is (zone == "lb")
    assert row["mpl_years"] == 3
    assert float(row["estimate_ha_per_year"]) == pytest.approx(float(ESTIMATES[zone]) / 3, abs=1e-6)
    assert row["source"] == "map_count"
    assert row["ledger_area_ha"] == MAPPED[zone]
    assert row["reason"] is None


def test_counts_drive_the_ledger_unless_somebody_chooses(counted: Build) -> None:
    rows = records(counted.database, "select * from marts.emission_reductions order by vintage_year")
    assert [row["credits"] for row in rows] == COUNTED_VCU
    assert {row["activity_data_source"] for row in rows} == {"map_count"}


def test_classes_and_years_of_loss(counted: Build) -> None:
    sql = "select activity_class, map_area_ha, estimate_area_ha from marts.activity_data where zone_id = 'pa' and year is null"
    classes = {row["activity_class"]: row for row in records(counted.database, sql)}
    assert sum(row["estimate_area_ha"] for row in classes.values()) == 20000
    assert sum(row["map_area_ha"] for row in classes.values()) == 20000
    assert classes["stable_non_forest"]["estimate_area_ha"] == 0
    sql = "select * from marts.activity_data where zone_id = 'pa' and year is not null order by year"
    years = records(counted.database, sql)
    assert [row["map_area_ha"] for row in years] == [100, 105, 80]
    # Six of the twenty units of mapped loss in each year, and in 2023 one in a hundred of the stable forest beside them.
    assert [row["estimate_area_ha"] for row in years] == [Decimal("85.5"), Decimal("282.65"), Decimal("85.5")]
    assert [row["ledger_area_ha"] for row in years] == [100, 105, 80]


def test_strata_say_what_their_units_turned_out_to_be(counted: Build) -> None:
    sql = "select * from marts.sample_strata where stratum_id = 'pa.loss'"
    [row] = records(counted.database, sql)
    counts = {name: row[name] for name in row if name.endswith("_count")}
    assert counts == {
        "pixel_count": 285,
        "drawn_count": 20,
        "usable_count": 20,
        "unusable_count": 0,
        "unresolved_count": 0,
        "loss_count": 18,
        "gain_count": 0,
        "stable_forest_count": 2,
        "stable_non_forest_count": 0,
        "dated_count": 20,
    }
    assert row["weight"] == Decimal("0.0095")
    assert (row["mpl_years"], row["image_span_years"]) == (3, Decimal("2.75"))
    assert row["unseen_upper95_ha"] == 0


def test_units_weigh_what_they_stand_for(counted: Build) -> None:
    sql = "select distinct stratum_id, weight_ha from marts.sample_units order by stratum_id"
    assert {row["stratum_id"]: row["weight_ha"] for row in records(counted.database, sql)} == {
        name: Decimal(AREAS_HA[name]) / SEEN[name][0] for name in sorted(AREAS_HA)
    }


def vcus(areas: dict[str, dict[str, list[Fraction]]], *, buffer_percent: int = 14) -> list[int]:
    """E1 by hand: baseline less project less leakage, 3 % deducted, a part of the stock change held back."""
    baseline = {"s1": (300, 320, 340), "s2": (500, 520, 540)}
    found = []
    for year in range(3):
        before = sum(baseline[stratum][year] * FACTORS[stratum] for stratum in baseline)
        after = sum(parts[year] * FACTORS[stratum] for stratum, parts in areas["pa"].items())
        leakage = max(Fraction(0), (areas["lb"]["s2"][year] - 200) * FACTORS["s2"])
        found.append(
            int((before - after - leakage) * Fraction(97, 100) - (before - after) * Fraction(buffer_percent, 100))
        )
    return found


def test_estimates_drive_the_ledger_in_proportion_to_the_map(estimated: Build) -> None:
    by_map = {"pa": {"s1": (40, 35, 30), "s2": (60, 70, 50)}, "lb": {"s2": (215, 190, 230)}}
    areas = {
        zone: {name: [ESTIMATES[zone] * part / MAPPED[zone] for part in parts] for name, parts in strata.items()}
        for zone, strata in by_map.items()
    }
    rows = records(estimated.database, "select * from marts.emission_reductions order by vintage_year")
    assert [row["credits"] for row in rows] == vcus(areas)
    assert all(row["leakage_tco2e"] > 0 and row["activity_data_source"] == "sample_estimate" for row in rows)
    u90 = 1.644854 * se_ha("pa") / float(ESTIMATES["pa"])
    assert all(float(row["monitored_u90"]) == pytest.approx(u90, abs=1e-6) for row in rows)
    for zone in MAPPED:
        row = loss_row(estimated, zone)
        assert row["ledger_area_ha"] == row["estimate_area_ha"]
        assert row["source"] == "sample_estimate"
    counts = records(
        estimated.database, "select sum(area_ha) as ha from marts.deforestation_annual where zone_id = 'pa'"
    )
    assert counts == [{"ha": Decimal(285)}]
    used = "select mart from marts.parameters_used where name = 'activity_data_years' order by mart"
    assert [row["mart"] for row in records(estimated.database, used)] == ["activity_data", "project_emissions"]


def test_estimates_shared_evenly_over_years(builds: Builds) -> None:
    result = builds("uniform")
    parts = {"pa": {"s1": Fraction(105, 285), "s2": Fraction(180, 285)}, "lb": {"s2": Fraction(1)}}
    areas = {
        zone: {name: [ESTIMATES[zone] * part / 3] * 3 for name, part in strata.items()}
        for zone, strata in parts.items()
    }
    rows = records(result.database, "select credits from marts.emission_reductions order by vintage_year")
    assert [row["credits"] for row in rows] == vcus(areas, buffer_percent=13)
    sql = "select distinct ledger_area_ha from marts.activity_data where zone_id = 'pa' and year is not null order by 1"
    assert [row["ledger_area_ha"] for row in records(result.database, sql)] == [
        Decimal("151.216666"),
        Decimal("151.216667"),
    ]


def test_open_units_leave_the_ledger_null(builds: Builds) -> None:
    result = builds("open units")
    waiting = "2 of 230 units are open or not labelled"
    for row in records(result.database, "select * from marts.emission_reductions"):
        assert row["credits"] is None
        assert row["project_tco2e"] is None
        assert waiting in row["reason"]
    sql = "select distinct estimate_area_ha, map_outside_ci95, ledger_area_ha, reason from marts.activity_data"
    assert records(result.database, sql) == [
        {"estimate_area_ha": None, "map_outside_ci95": None, "ledger_area_ha": None, "reason": waiting}
    ]
    assert records(result.database, "select distinct weight_ha from marts.sample_units") == [{"weight_ha": None}]
    sql = "select distinct accuracy, reason from marts.map_accuracy"
    assert records(result.database, sql) == [{"accuracy": None, "reason": waiting}]
    figures = "select value, reason from marts.figures where figure_id in ('ad.pa.loss.estimate', 'accuracy.d.overall')"
    assert records(result.database, figures) == [{"value": None, "reason": waiting}] * 2


def test_loss_that_no_unit_showed_is_told_beside_the_estimate(builds: Builds) -> None:
    result = builds("no loss seen")
    bound = pytest.approx(19715 * (1 - 0.05**0.01), abs=1e-6)
    row = loss_row(result, "pa")
    assert float(row["unseen_upper95_ha"]) == bound
    assert row["estimate_area_ha"] == Decimal("256.5")
    assert row["reason"].startswith("no unit of loss was seen in pa.stable_forest (100 units): ")
    sql = "select unseen_upper95_ha from marts.sample_strata order by stratum_id"
    loss, stable = (row["unseen_upper95_ha"] for row in records(result.database, sql))
    assert (loss, float(stable)) == (0, bound)


def test_zone_that_nobody_sampled_is_never_counted_instead(builds: Builds) -> None:
    result = builds("one zone")
    reason = "no sample estimates the loss of zone lb"
    for row in records(result.database, "select * from marts.emission_reductions"):
        assert row["project_tco2e"] is not None
        assert row["leakage_tco2e"] is None
        assert row["credits"] is None
        assert reason in row["reason"]
    row = loss_row(result, "lb")
    assert (row["map_area_ha"], row["estimate_area_ha"], row["ledger_area_ha"]) == (635, None, None)
    assert row["reason"] == f"no sample estimates the areas of zone lb; {reason}"


def test_without_a_sample_only_the_map_is_told(builds: Builds) -> None:
    result = builds("no sample")
    sql = "select activity_class, map_area_ha, ledger_area_ha, reason from marts.activity_data where zone_id = 'pa' and year is null"
    rows = {row.pop("activity_class"): row for row in records(result.database, sql)}
    reason = "no sample estimates the areas of zone pa"
    assert rows == {
        "loss": {"map_area_ha": 285, "ledger_area_ha": 285, "reason": reason},
        "stable_forest": {"map_area_ha": 19715, "ledger_area_ha": None, "reason": reason},
        "stable_non_forest": {"map_area_ha": 0, "ledger_area_ha": None, "reason": reason},
    }
    assert records(result.database, "select count(*) as n from marts.sample_units") == [{"n": 0}]


def test_emission_raster_knows_no_estimate(builds: Builds) -> None:
    result = builds("pixel emissions")
    sql = "select distinct emissions_tco2e, reason from marts.project_emissions"
    assert records(result.database, sql) == [
        {
            "emissions_tco2e": None,
            "reason": "an emission raster knows no area that a sample estimates: it needs emission factors",
        }
    ]
