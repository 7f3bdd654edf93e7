"""The section of parameters: each once, what is open named with its tables, what is confirmed with who, when and where."""

from __future__ import annotations

from mrv.package.parameters import parameters
from mrv.package.report import render_report
from tests.unit.package import ledger_marts, parameter_rows
from tests.unit.package.package_samples import sample_contents

OTHER = {**ledger_marts.VCS, "rule_set": "art_trees_2"}


def view(*rows):
    return parameters(lambda name: list(rows) if name == "parameters_used" else [])


def test_a_parameter_stands_once_with_all_its_tables_and_rule_sets():
    found = view(
        parameter_rows.used("b", mart="leakage"),
        parameter_rows.used("a"),
        parameter_rows.used("b", mart="buffer", account=OTHER),
    )
    assert [item.parameter_id for item in found["open_used"]] == ["common.a", "common.b"]
    assert found["open_used"][1].marts == ["buffer", "leakage"]
    assert found["open_used"][1].rule_sets == ["art_trees_2", ledger_marts.VCS["rule_set"]]
    assert (found["used_count"], found["declared_count"]) == (2, 0)


def test_what_is_confirmed_is_not_open():
    found = view(*parameter_rows.rows())
    assert [item.name for item in found["open_used"]] == ["buffer_rate", "uncertainty_rule"]
    assert [item.name for item in found["confirmed_used"]] == ["carbon_fraction"]
    assert found["declared_count"] == 1
    assert [item.value for item in found["open_used"]] == ["0.14", "x_unc"]


def test_the_page_names_the_open_ones_and_who_confirmed_the_others(tmp_path):
    page = render_report(sample_contents(tmp_path / "sources"))
    assert "<strong>2</strong>" in page
    assert "nobody has compared them with their document" in page and "nadie los ha comparado" in page
    assert "A. Methodologist" in page and "Volume 4, page 48" in page
    assert "common.uncertainty_rule" in page and "<code>uncertainty</code>" in page


def test_without_parameters_the_page_says_so():
    assert view() == {**view(), "open_used": [], "confirmed_used": [], "used_count": 0, "declared_count": 0}
