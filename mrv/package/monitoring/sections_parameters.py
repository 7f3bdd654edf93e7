"""Section 3.1: data and parameters at validation and monitored, one table each, with the fields of the template."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from mrv.package import wording
from mrv.package.monitoring.blocks import Block, DataTable, Line
from mrv.package.monitoring.prose import prose
from mrv.package.monitoring.writing import Row, Writer
from mrv.package.wording import Text

MOST_VALUES = 12
_BEFORE = ("description", "equations", "source_of_data", "description_of_measurement_methods_and_procedures")
_AFTER = ("purpose_of_data", "calculation_method", "comments", "reviewed_by")
STAGES = {
    "validation": (*_BEFORE[:3], "justification_of_choice_of_data_or_description", _BEFORE[3]),
    "monitoring": (*_BEFORE, "frequency_of_monitoring_recording", "monitoring_equipment", "qa_qc_procedures"),
}
"""Stage of a parameter to the template's fields before its purpose."""


def parameters_of_plan(writer: Writer) -> Iterator[Block]:
    """Yield section 3.1 of the primary account."""
    primary = {(row["project_id"], row["rule_set"]) for row in writer.marts("emission_reductions") if row["is_primary"]}
    rows = [row for row in writer.marts("parameters_monitored") if (row["project_id"], row["rule_set"]) in primary]
    yield writer.heading("3.1", "general.s3_1")
    for number, key, is_wanted in (
        ("3.1.1", "general.s3_1_1", lambda row: row["stage"] == "validation"),
        ("3.1.2", "general.s3_1_2", lambda row: row["stage"] != "validation"),
    ):
        yield writer.heading(number, key)
        chosen = sorted(filter(is_wanted, rows), key=lambda row: (row["position"], row["param_id"]))
        if not chosen:
            yield writer.paragraph("climate.no_parameters", style="note")
            continue
        yield writer.paragraph("climate.parameters_note", style="note")
        for _, part in groupby(chosen, key=itemgetter("position", "param_id")):
            yield _table(writer, list(part))
    yield from prose(writer, "3.1.3")


def _table(writer: Writer, rows: Sequence[Row]) -> Block:
    """Return the table of one parameter: its fields, and its values by vintage, zone and stratum."""
    first = rows[0]
    lines: list[tuple[Line, ...]] = [_fact(writer, first, "data_unit")]
    lines += [_fact(writer, first, name) for name in STAGES.get(first["stage"], STAGES["monitoring"])]
    lines += [((_value_label(writer, row),), _value(writer, row)) for row in rows[:MOST_VALUES]]
    if len(rows) > MOST_VALUES:
        left = writer.pick(wording.number(len(rows) - MOST_VALUES))
        lines.append(
            ((), writer.line("general.more_rows", count=left, file="data/tables/csv/parameters_monitored.csv"))
        )
    lines += [_fact(writer, first, name) for name in _AFTER]
    columns = (writer.column("field", share=1), writer.column("entry", share=2.6))
    return DataTable(f"{first['data_parameter']} (parameters_monitored)", columns, tuple(lines))


def _fact(writer: Writer, row: Row, name: str) -> tuple[Line, Line]:
    value = row[name]
    if name == "description":
        value = writer.pick(Text(row["description"], row.get("description_es") or row["description"]))
    if name == "data_unit":
        value = wording.pretty_unit(value or "") or value
    return (writer.words(f"columns.{name}"),), (str(value) if value else wording.NOT_MEASURED,)


def _value_label(writer: Writer, row: Row) -> str:
    place = [
        str(row[name]) for name in ("vintage_year", "zone_id", "stratum_id", "item") if row[name] not in (None, "*")
    ]
    return " · ".join([writer.words("columns.value_monitored"), *place])


def _value(writer: Writer, row: Row) -> Line:
    if row["value_monitored"] is None:
        return (f"{writer.words('general.not_known')}: {row['reason'] or wording.NOT_MEASURED}",)
    digits = max(wording.digits_of(row["data_unit"] or ""), _needed(row["value_monitored"]))
    return (writer.number_of(row["figure_id"] or "", row["value_monitored"], digits),)


def _needed(value: object) -> int:
    """Return how many decimals a value has: products of these values must come out from the page."""
    return len(format(value, "f").partition(".")[2].rstrip("0"))
