"""Submissions of KoboToolbox as ODK Central would give the same answers by OData."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mrv.sources.form_definition import FormDefinition

REVIEW_STATES = {
    "validation_status_approved": "approved",
    "validation_status_not_approved": "rejected",
    "validation_status_on_hold": "hasIssues",
}
_NUMBERS = {"integer": int, "decimal": float}


def as_odata(submissions: Sequence[Mapping[str, Any]], form: FormDefinition) -> list[dict[str, Any]]:
    """Turn submissions into values of the table `Submissions`, newest first; of an edited one only the last edit is left.

    Args:
        submissions: As `/api/v2/assets/<asset>/data/` gives them, sorted by `_id`.
        form: Their form; ODK Central names every question of it, answered or not.
    """
    latest: dict[str, dict[str, Any]] = {}
    for raw in submissions:
        root = str(raw["meta/rootUuid"])
        sent = f"{raw['_submission_time']}.000Z"
        before = latest.get(root)
        system = {
            "submissionDate": before["__system"]["submissionDate"] if before else sent,
            "updatedAt": sent if before else None,
            "submitterId": "7",
            "submitterName": "simulated",
            "attachmentsPresent": 0,
            "attachmentsExpected": 0,
            "status": None,
            "reviewState": REVIEW_STATES.get((raw.get("_validation_status") or {}).get("uid", "")),
            "deviceId": "simulated",
            "edits": before["__system"]["edits"] + 1 if before else 0,
            "formVersion": form.version,
            "deletedAt": None,
        }
        latest[root] = {"__id": root, "__system": system, "meta": {"instanceID": root}, **_answers(raw, form, "")}
    return sorted(latest.values(), key=lambda item: (item["__system"]["submissionDate"], item["__id"]), reverse=True)


def _answers(raw: Mapping[str, Any], form: FormDefinition, root: str) -> dict[str, Any]:
    """Put answers by path into groups; below a repeat, paths begin at the root all the same."""
    result: dict[str, Any] = {}
    for path, question in form.by_path.items():
        if not path.startswith(root) or "/" in path.removeprefix(root):
            continue
        if question.type == "group":
            result[question.name] = _answers(raw, form, f"{path}/")
        elif question.type == "repeat":
            result[question.name] = [
                {"__id": f"{path}-{place}", **_answers(item, form, f"{path}/")}
                for place, item in enumerate(raw.get(path, []), start=1)
            ]
        else:
            result[question.name] = _value(raw.get(path), question.type)
    return result


def _value(answer: str | None, kind: str) -> Any:
    if answer is None:
        return None
    if kind == "geopoint":
        latitude, longitude, *rest = (float(part) for part in answer.split())
        accuracy = {"properties": {"accuracy": rest[1]}} if len(rest) > 1 else {}
        return {"type": "Point", "coordinates": [longitude, latitude, *rest[:1]], **accuracy}
    return _NUMBERS[kind](answer) if kind in _NUMBERS else answer
