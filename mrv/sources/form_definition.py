"""A form as data: its questions in English and Spanish, and how the answers become rows of landed tables.

A path names a question as KoboToolbox does: groups and repeats, then the question, joined by `/`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import Field, StringConstraints, ValidationError, model_validator

from mrv.errors import ProjectError
from mrv.project_base import Identifier, Strict
from mrv.project_sources import OWN_FORM
from mrv.refusals import keys_found
from mrv.schemas import DATASETS
from mrv.yaml_reading import read_yaml

FORMS = Path(__file__).with_name("forms")
SHARED_CHOICES = "choices"
OF_SUBMISSION = ("submission_id", "submitted_at", "validation_status")
"""Columns that the submission itself fills, whatever the form asks."""
TOKENS = frozenset({"submission", "position", "choice"})
"""What an id can be joined of besides answers: the submission, the place in its repeats, the choice of several."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*$")]
QuestionPath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*$")]
QUESTION_TYPES = frozenset({"text", "integer", "decimal", "date", "dateTime", "geopoint", "image", "note", "calculate"})
PRIVATE_FILES = frozenset({"image"})


class Words(Strict):
    """A text in both languages."""

    en: str = Field(min_length=1)
    es: str = Field(min_length=1)


class Choice(Strict):
    """An answer that can be chosen: the code that the tables use, and what people read."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]
    en: str = Field(min_length=1)
    es: str = Field(min_length=1)


class Question(Strict):
    """A question, or a group or repeat of questions."""

    name: Name
    type: str
    label: Words
    hint: Words | None = None
    required: bool = False
    relevant: str | None = None
    constraint: str | None = None
    message: Words | None = None
    default: str | None = None
    questions: tuple[Question, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> Question:
        if (self.type in {"group", "repeat"}) != bool(self.questions):
            raise ValueError(f"{self.name}: a group or repeat has questions, and nothing else has")
        if (self.constraint is None) != (self.message is None):
            raise ValueError(f"{self.name}: constraint and message go together")
        kind, _, choices = self.type.partition(" ")
        select = kind in {"select_one", "select_multiple"} and bool(choices)
        if not (select or self.type in {"group", "repeat"} or self.type in QUESTION_TYPES):
            raise ValueError(f"{self.name}: there is no type {self.type!r}")
        return self

    @property
    def choice_list(self) -> str | None:
        """Name of its list of choices."""
        return self.type.partition(" ")[2] or None


class Constant(Strict):
    """The same value in every row."""

    constant: str | int | float | bool


class Point(Strict):
    """A part of the answer to a question for a place."""

    point: QuestionPath
    part: Literal["latitude", "longitude"]


class Join(Strict):
    """A text joined of answers and of `submission`, `position` and `choice`; what was not answered is left out."""

    join: tuple[QuestionPath, ...] = Field(min_length=1)
    separator: str = "-"
    prefix: str = ""


ColumnSource = QuestionPath | Constant | Point | Join


class TableMapping(Strict):
    """How answers become rows of one landed table.

    Attributes:
        table: The landed table.
        at: Repeat of which each entry is a row; none: each submission is one.
        each: Question with several choices of which each is a row.
        when: Answers that a submission must have for a row.
        if_none: Columns and values of the row that a submission, or an entry of the outer repeat, gives without entries.
        columns: Landed column to where its value comes from.
        always: Land the table without rows too, so that its checks say that they are missing. Without it, a table that no
            submission gives a row for was not measured.
    """

    table: str
    at: QuestionPath | None = None
    each: QuestionPath | None = None
    when: dict[QuestionPath, tuple[str, ...]] = Field(default_factory=dict)
    if_none: dict[str, str | int | float | None] | None = None
    columns: dict[str, ColumnSource]
    always: bool = False

    @model_validator(mode="after")
    def _fits(self) -> TableMapping:
        dataset = DATASETS.get(self.table)
        if dataset is None:
            raise ValueError(f"there is no landed table {self.table!r}")
        known = set(dataset.schema.names) - {"_artifact", "_row"} - set(OF_SUBMISSION)
        if unknown := sorted(set(self.columns) - known):
            raise ValueError(f"table {self.table} has no column {', '.join(unknown)} that an answer could fill")
        needed = {field.name for field in dataset.schema if not field.nullable and field.name in known}
        if lacking := sorted(needed - set(self.columns)):
            raise ValueError(f"nothing fills column {', '.join(lacking)} of table {self.table}")
        if self.if_none is not None and not set(self.if_none) <= set(self.columns):
            raise ValueError(f"if_none of table {self.table} fills a column that is not in columns")
        return self

    @property
    def paths(self) -> Iterator[str]:
        """The questions whose answers are used."""
        yield from self.when
        if self.each is not None:
            yield self.each
        for source in self.columns.values():
            yield from paths_of(source)


def paths_of(source: ColumnSource) -> Sequence[str]:
    """Return the questions that fill a column."""
    if isinstance(source, str):
        return (source,)
    if isinstance(source, Point):
        return (source.point,)
    return [part for part in source.join if part not in TOKENS] if isinstance(source, Join) else ()


class FormDefinition(Strict):
    """A form."""

    id: Identifier
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")] = Field(
        description="Year, month, day and number of the change on that day."
    )
    title: Words
    choices: dict[Name, tuple[Choice, ...]] = Field(default_factory=dict)
    questions: tuple[Question, ...] = Field(min_length=1)
    tables: tuple[TableMapping, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> FormDefinition:
        used = {question.choice_list for question in self.by_path.values() if question.choice_list}
        if lacking := sorted(used - set(self.choices)):
            raise ValueError(f"there is no list of choices {', '.join(lacking)}")
        for mapping in self.tables:
            if unknown := sorted(set(mapping.paths) - set(self.by_path)):
                raise ValueError(
                    f"table {mapping.table} uses questions that the form does not have: {', '.join(unknown)}"
                )
            if mapping.at is not None and mapping.at not in self.repeats:
                raise ValueError(f"table {mapping.table}: {mapping.at} is no repeat of the form")
            for path in mapping.paths:
                self._check_reach(mapping, path)
        return self

    def _check_reach(self, mapping: TableMapping, path: str) -> None:
        """Refuse a question of a repeat in which a row does not lie: it would have several answers."""
        inside = [repeat for repeat in self.repeats if path.startswith(f"{repeat}/")]
        at = f"{mapping.at or ''}/"
        if astray := [repeat for repeat in inside if not at.startswith(f"{repeat}/")]:
            raise ValueError(f"table {mapping.table}: {path} has an answer in each entry of {astray[-1]}")

    @cached_property
    def by_path(self) -> Mapping[str, Question]:
        """Every question, group and repeat by its path, in the form's order."""
        return dict(_walk(self.questions, ""))

    @cached_property
    def repeats(self) -> tuple[str, ...]:
        """Paths of the repeats, outer ones first."""
        return tuple(path for path, question in self.by_path.items() if question.type == "repeat")

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Landed tables that the form feeds."""
        return tuple(dict.fromkeys(mapping.table for mapping in self.tables))

    def codes(self, path: str) -> tuple[str, ...] | None:
        """Return the codes that a question can be answered with, or None where any answer will do."""
        name = self.by_path[path].choice_list
        return None if name is None else tuple(choice.name for choice in self.choices[name])


def _walk(questions: Sequence[Question], root: str) -> Iterator[tuple[str, Question]]:
    for question in questions:
        path = f"{root}{question.name}"
        yield path, question
        yield from _walk(question.questions, f"{path}/")


def form_ids() -> tuple[str, ...]:
    """Return the forms of the platform."""
    return tuple(sorted(path.stem for path in FORMS.glob("*.yaml") if path.stem != SHARED_CHOICES))


def load_form(name: str, *, folder: Path | None = None) -> FormDefinition:
    """Read a form: one of the platform by its id, or a file (`.yaml`) of a project's folder.

    Raises:
        ProjectError: There is none, it is no form, or it lies outside the project's folder.
    """
    if name.endswith(OWN_FORM):
        return _read_form(_project_file(name, folder))
    if name not in form_ids():
        raise ProjectError(
            f"there is no form {name}",
            expected=", ".join(form_ids()),
            found=name,
            remedy="name a form of the platform, or a .yaml file in the project's folder",
        )
    return _platform_form(name)


@cache
def _platform_form(name: str) -> FormDefinition:
    return _read_form(FORMS / f"{name}.yaml")


def _read_form(path: Path) -> FormDefinition:
    raw = read_yaml(path)
    shared: dict[str, Any] = read_yaml(FORMS / f"{SHARED_CHOICES}.yaml")
    if isinstance(raw, dict) and isinstance(raw.get("choices", {}), dict):
        raw = {**raw, "choices": {**shared, **raw.get("choices", {})}}
    try:
        return FormDefinition.model_validate(raw)
    except ValidationError as error:
        problems = ((item["loc"], item["msg"]) for item in error.errors())
        raise ProjectError(
            f"the form {path.name} cannot be used",
            found=keys_found(problems, FormDefinition.model_fields),
            where=str(path),
            remedy="mend the form's file",
        ) from error


def _project_file(name: str, folder: Path | None) -> Path:
    root = (folder or Path()).resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise ProjectError(
            "the file of a form is missing",
            expected=name,
            found="no such file in the project's folder",
            where=str(root),
            remedy="put the form's file into the project's folder, or name a form of the platform",
        )
    return path


def is_boolean(table: str, column: str) -> bool:
    """Tell whether a landed column is yes or no: such answers have several spellings."""
    return bool(pa.types.is_boolean(DATASETS[table].schema.field(column).type))
