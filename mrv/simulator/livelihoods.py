"""Made-up livelihoods, nurseries and plantings of the demo's communities, as the forms tell them.

Planted mistakes: an area in square metres, a unit that nobody can add up, a submission sent twice, one edited, more seedlings
alive than were looked at, and a site with latitude and longitude exchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from mrv.boundaries import Zone
from mrv.periods import Span
from mrv.simulator.people import COMMUNITIES, PEOPLE_PER_COMMUNITY
from mrv.simulator.submissions import Inbox, Submission, choose, point_in, recorded

HOUSEHOLDS_PER_COMMUNITY = PEOPLE_PER_COMMUNITY // 2
SITE_COUNT = 14
SPECIES = ("Cedrela odorata", "Swietenia macrophylla", "Inga edulis", "Guazuma crinita", "Calycophyllum spruceanum")
PURPOSES = ("restoration", "agroforestry", "restoration", "buffer_zone", "enrichment")
_ACTIVITIES: dict[str, dict[str, Any]] = {
    "agroforestry": {
        "product": "cocoa",
        "area": (0.5, 3.0),
        "production": (200, 900),
        "production_unit": "kg",
        "pen": 8.0,
    },
    "beekeeping": {
        "product": "honey",
        "units": (3, 15),
        "unit": "hive",
        "production": (20, 160),
        "production_unit": "kg",
        "pen": 22.0,
    },
    "aquaculture": {
        "product": "fish",
        "units": (1, 4),
        "unit": "pond",
        "production": (60, 400),
        "production_unit": "kg",
        "pen": 12.0,
    },
    "livestock": {"product": "small_animals", "units": (8, 40), "unit": "animal"},
}


def make_livelihoods(seed: int, zones: Sequence[Zone], window: Span) -> list[Submission]:
    """Make a record of every second household of the last calendar years: what it keeps, produces and earns."""
    del zones
    rng = np.random.Generator(np.random.PCG64([seed, 25]))
    inbox = Inbox(rng, form_number=5)
    for year in range(recorded(window).start.year + 1, window.end.year + 1):
        for community in COMMUNITIES:
            for household in range(1, HOUSEHOLDS_PER_COMMUNITY + 1, 2):
                _household(rng, inbox, community, household, year)
    sent = inbox.submissions
    sent[2]["activities"][0]["activities/area_ha"] = "9500"
    sent[7]["activities"][0]["activities/production_unit"] = "arroba"
    inbox.send_again(sent[11])
    inbox.edit(sent[15], {"household/head_gender": "female"})
    return inbox.sorted()


def _household(rng: np.random.Generator, inbox: Inbox, community: str, household: int, year: int) -> None:
    kinds = sorted(rng.choice(list(_ACTIVITIES), size=int(rng.integers(1, 3)), replace=False))
    last = date(year, 12, 31)
    inbox.send(
        last,
        {
            "household/household_id": f"H-{community}-{household:02d}",
            "household/head_name": f"Persona Simulada {household:03d}",
            "household/head_gender": choose(rng, ("female", "male")),
            "household/household_count": "1",
            "household/community_id": community,
            "household/period_from": date(year, 1, 1).isoformat(),
            "household/period_to": last.isoformat(),
            "activities": [_livelihood(rng, str(kind)) for kind in kinds],
        },
        days_later=12,
    )


def _livelihood(rng: np.random.Generator, activity: str) -> dict[str, str]:
    kind = _ACTIVITIES[activity]
    answers = {"activities/activity": activity, "activities/product": kind["product"]}
    if "area" in kind:
        answers["activities/area_ha"] = f"{rng.uniform(*kind['area']):.2f}"
    if "units" in kind:
        answers |= {"activities/unit_count": str(int(rng.integers(*kind["units"]))), "activities/unit": kind["unit"]}
    if "production" in kind:
        amount = int(rng.integers(*kind["production"]))
        answers |= {"activities/production": str(amount), "activities/production_unit": kind["production_unit"]}
        # Not every household tells what it earns.
        if rng.random() < 0.7:
            answers["activities/income_pen"] = f"{amount * kind['pen']:.2f}"
    return answers


def make_nursery_and_planting(seed: int, zones: Sequence[Zone], window: Span) -> list[Submission]:
    """Make visits to nurseries, to sites on the day they are planted, and to most of them a year after."""
    rng = np.random.Generator(np.random.PCG64([seed, 26]))
    inbox, span = Inbox(rng, form_number=6), recorded(window)
    for half_year in range(0, span.days - 182, 182):
        _nursery(rng, inbox, span.start + timedelta(days=half_year), half_year)
    sites = [_site(rng, inbox, zones, span, number) for number in range(1, SITE_COUNT + 1)]
    sent = {item["planting"][0]["planting/site_id"]: item for item in sites}
    latitude, longitude, *rest = sent["SITE-03"]["planting"][0]["planting/gps"].split()
    sent["SITE-03"]["planting"][0]["planting/gps"] = " ".join([longitude, latitude, *rest])
    inbox.send_again(sent["SITE-06"])
    return inbox.sorted()


def _nursery(rng: np.random.Generator, inbox: Inbox, first: date, place: int) -> None:
    last = first + timedelta(days=181)
    rows = []
    for species in SPECIES:
        sown = int(rng.integers(600, 2000))
        produced = int(sown * rng.uniform(0.7, 0.9))
        handed_out = int(produced * rng.uniform(0.6, 0.95))
        rows.append(
            {
                "nursery/nursery_id": f"VIVERO-{place // 182 % 2 + 1}",
                "nursery/nursery_species": species,
                "nursery/period_from": first.isoformat(),
                "nursery/period_to": last.isoformat(),
                "nursery/sown_count": str(sown),
                "nursery/produced_count": str(produced),
                "nursery/distributed_count": str(handed_out),
                "nursery/lost_count": str(sown - produced),
            }
        )
    inbox.send(last, {"visit/community_id": COMMUNITIES[place // 182 % 2], "nursery": rows})


def _site(rng: np.random.Generator, inbox: Inbox, zones: Sequence[Zone], span: Span, number: int) -> Submission:
    community, site = COMMUNITIES[number % len(COMMUNITIES)], f"SITE-{number:02d}"
    day = span.start + timedelta(days=int(rng.integers(0, span.days - 60)))
    longitude, latitude = point_in(rng, zones, "leakage_belt" if number % 3 else "project_area")
    chosen = sorted(str(name) for name in rng.choice(SPECIES, size=2, replace=False))
    planted = [int(rng.integers(80, 400)) for _ in chosen]
    planting = [
        {
            "planting/site_id": site,
            "planting/household_id": f"H-{community}-{number % HOUSEHOLDS_PER_COMMUNITY + 1:02d}",
            "planting/purpose": PURPOSES[number % len(PURPOSES)],
            "planting/planted_species": species,
            "planting/planted_on": day.isoformat(),
            "planting/seedling_count": str(count),
            "planting/gps": f"{latitude:.6f} {longitude:.6f} {int(rng.integers(600, 1500))} 5",
        }
        for species, count in zip(chosen, planted, strict=True)
    ]
    planting[0]["planting/area_ha"] = f"{rng.uniform(0.3, 2.5):.2f}"
    visit = inbox.send(day, {"visit/community_id": community, "planting": planting})
    counted_on = day + timedelta(days=300)
    if counted_on <= span.end and number % 4:
        survival = [
            {
                "survival/checked_site_id": site,
                "survival/checked_species": species,
                "survival/checked_on": counted_on.isoformat(),
                "survival/checked_count": str(min(count, 120)),
                "survival/alive_count": str(int(min(count, 120) * rng.uniform(0.55, 0.95))),
            }
            for species, count in zip(chosen, planted, strict=True)
        ]
        if not any("survival" in item for item in inbox.submissions):
            # The first count of all: more alive than were looked at.
            survival[0]["survival/alive_count"] = str(int(survival[0]["survival/checked_count"]) + 7)
        inbox.send(counted_on, {"visit/community_id": community, "survival": survival})
    return visit
