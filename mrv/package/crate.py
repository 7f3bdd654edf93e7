"""Writes `data/ro-crate-metadata.json` and `data/ro-crate-preview.html`; the last of the payload, for it lists all."""

from __future__ import annotations

from mrv.package.contents import Contents
from mrv.package.staging import Staging


def write_crate(staging: Staging, contents: Contents) -> None:
    """Write `data/ro-crate-metadata.json` and `data/ro-crate-preview.html`; the last of the payload, for it lists all."""
    del staging, contents
