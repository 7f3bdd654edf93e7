"""Files of labels as interpretation tools give them, to one kind of raw label: a plain CSV, and Collect Earth Online's downloads.

The layouts of Collect Earth Online were read in its public source (`collect_earth_online/db/projects.clj`: `sample-base-headers`,
`plot-base-headers`, `plots->csv-response`; 2024 to 2026) and in its manual ("Project Information Interface", Export Data), not
tried against its server:

- both downloads are UTF-8 with a mark, and have `plotid` (older ones `plot_id`), `email`, `flagged` and `collection_time` (UTC,
  minutes); `confidence` where the project collects it; and what was uploaded beside the place, with `pl_` before its name;
- the sample download has `sampleid`, `lon`, `lat`, `imagery_title` (the last layer shown, without a date: the dates of the two
  images have to be questions of the survey), `sample_geom`, and a column for each question with the answer in words;
- the plot download has `center_lon`, `center_lat`, `flagged_reason`, and a column `question:answer` for each answer with the
  percentage of the plot's sample points that got it; a question that asks to type something has one such column, with what
  was typed;
- a plot that nobody has interpreted has a row too, without an email.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mrv.errors import ProjectError
from mrv.project_sampling import LabelFile
from mrv.sources.csv_reading import CsvFile, Row

FIELDS = (
    "unit_id",
    "label",
    "loss_year",
    "forest_t1",
    "forest_t2",
    "forest_t3",
    "confidence",
    "image_before_id",
    "image_before_date",
    "image_after_id",
    "image_after_date",
    "labelled_on",
    "interpreter",
    "reason",
)
"""What a file can say of a unit, by the column of `sample_labels`."""
PLACE = ("longitude", "latitude")
FORM = (FIELDS[0], *PLACE, *FIELDS[1:])
"""Columns of the plain CSV: a form to fill in, and to read back."""

_SAYS_NOTHING = {"unit_id", *PLACE, "interpreter", "labelled_on", "confidence", "flagged", "uploaded_unit_id"}
"""Fields that a form has filled in before anybody looked at the unit."""
_CHOSEN = ("label", "forest_t1", "forest_t2", "forest_t3")
"""Fields that a survey lets one choose, and never type."""
_YEARS = ("loss_year", "image_before_date", "image_after_date")
_FULL_SHARE, _SHARE_ROUNDING = 100.0, 0.01
_CEO_NAMES = {
    "unit_id": ("plotid", "plot_id"),
    "interpreter": ("email",),
    "flagged": ("flagged",),
    "flagged_reason": ("flagged_reason",),
    "confidence": ("confidence",),
    "labelled_on": ("collection_time",),
    "uploaded_unit_id": ("pl_unit_id",),
}
_CEO_PLACE = {
    "ceo_sample": {"longitude": ("lon",), "latitude": ("lat",)},
    "ceo_plot": {"longitude": ("center_lon",), "latitude": ("center_lat",)},
}


@dataclass(frozen=True)
class RawLabel:
    """One record of a file of labels.

    Attributes:
        number: Its number in the file, from 1.
        cells: Text by field of FIELDS or PLACE, or flagged, flagged_reason, uploaded_unit_id; None where it says nothing.
        problem: Rule and reason where it cannot be read; of a row of another width only the unit is told, and may be wrong.
    """

    number: int
    cells: Mapping[str, str | None] = field(default_factory=dict)
    problem: tuple[str, str] | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nobody has said anything of the unit yet: a form that is not filled in, a plot that waits."""
        said = any(text for name, text in self.cells.items() if name not in _SAYS_NOTHING)
        return not said and not _is_flagged(self.cells) and self.problem is None


def _is_flagged(cells: Mapping[str, str | None]) -> bool:
    return (cells.get("flagged") or "").strip().lower() not in {"", "false", "0"}


def read_labels(file: LabelFile, path: Path, *, label: str) -> list[RawLabel]:
    """Read a file of labels.

    Args:
        file: What the definition says of it.
        path: Where it lies.
        label: How errors call it.

    Returns:
        Its records, blank ones left out.

    Raises:
        InputError: It cannot be read, or lacks a column.
        ProjectError: The definition does not say where the label stands, or names what a label has not.
    """
    check_mapping(file, label)
    opened = CsvFile(path, label=label, required=(), encoding=file.encoding, delimiter=file.delimiter)
    read = {"csv": _plain, "ceo_sample": _ceo_sample, "ceo_plot": _ceo_plot}[file.format](file, opened)
    raws = (_raw(row, read, file.missing) for row in opened.rows())
    return [raw for raw in raws if not raw.is_blank]


