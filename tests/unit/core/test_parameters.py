"""Parameters: rows with validity, overrides with a reason, and nothing that nobody knows."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from mrv.errors import ProjectError
from mrv.parameters import PARAMETERS_CSV, in_force, load_parameters, rule_sets, with_overrides
from mrv.project_rules import ParameterOverride

YEAR = {"start": date(2023, 1, 1), "end": date(2023, 12, 31)}
COLUMNS = [
    *("parameter_id", "rule_set", "name", "value", "choice", "unit", "standard", "document", "version", "section"),
    *("valid_from", "valid_to", "status", "confirmed_by", "confirmed_on", "note", "minimum", "maximum", "choices"),
]


def catalogue(tmp_path: Path, *rows: dict[str, str]) -> Path:
    path = tmp_path / "parameters.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="")
        writer.writeheader()
        for row in rows:
            writer.writerow({"rule_set": "common", "unit": "1", "status": "unconfirmed", **row})
    return path


def test_the_catalogue_is_read_and_every_row_has_its_document() -> None:
    parameters = load_parameters()
    assert {"vm0007_v1_6", "vm0015_v1_1"} <= set(rule_sets(parameters))
    assert len({parameter.parameter_id for parameter in parameters}) == len(parameters)
    for parameter in parameters:
        assert parameter.standard
        assert parameter.document
        assert parameter.section
        assert parameter.status in {"confirmed", "unconfirmed", "to_declare"}, parameter


def test_a_rule_set_goes_before_the_common_row() -> None:
    for rule_set in rule_sets(load_parameters()):
        chosen = in_force(load_parameters(), rule_set=rule_set, **YEAR)
        assert len({parameter.name for parameter in chosen}) == len(chosen)
        assert {parameter.rule_set for parameter in chosen} == {"common", rule_set}


def test_a_row_counts_only_in_its_validity(tmp_path: Path) -> None:
    path = catalogue(
        tmp_path,
        {"parameter_id": "old", "name": "gwp_ch4", "value": "25", "valid_to": "2020-12-31"},
        {"parameter_id": "new", "name": "gwp_ch4", "value": "28", "valid_from": "2021-01-01"},
    )
    assert [row.parameter_id for row in in_force(load_parameters(path), rule_set="x", **YEAR)] == ["new"]
    with pytest.raises(ProjectError, match="gwp_ch4 changes within the period") as caught:
        in_force(load_parameters(path), rule_set="x", start=date(2020, 7, 1), end=date(2021, 6, 30))
    assert "split the monitoring period" in str(caught.value)


def test_two_rows_for_one_period_are_refused(tmp_path: Path) -> None:
    rows = [{"parameter_id": name, "name": "gwp_ch4", "value": "25"} for name in ("one", "other")]
    with pytest.raises(ProjectError, match="two rows of parameter gwp_ch4"):
        in_force(load_parameters(catalogue(tmp_path, *rows)), rule_set="x", **YEAR)


def test_confirmed_by_nobody_is_refused(tmp_path: Path) -> None:
    row = {"parameter_id": "p", "name": "a", "value": "1", "status": "confirmed"}
    with pytest.raises(ProjectError, match="confirmed by nobody"):
        load_parameters(catalogue(tmp_path, row))
    named = {**row, "confirmed_by": "A. Methodologist", "confirmed_on": "2026-11-22"}
    assert load_parameters(catalogue(tmp_path, named))[0].confirmed_by == "A. Methodologist"


def test_every_number_has_limits_and_every_choice_its_words() -> None:
    for parameter in load_parameters():
        assert parameter.choices or (parameter.minimum is not None and parameter.maximum is not None), parameter
        assert parameter.problem is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("buffer_rate", "14"),
        ("buffer_rate", "-0.5"),
        ("buffer_rate", "0"),
        ("carbon_fraction", "47"),
        ("co2_molar_mass", "440"),
        ("t_one_sided_66_67", "0"),
        ("uncertainty_free_below", "1"),
    ],
)
def test_a_value_out_of_its_limits_is_refused(name: str, value: str) -> None:
    chosen = in_force(load_parameters(), rule_set="vm0015_v1_1", **YEAR)
    with pytest.raises(ProjectError, match="out of its limits"):
        with_overrides(
            chosen, [ParameterOverride(name=name, value=Decimal(value), source="x")], project_id="p", where="y"
        )


def test_a_word_that_is_no_choice_is_refused() -> None:
    chosen = in_force(load_parameters(), rule_set="vm0015_v1_1", **YEAR)
    with pytest.raises(ProjectError, match="none is none of annual, cumulative"):
        with_overrides(
            chosen, [ParameterOverride(name="leakage_floor", choice="none", source="x")], project_id="p", where="y"
        )


def test_the_buffer_rate_has_no_default() -> None:
    chosen = in_force(load_parameters(), rule_set="vm0015_v1_1", **YEAR)
    assert "buffer_rate" not in {row.name for row in with_overrides(chosen, [], project_id="p", where="y")}


@pytest.mark.parametrize("row", [{"value": "", "choice": ""}, {"value": "1", "choice": "x"}, {"value": "one"}])
def test_a_row_that_says_nothing_or_two_things_is_refused_by_its_number(tmp_path: Path, row: dict[str, str]) -> None:
    path = catalogue(
        tmp_path, {"parameter_id": "good", "name": "a", "value": "1"}, {"parameter_id": "bad", "name": "b", **row}
    )
    with pytest.raises(ProjectError, match="row 3"):
        load_parameters(path)


def test_an_override_keeps_its_reason_and_says_who_declared_it() -> None:
    chosen = in_force(load_parameters(), rule_set="vm0015_v1_1", **YEAR)
    override = ParameterOverride(name="buffer_rate", value=Decimal("0.14"), source="risk report 2024")
    declared = {row.name: row for row in with_overrides(chosen, [override], project_id="p", where="project.yaml")}
    assert declared["buffer_rate"].value == Decimal("0.14")
    assert declared["buffer_rate"].parameter_id == "p.buffer_rate"
    assert declared["buffer_rate"].note == "risk report 2024"
    assert declared["buffer_rate"].declared_by == "project"
    assert "ad_uncertainty_u90" not in declared


def test_an_unknown_parameter_is_refused_with_the_known_names() -> None:
    chosen = in_force(load_parameters(), rule_set="vm0015_v1_1", **YEAR)
    override = ParameterOverride(name="bufer_rate", value=Decimal("0.14"), source="x")
    with pytest.raises(ProjectError, match="unknown parameter bufer_rate") as caught:
        with_overrides(chosen, [override], project_id="p", where="project.yaml")
    assert "buffer_rate" in str(caught.value)


def test_a_word_where_a_number_belongs_is_refused() -> None:
    chosen = in_force(load_parameters(), rule_set="vm0015_v1_1", **YEAR)
    override = ParameterOverride(name="buffer_rate", choice="high", source="x")
    with pytest.raises(ProjectError, match="wrong kind of value"):
        with_overrides(chosen, [override], project_id="p", where="project.yaml")


def test_the_catalogue_lies_where_dbt_has_its_seeds() -> None:
    assert PARAMETERS_CSV.parent.name == "seeds"
