"""What a project says of itself, each sentence beside the tables that answer it, or that nothing was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
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
        positive: Column that must be above zero, for rows that stand in a table whether anything was seen or not.
        each: Column by which each row is told for itself, and not their sum.
        partial: Whether a sum over the rows that have a value is told where others have none.
        unit: Its unit, for a reader.
        digits: Decimals of it.
    """

    label: Text
    column: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    latest: str | None = None
    positive: str | None = None
    each: str | None = None
    partial: bool = False
    unit: str = ""
    digits: int = 0


def _probe(en: str, es: str, column: str | None = None, **more: Any) -> Probe:
    own = {"latest", "positive", "each", "partial", "unit", "digits"}
    where = {name: value for name, value in more.items() if name not in own}
    return Probe(Text(en, es), column, where, **{name: value for name, value in more.items() if name in own})


_PA: dict[str, Any] = {"kind": "project_area"}
PROBES: Mapping[str, tuple[Probe, ...]] = {
    "zones": (
        _probe("project area", "área del proyecto", "area_ha", unit="ha", **_PA),
        _probe("conservation concessions", "concesiones para conservación", kind="concession"),
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
    "baseline_emissions": (
        _probe("baseline emissions of the project area, in the period", "emisiones de línea base del área del proyecto, en el período",
               "period_tco2e", unit="tCO₂e", scope="project_area"),
    ),
    "project_emissions": (
        _probe("monitored emissions of the project area, in the period", "emisiones monitoreadas del área del proyecto, en el período",
               "period_tco2e", unit="tCO₂e", scope="project_area"),
    ),
    "leakage": (_probe("leakage", "fugas", "leakage_tco2e", unit="tCO₂e"),),
    "uncertainty": (
        _probe("vintages that may be credited with their error", "añadas que pueden acreditarse con su error", eligible=True),
    ),
    "buffer": (_probe("buffer contribution", "aporte a la reserva", "buffer_tco2e", unit="tCO₂e"),),
    "vintages": (
        _probe("credits of the period", "créditos del período", "credits", source="computed"),
        _probe("credits since the start", "créditos desde el inicio", "cumulative_credits", latest="vintage_start"),
    ),
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
    "activities": (
        _probe("activities with people", "actividades con personas", "activity_count", field="*", driver="*"),
        _probe("of production", "de producción", "activity_count", field="production", driver="*"),
        _probe("of protection", "de protección", "activity_count", field="protection", driver="*"),
        _probe("of inclusion", "de inclusión", "activity_count", field="inclusion", driver="*"),
        _probe("aimed at ", "contra ", "activity_count", each="driver", field="*"),
    ),
    "fires_period": (_probe("fires in the project area", "incendios en el área del proyecto", "distinct_fire_count", **_PA),),
    "patrols": (
        _probe("patrols", "patrullajes"),
        _probe("kilometres of those with a track", "kilómetros de los que tienen recorrido", "distance_km", unit="km", digits=1,
               partial=True),
    ),
    "threats": (_probe("threats reported", "amenazas reportadas"),),
    "emission_reductions": (
        _probe("net emission reductions", "reducciones netas de emisiones", "net_tco2e", unit="tCO₂e"),
        _probe("creditable units", "unidades acreditables", "credits"),
    ),
    "species": (
        _probe("species recorded or listed", "especies registradas o en la lista"),
        _probe("of them threatened (CR, EN, VU)", "de ellas amenazadas (CR, EN, VU)", is_threatened=True),
    ),
    "threatened_species_benefiting": (
        _probe("CR or EN species recorded", "especies CR o EN registradas", "species_count", category="CR_EN"),
    ),
    "camera_effort": (_probe("camera nights", "noches-cámara", "camera_nights", digits=1),),
    "hcv_condition": (
        _probe("areas and classes that were visited", "áreas y clases visitadas", positive="visit_count"),
        _probe("visits that found a threat", "visitas que hallaron una amenaza", "visits_with_threat_count", positive="visit_count"),
    ),
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
    "buffer_zone_condition": (
        _probe("forest of the buffer", "bosque de la zona de amortiguamiento", "forest_ha", unit="ha"),
        _probe("its loss in the period, by the map", "su pérdida en el período, según el mapa", "loss_ha", unit="ha", digits=1),
        _probe("fires", "incendios", "fires"),
        _probe("threats reported", "amenazas reportadas", "threats"),
        _probe("seedlings planted", "plantones plantados", "seedlings_planted"),
    ),
}  # fmt: skip
"""Mart to what it says in short; any other mart says how many rows it has."""
SOURCES: Mapping[str, tuple[str, ...]] = {
    "activities": ("activity_records",),
    "community_activities": ("activity_records",),
    "governance_meetings": ("activity_records",),
    "training": ("activity_records",),
    "communities": ("communities",),
    "consent": ("consent_steps",),
    "grievances": ("grievance_records",),
    "livelihoods": ("livelihood_records",),
    "households_benefiting": ("livelihood_records", "activity_records", "planting_records"),
    "nursery_production": ("nursery_records",),
    "planting": ("planting_records", "survival_checks"),
    "restoration": ("planting_records", "survival_checks"),
    "employment": ("employment_records",),
    "patrols": ("patrol_records",),
    "threats": ("patrol_events",),
    "hcv_condition": ("hcv_visits",),
    "camera_effort": ("camera_deployments",),
    "detections": ("camera_deployments",),
    "species": ("camera_deployments", "occurrences"),
    "threatened_species_benefiting": ("camera_deployments", "occurrences"),
}
"""Mart to the kinds of field record that it is made from."""
DRIVERS = {
    "agriculture": ("agriculture and pasture", "agricultura y pastos"),
    "livestock": ("livestock", "ganadería"),
    "logging": ("logging", "tala"),
    "coca": ("coca", "coca"),
    "mining": ("mining", "minería"),
    "roads": ("roads", "vías"),
    "fire": ("fire", "fuego"),
}
_ROWS = (_probe("rows", "filas"),)
MEASURED, PARTLY, NOT_MEASURED = "measured", "partly", "not_measured"


@dataclass(frozen=True)
class Answer:
    """What one table says. A value is a dash where it was not measured; `reason` says why, in the words of the table.

    Attributes:
        mart: The table.
        values: Label, value and unit of each number.
        reason: Why numbers are missing.
        records: Kind of field record, how many touch the period, and how many of any period were set aside.
        state: Whether all, some or none of the numbers are there.
    """

    mart: str
    values: tuple[tuple[Text, Text, str], ...]
    reason: str | None
    records: tuple[tuple[str, int, int], ...]
    state: str


def claims(declared: Sequence[Claim], read: Read) -> list[dict[str, Any]]:
    """Return each claim with what its tables answer.

    Args:
        declared: The project's claims.
        read: Reads a mart; none that is missing or empty has rows. Of those with accounts the primary one's rows count: the
            same tonnes under other rules are no further tonnes.
    """
    known = {row["dataset"]: row for row in read("records_known")}
    primary = {(row["project_id"], row["rule_set"]) for row in read("emission_reductions") if row["is_primary"]}
    listed = []
    for claim in declared:
        answers = [_answer(mart, _of_accounts(read(mart), primary), known) for mart in claim.tables]
        listed.append({"text": Text(claim.en, claim.es), "answers": answers, "state": _together(answers)})
    return listed


def _of_accounts(rows: Sequence[Row], accounts: Set[tuple[str, str]]) -> Sequence[Row]:
    if not rows or not {"project_id", "rule_set"} <= {*rows[0]}:
        return rows
    return [row for row in rows if (row["project_id"], row["rule_set"]) in accounts]


def _answer(mart: str, rows: Sequence[Row], known: Mapping[str, Row]) -> Answer:
    sources = [known[name] for name in SOURCES.get(mart, ()) if name in known]
    records = tuple((row["dataset"], row["rows_in_period"], row["rows_quarantined"]) for row in sources)
    if not rows or (sources and not any(row["is_known"] for row in sources)):
        reasons = dict.fromkeys(str(row["reason"]) for row in sources if row["reason"] and not row["is_known"])
        return Answer(mart, (), "; ".join(reasons) or None, records, NOT_MEASURED)
    found = [item for probe in PROBES.get(mart, _ROWS) for item in _found(probe, rows)]
    reasons = dict.fromkeys(reason for *_, reasons in found for reason in reasons)
    values = tuple((label, text, unit) for label, text, unit, _, _ in found)
    known_values = [is_known for *_, is_known, _ in found]
    partly = any(known_values) and (not all(known_values) or bool(reasons))
    state = PARTLY if partly else MEASURED if any(known_values) else NOT_MEASURED
    return Answer(mart, values, "; ".join(reasons) or None, records, state)


def _found(probe: Probe, rows: Sequence[Row]) -> list[tuple[Text, Text, str, bool, list[str]]]:
    """Return label, value, unit, whether it is known, and why not, of each number of a probe."""
    chosen = _chosen(probe, rows)
    if probe.each is None:
        return [_told(probe, probe.label, chosen)]
    named = [(DRIVERS[row[probe.each]], row) for row in chosen if row[probe.each] in DRIVERS]
    return [_told(probe, Text(probe.label.en + en, probe.label.es + es), [row]) for (en, es), row in named]


def _told(probe: Probe, label: Text, chosen: Sequence[Row]) -> tuple[Text, Text, str, bool, list[str]]:
    value = _value(probe, chosen)
    unknown = [row for row in chosen if probe.column is not None and row[probe.column] is None]
    reasons = [str(row["reason"]) for row in unknown if row.get("reason")]
    return label, number(value, probe.digits), probe.unit if value is not None else "", value is not None, reasons


def _chosen(probe: Probe, rows: Sequence[Row]) -> list[Row]:
    chosen = [row for row in rows if all(row.get(name) == value for name, value in probe.where.items())]
    if probe.positive is not None:
        chosen = [row for row in chosen if (row[probe.positive] or 0) > 0]
    if probe.latest is None or not chosen:
        return chosen
    newest = max(row[probe.latest] for row in chosen)
    return [row for row in chosen if row[probe.latest] == newest]


def _value(probe: Probe, rows: Sequence[Row]) -> Decimal | int | None:
    if probe.positive is not None and not rows:
        return None
    if probe.column is None:
        return len(rows)
    values = [row[probe.column] for row in rows]
    if probe.partial:
        values = [value for value in values if value is not None]
    if not values:
        return None
    value: Decimal | int | None = total(values)
    return value


def _together(answers: Sequence[Answer]) -> str:
    states = {answer.state for answer in answers}
    if states == {MEASURED}:
        return MEASURED
    return NOT_MEASURED if states == {NOT_MEASURED} else PARTLY
