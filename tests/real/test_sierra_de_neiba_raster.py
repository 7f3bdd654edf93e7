"""Published tree cover and emissions of a polygon in the Sierra de Neiba, Dominican Republic (mapme.biodiversity)."""

from decimal import Decimal
from pathlib import Path

import pyogrio
import pytest

from mrv.schemas import DATASETS
from mrv.units import UM2_PER_HA, um2_to_ha
from raster.area import WGS84, EarthModel
from raster.grid import Lattice
from raster.loss import ForestRule, LossLayers, ProductRule, Region, Shape, measure_loss
from raster.parts import PLAIN, Threads, Work

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "sierra_de_neiba"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real data do not lie beside the project"),
]
# year: tree cover ha on WGS84, tree cover ha as published (sphere of the equatorial radius), gross emissions Mg CO2e
PUBLISHED = {
    2000: ("2046.361", "2057.3295", "0"),
    2001: ("2045.850", "2056.8158", "212.5268"),
    2002: ("2044.171", "2055.1275", "619.3609"),
    2003: ("2010.489", "2021.2651", "12932.7655"),
    2004: ("2001.144", "2011.8703", "3676.1357"),
    2005: ("1996.891", "2007.5943", "1731.4164"),
}


def measure(earth, work=PLAIN):
    layers = LossLayers(
        tree_cover=(DATA / "Hansen_GFC-2023-v1.11_treecover2000_20N_080W.tif",),
        loss_year=(DATA / "Hansen_GFC-2023-v1.11_lossyear_20N_080W.tif",),
        emissions=(DATA / "gfw_forest_carbon_gross_emissions_Mg_CO2e_px_20N_080W.tif",),
    )
    polygon = pyogrio.read_dataframe(DATA / "gfw_sample.gpkg").geometry.iloc[0]
    return measure_loss(
        layers,
        Region([Shape("sierra", polygon)], default_stratum="all", pixel_rule="fraction", earth=earth),
        product=ProductRule(
            "hansen_gfc", "GFC-2023-v1.11", Lattice.square(Decimal(-180), Decimal(80), Decimal("0.00025")), 2000, 2023
        ),
        forest=ForestRule(10, "at_least", UM2_PER_HA, "greater", 4, "zone"),
        work=work,
    )


def tree_cover_ha(result):
    forest = [row for row in result.land_cover.to_pylist() if row["cover_class"] == "forest"]
    return {
        year: um2_to_ha(sum(row["area_um2"] for row in forest if row["loss_year"] is None or row["loss_year"] > year))
        for year in PUBLISHED
    }


def test_tree_cover_on_the_ellipsoid_to_a_thousandth_of_a_hectare():
    measured = tree_cover_ha(measure(WGS84))
    for year, (ellipsoid, _, _) in PUBLISHED.items():
        assert abs(measured[year] - Decimal(ellipsoid)) <= Decimal("0.0005"), year


def test_tree_cover_as_published_only_differs_by_the_earth_model():
    measured = tree_cover_ha(measure(EarthModel("sphere", 6378137.0, 0.0)))
    for year, (_, sphere, _) in PUBLISHED.items():
        assert abs(measured[year] - Decimal(sphere)) <= Decimal("0.00005"), year


def test_emissions_as_published():
    result = measure(WGS84)
    measured = {row["loss_year"]: Decimal(row["emissions_g"]) / 10**6 for row in result.pixel_emissions.to_pylist()}
    for year, (_, _, published) in PUBLISHED.items():
        assert abs(measured.get(year, Decimal(0)) - Decimal(published)) <= Decimal("0.01"), year


def test_rows_are_those_of_the_landed_tables():
    result = measure(WGS84)
    assert result.land_cover.equals(DATASETS["land_cover_area"].table(result.land_cover.to_pylist()))
    assert result.pixel_emissions.equals(DATASETS["pixel_emissions"].table(result.pixel_emissions.to_pylist()))


def test_bands_of_rows_do_not_change_a_digit():
    assert measure(WGS84, Work(Threads(2), rows_per_band=7)) == measure(WGS84)
