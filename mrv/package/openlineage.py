"""Writes `data/provenance/openlineage.ndjson`."""

from __future__ import annotations

from mrv.package.contents import Contents
from mrv.package.staging import Staging


def write_openlineage(staging: Staging, contents: Contents) -> None:
    """Write `data/provenance/openlineage.ndjson`."""
    del staging, contents
