"""Five minutes of a busy day: verifiers browsing, downloads of 1 GiB and analysts querying at the same time."""

from __future__ import annotations

import asyncio
import statistics
import threading
import time

import pytest

from benchmarks.data_room_load import PAGES, VERSION, browse, downloading, most_memory, package_of
from mrv.dataroom.permissions import Role
from tests.integration.dataroom.sites import PROJECT, running

pytestmark = pytest.mark.integration
SECONDS, VERIFIERS, DOWNLOADS, ANALYSTS = 300.0, 20, 4, 2
P95_S, MEMORY_BYTES = 0.3, 600 * 10**6
QUERY = "select count(*) as n, sum(a.range * b.range) as total from range(2000) a, range(2000) b"


def test_pages_stay_quick_and_memory_small_for_five_minutes(tmp_path):
    """No request fails, the 95th percentile of pages stays below 300 ms and all processes together below 600 MB."""
    package_of(tmp_path, 1024)
    with running(tmp_path) as room:
        port = int(room.url.rsplit(":", 1)[1])
        cookies = [f"Cookie: __Host-mrv={room.person(Role.VERIFIER)[1]}" for _ in range(VERIFIERS)]
        archive = room.signed_in(Role.VERIFIER).get(f"/api/v1{VERSION}/files").json()["archive"]
        for page in PAGES:
            room.signed_in(Role.VERIFIER).get(page).raise_for_status()
        statuses: list[int] = []
        end = time.monotonic() + SECONDS

        def ask() -> None:
            client = room.signed_in(Role.ANALYST)
            while time.monotonic() < end:
                statuses.append(client.post(f"/api/v1/projects/{PROJECT}/sql", json={"sql": QUERY}).status_code)
                time.sleep(1)

        analysts = [threading.Thread(target=ask) for _ in range(ANALYSTS)]
        path = f"{VERSION}/files/{archive['file_id']}"
        with most_memory(room.process.pid) as memory, downloading(port, path, cookies[:DOWNLOADS]) as rates:
            for analyst in analysts:
                analyst.start()
            times = asyncio.run(browse(port, cookies, SECONDS, 1.0))
            for analyst in analysts:
                analyst.join()
    told = {
        "p95": statistics.quantiles(times, n=100)[94],
        "memory": max(memory),
        "rates": rates,
        "queries": len(statuses),
    }
    assert set(statuses) == {200}, told
    assert all(rates), told
    assert told["p95"] < P95_S, told
    assert told["memory"] < MEMORY_BYTES, told
