"""Title page and summary of benefits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from mrv.package import wording
from mrv.package.cards import FIRST, UNITS
from mrv.package.monitoring.blocks import Block, Bullets, DataTable, Inline
from mrv.package.monitoring.prose import missing, prose
from mrv.package.monitoring.writing import Field, Row, Writer
from mrv.package.people import people
from mrv.package.reductions import rule_name
from mrv.package.wording import Text
from mrv.project import Bilingual, Cover


def title_page(writer: Writer) -> tuple[tuple[str, str], ...]:
    """Return label and value of each line of the title page, in the template's order."""
    contents, project = writer.contents, writer.contents.project
    identity, cover = project.identity, project.cover or Cover()
    period = next(iter(writer.marts("project_period")), {})

    def given(value: str | None, key: str) -> str:
        return value or writer.said("general.not_given", key=key)

    def told(value: Bilingual | None, key: str) -> str:
        return given(writer.pick(Text(value.en, value.es)) if value else None, key)

    numbers = (
        [_registry_id(writer, item.registry, item.id, item.status) for item in identity.registry_ids]
        if identity
        else []
    )
    standards = [f"{item.name} {item.version}" for item in identity.standards] if identity else []
    rules = period.get("rule_set")
    lines = {
        "title": writer.pick(Text(project.name, project.name_es or project.name)),
        "version": str(contents.version),
        "report_id": contents.name,
        "issued": _long_day(writer, date.fromisoformat(contents.created_at[:10])),
        "project_id": given("\n".join(numbers), "project.registry_ids"),
        "location": _location(writer),
        "proponent": given(identity.proponent if identity else None, "project.proponent"),
        "partners": given("\n".join(identity.partners) if identity else None, "project.partners"),
        "body": given(cover.verification_body, "report.verification_body"),
        "standards": given("\n".join(standards), "project.standards"),
        "rules": rule_name(str(rules)) if rules else wording.NOT_MEASURED,
        "crediting": _span(writer, period.get("crediting_start"), period.get("crediting_end")),
        "period": _span(writer, contents.period_start, contents.period_end),
        "ccb": told(cover.ccb_history, "report.ccb_history"),
        "gold": told(cover.gold_level, "report.gold_level"),
        "prepared": given(cover.prepared_by, "report.prepared_by"),
        "contact": given(cover.contact, "report.contact"),
    }
    return tuple((writer.words(f"general.t_{name}"), value or wording.NOT_MEASURED) for name, value in lines.items())


def _registry_id(writer: Writer, registry: str, number: str, status: str) -> str:
    return writer.said("general.id_status", registry=registry, id=number, status=writer.words(f"general.{status}"))


def _location(writer: Writer) -> str:
    project = writer.contents.project
    place = project.location and writer.pick(Text(project.location.en, project.location.es))
    return f"{place} ({project.country})" if place else project.country


def _span(writer: Writer, start: date | None, end: date | None) -> str:
    return writer.said("general.days", start=_long_day(writer, start), end=_long_day(writer, end))


def _long_day(writer: Writer, value: date | None) -> str | None:
    """Return a date as the template's title page has it: DD-Month-YYYY."""
    if value is None:
        return None
    words = writer.pick(wording.day(value)).replace(" de ", " ").replace(" ", "-")
    return words.zfill(len(words) + (value.day < 10))


def draft_note(writer: Writer) -> str | None:
    """Return what each page must say of the report; None where it is whole and about a real forest."""
    if writer.contents.project.simulated:
        return writer.words("general.draft_simulated")
    return writer.words("general.draft_missing") if missing(writer.contents) else None


def summary(writer: Writer) -> Iterator[Block]:
    """Yield section 1: what is not real, the period's result, and the benefit metrics of the CCB standards."""
    yield writer.heading("1", "general.s1")
    yield from _warnings(writer)
    yield writer.paragraph("general.how_to_read", style="note")
    yield from _result(writer)
    yield from prose(writer, "1.1")
    yield writer.heading("1.2", "general.s1_2")
    rows = people(writer.marts)["benefits"]
    if not rows:
        yield writer.paragraph("general.nothing", style="note")
        return
    yield from writer.table("summary.benefits", "benefit_metrics", rows, [
        Field("metric", lambda row: Text(row["label_en"], row["label_es"]), share=3),
        Field("value", lambda row: _metric(writer, row), "right", 1.3),
        Field("unit", lambda row: row["unit_text"], share=1.2),
        Field("how_counted", lambda row: Text(row["rule_en"], row["rule_es"]), share=3.5),
    ])  # fmt: skip
    yield writer.paragraph("summary.lifetime", style="note")


def _metric(writer: Writer, row: Row) -> Inline:
    digits = {"FTE": 2, "ha": 1}.get(row["unit"], 0)
    return writer.number_of(f"benefit.{row['metric']}", row["value"], digits)


def _warnings(writer: Writer) -> Iterator[Block]:
    project = writer.contents.project
    if project.simulated:
        yield writer.paragraph("general.simulated", style="warning")
    if project.illustrative:
        yield writer.paragraph("general.illustrative", style="warning")
        yield Bullets(tuple((writer.pick(Text(note.en, note.es)),) for note in project.illustrative))


def _result(writer: Writer) -> Iterator[Block]:
    """Yield the totals of the primary account, each with its address."""
    known = [
        name
        for name in (*UNITS, *FIRST, "er.leakage.total", "er.deduction.total", "er.buffer.total")
        if writer.has(name)
    ]
    figures = [writer.marts.figures[name] for name in known]
    if not figures:
        yield writer.paragraph("summary.no_result", style="note")
        return
    yield writer.paragraph("summary.result", credits=writer.figure(known[0]), rules=_rules(writer))
    header = (writer.column("figure", share=3), writer.column("value", "right", 2), writer.column("address", share=2))
    lines = tuple(
        ((writer.pick(Text(item.label_en, item.label_es)),), (writer.figure(item.figure_id),), (item.figure_id,))
        for item in figures
    )
    yield DataTable(f"{writer.words('summary.totals')} (figures)", header, lines)


def _rules(writer: Writer) -> str:
    period = next(iter(writer.marts("project_period")), {})
    return rule_name(str(period.get("rule_set") or wording.NOT_MEASURED))
