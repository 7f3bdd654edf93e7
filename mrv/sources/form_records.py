"""Submissions of any form to the rows of its landed tables, whichever server they come from."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from mrv.privacy import told
from mrv.schemas import DATASETS
from mrv.sources.contract import Parsed
from mrv.sources.coordinates import refuse_swapped
from mrv.sources.form_definition import OF_SUBMISSION, Constant, FormDefinition, Join, Point, TableMapping
from mrv.sources.json_reading import writable
from mrv.sources.records import Record, Records, UnusableValueError, number
from mrv.sources.tiling import Bounds

log = logging.getLogger(__name__)

OF_SERVER = ("_", "meta/", "formhub/")
"""How the names of what servers add begin; forms of both name their own metadata without a group."""
OF_DEVICE = frozenset({"start", "end", "today", "deviceid", "username", "phonenumber", "audit"})
SHOWN = 10
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
    _tell_of_strangers(listed, form)
    tables = {name: Records(name) for name in form.datasets}
    readings = [_Reading(mapping, form, bounds, remedy) for mapping in form.tables]
    rows: Counter[tuple[str, str]] = Counter()
    for item, refusal in zip(listed, refusals, strict=True):
        clean = writable(dict(item.answers))
        whole = clean == item.answers
        lacking = unanswered.get(item.version or "", frozenset())
        for reading in readings:
            received = None if whole else list(entries(item.answers, reading.mapping, form))
            for place, entry in enumerate(entries(clean, reading.mapping, form)):
                rows[item.artifact, reading.mapping.table] += 1
                record = reading.read(
                    tables[reading.mapping.table],
                    item,
                    entry,
                    row=rows[item.artifact, reading.mapping.table],
                    lacking=lacking,
                )
                if received is not None and _garbled(entry, received[place]):
                    record.reject("unreadable_value", r"a text holds half a character (\ud800 to \udfff)")
                if refusal:
                    record.reject(*refusal)
                record.done()
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


def _tell_of_strangers(listed: Sequence[Submission], form: FormDefinition) -> None:
    """Warn of answers to questions that the form does not have: one that was renamed on the server is lost in silence."""
    found = Counter(path for item in listed for path in _paths(item.answers) if path not in form.by_path)
    strangers = {
        path: count
        for path, count in sorted(found.items())
        if not path.startswith(OF_SERVER) and path.lower() not in OF_DEVICE
    }
    if strangers:
        names = ", ".join(f"{ascii(path)[1:-1][:80]} ({count})" for path, count in list(strangers.items())[:SHOWN])
        log.warning(
            "%d question(s) answered on the server are not in form %s, so that their answers are not used: %s%s",
            len(strangers),
            form.id,
            names,
            "" if len(strangers) <= SHOWN else " ...",
        )


def _paths(answers: Answers) -> Iterator[str]:
    """Return what is answered, repeats opened; what a server adds as a list of objects is no repeat."""
    for path, value in answers.items():
        yield str(path)
        if isinstance(value, list) and not str(path).startswith(OF_SERVER):
            for item in value:
                yield from _paths(item) if isinstance(item, Mapping) else ()


def _garbled(clean: Entry, received: Entry) -> bool:
    """Tell whether a text of an entry, or of what is around it, could not be written as it was received."""
    pairs = zip(clean.scopes, received.scopes, strict=True)
    return any(_own(written) != _own(scope) for written, scope in pairs)


def _own(scope: Answers) -> dict[Any, Any]:
    """Return the answers of a scope without the entries of its repeats."""
    return {key: value for key, value in scope.items() if not isinstance(value, list)}


class _Reading:
    """Reads entries of submissions for one table.

    Args:
        mapping: The table, and where its columns come from.
        form: The form.
        bounds: Extent of the project's zones.
        remedy: What to do about a record that cannot be used.
    """

    def __init__(self, mapping: TableMapping, form: FormDefinition, bounds: Bounds, remedy: str) -> None:
        self.mapping, self.bounds, self.remedy = mapping, bounds, remedy
        schema = DATASETS[mapping.table].schema
        self._names = frozenset(schema.names)
        self._nullable = frozenset(field.name for field in schema if field.nullable)
        # An answer of yes or no has several spellings, and its column takes each of them.
        self._codes = {
            column: form.codes(source)
            for column, source in mapping.columns.items()
            if isinstance(source, str) and not pa.types.is_boolean(schema.field(column).type)
        }
        dataset = DATASETS[mapping.table]
        self._keys = {
            column: source
            for column in dataset.key
            if column not in dataset.private and isinstance(source := mapping.columns.get(column), str)
        }

    def read(self, records: Records, item: Submission, entry: Entry, *, row: int, lacking: frozenset[str]) -> Record:
        """Begin a record and fill it; `lacking` are questions that no submission of the form's version answers."""
        where = self._where(item, entry, row)
        record = records.record(entry.raw, artifact=item.artifact, row=row, where=where, remedy=self.remedy)
        for column, source in self.mapping.columns.items():
            if entry.empty and column in (self.mapping.if_none or {}):
                record.set(column, (self.mapping.if_none or {})[column])
            elif isinstance(source, Constant):
                record.set(column, source.constant)
            elif isinstance(source, Point):
                self._place(record, column, source, entry)
            elif isinstance(source, Join):
                record.read(column, _joined(source, item, entry) or None)
            else:
                self._answer(record, column, source, entry)
                if column not in self._nullable and record.values[column] is None and source in lacking:
                    told_version = f"no submission of form version {item.version} answers {source}"
                    record.reject("missing_value", f"{told_version}: the question was taken out or renamed")
        self._fill_own(record, item)
        refuse_swapped(record, self.bounds)
        return record

    def _where(self, item: Submission, entry: Entry, row: int) -> str:
        """Say where a record is: file, submission, and what of its key is told."""
        answers = {column: entry.answer(source) for column, source in self._keys.items()}
        named = [
            f"{column.removesuffix('_id')} {str(value)[:80]}" for column, value in answers.items() if value is not None
        ]
        place = "" if self.mapping.at is None else f"record {row} of {self.mapping.at}"
        parts = (item.address, f"submission {item.position}", place, *named)
        return ", ".join(part for part in parts if part)

    def _answer(self, record: Record, column: str, path: str, entry: Entry) -> None:
        value = entry.choice if path == self.mapping.each else entry.answer(path)
        if value is None and column in self._nullable:
            return
        read = record.read(column, value, name=path)
        codes = self._codes.get(column)
        if read is not None and codes is not None and str(read) not in codes:
            shown = told(self.mapping.table, column, str(read)[:80])
            record.reject("unknown_choice", f"{path} is {shown!r}, none of {', '.join(codes)}")

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
            shown = told(self.mapping.table, column, str(value)[:80])
            record.reject(error.rule, f"{source.point} is {shown!r}, not {error.expected}")

    def _fill_own(self, record: Record, item: Submission) -> None:
        identity, submitted_at, status = OF_SUBMISSION
        if identity in self._names:
            record.set(identity, item.identity)
        if submitted_at in self._names:
            record.read(submitted_at, writable(item.submitted_at))
        if status in self._names:
            record.set(status, item.status)


def _joined(source: Join, item: Submission, entry: Entry) -> str:
    """Return the parts of an id that are known, joined; nothing if none is."""
    own = {"submission": item.identity, "position": "-".join(map(str, entry.places)), "choice": entry.choice}
    parts = (own[part] if part in own else entry.answer(part) for part in source.join)
    joined = source.separator.join(str(part).strip() for part in parts if part is not None)
    return f"{source.prefix}{joined}" if joined else ""
