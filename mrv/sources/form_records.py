"""Submissions of any form to the rows of its landed tables, whichever server they come from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from mrv.privacy import told
from mrv.sources.contract import Parsed
from mrv.sources.coordinates import refuse_swapped
from mrv.sources.form_definition import OF_SUBMISSION, Constant, FormDefinition, Join, Point, TableMapping
from mrv.sources.json_reading import writable
from mrv.sources.records import Record, Records, UnusableValueError, number
from mrv.sources.tiling import Bounds

Answers = Mapping[str, Any]
Refusal = tuple[str, str]
"""Rule and reason."""


@dataclass(frozen=True)
class Submission:
    """One submission, with its answers by path whichever server sent it.

    Attributes:
        answers: Answers by path; a repeat has a list of such answers.
        identity: What stays the same when it is edited.
        age: Its place among the edits of the same identity, later ones larger.
        number: The server's own number or id of this edit, for the reader.
        submitted_at: When it was sent, as the server writes it.
        status: What the reviewer said, as the server writes it.
        version: Version of the form that it was filled in with.
        refusal: Why the reviewer or the server keeps it out.
        artifact: sha256 of the file that holds it.
        address: The file, for the reader.
        position: Its place in that file, from 1.
    """

    answers: Answers
    identity: str
    age: tuple[str, ...]
    number: str
    submitted_at: Any
    status: str | None
    version: str | None
    refusal: Refusal | None
    artifact: str
    address: str
    position: int


@dataclass(frozen=True)
class Entry:
    """What one row is read from: the submission, the entries of repeats around the row, and the row's own place."""

    scopes: tuple[Answers, ...]
    places: tuple[int, ...] = ()
    choice: str | None = None
    empty: bool = False

    def answer(self, path: str) -> Any:
        """Return the answer to a question of the entry or of what is around it."""
        for scope in reversed(self.scopes):
            if path in scope:
                return scope[path]
        return None

    @property
    def raw(self) -> Answers:
        """The innermost answers, as received."""
        return self.scopes[-1]


def parse_submissions(
    submissions: Iterable[Submission], form: FormDefinition, *, bounds: Bounds, remedy: str
) -> dict[str, Parsed]:
    """Turn submissions into rows of the form's tables.

    An edit (same identity, later) replaces what it edits. What was replaced, what the reviewer refused or put on hold, and
    what repeats another submission answer by answer goes to the quarantine with all its rows.

    Args:
        submissions: In the order of their files.
        form: Questions and tables.
        bounds: Extent of the project's zones, by which exchanged latitudes and longitudes are told.
        remedy: What to do about a record that cannot be used.
    """
    listed = list(submissions)
    refusals = _refusals(listed, form)
    unanswered = _unanswered(listed, form)
    tables = {name: Records(name) for name in form.datasets}
    rows: Counter[tuple[str, str]] = Counter()
    for item, refusal in zip(listed, refusals, strict=True):
        for mapping in form.tables:
            for entry in entries(item.answers, mapping, form):
                rows[item.artifact, mapping.table] += 1
                row = rows[item.artifact, mapping.table]
                reading = _Reading(item, mapping, form, bounds, unanswered.get(item.version or "", frozenset()))
                reading.read(tables[mapping.table], entry, row=row, refusal=refusal, remedy=remedy)
    always = {mapping.table for mapping in form.tables if mapping.always}
    return {name: records.parsed() for name, records in tables.items() if records.rows_read or name in always}


def entries(answers: Answers, mapping: TableMapping, form: FormDefinition) -> Iterator[Entry]:
    """Return what a submission gives for a table: one entry per row."""
    if any(str(answers.get(path)) not in wanted for path, wanted in mapping.when.items()):
        return
    repeats = [path for path in form.repeats if f"{mapping.at or ''}/".startswith(f"{path}/")]
    for entry in _opened(Entry((answers,)), repeats, fill=mapping.if_none is not None):
        if mapping.each is None:
            yield entry
            continue
        for choice in str(entry.answer(mapping.each) or "").split() or [""]:
            yield Entry(entry.scopes, entry.places, choice, entry.empty)


