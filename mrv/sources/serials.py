"""Serial numbers of credits: what a registry's block number says of itself, and which blocks hold the same credits twice."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from mrv.sources.days import UnusableValueError

Name = TypeVar("Name", bound=Hashable)

# 19385-941467007-941467431-VCS-VCU-1507-VER-ET-14-1340-01012020-31122020-1; older blocks leave out the programme and name the
# registry service of their time: 5687-250397855-250398354-VCU-034-APX-KE-14-612-01012011-31122012-0.
_VCU = re.compile(
    r"(?P<batch>[0-9]{1,12})-(?P<start>[0-9]{1,15})-(?P<end>[0-9]{1,15})-(?:VCS-)?VCU-[0-9]{1,6}-(?P<service>[A-Z]{2,4})-"
    r"(?P<country>[A-Z]{2})-(?P<scope>[0-9]{1,3})-(?P<project>[0-9]{1,9})-(?P<from>[0-9]{8})-(?P<to>[0-9]{8})-(?P<label>[0-9])"
)
_EXPECTED = (
    "a serial number as batch-first-last-VCS-VCU-account-VER-country-scope-project-DDMMYYYY-DDMMYYYY-label, "
    "such as 19385-941467007-941467431-VCS-VCU-1507-VER-ET-14-1340-01012020-31122020-1"
)


@dataclass(frozen=True)
class VcuSerial:
    """A block of Verified Carbon Units.

    Attributes:
        batch: Number of the batch that was issued.
        block_start: Number of the first credit.
        block_end: Number of the last credit, which belongs to the block.
        country: ISO 3166 code.
        project_id: Number of the project in the registry.
        vintage_start: First day of the vintage.
        vintage_end: Last day of the vintage.
    """

    batch: int
    block_start: int
    block_end: int
    country: str
    project_id: str
    vintage_start: date
    vintage_end: date

    @property
    def quantity(self) -> int:
        """Credits of the block, 1 tCO2e each; not positive where the ends are exchanged."""
        return self.block_end - self.block_start + 1


def read_vcu_serial(text: str) -> VcuSerial:
    """Read a serial number of the Verra registry.

    Raises:
        UnusableValueError: It is none, or one of its days does not exist (`unreadable_serial`).
    """
    found = _VCU.fullmatch(text)
    if found is None:
        raise UnusableValueError("unreadable_serial", _EXPECTED)
    return VcuSerial(
        batch=int(found["batch"]),
        block_start=int(found["start"]),
        block_end=int(found["end"]),
        country=found["country"],
        project_id=found["project"],
        vintage_start=_day(found["from"]),
        vintage_end=_day(found["to"]),
    )


def _day(text: str) -> date:
    try:
        return date(int(text[4:]), int(text[2:4]), int(text[:2]))
    except ValueError as error:
        raise UnusableValueError("unreadable_serial", f"{_EXPECTED}; {text} is no day that exists") from error


def overlapping(blocks: Iterable[tuple[int, int, Name]]) -> set[Name]:
    """Return the names of blocks that share a credit with another block.

    Args:
        blocks: First credit, last credit and name of each block; the names are different.
    """
    found: set[Name] = set()
    reach: tuple[int, Name] | None = None
    for start, end, name in sorted(blocks, key=lambda block: block[:2]):
        if reach is not None and start <= reach[0]:
            # Whoever else reaches as far as this block starts shares a credit with the one that reaches farthest.
            found |= {name, reach[1]}
        if reach is None or end > reach[0]:
            reach = (end, name)
    return found
