"""What the report says of species and of areas of high conservation value: detections, records, threat, condition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from markupsafe import Markup

from mrv.package.charts import LEFT, RIGHT, WIDTH, svg_text
from mrv.package.figures import total
from mrv.package.wording import Text, number

Row = Mapping[str, Any]
Read = Callable[[str], Sequence[Row]]
"""Name of a mart to its rows; none where it is missing."""

EVERYWHERE = "*"
CATEGORIES = {
    "EX": ("extinct", "extinta"),
    "EW": ("extinct in the wild", "extinta en estado silvestre"),
    "CR": ("critically endangered", "en peligro crítico"),
    "EN": ("endangered", "en peligro"),
    "VU": ("vulnerable", "vulnerable"),
    "NT": ("near threatened", "casi amenazada"),
    "LC": ("least concern", "preocupación menor"),
    "DD": ("data deficient", "datos insuficientes"),
    "NE": ("not evaluated", "no evaluada"),
    "CR_EN": ("critically endangered or endangered", "en peligro crítico o en peligro"),
}
CONDITIONS = {
    "good": ("good", "bueno"),
    "fair": ("fair", "regular"),
    "poor": ("poor", "malo"),
    "lost": ("lost", "perdido"),
}
"""Condition of an area to its names."""
MAX_BARS = 20
_ROW, _NAMES, _TOP = 22, 210, 34
_THREATENED = ("CR", "EN", "VU")


def biodiversity(read: Read) -> dict[str, Any]:
    """Return what the page's section about species and high conservation values shows; what has no rows is empty.

    Args:
        read: Reads a mart.
    """
    everywhere = [row for row in read("detections") if row["zone_id"] == EVERYWHERE]
    detected = sorted(everywhere, key=lambda row: (-(row["event_count"] or 0), row["scientific_name"]))
    species, effort = read("species"), read("camera_effort")
    return {
        "detected": detected,
        "detections_chart": _chart(detected[:MAX_BARS]),
        "detections_left_out": max(len(detected) - MAX_BARS, 0),
        "camera_nights": total([row["camera_nights"] for row in effort]),
        "camera_locations": len({row["location_code"] for row in effort if row["camera_nights"] > 0}),
        "camera_notes": [row for row in sorted(effort, key=itemgetter("deployment_id")) if _is_less(row)],
        "species_recorded": sum(row["record_count"] > 0 for row in species),
        "species_in_period": _in_period(species),
        "species_listed": len(species),
        "threatened": _threatened(species),
        "benefiting": sorted(
            read("threatened_species_benefiting"), key=lambda row: list(CATEGORIES).index(row["category"])
        ),
        "hcv_rows": sorted(read("hcv_condition"), key=lambda row: (row["zone_id"], row["hcv_class"] or 0)),
        "category_name": lambda name: Text(*CATEGORIES.get(name, (name, name))),
        "condition_name": lambda name: Text(*CONDITIONS.get(name, (name, name))),
    }


def _in_period(species: Sequence[Row]) -> int | None:
    """Return how many species have a record of the period; None where nobody looked for any."""
    counts = [row["period_record_count"] for row in species]
    return None if None in counts else sum(count > 0 for count in counts)


def _is_less(row: Row) -> bool:
    """Tell whether a camera stood there in the period for more nights than count."""
    return bool(row["deployed_nights"] and row["camera_nights"] < row["deployed_nights"])


def _threatened(species: Iterable[Row]) -> list[Row]:
    """Return the threatened species that were ever recorded, the most threatened first."""
    rows = [row for row in species if row["is_threatened"] and row["record_count"] > 0]
    return sorted(rows, key=lambda row: (_THREATENED.index(row["category"]), row["scientific_name"]))


def _chart(rows: Sequence[Row]) -> Markup | None:
    """Draw the index of each species as a bar beside its name, or return None where nothing was seen."""
    values = [row["events_per_100_nights"] for row in rows]
    known = [value for value in values if value is not None]
    if not known:
        return None
    title = Text(
        "Independent events per 100 camera nights, by species",
        "Eventos independientes por 100 noches-cámara, por especie",
    )
    height, most = _TOP + _ROW * len(rows) + 8, max([*known, Decimal("0.000001")])
    reach = WIDTH - LEFT - RIGHT - _NAMES - 60
    parts = [
        Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            WIDTH, height, f"{title.en} / {title.es}"
        ),
        svg_text(title, x=LEFT, y=16, style="unit"),
    ]
    for place, row in enumerate(rows):
        y = _TOP + _ROW * place
        parts.append(svg_text(_shown(row), x=LEFT + _NAMES - 8, y=y + 13, style="end"))
        value = row["events_per_100_nights"]
        if value is None:
            parts.append(svg_text("–", x=LEFT + _NAMES + 4, y=y + 13, style="none"))
            continue
        width = max(float(value / most) * reach, 0.6)
        style = "fill-project" if row["category"] in _THREATENED else "fill-belt"
        parts.append(
            Markup('<rect class="{}" x="{}" y="{}" width="{:.1f}" height="{}"><title>{}</title></rect>').format(
                style, LEFT + _NAMES, y + 2, width, _ROW - 8, f"{row['scientific_name']}: {number(value, 2).en}"
            )
        )
        parts.append(svg_text(number(value, 1), x=LEFT + _NAMES + width + 6, y=y + 13, style="value"))
    return Markup("\n").join([*parts, Markup("</svg>")])


def _shown(row: Row) -> Text:
    name = row["scientific_name"]
    return Text(row["common_name_en"] or name, row["common_name_es"] or name)
