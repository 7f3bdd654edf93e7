"""Questions about the demo: what the terminal answers, and every example of the SQL page."""

from __future__ import annotations

import io
import json
from contextlib import closing

from mrv.dataroom import sql_schema
from mrv.dataroom.catalogues import catalogue_of
from mrv.dataroom.queries import tables
from mrv.settings import Settings
from mrv.warehouse.sandbox import Limits, Sandbox
from tests.e2e.demo_home import PROJECT, Demo, mrv


def test_terminal_answers_from_the_current_snapshot(demo_home: Demo) -> None:
    asked = mrv(demo_home.home, "sql", PROJECT, "--format", "json", "select count(*) as n from deforestation_annual")
    assert json.loads(asked.stdout)[0]["n"] > 0, asked.stderr
    assert "emission_reductions" in mrv(demo_home.home, "sql", PROJECT).stdout
    refused = mrv(demo_home.home, "sql", PROJECT, "drop table figures")
    assert (refused.returncode, "only one SELECT" in refused.stderr) == (2, True)
    missing = mrv(demo_home.home, "sql", PROJECT, "--as-of", "mp4-v99", "select 1")
    assert (missing.returncode, "no such version" in missing.stderr) == (1, True)


def test_every_example_has_an_answer(demo_home: Demo) -> None:
    package = catalogue_of(Settings(home=demo_home.home)).package(PROJECT, "mp4", 1)
    found = sql_schema.examples(tables(package).marts)
    assert len(found) >= 10
    snapshot = next((demo_home.home / "snapshots" / PROJECT / "mp4").iterdir())
    with closing(Sandbox()) as sandbox:
        for example in found:
            answer = sandbox.run(snapshot, example.sql, io.BytesIO(), form="json", limits=Limits())
            assert answer.rows, example.title


def test_every_table_says_how_it_is_made(demo_home: Demo) -> None:
    package = catalogue_of(Settings(home=demo_home.home)).package(PROJECT, "mp4", 1)
    ledger = sql_schema.step(package, "emission_reductions")
    assert ledger.kind == "mart"
    assert ledger.parquet is not None
    assert ledger.sql is not None
    assert "creditable_tco2e" in ledger.sql
    for name in ledger.parents:
        assert "emission_reductions" in sql_schema.step(package, name).children
    assert sql_schema.step(package, "landed.plots").parents == ()
