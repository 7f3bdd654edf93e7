"""What the report says of people: who took part, who was employed, what households produce, what grew, who complained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from markupsafe import Markup

from mrv.package.charts import Series, bars
from mrv.package.figures import total
from mrv.package.wording import Text

Row = Mapping[str, Any]
Read = Callable[[str], Sequence[Row]]

FIELDS = {
    "production": ("Production", "Producción"),
    "protection": ("Protection", "Protección"),
    "inclusion": ("Inclusion", "Inclusión"),
}
LIVELIHOODS = {
    "agroforestry": ("Agroforestry", "Agroforestería"),
    "aquaculture": ("Aquaculture", "Acuicultura"),
    "beekeeping": ("Beekeeping", "Apicultura"),
    "livestock": ("Livestock", "Ganadería"),
    "other": ("Other", "Otro"),
}
TOPICS = {
    **LIVELIHOODS,
    "nursery_and_planting": ("Nurseries and planting", "Viveros y plantación"),
    "forest_monitoring": ("Monitoring of the forest", "Monitoreo del bosque"),
    "fire_prevention": ("Prevention of fires", "Prevención de incendios"),
    "biodiversity": ("Animals and plants", "Fauna y flora"),
    "law_and_rights": ("Law and rights", "Leyes y derechos"),
    "organisation": ("Organisation and accounts", "Organización y cuentas"),
    "health_and_safety": ("Health and safety", "Salud y seguridad"),
    "project_information": ("Information about the project", "Información sobre el proyecto"),
    "not stated": ("Not stated", "No indicado"),
}
STEPS = {
    "information": ("information", "información"),
    "consultation": ("consultation", "consulta"),
    "deliberation": ("deliberation", "deliberación"),
    "decision": ("decision", "decisión"),
    "agreement": ("agreement", "acuerdo"),
    "follow_up": ("follow-up", "seguimiento"),
    "withdrawal": ("withdrawal", "retiro"),
}
OUTCOMES = {
    "agreed": ("agreed", "acordado"),
    "declined": ("declined", "rechazado"),
    "postponed": ("postponed", "postergado"),
    "noted": ("taken note of", "tomado en cuenta"),
}
GENDERS = {
    "female": ("Women", "Mujeres"),
    "male": ("Men", "Varones"),
    "other": ("Other", "Otro"),
    "not_stated": ("Not stated", "No indicado"),
    "*": ("All", "Todas"),
}
RECORDS = {
    "communities": ("register of communities", "registro de comunidades"),
    "activity_records": ("activities with people", "actividades con personas"),
    "employment_records": ("jobs", "empleos"),
    "livelihood_records": ("livelihoods", "medios de vida"),
    "nursery_records": ("nurseries", "viveros"),
    "planting_records": ("plantings", "plantaciones"),
    "survival_checks": ("counts of survivors", "recuentos de supervivencia"),
    "grievance_records": ("grievances", "quejas"),
    "consent_steps": ("steps of consent", "pasos del consentimiento"),
}
UNITS = {
    "people": ("people", "personas"),
    "households": ("households", "hogares"),
    "person-events": ("person-events", "participaciones"),
    "species": ("species", "especies"),
    "FTE": ("FTE", "ETC"),
    "tCO2e": ("tCO₂e", "tCO₂e"),
}


def people(read: Read) -> dict[str, Any]:
    """Return what the page's section about people shows; a part without rows is empty.

    Args:
        read: Reads a mart.
    """
    metrics = sorted(read("benefit_metrics"), key=itemgetter("position"))
    records = _records(read("records_known"))
    return {
        "benefits": [
            {**row, "unit_text": Text(*UNITS.get(row["unit"], (row["unit"], row["unit"])))} for row in metrics
        ],
        "people_recorded": any(row["rows_accepted"] for row in records),
        "people_records": records,
        "effort_chart": _effort_chart(read("activities")),
        "efforts": [{**row, "name": Text(*FIELDS[name])} for name, row in _by_field(read("activities")).items()],
        "job_chart": _job_chart(read("employment")),
        "jobs": _jobs(read("employment")),
        "trainings": _named(read("training"), "topic", TOPICS),
        "livelihoods": _named(
            [row for row in read("livelihoods") if row["community_id"] == "*"], "activity", LIVELIHOODS
        ),
        "meetings": _meetings(read("governance_meetings")),
        "register": _register(read("communities")),
        "planted": _planted(read("planting")),
        "nurseries": {
            name: total([row[name] for row in read("nursery_production")])
            for name in ("sown_count", "produced_count", "distributed_count")
        }
        if read("nursery_production")
        else None,
        "grievances": _grievances(read("grievances")),
    }


def _records(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return what is known of each kind of record about people, in the order of the section."""
    known = {row["dataset"]: row for row in rows}
    return [{**known[name], "name": Text(*words)} for name, words in RECORDS.items() if name in known]


