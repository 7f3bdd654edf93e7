"""Columns of a SMART export by their labels, in Spanish or English, whatever version wrote them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mrv.errors import InputError
from mrv.refusals import names_found
from mrv.sources.patrol_kinds import plain
from mrv.sources.values import visible_text
from mrv.yaml_reading import read_yaml

logger = logging.getLogger(__name__)

_FILE = Path(__file__).with_name("smart_labels.yaml")
QUERY_COLUMNS = 26
"""Columns of a query up to the observer: a file with fewer has no standard places."""


@dataclass(frozen=True)
class Header:
    """Where the columns of a file are.

    Attributes:
        columns: Field to place of its column, from 0.
        levels: Places of the levels of the category, the most general first.
        attributes: Field of an event to place of its column.
        by_position: Whether no label was known, and places were taken instead.
    """

    columns: Mapping[str, int]
    levels: tuple[int, ...]
    attributes: Mapping[str, int]
    by_position: bool

    def cell(self, cells: Sequence[str], name: str) -> str:
        """Return what is to be seen of a cell of a record, trimmed; '' where the file has no such column."""
        return visible_text(self.received(cells, name)).strip()

    def received(self, cells: Sequence[str], name: str) -> str:
        """Return a cell of a record as it came; '' where the file has no such column."""
        place = self.columns.get(name, self.attributes.get(name))
        return "" if place is None else cells[place]


@cache
def _known() -> dict[str, Any]:
    content: dict[str, Any] = read_yaml(_FILE)
    return content


def read_header(names: Sequence[str], *, needed: Sequence[str], where: str) -> Header:
    """Find the columns of a file.

    Args:
        names: Its header.
        needed: Fields without which nothing can be read.
        where: The file, for messages.

    Raises:
        InputError: A needed column is missing or stands twice.
    """
    known, given = _known(), [plain(name) for name in names]
    found = {field: _places(given, entry["labels"]) for field, entry in known["columns"].items()}
    attributes = {field: _places(given, labels) for field, labels in known["attributes"].items()}
    twice = [field for field in needed if len(found[field]) > 1]
    lacking = [field for field in needed if not found[field]]
    if lacking and not any(found.values()) and len(names) >= QUERY_COLUMNS:
        places = {field: entry["position"] for field, entry in known["columns"].items() if "position" in entry}
        return Header(places, tuple(range(QUERY_COLUMNS, min(len(names), QUERY_COLUMNS + 1))), {}, by_position=True)
    if twice or lacking:
        first = (twice or lacking)[0]
        labels = [str(label) for label in known["columns"][first]["labels"]]
        raise InputError(
            f"a SMART file {'has a column twice' if twice else 'lacks a column'}: {first}",
            expected=f"one column named {' or '.join(labels[:4])}",
            found=names_found(list(names), set(labels)),
            where=f"{where}, header",
            remedy="export the query with this column, in Spanish or English",
        )
    _tell_unknown(names, {place for places in (*found.values(), *attributes.values()) for place in places}, where=where)
    return Header(
        {field: places[0] for field, places in found.items() if places},
        _levels(given),
        {field: places[0] for field, places in attributes.items() if places},
        by_position=False,
    )


def _tell_unknown(names: Sequence[str], known: Collection[int], *, where: str) -> None:
    """Warn of columns that nothing reads: one that was renamed would be lost in silence."""
    given = [plain(name) for name in names]
    read = {*known, *_levels(given)}
    unused = {plain(label) for label in _known()["unused"]}
    unknown = [names[place] for place, name in enumerate(given) if place not in read and name not in {"", *unused}]
    if unknown:
        logger.warning("%s: columns that nothing is read from: %s", where, ", ".join(unknown))


def attribute_of(name: str) -> str | None:
    """Return the field of an event that an attribute of an observation fills, or None."""
    return next(
        (field for field, labels in _known()["attributes"].items() if plain(name) in {plain(item) for item in labels}),
        None,
    )


def _places(given: Sequence[str], labels: Sequence[str]) -> list[int]:
    wanted = {plain(label) for label in labels}
    return [place for place, name in enumerate(given) if name in wanted]


def _levels(given: Sequence[str]) -> tuple[int, ...]:
    """Return the places of `Observation Category 0` and so on, by their number."""
    starts = {plain(label) for label in _known()["category_levels"]}
    levels = []
    for place, name in enumerate(given):
        start, _, number = name.rpartition(" ")
        if start in starts and number.isdecimal():
            levels.append((int(number), place))
        elif name in starts:
            levels.append((0, place))
    return tuple(place for _, place in sorted(levels))
