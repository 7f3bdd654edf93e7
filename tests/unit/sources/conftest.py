"""A request on temporary folders, and artifacts of given bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from mrv.ledger import Artifact, Ledger
from mrv.periods import Span
from mrv.settings import Settings
from mrv.sources.contract import Request
from mrv.store import Store


@pytest.fixture
def request_(tmp_path: Path) -> Iterator[Request]:
    settings = Settings(home=tmp_path / "home")
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield Request(
        project_id="p",
        window=Span(date(2022, 7, 1), date(2022, 7, 12)),
        bounds=(-77.5, -7.87, -76.626774, -6.615016),
        project_folder=tmp_path / "project",
        store=Store(settings.raw_dir),
        ledger=ledger,
        settings=settings,
    )
    ledger.close()


@pytest.fixture
def artifact_of(request_: Request) -> Callable[..., Artifact]:
    def make(content: bytes, *, address: str = "a/b", dataset: str = "fires") -> Artifact:
        stored = request_.store.put_bytes(content)
        return Artifact(
            project="p",
            source="s",
            dataset=dataset,
            product="x",
            version=None,
            layer=None,
            address=address,
            url="file:x",
            sha256=stored.sha256,
            bytes=stored.bytes,
            media_type="text/csv",
            etag=None,
            last_modified=None,
            licence="-",
            citation="-",
            simulated=False,
            retrieved_at="2024-01-01T00:00:00+00:00",
        )

    return make