def _named(rows: Sequence[Row], column: str, names: Mapping[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """Add names to rows, those for all (*) last."""
    ordered = sorted(rows, key=lambda row: (row[column] == "*", row[column]))
    everything = ("All, each counted once", "Todos, cada uno una vez")
    return [
        {
            **row,
            "name": Text(*(everything if row[column] == "*" else names.get(row[column], (row[column], row[column])))),
        }
        for row in ordered
    ]


def _by_field(rows: Sequence[Row]) -> dict[str, Row]:
    found = {row["field"]: row for row in rows if row["driver"] == "*"}
    return {name: found[name] for name in FIELDS if name in found}


def _effort_chart(rows: Sequence[Row]) -> Markup | None:
    by_field = _by_field(rows)
    present = list(by_field)
    return bars(
        title=Text("People and person-events by field", "Personas y participaciones por ámbito"),
        unit="",
        groups=[" / ".join(FIELDS[name]) for name in present],
        series=[
            Series(Text("People named, each once", "Personas registradas, cada una una vez"), "fill-project",
                   [by_field[name]["people"] for name in present]),
            Series(Text("Participations without names", "Participaciones sin nombres"), "fill-belt",
                   [by_field[name]["person_events"] for name in present]),
        ],
    )  # fmt: skip


def _job_chart(rows: Sequence[Row]) -> Markup | None:
    by_gender = {
        row["gender"]: row for row in rows if row["community_id"] == "*" and row["gender"] in ("female", "male")
    }
    return bars(
        title=Text("Jobs in full-time equivalents", "Empleos en equivalentes a tiempo completo"),
        unit="FTE / ETC",
        groups=[" / ".join(GENDERS[name]) for name in by_gender],
        series=[
            Series(Text("Full-time equivalents", "Equivalentes a tiempo completo"), "fill-project",
                   [row["fte"] for row in by_gender.values()]),
        ],
    )  # fmt: skip


def _jobs(rows: Sequence[Row]) -> list[dict[str, Any]]:
    order = list(GENDERS)
    chosen = [row for row in rows if row["community_id"] == "*" and row["gender"] in GENDERS]
    return [
        {**row, "name": Text(*GENDERS[row["gender"]])}
        for row in sorted(chosen, key=lambda row: order.index(row["gender"]))
    ]


def _meetings(rows: Sequence[Row]) -> dict[str, Any] | None:
    if not rows:
        return None
    return {
        "count": len(rows),
        "communities": len({row["community_id"] for row in rows if row["community_id"]}),
        "decisions": total([row["decision_count"] for row in rows]),
    }


def _register(rows: Sequence[Row]) -> list[dict[str, Any]]:
    held = sorted((row for row in rows if row["in_force_at_end"]), key=itemgetter("community_id"))
    return [
        {
            **row,
            "step": Text(*STEPS[row["last_consent_step"]]) if row["last_consent_step"] in STEPS else None,
            "outcome": Text(*OUTCOMES.get(row["last_consent_outcome"], ("", ""))),
        }
        for row in held
    ]


def _planted(rows: Sequence[Row]) -> dict[str, Any] | None:
    """Sum what was planted; survival is that of samples counted again, and told with what they stand for."""
    if not rows:
        return None
    counted = [row for row in rows if row["surviving_estimate"] is not None]
    planted = sum(row["seedlings_planted"] for row in counted)
    alive = total([row["surviving_estimate"] for row in counted])
    return {
        "sites": len({row["site_id"] for row in rows}),
        "species": len({row["scientific_name"] for row in rows}),
        "in_period": sum(row["seedlings_planted_in_period"] for row in rows),
        "to_date": sum(row["seedlings_planted"] for row in rows),
        "looked_at": sum(row["checked_count"] for row in counted),
        "counted": planted,
        "survival": alive / planted if alive is not None and planted else None,
    }


def _grievances(rows: Sequence[Row]) -> dict[str, Any] | None:
    if not rows:
        return None
    days = sorted(row["days_to_close"] for row in rows if row["days_to_close"] is not None)
    return {
        "received": sum(row["received_in_period"] for row in rows),
        "closed": sum(row["status"] == "closed" for row in rows),
        "open": sum(row["status"] == "open" for row in rows),
        # Of an even number the lower of the two in the middle, so that it is a number of days that occurred.
        "median_days": days[(len(days) - 1) // 2] if days else None,
        "longest_days": days[-1] if days else None,
    }
