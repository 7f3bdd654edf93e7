"""Loopback servers that speak the protocols of the real sources: Google Cloud Storage, GFW, FIRMS, STAC, KoboToolbox, ODK Central."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrv.files import hash_file
from mrv.simulator.answers import Answer, Content, asked
from mrv.simulator.faults import Fault, Faults
from mrv.simulator.fires import COLLECTIONS
from mrv.simulator.form_server import FormServer

HANSEN_ROOT = "earthenginepartners-hansen"
GFW_ROOT = "dataset"
PRODUCTS_ROOT = "products"
STAC_ROOT = "stac"
MAX_DAYS = 10
MAX_PAGE = 1000
START_TIMEOUT_S = 20.0


class Sources:
    """What the servers serve.

    Args:
        seed: Named in every answer.
        rasters: Folder with `<version>/<file>` of Global Forest Change.
        products: Folder with `<product>/<path>` of other products, where there are any.
        alerts: Folder with `<product>/<version>/<tile>.tif` of Global Forest Watch, where there are alerts.
        scenes: Folder with `<source>/items.json` and `<source>/images`, where there are scenes.
        fires: CSV of all detections.
        submissions: Submissions of KoboToolbox by asset, sorted by `_id`.
        odk_submissions: Submissions of ODK Central by `<project number>/<form id>`, newest first, where there are any.
        attachments: Bytes of attachments of either by file name, where there are any.
        faults: Misbehaviour for tests.
    """

    def __init__(
        self,
        *,
        seed: int,
        rasters: Path,
        fires: Path,
        submissions: Mapping[str, Sequence[Mapping[str, Any]]],
        alerts: Path | None = None,
        products: Path | None = None,
        scenes: Path | None = None,
        odk_submissions: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        attachments: Mapping[str, bytes] | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.seed = seed
        self.rasters = rasters.resolve()
        self.alerts = (alerts or rasters).resolve()
        self.products = (products or rasters).resolve()
        self.scenes = (scenes or rasters).resolve()
        self.faults = faults or Faults()
        self.forms = FormServer(
            submissions,
            odk_submissions or {},
            attachments or {},
            faults=self.faults,
            answer=self._answer,
            refuse=self._refuse,
        )
        self._files: dict[tuple[Path, int, int], Content] = {}
        header, *lines = fires.read_text(encoding="utf-8").splitlines()
        self._fires_header = header
        self._fires: dict[tuple[str, str], list[tuple[float, float, str]]] = {}
        for line in lines:
            cells = line.split(",")
            self._fires.setdefault((cells[7], cells[5]), []).append((float(cells[1]), float(cells[0]), line))

    def app(self) -> Starlette:
        """Return the application."""
        return Starlette(
            routes=[
                Route(f"/{HANSEN_ROOT}/{{version}}/{{name}}", self.raster),
                Route(f"/{PRODUCTS_ROOT}/{{name:path}}", self.other_raster),
                Route(f"/{GFW_ROOT}/{{product}}/{{version}}/download/geotiff", self.alert_tile),
                Route(f"/{STAC_ROOT}/{{source}}/search", self.search),
                Route(f"/{STAC_ROOT}/{{source}}/images/{{name}}", self.image),
                Route("/api/area/csv/{key}/{collection}/{area}/{days:int}/{day}", self.area),
                *self.forms.routes(),
            ]
        )

    def _answer(self, request: Request, content: Content, fault: Fault | None) -> Response:
        if fault and fault.kind == "page":
            self.faults.note(asked(request), dict(request.headers), fault.status)
            return self._refuse(fault.status, fault.body, fault.headers)
        return Answer(request, content, seed=self.seed, faults=self.faults, fault=fault)

    def _refuse(self, status: int, body: str | bytes, headers: Mapping[str, str] | None = None) -> Response:
        mark = {"X-Simulated-Data": f"mrv simulator, seed {self.seed}"}
        return Response(body, status_code=status, headers={**mark, **(headers or {})}, media_type="text/html")

    async def raster(self, request: Request) -> Response:
        """Serve a tile."""
        return self._file(request, self.rasters, request.path_params["version"], request.path_params["name"])

    async def other_raster(self, request: Request) -> Response:
        """Serve a file of another product as a plain web server does."""
        return self._file(request, self.products, request.path_params["name"])

    async def alert_tile(self, request: Request) -> Response:
        """Serve a tile of alerts as the download endpoint of the GFW data API does."""
        product, version = request.path_params["product"], request.path_params["version"]
        return self._file(request, self.alerts, product, version, f"{request.query_params.get('tile_id', '')}.tif")

    async def search(self, request: Request) -> Response:
        """Serve a page of the items of some days, as the item search of a STAC API does; every item lies in the area."""
        file = self.scenes / request.path_params["source"] / "items.json"
        if not file.is_file():
            return self._refuse(404, '{"code":"NotFoundError"}')
        known = json.loads(file.read_text(encoding="utf-8"))
        query = dict(request.query_params)
        first, _, last = query.get("datetime", "/").partition("/")
        collections = query.get("collections", "").split(",")
        found = [
            item
            for item in known["items"]
            if item["collection"] in collections and first <= item["properties"]["datetime"] <= (last or "9")
        ]
        start, limit = int(query.get("token", "0")), min(MAX_PAGE, int(query.get("limit", "10")))
        page: dict[str, Any] = {"type": "FeatureCollection", "features": found[start : start + limit], "links": []}
        if start + limit < len(found):
            following = urlencode({**query, "token": str(start + limit)})
            page["links"] = [{"rel": "next", "method": "GET", "href": f"{known['url']}/search?{following}"}]
        page["numberMatched"] = len(found)
        content = Content.of(json.dumps(page).encode(), "application/geo+json")
        return self._answer(request, content, self.faults.take(asked(request)))

    async def image(self, request: Request) -> Response:
        """Serve a band of a scene."""
        return self._file(request, self.scenes, request.path_params["source"], "images", request.path_params["name"])

    def _file(self, request: Request, root: Path, *names: str) -> Response:
        path = root.joinpath(*names).resolve()
        if not path.is_relative_to(root) or not path.is_file():
            return self._refuse(404, "<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>")
        state = path.stat()
        version = (path, state.st_mtime_ns, state.st_size)
        if version not in self._files:
            self._files[version] = Content("image/tiff", hash_file(path), state.st_size, path=path)
        return self._answer(request, self._files[version], self.faults.take(asked(request)))

    async def area(self, request: Request) -> Response:
        """Serve the detections of some days within an area."""
        wanted = request.path_params
        satellite = next((code for name, code in COLLECTIONS.items() if wanted["collection"].startswith(name)), None)
        try:
            west, south, east, north = (float(part) for part in wanted["area"].split(","))
            first = date.fromisoformat(wanted["day"])
        except ValueError:
            return self._refuse(400, "Invalid area or date.")
        if satellite is None or not 1 <= wanted["days"] <= MAX_DAYS:
            return self._refuse(400, "Invalid source or day range.")
        lines = [self._fires_header]
        for offset in range(wanted["days"]):
            for longitude, latitude, line in self._fires.get((satellite, str(first + timedelta(offset))), ()):
                if west <= longitude <= east and south <= latitude <= north:
                    lines.append(line)
        content = Content.of(("\n".join(lines) + "\n").encode(), "text/csv")
        return self._answer(request, content, self.faults.take(asked(request)))


class Server:
    """The application on a free port of this machine, in a thread of this process."""

    def __init__(self, sources: Sources) -> None:
        config = uvicorn.Config(
            sources.app(),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="simulator", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        """Start to listen.

        Raises:
            TimeoutError: The server does not come up.
        """
        self._thread.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise TimeoutError("the simulated sources did not start")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop, and wait until the port is free."""
        self._server.should_exit = True
        self._thread.join(timeout=START_TIMEOUT_S)
        self._socket.close()
