"""Section 2: the project, what was done, who was heard; section 6: deviations and changes."""

from __future__ import annotations

from collections.abc import Iterator

from mrv.package import wording
from mrv.package.landscape import Row
from mrv.package.map import loss_map, zone_map
from mrv.package.monitoring.blocks import Block, DataTable, Line, Picture
from mrv.package.monitoring.prose import prose
from mrv.package.monitoring.writing import Field, Writer, number, short_day
from mrv.package.people import FIELDS
from mrv.package.report import MAP_NAMES
from mrv.package.wording import Text

MAP_SHARE = 0.62
"""Part of the page's width of a map: two of them fit on a page."""


def general(writer: Writer) -> Iterator[Block]:
    """Yield section 2."""
    yield writer.heading("2", "general.s2")
    yield from prose(writer, "2.1")
    yield from _zones(writer)
    yield from _maps(writer)
    yield from prose(writer, "2.2")
    yield from _activities(writer)
    for section in ("2.3", "2.4", "2.5"):
        yield from prose(writer, section)


def _zones(writer: Writer) -> Iterator[Block]:
    kinds = list(wording.KINDS)
    zones = sorted(writer.contents.zones, key=lambda zone: (kinds.index(zone.kind), zone.zone_id))
    lines: list[tuple[Line, ...]] = [
        (
            (zone.name,),
            (writer.pick(wording.kind_name(zone.kind)),),
            (zone.partner or "",),
            (writer.number_of(f"area.{zone.zone_id}", zone.area_ha, 1),),
            (zone.boundary_version,),
        )
        for zone in zones
    ]
    columns = (
        writer.column("zone", share=3),
        writer.column("kind", share=2),
        writer.column("partner", share=2),
        writer.column("area_ha", "right", 1.3),
        writer.column("boundary", share=1.5),
    )
    yield DataTable(f"{writer.words('climate.zones')} (zones)", columns, tuple(lines))


def _maps(writer: Writer) -> Iterator[Block]:
    contents = writer.contents
    yield from writer.chart(zone_map(contents.zones), "climate.zone_map", share=MAP_SHARE)
    if contents.loss_picture is not None:
        first, last = str(contents.loss_picture.first_year), str(contents.loss_picture.last_year)
        yield from writer.chart(
            loss_map(contents.zones, contents.loss_picture), "climate.loss_map", share=MAP_SHARE, first=first, last=last
        )
    for name in sorted(contents.maps):
        words = writer.pick(Text(*MAP_NAMES.get(name, (name, name))))
        caption = words[:1].upper() + words[1:]
        yield Picture(contents.maps[name].read_bytes(), "image/png", caption, caption, MAP_SHARE)


def _activities(writer: Writer) -> Iterator[Block]:
    rows = [row for row in writer.marts("activities") if row["driver"] == "*"]
    if not rows:
        yield writer.paragraph("general.nothing", style="note")
        return
    order = [*FIELDS, "*"]

    def name(row: Row) -> Text:
        return Text(*FIELDS.get(row["field"], (writer.words("people.all"),) * 2))

    yield from writer.table(
        "people.activities",
        "activities",
        sorted(rows, key=lambda row: order.index(row["field"]) if row["field"] in order else 0),
        [
            Field("sphere", name, share=2),
            Field("activities", number("activity_count"), "right"),
            Field("hours", number("hours", 1), "right"),
            Field("people", number("people"), "right"),
            Field("person_events", number("person_events"), "right"),
            Field("households", number("households"), "right"),
        ],
    )


def deviations(writer: Writer) -> Iterator[Block]:
    """Yield section 6: deviations as people tell them, baselines in force, and waivers of checks."""
    yield writer.heading("6", "general.s6")
    yield from prose(writer, "6.1")
    yield from prose(writer, "6.2")
    yield from _baselines(writer)
    yield from _previous(writer)


def _previous(writer: Writer) -> Iterator[Block]:
    """Yield what became of the version before; the tables of what changed stand beside the report."""
    yield writer.heading("6.4", "general.s6_4")
    before, approval = writer.contents.previous, writer.contents.approval
    if before is None:
        yield writer.paragraph("climate.first_version", style="note")
        return
    yield writer.paragraph("climate.next_version", name=before.name)
    if approval is not None:
        yield writer.paragraph(
            "climate.approved", name=approval.approved_by, reason=approval.reason, day=approval.approved_at[:10]
        )


def _baselines(writer: Writer) -> Iterator[Block]:
    yield writer.heading("6.3", "general.s6_3")
    baselines = writer.contents.project.baselines
    if not baselines:
        yield writer.paragraph("climate.no_baselines", style="note")
        return
    period = (writer.contents.period_start, writer.contents.period_end)
    lines: tuple[tuple[Line, ...], ...] = tuple(
        (
            (item.version,),
            (writer.said("general.days", start=short_day(item.valid_from), end=short_day(item.valid_to)),),
            (
                writer.words(
                    "columns.yes" if item.valid_from <= period[1] and item.valid_to >= period[0] else "columns.no"
                ),
            ),
            (item.document,),
        )
        for item in baselines
    )
    columns = (
        writer.column("version"),
        writer.column("validity", share=2),
        writer.column("in_period"),
        writer.column("document", share=4),
    )
    yield DataTable(f"{writer.words('climate.baselines')} (project.yaml)", columns, lines)
    inside = [item.version for item in baselines if item.valid_from <= period[1] and item.valid_to >= period[0]]
    if len(inside) > 1:
        yield writer.paragraph("climate.baseline_crossed", style="warning", versions=", ".join(inside))
