"""Made-up people of the demo's communities: activities, jobs, grievances and steps of consent, as the forms tell them.

Nobody of it exists. Planted mistakes: submissions sent twice, edited, refused by the reviewer, with a mistyped year or word,
with blanks around a code, and with a last day before the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from mrv.boundaries import Zone
from mrv.periods import Span
from mrv.simulator.submissions import NOT_APPROVED, Inbox, Submission, choose, recorded, some_day

COMMUNITIES = tuple(f"C-{number:02d}" for number in range(1, 18))
"""Codes of the register in the project's folder."""
PEOPLE_PER_COMMUNITY = 14
ACTIVITY_COUNT, JOB_COUNT, GRIEVANCE_COUNT = 60, 72, 11

KINDS = (
    # activity_type, field, topic, driver, hours, counting
    ("assembly", "inclusion", "organisation", None, 4, "people"),
    ("assembly", "inclusion", "project_information", None, 3, "people"),
    ("governance_meeting", "inclusion", "organisation", None, 3, "people"),
    ("governance_meeting", "protection", "forest_monitoring", "agriculture", 3, "people"),
    ("workshop", "inclusion", "law_and_rights", None, 6, "people"),
    ("training", "production", "beekeeping", "agriculture", 8, "people"),
    ("training", "production", "agroforestry", "agriculture", 12, "people"),
    ("training", "production", "aquaculture", "agriculture", 8, "people"),
    ("training", "protection", "fire_prevention", "fire", 6, "people"),
    ("training", "protection", "forest_monitoring", "roads", 16, "people"),
    ("awareness", "protection", "biodiversity", None, 2, "person_events"),
    ("benefit_sharing", "inclusion", "project_information", None, 2, "people"),
    ("technical_assistance", "production", "agroforestry", "agriculture", 5, "people"),
)
JOBS = (
    ("forest ranger", "protection"),
    ("nursery worker", "production"),
    ("technician", "production"),
    ("promoter", "inclusion"),
)
STEPS = (
    ("information", "noted"),
    ("consultation", "noted"),
    ("deliberation", "noted"),
    ("decision", "agreed"),
    ("agreement", "agreed"),
)


@dataclass(frozen=True)
class Person:
    """A made-up person."""

    number: int
    community_id: str
    gender: str
    age_group: str

    @property
    def document(self) -> str:
        """A number that no identity document has."""
        return f"SIM-{self.number:05d}"

    @property
    def name(self) -> str:
        """A name that nobody has."""
        return f"Persona Simulada {self.number:03d}"

    @property
    def household(self) -> str:
        """Two of them share a household."""
        return f"H-{self.community_id}-{self.number % PEOPLE_PER_COMMUNITY // 2 + 1:02d}"


def population(seed: int) -> list[Person]:
    """Return the people of all communities; the same seed gives the same people in every form."""
    rng = _random(seed, 20)
    return [
        Person(
            number=place * PEOPLE_PER_COMMUNITY + offset,
            community_id=community,
            gender=str(rng.choice(["female", "male"])),
            age_group=str(rng.choice(["15_29", "30_59", "60_plus"], p=[0.3, 0.55, 0.15])),
        )
        for place, community in enumerate(COMMUNITIES)
        for offset in range(PEOPLE_PER_COMMUNITY)
    ]


def make_community_activities(seed: int, zones: Sequence[Zone], window: Span) -> list[Submission]:
    """Make meetings, trainings and other activities with the people who took part."""
    del zones
    rng, people = _random(seed, 21), population(seed)
    inbox = Inbox(rng, form_number=1)
    days = sorted(some_day(rng, recorded(window)) for _ in range(ACTIVITY_COUNT))
    sent = [_activity(rng, inbox, people, day, place) for place, day in enumerate(days)]
    inbox.send_again(sent[4])
    inbox.edit(sent[9], {"activity/hours": "5"})
    sent[14]["_validation_status"] = NOT_APPROVED
    sent[19]["activity/community_id"] += "  "
    sent[24]["activity/topic"] = "abejas"
    # The year of the next century instead of the day's.
    started_on = sent[29]["activity/started_on"]
    sent[29]["activity/started_on"] = f"2{int(started_on[1]) + 1}{started_on[2:]}"
    return inbox.sorted()


