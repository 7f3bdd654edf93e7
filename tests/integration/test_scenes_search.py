"""STAC servers on loopback that misbehave: a search is followed only where it may go, and says whose fault it is."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import shapely

from mrv.boundaries import Zone
from mrv.errors import SourceError, UsageError
from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.project_scenes import Stac
from mrv.settings import Settings
from mrv.sources import stac, stac_search
from mrv.sources.contract import Request
from mrv.store import Store

pytestmark = pytest.mark.integration

Page = dict[str, Any]
SCENE: Page = {
    "stac_version": "1.0.0",
    "id": "S2B_18MUS_20230705_0_L2A",
    "collection": "sentinel-2-l2a",
    "properties": {
        "datetime": "2023-07-05T15:36:52Z", "s2:processing_baseline": "05.10", "grid:code": "MGRS-18MUS", "eo:cloud_cover": 1
    },
    "assets": {name: {"href": f"https://images.invalid/{name}.tif"} for name in ("red", "nir", "swir22", "scl")},
}  # fmt: skip


class Server:
    """Answers `/search` with what the test gives; notes what was asked."""

    def __init__(self) -> None:
        self.pages: list[Page | str | int] = []
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                page = outer.pages[min(len(outer.asked), len(outer.pages)) - 1]
                body = (page if isinstance(page, str) else json.dumps(page)).encode()
                self.send_response(page if isinstance(page, int) else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


@pytest.fixture
def ask(server: Server, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")

    def pull(
        pages: list[Page | str | int], *, parse: bool = False, mirrors: dict[str, str] | None = None, **changes: Any
    ) -> Any:
        server.pages = pages
        spec = Stac.model_validate(
            {
                "connector": "stac",
                "name": "scenes",
                "url": server.url,
                "collections": ["sentinel-2-l2a"],
                "composites": [{"id": "dry", "start": "2023-07-01", "end": "2023-07-31"}],
                "resolution_m": 20,
                "page_size": 1,
                **changes,
            }
        )
        settings = Settings(home=tmp_path / "home", http_attempts=1, mirrors=mirrors or {})
        zone = Zone("z", "project_area", "Z", None, shapely.box(-77.2, -7.3, -77.0, -7.1), "1", False, "-", 1, "-")
        request = Request("p", Span(date(2023, 1, 1), date(2023, 12, 31)), zone.geometry.bounds, tmp_path,
                          Store(settings.raw_dir), ledger, settings, zones=(zone,))  # fmt: skip
        artifacts = stac.pull(spec, request)
        return stac.parse(spec, artifacts, request)["scenes"] if parse else artifacts

    yield pull
    ledger.close()


def page(*features: Page, following: str | None = None, **more: Any) -> Page:
    links = [{"rel": "next", "href": following, **more.pop("link", {})}] if following else []
    return {"type": "FeatureCollection", "features": list(features), "links": links, **more}


CLOUDY = {**SCENE, "properties": {**SCENE["properties"], "eo:cloud_cover": 99}}


def test_the_question_names_days_collections_and_a_shape_that_holds_the_zones(ask: Any, server: Server) -> None:
    (artifact,) = ask([page(CLOUDY)])
    asked = urlsplit(server.asked[0])
    query = parse_qs(asked.query)
    assert asked.path == "/v1/search"
    assert query["datetime"] == ["2023-07-01T00:00:00Z/2023-07-31T23:59:59Z"]
    assert (query["collections"], query["limit"]) == (["sentinel-2-l2a"], ["1"])
    shape = shapely.from_geojson(query["intersects"][0])
    assert shape.contains(shapely.box(-77.2, -7.3, -77.0, -7.1)) and shape.area < 0.2 * 0.2 * 1.1
    assert artifact.address == "stac/scenes/dry/page-0001" and artifact.dataset == "scenes"


def test_no_scene_is_an_answer(ask: Any) -> None:
    assert ask([page()], parse=True).table.num_rows == 0


@pytest.mark.parametrize(
    ("pages", "problem"),
    [
        ([page(CLOUDY, following="https://elsewhere.invalid/search?token=2")], "a next page at elsewhere.invalid"),
        ([page(CLOUDY, following="{url}/search?token=2", link={"method": "POST"})], "asked by POST"),
        ([page(CLOUDY, following="{url}/search?token=2")], "the same page again"),
        ([page(CLOUDY, numberMatched=2)], "1 of 2 scenes"),
        ([{"code": "Error", "description": "no"}], "code, description"),
        ([page(CLOUDY, link={}) | {"links": [{"href": 7}]}], "type, features, links"),
        ([page(CLOUDY) | {"features": ["x"]}], "type, features, links"),
        ([page(CLOUDY, CLOUDY)], "2 features on a page of at most 1"),
        ([page({})], "feature 1 of 1 has not both"),
        ([page({**CLOUDY, "properties": None})], "feature 1 of 1 has not both"),
        (["[" * 60 + "]" * 60], "within each other"),
        (["<html>Sign in</html>"], "<html>Sign in</html>"),
        ([503], "status 503"),
        ([403], "status 403"),
    ],
)
def test_a_search_that_cannot_be_used(ask: Any, server: Server, pages: list[Any], problem: str) -> None:
    filled = [json.loads(json.dumps(item).replace("{url}", server.url)) for item in pages]
    with pytest.raises(SourceError) as caught:
        ask(filled)
    assert caught.value.exit_code == 3
    assert problem in str(caught.value.found)
    assert len(server.asked) <= 3


def test_a_search_without_end_is_given_up(ask: Any, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stac_search, "MAX_PAGES", 4)
    pages = [page(CLOUDY, following=f"{server.url}/search?token={number}") for number in range(9)]
    with pytest.raises(SourceError, match="cannot be followed") as caught:
        ask(pages)
    assert caught.value.found == "more than 4 pages" and len(server.asked) == 4


def test_a_page_too_large_is_not_read(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps({"features": [{}] * 50_000})
    monkeypatch.setattr(stac_search, "MAX_PAGE_BYTES", len(body) - 1)
    with pytest.raises(SourceError, match="larger than is accepted") as caught:
        ask([body])
    assert caught.value.expected == f"at most {len(body) - 1} bytes"
    assert "page_size" in str(caught.value.remedy)


def test_an_old_item_is_set_aside_with_its_reason(ask: Any) -> None:
    old = {**SCENE, "stac_version": "0.7.0", "id": "old"}
    parsed = ask([page(old, CLOUDY)], parse=True, page_size=2)
    assert parsed.rows_read == 2 and parsed.table.num_rows == 1
    (rejected,) = parsed.rejected
    assert rejected["rule"] == "unreadable_item" and "STAC version '0.7.0', not 1.x" in rejected["reason"]
    assert "serves its collection as STAC 1.x" in rejected["reason"]


@pytest.mark.parametrize(
    ("href", "problem"),
    [
        ("s3://usgs-landsat/collection02/x.tif", "another scheme"),
        ("https://sentinel2l2a01.blob.core.windows.net/x.tif", "needs a signature"),
        ("http://images.invalid/x.tif", "without https"),
        ("/local/x.tif", "another scheme"),
        ("http://[", "no address"),
    ],
)
def test_images_that_cannot_be_had_say_what_to_do(ask: Any, href: str, problem: str) -> None:
    scene = {**SCENE, "assets": {name: {"href": href} for name in SCENE["assets"]}}
    with pytest.raises(SourceError, match="cannot be fetched from where its item says") as caught:
        ask([page(scene)])
    assert problem in str(caught.value.found)
    assert "scenes.assets in MRV_MIRRORS" in str(caught.value.remedy)


def test_a_folder_cannot_be_searched(ask: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be searched in a folder"):
        ask([page()], mirrors={"scenes": str(tmp_path)})


def test_kinds_without_zones_are_refused(ask: Any) -> None:
    with pytest.raises(UsageError, match="no zone to search"):
        ask([page()], zone_kinds=["hcv"])
