"""Writes `data/workbook/emission_reductions.xlsx`."""

from __future__ import annotations

from mrv.package.contents import Contents
from mrv.package.staging import Staging


def write_workbook(staging: Staging, contents: Contents) -> None:
    """Write `data/workbook/emission_reductions.xlsx`."""
    del staging, contents
