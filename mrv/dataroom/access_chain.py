"""Walk the chain of the access log and name the first entry that is not what was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from mrv.dataroom.access_log import FIRST, HASHED, chained, content_hash
from mrv.dataroom.models import access_log

BATCH = 1_000
_NEAR = 10_000
"""How far away the true place of a moved entry is looked for."""


@dataclass(frozen=True)
class Mark:
    """A point of the chain that somebody vouches for: a checkpoint."""

    entry_no: int
    entry_hash: str


@dataclass(frozen=True)
class Fault:
    """The first entry that is not what was written.

    Attributes:
        entry_no: Its number.
        kind: `edited`, `missing`, `inserted`, `moved`, `rewritten` or `truncated`.
        text: What is wrong, in a sentence.
    """

    entry_no: int
    kind: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """What a walk over the log found; `entries` counts those that were read."""

    entries: int
    newest: Mark
    marks_met: int
    fault: Fault | None

    def record(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


def rows(connection: sa.Connection, *, after: int = 0, batch: int = BATCH) -> Iterator[Mapping[str, Any]]:
    """Yield the entries in order, a batch at a time, so that a long log needs no more memory than a short one."""
    while True:
        query = sa.select(access_log).where(access_log.c.entry_no > after).order_by(access_log.c.entry_no)
        found = [dict(row) for row in connection.execute(query.limit(batch)).mappings()]
        yield from found
        if len(found) < batch:
            return
        after = found[-1]["entry_no"]


def verify(connection: sa.Connection, marks: Sequence[Mark] = ()) -> Verdict:
    """Walk the whole log.

    Args:
        connection: Database.
        marks: Checkpoints whose signature holds.
    """
    by_number: dict[int, list[Mark]] = {}
    for mark in marks:
        by_number.setdefault(mark.entry_no, []).append(mark)
    before, met, good = Mark(0, FIRST), 0, 0
    count = 0
    for row in rows(connection):
        count += 1
        fault = _fault(row, before, good)
        if fault is None and row["entry_no"] in by_number:
            here = by_number[row["entry_no"]]
            fault = next((found for mark in here if (found := _unlike(row, mark, good))), None)
            met, good = met + len(here), row["entry_no"]
        if fault:
            return Verdict(count, before, met, fault)
        before = Mark(row["entry_no"], row["entry_hash"])
    return Verdict(count, before, met, _truncated(before, marks))


def _fault(row: Mapping[str, Any], before: Mark, good: int) -> Fault | None:
    number, expected = row["entry_no"], before.entry_no + 1
    if number != expected:
        last = f" to {number - 1}" if number > expected + 1 else ""
        return Fault(
            expected, "missing", f"entry {expected}{last} is missing: entry {number} follows {before.entry_no}"
        )
    if chained(row["previous_hash"], content_hash(row)) != row["entry_hash"]:
        return _changed(row, before)
    if row["previous_hash"] == before.entry_hash:
        return None
    if before.entry_no in (0, good):
        return Fault(number, "rewritten", f"entry {number} does not follow entry {before.entry_no}, which is true")
    text = f"entry {before.entry_no} was rewritten: entry {number} was written after another one"
    return Fault(before.entry_no, "rewritten", text)


def _changed(row: Mapping[str, Any], before: Mark) -> Fault:
    """Say what happened to an entry whose hash is not that of its content: perhaps it has the content of another place."""
    number = row["entry_no"]
    true = _true_number(row)
    if true is None:
        return Fault(number, "edited", f"entry {number} was edited: its hash is not that of its content")
    if true == number - 1 and row["previous_hash"] != before.entry_hash:
        return Fault(true, "inserted", f"entry {true} was inserted: entry {number} was written as entry {true}")
    return Fault(number, "moved", f"entry {number} was moved: it was written as entry {true}")


def _true_number(row: Mapping[str, Any]) -> int | None:
    number = int(row["entry_no"])
    content = {name: row[name] for name in HASHED}
    for distance in range(1, _NEAR):
        for candidate in (number - distance, number + distance):
            content["entry_no"] = candidate
            if candidate > 0 and chained(row["previous_hash"], content_hash(content)) == row["entry_hash"]:
                return candidate
    return None


def _unlike(row: Mapping[str, Any], mark: Mark, good: int) -> Fault | None:
    if row["entry_hash"] == mark.entry_hash:
        return None
    first, last = good + 1, mark.entry_no
    text = f"entries {first} to {last} were rewritten with new hashes: entry {last} is not what the checkpoint signed"
    return Fault(first, "rewritten", text)


def _truncated(last: Mark, marks: Sequence[Mark]) -> Fault | None:
    newest = max((mark.entry_no for mark in marks), default=0)
    if newest <= last.entry_no:
        return None
    first = last.entry_no + 1
    return Fault(first, "truncated", f"the log ends with entry {last.entry_no}: {first} to {newest} were cut off")
