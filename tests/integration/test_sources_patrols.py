"""SMART Connect and EarthRanger over the network: pages to the end, tokens to one host, tracks of whoever led a segment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mrv.errors import SourceError, UsageError
from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.project_sources import EarthRanger, Smart
from mrv.settings import Settings
from mrv.sources import earthranger, smart
from mrv.sources.contract import Request
from tests.integration.hosts import Host, request_of

pytestmark = pytest.mark.integration
TOKEN = "s3cr3t-token"
LEADER = {"id": "rosa", "name": "Rosa"}
PATROL = {
    "id": "p1",
    "state": "done",
    "patrol_segments": [
        {
            "leader": LEADER,
            "time_range": {"start_time": "2022-07-03T11:00:00Z", "end_time": "2022-07-03T19:00:00Z"},
        },
        {"leader": None, "time_range": {"start_time": "2022-07-04T11:00:00Z", "end_time": None}},
    ],
}
PLACE = {"longitude": -77.1, "latitude": -7.2}


@pytest.fixture
def host() -> Iterator[Host]:
    server = Host()
    yield server
    server.stop()


@pytest.fixture
def request_(tmp_path: Path) -> Iterator[Request]:
    settings = Settings(home=tmp_path / "home", earthranger_token=TOKEN, smart_token=TOKEN, http_attempts=1)
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    window = Span(date(2022, 7, 1), date(2022, 8, 20))
    yield request_of(tmp_path, ledger, settings, window=window, bounds=(-77.5, -8.0, -76.5, -6.5))
    ledger.close()


def _json(content: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/json"}, json.dumps(content).encode()


def _page(results: list[Any], *, link: str | None = None, **more: Any) -> tuple[int, dict[str, str], bytes]:
    return _json({"data": {"results": results, "next": link, **more}, "status": {"code": 200}})


class Rangers:
    """An EarthRanger server: observations come in pages of one, by cursor."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.next_host = host.address
        self.count = 1

    def __call__(self, path: str) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(path)
        if parts.path.endswith("/patrols/"):
            return _page([PATROL], count=self.count)
        if parts.path.endswith("/events/"):
            event = {"id": "e1", "event_type": "fire_rep", "time": "2022-07-03T12:00:00Z", "patrols": ["p1"]}
            return _page([{**event, "location": None}], count=1)
        cursor = int(parse_qs(parts.query).get("cursor", ["0"])[0])
        fix = {"recorded_at": f"2022-07-03T12:0{cursor}:00Z", "location": PLACE, "exclusion_flags": 0}
        link = f"http://{self.next_host}{parts.path}?cursor={cursor + 1}" if cursor < 2 else None
        return _page([fix], link=link)


def _spec(host: Host) -> EarthRanger:
    return EarthRanger(connector="earthranger", name="er", base_url=f"http://{host.address}", page_size=1)


def test_earthranger_is_read_to_the_end_and_its_tracks_belong_to_their_patrol(host: Host, request_: Request) -> None:
    host.reply = Rangers(host)
    artifacts = earthranger.pull(_spec(host), request_)
    assert [item.address for item in artifacts] == [
        "earthranger/er/patrols/page-0001",
        "earthranger/er/events/page-0001",
        *(f"earthranger/er/observations/p1/1/page-000{number}" for number in (1, 2, 3)),
    ]
    assert {headers["authorization"] for _, headers in host.requests} == {f"Bearer {TOKEN}"}
    asked = parse_qs(urlsplit(host.requests[2][0]).query)
    assert (asked["subject_id"], asked["since"]) == (["rosa"], ["2022-07-03T11:00:00Z"])
    found = earthranger.parse(_spec(host), artifacts, request_)
    assert found["patrol_tracks"].table["patrol_id"].to_pylist() == ["p1"] * 3
    [event] = found["patrol_events"].table.to_pylist()
    assert (event["patrol_id"], event["threat_type"], event["longitude"]) == ("p1", "fire", None)
    assert not any(TOKEN in item.url for item in artifacts)


def test_the_token_goes_to_no_other_host(host: Host, request_: Request) -> None:
    reply = Rangers(host)
    reply.next_host, host.reply = "127.0.0.2:9", reply
    with pytest.raises(SourceError, match="another host"):
        earthranger.pull(_spec(host), request_)


def test_a_list_that_is_not_whole_is_refused(host: Host, request_: Request) -> None:
    reply = Rangers(host)
    reply.count, host.reply = 7, reply
    with pytest.raises(SourceError, match="not whole"):
        earthranger.pull(_spec(host), request_)


@pytest.mark.parametrize("content", [[], {"data": None}, {"data": {"results": {}}}])
def test_a_page_of_another_shape_is_refused(content: Any, host: Host, request_: Request) -> None:
    host.reply = lambda _: _json(content)
    with pytest.raises(SourceError, match="another shape"):
        earthranger.pull(_spec(host), request_)


def test_a_list_that_never_ends_is_refused(host: Host, request_: Request) -> None:
    host.reply = lambda path: _page([], link=f"http://{host.address}{path}")
    with pytest.raises(SourceError, match="empty page"):
        earthranger.pull(_spec(host), request_)


def test_without_a_token_nothing_is_asked(host: Host, request_: Request, tmp_path: Path) -> None:
    bare = request_of(
        tmp_path, request_.ledger, Settings(home=tmp_path / "home"), window=request_.window, bounds=request_.bounds
    )
    with pytest.raises(UsageError, match="needs a key"):
        earthranger.pull(_spec(host), bare)
    assert host.requests == []


def test_smart_connect_is_asked_by_months(host: Host, request_: Request) -> None:
    def reply(path: str) -> tuple[int, dict[str, str], bytes]:
        if "/patrol/" not in path:
            start = parse_qs(urlsplit(path).query)["start_date"]
            return _json(
                [
                    {
                        "window": start,
                        "uuid": "o1",
                        "datetime": "2022-07-03T06:10:00",
                        "category": "Tala",
                        "X": -77.1,
                        "Y": -7.2,
                    }
                ]
            )
        line = {"type": "MultiLineString", "coordinates": [[[-77.1, -7.2, 1656828600000]]]}
        return _json({"features": [{"properties": {"uuid": "u1"}, "geometry": line}]})

    host.reply = reply
    spec = Smart(connector="smart", name="s", base_url=f"http://{host.address}/api", conservation_area="ca")
    artifacts = smart.pull(spec, request_)
    paths = [path for path, _ in host.requests]
    assert sorted(path.split("?")[0] for path in paths) == ["/api/observation/"] * 2 + ["/api/patrol/"] * 2
    assert {headers["authorization"] for _, headers in host.requests} == {f"Bearer {TOKEN}"}
    found = smart.parse(spec, artifacts, request_)
    # The same patrol and observation stand in both answers: one record, and a repeat that is set aside.
    assert found["patrol_records"].table.num_rows == found["patrol_events"].table.num_rows == 1
    assert {row["rule"] for row in found["patrol_events"].rejected} == {"duplicate_record"}
    # Both answers about patrols have the same bytes, so they are one file.
    assert found["patrol_tracks"].table.num_rows == 1
