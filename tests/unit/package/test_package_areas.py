"""The areas of a package, checked by whoever receives it: classes make up zones, zones agree with polygons."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mrv.errors import PackageError
from mrv.package.areas import areas
from mrv.package.build import build
from mrv.package.verify import verify
from mrv.units import UM2_PER_HA
from tests.unit.package.package_samples import outcome, reseal, sample_contents, sample_key, sample_zones

UM2 = pa.decimal128(38, 0)
PRODUCT = {"product": "hansen_gfc", "product_version": "GFC-2024-v1.12"}


def landed_tables() -> dict[str, list[dict]]:
    """Three classes that make up each zone; the largest zone needs more than 64 bits."""
    tables: dict[str, list[dict]] = {"zone_pixels": [], "land_cover_area": [], "class_area": []}
    for zone in sample_zones():
        whole = int(zone.area_ha * UM2_PER_HA)
        parts = {"forest": whole // 2 + 1, "non_forest": whole // 3, "nodata": whole - whole // 2 - 1 - whole // 3}
        tables["zone_pixels"].append({"zone_id": zone.zone_id, **PRODUCT, "area_um2": whole})
        for name, area in parts.items():
            tables["land_cover_area"].append(
                {"zone_id": zone.zone_id, **PRODUCT, "cover_class": name, "area_um2": area}
            )
        for year in (2020, 2024):
            tables["class_area"] += [
                {
                    "zone_id": zone.zone_id,
                    **PRODUCT,
                    "layer": "cover",
                    "year": year,
                    "class_code": code,
                    "area_um2": area,
                }
                for code, area in enumerate(parts.values())
            ]
    return tables


def write(folder, tables) -> dict:
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for name, rows in tables.items():
        columns = {column: [row[column] for row in rows] for column in rows[0]}
        columns["area_um2"] = pa.array([Decimal(area) for area in columns["area_um2"]], UM2)
        written[name] = folder / f"{name}.parquet"
        pq.write_table(pa.table(columns), written[name])
    return written


@pytest.fixture
def counted(tmp_path):
    """A package with areas, as published."""
    contents = sample_contents(tmp_path / "sources")
    contents = replace(contents, landed={**contents.landed, **write(tmp_path / "landed", landed_tables())})
    return build(contents, folder=tmp_path / "packages", key=sample_key()).path


def forge(package, name, change, tmp_path) -> None:
    """Change rows of a landed table and seal the package anew, as its publisher could."""
    rows = landed_tables()[name]
    changed = write(tmp_path / "forged", {name: change(rows)})
    (package / "data" / "landed" / f"{name}.parquet").write_bytes(changed[name].read_bytes())
    reseal(package, sample_key())


def test_areas_that_hold_are_said_with_their_largest_difference(counted, signers):
    report = verify(counted, allowed_signers=signers)
    assert outcome(report, "areas") == "ok" and report.accepted
    said = next(check.detail for check in report.checks if check.name == "areas")
    zones = len(sample_zones())
    assert said.startswith(f"{3 * zones} series of classes make up {zones} zones to the last digit")


def test_package_without_pixels_has_no_areas_to_check(package):
    assert areas(package) == "no areas were counted from pixels"


@pytest.mark.parametrize("table", ["land_cover_area", "class_area"])
def test_one_square_micrometre_too_much_is_seen(counted, signers, tmp_path, table):
    def one_more(rows):
        return [{**rows[0], "area_um2": rows[0]["area_um2"] + 1}, *rows[1:]]

    forge(counted, table, one_more, tmp_path)
    report = verify(counted, allowed_signers=signers)
    assert not report.accepted
    assert [check.name for check in report.failed] == ["areas"]
    assert f"{table}: classes of zone" in report.failed[0].detail


def test_zone_that_differs_from_its_polygon_is_seen(counted, tmp_path):
    for name in landed_tables():
        forge(counted, name, lambda rows: [{**row, "area_um2": 2 * row["area_um2"]} for row in rows], tmp_path)
    with pytest.raises(PackageError, match=r"its polygon has"):
        areas(counted)


def test_zone_without_classes_or_without_polygon_is_seen(counted, tmp_path):
    gone = sample_zones()[0].zone_id
    forge(counted, "land_cover_area", lambda rows: [row for row in rows if row["zone_id"] != gone], tmp_path)
    with pytest.raises(PackageError, match=f"zone {gone} has no classes"):
        areas(counted)
    forge(counted, "zone_pixels", lambda rows: [*rows, {**rows[0], "zone_id": "elsewhere"}], tmp_path)
    with pytest.raises(PackageError, match="zone elsewhere has no polygon"):
        areas(counted)


def test_classes_without_their_zones_are_refused(counted):
    (counted / "data/landed/zone_pixels.parquet").unlink()
    with pytest.raises(PackageError, match="lacks the zones' own pixels"):
        areas(counted)


def test_negative_area_that_makes_the_sum_come_out_is_refused(counted, tmp_path):
    def swapped(rows):
        shift = 2 * rows[0]["area_um2"]
        return [
            {**rows[0], "area_um2": rows[0]["area_um2"] - shift},
            {**rows[1], "area_um2": rows[1]["area_um2"] + shift},
            *rows[2:],
        ]

    forge(counted, "land_cover_area", swapped, tmp_path)
    with pytest.raises(PackageError, match="an area is negative"):
        areas(counted)
