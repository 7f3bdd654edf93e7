"""Submissions of forms as KoboToolbox gives them: their frame, and the ways in which they come a second time."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import shapely

from mrv.boundaries import Zone
from mrv.periods import Span

Submission = dict[str, Any]

RECORDED_DAYS = 3 * 365
"""Forms came into use this long before the end of the project's periods: of earlier ones there are no records."""
FIRST_ID = 500_000
NOT_APPROVED = {"uid": "validation_status_not_approved", "label": "Not approved"}


class Inbox:
    """Collects the submissions of one form in the order in which they are sent.

    Args:
        rng: Where their unique ids come from.
        form_number: Tells the `_id`s of one form from those of another.
    """

    def __init__(self, rng: np.random.Generator, *, form_number: int) -> None:
        self.rng = rng
        self.next_id = FIRST_ID + form_number * 10_000
        self.submissions: list[Submission] = []

    def send(self, day: date, answers: Mapping[str, Any], *, days_later: int = 2) -> Submission:
        """Add a submission with its answers by path; an answer of None was left empty."""
        unique = self._unique()
        submission = {
            "_id": self._number(),
            "_uuid": unique,
            "meta/instanceID": f"uuid:{unique}",
            "meta/rootUuid": f"uuid:{unique}",
            "__version__": "vSimulated1",
            "_submission_time": _sent(day, days_later),
            "_validation_status": {"uid": "validation_status_approved", "label": "Approved"},
            "_submitted_by": "simulated",
            **{path: answer for path, answer in answers.items() if answer is not None},
        }
        self.submissions.append(submission)
        return submission

    def send_again(self, submission: Submission) -> None:
        """The same answers come a second time, as when a phone lost its connection."""
        unique = self._unique()
        self.submissions.append(
            copy.deepcopy(submission)
            | {
                "_id": self._number(),
                "_uuid": unique,
                "meta/instanceID": f"uuid:{unique}",
                "meta/rootUuid": f"uuid:{unique}",
                "_submission_time": _later(submission, days=1),
            }
        )

    def edit(self, submission: Submission, answers: Mapping[str, Any], *, days: int = 9) -> None:
        """Somebody corrects a submission: it keeps its root, and the new answers count."""
        unique = self._unique()
        self.submissions.append(
            copy.deepcopy(submission)
            | {
                "_id": self._number(),
                "_uuid": unique,
                "meta/instanceID": f"uuid:{unique}",
                "meta/deprecatedID": submission["meta/instanceID"],
                "_submission_time": _later(submission, days=days),
                **answers,
            }
        )

    def sorted(self) -> list[Submission]:
        """Return them by `_id`."""
        return sorted(self.submissions, key=lambda item: int(item["_id"]))

    def _number(self) -> int:
        self.next_id += 1
        return self.next_id

    def _unique(self) -> str:
        return str(uuid.UUID(bytes=self.rng.bytes(16), version=4))


def _sent(day: date, days: int) -> str:
    return datetime.combine(day + timedelta(days=days), time(15, 30)).isoformat()


def _later(submission: Submission, *, days: int) -> str:
    return (datetime.fromisoformat(submission["_submission_time"]) + timedelta(days=days)).isoformat()


def recorded(window: Span) -> Span:
    """Return the days of which the forms tell: the last three years."""
    return Span(max(window.start, window.end - timedelta(days=RECORDED_DAYS)), window.end)


def some_day(rng: np.random.Generator, span: Span) -> date:
    """Return any day of a span."""
    return span.start + timedelta(days=int(rng.integers(0, span.days)))


def choose(rng: np.random.Generator, answers: Sequence[Any]) -> Any:
    """Return one of some answers."""
    return answers[int(rng.integers(0, len(answers)))]


def point_in(rng: np.random.Generator, zones: Sequence[Zone], kind: str) -> tuple[float, float]:
    """Return longitude and latitude of a point in the zones of a kind, or in any zone where there are none."""
    area = shapely.union_all(
        [zone.geometry for zone in zones if zone.kind == kind] or [zone.geometry for zone in zones]
    )
    west, south, east, north = area.bounds
    while True:
        longitude, latitude = float(rng.uniform(west, east)), float(rng.uniform(south, north))
        if shapely.contains_xy(area, longitude, latitude):
            return round(longitude, 6), round(latitude, 6)
