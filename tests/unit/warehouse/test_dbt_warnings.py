"""What a warning of dbt says to a reader."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from mrv.settings import REPOSITORY
from mrv.warehouse.build import _raise_for_failures

TESTS = REPOSITORY / "dbt_project" / "tests"


def test_a_warning_is_the_description_of_its_test(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ids = ("test.mrv.told", "test.mrv.untold")
    results = [{"unique_id": name, "status": "warn", "message": "Got 1 result"} for name in ids]
    nodes = {ids[0]: {"description": "The period ends with a net loss."}, ids[1]: {"description": ""}}
    (tmp_path / "run_results.json").write_text(json.dumps({"results": results}))
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    with caplog.at_level(logging.WARNING):
        _raise_for_failures(CompletedProcess([], 0, "", ""), tmp_path)
    assert caplog.messages == ["The period ends with a net loss.", "test untold: Got 1 result"]


def test_every_test_that_warns_has_its_sentence() -> None:
    warning = {
        file.stem for file in TESTS.glob("*.sql") if re.search(r"severity='warn'", file.read_text(encoding="utf-8"))
    }
    told = yaml.safe_load((TESTS / "_tests.yml").read_text(encoding="utf-8"))["data_tests"]
    assert warning
    assert {item["name"] for item in told} == warning
    assert all(item["description"].endswith(".") for item in told)
