"""Submissions of the form `forest_plot_census` to the tables `plots` and `trees`, by a mapping that is data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from mrv.errors import ProjectError
from mrv.project_base import Strict
from mrv.sources.contract import Parsed
from mrv.sources.records import Record, Records, UnusableValueError, number

FORMS = Path(__file__).with_name("forms")
REFUSED = {
    "validation_status_not_approved": "the submission was reviewed and not approved",
    "validation_status_on_hold": "the submission was reviewed and put on hold",
}
_REMEDY = "correct the submission in KoboToolbox, or approve it there, and pull again"


class FormMapping(Strict):
    """How a form's questions become landed columns."""

    form: str
    plots: dict[str, str]
    location: str
    repeat: str
    trees: dict[str, str]


@dataclass(frozen=True)
class Submission:
    """One submission as received, and where it lies: page artifact, position in it, number of its first tree."""

    raw: Mapping[str, Any]
    artifact: str
    address: str
    position: int
    first_tree: int
    trees: tuple[Mapping[str, Any], ...]

    @property
    def root_uuid(self) -> str:
        """What stays the same when a submission is edited; older servers have only `_uuid`."""
        value = self.raw.get("meta/rootUuid") or self.raw.get("_uuid") or self.raw.get("_id") or ""
        return str(value).removeprefix("uuid:")

    @property
    def age(self) -> tuple[str, str]:
        """Order of submissions and their edits in time; ids grow, so longer ones are later."""
        return str(self.raw.get("_submission_time") or ""), str(self.raw.get("_id") or "").zfill(20)


@cache
def load_form(name: str) -> FormMapping:
    """Read the mapping of a form.

    Raises:
        ProjectError: It is missing or not a mapping.
    """
    path = FORMS / f"{name}.yaml"
    try:
        return FormMapping.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ProjectError(
            f"the mapping of form {name} cannot be used", found=str(error), where=str(path), remedy="mend the mapping"
        ) from error


def tree_records(raw: Mapping[str, Any], form: FormMapping) -> tuple[Mapping[str, Any], ...]:
    """Return the trees of a submission; what is no record of questions is an empty one, and so rejected later."""
    repeat = raw.get(form.repeat)
    if repeat is None:
        return ()
    items = repeat if isinstance(repeat, list) else [repeat]
    return tuple(item if isinstance(item, Mapping) else {"(not a record)": item} for item in items)


def parse_submissions(submissions: Iterable[Submission], form: FormMapping) -> dict[str, Parsed]:
    """Turn submissions into plots and trees.

    An edit (same root uuid, later) replaces what it edits; what was replaced, and what the reviewer refused or put on
    hold, goes to the quarantine with its trees. A second submission of the same census is kept: the checks name it.
    """
    listed = list(submissions)
    newest: dict[str, Submission] = {}
    for item in listed:
        held = newest.get(item.root_uuid)
        if held is None or item.age >= held.age:
            newest[item.root_uuid] = item
    plots, trees = Records("plots"), Records("trees")
    for item in listed:
        refusal = _refusal(item, newest[item.root_uuid])
        _plot(plots, item, form, refusal)
        _trees(trees, item, form, refusal)
    return {"plots": plots.parsed(), "trees": trees.parsed()}


def _refusal(item: Submission, newest: Submission) -> tuple[str, str] | None:
    if newest is not item:
        return "superseded_by_edit", f"the submission was edited on {newest.age[0]} (_id {newest.raw.get('_id')})"
    status = _status(item)
    return (status, REFUSED[status]) if status in REFUSED else None


def _status(item: Submission) -> str | None:
    status = item.raw.get("_validation_status")
    uid = status.get("uid") if isinstance(status, Mapping) else None
    return str(uid) if uid else None


def _plot(plots: Records, item: Submission, form: FormMapping, refusal: tuple[str, str] | None) -> None:
    record = plots.record(
        item.raw,
        artifact=item.artifact,
        row=item.position,
        where=f"{item.address}, submission {item.position}, {_key(item, form)}",
        remedy=_REMEDY,
    )
    for column, question in form.plots.items():
        record.read(column, item.raw.get(question), name=question)
    _location(record, item.raw.get(form.location), form.location)
    record.set("submission_id", item.root_uuid)
    record.read("submitted_at", item.raw.get("_submission_time"), name="_submission_time")
    record.set("validation_status", _status(item))
    if refusal:
        record.reject(*refusal)
    record.done()


def _trees(trees: Records, item: Submission, form: FormMapping, refusal: tuple[str, str] | None) -> None:
    for offset, raw in enumerate(item.trees):
        row = item.first_tree + offset
        record = trees.record(
            raw,
            artifact=item.artifact,
            row=row,
            where=f"{item.address}, tree record {row}, {_key(item, form)}",
            remedy=_REMEDY,
        )
        for column in ("plot_id", "census_id"):
            record.read(column, item.raw.get(form.plots[column]), name=form.plots[column])
        for column, question in form.trees.items():
            record.read(column, raw.get(question), name=question)
        record.set("submission_id", item.root_uuid)
        if refusal:
            record.reject(*refusal)
        record.done()


def _key(item: Submission, form: FormMapping) -> str:
    return f"plot {item.raw.get(form.plots['plot_id'])}, census {item.raw.get(form.plots['census_id'])}"


def _location(record: Record, value: Any, question: str) -> None:
    """Split a geopoint "lat lon altitude accuracy"."""
    if value is None or not str(value).strip():
        return
    parts = str(value).split()
    try:
        if len(parts) < 2:
            raise UnusableValueError("unreadable_value", "latitude and longitude")
        record.set("latitude", number(parts[0]))
        record.set("longitude", number(parts[1]))
    except UnusableValueError as error:
        record.reject(error.rule, f"{question} is {str(value)[:80]!r}, not {error.expected}")
