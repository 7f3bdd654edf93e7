"""Two processes that pull the same files into one fresh home: both end well, with the same files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mrv.simulator.fires import COLUMNS
from mrv.simulator.server import Server, Sources
from mrv.store import Store

pytestmark = pytest.mark.integration

ROUNDS = 3
DAYS = 40
PULL = """
import json, sys
from datetime import date, timedelta
from pathlib import Path
from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.project_sources import Files, Firms, TableFile
from mrv.settings import Settings
from mrv.sources import files, firms
from mrv.sources.contract import Request
from mrv.store import Store

home, url, folder, days = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
settings = Settings(home=home, mirrors={"f": url}, http_attempts=1)
first = date(2022, 7, 1)
request = Request(
    project_id="p", window=Span(first, first + timedelta(days=days - 1)), bounds=(-77.5, -7.87, -76.62, -6.61),
    project_folder=folder, store=Store(settings.raw_dir), ledger=Ledger(settings.ledger_address), settings=settings,
)
table = dict(dataset="trees", columns={"plot_id": "p", "tree_id": "t", "dbh_cm": "d"},
             constants={"census_id": "1"}, licence="-", citation="-")
tables = tuple(TableFile(path=path.name, **table) for path in sorted(folder.glob("*.csv")))
print("ready", flush=True)
sys.stdin.readline()
fires = firms.pull(Firms(connector="firms", name="f", collections=("VIIRS_SNPP_SP",), days_per_request=1), request)
trees = files.pull(Files(connector="files", name="t", root=".", tables=tables), request)
print(json.dumps([item.sha256 for item in (*fires, *trees)]))
"""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    row = "-7.10000,-77.20000,330.5,0.4,0.5,2022-07-{day:02d},634,N,VIIRS,n,2,290.1,5.5,D,0"
    lines = [",".join(COLUMNS), *(row.format(day=day) for day in range(1, 32))]
    (tmp_path / "fires.csv").write_text("\n".join(lines) + "\n")
    server = Server(Sources(seed=1, rasters=tmp_path, fires=tmp_path / "fires.csv", submissions={}))
    server.start()
    yield server.url
    server.stop()


def test_two_processes_pull_the_same_files_into_a_fresh_home(tmp_path: Path, url: str) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    for number in range(DAYS):
        (folder / f"{number:02d}.csv").write_text(f"p,t,d\n{number},1,20.5\n")
    for turn in range(ROUNDS):
        home = tmp_path / f"home-{turn}"
        command = [sys.executable, "-c", PULL, str(home), url, str(folder), str(DAYS)]
        runs = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        for run in runs:
            assert run.stdout is not None
            if run.stdout.readline() != "ready\n":
                pytest.fail(run.communicate(timeout=60)[1][-2000:])
        for run in runs:
            assert run.stdin is not None
            run.stdin.write("go\n")
            run.stdin.flush()
        try:
            ends = [run.communicate(timeout=60) for run in runs]
        finally:
            for run in runs:
                run.kill()
        assert [run.returncode for run in runs] == [0, 0], "\n".join(error[-400:] for _, error in ends)
        one, other = (json.loads(out) for out, _ in ends)
        assert one == other
        assert len(one) == 2 * DAYS
        store = Store(home / "raw")
        assert sorted(path.name for path in store.root.glob("??/*")) == sorted(set(one))
        assert list(store.damaged()) == []
        assert list(store.incoming.iterdir()) == []
