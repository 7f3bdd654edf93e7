"""One tile, a few fires and a form, served on loopback with whatever faults a test wants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

import pytest

from mrv.files import hash_file
from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.project_sources import Firms, Kobo, RasterTiles
from mrv.settings import Settings
from mrv.simulator.faults import Faults
from mrv.simulator.fires import COLUMNS
from mrv.simulator.server import HANSEN_ROOT, Server, Sources
from mrv.sources import fetch, raster_tiles
from mrv.sources.attempts import Policy
from mrv.sources.contract import Request
from mrv.store import Store

VERSION = "GFC-2024-v1.12"
SIZE = 600_000
EMPTY_TIFF = b"II*\x00\x08\x00\x00\x00" + bytes(6)
"""A header and a directory of no entries: what follows belongs to nothing, and nothing is missing."""
HANSEN = RasterTiles(connector="raster_tiles", name="h", product="hansen_gfc", version=VERSION, layers=("lossyear",))
FIRES = Firms(connector="firms", name="f", collections=("VIIRS_SNPP_SP",), days_per_request=5)
PLOTS = Kobo(connector="kobo", name="k", asset="aX", form="forest_plot_census", page_size=2)
ASSET_PATH = "/api/v2/assets/aX/data/"


@dataclass
class Place:
    request: Request
    faults: Faults
    tile: Path
    waits: list[float]

    def tile_requests(self) -> list[tuple[dict[str, str], int]]:
        return [(headers, status) for path, headers, status in self.faults.requests if HANSEN_ROOT in path]

    def stored(self) -> list[str]:
        return sorted(path.name for path in self.request.store.root.glob("??/*"))

    def left_over(self) -> list[Path]:
        return sorted(self.request.store.incoming.iterdir())


@contextmanager
def serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Serve one tile, two fires and five submissions, and hold a request to them."""
    folder = tmp_path / "world"
    tile = folder / "rasters" / VERSION / f"Hansen_{VERSION}_lossyear_00N_080W.tif"
    tile.parent.mkdir(parents=True)
    tile.write_bytes(EMPTY_TIFF + Random(1).randbytes(SIZE - len(EMPTY_TIFF)))
    row = "-7.10000,-77.20000,330.5,0.4,0.5,2022-07-03,634,N,VIIRS,n,2,290.1,5.5,D,0"
    (folder / "fires.csv").write_text("\n".join((",".join(COLUMNS), row, row.replace("-07-03", "-07-09"))) + "\n")
    submissions = [
        {
            "_id": number,
            "meta/rootUuid": f"uuid:r{number}",
            "_submission_time": "2022-08-01T10:00:00",
            "plot/plot_id": f"P{number}",
            "plot/census_id": "2022",
            "plot/area_ha": "0.5",
        }
        for number in range(1, 6)
    ]
    faults = Faults()
    server = Server(
        Sources(
            seed=1,
            rasters=folder / "rasters",
            fires=folder / "fires.csv",
            submissions={"aX": submissions},
            faults=faults,
        )
    )
    server.start()
    settings = Settings(
        home=tmp_path / "home",
        mirrors={"h": f"{server.url}/{HANSEN_ROOT}", "f": server.url, "k": server.url},
        http_timeout_s=0.5,
        firms_map_key="s3cr3t+key",
        kobo_token="t0k3n",
    )
    waits: list[float] = []
    monkeypatch.setattr(fetch, "Policy", lambda attempts, max_bytes: Policy(attempts, max_bytes, sleep=waits.append))
    request = Request(
        project_id="p",
        window=Span(date(2022, 7, 2), date(2022, 7, 11)),
        bounds=(-77.5, -7.87, -76.62, -6.61),
        project_folder=tmp_path,
        store=Store(settings.raw_dir),
        ledger=Ledger(f"sqlite:///{tmp_path}/ledger.sqlite"),
        settings=settings,
    )
    yield Place(request, faults, tile, waits)
    request.ledger.close()
    server.stop()


def pull_tile(place: Place):
    (artifact,) = raster_tiles.pull(HANSEN, place.request)
    assert hash_file(place.request.store.get(artifact.sha256)) == artifact.sha256
    assert place.left_over() == []
    return artifact
