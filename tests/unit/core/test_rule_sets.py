"""A project under several rule sets: whose parameter an override is, and what somebody has confirmed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mrv.errors import ProjectError
from mrv.parameters import Parameter, in_force, load_parameters
from mrv.project import LoadedProject, load_project
from mrv.project_rules import ParameterOverride
from mrv.rule_sets import account_parameters, declared_parameters, primary_parameters, used_parameters
from mrv.scaffold import scaffold
from mrv.stages.accounts import account_rows
from mrv.stages.validate import check_project
from mrv.stages.validate_parameters import parameter_notes

SEEN = {"confirmed_by": "A. Methodologist", "confirmed_on": "2026-11-20", "document": "Guidelines, volume 4, table 4.3"}
Make = Callable[..., LoadedProject]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def build(**keys: Any) -> LoadedProject:
        folder = Path(mkdtemp(dir=tmp_path)) / "project"
        scaffold(folder)
        file = folder / "project.yaml"
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        content["parameters"] += keys.pop("more", [])
        content.update(keys)
        file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return load_project(folder)

    return build


def rows(project: LoadedProject, rule_set: str) -> dict[str, Parameter]:
    period = project.definition.monitoring_periods[0]
    first = period.vintages[0].year
    return {row.name: row for row in account_parameters(project, period)[(rule_set, first)]}


def refused(project: LoadedProject) -> ProjectError:
    with pytest.raises(ProjectError) as caught:
        account_parameters(project, project.definition.monitoring_periods[0])
    assert caught.value.where
    assert caught.value.remedy
    return caught.value


def test_a_project_has_an_account_under_each_rule_set(make: Make) -> None:
    project = make(also_under=["art_trees_2", "fcpf_cf"])
    period = project.definition.monitoring_periods[0]
    parameters = account_parameters(project, period)
    landed = account_rows(project, period, parameters)
    assert [(row["rule_set"], row["is_primary"]) for row in landed["accounts"]] == [
        ("vm0015_v1_1", True),
        ("art_trees_2", False),
        ("fcpf_cf", False),
    ]
    assert {row["rule_set"] for row in landed["account_parameters"]} == {"vm0015_v1_1", "art_trees_2", "fcpf_cf"}
    ids = {row.parameter_id for row in used_parameters(parameters)}
    assert {row["parameter_id"] for row in landed["account_parameters"]} == ids
    assert {row.parameter_id for row in primary_parameters(project, period)} < ids


def test_a_rate_of_one_programme_is_not_taken_for_that_of_another(make: Make) -> None:
    project = make(also_under=["vm0007_v1_6", "art_trees_2"])
    assert rows(project, "vm0015_v1_1")["buffer_rate"].parameter_id == "my_project.buffer_rate"
    assert rows(project, "vm0007_v1_6")["buffer_rate"].parameter_id == "my_project.buffer_rate"
    assert "buffer_rate" not in rows(project, "art_trees_2")


def test_an_override_may_name_its_rule_set(make: Make) -> None:
    own = {"name": "buffer_rate", "rule_set": "art_trees_2", "value": 0.25, "source": "TREES registration"}
    project = make(also_under=["art_trees_2"], more=[own])
    declared = rows(project, "art_trees_2")["buffer_rate"]
    assert (declared.parameter_id, declared.value) == ("my_project.art_trees_2.buffer_rate", Decimal("0.25"))
    assert declared.standard == "ART"
    assert rows(project, "vm0015_v1_1")["buffer_rate"].value == Decimal("0.14")


def test_an_override_that_names_a_rule_set_goes_before_one_that_names_none(make: Make) -> None:
    both = [
        {"name": "loss_notice_days", "value": 20, "source": "x"},
        {"name": "loss_notice_days", "rule_set": "fcpf_cf", "value": 10, "source": "x"},
    ]
    project = make(also_under=["fcpf_cf"], more=both)
    assert rows(project, "vm0015_v1_1")["loss_notice_days"].value == 20
    assert rows(project, "fcpf_cf")["loss_notice_days"].parameter_id == "my_project.fcpf_cf.loss_notice_days"
    assert refused(make(more=[both[0], both[0]])).message == "parameter loss_notice_days is declared twice"


def test_a_name_that_one_other_rule_set_has_needs_no_word(make: Make) -> None:
    project = make(also_under=["fcpf_cf"], more=[{"name": "title_share", "value": 1, "source": "x"}])
    assert rows(project, "fcpf_cf")["title_share"].value == 1
    assert "title_share" not in rows(project, "vm0015_v1_1")


def test_a_row_that_changed_with_the_years_keeps_its_years(make: Make) -> None:
    project = make(more=[{"name": "gwp_ch4", "value": 27, "source": "x"}])
    assert rows(project, "vm0015_v1_1")["gwp_ch4"].parameter_id == "my_project.gwp_ch4.ar5"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"also_under": ["vm9999"]}, "unknown rule set vm9999"),
        ({"also_under": ["vm0015_v1_1"]}, "a project is computed twice under one rule set"),
        ({"more": [{"name": "title_share", "value": 1, "source": "x"}]}, "unknown parameter title_share"),
        (
            {"more": [{"name": "title_share", "rule_set": "fcpf_cf", "value": 1, "source": "x"}]},
            "parameter title_share is declared for a rule set that the project is not computed under",
        ),
        (
            {
                "also_under": ["fcpf_cf"],
                "more": [{"name": "carbon_fraction", "rule_set": "fcpf_cf", "value": 0.5, "source": "x"}],
            },
            "parameter carbon_fraction cannot have a value of its own under one rule set",
        ),
        (
            {"rule_set": "art_trees_2", "also_under": ["vm0007_v1_6", "vm0015_v1_1"], "parameters": []}
            | {"more": [{"name": "displacement_factor", "value": 0.1, "source": "x"}]},
            "unknown parameter displacement_factor",
        ),
    ],
)
def test_a_parameter_of_another_rule_set_is_refused(make: Make, keys: dict[str, Any], message: str) -> None:
    if "parameters" in keys:
        keys["parameters"] = keys.pop("more")
        message = "several rule sets have the parameter displacement_factor, the primary one has not"
    assert refused(make(**keys)).message == message


def confirm(parameter_id: str, **seen: Any) -> list[dict[str, Any]]:
    return [{"parameter_id": parameter_id, **seen, **SEEN}]


def test_a_confirmation_says_who_saw_it_when_and_where(make: Make) -> None:
    project = make(confirmations=confirm("common.carbon_fraction", value=0.470))
    row = rows(project, "vm0015_v1_1")["carbon_fraction"]
    assert (row.status, row.confirmed_by, str(row.confirmed_on)) == ("confirmed", SEEN["confirmed_by"], "2026-11-20")
    assert row.confirmed_in == SEEN["document"]
    assert row.declared_by == "catalogue"


def test_a_rule_and_what_the_project_declares_can_be_confirmed(make: Make) -> None:
    project = make(
        confirmations=confirm("vm0015_v1_1.rounding", choice="floor") + confirm("my_project.buffer_rate", value=0.14)
    )
    assert rows(project, "vm0015_v1_1")["rounding"].status == "confirmed"
    assert rows(project, "vm0015_v1_1")["buffer_rate"].declared_by == "project"
    assert rows(project, "vm0015_v1_1")["buffer_rate"].status == "confirmed"


def test_a_row_of_other_years_may_be_confirmed_too(make: Make) -> None:
    project = make(confirmations=confirm("common.gwp_ch4.ar4", value=25))
    assert rows(project, "vm0015_v1_1")["gwp_ch4"].status == "unconfirmed"


def test_a_confirmation_of_another_value_is_refused_with_both(make: Make) -> None:
    error = refused(make(confirmations=confirm("common.carbon_fraction", value=0.5)))
    assert error.message == "what was confirmed of common.carbon_fraction is not what is in force"
    assert "0.5" in str(error.expected)
    assert "0.47" in str(error.found)
    assert "look it up again" in str(error.remedy)


@pytest.mark.parametrize(
    ("confirmations", "message"),
    [
        (confirm("common.carbon_fracton", value=0.47), "the parameter common.carbon_fracton is confirmed but not used"),
        # The project's own value took the place of this row.
        (confirm("common.buffer_rate", value=0.14), "the parameter common.buffer_rate is confirmed but not used"),
        (confirm("common.carbon_fraction", value=0.47) * 2, "a parameter is confirmed twice"),
        (
            confirm("vm0015_v1_1.rounding", value=1),
            "what was confirmed of vm0015_v1_1.rounding is not what is in force",
        ),
    ],
)
def test_a_confirmation_that_fits_nothing_is_refused(
    make: Make, confirmations: list[dict[str, Any]], message: str
) -> None:
    assert refused(make(confirmations=confirmations)).message == message


def test_a_confirmation_needs_a_name_a_day_and_what_was_seen(make: Make) -> None:
    for key in ("confirmed_by", "confirmed_on", "document", "value"):
        (given,) = confirm("common.carbon_fraction", value=0.47)
        del given[key]
        with pytest.raises(ProjectError, match=r"confirmations\.0"):
            make(confirmations=[given])


def test_check_lists_every_problem_of_parameters_at_once(make: Make) -> None:
    project = make(
        more=[
            {"name": "bufer_rate", "value": 0.1, "source": "x"},
            {"name": "carbon_fraction", "value": 47, "source": "x"},
            {"name": "loss_notice_days", "value": 10, "source": "x"},
        ],
        confirmations=confirm("common.litter_ratio", value=0.5) + confirm("my_project.loss_notice_days", value=10),
    )
    assert [problem.message for problem in check_project(project.folder).problems] == [
        "unknown parameter bufer_rate",
        "parameter carbon_fraction is out of its limits",
        "what was confirmed of common.litter_ratio is not what is in force",
    ]


def test_check_counts_what_nobody_has_confirmed(make: Make) -> None:
    def count(project: LoadedProject) -> int:
        (note,) = parameter_notes(project)
        return int(note.split()[0])

    before = count(make())
    assert count(make(confirmations=confirm("common.carbon_fraction", value=0.47))) == before - 1


CHANGEABLE = sorted({row.name for row in load_parameters() if row.rule_set in ("common", "vm0015_v1_1")})


@given(st.data())
def test_whatever_a_project_declares_one_row_is_in_force_for_each_name(data: st.DataObject) -> None:
    """Of any choice of declarations that are within their limits: each is in force, and no other row changed."""
    catalogue = {row.name: row for row in load_parameters() if row.rule_set in ("common", "vm0015_v1_1")}
    names = data.draw(st.lists(st.sampled_from(CHANGEABLE), unique=True, max_size=6))
    overrides = []
    for name in names:
        row = catalogue[name]
        choice = data.draw(st.sampled_from(row.choices)) if row.choices else None
        overrides.append(ParameterOverride(name=name, choice=choice, value=None if choice else row.minimum, source="x"))
    held = declared_parameters(
        "p", ["vm0015_v1_1", "fcpf_cf"], overrides, catalogue=load_parameters(), where="project.yaml"
    )
    chosen = in_force(held["vm0015_v1_1"], rule_set="vm0015_v1_1", start=date(2022, 1, 1), end=date(2022, 12, 31))
    assert len({row.name for row in chosen}) == len(chosen)
    by_name = {row.name: row for row in chosen}
    for override in overrides:
        row = by_name[override.name]
        assert (row.value, row.choice, row.declared_by) == (override.value, override.choice, "project")
    assert {row.name for row in chosen if row.declared_by == "project"} == set(names)
    ids = [row.parameter_id for rows in held.values() for row in {row.parameter_id: row for row in rows}.values()]
    shared = {row.parameter_id for row in held["vm0015_v1_1"]} & {row.parameter_id for row in held["fcpf_cf"]}
    assert len(ids) - len(shared) == len(set(ids)), "one id is one row"


BASELINES = [
    ({"mode": "reference_average"}, "needs reference years"),
    ({"mode": "annual_table", "reference": {"first_year": 2010, "last_year": 2019}}, "takes no reference years"),
    ({"mode": "crediting_level", "reference": {"first_year": 2019, "last_year": 2010}}, "is before first_year"),
    ({"mode": "crediting_level", "reference": {"first_year": 2010, "last_year": 2014}}, "has no areas"),
    ({"valid_to": "2021-12-31"}, "is before valid_from"),
]


@pytest.mark.parametrize(("change", "message"), BASELINES)
def test_a_baseline_that_contradicts_itself_is_refused(make: Make, change: dict[str, Any], message: str) -> None:
    version = {"version": "b1", "valid_from": "2022-01-01", "valid_to": "2027-12-31", "file": "b.csv", "document": "x"}
    with pytest.raises(ProjectError, match=message):
        make(baseline=[{**version, **change}])


def test_the_mean_of_reference_years_is_a_table_of_those_years(make: Make) -> None:
    reference = {"first_year": 2019, "last_year": 2020}
    version = {"version": "b1", "valid_from": "2022-01-01", "valid_to": "2027-12-31", "document": "x"}
    project = make(
        baseline=[{**version, "mode": "reference_average", "reference": reference, "file": "baseline/b1.csv"}]
    )
    found = {problem.message for problem in check_project(project.folder).problems}
    assert "a baseline row lies outside the version's reference years" in found
    (project.folder / "baseline" / "b1.csv").write_text(
        "zone_id,stratum_id,year,area_ha\npa,lowland,2019,10\n", encoding="utf-8"
    )
    lacking = [problem for problem in check_project(project.folder).problems if "lacks years" in problem.message]
    assert "pa: 2020" in str(lacking[0].found)
