"""Forms over loopback, on KoboToolbox and ODK Central: pages to the end, keys, attachments, and what breaks off."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mrv.errors import SourceError, UsageError
from mrv.ledger import Ledger
from mrv.periods import Span
from mrv.project_sources import Kobo, OdkCentral
from mrv.settings import Settings
from mrv.simulator.faults import Fault, Faults
from mrv.simulator.fires import COLUMNS
from mrv.simulator.odata import as_odata
from mrv.simulator.server import Server, Sources
from mrv.sources import fetch, kobo, odk_central
from mrv.sources.attempts import Policy
from mrv.sources.contract import Connector, Request
from mrv.sources.form_definition import load_form
from tests.integration.hosts import request_of

pytestmark = pytest.mark.integration

EMAIL, PASSWORD = "field@example.org", "p4ss:w0rd"
HIDDEN = "ZmllbGRAZXhhbXBsZS5vcmc6cDRzczp3MHJk"
"""E-mail address and password as the header carries them."""
KOBO = Kobo(connector="kobo", name="k", asset="aG", form="patrol_and_threat", page_size=2, attachments=True)
ODK = OdkCentral(
    connector="odk_central",
    name="o",
    project_number=3,
    form_id="patrols 2023",
    form="patrol_and_threat",
    page_size=2,
    attachments=True,
    base_url="https://odk.example.org",
)
PICTURE = b"\xff\xd8\xff\xe0" + bytes(40)
PAGE_2 = {"k": "start=2&", "o": "skiptoken="}
ADDRESS = {"k": "kobo/aG", "o": "odk/3/patrols 2023"}
BOTH: list[tuple[Connector, Kobo | OdkCentral]] = [(kobo, KOBO), (odk_central, ODK)]
both = pytest.mark.parametrize(("connector", "spec"), BOTH, ids=["kobo", "odk"])


def report(number: int, **changes):
    """A patrol with one threat and a picture of it."""
    name = f"170{number}.jpg"
    raw = {
        "_id": number,
        "_uuid": f"r{number}",
        "meta/rootUuid": f"uuid:r{number}",
        "_submission_time": f"2023-03-{number:02d}T10:00:00",
        "_validation_status": {"uid": "validation_status_approved"},
        "_attachments": [
            {
                "download_url": f"https://kf.kobotoolbox.org/api/v2/assets/aG/data/{number}/attachments/{name}",
                "filename": f"field/attachments/abc/{name}",
                "is_deleted": False,
            }
        ],
        "patrol/report_kind": "patrol",
        "patrol/patrol_id": f"P-{number}",
        "patrol/started_at": "2023-03-01T06:00:00.000-05:00",
        "patrol/ended_at": "2023-03-02T16:00:00.000-05:00",
        "events": [
            {
                "events/observed_at": "2023-03-01T09:00:00.000-05:00",
                "events/event_kind": "threat",
                "events/threat_type": "logging",
                "events/gps": "-7.1 -77.2 1200 5",
                "events/photo": name,
            }
        ],
    }
    return {**raw, **changes}


@dataclass
class Forms:
    request: Request
    faults: Faults
    waits: list[float]


@pytest.fixture
def odk_values() -> list[dict[str, Any]]:
    """What ODK Central has, newest first: five submissions, each with one picture."""
    values = as_odata([report(number) for number in range(1, 6)], load_form("patrol_and_threat"))
    for value in values:
        value["__system"] |= {"attachmentsPresent": 1, "attachmentsExpected": 1}
    return values


@pytest.fixture
def forms(tmp_path: Path, ledger: Ledger, odk_values, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forms]:
    folder = tmp_path / "world"
    folder.mkdir()
    (folder / "fires.csv").write_text(",".join(COLUMNS) + "\n")
    faults = Faults()
    server = Server(
        Sources(
            seed=1,
            rasters=folder,
            fires=folder / "fires.csv",
            submissions={"aG": [report(number) for number in range(1, 6)]},
            odk_submissions={"3/patrols 2023": odk_values},
            attachments={f"170{number}.jpg": PICTURE + bytes([number]) for number in range(1, 6)},
            faults=faults,
        )
    )
    server.start()
    settings = Settings(
        home=tmp_path / "home",
        mirrors={"k": server.url, "o": server.url},
        http_timeout_s=0.5,
        http_attempts=3,
        kobo_token="t0k3n",
        odk_email=EMAIL,
        odk_password=PASSWORD,
    )
    waits: list[float] = []
    monkeypatch.setattr(fetch, "Policy", lambda attempts, max_bytes: Policy(attempts, max_bytes, sleep=waits.append))
    window = Span(date(2023, 1, 1), date(2023, 12, 31))
    request = request_of(tmp_path, ledger, settings, window=window, bounds=(-77.5, -7.87, -76.62, -6.61))
    yield Forms(request, faults, waits)
    server.stop()


@both
def test_pages_to_the_end_and_attachments_by_hash(forms, connector, spec) -> None:
    artifacts = connector.pull(spec, forms.request)
    pages = [item for item in artifacts if item.dataset == "patrol_records"]
    pictures = [item for item in artifacts if item.dataset == "attachment"]
    assert [item.address for item in pages] == [f"{ADDRESS[spec.name]}/page-{number:04d}" for number in (1, 2, 3)]
    assert len(pictures) == len({item.sha256 for item in pictures}) == 5
    assert all(item.address.startswith(f"{ADDRESS[spec.name]}/attachments/") for item in pictures)
    stored = {forms.request.store.get(item.sha256).read_bytes() for item in pictures}
    assert stored == {PICTURE + bytes([number]) for number in range(1, 6)}

    parsed = connector.parse(spec, artifacts, forms.request)
    assert parsed["patrol_records"].table["patrol_id"].to_pylist() == [f"P-{number}" for number in range(1, 6)]
    events = parsed["patrol_events"].table.to_pylist()
    assert [row["event_id"] for row in events] == [f"r{number}-1" for number in range(1, 6)]
    assert {(row["longitude"], row["latitude"], row["source_category"]) for row in events} == {
        (-77.2, -7.1, "threat/logging")
    }
    assert {row["observed_at"].isoformat() for row in events} == {"2023-03-01T14:00:00+00:00"}
    assert [item.unchanged for item in connector.pull(spec, forms.request)] == [True] * 8


@both
def test_the_key_is_sent_and_never_kept(forms, connector, spec, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    artifacts = connector.pull(spec, forms.request)
    sent = {headers["authorization"] for _, headers, _ in forms.faults.requests}
    assert sent == {{"k": "Token t0k3n", "o": f"Basic {HIDDEN}"}[spec.name]}
    kept = json.dumps([item.record() for item in artifacts]) + caplog.text
    assert not any(secret in kept for secret in ("t0k3n", PASSWORD, HIDDEN))


@both
def test_a_key_that_is_refused(forms, connector, spec) -> None:
    echo = f"401 for {HIDDEN} and t0k3n".encode()
    forms.faults.add("/", Fault("page", status=401, body=echo), times=9)
    with pytest.raises(SourceError) as caught:
        connector.pull(spec, forms.request)
    variable = {"k": "MRV_KOBO_TOKEN", "o": "MRV_ODK_PASSWORD"}[spec.name]
    assert variable in str(caught.value.remedy)
    own = {"k": "t0k3n", "o": HIDDEN}[spec.name]
    assert own not in str(caught.value)
    assert len(forms.faults.requests) == 1


@both
def test_without_a_key_only_a_mirror_is_asked(forms, connector, spec) -> None:
    keyless = forms.request.settings.model_copy(update={"kobo_token": None, "odk_email": None, "mirrors": {}})
    with pytest.raises(UsageError, match="needs a key"):
        connector.pull(spec, replace(forms.request, settings=keyless))


@both
def test_too_many_requests_wait_as_long_as_is_asked(forms, connector, spec) -> None:
    forms.faults.add(PAGE_2[spec.name], Fault("page", status=429, headers={"Retry-After": "7"}))
    assert len(connector.pull(spec, forms.request)) == 8
    assert forms.waits == [7.0]


@both
def test_a_page_that_breaks_off_is_asked_again(forms, connector, spec) -> None:
    forms.faults.add(PAGE_2[spec.name], Fault("cut", after_bytes=100))
    artifacts = connector.pull(spec, forms.request)
    assert connector.parse(spec, artifacts, forms.request)["patrol_records"].table.num_rows == 5
    assert len(forms.waits) == 1


@both
def test_an_empty_page_before_the_end_is_no_end(forms, connector, spec) -> None:
    forms.faults.add(PAGE_2[spec.name], Fault("empty_page"))
    with pytest.raises(SourceError, match="empty page before all"):
        connector.pull(spec, forms.request)


@both
def test_a_page_of_html_is_no_picture(forms, connector, spec) -> None:
    forms.faults.add("attachments", Fault("page", status=200, body=b"<!DOCTYPE html><html>Log in</html>"), times=99)
    with pytest.raises(SourceError) as caught:
        connector.pull(spec, forms.request)
    assert "attachments" in str(caught.value.where)


@both
def test_a_form_that_there_is_not(forms, connector, spec) -> None:
    other = spec.model_copy(update={"asset": "aNone"} if spec.name == "k" else {"project_number": 9})
    with pytest.raises(SourceError) as caught:
        connector.pull(other, forms.request)
    assert "project.yaml" in str(caught.value.remedy)


# --- answers made up by hand ---------------------------------------------------------------------------------------
def kobo_page(*ids: int, count: int, following: str | None) -> bytes:
    return json.dumps({"count": count, "next": following, "results": [{"_id": number} for number in ids]}).encode()


def odk_page(*ids: int, count: int, following: str | None) -> bytes:
    content = {"@odata.count": count, "value": [{"__id": f"uuid:{number}", "__system": {}} for number in ids]}
    return json.dumps(content if following is None else {**content, "@odata.nextLink": following}).encode()


MADE: dict[str, Callable[..., bytes]] = {"k": kobo_page, "o": odk_page}


@both
@pytest.mark.parametrize("second", [{"ids": (2, 3), "count": 3}, {"ids": (1,), "count": 2}, {"ids": (2,), "count": 3}])
def test_a_form_that_changed_between_pages_is_refused(hosts, forms, connector, spec, second) -> None:
    host, _ = hosts
    made = MADE[spec.name]
    pages = [
        made(1, count=2, following=f"http://{host.address}/next"),
        made(*second["ids"], count=second["count"], following=None),
    ]
    replies = iter([(200, {}, body) for body in pages])
    host.reply = lambda _: next(replies)
    settings = forms.request.settings.model_copy(update={"mirrors": {spec.name: f"http://{host.address}"}})
    with pytest.raises(SourceError, match="changed while it was read"):
        connector.pull(spec, replace(forms.request, settings=settings))


@both
@pytest.mark.parametrize("link", ["https://elsewhere.example/next", "nonsense", "http://[", "ftp://elsewhere/x"])
def test_a_next_page_at_another_host_is_not_asked(hosts, forms, connector, spec, link) -> None:
    host, other = hosts
    link = link.replace("elsewhere.example", other.address)
    host.reply = lambda _: (200, {}, MADE[spec.name](1, count=2, following=link))
    settings = forms.request.settings.model_copy(update={"mirrors": {spec.name: f"http://{host.address}"}})
    with pytest.raises(SourceError, match="next page is at another host"):
        connector.pull(spec, replace(forms.request, settings=settings))
    assert other.requests == []


def test_an_attachment_at_another_host_is_not_asked(hosts, forms) -> None:
    host, other = hosts
    entry = {"download_url": f"http://{other.address}/a.jpg", "filename": "a.jpg"}
    body = {"count": 1, "next": None, "results": [{"_id": 1, "_attachments": [entry]}]}
    host.reply = lambda _: (200, {}, json.dumps(body).encode())
    settings = forms.request.settings.model_copy(update={"mirrors": {"k": f"http://{host.address}"}})
    with pytest.raises(SourceError, match="attachment is at another host"):
        kobo.pull(KOBO, replace(forms.request, settings=settings))
    assert other.requests == []


def test_a_deleted_attachment_and_one_that_did_not_arrive_are_left_out(hosts, forms) -> None:
    host, _ = hosts
    body = {"count": 1, "next": None, "results": [{"_id": 1, "_attachments": [{"is_deleted": True}, {}, "x", None]}]}
    host.reply = lambda _: (200, {}, json.dumps(body).encode())
    settings = forms.request.settings.model_copy(update={"mirrors": {"k": f"http://{host.address}"}})
    assert len(kobo.pull(KOBO, replace(forms.request, settings=settings))) == 1
    system = {"attachmentsPresent": 0, "attachmentsExpected": 1}
    value = {"__id": "uuid:1", "__system": system, "events": [{"photo": "late.jpg"}, "x"]}
    page = {"@odata.count": 1, "value": [value]}
    host.reply = lambda _: (200, {}, json.dumps(page).encode())
    settings = forms.request.settings.model_copy(update={"mirrors": {"o": f"http://{host.address}"}})
    assert len(odk_central.pull(ODK, replace(forms.request, settings=settings))) == 1


def test_what_was_withdrawn_is_asked_for_and_set_aside(forms, odk_values) -> None:
    odk_values[1]["__system"]["deletedAt"] = "2023-06-01T00:00:00.000Z"
    parsed = odk_central.parse(ODK, odk_central.pull(ODK, forms.request), forms.request)
    assert parsed["patrol_records"].table["patrol_id"].to_pylist() == ["P-1", "P-2", "P-3", "P-5"]
    for part in parsed.values():
        assert [item["rule"] for item in part.rejected] == ["deleted_at_source"]
        assert "deleted on 2023-06-01" in part.rejected[0]["reason"]


def test_a_password_is_not_sent_in_the_open(forms) -> None:
    settings = forms.request.settings.model_copy(update={"mirrors": {}})
    spec = ODK.model_copy(update={"base_url": "http://odk.example.org"})
    with pytest.raises(UsageError, match="would be sent in the open"):
        odk_central.pull(spec, replace(forms.request, settings=settings))
