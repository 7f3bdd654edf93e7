"""Writes `data/trace/`."""

from __future__ import annotations

from mrv.package.contents import Contents
from mrv.package.staging import Staging


def write_trace(staging: Staging, contents: Contents) -> None:
    """Write `data/trace/`."""
    del staging, contents
