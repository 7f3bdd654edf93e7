"""`mrv sample estimate`: two CSV files in, estimates out, and refusals with file and row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mrv.cli import main

UNITS = """\
plot,stratum_id,mapped,seen,zone,ha
p1,near,forest,loss,pa,1
p2,near,forest,forest,pa,3
p3,near,loss,loss,lb,1
p4,far,forest,forest,lb,1
p5,far,forest,forest,lb,1
p6,far,forest,cloud,lb,1
"""
STRATA = "stratum_id,pixel_count,area_ha\nnear,100,10\nfar,900,90\n"
NAMES = (
    *("--unit-column", "unit_id=plot", "--unit-column", "stratum=stratum_id", "--unit-column", "map_class=mapped"),
    *("--unit-column", "reference_class=seen", "--stratum-column", "stratum=stratum_id", "--unusable", "cloud"),
)
PLAIN_UNITS = "map_class,reference_class\nloss,loss\nloss,forest\nforest,forest\nforest,forest\n"
TWICE = "unit_id,map_class,reference_class\na,loss,loss\nb,loss,loss\na,loss,loss\n"
SINGLE = "map_class,reference_class\nloss,loss\nforest,loss\nforest,loss\n"
PLAIN_STRATA = "stratum,pixel_count\nloss,100\nforest,300\n"


def run(folder: Path, *options: str, units: str = PLAIN_UNITS, strata: str = PLAIN_STRATA) -> Result:
    (folder / "units.csv").write_text(units)
    (folder / "strata.csv").write_text(strata)
    files = [str(folder / "units.csv"), "--strata", str(folder / "strata.csv")]
    return CliRunner().invoke(main, ["sample", "estimate", *files, *options])


def estimated(folder: Path, *options: str, **files: str) -> dict[str, Any]:
    done = run(folder, *options, "--json", **files)
    assert done.exit_code == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_columns_under_other_names_and_unusable_units(tmp_path: Path) -> None:
    result = estimated(tmp_path, *NAMES, units=UNITS, strata=STRATA)
    assert (result["unit_count"], result["unusable_count"], result["area_unit"]) == (5, 1, "ha")
    assert result["classes"] == ["forest", "loss"]
    assert [row["unit_count"] for row in result["strata"]] == [3, 2]
    forest, loss = result["domains"][0]["areas"]
    assert loss["area_ha"] == pytest.approx(10 * 2 / 3)
    assert forest["area_ha"] + loss["area_ha"] == pytest.approx(100, rel=1e-15)
    assert loss["map_area_ha"] is None


def test_unit_areas_and_domains(tmp_path: Path) -> None:
    options = (*NAMES, "--unit-column", "unit_area=ha", "--by", "zone")
    whole, belt, project = estimated(tmp_path, *options, units=UNITS, strata=STRATA)["domains"]
    assert [item["domain"] for item in (whole, belt, project)] == ["*", "lb", "pa"]
    assert whole["areas"][1]["area_ha"] == pytest.approx(10 * 2 / 5)
    assert project["areas"][1]["area_ha"] == pytest.approx(10 * 1 / 5)
    assert belt["area_ha"] + project["area_ha"] == pytest.approx(100, rel=1e-15)
    assert whole["area_ha"] == 100


def test_areas_are_pixels_or_hectares(tmp_path: Path) -> None:
    pixels = estimated(tmp_path)["domains"][0]["areas"]
    hectares = estimated(tmp_path, "--pixel-area-ha", "0.09")["domains"][0]["areas"]
    assert [row["area_px"] for row in pixels] == [350, 50]
    assert [row["map_area_px"] for row in pixels] == [300, 100]
    assert [row["area_ha"] for row in hectares] == pytest.approx([31.5, 4.5])
    assert hectares[0]["se_ha"] == pytest.approx(0.09 * pixels[0]["se_px"])


def test_estimators_and_the_correction_differ(tmp_path: Path) -> None:
    ses = {
        name: estimated(tmp_path, *options)["domains"][0]["areas"][1]["se_px"]
        for name, options in {
            "stratified": (),
            "corrected": ("--fpc",),
            "simple": ("--estimator", "simple"),
            "post": ("--estimator", "post_stratified"),
        }.items()
    }
    # s² is 1/2 in the stratum of loss and 0 in that of forest.
    assert ses["stratified"] == pytest.approx((100**2 * 0.5 / 2) ** 0.5)
    assert ses["corrected"] == pytest.approx((100**2 * (1 - 2 / 100) * 0.5 / 2) ** 0.5)
    assert ses["simple"] == pytest.approx((400**2 * 0.25 / 4) ** 0.5)
    assert ses["post"] == pytest.approx((400**2 * (0.25 * 0.5 / 4 + 0.75 * 0.5 / 16)) ** 0.5)


def test_tables_for_people(tmp_path: Path) -> None:
    done = run(tmp_path, "--class", "loss", "--class", "gain", "--class", "forest")
    assert done.exit_code == 0, done.stderr
    for text in ("Areas, px", "Accuracy", "Error matrix", "4 units in 2 strata, stratified", "350.000"):
        assert text in done.stdout
    assert "note: area of gain: no unit of this class was seen" in done.stdout
    assert "note: user of gain: no unit was mapped to this class" in done.stdout
    assert "unusable" in run(tmp_path, *NAMES, units=UNITS, strata=STRATA).stdout


@pytest.mark.parametrize(
    ("files", "options", "message", "where", "code"),
    [
        ({"units": "map_class\nloss\n"}, (), "lacks the column reference_class", "units.csv, header", 1),
        ({"strata": "stratum\nloss\n"}, (), "lacks the column pixel_count", "strata.csv, header", 1),
        ({"strata": "stratum,pixel_count\nloss,1e3\n"}, (), "cell cannot be read", "strata.csv, row 1, column pixel_count", 1),
        ({"strata": "stratum,area_ha\nloss,nan\n"}, (), "cell cannot be read", "strata.csv, row 1, column area_ha", 1),
        ({"strata": PLAIN_STRATA + "other,0\n"}, (), "has no area", "strata.csv, row 3, stratum other", 1),
        ({"strata": PLAIN_STRATA + "other,9\n"}, (), "has no sample", "strata.csv, row 3, stratum other", 1),
        ({"strata": PLAIN_STRATA + "loss,9\n"}, (), "stratum stands twice", "strata.csv, row 1 and 3, stratum loss", 1),
        ({"strata": "stratum,pixel_count\nloss,1\nforest,300\n"}, (), "more units than pixels", "strata.csv, row 1", 1),
        ({"units": PLAIN_UNITS + "other,loss\n"}, (), "unknown stratum", "units.csv, row 5, unit 5", 1),
        ({"units": PLAIN_UNITS + "loss,\n"}, (), "no reference_class", "units.csv, row 5, unit 5", 1),
        ({"units": PLAIN_UNITS + "loss,loss,loss\n"}, (), "row cannot be read", "units.csv, row 5", 1),
        ({}, ("--class", "forest"), "outside the legend", "units.csv, row 1, unit 1", 1),
        ({"units": TWICE}, (), "unit stands twice", "units.csv, row 1 and 3, unit a", 1),
        ({"units": SINGLE}, (), "a single unit", "strata.csv, row 1, stratum loss", 1),
        ({"strata": "stratum,area_ha\nloss,10\nforest,30\n"}, ("--fpc",), "finite population", "strata.csv, row 2, stratum forest", 1),
        ({"strata": "stratum,area_ha\nloss,10\nforest,30\n"}, ("--pixel-area-ha", "1"), "not needed", "strata.csv, column area_ha", 2),
        ({}, ("--unit-column", "class=label"), "no such column to name", "", 2),
        ({}, ("--unit-column", "reference_class"), "not named as NAME=HEADER", "", 2),
        ({}, ("--unit-column", "reference_class=label"), "lacks the column label", "units.csv, header", 1),
        ({}, ("--by", "zone_id"), "lacks the column zone_id", "units.csv, header", 1),
    ],
)  # fmt: skip
def test_refusals_name_file_and_row(
    tmp_path: Path, files: dict[str, str], options: tuple[str, ...], message: str, where: str, code: int
) -> None:
    done = run(tmp_path, *options, **files)
    assert done.exit_code == code
    assert message in done.stderr
    assert f"where: {where}" in done.stderr or not where
    assert "remedy: " in done.stderr
    assert "project.yaml" not in done.stderr
    assert done.stdout == ""
