"""Writes `data/changes/` and `data/provenance/freeze.json`."""

from __future__ import annotations

from mrv.package.contents import Contents
from mrv.package.staging import Staging


def write_changes(staging: Staging, contents: Contents) -> None:
    """Write `data/changes/` and `data/provenance/freeze.json`."""
    del staging, contents
