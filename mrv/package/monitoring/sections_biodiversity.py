"""Section 5: species, cameras, high conservation values, and what threatens them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mrv.package.biodiversity import CATEGORIES, CONDITIONS, biodiversity
from mrv.package.landscape import Row, landscape
from mrv.package.monitoring.blocks import Block
from mrv.package.monitoring.prose import prose
from mrv.package.monitoring.writing import Cell, Field, Writer, named, number, percent, short_day, value
from mrv.package.protection import protection
from mrv.package.wording import Text, kind_name

BASES = {
    "hint": ("by rules", "por reglas"),
    "review": ("reviewed by people", "revisada por personas"),
    "illustrative_review": ("illustrative review", "revisión ilustrativa"),
}


def biodiversity_section(writer: Writer) -> Iterator[Block]:
    """Yield section 5."""
    yield writer.heading("5", "general.s5")
    yield from prose(writer, "5.1")
    yield from prose(writer, "5.2")
    yield writer.heading("5.3", "general.s5_3")
    yield from _species(writer, biodiversity(writer.marts))
    yield writer.heading("5.4", "general.s5_4")
    yield from _threats(writer, protection(writer.marts))
    yield from _drivers(writer)


def _species(writer: Writer, shown: Mapping[str, Any]) -> Iterator[Block]:
    if not (shown["species_listed"] or shown["detected"] or shown["hcv_rows"]):
        yield writer.paragraph("general.nothing", style="note")
        return
    yield from _cameras(writer, shown)
    if shown["threatened"]:
        yield from writer.table("nature.threatened", "species", shown["threatened"], [
            Field("species", lambda row: _species_name(writer, row), share=3),
            Field("category", named("category", CATEGORIES), share=1.6),
            Field("records", number("record_count"), "right"),
            Field("period", number("period_record_count"), "right"),
            Field("in_project_area", number("period_project_record_count"), "right", 1.2),
            Field("last_recorded", lambda row: short_day(row["last_recorded_on"]), share=1.3),
        ])  # fmt: skip
    if shown["benefiting"]:
        yield from writer.table("nature.benefiting", "threatened_species_benefiting", shown["benefiting"], [
            Field("category", named("category", CATEGORIES), share=2),
            Field("species_count", number("species_count"), "right"),
            Field("species", value("species"), share=4),
        ])  # fmt: skip
        yield writer.paragraph("nature.benefiting_note", style="note")
    if shown["hcv_rows"]:
        yield from _values(writer, shown["hcv_rows"])


def _cameras(writer: Writer, shown: Mapping[str, Any]) -> Iterator[Block]:
    effort = writer.marts("camera_effort")
    if effort:
        yield from writer.table("nature.cameras", "camera_effort", effort, [
            Field("location", value("location_code"), share=1.4),
            Field("first_night", lambda row: short_day(row["first_night"]), share=1.3),
            Field("last_night", lambda row: short_day(row["last_night"]), share=1.3),
            Field("nights", number("deployed_nights", 1), "right"),
            Field("failed_nights", number("failed_nights", 1), "right"),
            Field("camera_nights", number("camera_nights", 1), "right"),
        ], most=20)  # fmt: skip
    yield from writer.chart(shown["detections_chart"], "nature.detections")


def _species_name(writer: Writer, row: Row) -> str:
    common = row["common_name_en"] and writer.pick(
        Text(row["common_name_en"], row["common_name_es"] or row["common_name_en"])
    )
    return f"{row['scientific_name']} ({common})" if common else str(row["scientific_name"])


def _values(writer: Writer, rows: Sequence[Row]) -> Iterator[Block]:
    yield from writer.table("nature.values", "hcv_condition", rows, [
        Field("area", value("zone_name"), share=2.4),
        Field("hcv_class", value("hcv_class"), "right", 0.7),
        Field("condition", named("condition", CONDITIONS)),
        Field("first_condition", named("first_condition", CONDITIONS)),
        Field("visits", number("visit_count"), "right", 0.8),
        Field("forest_ha", number("forest_ha", 1), "right"),
        Field("loss_ha", number("forest_loss_ha", 1), "right"),
    ])  # fmt: skip


def _threats(writer: Writer, shown: Mapping[str, Any]) -> Iterator[Block]:
    if not (shown["patrol_totals"] or shown["threats_all"]):
        yield writer.paragraph("nature.no_patrols", style="note")
        return
    yield from writer.chart(shown["patrol_chart"], "nature.patrol_chart")
    if shown["patrol_zones"]:
        yield from writer.table("nature.coverage", "patrol_coverage", shown["patrol_zones"], [
            Field("zone", value("zone_name"), share=2.6),
            Field("cells", number("cell_count"), "right"),
            Field("cells_entered", number("visited_cell_count"), "right"),
            Field("coverage_percent", number("coverage_percent", 1), "right"),
            Field("km", number("distance_km", 1), "right"),
            Field("threats", number("threat_count"), "right"),
        ])  # fmt: skip
    if shown["threats_all"]:
        yield from writer.chart(shown["threat_chart"], "nature.threat_chart")
        everything = {**shown["threats_all"], "name": Text("All", "Todas")}
        yield from writer.table("nature.threats", "threat_rates", [*shown["threat_types"], everything], [
            Field("threat", lambda row: row["name"], share=2),
            Field("seen", number("threat_count"), "right"),
            Field("per_100_km", number("threats_per_100_km", 2), "right", 1.3),
            Field("answered", number("answered_count"), "right"),
            Field("open", number("open_count"), "right"),
            Field("median_days", number("median_response_days", 1), "right", 1.3),
        ])  # fmt: skip


def _drivers(writer: Writer) -> Iterator[Block]:
    shown = landscape(writer.marts, writer.contents.zones)
    rows = shown["drivers"]
    if not rows:
        yield writer.paragraph("nature.no_drivers", style="note")
        return

    def basis(row: Row) -> Cell:
        return Text(*BASES.get(row["basis"], (row["basis"], row["basis"])))

    yield from writer.table("nature.drivers", "drivers_annual", rows, [
        Field("zone", lambda row: kind_name(row["kind"]), share=1.8),
        Field("basis", basis, share=1.8),
        Field("driver", lambda row: row["driver"], share=2.4),
        Field("patches", number("patch_count"), "right"),
        Field("loss_ha", number("area_ha", 1), "right"),
        Field("share", percent("share"), "right"),
    ], reason=None)  # fmt: skip
    for product in shown["alerts"]:
        yield from writer.chart(
            product["chart"], "nature.alerts", product=f"{product['product']} {product['version'] or ''}".strip()
        )
    if shown["fires"]:
        yield from writer.chart(shown["fires"]["chart"], "nature.fires")
