"""What a suite must not be: empty, without a row count, doubled, or able to quarantine what has no origin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from expectations.suites import FOLDER, load_suite
from mrv.errors import CheckError


def _suite(dataset: str = "trees") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / f"{dataset}.json").read_text(encoding="utf-8"))
    return content


def _load(folder: Path, content: dict[str, Any], dataset: str = "trees") -> None:
    (folder / f"{dataset}.json").write_text(json.dumps(content), encoding="utf-8")
    load_suite(dataset, folder=folder)


def test_an_empty_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="does not hold"):
        _load(tmp_path, {"dataset": "trees", "expectations": []})


def test_a_suite_without_row_count_is_refused(tmp_path: Path) -> None:
    content = _suite()
    content["expectations"] = [item for item in content["expectations"] if item["meta"]["rule"] != "rows_present"]
    with pytest.raises(CheckError, match="row-count"):
        _load(tmp_path, content)


def test_a_rule_id_that_stands_twice_is_refused(tmp_path: Path) -> None:
    content = _suite()
    content["expectations"].append(content["expectations"][-1])
    with pytest.raises(CheckError, match="twice"):
        _load(tmp_path, content)


def test_an_unknown_key_is_refused(tmp_path: Path) -> None:
    content = _suite()
    content["expectations"][0]["mostly"] = 0.9
    with pytest.raises(CheckError, match="mostly"):
        _load(tmp_path, content)


def test_a_table_rule_cannot_quarantine(tmp_path: Path) -> None:
    content = _suite()
    [rows_present] = [item for item in content["expectations"] if item["meta"]["rule"] == "rows_present"]
    rows_present["severity"] = "error"
    with pytest.raises(CheckError, match="cannot quarantine"):
        _load(tmp_path, content)


def test_rows_without_origin_cannot_be_quarantined(tmp_path: Path) -> None:
    content = _suite("zones")
    content["expectations"][-1]["severity"] = "error"
    with pytest.raises(CheckError, match="no origin"):
        _load(tmp_path, content, "zones")


def test_keep_belongs_to_uniqueness(tmp_path: Path) -> None:
    content = _suite()
    [dbh] = [item for item in content["expectations"] if item["meta"]["rule"] == "dbh_in_range"]
    dbh["meta"]["keep"] = "first"
    with pytest.raises(CheckError, match="keep belongs"):
        _load(tmp_path, content)


def test_order_needs_keep(tmp_path: Path) -> None:
    content = _suite()
    content["expectations"][0]["meta"]["order_by"] = ["tree_id"]
    with pytest.raises(CheckError, match="order_by"):
        _load(tmp_path, content)


def test_a_suite_under_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="another name"):
        _load(tmp_path, _suite("heights"), "trees")


def test_a_suite_of_no_landed_table_is_refused(tmp_path: Path) -> None:
    content = _suite()
    content["dataset"] = "orchards"
    with pytest.raises(CheckError, match="no landed table"):
        _load(tmp_path, content, "orchards")
