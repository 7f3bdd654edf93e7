"""Alerts and fires in a definition: what `mrv check` says of them, and how the catalogue counts days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from mrv.errors import ProjectError
from mrv.project import load_project
from mrv.scaffold import scaffold
from mrv.sources.product_layers import Layer
from mrv.sources.products import product
from mrv.stages.measure_alerts import encoding_of
from mrv.stages.validate import check_project
from raster.alert_codes import HIGH, LOW, decode, to_date

RADD = {"connector": "raster_tiles", "name": "radd", "product": "radd_native", "version": "v1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    scaffold(tmp_path / "project")
    return tmp_path / "project"


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    file = folder / "project.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


# --- the catalogue -----------------------------------------------------------------------------------------------
def first_day(
    name: str, days: str, confidence: str | None = None, year: int | None = None, *, value: int, level: int = 2
):
    row = product(name)
    encoding = encoding_of(row.layer(days), row.layer(confidence) if confidence else None, year=year)
    levels = np.array([level], np.uint8) if confidence else None
    decoded = decode(np.array([value], np.uint16), encoding, levels=levels)
    return to_date(int(decoded.day[0])), int(decoded.confidence[0])


@pytest.mark.parametrize(
    "name", ["gfw_integrated_alerts", "umd_glad_landsat_alerts", "umd_glad_sentinel2_alerts", "wur_radd_alerts"]
)
def test_what_gfw_serves_counts_from_the_last_day_of_2014(name: str) -> None:
    # Published by WRI: 20001 is 1 January 2015 and low, 30055 is 24 February 2015 and high.
    assert first_day(name, "date_conf", value=20001) == (date(2015, 1, 1), LOW)
    assert first_day(name, "date_conf", value=30055) == (date(2015, 2, 24), HIGH)


def test_dist_alert_counts_from_the_last_day_of_2020() -> None:
    row = product("umd_glad_dist_alerts")
    (layer,) = (item.layer for item in row.layers if item.encoding == "confidence_and_days")
    assert first_day("umd_glad_dist_alerts", layer, value=20001) == (date(2021, 1, 1), LOW)


def test_native_products_have_conventions_of_their_own() -> None:
    assert first_day("radd_native", "date", "alert", value=21001, level=3) == (date(2021, 1, 1), HIGH)
    assert first_day("glad_l_native", "alert_date", "conf", 2021, value=1) == (date(2021, 1, 1), LOW)
    glad_s2 = product("glad_s2_native").layer("alert_date")
    assert glad_s2.epoch == date(2018, 12, 31), (
        "the choice stands in the row, and the row says that others take a day later"
    )
    assert first_day("glad_s2_native", "alert_date", "alert", value=1) == (date(2019, 1, 1), LOW)


@pytest.mark.parametrize(
    ("name", "layer", "day"),
    [
        ("gfw_integrated_alerts", "date_conf", date(2015, 1, 1)),
        ("umd_glad_landsat_alerts", "date_conf", date(2015, 1, 1)),
        ("umd_glad_sentinel2_alerts", "date_conf", date(2019, 1, 1)),
        ("glad_s2_native", "alert_date", date(2019, 1, 1)),
        ("wur_radd_alerts", "date_conf", date(2020, 1, 1)),
        ("radd_native", "date", date(2020, 1, 1)),
        ("umd_glad_dist_alerts", "date_conf", date(2023, 1, 1)),
    ],
)
def test_a_product_has_no_alerts_before_its_first_day(name: str, layer: str, day: date) -> None:
    retrieved = date(2024, 7, 2)
    assert product(name).layer(layer).days(None, retrieved_on=retrieved) == (day, retrieved)


def test_a_layer_of_one_year_has_its_days_up_to_the_retrieval() -> None:
    layer = product("glad_l_native").layer("alert_date")
    assert layer.days(2021, retrieved_on=date(2024, 7, 2)) == (date(2021, 1, 1), date(2021, 12, 31))
    assert layer.days(2021, retrieved_on=date(2021, 3, 2)) == (date(2021, 1, 1), date(2021, 3, 2))


@pytest.mark.parametrize(
    ("name", "layer"), [("radd_native", "date"), ("glad_l_native", "alert_date"), ("radd_native", "alert")]
)
def test_the_first_day_is_declared_where_codes_do_not_tell_it(name: str, layer: str) -> None:
    row = product(name).layer(layer).model_dump()
    row["first_day"] = None if row["first_day"] else date(2020, 1, 1)
    with pytest.raises(ValidationError, match="first_day"):
        Layer.model_validate(row)


# --- the definition ----------------------------------------------------------------------------------------------
def test_choices_have_defaults_that_the_guide_tells(folder: Path) -> None:
    definition = load_project(folder).definition
    assert (definition.alerts.cluster_days, str(definition.alerts.min_cluster_area_ha)) == (30, "0.1")
    assert definition.alerts.freeze_after_days == 180
    fires = definition.fires
    assert (fires.same_fire_hours, fires.viirs_pixel_m, fires.modis_pixel_m) == (12, 375, 1000)


@pytest.mark.parametrize(
    "change", [{"alerts": {"cluster_days": -1}}, {"alerts": {"days": 3}}, {"fires": {"same_fire_hours": 49}}]
)
def test_choices_have_limits(folder: Path, change: dict[str, Any]) -> None:
    edit(folder, lambda content: content.update(change))
    with pytest.raises(ProjectError):
        load_project(folder)


@pytest.mark.parametrize(("layers", "lacks"), [(["date"], "alert"), (["alert"], "date")])
def test_days_without_confidence_are_named_before_anything_is_pulled(folder: Path, layers, lacks: str) -> None:
    edit(folder, lambda content: content["sources"].append({**RADD, "layers": layers}))
    (problem,) = check_project(folder).problems
    assert problem.message == "alerts need their days and their confidence"
    assert f"the layer {lacks}" in str(problem.expected)
    assert "(radd)" in str(problem.where)


def test_both_layers_hold(folder: Path) -> None:
    edit(folder, lambda content: content["sources"].append({**RADD, "layers": ["date", "alert"]}))
    assert check_project(folder).problems == ()


def test_an_unknown_collection_of_fires_is_named(folder: Path) -> None:
    source = {"connector": "firms", "name": "f", "collections": ["VIIRS_SNPP_SP", "VIIRS_SNP_SP"]}
    edit(folder, lambda content: content["sources"].append(source))
    (problem,) = check_project(folder).problems
    assert "VIIRS_SNP_SP is not known" in problem.message


def test_a_missing_file_of_fires_is_named(folder: Path) -> None:
    (folder / "fires").mkdir()
    source = {"connector": "files", "name": "f", "root": "fires", "fires": [{"path": "november.txt"}]}
    edit(folder, lambda content: content["sources"].append(source))
    (problem,) = check_project(folder).problems
    assert problem.message == "a declared file is missing"
    assert "november.txt" in str(problem.expected)
    (folder / "fires" / "november.txt").write_text("latitude,longitude\n", encoding="utf-8")
    assert check_project(folder).problems == ()
