"""Writes `data/report/monitoring_report_{en,es}.{pdf,docx}`."""

from __future__ import annotations

from mrv.package.contents import Contents
from mrv.package.staging import Staging


def write_reports(staging: Staging, contents: Contents) -> None:
    """Write `data/report/monitoring_report_{en,es}.{pdf,docx}`."""
    del staging, contents