def _activity(rng: np.random.Generator, inbox: Inbox, people: Sequence[Person], day: date, place: int) -> Submission:
    kind, field, topic, driver, hours, counting = KINDS[place % len(KINDS)]
    community = COMMUNITIES[int(rng.integers(0, len(COMMUNITIES)))]
    answers: dict[str, Any] = {
        "activity/activity_type": kind,
        "activity/field": field,
        "activity/topic": topic,
        "activity/driver": driver,
        "activity/started_on": day.isoformat(),
        "activity/ended_on": (day + timedelta(days=hours // 9)).isoformat(),
        "activity/hours": str(hours),
        "activity/community_id": community,
        "activity/organiser": "Equipo simulado",
        "activity/place": "Local comunal simulado",
        "activity/counting": counting,
    }
    if kind in ("assembly", "governance_meeting"):
        answers["activity/decision_count"] = str(int(rng.integers(0, 6)))
        answers["activity/decisions"] = "Acuerdos simulados"
    if counting == "person_events":
        answers["groups"] = [
            {
                "groups/gender": gender,
                "groups/age_group": age,
                "groups/participant_count": str(int(rng.integers(3, 25))),
            }
            for gender in ("female", "male")
            for age in ("15_29", "30_59")
        ]
    else:
        answers["participants"] = [
            _participant(person, benefit=kind == "benefit_sharing") for person in _present(rng, people, community)
        ]
    return inbox.send(day, answers)


def _present(rng: np.random.Generator, people: Sequence[Person], community: str) -> list[Person]:
    own = [person for person in people if person.community_id == community]
    chosen = rng.permutation(len(own))[: int(rng.integers(5, len(own) + 1))]
    return [own[place] for place in sorted(int(number) for number in chosen)]


def _participant(person: Person, *, benefit: bool) -> dict[str, str]:
    answers = {
        "participants/person_id": person.document,
        "participants/household_id": person.household,
        "participants/person_name": person.name,
        "participants/gender": person.gender,
        "participants/age_group": person.age_group,
    }
    if benefit:
        answers |= {
            "participants/benefit_kind": "Herramientas",
            "participants/benefit_quantity": "1",
            "participants/benefit_unit": "juego",
        }
    return answers


def make_employment(seed: int, zones: Sequence[Zone], window: Span) -> list[Submission]:
    """Make jobs: most by days worked, some by their share of full time."""
    del zones
    rng, people = _random(seed, 22), population(seed)
    inbox, span = Inbox(rng, form_number=2), recorded(window)
    for place in range(JOB_COUNT):
        # Two communities give most of the work, so that some numbers by community rest on enough people to be told.
        near = [person for person in people if person.community_id in COMMUNITIES[:2]] if place % 3 else people
        person, (job, field) = choose(rng, near), JOBS[place % len(JOBS)]
        first = some_day(rng, span)
        length = int(rng.integers(30, 240))
        by_share = place % 4 == 0
        answers = {
            "work/person_id": person.document,
            "work/person_name": person.name,
            "work/gender": person.gender,
            "work/age_group": person.age_group,
            "work/community_id": person.community_id,
            "work/job": job,
            "work/field": field,
            "work/work_from": first.isoformat(),
            "work/work_to": (first + timedelta(days=length - 1)).isoformat(),
            "work/days_worked": None if by_share else str(length * 5 // 7),
            "work/full_time_share": str(choose(rng, ("0.5", "1"))) if by_share else None,
            "work/employer": "Empleador simulado",
        }
        inbox.send(first, answers, days_later=length + 3)
    sent = inbox.submissions
    sent[4]["work/full_time_share"] = "50"
    sent[9]["work/work_to"] = (date.fromisoformat(sent[9]["work/work_from"]) - timedelta(days=20)).isoformat()
    inbox.send_again(sent[13])
    return inbox.sorted()


def make_grievances(seed: int, zones: Sequence[Zone], window: Span) -> list[Submission]:
    """Make grievances; each is entered when it comes and edited when it is closed, if it is."""
    del zones
    rng, people = _random(seed, 23), population(seed)
    inbox, span = Inbox(rng, form_number=3), recorded(window)
    for place, day in enumerate(sorted(some_day(rng, span) for _ in range(GRIEVANCE_COUNT)), start=1):
        person = choose(rng, people)
        entered = inbox.send(
            day,
            {
                "grievance/grievance_id": f"Q-{place:03d}",
                "grievance/received_on": day.isoformat(),
                "grievance/category": choose(rng, ("land", "benefits", "information", "conduct")),
                "grievance/channel": choose(rng, ("in_person", "assembly", "telephone")),
                "grievance/community_id": person.community_id,
                "grievance/complainant_gender": person.gender,
                "grievance/complainant_name": person.name,
                "grievance/complainant_contact": f"contacto-simulado-{person.number}",
                "grievance/account": "Relato simulado",
                "grievance/acknowledged_on": (day + timedelta(days=2)).isoformat(),
            },
        )
        if place % 5:
            days = int(rng.integers(10, 60))
            # One is closed before it came: a mistyped month.
            closed = day - timedelta(days=12) if place == 3 else day + timedelta(days=days)
            answers = {"grievance/closed_on": closed.isoformat(), "grievance/outcome": "resolved"}
            inbox.edit(entered, answers | {"grievance/responded_on": closed.isoformat()}, days=days)
    return inbox.sorted()


def make_consent(seed: int, zones: Sequence[Zone], window: Span) -> list[Submission]:
    """Make steps of consent: each community gets as far as it got."""
    del zones
    rng = _random(seed, 24)
    inbox, span = Inbox(rng, form_number=4), recorded(window)
    for place, community in enumerate(COMMUNITIES):
        day = span.start + timedelta(days=int(rng.integers(0, 90)))
        for step, outcome in STEPS[: 2 + place % 4]:
            present = int(rng.integers(20, 70))
            inbox.send(
                day,
                {
                    "consent/community_id": community,
                    "consent/step": step,
                    "consent/held_on": day.isoformat(),
                    "consent/outcome": "postponed" if place == 5 and step == "deliberation" else outcome,
                    "consent/participant_count": str(present),
                    "consent/women_count": str(int(present * rng.uniform(0.3, 0.6))),
                    "consent/document_reference": f"Acta simulada {community}",
                },
            )
            day += timedelta(days=int(rng.integers(40, 160)))
    return inbox.sorted()


def _random(seed: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, stream]))
