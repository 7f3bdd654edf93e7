"""What the Data Package says of keys: only what the rows bear out."""

import json

import pytest

from mrv.package.staging import Staging
from mrv.package.tables import FOLDER, write_tables
from tests.unit.package.package_samples import sample_contents, sample_marts, write_marts


@pytest.mark.parametrize(("zones", "expected"), [(("lb", "pa"), True), (("pa",), False), ((), False)])
def test_a_table_leads_to_the_zones_where_each_of_its_zones_is_there(tmp_path, zones, expected):
    rows = [{"zone_id": name, "kind": "project_area", "zone_name": name, "area_ha": None} for name in zones]
    contents = sample_contents(tmp_path / "sources")
    if zones:
        marts = {**sample_marts(), "zones": rows}
        contents = sample_contents(tmp_path / "sources", **write_marts(tmp_path / "with", marts))
    (tmp_path / "staged").mkdir()
    staging = Staging(tmp_path / "staged")
    write_tables(staging, contents)
    described = json.loads((staging.root / FOLDER / "datapackage.json").read_text(encoding="utf-8"))
    schemas = {item["name"]: item["schema"] for item in described["resources"] if "schema" in item}
    reference = {"fields": ["zone_id"], "reference": {"resource": "zones", "fields": ["zone_id"]}}
    assert schemas["deforestation_annual"].get("foreignKeys") == ([reference] if expected else None)
    assert "foreignKeys" not in schemas["figures"]
    assert "foreignKeys" not in schemas.get("zones", {})
