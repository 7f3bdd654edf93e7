"""What the report says of species and areas of high conservation value, in both languages, and nothing where there is nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mrv.package.biodiversity import biodiversity
from mrv.package.report import render_report
from tests.unit.package.package_samples import sample_contents


def detection(name: str, zone: str, events: int | None, category: str = "LC") -> dict[str, Any]:
    known = events is not None
    return {
        "scientific_name": name,
        "zone_id": zone,
        "kind": None,
        "zone_name": None,
        "common_name_en": "jaguar" if name == "Panthera onca" else None,
        "common_name_es": "otorongo" if name == "Panthera onca" else None,
        "category": category,
        "independence_minutes": 30,
        "event_count": events,
        "individual_count": events,
        "detected_location_count": 1 if known else None,
        "location_count": 4 if known else None,
        "camera_nights": Decimal(100) if known else None,
        "events_per_100_nights": Decimal(events) if events is not None else None,
        "reason": None if known else "no night of a camera is told of this zone",
    }


def effort(number: int, nights: int, reason: str | None = None) -> dict[str, Any]:
    return {
        "deployment_id": f"d{number}",
        "location_code": f"L00{number}",
        "first_night": date(2023, 1, 1),
        "last_night": date(2023, 2, 1),
        "deployed_nights": 50,
        "failed_nights": Decimal(0),
        "camera_nights": Decimal(nights),
        "reason": reason,
    }


def species(name: str, category: str, records: int, area: int | None) -> dict[str, Any]:
    return {
        "scientific_name": name,
        "common_name_en": None,
        "common_name_es": None,
        "category": category,
        "is_threatened": category in ("CR", "EN", "VU"),
        "category_source": "made up",
        "record_count": records,
        "period_record_count": records,
        "period_project_record_count": area,
        "last_recorded_on": date(2023, 5, 1) if records else None,
        "reason": None,
    }


def area(name: str, hcv_class: int | None, condition: str | None) -> dict[str, Any]:
    return {
        "zone_id": name,
        "zone_name": f"Area {name}",
        "hcv_class": hcv_class,
        "condition": condition,
        "first_condition": condition,
        "last_visited_on": date(2023, 5, 1) if condition else None,
        "visit_count": 2 if condition else 0,
        "visits_with_threat_count": 0,
        "forest_ha": Decimal("90.5"),
        "forest_loss_ha": Decimal("1.5"),
        "threat_count": None,
        "threat_reason": "no patrol walked here",
        "reason": None if condition else "nobody visited the area in the period",
    }


MARTS = {
    "detections": [
        detection("Cuniculus paca", "*", 3),
        detection("Panthera onca", "*", 7, "VU"),
        detection("Panthera onca", "pa", 7, "VU"),
    ],
    "camera_effort": [effort(1, 50), effort(2, 30, "it <failed>")],
    "species": [
        species("Lagothrix flavicauda", "CR", 2, 1),
        species("Panthera onca", "VU", 7, None),
        species("Ateles belzebuth", "EN", 0, 0),
        species("Cuniculus paca", "LC", 3, 3),
    ],
    "threatened_species_benefiting": [
        {"category": "CR_EN", "species_count": 1, "species": "Lagothrix flavicauda", "reason": None},
        {"category": "CR", "species_count": None, "species": None, "reason": "no list of categories was landed"},
    ],
    "hcv_condition": [area("h2", None, None), area("h1", 4, "fair"), area("h1", 1, "poor")],
}


def page_of(folder: Path, marts: dict[str, list[dict[str, Any]]]) -> str:
    contents = sample_contents(folder)
    for name, rows in marts.items():
        pq.write_table(pa.Table.from_pylist(rows), contents.marts_folder / f"{name}.parquet")
    return render_report(contents)


def test_the_section_orders_and_counts() -> None:
    view = biodiversity(lambda name: MARTS.get(name, []))
    assert [row["scientific_name"] for row in view["detected"]] == ["Panthera onca", "Cuniculus paca"]
    assert (view["camera_nights"], view["camera_locations"]) == (80, 2)
    assert [row["deployment_id"] for row in view["camera_notes"]] == ["d2"]
    assert (view["species_recorded"], view["species_listed"]) == (3, 4)
    assert [row["scientific_name"] for row in view["threatened"]] == ["Lagothrix flavicauda", "Panthera onca"]
    assert [row["category"] for row in view["benefiting"]] == ["CR", "CR_EN"]
    assert [(row["zone_id"], row["hcv_class"]) for row in view["hcv_rows"]] == [("h1", 1), ("h1", 4), ("h2", None)]


def test_the_page_shows_it_in_both_languages(tmp_path: Any) -> None:
    page = page_of(tmp_path, MARTS)
    for words in (
        "Species and high conservation values",
        "Especies y altos valores de conservación",
        "otorongo",
        "en peligro crítico",
        "it &lt;failed&gt;",
        "nobody visited the area in the period",
        "no list of categories was landed",
        "no patrol walked here",
    ):
        assert words in page, words
    assert 'aria-label="Independent events per 100 camera nights' in page


def test_without_tables_there_is_no_section(tmp_path: Any) -> None:
    view = biodiversity(lambda name: [])
    assert (view["camera_nights"], view["detections_chart"], view["threatened"]) == (None, None, [])
    assert "high conservation values" not in render_report(sample_contents(tmp_path))


def test_a_period_in_which_nobody_looked_has_no_zero(tmp_path: Any) -> None:
    unknown = [row | {"period_record_count": None} for row in MARTS["species"]]
    page = page_of(tmp_path, {"species": unknown, "camera_effort": [effort(1, 0)]})
    for words in ("nobody is known to have looked for any in the period.", "No camera trap worked in the period."):
        assert words in page, words
    assert biodiversity(lambda name: MARTS.get(name, []))["species_in_period"] == 3


def test_cameras_that_saw_nothing_say_so(tmp_path: Any) -> None:
    page = page_of(tmp_path, {"camera_effort": [effort(1, 50)]})
    assert "No animal was named on their pictures." in page
    unseen = biodiversity(lambda name: [detection("Mazama", "*", None)] if name == "detections" else [])
    assert unseen["detections_chart"] is None
