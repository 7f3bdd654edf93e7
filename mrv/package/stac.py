"""Writes `data/stac/`."""

from __future__ import annotations

from mrv.package.contents import Contents
from mrv.package.staging import Staging


def write_stac(staging: Staging, contents: Contents) -> None:
    """Write `data/stac/`."""
    del staging, contents
