"""The period ledger: steps with leases, snapshots by compare-and-swap, package versions, waivers."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mrv.errors import LedgerError
from mrv.ledger import Artifact, Ledger, Package, content_key

STEP = {"project": "p", "period": "mp1", "stage": "check", "dataset": "trees", "inputs": {"table": "abc"}}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'home' / 'ledger.sqlite'}")
    yield opened
    opened.close()


def artifact(**changes: object) -> Artifact:
    values = {
        "project": "p", "source": "hansen", "dataset": "raster", "product": "hansen_gfc", "version": "GFC-2024-v1.12",
        "layer": "lossyear", "address": "hansen_gfc/lossyear/00N_080W", "url": "http://localhost/x", "sha256": "a" * 64,
        "bytes": 3, "media_type": "image/tiff", "etag": '"1"', "last_modified": None, "licence": "CC BY 4.0",
        "citation": "Hansen et al. 2013", "simulated": True, "retrieved_at": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
    return Artifact(**{**values, **changes})  # type: ignore[arg-type]


def test_a_finished_step_is_found_and_a_failed_one_is_not(ledger: Ledger) -> None:
    with ledger.running("good", **STEP) as result:
        result["rows"] = [10, 9, 1]
    with pytest.raises(ZeroDivisionError), ledger.running("bad", **STEP):
        _ = 1 / 0
    finished = ledger.finished("good")
    assert finished is not None
    assert finished.result == {"rows": [10, 9, 1]}
    assert ledger.finished("bad") is None
    assert {row["key"]: row["status"] for row in ledger.history("p")} == {"good": "done", "bad": "failed"}
    assert "ZeroDivisionError" in next(row["error"] for row in ledger.history("p") if row["key"] == "bad")


def test_a_running_step_is_refused_to_a_second_holder(ledger: Ledger) -> None:
    with (
        ledger.running("key", **STEP),
        pytest.raises(LedgerError, match="already running"),
        ledger.running("key", **STEP),
    ):
        pass


def test_the_lease_of_a_dead_process_is_taken_over(ledger: Ledger, tmp_path: Path) -> None:
    code = (
        "import os, sys; from mrv.ledger import Ledger; l = Ledger(sys.argv[1]);"
        "c = l.running('key', project='p', period='mp1', stage='check', dataset='trees', inputs={});"
        "c.__enter__(); os._exit(9)"
    )
    died = subprocess.run([sys.executable, "-c", code, str(ledger.engine.url)], check=False)
    assert died.returncode == 9
    with ledger.running("key", **STEP) as result:
        result["taken"] = "over"
    finished = ledger.finished("key")
    assert finished is not None
    assert finished.result == {"taken": "over"}


def test_publishing_the_same_snapshot_again_changes_nothing(ledger: Ledger) -> None:
    one = {"project": "p", "period": "mp1", "snapshot_id": "s1", "path": "snapshots/s1"}
    assert ledger.publish_snapshot(**one) is True
    assert ledger.publish_snapshot(**one) is False
    assert ledger.publish_snapshot(**{**one, "snapshot_id": "s2"}) is True
    current = ledger.current_snapshot("p", "mp1")
    assert current is not None
    assert (current["snapshot_id"], current["version"]) == ("s2", 2)


def test_a_package_version_exists_once(ledger: Ledger) -> None:
    package = Package("p", "mp1", 1, "content", "s1", "packages/p", "f" * 128, "")
    assert ledger.record_package(package).created_at
    with pytest.raises(LedgerError, match="exists already"):
        ledger.record_package(package)
    latest = ledger.latest_package("p", "mp1")
    assert latest is not None
    assert (latest.version, latest.content_key) == (1, "content")
    assert ledger.latest_package("p", "mp2") is None


def test_content_that_comes_back_is_a_version_of_its_own(ledger: Ledger) -> None:
    for version, content in ((1, "a"), (2, "b"), (3, "a")):
        ledger.record_package(Package("p", "mp1", version, content, "s", "packages/p", "f" * 128, ""))
    latest = ledger.latest_package("p", "mp1")
    assert latest is not None
    assert (latest.version, latest.content_key) == (3, "a")


def test_a_package_tells_of_the_first_time_the_bytes_came(ledger: Ledger) -> None:
    first, again = artifact(), artifact(retrieved_at="2026-02-01T00:00:00+00:00")
    for item in (first, artifact(sha256="b" * 64), again):
        ledger.record_retrieval(item)
    assert ledger.first_retrieval(again) == first
    assert ledger.first_retrieval(artifact(address="never recorded")).address == "never recorded"


def test_the_last_retrieval_of_an_address_counts_per_project(ledger: Ledger) -> None:
    ledger.record_retrieval(artifact())
    ledger.record_retrieval(artifact(sha256="b" * 64))
    ledger.record_retrieval(artifact(project="q", sha256="c" * 64))
    last = ledger.last_retrieval("p", "hansen_gfc/lossyear/00N_080W")
    assert last is not None
    assert last.sha256 == "b" * 64
    assert ledger.last_retrieval("p", "elsewhere") is None


def test_a_waiver_needs_a_name_and_a_reason(ledger: Ledger) -> None:
    waiver = {"project": "p", "period": "mp1", "dataset": "trees", "rule": "dbh_in_range"}
    with pytest.raises(LedgerError, match="a name and a reason"):
        ledger.waive(**waiver, waived_by="A. Auditor", reason=" ")
    ledger.waive(**waiver, waived_by="A. Auditor", reason="instrument checked")
    assert ledger.waivers("p", "mp1") == {("trees", "dbh_in_range"): ("A. Auditor", "instrument checked")}


def test_a_key_does_not_depend_on_the_order_of_its_parts() -> None:
    assert content_key({"a": 1, "b": [1, 2]}) == content_key({"b": [1, 2], "a": 1})
    assert content_key({"a": 1}) != content_key({"a": 2})
