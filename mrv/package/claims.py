"""What a project says of itself, each sentence beside the tables that answer it, or that nothing was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from mrv.package.figures import total
from mrv.package.wording import Text, number
from mrv.project_life import Claim

Row = Mapping[str, Any]
Read = Callable[[str], Sequence[Row]]


@dataclass(frozen=True)
class Probe:
    """One number that a table gives in short.

    Attributes:
        label: What it is.
        column: Column that is summed; none: the rows are counted.
        where: Columns and the value that rows must have.
        latest: Column of which only the rows with the largest value count.
        unit: Its unit, for a reader.
        digits: Decimals of it.
    """

    label: Text
    column: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    latest: str | None = None
    unit: str = ""
    digits: int = 0


def _probe(
    en: str,
    es: str,
    column: str | None = None,
    *,
    unit: str = "",
    digits: int = 0,
    latest: str | None = None,
    **where: Any,
) -> Probe:
    return Probe(Text(en, es), column, where, latest, unit, digits)


_PA: dict[str, Any] = {"kind": "project_area"}
PROBES: Mapping[str, tuple[Probe, ...]] = {
    "zones": (
        _probe("project area", "área del proyecto", "area_ha", unit="ha", **_PA),
        _probe("its forest on the eve of crediting", "su bosque al comenzar la acreditación", "forest_start_ha", unit="ha", **_PA),
    ),
    "forest_cover_annual": (
        _probe("forest in it at the end of the map's last year", "bosque en ella al fin del último año del mapa", "area_ha",
               unit="ha", latest="year", **_PA),
    ),
    "loss_patches": (_probe("parts of patches of loss, by zone", "partes de parches de pérdida, por zona"),),
    "activity_data": (
        _probe("loss in the project area by the sample", "pérdida en el área del proyecto según la muestra", "estimate_area_ha",
               unit="ha", digits=1, activity_class="loss", year=None, **_PA),
    ),
    "carbon_stocks": (_probe("stocks by stratum, state and pool", "reservas por estrato, estado y depósito"),),
    "emissions_annual": (_probe("emissions by stratum, year and scenario", "emisiones por estrato, año y escenario"),),
    "detections": (_probe("species and zones with cameras", "especies y zonas con cámaras"),),
    "deforestation_annual": (
        _probe("loss in the project area, in the period", "pérdida en el área del proyecto, en el período", "period_area_ha",
               unit="ha", digits=1, in_period=True, **_PA),
        _probe("in the leakage belt", "en el cinturón de fugas", "period_area_ha", unit="ha", digits=1, in_period=True,
               kind="leakage_belt"),
        _probe("in the reference region", "en la región de referencia", "period_area_ha", unit="ha", digits=1, in_period=True,
               kind="reference_region"),
    ),
    "drivers_annual": (
        _probe("loss in the project area with a hint of its driver", "pérdida en el área del proyecto con indicio de su causa",
               "period_area_ha", unit="ha", digits=1, basis="hint", **_PA),
    ),
    "alerts_monthly": (
        _probe("alerts in the project area", "alertas en el área del proyecto", "alert_area_ha", unit="ha", digits=1, **_PA),
    ),
    "activities": (_probe("activities with people", "actividades con personas", "activity_count", field="*", driver="*"),),
    "fires_period": (_probe("fires in the project area", "incendios en el área del proyecto", "distinct_fire_count", **_PA),),
    "patrols": (
        _probe("patrols", "patrullajes"),
        _probe("kilometres", "kilómetros", "distance_km", unit="km"),
    ),
    "threats": (_probe("threats reported", "amenazas reportadas"),),
    "emission_reductions": (
        _probe("net emission reductions", "reducciones netas de emisiones", "net_tco2e", unit="tCO₂e"),
        _probe("creditable units", "unidades acreditables", "vcu", unit="VCU"),
    ),
    "species": (
        _probe("species recorded or listed", "especies registradas o en la lista"),
        _probe("of them threatened (CR, EN, VU)", "de ellas amenazadas (CR, EN, VU)", is_threatened=True),
    ),
    "threatened_species_benefiting": (
        _probe("CR or EN species recorded", "especies CR o EN registradas", "species_count", category="CR_EN"),
    ),
    "camera_effort": (_probe("camera nights", "noches-cámara", "camera_nights", digits=1),),
    "hcv_condition": (_probe("areas and classes of high conservation value", "áreas y clases de alto valor de conservación"),),
    "governance_meetings": (
        _probe("assemblies and governance meetings", "asambleas y reuniones de gobernanza"),
        _probe("decisions", "acuerdos", "decision_count"),
    ),
    "community_activities": (_probe("activities with people", "actividades con personas"),),
    "communities": (
        _probe("communities in the register", "comunidades en el registro", in_force_at_end=True),
        _probe("their households", "sus hogares", "household_count", in_force_at_end=True),
    ),
    "consent": (_probe("steps of consent in the period", "pasos de consentimiento en el período", in_period=True),),
    "grievances": (
        _probe("grievances received", "quejas recibidas", received_in_period=True),
        _probe("open on the last day", "abiertas en el último día", status="open"),
    ),
    "training": (
        _probe("people trained, each once", "personas capacitadas, cada una una vez", "people", topic="*"),
        _probe("of them women", "de ellas mujeres", "women", topic="*"),
        _probe("hours of training", "horas de capacitación", "hours", topic="*"),
    ),
    "livelihoods": (
        _probe("households with a livelihood recorded", "hogares con un medio de vida registrado", "households",
               community_id="*", activity="*"),
    ),
    "households_benefiting": (_probe("households that took part", "hogares que participaron", "households", basis="*"),),
    "nursery_production": (_probe("seedlings produced", "plantones producidos", "produced_count"),),
    "planting": (_probe("seedlings planted", "plantones plantados", "seedlings_planted_in_period"),),
    "employment": (
        _probe("people employed", "personas empleadas", "people", community_id="*", gender="*"),
        _probe("full-time equivalents", "equivalentes a tiempo completo", "fte", digits=2, community_id="*", gender="*"),
    ),
    "restoration": (
        _probe("sites of restoration", "sitios de restauración"),
        _probe("their area", "su superficie", "area_ha", unit="ha", digits=1),
    ),
    "buffer_zone_condition": (_probe("forest of the buffer", "bosque de la zona de amortiguamiento", "forest_ha", unit="ha"),),
}  # fmt: skip
"""Mart to what it says in short; any other mart says how many rows it has."""
_ROWS = (_probe("rows", "filas"),)
MEASURED, PARTLY, NOT_MEASURED = "measured", "partly", "not_measured"


@dataclass(frozen=True)
class Answer:
    """What one table says. A value is None where it was not measured; `reason` says why, in the words of the table."""

    mart: str
    values: tuple[tuple[Text, Text, str], ...]
    reason: str | None
    state: str


def claims(declared: Sequence[Claim], read: Read) -> list[dict[str, Any]]:
    """Return each claim with what its tables answer.

    Args:
        declared: The project's claims.
        read: Reads a mart; none that is missing or empty has rows.
    """
    listed = []
    for claim in declared:
        answers = [_answer(mart, read(mart)) for mart in claim.tables]
        listed.append({"text": Text(claim.en, claim.es), "answers": answers, "state": _together(answers)})
    return listed


def _answer(mart: str, rows: Sequence[Row]) -> Answer:
    if not rows:
        return Answer(mart, (), None, NOT_MEASURED)
    values, reasons, known = [], [], []
    for probe in PROBES.get(mart, _ROWS):
        chosen = _chosen(probe, rows)
        value = _value(probe, chosen)
        known.append(value is not None)
        if value is None:
            reasons += [str(row["reason"]) for row in chosen if row.get("reason")]
        values.append((probe.label, number(value, probe.digits), probe.unit if value is not None else ""))
    state = MEASURED if all(known) else PARTLY if any(known) else NOT_MEASURED
    return Answer(mart, tuple(values), "; ".join(dict.fromkeys(reasons)) or None, state)


def _chosen(probe: Probe, rows: Sequence[Row]) -> list[Row]:
    chosen = [row for row in rows if all(row.get(name) == value for name, value in probe.where.items())]
    if probe.latest is None or not chosen:
        return chosen
    newest = max(row[probe.latest] for row in chosen)
    return [row for row in chosen if row[probe.latest] == newest]


def _value(probe: Probe, rows: Sequence[Row]) -> Decimal | int | None:
    if probe.column is None:
        return len(rows)
    if not rows:
        return None
    value: Decimal | int | None = total([row[probe.column] for row in rows])
    return value


def _together(answers: Sequence[Answer]) -> str:
    states = {answer.state for answer in answers}
    if states == {MEASURED}:
        return MEASURED
    return NOT_MEASURED if states == {NOT_MEASURED} else PARTLY
