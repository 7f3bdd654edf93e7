"""What the report says of forest plots: carbon by pool, its precision, where the error comes from, change and audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from markupsafe import Markup

from mrv.package.charts import LEFT, RIGHT, WIDTH, svg_text
from mrv.package.figures import total
from mrv.package.wording import Text, percent

Row = Mapping[str, Any]
Read = Callable[[str], Sequence[Row]]
"""Name of a mart to its rows; none where it is missing."""

LAND, ALL = "*", "all"
POOLS = {
    "above_ground": ("above ground", "biomasa aérea"),
    "dead_wood": ("dead wood", "madera muerta"),
    "dead_wood_standing": ("dead wood, standing", "madera muerta en pie"),
    "dead_wood_lying": ("dead wood, lying", "madera muerta caída"),
    "litter": ("litter", "hojarasca"),
    "soil": ("soil", "suelo"),
}
SOURCES = {
    "diameter": ("diameters", "diámetros"),
    "wood_density": ("wood density", "densidad de la madera"),
    "height": ("heights", "alturas"),
    "allometry": ("allometry", "alometría"),
    "sampling": ("sampling of plots", "muestreo de parcelas"),
}
"""Source of error to its names."""
MEASURES = {
    "presence": ("tags that both teams have", "placas que ambos equipos tienen"),
    "dbh_cm": ("diameter", "diámetro"),
    "height_m": ("height", "altura"),
    "species": ("species", "especie"),
    "status": ("alive or dead", "vivo o muerto"),
}
LIFE_FORMS = {
    "tree": ("trees", "árboles"),
    "palm": ("palms", "palmeras"),
    "tree_fern": ("tree ferns", "helechos arborescentes"),
    "liana": ("lianas", "lianas (bejucos)"),
    "standing_dead": ("standing dead trees", "árboles muertos en pie"),
    "none": ("trees without biomass", "árboles sin biomasa"),
}
_ROW, _NAMES, _TOP = 22, 170, 34


def field_carbon(read: Read) -> dict[str, Any]:
    """Return what the page's section about forest plots shows; what has no rows is empty.

    Args:
        read: Reads a mart.
    """
    order = list(POOLS)
    strata = sorted(
        read("stratum_carbon"), key=lambda row: (order.index(row["pool"]), row["stratum_id"] == LAND, row["stratum_id"])
    )
    plots, audits = (
        read("plot_carbon"),
        sorted(read("measurement_audit"), key=itemgetter("plot_id", "census_id", "measure")),
    )
    uncertainty = read("carbon_uncertainty")
    levels = read("wood_density_levels")
    return {
        "stratum_carbon": strata,
        "field_plot_count": len({row["plot_id"] for row in plots}),
        "incomplete_pools": [
            row for row in sorted(plots, key=itemgetter("pool", "plot_id", "census_id")) if not row["complete"]
        ],
        "uncertain": _whole(uncertainty),
        "uncertainty_chart": _chart(_shares(uncertainty)),
        "stratum_changes": sorted(read("stratum_changes"), key=itemgetter("stratum_id")),
        "changes_without": [row for row in read("plot_changes") if row["reason"]],
        "audits": audits,
        "audited_censuses": len({(row["plot_id"], row["census_id"]) for row in audits}),
        "species_share": _share_of_species(levels),
        "equations": sorted(read("allometries_used"), key=itemgetter("allometry")),
        "life_form_name": lambda form: Text(*LIFE_FORMS[form]),
        "pool_name": lambda pool: Text(*POOLS[pool]),
        "measure_name": lambda measure: Text(*MEASURES[measure]),
    }


def _whole(rows: Sequence[Row]) -> list[Row]:
    """Return the runs of all errors at once, of strata and of the land."""
    chosen = [row for row in rows if row["error_source"] == ALL and row["entity_kind"] != "plot"]
    return sorted(chosen, key=lambda row: (row["entity_kind"] == "land", row["entity_id"]))


def _shares(rows: Sequence[Row]) -> list[Row]:
    """Return the sources of error alone: of the land, else of the stratum with the most plots."""
    whole = _whole(rows)
    if not whole:
        return []
    entity = max(whole, key=lambda row: (row["entity_kind"] == "land", row["plot_count"], row["entity_id"]))
    kind, name = entity["entity_kind"], entity["entity_id"]
    found = {row["error_source"]: row for row in rows if (row["entity_kind"], row["entity_id"]) == (kind, name)}
    return [found[source] for source in SOURCES if source in found and found[source]["variance_share"] is not None]


def _share_of_species(levels: Sequence[Row]) -> Decimal | None:
    trees = total([row["level_tree_count"] for row in levels])
    if not trees:
        return None
    named = total([row["level_tree_count"] for row in levels if row["wood_density_level"] == "species"])
    return Decimal(named or 0) / Decimal(trees)


def _chart(rows: Sequence[Row]) -> Markup | None:
    """Draw the share of each source in the variance as a bar beside its name, or return None where there is none."""
    if not rows:
        return None
    entity = rows[0]["entity_id"]
    title = Text(
        f"Variance of each source of error alone, as a share of that of all at once ({_place(entity)[0]})",
        f"Varianza de cada fuente de error por separado, como parte de la de todas a la vez ({_place(entity)[1]})",
    )
    height, most = _TOP + _ROW * len(rows) + 8, max(Decimal("0.000001"), *(row["variance_share"] for row in rows))
    reach = WIDTH - LEFT - RIGHT - _NAMES - 60
    parts = [
        Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            WIDTH, height, f"{title.en} / {title.es}"
        ),
        svg_text(title, x=LEFT, y=16, style="unit"),
    ]
    for place, row in enumerate(rows):
        y, share = _TOP + _ROW * place, row["variance_share"]
        width = max(float(share / most) * reach, 0.6)
        parts += [
            svg_text(Text(*SOURCES[row["error_source"]]), x=LEFT + _NAMES - 8, y=y + 13, style="end"),
            Markup('<rect class="fill-project" x="{}" y="{}" width="{:.1f}" height="{}"/>').format(
                LEFT + _NAMES, y + 2, width, _ROW - 8
            ),
            svg_text(percent(share), x=LEFT + _NAMES + width + 6, y=y + 13, style="value"),
        ]
    return Markup("\n").join([*parts, Markup("</svg>")])


def _place(entity: str) -> tuple[str, str]:
    return ("all strata", "todos los estratos") if entity == LAND else (f"stratum {entity}", f"estrato {entity}")
