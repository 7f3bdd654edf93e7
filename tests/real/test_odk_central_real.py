"""A real submission of ODK Central with two repeats, beside the tables that another reader (ruODK) made of it."""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.project_sources import OdkCentral
from mrv.settings import Settings
from mrv.sources import odk_central
from mrv.sources.odk_central import flatten
from mrv.sources.records import moment
from tests.integration.hosts import Host, request_of

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "odk_central"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real submission does not lie beside the project"),
]
PLACES = ("location/corner1", "perimeter/corner2", "perimeter/corner3", "perimeter/corner4")


def raw(name: str) -> list[dict[str, Any]]:
    return json.loads((DATA / name).read_text(encoding="utf-8"))["value"]


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def whole() -> dict[str, Any]:
    """The submission as `$expand=*` gives it: its repeats within it."""
    (submission,) = raw("fq_raw.json")
    return {**submission, "vegetation_stratum": raw("fq_raw_strata.json"), "taxon_encounter": raw("fq_raw_taxa.json")}


def column_of(path: str) -> str:
    """Name of a question as the tables of the other reader have it."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", path.replace("/", "_")).lower()


def told(value: object) -> str:
    return re.sub(r"\.0$", "", str(value))


def compare(answers: dict[str, Any], row: dict[str, str], *, root: str = "") -> int:
    """Compare each answer with its cell; return how many cells were compared."""
    compared = 0
    for path, answer in answers.items():
        name = column_of(path.removeprefix(root))
        if isinstance(answer, list):
            continue
        if f"{name}_longitude" in row:
            latitude, longitude, altitude = str(answer).split()
            assert (longitude, latitude, altitude) == tuple(
                row[f"{name}_{part}"] for part in ("longitude", "latitude", "altitude")
            )
            compared += 3
        elif "coordinates" in path or row[name].startswith("POINT"):
            longitude, latitude, altitude = re.findall(r"-?[0-9.]+", row[name])
            assert str(answer).split() == [latitude, longitude, altitude]
            compared += 3
        elif name.endswith("datetime"):
            assert moment(str(answer)).timestamp() == pytest.approx(float(row[name]), abs=1e-6)
            compared += 1
        else:
            assert told(answer) == row[name].removeprefix("media/")
            compared += 1
    return compared


def test_the_submission_is_the_flattened_row() -> None:
    (row,) = table("fq_data.csv")
    answers = flatten(whole())
    assert compare(answers, row) == 9 + 3 * len(PLACES)
    # What was not answered is absent here and empty there.
    filled = {
        name for name in row if row[name] and not name.startswith(("id", "system_", "odata", "vegetation", "taxon"))
    }
    places = {f"{column_of(path)}{part}" for path in PLACES for part in ("", "_longitude", "_latitude", "_altitude")}
    assert filled == {column_of(path) for path in answers if not isinstance(answers[path], list)} | places


@pytest.mark.parametrize(
    ("repeat", "name", "count"),
    [("vegetation_stratum", "fq_data_strata.csv", 12), ("taxon_encounter", "fq_data_taxa.csv", 14)],
)
def test_each_entry_of_a_repeat_is_a_flattened_row(repeat, name, count) -> None:
    entries, rows = flatten(whole())[repeat], table(name)
    assert len(entries) == len(rows) == 2
    assert sum(compare(entry, row, root=f"{repeat}/") for entry, row in zip(entries, rows, strict=True)) == count
    ids = [(item["__id"], item["__Submissions-id"]) for item in whole()[repeat]]
    assert ids == [(row["id"], row["submissions_id"]) for row in rows]


FORM = {
    "id": "flora",
    "version": "2023120401",
    "title": {"en": "Flora quadrat", "es": "Cuadrante de flora"},
    "questions": [
        {"name": "encounter_start_datetime", "type": "dateTime", "label": {"en": "Start", "es": "Inicio"}},
        {"name": "taxon_encounter", "type": "repeat", "label": {"en": "Plant", "es": "Planta"}, "questions": [
            {"name": "field_name", "type": "text", "label": {"en": "Name", "es": "Nombre"}},
            {"name": "taxon_encounter_location", "type": "geopoint", "label": {"en": "Where", "es": "Dónde"}}]},
    ],
    "tables": [{"table": "occurrences", "at": "taxon_encounter", "columns": {
        "occurrence_id": {"join": ["submission", "position"]},
        "basis_of_record": {"constant": "HumanObservation"},
        "occurrence_status": {"constant": "present"},
        "scientific_name": "taxon_encounter/field_name",
        "longitude": {"point": "taxon_encounter/taxon_encounter_location", "part": "longitude"},
        "latitude": {"point": "taxon_encounter/taxon_encounter_location", "part": "latitude"}}}],
}  # fmt: skip


def test_a_form_of_the_project_lands_it(tmp_path) -> None:
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms" / "flora.yaml").write_text(yaml.safe_dump(FORM), encoding="utf-8")
    spec = OdkCentral(
        connector="odk_central",
        name="flora",
        project_number=1,
        form_id="Flora-Quadrat-04",
        form="forms/flora.yaml",
        base_url="https://ruodk.getodk.cloud",
    )
    host, ledger = Host(), Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    host.reply = lambda _: (200, {}, json.dumps({"value": [whole()], "@odata.count": 1}).encode())
    settings = Settings(home=tmp_path / "home", mirrors={"flora": f"http://{host.address}"})
    window = Span(date(2023, 1, 1), date(2023, 12, 31))
    request = request_of(tmp_path, ledger, settings, window=window, bounds=(115.0, -32.5, 116.5, -31.0))
    try:
        parsed = odk_central.parse(spec, odk_central.pull(spec, request), request)["occurrences"]
    finally:
        host.stop()
        ledger.close()
    assert parsed.rejected == []
    rows = parsed.table.to_pylist()
    identity = table("fq_data.csv")[0]["id"].removeprefix("uuid:")
    assert [(row["occurrence_id"], row["scientific_name"], row["_row"]) for row in rows] == [
        (f"{identity}-1", "Test species 1", 1),
        (f"{identity}-2", "Test species 6", 2),
    ]
    for row, expected in zip(rows, table("fq_data_taxa.csv"), strict=True):
        longitude, latitude, _ = re.findall(r"-?[0-9.]+", expected["taxon_encounter_location"])
        assert (row["longitude"], row["latitude"]) == (float(longitude), float(latitude))
