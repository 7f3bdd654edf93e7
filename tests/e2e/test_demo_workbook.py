"""The demo's workbook as LibreOffice computes it: each formula gives what dbt has, no cell is an error, the checks are zero."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.demo_home import Demo
from tests.integration.recalculated import formulas, pairs, recalculated, values

pytestmark = pytest.mark.integration


def test_every_formula_gives_the_value_of_the_ledger(demo_home: Demo, tmp_path: Path) -> None:
    file = demo_home.package / "data/workbook/emission_reductions.xlsx"
    computed = recalculated({"demo": file}, tmp_path)["demo"]
    written, shown = formulas(file), values(computed)
    assert len(written) > 4000
    assert not [place for place in written if str(shown.get(place, "")).startswith("#")]
    (not_zero,) = [place for place, text in written.items() if place[0] == "checks" and "COUNTIF" in text]
    assert shown[not_zero] == 0
    compared = list(pairs(file, computed))
    assert len(compared) > 100
    for sheet, cell, found, known in compared:
        assert found == pytest.approx(known, abs=1e-6), (sheet, cell)
