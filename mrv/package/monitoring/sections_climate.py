"""Section 3.2: from activity data and stocks to credits, with uncertainty, buffer, registry and the other accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from mrv.package import wording
from mrv.package.activity import activity
from mrv.package.deforestation import deforestation_chart
from mrv.package.landscape import ACCOUNTED
from mrv.package.monitoring.blocks import Block, DataTable, Inline, Line
from mrv.package.monitoring.sections_parameters import parameters_of_plan
from mrv.package.monitoring.writing import Cell, Field, Row, Writer, named, number, percent, short_day, value
from mrv.package.reductions import CATEGORIES, POOLS, RULE_SETS, reductions
from mrv.package.wording import Text

SOURCES = {
    "sample_estimate": ("estimate of the sample", "estimación de la muestra"),
    "map_count": ("count of the map's pixels", "recuento de píxeles del mapa"),
}
STATES = {"forest": ("forest", "bosque"), "post_deforestation": ("after deforestation", "tras la deforestación")}
_BOUNDED = "bound_when_imprecise"
"""Choice of `stock_bound` under which a stock that is known too badly counts by its bound."""


def climate(writer: Writer) -> Iterator[Block]:
    """Yield section 3."""
    yield writer.heading("3", "general.s3")
    yield from parameters_of_plan(writer)
    yield writer.heading("3.2", "general.s3_2")
    ledger = reductions(writer.marts)
    yield from _activity_data(writer)
    yield from _stocks(writer)
    yield from _emissions(writer, ledger)
    yield from _leakage(writer, ledger)
    yield from _uncertainty(writer, ledger)
    yield from _vintages(writer, ledger)
    yield from _planned(writer, ledger)
    yield from _buffer(writer, ledger)
    yield from _registry(writer, ledger)
    yield from _accounts(writer, ledger)


def _activity_data(writer: Writer) -> Iterator[Block]:
    yield writer.heading("3.2.1", "general.s3_2_1")
    yield from writer.chart(
        deforestation_chart(
            writer.marts("deforestation_annual"), writer.contents.period_start, writer.contents.period_end
        ),
        "climate.deforestation_chart",
    )
    rows = [row for row in writer.marts("activity_data") if row["kind"] in ACCOUNTED]
    if not rows:
        yield writer.paragraph("climate.no_activity_data", style="note")
        return
    kinds, classes = list(wording.KINDS), list(wording.CLASSES)
    rows.sort(
        key=lambda row: (
            kinds.index(row["kind"]),
            row["zone_id"],
            classes.index(row["activity_class"]),
            row["year"] or 0,
        )
    )
    yield writer.paragraph("climate.activity_note", style="note")

    def place(row: Row) -> str:
        years = str(row["year"]) if row["year"] is not None else writer.words("columns.all_years")
        return f"{row['zone_name']}, {writer.pick(wording.class_name(row['activity_class']))}, {years}"

    def of(row: Row, name: str, column: str) -> Inline:
        figure_id = f"ad.{row['zone_id']}.{row['activity_class']}.{name}" if row["year"] is None else ""
        return writer.number_of(figure_id, row[column], 1)

    yield from writer.table("climate.activity_data", "activity_data", rows, [
        Field("zone_class", place, share=3.4),
        Field("map_ha", lambda row: of(row, "map", "map_area_ha"), "right", 1.3),
        Field("estimate_ha", lambda row: of(row, "estimate", "estimate_area_ha"), "right", 1.3),
        Field("interval_90", lambda row: _interval(row["ci90_low_ha"], row["ci90_high_ha"]), "right", 2.1),
        Field("half_width", lambda row: of(row, "u90", "u90_percent"), "right", 1.1),
        Field("counts", named("source", SOURCES), share=1.9),
        Field("ledger_ha", number("ledger_area_ha", 1), "right", 1.3),
    ])  # fmt: skip
    for zone in activity(writer.marts)["activity_zones"]:
        if zone["kind"] in ACCOUNTED:
            yield from writer.chart(zone["chart"], "climate.activity_chart", zone=zone["zone_name"])


def _interval(low: Decimal | None, high: Decimal | None, digits: int = 1) -> Text | None:
    if low is None or high is None:
        return None
    one, other = wording.number(low, digits), wording.number(high, digits)
    return Text(f"{one.en} – {other.en}", f"{one.es} – {other.es}")


def _stocks(writer: Writer) -> Iterator[Block]:
    yield writer.heading("3.2.2", "general.s3_2_2")
    rows = writer.marts("carbon_stocks")
    if not rows:
        yield writer.paragraph("general.nothing", style="note")
        return

    def stock(row: Row) -> Inline:
        return writer.number_of(f"carbon.{row['stratum_id']}.{row['state']}.{row['pool']}", row["stock_tc_ha"], 1)

    yield from writer.table("climate.stocks", "carbon_stocks", rows, [
        Field("stratum", value("stratum_id"), share=1.6),
        Field("state", named("state", STATES), share=1.4),
        Field("pool", named("pool", POOLS), share=1.6),
        Field("stock", stock, "right"),
        Field("half_width_stock", number("ci90_half_width_tc_ha", 1), "right"),
        Field("plots", number("plot_count"), "right", 0.9),
        Field("rests_on", lambda row: row["source"] or row["parameter_id"] or row["method"], share=2.5),
    ])  # fmt: skip
    if any(row["name"] == "stock_bound" and row["choice"] == _BOUNDED for row in writer.marts("parameters_used")):
        yield writer.paragraph("climate.bounded", style="note")


def _emissions(writer: Writer, ledger: Mapping[str, Any]) -> Iterator[Block]:
    yield writer.heading("3.2.3", "general.s3_2_3")
    rows = ledger["stratum_emissions"]
    if not rows:
        yield writer.paragraph("climate.no_emissions", style="note")
        return
    yield from writer.chart(ledger["years_chart"], "climate.years_chart")
    yield from writer.table("climate.emissions", "baseline_emissions, project_emissions", rows, [
        Field("scope", lambda row: ledger["scope_text"](row["scope"]), share=1.8),
        Field("stratum", value("stratum_id"), share=1.5),
        Field("activity", lambda row: ledger["activity_text"](row["activity"]), share=1.5),
        Field("pool", lambda row: ledger["pool_text"](row["pool"]), share=1.6),
        Field("baseline", number("baseline"), "right", 1.3),
        Field("project", number("project"), "right", 1.3),
    ], reason=None)  # fmt: skip
    yield from writer.reasons(
        (f"{row['scope']} {row['stratum_id']} {row['pool']}", why) for row in rows for why in row["reasons"]
    )
    yield writer.paragraph("climate.emissions_note", style="note")


def _leakage(writer: Writer, ledger: Mapping[str, Any]) -> Iterator[Block]:
    yield writer.heading("3.2.4", "general.s3_2_4")
    parts = ledger["leakage_parts"]
    if parts is None:
        yield writer.paragraph("climate.no_leakage", style="note")
        return
    yield writer.paragraph(
        "climate.leakage_rule", rule=", ".join(parts["rules"]) or None, floor=", ".join(parts["floors"]) or None
    )
    lines = [((writer.pick(line["name"]),), *_numbers(writer, line["values"])) for line in parts["lines"]]
    sums = [
        (writer.number_of(f"er.leakage.{year}", sum_),)
        for year, sum_ in zip(parts["years"], parts["sums"], strict=True)
    ]
    lines.append(((writer.words("general.s3_2_4"),), *sums))
    yield _by_year(writer, "climate.leakage", "leakage", parts["years"], lines)
    for key, names in (("climate.zero", parts["zero"]), ("climate.lacking", parts["lacking"])):
        if names:
            yield writer.paragraph(key, style="note", names=", ".join(map(writer.pick, names)))
    yield from writer.reasons((", ".join(map(str, years)), text) for text, years in parts["reasons"].items())


def _numbers(writer: Writer, values: Sequence[Decimal | None]) -> list[Line]:
    return [writer.inlines(wording.number(item)) for item in values]


def _by_year(
    writer: Writer, caption: str, mart: str, years: Sequence[int], lines: Sequence[tuple[Line, ...]]
) -> DataTable:
    from mrv.package.monitoring.blocks import Column

    columns = (writer.column("what", share=3), *(Column(str(year), "right", 1.2) for year in years))
    return DataTable(f"{writer.words(caption)} ({mart})", columns, tuple(lines))


def _uncertainty(writer: Writer, ledger: Mapping[str, Any]) -> Iterator[Block]:
    yield writer.heading("3.2.5", "general.s3_2_5")
    rows = ledger["uncertainties"]
    if not rows:
        yield writer.paragraph("climate.no_uncertainty", style="note")
        return
    yield from writer.table("climate.uncertainty", "uncertainty", rows, [
        Field("vintage", value("vintage_year")),
        Field("rule", lambda row: ledger["deduction_text"](row["uncertainty_rule"]), share=2.6),
        Field("propagated", percent("analytic_u90"), "right", 1.2),
        Field("drawn", percent("monte_carlo_u90"), "right", 1.2),
        Field("deduction_fraction", percent("deduction_fraction", 2), "right", 1.1),
        Field("eligible", lambda row: _yes_no(writer, row["eligible"])),
    ])  # fmt: skip
    draws = ledger["draws"]
    if draws:
        yield from writer.table("climate.draws", "monte_carlo", draws, [
            Field("quantity", lambda row: _quantity(writer, ledger, row), share=2.4),
            Field("ledger", number("expected_tco2e"), "right", 1.2),
            Field("mean", number("mean_tco2e"), "right", 1.2),
            Field("interval_90", lambda row: _interval(row["q05_tco2e"], row["q95_tco2e"], 0), "right", 2),
            Field("half_width", percent("u90"), "right", 1.1),
        ], reason=None)  # fmt: skip
    if ledger["leakage_without_error"]:
        yield writer.paragraph("climate.leakage_without_error", style="note")
    yield from writer.chart(ledger["tornado"], "climate.tornado")


def _quantity(writer: Writer, ledger: Mapping[str, Any], row: Row) -> str:
    year = "" if row["vintage_year"] is None else f" {row['vintage_year']}"
    return writer.pick(ledger["quantity_text"](row["quantity"])) + year


def _yes_no(writer: Writer, answer: bool | None) -> str | None:
    return None if answer is None else writer.words("columns.yes" if answer else "columns.no")


def _vintages(writer: Writer, ledger: Mapping[str, Any]) -> Iterator[Block]:
    yield writer.heading("3.2.6", "general.s3_2_6")
    if not ledger["vintages"]:
        yield writer.paragraph("summary.no_result", style="note")
        return

    def own(name: str, column: str) -> Field:
        return Field(name, lambda row: writer.number_of(f"er.{name}.{row['vintage_year']}", row[column]), "right", 1.15)

    totals = ledger["totals"]
    columns = {
        "baseline": "baseline_tco2e", "project": "project_tco2e", "leakage": "leakage_tco2e", "net": "net_tco2e",
        "deduction": "deduction_tco2e", "buffer": "buffer_tco2e",
    }  # fmt: skip
    unit = ledger["ledgers"][0]["unit"]
    yield from writer.table("climate.ledger", "emission_reductions", ledger["vintages"], [
        Field("vintage", value("vintage_year"), share=0.9),
        Field("days", number("days"), "right", 0.7),
        *(own(name, column) for name, column in columns.items()),
        Field("credits", lambda row: writer.number_of(f"er.{unit.lower()}.{row['vintage_year']}", row["credits"]), "right", 1.1),
    ], sums=[
        writer.words("columns.period"), wording.number(totals["days"]),
        *(writer.number_of(f"er.{name}.total", totals[column]) for name, column in columns.items()),
        writer.number_of(f"er.{unit.lower()}.total", totals["credits"]),
    ])  # fmt: skip
    yield from writer.chart(ledger["waterfall"], "climate.waterfall")
    yield from _registry_table(writer, ledger)


def _registry_table(writer: Writer, ledger: Mapping[str, Any]) -> Iterator[Block]:
    """Yield the vintage table of the template."""
    rows = ledger["registry"]
    if not rows:
        return

    def days(row: Row) -> Cell:
        return writer.line("general.days", start=short_day(row["vintage_start"]), end=short_day(row["vintage_end"]))

    yield from writer.table("climate.vintages", "vintages", rows, [
        Field("vintage_period", days, share=2.4),
        Field("stands_for", lambda row: ledger["source_text"](row["source"]), share=1.7),
        Field("baseline", number("baseline_tco2e"), "right", 1.1),
        Field("project", number("project_tco2e"), "right", 1.1),
        Field("leakage", number("leakage_tco2e"), "right", 1.1),
        Field("buffer_credits", number("buffer_credits"), "right", 1.1),
        Field("reduction_credits", number("reduction_credits"), "right", 1.1),
        Field("removal_credits", number("removal_credits"), "right", 1.1),
        Field("total_credits", number("credits"), "right", 1.1),
    ])  # fmt: skip
    yield writer.paragraph("climate.rounding", style="note")


def _planned(writer: Writer, ledger: Mapping[str, Any]) -> Iterator[Block]:
    yield writer.heading("3.2.7", "general.s3_2_7")
    rows = [row for row in ledger["registry"] if row["source"] == "computed" or row["ex_ante_net_tco2e"] is not None]
    if not rows:
        yield writer.paragraph("climate.not_planned", style="note")
        return

    def difference(row: Row) -> Cell:
        return None if row["difference_percent"] is None else wording.signed(row["difference_percent"], 1)

    yield from writer.table("climate.planned", "vintages", rows, [
        Field("vintage", value("vintage_year")),
        Field("ex_ante", number("ex_ante_net_tco2e"), "right", 1.5),
        Field("achieved", number("net_tco2e"), "right", 1.5),
        Field("difference_percent", difference, "right", 1.3),
    ], reason="ex_ante_reason")  # fmt: skip


def _buffer(writer: Writer, ledger: Mapping[str, Any]) -> Iterator[Block]:
    yield writer.heading("3.2.8", "general.s3_2_8")
    rows = ledger["buffers"]
    if not rows:
        yield writer.paragraph("climate.no_buffer", style="note")
        return
    if ledger["rated"] is None:
        yield writer.paragraph("climate.not_rated", style="note")
    else:
        yield from writer.table("climate.rating", "risk_rating", ledger["rating"], [
            Field("category", named("category", CATEGORIES), share=2),
            Field("assessed_on", lambda row: short_day(row["assessed_on"]), share=1.5),
            Field("score", number("score", 1), "right"),
            Field("limit", number("limit_score", 1), "right"),
            Field("passes", lambda row: _yes_no(writer, row["passes"])),
        ])  # fmt: skip
    yield from writer.table("climate.buffer", "buffer", rows, [
        Field("vintage", value("vintage_year")),
        Field("assessed_on", lambda row: short_day(row["assessed_on"]), share=1.4),
        Field("total_score", number("total_score", 1), "right"),
        Field("rating_percent", number("rating_percent"), "right"),
        Field("base", number("base_tco2e"), "right", 1.3),
        Field("rate", percent("buffer_rate"), "right"),
        Field("buffer", lambda row: writer.number_of(f"er.buffer.{row['vintage_year']}", row["buffer_tco2e"]), "right", 1.3),
    ])  # fmt: skip


def _registry(writer: Writer, ledger: Mapping[str, Any]) -> Iterator[Block]:
    yield writer.heading("3.2.9", "general.s3_2_9")
    if ledger["registry_awaited"] or not ledger["reconciled"]:
        yield writer.paragraph("climate.registry_awaited", style="note")
    else:
        yield from writer.table("climate.issued", "issuance_reconciliation", ledger["reconciled"], [
            Field("vintage", value("vintage_year"), share=0.9),
            Field("computed", number("computed_credits"), "right"),
            Field("issued", number("issued"), "right"),
            Field("retired", number("retired"), "right"),
            Field("available", number("available"), "right"),
            Field("status", lambda row: row["status"] and ledger["status_text"](row["status"]), share=1.8),
        ])  # fmt: skip
    if ledger["reversals"]:
        yield from writer.table("climate.reversals", "reversals", ledger["reversals"], [
            Field("event", lambda row: ledger["event_text"](row["kind"]), share=1.8),
            Field("day", lambda row: short_day(row["occurred_on"])),
            Field("stock_loss", number("stock_loss_tco2e"), "right", 1.2),
            Field("buffer_credits", number("buffer_credits"), "right", 1.2),
            Field("status", lambda row: row["status"] and ledger["event_status_text"](row["status"]), share=1.8),
        ])  # fmt: skip


def _accounts(writer: Writer, ledger: Mapping[str, Any]) -> Iterator[Block]:
    accounts = ledger["ledgers"]
    if len(accounts) < 2:
        return
    yield writer.heading("3.2.10", "general.s3_2_10")
    yield writer.paragraph("climate.accounts_note")
    names = ("baseline_tco2e", "project_tco2e", "leakage_tco2e", "net_tco2e", "deduction_tco2e", "buffer_tco2e")

    def of(column: str) -> Field:
        return Field(column.removesuffix("_tco2e"), lambda row: wording.number(row["totals"][column]), "right", 1.1)

    yield from writer.table("climate.accounts", "emission_reductions", accounts, [
        Field("rules", lambda row: RULE_SETS.get(row["rule_set"], row["rule_set"]), share=2),
        *(of(name) for name in names),
        Field("credits", lambda row: wording.number(row["totals"]["credits"]), "right", 1.1),
        Field("open_parameters", lambda row: f"{len(row['open_parameters'])} / {row['parameter_count']}", "right", 1.2),
    ], reason=None)  # fmt: skip
