"""Section 7: checks and waivers, rows set aside, findings, privacy, sources, open parameters, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

from mrv.package import wording
from mrv.package.monitoring.blocks import Block, Bullets
from mrv.package.monitoring.outline import PROSE
from mrv.package.monitoring.prose import missing
from mrv.package.monitoring.writing import Field, Row, Writer, number, value
from mrv.package.parameters import Used, parameters
from mrv.package.report import quality, sources
from mrv.schemas import DATASETS

OUTCOMES = {
    "passed": ("passed", "superado"),
    "failed": ("failed", "no superado"),
    "not_evaluated": ("not evaluated", "no evaluado"),
}
MOST_PARAMETERS = 80


def appendices(writer: Writer) -> Iterator[Block]:
    """Yield section 7."""
    yield writer.heading("7", "general.s7")
    yield from _checks(writer)
    yield from _findings(writer)
    yield from _privacy(writer)
    yield from _sources(writer)
    yield from _open_parameters(writer)
    yield from _missing(writer)


def _checks(writer: Writer) -> Iterator[Block]:
    shown = quality(writer.contents)
    yield writer.heading("7.1", "general.s7_1")
    yield from writer.table("appendix.checks", "check_results", shown["datasets"], [
        Field("dataset", value("name"), share=2.5),
        Field("checks", number("checks"), "right"),
        Field("passed", number("passed"), "right"),
    ], most=len(DATASETS), reason=None, where="data/quality/")  # fmt: skip
    waived = [row for row in shown["not_passed"] if row["waived_by"]]
    others = [row for row in shown["not_passed"] if not row["waived_by"]]
    for key, rows in (("appendix.waivers", waived), ("appendix.not_passed", others)):
        if rows:
            yield from writer.table(key, "check_results", rows, [
                Field("check", lambda row: f"{row['dataset']}.{row['rule']}", share=2.6),
                Field("severity", value("severity")),
                Field("outcome", lambda row: wording.Text(*OUTCOMES.get(row["outcome"], (row["outcome"],) * 2)), share=1.2),
                Field("rows_failed", number("rows_failed"), "right", 0.9),
                Field("said", _said, share=3),
            ], reason=None, where="data/quality/")  # fmt: skip
    if not waived:
        yield writer.paragraph("appendix.no_waivers", style="note")
    yield writer.heading("7.2", "general.s7_2")
    aside = [row for row in shown["datasets"] if row["quarantined"]]
    if not aside:
        yield writer.paragraph("appendix.none_aside", style="note")
        return
    yield from writer.table("appendix.aside", "quarantine", aside, [
        Field("dataset", value("name"), share=2.5),
        Field("rows_aside", number("quarantined"), "right"),
    ], most=len(DATASETS), reason=None, where="data/quality/")  # fmt: skip


def _said(row: Row) -> str:
    if row["waived_by"]:
        return f"{row['waived_by']}: {row['waiver_reason']}"
    return str(row["description"])


def _findings(writer: Writer) -> Iterator[Block]:
    yield writer.heading("7.3", "general.s7_3")
    names = sorted(writer.contents.findings)
    if not names:
        yield writer.paragraph("appendix.no_findings", style="note")
        return
    yield writer.paragraph("appendix.findings")
    yield Bullets(tuple((f"data/findings/{name}",) for name in names))


def _privacy(writer: Writer) -> Iterator[Block]:
    yield writer.heading("7.4", "general.s7_4")
    rows = writer.marts("privacy_rules")
    if rows:
        yield from writer.table("appendix.privacy", "privacy_rules", rows, [
            Field("dataset", value("dataset"), share=2.2),
            Field("column", value("column_name"), share=2),
            Field("rule", value("rule"), share=2),
            Field("values", number("value_count"), "right"),
        ], most=60)  # fmt: skip
    else:
        yield writer.paragraph("appendix.no_privacy", style="note")
    withheld = writer.contents.withheld
    if withheld:
        count = writer.pick(wording.number(len(withheld)))
        yield writer.paragraph("appendix.withheld", count=count)


def _sources(writer: Writer) -> Iterator[Block]:
    yield writer.heading("7.5", "general.s7_5")

    def product(row: Row) -> str:
        mark = f" ({writer.words('columns.simulated')})" if row["simulated"] else ""
        return f"{row['product']} {row['version']}".strip() + mark

    yield from writer.table("appendix.sources", "inputs", sources(writer.contents.inputs), [
        Field("source", product, share=2),
        Field("licence", value("licence"), share=1.6),
        Field("citation", value("citation"), share=4),
        Field("files", lambda row: wording.number(len(row["files"])), "right", 0.8),
        Field("size", lambda row: wording.size(row["bytes"]), "right"),
    ], reason=None, where="data/provenance/")  # fmt: skip


def _open_parameters(writer: Writer) -> Iterator[Block]:
    yield writer.heading("7.6", "general.s7_6")
    shown = parameters(writer.marts)
    if not shown["open_used"]:
        yield writer.paragraph("appendix.all_confirmed", style="note")
        return

    def read(item: Used) -> Row:
        return {name: getattr(item, name) for name in ("parameter_id", "value", "unit", "document", "status", "marts")}

    yield writer.paragraph("appendix.open_parameters", style="warning")
    rows = sorted(map(read, shown["open_used"]), key=itemgetter("parameter_id"))
    yield from writer.table("appendix.parameters", "parameters_used", rows, [
        Field("parameter", value("parameter_id"), share=2.6),
        Field("value", lambda row: wording.digits_as_written(row["value"]), "right", 1.2),
        Field("unit", lambda row: wording.pretty_unit(row["unit"] or ""), share=1),
        Field("document", value("document"), share=3.2),
        Field("status", lambda row: row["status"], share=1.4),
    ], most=MOST_PARAMETERS, reason=None)  # fmt: skip


def _missing(writer: Writer) -> Iterator[Block]:
    yield writer.heading("7.7", "general.s7_7")
    lacking = [section for section, language in missing(writer.contents) if language == writer.language]
    if not lacking:
        yield writer.paragraph("general.all_written", style="note")
        return
    yield writer.paragraph("general.missing_list", style="missing")
    names = {number: writer.pick(section.title) for number, section in PROSE.items()}
    yield Bullets(tuple((f"{item.number} {names[item.number]}: {item.file(writer.language)}",) for item in lacking))
