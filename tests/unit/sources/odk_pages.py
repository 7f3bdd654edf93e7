"""Submissions as ODK Central gives them by OData, for tests."""

from __future__ import annotations

from typing import Any


def submission(number: int, *, review: str | None = "approved", system: dict[str, Any] | None = None, **changes: Any):
    """One grievance."""
    identity = f"uuid:00000000-0000-4000-8000-{number:012d}"
    answers = {
        "grievance_id": f"G-{number:03d}",
        "received_on": "2023-03-01",
        "category": "land",
        "channel": "in_person",
        "community_id": "com-a",
        "complainant_gender": "female",
        "complainant_name": "María Quispe",
        "complainant_contact": None,
        "account": "Un lindero",
        "acknowledged_on": None,
        "responded_on": None,
        "closed_on": None,
        "outcome": None,
    }
    return {
        "__id": identity,
        "__system": {
            "submissionDate": f"2023-03-{number:02d}T10:00:00.000-05:00",
            "updatedAt": None,
            "reviewState": review,
            "edits": 0,
            "formVersion": "2026110101",
            "attachmentsPresent": 0,
            "attachmentsExpected": 0,
            "status": None,
            "deletedAt": None,
            **(system or {}),
        },
        "meta": {"instanceID": identity},
        "grievance": {**answers, **changes},
    }


def page(*values: dict[str, Any], count: int | None = None, following: str | None = None) -> dict[str, Any]:
    """A page of the table `Submissions`."""
    content: dict[str, Any] = {
        "value": list(values),
        "@odata.context": "https://odk.example.org/v1/projects/1/forms/grievance.svc/$metadata#Submissions",
        "@odata.count": len(values) if count is None else count,
    }
    return content if following is None else {**content, "@odata.nextLink": following}
