"""A small package before the validators of its formats."""

import numpy as np
import pytest
import rasterio
from rasterio.shutil import copy
from rasterio.transform import Affine

from mrv.package.build import build
from mrv.package.verify import verify
from raster.facts import read_facts
from tests.integration import format_validators as validators
from tests.unit.package.package_samples import sample_contents, sample_key

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("formats")
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "height": 600, "width": 700, "nodata": 255}
    plain, cog = folder / "plain.tif", folder / "cog.tif"
    with rasterio.open(
        plain, "w", crs="EPSG:4326", transform=Affine(0.001, 0, -77.5, 0, -0.001, -6.7), **profile
    ) as target:
        target.write(np.ones((1, 600, 700), "uint8"))
    copy(plain, cog, driver="COG", blocksize=512)
    contents = sample_contents(folder / "sources", rasters={"forest": cog}, raster_facts={"forest": read_facts(cog)})
    return build(contents, folder=folder / "packages", key=sample_key()).path


@pytest.mark.parametrize("name", ["bag", "data_package", "geoparquet", "kml", "stac", "cogs"])
def test_a_validator_that_is_not_ours_accepts_the_package(package, name):
    getattr(validators, f"check_{name}")(package)


def test_crate_and_files_agree(package):
    (check,) = [check for check in verify(package, any_signer=True).checks if check.name == "crate"]
    assert check.outcome == "ok", check.detail


def test_the_data_package_validator_finds_a_wrong_cell(package, tmp_path):
    import shutil

    copied = shutil.copytree(package, tmp_path / "copy")
    path = copied / "data/tables/csv/figures.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines, lines[-1]]), encoding="utf-8")
    with pytest.raises(AssertionError):
        validators.check_data_package(copied)
