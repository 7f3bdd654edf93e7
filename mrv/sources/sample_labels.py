"""Labels of sample units as landed rows: unit, class by the legend, years and dates, and a code for who said so."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from mrv.errors import ProjectError
from mrv.project_sampling import MapClass, SampleSource
from mrv.sources.contract import Parsed
from mrv.sources.records import Record, Records, UnusableValueError, convert, day, number, truth
from mrv.sources.sample_design_files import FrozenDesign, unit_id
from mrv.sources.sample_label_files import PLACE, RawLabel
from mrv.sources.sample_people import codes_of, person_key

UNUSABLE = "unusable"
FLAGGED = "flagged"
FARTHEST_DEG = 0.0005
"""How far from its unit a label may lie: a point within the pixel, but not in the pixel of another design."""
_FIRST_IMAGE_YEAR, _LAST_IMAGE_YEAR = 1950, 2150
_MOST_DIGITS, _MOST_NAMED = 9, 5
_MOST_PEOPLE = 1000
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?( ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?))?)?"
)
"""A day, and the time that some tools write after it."""
_PRIVATE = "(free text is kept in the house)"
_NOT_SHOWN = {
    "unit_id",
    "uploaded_unit_id",
    "interpreter",
    "label",
    "reason",
    "flagged_reason",
    "confidence",
    "image_before_id",
    "image_after_id",
}
"""Fields that may hold free text, in which people name themselves and others; a rule for names would miss some."""
_PLAIN = re.compile(r"[0-9 .,:;/+TZ-]{1,40}")
"""Numbers and days: what may be shown of a value that cannot be typed."""
_NAMELIKE = re.compile(r"(?=.*[0-9])[A-Za-z0-9_.:/-]{1,80}")
"""Ids of units and images: no spaces, and a digit."""
_SURE = {"low", "medium", "high", "baja", "media", "alta"}
_TYPO = 0.75
"""How alike a label and a word of the legend are (0 to 1) that is taken for a slip and shown."""
_CLASSES: tuple[MapClass, ...] = ("loss", "gain", "stable_forest", "stable_non_forest")
_REMEDY = "correct the row where the labels were made and export them again; the unit is open until then"


@dataclass(frozen=True)
class LabelRows:
    """The records of one file of labels.

    Attributes:
        address: How its artifact is called.
        sha256: Its bytes.
        role: Whether they are labels or resolutions.
        interpreter: Code of who labelled all of it, where the definition says so.
        raws: Its records.
    """

    address: str
    sha256: str
    role: str
    interpreter: str | None
    raws: Sequence[RawLabel]


def decimal_year(text: str) -> float:
    """Read the day of an image as a decimal year: a date counts as its noon, a decimal year as it stands.

    Raises:
        UnusableValueError: It is neither. A year alone is refused, because it does not say when in the year.
    """
    text = text.strip()
    value = year_of(day(_day_text(text))) if "-" in text else number(text)
    if text.isdigit() or not _FIRST_IMAGE_YEAR <= value <= _LAST_IMAGE_YEAR:
        raise UnusableValueError("unreadable_value", "a date as 2023-07-01 or a decimal year as 2023.498")
    return value


def _day_text(text: str) -> str:
    """Return the day of a day with a time; anything else as it stands."""
    moment = _MOMENT.fullmatch(text)
    return moment[1] if moment else text


def year_of(when: date) -> float:
    """Return the noon of a day as a decimal year: 0.5 days of 365 or 366 after its year began, and so on."""
    days = 366 if calendar.isleap(when.year) else 365
    return when.year + (when.timetuple().tm_yday - 0.5) / days


def parse_labels(spec: SampleSource, design: FrozenDesign, files: Sequence[LabelRows]) -> Parsed:
    """Type the labels of a design.

    Args:
        spec: The source.
        design: The design whose units were labelled.
        files: Its files of labels, in the order of the definition.

    Returns:
        Rows of `sample_labels`, and the rows that cannot be used, each with its file, row, unit and remedy.

    Raises:
        ProjectError: So many people cannot have labelled.
    """
    appearances = (
        (raw.cells["interpreter"] or "", raw.cells.get("labelled_on") or "", position, raw.number)
        for position, file in enumerate(files)
        for raw in file.raws
        if file.interpreter is None and raw.cells.get("interpreter")
    )
    codes = codes_of(appearances, taken={file.interpreter for file in files if file.interpreter})
    if len(codes) > _MOST_PEOPLE:
        raise ProjectError(
            "more people would have labelled than labels are read of",
            expected=f"at most {_MOST_PEOPLE:,} people",
            found=f"{len(codes):,}",
            where=f"source {spec.name}, labels",
            remedy="map the column that says who labelled to interpreter, under columns of the file",
        )
    typing = _Typing(spec, design, codes)
    seen: dict[tuple[str, str, str], list[tuple[Record, str]]] = {}
    records = Records("sample_labels")
    begun = []
    for file in files:
        for raw in file.raws:
            record = typing.record(records, file, raw)
            begun.append(record)
            key = tuple(record.values.get(name) for name in ("unit_id", "role", "interpreter"))
            if all(key):
                seen.setdefault((str(key[0]), str(key[1]), str(key[2])), []).append(
                    (record, f"{file.address} row {raw.number}")
                )
    for (unit, _, interpreter), same in seen.items():
        if len(same) > 1:
            rows = ", ".join(row for _, row in same[:_MOST_NAMED])
            rows += f" and {len(same) - _MOST_NAMED:,} more" if len(same) > _MOST_NAMED else ""
            for record, _ in same:
                record.reject(
                    "labelled_twice",
                    f"{interpreter} labelled unit {unit} {len(same)} times ({rows}): keep one; where a plot has several "
                    "sample points, take the plot download",
                )
    for record in begun:
        record.done()
    return records.parsed()


def _word(text: str) -> str:
    """Return a word of a legend without the differences of spelling that do not make another word."""
    return person_key(text)


def _shown(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _PRIVATE


class _Typing:
    """Types the labels of one design."""

    def __init__(self, spec: SampleSource, design: FrozenDesign, codes: Mapping[str, str]) -> None:
        self.design_id = design.document.design_id
        self.years = (design.document.first_year, design.document.last_year)
        self.units = {unit["unit_id"]: unit for unit in design.units}
        self.codes = codes
        self.legend: dict[str, str] = {name: name for name in (*_CLASSES, UNUSABLE)}
        self.legend.update({_word(name): meaning for name, meaning in spec.legend.items()})

    def record(self, records: Records, file: LabelRows, raw: RawLabel) -> Record:
        """Begin a record and type what it says; it is not handed over yet."""
        unit = self._unit(raw)
        shown = {name: _shown(text) for name, text in raw.cells.items() if text and name not in _NOT_SHOWN}
        record = records.record(
            shown,
            artifact=file.sha256,
            row=raw.number,
            where=f"{file.address}, row {raw.number}{f', unit {unit}' if unit else ''}",
            remedy=_REMEDY,
        )
        record.set("design_id", self.design_id)
        record.set("role", file.role)
        record.set("unit_id", unit)
        if raw.problem:
            record.reject(*raw.problem)
            return record
        self._identify(record, file, raw, unit)
        self._judge(record, raw.cells)
        return record

    def _unit(self, raw: RawLabel) -> str | None:
        """Return the unit that a record means: its id, or its number, which is what Collect Earth Online takes."""
        text = raw.cells.get("unit_id")
        if text is None or text in self.units:
            return text
        if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS:
            numbered = unit_id(self.design_id, int(text))
            if numbered in self.units or not raw.problem:
                return numbered
        # Anything may stand in a row of another width, or in a column that is mapped wrongly.
        return text if _NAMELIKE.fullmatch(text) and not raw.problem else None

    def _identify(self, record: Record, file: LabelRows, raw: RawLabel, unit: str | None) -> None:
        who = raw.cells.get("interpreter")
        code = file.interpreter or (self.codes[person_key(who)] if who else None)
        record.set("interpreter", code)
        if code is None:
            did = "labelled" if file.role == "interpreter" else "resolved"
            record.reject("missing_value", f"it does not say who {did}")
        if unit is None:
            record.reject("missing_value", "it does not name a unit")
            return
        uploaded = raw.cells.get("uploaded_unit_id")
        if unit not in self.units or (uploaded and uploaded != unit):
            record.reject(
                "unit_of_another_design",
                f"{unit} is no unit of design {self.design_id}, which has {len(self.units)}"
                if unit not in self.units
                else f"it was uploaded as {uploaded if uploaded and _NAMELIKE.fullmatch(uploaded) else _PRIVATE}",
            )
            return
        self._place(record, raw.cells, self.units[unit])

    def _place(self, record: Record, cells: Mapping[str, str | None], unit: Mapping[str, Any]) -> None:
        try:
            given = {name: number(text) for name in PLACE if (text := cells.get(name))}
        except UnusableValueError as error:
            record.reject(error.rule, f"its place is not {error.expected}")
            return
        if any(abs(value - unit[name]) > FARTHEST_DEG for name, value in given.items()):
            where = ", ".join(f"{name} {value}" for name, value in given.items())
            record.reject(
                "place_of_another_unit",
                f"it lies at {where}; the unit lies at longitude {unit['longitude']}, latitude {unit['latitude']}",
            )

    def _judge(self, record: Record, cells: Mapping[str, str | None]) -> None:
        label, meaning = cells.get("label"), None
        flagged = self._truth(record, "flagged", cells)
        if label is not None:
            meaning = self.legend.get(_word(label))
            if meaning is None:
                slip = get_close_matches(_word(label), self.legend, n=1, cutoff=_TYPO)
                label = label if slip else _PRIVATE
                if not flagged:
                    told = ", ".join(sorted(self.legend))
                    record.reject("outside_legend", f"the label is {label!r}, not one of: {told}")
        elif not flagged:
            record.reject("missing_value", "it has no label")
        usable = not flagged and meaning != UNUSABLE
        record.set("label", label or FLAGGED)
        record.set("usable", usable)
        record.set("reference_class", meaning if usable else None)
        record.set("reason", None if usable else "flagged by the interpreter" if flagged else "labelled as unusable")
        for name in ("forest_t1", "forest_t2", "forest_t3"):
            self._read(record, name, cells.get(name) if usable else None)
        sure = cells.get("confidence") or ""
        record.set("confidence", sure if _PLAIN.fullmatch(sure) or sure.lower() in _SURE else None)
        for name in ("image_before_id", "image_after_id"):
            image = cells.get(name) or ""
            record.set(name, image if _NAMELIKE.fullmatch(image) else None)
        moment = cells.get("labelled_on")
        # Collect Earth Online tells the minute as well.
        self._read(record, "labelled_on", moment and _day_text(moment))
        self._year(record, cells.get("loss_year") if usable else None, meaning)
        self._dates(record, cells)

    def _read(self, record: Record, column: str, text: str | None) -> Any:
        """Type a value as it stands; what cannot be typed may be anything, also somebody's name."""
        try:
            if text:
                convert(text, record.records.dataset.schema.field(column).type)
        except UnusableValueError:
            text = _shown(text or "")
        return record.read(column, text)

    def _truth(self, record: Record, name: str, cells: Mapping[str, str | None]) -> bool:
        text = cells.get(name)
        try:
            return truth(text) if text else False
        except UnusableValueError as error:
            record.reject(error.rule, f"{name} is {_shown(text or '')!r}, not {error.expected}")
            return False

    def _year(self, record: Record, text: str | None, meaning: str | None) -> None:
        year = self._read(record, "loss_year", text)
        first, last = self.years
        if year is None:
            return
        if not first <= year <= last:
            record.reject("year_outside_design", f"loss_year is {year}; the design is about {first} to {last}")
        elif meaning not in {None, "loss"}:
            record.reject("year_without_loss", f"loss_year is {year} and the label means {meaning}")

    def _dates(self, record: Record, cells: Mapping[str, str | None]) -> None:
        found: dict[str, float | None] = {}
        for name in ("image_before_date", "image_after_date"):
            text = cells.get(name)
            try:
                found[name] = decimal_year(text) if text else None
            except UnusableValueError as error:
                record.reject(error.rule, f"{name} is {_shown(text or '')!r}, not {error.expected}")
                found[name] = None
            record.set(name, found[name])
        before, after = found["image_before_date"], found["image_after_date"]
        if before is not None and after is not None and before > after:
            record.reject("dates_out_of_order", f"the image before is of {before}, that after of {after}")
        first, last = self.years
        if before is not None and before >= last + 1:
            record.reject("dates_outside_design", f"the image before is of {before}; the design ends with {last}")
        if after is not None and after < first:
            record.reject("dates_outside_design", f"the image after is of {after}; the design begins with {first}")