def _opened(entry: Entry, repeats: Sequence[str], *, fill: bool) -> Iterator[Entry]:
    """Go down through repeats; with `fill`, what has no entry in the innermost of several gives an empty one."""
    if not repeats:
        yield entry
        return
    path, *inner = repeats
    items = items_of(entry.raw, path)
    if not items and not inner and fill and entry.places:
        yield Entry(entry.scopes, entry.places, None, empty=True)
    for place, item in enumerate(items, start=1):
        yield from _opened(Entry((*entry.scopes, item), (*entry.places, place)), inner, fill=fill)


def items_of(answers: Answers, path: str) -> tuple[Answers, ...]:
    """Return the entries of a repeat; what is no record of answers is an empty one, and so rejected later."""
    repeat = answers.get(path)
    if repeat is None:
        return ()
    items = repeat if isinstance(repeat, list) else [repeat]
    return tuple(item if isinstance(item, Mapping) else {"(not a record)": item} for item in items)


def _refusals(listed: Sequence[Submission], form: FormDefinition) -> list[Refusal | None]:
    """Return for each submission why it is not used, if it is not."""
    newest: dict[str, Submission] = {}
    for item in listed:
        known = newest.get(item.identity)
        if known is None or item.age >= known.age:
            newest[item.identity] = item
    first: dict[str, Submission] = {}
    repeats: dict[str, Submission] = {}
    usable = [item for item in listed if newest[item.identity] is item and item.refusal is None]
    for item in sorted(usable, key=lambda item: (item.age, item.identity)):
        held = first.setdefault(_content(item.answers, form), item)
        if held is not item:
            repeats[item.identity] = held
    result: list[Refusal | None] = []
    for item in listed:
        latest = newest[item.identity]
        if latest is not item:
            reason = f"the submission was edited on {latest.age[0]} ({latest.number})"
            result.append(("superseded_by_edit", reason))
        elif item.refusal is not None:
            result.append(item.refusal)
        elif item.identity in repeats:
            original = repeats[item.identity].number
            result.append(
                ("repeated_submission", f"the submission repeats {original} answer by answer; the first one is used")
            )
        else:
            result.append(None)
    return result


def _content(answers: Answers, form: FormDefinition) -> str:
    """Return the answers to the form's questions as one text; what the server adds does not belong to them."""
    return json.dumps(_asked(answers, form), sort_keys=True, ensure_ascii=True, default=str)


def _asked(answers: Answers, form: FormDefinition) -> Any:
    return {
        path: [_asked(item, form) if isinstance(item, Mapping) else item for item in value]
        if isinstance(value, list)
        else value
        for path, value in answers.items()
        if path in form.by_path
    }


def _unanswered(listed: Sequence[Submission], form: FormDefinition) -> dict[str, frozenset[str]]:
    """Return for each version of the form the questions outside repeats that no submission of it answers."""
    asked = {path for path in form.by_path if not any(path.startswith(f"{repeat}/") for repeat in form.repeats)}
    seen: dict[str, set[str]] = {}
    for item in listed:
        seen.setdefault(item.version or "", set()).update(item.answers)
    return {version: frozenset(asked - paths) for version, paths in seen.items() if version}


