"""The catalogue of monitored parameters: complete rows for each rule set, in both languages, with keys that are known."""

from __future__ import annotations

import csv
import re

import pytest

from mrv.monitored_parameters import MONITORED_CSV, RULE_SETS_CSV, monitored_parameter_rows
from mrv.parameters import load_parameters, rule_sets
from mrv.schemas import DATASETS

RULE_SETS = rule_sets(load_parameters())
PURPOSES = {"baseline emissions", "project emissions", "leakage emissions", "risk rating"}


@pytest.mark.parametrize("rule_set", RULE_SETS)
def test_each_rule_set_has_a_table_that_can_be_landed(rule_set: str) -> None:
    rows = monitored_parameter_rows("p", [rule_set])
    table = DATASETS["monitored_parameters"].table(rows)
    assert table.num_rows == len(rows) > 10
    assert len({row["data_parameter"] for row in rows}) == len(rows)
    for row in rows:
        assert row["purpose_of_data"] in PURPOSES, row["data_parameter"]
        assert row["stage"] in {"monitored", "validation"}
        assert (row["justification_of_choice"] is None) == (row["stage"] == "monitored"), row["data_parameter"]


def test_both_catalogues_name_the_same_rule_sets() -> None:
    with RULE_SETS_CSV.open(encoding="utf-8", newline="") as stream:
        assert sorted(row["rule_set"] for row in csv.DictReader(stream)) == RULE_SETS
    with MONITORED_CSV.open(encoding="utf-8", newline="") as stream:
        named = {name for row in csv.DictReader(stream) for name in row["rule_sets"].split("|")}
    assert named == set(RULE_SETS)


def test_a_parameter_that_is_read_from_the_rules_is_one_of_its_rule_set() -> None:
    names = {(row.rule_set, row.name) for row in load_parameters()}
    for rule_set in RULE_SETS:
        for row in monitored_parameter_rows("p", [rule_set]):
            key = row["value_key"] or ""
            if key.startswith("parameter."):
                name = key.removeprefix("parameter.")
                assert {(rule_set, name), ("common", name)} & names, row["data_parameter"]


def test_the_list_of_the_newest_methodology_is_whole() -> None:
    """The parameters of section 2.3's published list, by the part of their names that cannot be read otherwise."""
    listed = [
        *("A_PA-Udef", "A_J", "DLF", "EA_EF,t", "t_α=10%", "t_α=66.67%", "A_available", "A_i", "A_PSF", "AD_LB-UDef,r"),
        *("AD_PA-UDef", "A_ss", "Count_UDef,ss", "Count_SF,ss", "Count_SNF,ss", "Count_Reg,ss", "Count_ss", "t_start"),
        *("MPL", "E_BSL,FC,i,t", "E_MP,FC,i,t", "E_BSL,BiomassBurn,i,t", "C_AB_tree,i", "C_BB_tree,i", "C_p,i"),
        *("ΔC_LK-ME", "ΔC_OLB,t", "EC_stocks,LMZ,t", "PROP_MIG", "Buffer%"),
    ]
    rows = [row["data_parameter"] for row in monitored_parameter_rows("p", ["vm0048_v1_0"])]
    assert [name for name in listed if not any(row.startswith(name) for row in rows)] == []


def test_the_spanish_is_not_the_english() -> None:
    for row in monitored_parameter_rows("p", RULE_SETS):
        assert row["description_es"] != row["description"]
        assert not re.search(r"\b(the|of|by)\b", row["description_es"])
