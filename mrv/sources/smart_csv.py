"""CSV that a SMART query is exported to: patrols by their legs, tracks by the million, observations with their categories."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mrv.errors import InputError
from mrv.ledger import Artifact
from mrv.project_sources import SmartFile
from mrv.refusals import problem_of
from mrv.sources import patrol_points as points
from mrv.sources.contract import Parsed, Request
from mrv.sources.coordinates import refuse_swapped
from mrv.sources.csv_reading import CsvFile, Row
from mrv.sources.patrol_kinds import Kinds, kind_of
from mrv.sources.records import Record, Records, Repairs
from mrv.sources.smart_labels import Header, read_header
from mrv.sources.values import Reading

SYSTEM = "smart"
_MISSING_DAY = "the day or time is missing or cannot be read"
_JUNK = frozenset({"true", "yes", "si", "sí", "1"})


@dataclass(frozen=True)
class SmartCsv:
    """A file, how it is written, and who asks."""

    file: SmartFile
    artifact: Artifact
    request: Request
    time_zone: str

    @property
    def path(self) -> Path:
        """Where its bytes are."""
        return self.request.store.get(self.artifact.sha256)

    def open(self) -> CsvFile:
        """Open it for reading record by record."""
        return CsvFile(
            self.path,
            label=self.artifact.address,
            required=(),
            encoding=self.file.encoding,
            delimiter=self.file.delimiter,
        )

    def record(self, records: Records, row: Row, number: int | None = None) -> Record:
        """Begin a record of a table."""
        number = number or row.number
        return records.record(
            row.cells,
            artifact=self.artifact.sha256,
            row=number,
            where=f"{self.artifact.address}, row {number}",
            remedy="mend the value in SMART and export the query again",
        )

    def moment(self, day: str, clock: str) -> int | str:
        """Return the moment of a local day and time in microseconds UTC, or the rule that its text breaks."""
        day_us, clock_us = points.day_us(day, self.file.dates), points.clock_us(clock or "00:00")
        if isinstance(day_us, str):
            return day_us
        if isinstance(clock_us, str):
            return clock_us
        return int(points.to_utc(np.array([day_us + clock_us]), self.time_zone)[0])


# --- patrols -----------------------------------------------------------------------------------------------------
def read_patrols(source: SmartCsv) -> Parsed:
    """Read patrols: the legs of a patrol are one record, which spans them all.

    Raises:
        InputError: The file has no column of patrols or dates.
    """
    file = source.open()
    header = read_header(file.columns, needed=("patrol_id", "started", "ended"), where=source.artifact.address)
    records, legs = Records("patrol_records"), dict[str, list[Row]]()
    for row in file.rows():
        patrol_id = "" if row.problem else header.cell(list(row.cells.values()), "patrol_id")
        if patrol_id:
            legs.setdefault(patrol_id, []).append(row)
            continue
        record = source.record(records, row)
        record.reject(*(row.problem or ("missing_value", "the patrol is missing")))
        record.done()
    for patrol_id, rows in legs.items():
        _patrol(source, records, header, patrol_id, rows)
    return records.parsed()


def _patrol(source: SmartCsv, records: Records, header: Header, patrol_id: str, rows: Sequence[Row]) -> None:
    record = source.record(records, rows[0])
    cells = [list(row.cells.values()) for row in rows]
    record.set("patrol_id", patrol_id)
    record.set("source_system", SYSTEM)
    if any(header.received(row, "patrol_id") != patrol_id for row in cells):
        record.repaired("patrol_id", "trimmed_blanks")
    if header.by_position:
        record.repaired("patrol_id", "columns_by_position")
    for column, name, pick in (("started_at", "started", min), ("ended_at", "ended", max)):
        record.set(column, _edge(source, record, [header.cell(row, name) for row in cells], name, pick))
    for column in ("patrol_type", "station", "transport", "leader", "team", "objective"):
        found = sorted({value for row in cells if (value := header.cell(row, column))})
        record.set(column, "; ".join(found) or None)
    members = sorted({value for row in cells if (value := header.cell(row, "members"))})
    record.read("member_count", members[-1] if len(members) == 1 else None, name="members")
    record.done()


def _edge(source: SmartCsv, record: Record, days: Sequence[str], name: str, pick: Any) -> Any:
    """Return the earliest or latest of the days of legs, at the local midnight at which it begins."""
    moments = [source.moment(day, "") for day in days]
    for moment in moments:
        if isinstance(moment, str):
            record.reject(moment, f"{name} of a leg is no date in the order {source.file.dates}")
            return None
    if source.file.dates != "iso":
        record.repaired("started_at" if name == "started" else "ended_at", "date_order_declared")
    return points.moment_of(pick(moments))


# --- tracks ------------------------------------------------------------------------------------------------------
def read_tracks(source: SmartCsv) -> Parsed:
    """Read track points, column by column.

    Raises:
        InputError: The file cannot be read, or lacks a column of patrol, time or place.
    """
    names = _first_line(source)
    header = read_header(names, needed=("patrol_id", "day", "clock", "x", "y"), where=source.artifact.address)
    used = {name: header.columns[name] for name in _TRACK_COLUMNS if name in header.columns}
    table, row, ragged = _columns(source, len(names), sorted(set(used.values())))
    columns = {name: table[f"c{place}"].combine_chunks() for name, place in used.items()}

    def raw(place: int) -> Mapping[str, Any]:
        return {names[used[name]]: column[place].as_py() for name, column in columns.items()}

    time_us, faults = points.moments(
        columns["day"], columns["clock"], order=source.file.dates, time_zone=source.time_zone
    )
    found: dict[str, Any] = {}
    for name, label in (("x", "the longitude"), ("y", "the latitude")):
        found[name], broken = points.numbers(columns[name], decimal=source.file.decimal)
        faults.append(("unreadable_value", broken, f"{label} is no number with decimal {source.file.decimal!r}"))
    none = pa.nulls(table.num_rows, pa.string())
    part = points.Points(
        system=SYSTEM,
        artifact=source.artifact.sha256,
        label=source.artifact.address,
        row=row,
        patrol_id=points.text_or_null(columns["patrol_id"]),
        leg_id=points.text_or_null(columns["leg_id"]) if "leg_id" in columns else none,
        time_us=time_us,
        longitude=found["x"],
        latitude=found["y"],
        is_junk=_is_junk(columns["junk"]) if "junk" in columns else pa.nulls(table.num_rows, pa.bool_()),
        raw=raw,
    )
    for rule, where, reason in faults:
        part.refuse(rule, where, reason)
    parsed = points.parsed(part, source.request.bounds)
    return Parsed(
        parsed.table,
        [*parsed.rejected, *ragged],
        parsed.rows_read + len(ragged),
        _repairs(source, parsed.table, header, row[_flags_of_blanks(columns["patrol_id"])]),
    )


_TRACK_COLUMNS = ("patrol_id", "leg_id", "day", "clock", "x", "y", "junk")


def _flags_of_blanks(column: pa.Array) -> Any:
    return np.asarray(pc.not_equal(pc.utf8_trim_whitespace(column), column).to_numpy(zero_copy_only=False), dtype=bool)


def _repairs(source: SmartCsv, table: pa.Table, header: Header, blanks: Any) -> list[dict[str, Any]]:
    """Note what was put right in kept rows: in each because the definition says so, blanks around patrols by their rows."""
    repairs = Repairs("patrol_tracks")
    if not table.num_rows:
        return []
    first = pc.min(table["_row"]).as_py()
    rules = [("recorded_at", "date_order_declared")] if source.file.dates != "iso" else []
    rules += [(name, "decimal_comma") for name in ("longitude", "latitude") if source.file.decimal != "."]
    rules += [("patrol_id", "columns_by_position")] if header.by_position else []
    for column, rule in rules:
        count = table.num_rows - table[column].null_count
        repairs.note(source.artifact.sha256, column, rule, row=first, values=count)
    trimmed = blanks[np.isin(blanks, table["_row"].to_numpy())]
    if len(trimmed):
        repairs.note(source.artifact.sha256, "patrol_id", "trimmed_blanks", row=int(trimmed.min()), values=len(trimmed))
    return repairs.rows()


def _is_junk(column: pa.Array) -> pa.Array:
    text = pc.utf8_lower(points.text_or_null(column))
    return pc.if_else(pc.is_null(text), pa.scalar(None, pa.bool_()), pc.is_in(text, pa.array(sorted(_JUNK))))


def _first_line(source: SmartCsv) -> list[str]:
    try:
        with source.path.open(encoding=source.file.encoding, newline="") as stream:
            names = next(csv.reader(io.StringIO(stream.readline()), delimiter=source.file.delimiter), [])
    except UnicodeDecodeError as error:
        raise _unreadable(source, problem_of(error)) from error
    return [name.strip() for name in names]


def _columns(source: SmartCsv, width: int, places: Sequence[int]) -> tuple[pa.Table, Any, list[dict[str, Any]]]:
    """Read some columns as text, with the number of each record and the records of another width."""
    from pyarrow import csv as arrow_csv

    bad: list[tuple[int, int]] = []

    def skip(row: Any) -> str:
        bad.append((row.number, row.actual_columns))
        return "skip"

    names = [f"c{place}" for place in range(width)]
    if _is_header_alone(source.path):
        empty = pa.table({f"c{place}": pa.array([], pa.string()) for place in places})
        return empty, np.empty(0, dtype=np.int64), []
    encoding = (
        "utf8" if source.file.encoding.lower().replace("_", "-") in {"utf-8", "utf-8-sig"} else source.file.encoding
    )
    try:
        table = arrow_csv.read_csv(
            source.path,
            # One thread, for the number of a bad record is not known otherwise.
            read_options=arrow_csv.ReadOptions(
                use_threads=False, column_names=names, skip_rows=1, encoding=encoding, block_size=1 << 24
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=source.file.delimiter, newlines_in_values=True, invalid_row_handler=skip
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=[f"c{place}" for place in places],
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
            ),
        )
    except (pa.ArrowInvalid, UnicodeError) as error:
        raise _unreadable(source, str(error)) from error
    numbers = np.delete(np.arange(1, table.num_rows + len(bad) + 1), [number - 2 for number, _ in bad])
    return table, numbers, [_ragged(source, number - 1, count, width) for number, count in bad]


def _is_header_alone(path: Path) -> bool:
    """Tell whether nothing follows the first line, not even its end; the reader of columns would not take that."""
    with path.open("rb") as stream:
        stream.readline()
        return not stream.read(1)


def _unreadable(source: SmartCsv, found: str) -> InputError:
    return InputError(
        "a SMART file cannot be read",
        expected=f"a CSV in {source.file.encoding}, cells separated by {source.file.delimiter!r}",
        found=found[:200],
        where=source.artifact.address,
        remedy="mend encoding and delimiter in project.yaml, or export the query again",
    )


def _ragged(source: SmartCsv, number: int, count: int, width: int) -> dict[str, Any]:
    return {
        "dataset": "patrol_tracks",
        "artifact": source.artifact.sha256,
        "row": number,
        "rule": "ragged_row",
        "severity": "error",
        "reason": f"{source.artifact.address}, row {number}: the row has {count} cells and the header {width}. "
        "Remedy: export the query again",
        "record": "{}",
    }


# --- observations ------------------------------------------------------------------------------------------------
def read_observations(source: SmartCsv, kinds: Kinds) -> Parsed:
    """Read observations as events. One that the file repeats in every cell is set aside and counted.

    Raises:
        InputError: The file lacks a column.
    """
    file = source.open()
    needed = ("patrol_id", "waypoint_id", "day", "clock", "x", "y")
    header = read_header(file.columns, needed=needed, where=source.artifact.address)
    if not header.levels:
        raise InputError(
            "a SMART file of observations has no column of categories",
            expected="Observation Category 0, or Categoría de Observación 0",
            found=f"{len(file.columns)} other columns",
            where=f"{source.artifact.address}, header",
            remedy="export the query with the categories of the observations",
        )
    records = Records("patrol_events")
    for row, event_id in _identified(list(file.rows()), header):
        _observation(source, source.record(records, row), row, event_id, header, kinds)
    return records.parsed()


def _identified(rows: Sequence[Row], header: Header) -> Iterator[tuple[Row, str | None]]:
    """Give each record an id that does not depend on its place; None for one that repeats another in every cell.

    SMART numbers waypoints of a leg and not observations, so that the id names leg, waypoint and category, and the number
    among those of the same, in the order of what they say.
    """
    alike: dict[str, list[tuple[str, ...]]] = {}
    for row in rows:
        if not row.problem:
            variants = alike.setdefault(_stem(row, header), [])
            if (cells := tuple(row.cells.values())) not in variants:
                variants.append(cells)
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        cells = tuple(row.cells.values())
        if row.problem or cells in seen:
            yield row, None
            continue
        seen.add(cells)
        stem = _stem(row, header)
        number = sorted(alike[stem]).index(cells) + 1
        yield row, stem if number == 1 else f"{stem}|{number}"


def _stem(row: Row, header: Header) -> str:
    cells = list(row.cells.values())
    levels = "/".join(level for place in header.levels if (level := cells[place].strip()))
    return "|".join([SYSTEM, *(header.cell(cells, name) for name in ("patrol_id", "leg_id", "waypoint_id")), levels])


def _observation(
    source: SmartCsv, record: Record, row: Row, event_id: str | None, header: Header, kinds: Kinds
) -> None:
    if row.problem or event_id is None:
        record.reject(
            *(row.problem or ("duplicate_record", "the file has this observation before, the same in every cell"))
        )
        record.done()
        return
    cells = list(row.cells.values())
    levels = [level for place in header.levels if (level := cells[place].strip())]
    kind, threat = kind_of(levels, kinds)
    record.set("event_id", event_id)
    record.set("source_system", SYSTEM)
    record.read("patrol_id", header.received(cells, "patrol_id"))
    record.set("event_kind", kind)
    record.set("threat_type", threat)
    record.read("source_category", " / ".join(levels), name="category")
    moment = source.moment(header.cell(cells, "day"), header.cell(cells, "clock"))
    if isinstance(moment, str):
        record.reject(moment, _MISSING_DAY)
    else:
        record.set("observed_at", points.moment_of(moment))
    for column, name in (("longitude", "x"), ("latitude", "y")):
        record.read(column, header.cell(cells, name), name=name, how=Reading(decimal=source.file.decimal))
    record.read("reported_by", header.cell(cells, "observer"), name="observer")
    record.read("description", header.cell(cells, "comment"), name="comment")
    _attributes(source, record, {name: header.cell(cells, name) for name in header.attributes})
    refuse_swapped(record, source.request.bounds)
    record.done()


def _attributes(source: SmartCsv, record: Record, values: Mapping[str, str]) -> None:
    for name in ("severity", "action_taken"):
        record.read(name, values.get(name))
    record.read("affected_area_ha", values.get("affected_area_ha"), how=Reading(decimal=source.file.decimal))
    for name in ("responded_on", "resolved_on"):
        day = points.day_us(values.get(name, ""), source.file.dates)
        if isinstance(day, str) and day != "missing_value":
            record.reject(day, f"{name} is no date in the order {source.file.dates}")
        record.set(name, None if isinstance(day, str) else points.moment_of(day).date())