def check_mapping(file: LabelFile, label: str) -> None:
    """Make sure that the columns of a file are those that a label has, and that a survey's question is named.

    Raises:
        ProjectError: They are not.
    """
    known = {*FIELDS, *PLACE}
    unknown = sorted(set(file.columns) - known)
    if unknown or (file.format != "csv" and "label" not in file.columns):
        raise ProjectError(
            "the columns of a file of labels do not fit",
            expected="columns of " + ", ".join((*FIELDS, *PLACE))
            if unknown
            else "label: the question of the survey that asks for the class",
            found=", ".join(unknown) or ", ".join(file.columns) or "no columns",
            where=label,
            remedy="mend columns of the file in project.yaml",
        )


Read = Callable[[Row], dict[str, str | None]]


def _raw(row: Row, read: Read, missing: Sequence[str]) -> RawLabel:
    problem, cells = row.problem, dict[str, str | None]()
    try:
        cells = read(row)
    except _MixedAnswerError as error:
        cells, problem = dict(error.cells), problem or ("answers_of_a_plot_differ", str(error))
    if row.problem:
        # Cells may have moved to their neighbour's column.
        cells = {"unit_id": cells.get("unit_id")}
    texts = {name: (text or "").strip() for name, text in cells.items()}
    return RawLabel(
        row.number, {name: text if text and text not in missing else None for name, text in texts.items()}, problem
    )


def _plain(file: LabelFile, opened: CsvFile) -> Read:
    """Columns have the names of the landed ones unless the definition says otherwise."""
    columns = {name: name for name in (*FIELDS, *PLACE) if name in opened.columns} | file.columns
    needed = {"unit_id", "label", *(() if file.interpreter else ("interpreter",))}
    opened.require({*columns.values(), *(columns.get(name, name) for name in needed)})
    return lambda row: _cells(row, columns)


def _cells(row: Row, columns: Mapping[str, str]) -> dict[str, str | None]:
    return {name: row.cells.get(column) for name, column in columns.items()}


def _ceo_columns(file: LabelFile, opened: CsvFile) -> dict[str, str]:
    """Return the columns that every download has, by field; they are told by their names in any case."""
    names = {name.lower(): name for name in opened.columns}
    wanted = {**_CEO_NAMES, **_CEO_PLACE[file.format]}
    found = {key: names[name] for key, options in wanted.items() for name in options if name in names}
    needed = ["unit_id", *([] if file.interpreter else ["interpreter"])]
    opened.require({found.get(key, wanted[key][0]) for key in needed})
    return found


def _ceo_sample(file: LabelFile, opened: CsvFile) -> Read:
    opened.require(file.columns.values())
    columns = _ceo_columns(file, opened) | file.columns
    return lambda row: _cells(row, columns)


def _ceo_plot(file: LabelFile, opened: CsvFile) -> Read:
    columns = _ceo_columns(file, opened)
    questions: dict[str, dict[str, str]] = {}
    for name, question in file.columns.items():
        start = f"{question}:"
        answers = {column: column.removeprefix(start) for column in opened.columns if column.startswith(start)}
        if not answers:
            opened.require([question if question in opened.columns else f"{start}..."])
            columns[name] = question
        questions[name] = answers

    def read(row: Row) -> dict[str, str | None]:
        cells = _cells(row, columns)
        if _is_flagged(cells):
            return cells
        for name, answers in questions.items():
            given = {column: (row.cells.get(column) or "").strip() for column in answers}
            if len(given) == 1 and name not in _CHOSEN:
                cells[name] = _typed(name, *given.values())
            elif given:
                cells[name] = _chosen(file.columns[name], answers, given, cells)
        return cells

    return read


class _MixedAnswerError(ValueError):
    """The sample points of a plot have different answers."""

    def __init__(self, message: str, cells: Mapping[str, str | None]) -> None:
        super().__init__(message)
        self.cells = cells


def _typed(name: str, text: str) -> str | None:
    """Return what was typed. There is no year 0."""
    return None if name in _YEARS and _number(text) == 0 else text


def _chosen(
    question: str, answers: Mapping[str, str], given: Mapping[str, str], cells: Mapping[str, str | None]
) -> str | None:
    """Return the answer that all points of the plot have.

    A unit is one pixel with one label: which share of its points would make it loss is no question for a parser.
    """
    given = {column: text for column, text in given.items() if text and _number(text) != 0}
    if not given:
        return None
    column, text = next(iter(given.items()))
    share = _number(text)
    if len(given) == 1 and (share is None or share > _FULL_SHARE + _SHARE_ROUNDING):
        return text
    if len(given) == 1 and share is not None and share >= _FULL_SHARE - _SHARE_ROUNDING:
        return answers[column]
    shares = ", ".join(f"{answers[name]}: {value.removesuffix('%').strip()} %" for name, value in given.items())
    raise _MixedAnswerError(f"its points have different answers to {question} ({shares})", cells)


def _number(text: str) -> float | None:
    try:
        return float(text.removesuffix("%"))
    except ValueError:
        return None
