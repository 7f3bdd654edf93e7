"""The samples of a package, checked by whoever receives it: units and strata are those of the frozen design."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal

import pytest

from mrv.errors import PackageError
from mrv.package.frozen import COLUMNS, unlike_frozen

STRATUM = {
    "stratum_id": "pa.loss", "stratum_class": "loss", "map_class": "loss", "zone_id": "pa", "carbon_stratum_id": None,
    "pixel_count": 90, "area_um2": Decimal(10**30 + 1), "drawn_count": 2,
}  # fmt: skip
UNIT = {
    "unit_id": "d1-00001", "step": 1, "stratum_id": "pa.loss", "zone_id": "pa", "carbon_stratum_id": "wet", "map_class": "loss",
    "map_loss_year": None, "inclusion_probability": 2 / 90, "pixel_row": 3, "pixel_column": 4, "longitude": -77.5,
    "latitude": -7.25, "area_um2": Decimal(7),
}  # fmt: skip
TABLES = {
    "strata": [STRATUM, {**STRATUM, "stratum_id": "all", "zone_id": None}],
    "units": [UNIT, {**UNIT, "unit_id": "d1-00002"}],
}


def stored(root, content):
    """Put a file among the inputs, under its hash."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = root / "data" / "inputs" / sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sha256


def frozen(root, **changes):
    """Freeze the tables as a design would be, and return its row."""
    hashes = {}
    for name, rows in TABLES.items():
        lines = [",".join((*COLUMNS[name], "row_check"))]
        for row in rows:
            cells = ["" if row[column] is None else str(row[column]) for column in COLUMNS[name]]
            lines.append(",".join([*cells, "check"]))
        hashes[f"{name}_sha256"] = stored(root, ("\n".join(lines) + "\n").encode())
    document = {"design_id": "d1", **hashes, **changes}
    return {"design_id": "d1", "design_sha256": stored(root, json.dumps(document).encode())}


def test_a_design_as_it_was_drawn_has_no_problems(tmp_path):
    assert unlike_frozen(tmp_path, frozen(tmp_path), TABLES) == []


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("units", {"stratum_id": "pa.stable_forest"}, "d1-00001 has stratum_id pa.stable_forest, drawn: pa.loss"),
        ("units", {"unit_id": "d1-00009"}, "d1-00009 was never drawn"),
        ("units", {"inclusion_probability": 0.5}, "d1-00001 has inclusion_probability 0.5, drawn: 0.0222"),
        ("units", {"longitude": -77.25}, "d1-00001 has longitude -77.25, drawn: -77.5"),
        ("strata", {"area_um2": Decimal(10**30 + 2)}, f"pa.loss has area_um2 {10**30 + 2}, drawn: {10**30 + 1}"),
    ],
)
def test_whatever_was_changed_since_is_named(tmp_path, table, change, said):
    rows = [{**TABLES[table][0], **change}, *TABLES[table][1:]]
    problems = unlike_frozen(tmp_path, frozen(tmp_path), {**TABLES, table: rows})
    assert said in " | ".join(problems)


def test_a_unit_that_is_gone_is_named(tmp_path):
    problems = unlike_frozen(tmp_path, frozen(tmp_path), {**TABLES, "units": TABLES["units"][:1]})
    assert problems == ["d1, d1-00002 is not in the package"]


def test_another_design_and_missing_files_are_named(tmp_path):
    assert "is design d2, not d1" in unlike_frozen(tmp_path, frozen(tmp_path, design_id="d2"), TABLES)[0]
    gone = frozen(tmp_path, units_sha256="0" * 64)
    assert unlike_frozen(tmp_path, gone, TABLES) == [f"d1 lacks its frozen units, data/inputs/{'0' * 64}"]


def test_without_the_frozen_design_nothing_is_said_to_be_compared(tmp_path):
    assert unlike_frozen(tmp_path, {"design_id": "d1", "design_sha256": "0" * 64}, TABLES) is None


def test_what_is_no_design_is_refused(tmp_path):
    with pytest.raises(PackageError, match="does not hold what it should"):
        unlike_frozen(tmp_path, {"design_id": "d1", "design_sha256": stored(tmp_path, b"{}")}, TABLES)
