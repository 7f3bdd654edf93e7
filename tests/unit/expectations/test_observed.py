"""Land that nobody observed must not pass for land without loss."""

from decimal import Decimal

import pytest

from expectations.gate import gate
from expectations.zone_areas import check_observed
from mrv.errors import CheckError
from mrv.schemas import DATASETS

HA = 10**16


def tables(unobserved_ha: int, kind: str = "project_area"):
    zone = {
        "zone_id": "z", "kind": kind, "zone_name": "Z", "partner": None, "boundary_version": "1", "area_ha": Decimal(1000),
        "illustrative": False, "boundary_sha256": "a" * 64,
    }  # fmt: skip
    areas = {"forest": 1000 - unobserved_ha, "nodata": unobserved_ha}
    rows = [
        {"zone_id": "z", "stratum_id": "s", "cover_class": name, "loss_year": None, "pixel_rule": "centre", "pixel_count": 1,
         "area_um2": area * HA, "product": "p", "product_version": "1", "base_year": 2000, "last_year": 2024}
        for name, area in areas.items()
    ]  # fmt: skip
    return DATASETS["zones"].table([zone]), DATASETS["land_cover_area"].table(rows)


@pytest.mark.parametrize(
    ("unobserved_ha", "outcome"), [(0, "passed"), (10, "passed"), (11, "failed"), (1000, "failed")]
)
def test_more_than_the_limit_unobserved_fails(unobserved_ha: int, outcome: str) -> None:
    result = check_observed(*tables(unobserved_ha), max_unobserved=Decimal("0.01"))
    assert result["outcome"].to_pylist() == [outcome]


def test_the_gate_stops_the_run_and_says_what_to_do() -> None:
    result = check_observed(*tables(392), max_unobserved=Decimal("0.01"))
    with pytest.raises(CheckError, match=r"39\.20 % not observed") as caught:
        gate(result, waivers={})
    assert "take a product or version" in str(caught.value)
    waived = gate(
        result, waivers={("land_cover_area", "zone_is_observed"): ("A. Verifier", "cloud gap surveyed on foot")}
    )
    assert waived["waived_by"].to_pylist() == ["A. Verifier"]


def test_zones_that_are_not_accounted_are_not_asked() -> None:
    assert check_observed(*tables(1000, "reference_region"), max_unobserved=Decimal("0.01"))["outcome"].to_pylist() == [
        "passed"
    ]
