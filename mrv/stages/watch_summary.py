"""A watch in few lines for people: files that are alike in one line, and only the areas that would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from mrv.stages.watch import Finding, Watched
from mrv.stages.watch_changes import Change

QUIET = frozenset({"same", "not retrieved"})
"""Findings that need no look file by file."""


def finding_rows(watched: Watched) -> list[dict[str, str]]:
    """Return one row for each file, version or source that needs a look, and one for all that are alike."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for item in watched.findings:
        own = "" if item.status in QUIET else item.address
        groups.setdefault((item.source, item.product, item.version, item.status, item.since_last, own), []).append(item)
    return [
        {
            "source": source,
            "version": " ".join(part for part in (product, version) if part),
            "what": _what(own, items),
            "status": status,
            "since the last watch": since,
            "told by": items[0].detail,
        }
        for (source, product, version, status, since, own), items in groups.items()
    ]


def _what(own: str, items: Sequence[Finding]) -> str:
    if own:
        return own
    return f"{len(items)} file(s)" if items[0].address else "all of it"


def change_rows(watched: Watched) -> list[dict[str, str]]:
    """Return areas that would change by zone and year, in hectares, and each zone's forest loss over all shared years.

    Forest at the end of a year is left to the tables: it follows from the losses.
    """
    rows = []
    parts: dict[tuple[str, ...], list[Change]] = {}
    for item in watched.changes:
        if item.quantity != "forest":
            key = (item.source, item.old_version, item.new_version, item.quantity, item.zone_id)
            parts.setdefault(key, []).append(item)
    for (_, old, new, quantity, zone), items in parts.items():
        common = {"old": old, "new": new, "area": quantity, "zone": zone}
        for item in items:
            if item.difference_ha != 0:
                year = "" if item.year is None else str(item.year)
                rows.append({**common, "year": year, **_cells(item.old_ha, item.new_ha, item.difference_ha)})
        shared = [item for item in items if item.old_ha is not None and item.new_ha is not None]
        if quantity == "forest_loss":
            sums = [sum((getattr(item, name) for item in shared), Decimal(0)) for name in ("old_ha", "new_ha")]
            rows.append({**common, "year": "all shared", **_cells(sums[0], sums[1], sums[1] - sums[0])})
    return rows


def _cells(old: Decimal | None, new: Decimal | None, difference: Decimal | None) -> dict[str, str]:
    share = "" if difference is None or not old else f"{difference * 100 / old:+.2f}"
    return {
        "old_ha": _text(old),
        "new_ha": _text(new),
        "difference_ha": "" if difference is None else f"{difference:+,.2f}",
        "difference_percent": share,
    }


def _text(area_ha: Decimal | None) -> str:
    return "not covered" if area_ha is None else f"{area_ha:,.2f}"


def watch_record(watched: Watched) -> Mapping[str, Any]:
    """Return a watch as a JSON record."""
    return {
        "project": watched.project,
        "period": watched.period,
        "watched_at": watched.watched_at,
        "findings": [item.row() for item in watched.findings],
        "changes": [
            {name: str(value) if isinstance(value, Decimal) else value for name, value in item.row().items()}
            for item in watched.changes
        ],
        "folder": str(watched.folder),
    }
