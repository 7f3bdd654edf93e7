"""Sierra de Neiba through the whole run: published tree cover and emissions, from the tables of the package."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from mrv.package.verify import verify
from mrv.settings import Settings
from mrv.stages.context import open_context
from mrv.stages.land import pull
from mrv.stages.measure import measure_pixels
from mrv.stages.results import mart
from mrv.units import um2_to_ha
from raster.area import EarthModel

pytestmark = [pytest.mark.real, pytest.mark.integration]

# The table of the data's README: ellipsoid and published sphere in hectares, published emissions in Mg CO2e.
PUBLISHED = {
    2000: ("2046.361", "2057.3295", "0"),
    2001: ("2045.850", "2056.8158", "212.5268"),
    2002: ("2044.171", "2055.1275", "619.3609"),
    2003: ("2010.489", "2021.2651", "12932.7655"),
    2004: ("2001.144", "2011.8703", "3676.1357"),
    2005: ("1996.891", "2007.5943", "1731.4164"),
}
PUBLISHED_SPHERE = EarthModel("sphere R=6378137", 6378137.0, 0.0)


def test_the_run_gives_the_published_areas_and_emissions(
    real_project: Callable[[str], Path], mrv_run: Callable[[Path], dict[str, Any]], tmp_path: Path
) -> None:
    result = mrv_run(real_project("sierra_de_neiba"))
    snapshot, package = Path(result["snapshot"]), Path(result["package"])

    cover = {row["year"]: row["area_ha"] for row in mart(snapshot, "forest_cover_annual")}
    assert cover.keys() == PUBLISHED.keys()
    for year, (ellipsoid, _, _) in PUBLISHED.items():
        assert abs(cover[year] - Decimal(ellipsoid)) <= Decimal("0.001"), year

    emitted = {row["year"]: row["emissions_tco2e"] for row in mart(snapshot, "project_emissions")}
    for year, (_, _, emissions) in PUBLISHED.items():
        if year > 2000:
            assert abs(emitted[year] - Decimal(emissions)) <= Decimal("0.01"), year

    reductions = mart(snapshot, "emission_reductions")
    assert [row["credits"] for row in reductions] == [None] * 5
    assert all(row["reason"] for row in reductions), "what was not computed says why"

    report = verify(package, allowed_signers=tmp_path / "home" / "keys" / "allowed_signers")
    assert report.accepted, [item for item in report.checks if item.outcome == "failed"]
    packaged = pq.read_table(package / "data" / "tables" / "forest_cover_annual.parquet")
    assert packaged.num_rows == len(cover)


def test_only_the_earth_model_differs_from_the_published_areas(
    real_project: Callable[[str], Path], tmp_path: Path
) -> None:
    with open_context(str(real_project("sierra_de_neiba")), "p1", Settings(home=tmp_path / "home")) as context:
        artifacts = [item for spec in context.definition.sources for item in pull(context, spec).artifacts]
        measured = measure_pixels(context, artifacts, earth=PUBLISHED_SPHERE)
    assert measured is not None
    rows = [row for row in measured.tables["land_cover_area"].to_pylist() if row["cover_class"] == "forest"]
    for year, (_, sphere, _) in PUBLISHED.items():
        area_um2 = sum(int(row["area_um2"]) for row in rows if row["loss_year"] is None or row["loss_year"] > year)
        assert abs(um2_to_ha(area_um2) - Decimal(sphere)) <= Decimal("0.00005"), year
