"""Section 4: what the records of communities tell, beside what people write of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter

from mrv.package.monitoring.blocks import Block
from mrv.package.monitoring.prose import prose
from mrv.package.monitoring.writing import Cell, Field, Row, Writer, named, number, percent, short_day, value
from mrv.package.people import GENDERS, LIVELIHOODS, OUTCOMES, RECORDS, STEPS, TOPICS, people
from mrv.package.wording import Text

WHOLE = "*"
CLOSED = {"closed": ("closed", "cerrada"), "open": ("open", "abierta")}


def community(writer: Writer) -> Iterator[Block]:
    """Yield section 4."""
    yield writer.heading("4", "general.s4")
    yield from prose(writer, "4.1")
    yield from prose(writer, "4.2")
    yield writer.heading("4.3", "general.s4_3")
    shown = people(writer.marts)
    if not shown["people_recorded"]:
        yield writer.paragraph("general.nothing", style="note")
        return
    yield from _records(writer, shown["people_records"])
    yield from _register(writer, shown["register"])
    yield from _meetings(writer)
    yield from _training(writer, shown["trainings"])
    yield from writer.chart(shown["effort_chart"], "people.effort_chart")
    yield from _jobs(writer, shown["jobs"])
    yield from _livelihoods(writer, shown["livelihoods"])
    yield from _growing(writer)
    yield from _grievances(writer)


def _records(writer: Writer, rows: Sequence[Row]) -> Iterator[Block]:
    yield from writer.table("people.records", "records_known", rows, [
        Field("records_of", lambda row: Text(*RECORDS[row["dataset"]]), share=2.5),
        Field("in_period_count", lambda row: number("rows_in_period")(row) if row["is_known"] else None, "right"),
        Field("set_aside", number("rows_quarantined"), "right"),
        Field("first_record", lambda row: short_day(row["first_day"]), share=1.2),
    ])  # fmt: skip


def _register(writer: Writer, rows: Sequence[Row]) -> Iterator[Block]:
    def step(row: Row) -> Cell:
        if row["step"] is None:
            return None
        return f"{writer.pick(row['step'])}: {writer.pick(row['outcome'])} ({short_day(row['last_consent_on'])})"

    yield from writer.table("people.register", "communities", rows, [
        Field("community", value("community_name"), share=2.5),
        Field("households", number("household_count"), "right"),
        Field("last_consent", step, share=2.5),
    ])  # fmt: skip
    steps = [row for row in writer.marts("consent") if row["in_period"]]
    if steps:
        yield from writer.table("people.consent", "consent", sorted(steps, key=itemgetter("held_on", "community_id")), [
            Field("community", value("community_name"), share=2.5),
            Field("step", named("step", STEPS), share=1.4),
            Field("day", lambda row: short_day(row["held_on"]), share=1.2),
            Field("outcome", named("outcome", OUTCOMES), share=1.4),
            Field("people", number("participant_count"), "right"),
            Field("women", number("women_count"), "right"),
        ])  # fmt: skip


def _meetings(writer: Writer) -> Iterator[Block]:
    rows = sorted(writer.marts("governance_meetings"), key=itemgetter("held_on", "meeting_id"))
    if rows:
        yield from writer.table("people.meetings", "governance_meetings", rows, [
            Field("day", lambda row: short_day(row["held_on"]), share=1.2),
            Field("community", value("community_name"), share=2.4),
            Field("topic", named("topic", TOPICS), share=2),
            Field("people", number("people"), "right"),
            Field("women", number("women"), "right"),
            Field("person_events", number("person_events"), "right", 1.2),
            Field("decisions", number("decision_count"), "right"),
        ])  # fmt: skip


def _training(writer: Writer, rows: Sequence[Row]) -> Iterator[Block]:
    if rows:
        yield from writer.table("people.training", "training", rows, [
            Field("topic", lambda row: row["name"], share=2.4),
            Field("trainings", number("training_count"), "right"),
            Field("hours", number("hours", 1), "right"),
            Field("people", number("people"), "right"),
            Field("women", number("women"), "right"),
            Field("youth", number("youth"), "right"),
            Field("person_events", number("person_events"), "right", 1.2),
        ])  # fmt: skip


def _jobs(writer: Writer, rows: Sequence[Row]) -> Iterator[Block]:
    if rows:
        yield from writer.table("people.jobs", "employment", rows, [
            Field("gender", named("gender", GENDERS), share=1.6),
            Field("people", number("people"), "right"),
            Field("jobs", number("jobs"), "right"),
            Field("work_years", number("work_years", 2), "right", 1.2),
            Field("fte", number("fte", 2), "right", 1.2),
        ])  # fmt: skip


def _livelihoods(writer: Writer, rows: Sequence[Row]) -> Iterator[Block]:
    if rows:
        yield from writer.table("people.livelihoods", "livelihoods", rows, [
            Field("livelihood", lambda row: row["name"], share=2.2),
            Field("households", number("households"), "right"),
            Field("in_groups", number("households_in_groups"), "right", 1.2),
            Field("land_ha", number("area_ha", 1), "right"),
            Field("income", number("income_pen"), "right"),
            Field("income_records", number("income_records"), "right", 1.2),
        ])  # fmt: skip
        yield writer.paragraph("people.income_note", style="note")
    products = writer.marts("livelihood_production")
    if products:
        yield from writer.table("people.production", "livelihood_production", products, [
            Field("livelihood", named("activity", LIVELIHOODS), share=1.8),
            Field("product", value("product"), share=1.8),
            Field("quantity", number("quantity"), "right"),
            Field("unit", value("unit")),
            Field("holders", number("holders"), "right"),
        ])  # fmt: skip


def _growing(writer: Writer) -> Iterator[Block]:
    nurseries, sites = writer.marts("nursery_production"), writer.marts("restoration")
    if nurseries:
        yield from writer.table("people.nurseries", "nursery_production", nurseries, [
            Field("nursery", value("nursery_id"), share=1.2),
            Field("species", value("scientific_name"), share=2.2),
            Field("sown", number("sown_count"), "right"),
            Field("produced", number("produced_count"), "right"),
            Field("handed_out", number("distributed_count"), "right"),
            Field("lost", number("lost_count"), "right"),
        ])  # fmt: skip
    if sites:
        yield from writer.table("people.restoration", "restoration", sites, [
            Field("site", value("site_id"), share=1.2),
            Field("last_planted", lambda row: short_day(row["last_planted_on"]), share=1.3),
            Field("area_ha", number("area_ha", 1), "right"),
            Field("species_count", number("species_count"), "right"),
            Field("planted", number("seedlings_planted_in_period"), "right"),
            Field("planted_to_date", number("seedlings_planted"), "right"),
            Field("survival", percent("survival_share"), "right", 1.2),
        ])  # fmt: skip


def _grievances(writer: Writer) -> Iterator[Block]:
    rows = sorted(writer.marts("grievances"), key=itemgetter("received_month", "grievance_id"))
    if not rows:
        yield writer.paragraph("people.no_grievances", style="note")
        return
    yield from writer.table("people.grievances", "grievances", rows, [
        Field("received", lambda row: f"{row['received_month']:%m-%Y}" if row["received_month"] else None),
        Field("category", value("category"), share=2),
        Field("status", named("status", CLOSED)),
        Field("days_to_respond", number("days_to_respond"), "right"),
        Field("days_to_close", number("days_to_close"), "right"),
    ])  # fmt: skip