@dataclass(frozen=True)
class _Reading:
    """Reads the entries of one submission for one table."""

    item: Submission
    mapping: TableMapping
    form: FormDefinition
    bounds: Bounds
    unanswered: frozenset[str]

    def read(self, records: Records, entry: Entry, *, row: int, refusal: Refusal | None, remedy: str) -> None:
        raw = writable(dict(entry.raw))
        record = records.record(
            raw, artifact=self.item.artifact, row=row, where=self._where(records, entry, row), remedy=remedy
        )
        for column, source in self.mapping.columns.items():
            self._fill(record, column, source, entry)
        self._fill_own(record)
        refuse_swapped(record, self.bounds)
        if any(writable(own) != own for own in (_own(scope) for scope in entry.scopes)):
            record.reject("unreadable_value", r"a text holds half a character (\ud800 to \udfff)")
        if refusal:
            record.reject(*refusal)
        record.done()

    def _where(self, records: Records, entry: Entry, row: int) -> str:
        """Say where a record is: file, submission, and what of its key is told."""
        dataset = records.dataset
        named = [
            f"{column.removesuffix('_id')} {writable(value)}"
            for column in dataset.key
            if column not in dataset.private and isinstance(source := self.mapping.columns.get(column), str)
            if (value := entry.answer(source)) is not None
        ]
        place = "" if self.mapping.at is None else f"record {row} of {self.mapping.at}"
        parts = (self.item.address, f"submission {self.item.position}", place, *named)
        return ", ".join(part for part in parts if part)

    def _fill(self, record: Record, column: str, source: Any, entry: Entry) -> None:
        if entry.empty and column in (self.mapping.if_none or {}):
            record.set(column, (self.mapping.if_none or {})[column])
        elif isinstance(source, Constant):
            record.set(column, source.constant)
        elif isinstance(source, Point):
            self._place(record, column, source, entry)
        elif isinstance(source, Join):
            record.read(column, self._joined(source, entry) or None)
        else:
            self._answer(record, column, source, entry)

    def _answer(self, record: Record, column: str, path: str, entry: Entry) -> None:
        value = writable(entry.choice if path == self.mapping.each else entry.answer(path))
        read = record.read(column, value, name=path)
        declared = record.records.dataset.schema.field(column)
        if read is None:
            if not declared.nullable and path in self.unanswered:
                record.reject(
                    "missing_value",
                    f"no submission of form version {self.item.version} answers {path}: the question was taken out or renamed",
                )
            return
        codes = self.form.codes(path)
        if codes is not None and not pa.types.is_boolean(declared.type) and str(read) not in codes:
            shown = told(record.records.dataset.name, column, str(read)[:80])
            record.reject("unknown_choice", f"{path} is {shown!r}, none of {', '.join(codes)}")

    def _joined(self, source: Join, entry: Entry) -> str:
        own = {
            "submission": self.item.identity,
            "position": "-".join(map(str, entry.places)),
            "choice": entry.choice,
        }
        parts = (own[part] if part in own else entry.answer(part) for part in source.join)
        joined = source.separator.join(str(part).strip() for part in parts if part is not None)
        return f"{source.prefix}{writable(joined)}" if joined else ""

    def _place(self, record: Record, column: str, source: Point, entry: Entry) -> None:
        """Take a part of a geopoint "latitude longitude altitude accuracy"."""
        value = entry.answer(source.point)
        if value is None or not str(value).strip():
            record.read(column, None, name=source.point)
            return
        parts = str(value).split()
        try:
            if len(parts) < 2:
                raise UnusableValueError("unreadable_value", "latitude and longitude")
            record.set(column, number(parts[0 if source.part == "latitude" else 1]))
        except UnusableValueError as error:
            shown = told(record.records.dataset.name, column, str(writable(value))[:80])
            record.reject(error.rule, f"{source.point} is {shown!r}, not {error.expected}")

    def _fill_own(self, record: Record) -> None:
        names = record.records.dataset.schema.names
        identity, submitted_at, status = OF_SUBMISSION
        if identity in names:
            record.set(identity, self.item.identity)
        if submitted_at in names:
            record.read(submitted_at, writable(self.item.submitted_at))
        if status in names:
            record.set(status, self.item.status)


def _own(scope: Answers) -> dict[Any, Any]:
    """Return the answers of a scope without the entries of its repeats."""
    return {key: value for key, value in scope.items() if not isinstance(value, list)}
