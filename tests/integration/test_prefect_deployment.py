"""The deployment of `prefect.yaml` against a real Prefect server, run by a real worker."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mrv.settings import REPOSITORY
from tests.integration.dask_cluster import cluster

pytestmark = pytest.mark.integration
PREFECT = str(Path(sys.executable).with_name("prefect"))
NAME = "monitor-period/monitor-biocorredor"
WATCH = "watch-versions/watch-biocorredor"


class Server:
    """A Prefect server of our own, and the commands that talk to it."""

    def __init__(self, home: Path, port: int) -> None:
        self.api = f"http://127.0.0.1:{port}/api"
        self.environment = {
            **os.environ,
            "PREFECT_HOME": str(home),
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        }

    def run(self, *words: str, **more: str) -> str:
        done = subprocess.run(
            [PREFECT, "--no-prompt", *words],
            cwd=REPOSITORY,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path_factory.mktemp("prefect")
    made = Server(home, port)
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            [PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)],
            env={name: value for name, value in made.environment.items() if name != "PREFECT_API_URL"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(made.api, process)
            yield made
        finally:
            process.terminate()
            process.wait(30)


def wait_for(api: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert process.poll() is None, "the Prefect server ended"
        try:
            if httpx.get(f"{api}/health", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    pytest.fail("the Prefect server did not start within two minutes")


def test_a_deployed_period_runs_on_a_worker(server: Server, site: Any, tmp_path: Path) -> None:
    server.run("work-pool", "create", "mrv", "--type", "process")
    for _ in range(2):  # deploying again must not double the schedule
        server.run("deploy", "--all")
    deployment = httpx.get(f"{server.api}/deployments/name/{NAME}", timeout=10).json()
    assert [schedule["slug"] for schedule in deployment["schedules"]] == ["weekly"]
    assert deployment["schedules"][0]["schedule"]["timezone"] == "America/Lima"
    assert deployment["global_concurrency_limit"]["limit"] == 1

    settings = {"MRV_HOME": str(site.home), "MRV_MIRRORS": json.dumps(dict(site.world.mirrors))}
    with cluster(tmp_path) as (address, _), (tmp_path / "worker.log").open("w") as log:
        worker = subprocess.Popen(
            [PREFECT, "worker", "start", "--pool", "mrv", "--type", "process"],
            cwd=REPOSITORY,
            env={**server.environment, **settings, "MRV_DASK_ADDRESS": address},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            parameters = {"project": str(site.project), "period": "mp1"}
            server.run("deployment", "run", NAME, "--watch", "--params", json.dumps(parameters))
            server.run("deployment", "run", WATCH, "--watch", "--params", json.dumps({**parameters, "measure": True}))
        finally:
            worker.terminate()
            worker.wait(60)
    artifacts = httpx.post(f"{server.api}/artifacts/filter", json={"limit": 50}, timeout=10).json()
    tables = {item["key"]: json.loads(item["data"]) for item in artifacts if item["type"] == "table"}
    assert [row["vintage"] for row in tables["small-mp1-emission-reductions"]] == ["2022", "2023"]
    assert {row["zone"] for row in tables["small-mp1-forest"]} >= {"pa", "lb", "rr"}
    assert list(site.settings.packages_dir.rglob("VP-small-mp1-v1"))
    seen = [(row["source"], row["status"], row["what"]) for row in tables["small-watch-findings"]]
    assert ("hansen", "same", "3 file(s)") in seen
    assert ("hansen", "not available", "all of it") in seen
    query = {"task_runs": {"name": {"like_": "measure tile"}}}
    tiles = httpx.post(f"{server.api}/task_runs/filter", json=query, timeout=10).json()
    assert tiles, "tiles are tasks of the flow's run, done on the cluster"
    assert {run["state_type"] for run in tiles} == {"COMPLETED"}
