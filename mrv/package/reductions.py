"""What the report says of the ledger: each account from baseline to credits, and every part on which its tonnes rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from markupsafe import Markup

from mrv.package.charts import Series, bars
from mrv.package.figures import total
from mrv.package.reduction_errors import errors, intervals_of
from mrv.package.waterfall import Step, waterfall
from mrv.package.wording import Text, pretty_unit

Row = Mapping[str, Any]
Read = Callable[[str], Sequence[Row]]
"""Name of a mart to its rows; none where it is missing."""
Account = tuple[str, str]
"""Project and rule set."""

RULE_SETS = {
    "vm0015_v1_1": "VM0015 v1.1",
    "vm0007_v1_6": "VM0007 v1.6",
    "vm0048_v1_0": "VM0048 v1.0",
    "art_trees_2": "ART TREES 2.0",
    "fcpf_cf": "FCPF Carbon Fund",
}
SUMMED = (
    "days", "baseline_tco2e", "project_tco2e", "gross_reduction_tco2e", "leakage_tco2e", "net_tco2e", "deduction_tco2e",
    "transferred_tco2e", "buffer_tco2e", "credits",
)  # fmt: skip
"""Columns of the ledger that a period adds up."""
LEAKAGE_PARTS = {
    "belt_baseline_tco2e": ("belt, baseline", "cinturón, línea base"),
    "belt_monitored_tco2e": ("belt, monitored", "cinturón, monitoreado"),
    "belt_excess_tco2e": ("belt, monitored less baseline", "cinturón, monitoreado menos línea base"),
    "belt_leakage_tco2e": ("leakage of the belt", "fugas del cinturón"),
    "displacement_tco2e": ("activities displaced", "actividades desplazadas"),
    "market_leakage_tco2e": ("market", "mercado"),
    "outside_belt_tco2e": ("outside the belt", "fuera del cinturón"),
    "prevention_tco2e": ("measures against leakage", "medidas contra las fugas"),
    "rate_tco2e": ("by the rate of the rules", "según la tasa de las reglas"),
}
POOLS = {
    "above_ground": ("above ground", "biomasa aérea"),
    "below_ground": ("below ground", "biomasa subterránea"),
    "dead_wood": ("dead wood", "madera muerta"),
    "litter": ("litter", "hojarasca"),
    "soil": ("soil", "suelo"),
    "total": ("total, not by pool", "total, sin separar por reservorio"),
    "fire_ch4": ("fire, CH₄", "incendio, CH₄"),
    "fire_n2o": ("fire, N₂O", "incendio, N₂O"),
    "declared": ("declared", "declarado"),
}
SCOPES = {
    "project_area": ("Project area", "Área del proyecto"),
    "leakage_belt": ("Leakage belt", "Cinturón de fugas"),
    "outside": ("Outside", "Fuera"),
}
ACTIVITIES = {
    "deforestation": ("deforestation", "deforestación"),
    "degradation": ("degradation", "degradación"),
    "enhancement": ("removals", "remociones"),
    "fire": ("fire", "incendio"),
    "leakage_prevention": ("measures against leakage", "medidas contra las fugas"),
    "market_leakage": ("market leakage", "fugas de mercado"),
    "outside_belt_leakage": ("leakage outside the belt", "fugas fuera del cinturón"),
    "transferred": ("transferred", "transferido"),
}
SOURCES = {
    "computed": ("this period, computed", "este período, calculado"),
    "prior": ("earlier, as verified", "anterior, según lo verificado"),
}
EVENTS = {
    "reversal": ("end of the period", "fin del período"),
    "verification": ("verification before it", "verificación anterior"),
    "loss_event": ("loss of stock", "pérdida de existencias"),
}
EVENT_STATUSES = {
    "none": ("no reversal", "sin reversión"),
    "deficit": ("net loss to make good", "pérdida neta por compensar"),
    "reversal": ("reversal", "reversión"),
    "not_known": ("not known", "no se sabe"),
    "in_time": ("in time", "a tiempo"),
    "buffer_on_hold": ("part of the buffer on hold", "parte de la reserva retenida"),
    "below_threshold": ("no loss event", "no es evento de pérdida"),
    "notification_open": ("notification open", "aviso pendiente"),
    "notification_overdue": ("notification overdue", "aviso vencido"),
    "report_open": ("report open", "informe pendiente"),
    "reported": ("reported", "informado"),
}
CATEGORIES = {
    "internal": ("internal", "interno"),
    "external": ("external", "externo"),
    "natural": ("natural", "natural"),
}
STATUSES = {
    "not_issued": ("not issued", "no emitido"),
    "partly_issued": ("issued in part", "emitido en parte"),
    "fully_issued": ("issued in full", "emitido por completo"),
    "over_issued": ("more issued than computed", "emitido más de lo calculado"),
    "nothing_to_issue": ("nothing to issue", "nada por emitir"),
    "unclear": ("not known what was issued", "no se sabe qué se emitió"),
    "not_computed": ("nothing to compare with", "nada con qué comparar"),
    "not_received": ("no table received", "no se recibió tabla"),
}
LEDGER_MARTS = frozenset(
    {
        "baseline_emissions", "project_emissions", "leakage", "uncertainty", "uncertainty_rules", "monte_carlo",
        "uncertainty_sensitivity", "buffer", "risk_rating", "emission_reductions", "vintages", "carbon_stocks", "activity_data",
    }
)  # fmt: skip


def reductions(read: Read) -> dict[str, Any]:
    """Return what the page shows of the ledger; what has no rows is empty.

    Args:
        read: Reads a mart.
    """
    rows = sorted(
        read("emission_reductions"), key=lambda row: (not row["is_primary"], _account(row), row["vintage_year"])
    )
    ledgers = [list(part) for _, part in groupby(rows, key=_account)]
    first = ledgers[0] if ledgers else []
    primary = _account(first[0]) if first else None

    def own(mart: str) -> list[Row]:
        return [row for row in read(mart) if _account(row) == primary]

    return {
        "ledgers": [_ledger(part, read) for part in ledgers],
        "vintages": first,
        "totals": totals(first),
        "rule_name": rule_name,
        "waterfall": _waterfall(first),
        "years_chart": _years_chart(first, own("monte_carlo")),
        "leakage_parts": _parts(sorted(own("leakage"), key=itemgetter("vintage_year"))),
        **errors(own),
        **_buffer(own),
        **_registry(own),
        "stratum_emissions": _by_stratum(own),
        "pool_text": lambda pool: Text(*POOLS.get(pool, (pool, pool))),
        "activity_text": lambda name: Text(*ACTIVITIES.get(name, (name, name))),
        "scope_text": lambda scope: Text(*SCOPES.get(scope, (scope, scope))),
        "category_text": lambda name: Text(*CATEGORIES.get(name, (name, name))),
        "status_text": lambda name: Text(*STATUSES.get(name, (name, name))),
        "event_text": lambda name: Text(*EVENTS.get(name, (name, name))),
        "event_status_text": lambda name: Text(*EVENT_STATUSES.get(name, (name, name))),
        "monitored_count": len(own("parameters_monitored")),
        "source_text": lambda name: Text(*SOURCES.get(name, (name, name))),
    }


def rule_name(rule_set: str) -> str:
    """Return the name of a rule set as its document has it."""
    return RULE_SETS.get(rule_set, rule_set)


def totals(rows: Sequence[Row]) -> dict[str, Decimal | int | None]:
    """Sum the vintages; a sum with an unknown part is unknown."""
    return {name: total([row[name] for row in rows]) for name in SUMMED}


def _account(row: Row) -> Account:
    return (row["project_id"], row["rule_set"])


def _ledger(rows: Sequence[Row], read: Read) -> dict[str, Any]:
    account = _account(rows[0])
    used = [row for row in read("parameters_used") if _account(row) == account and row["mart"] in LEDGER_MARTS]
    opened = {row["parameter_id"] for row in used if row["status"] != "confirmed"}
    return {
        "rule_set": account[1],
        "is_primary": rows[0]["is_primary"],
        "unit": pretty_unit(rows[0]["credit_unit"] or ""),
        "totals": totals(rows),
        "rows": rows,
        "open_parameters": sorted(opened),
        "parameter_count": len({row["parameter_id"] for row in used}),
        "reasons": _reasons(rows),
    }


def _reasons(rows: Iterable[Row]) -> dict[str, list[int]]:
    """Return what the rows say is missing or worth knowing, each text once, with its vintages."""
    found: dict[str, list[int]] = {}
    for row in rows:
        if row["reason"]:
            found.setdefault(row["reason"], []).append(row["vintage_year"])
    return found


def _waterfall(rows: Sequence[Row]) -> Markup | None:
    """Draw the period's way from gross reductions to credits, or return None where one of the sums is not known."""
    sums = totals(rows)
    names = (
        "gross_reduction_tco2e",
        "leakage_tco2e",
        "deduction_tco2e",
        "transferred_tco2e",
        "buffer_tco2e",
        "credits",
    )
    known = [sums[name] for name in names]
    if not rows or any(value is None for value in known):
        return None
    gross, leakage, deduction, transferred, buffer, credited = (Decimal(value or 0) for value in known)
    left = credited - (gross - leakage - deduction - transferred - buffer)
    steps = [
        Step(Text("Gross reduction", "Reducción bruta"), gross, is_total=True),
        Step(Text("Leakage", "Fugas"), -leakage),
        Step(Text("Deduction", "Deducción"), -deduction),
        *([Step(Text("Transferred", "Transferido"), -transferred)] if transferred else []),
        Step(Text("Buffer", "Reserva"), -buffer),
        Step(Text("Carried, rounded", "Arrastre, redondeo"), left),
        Step(Text(rows[0]["credit_unit"], rows[0]["credit_unit"]), credited, is_total=True),
    ]
    title = Text(
        "From gross reduction to credits, whole period", "De la reducción bruta a los créditos, todo el período"
    )
    return waterfall(title=title, unit="tCO₂e", steps=steps)


def _years_chart(rows: Sequence[Row], drawn: Sequence[Row]) -> Markup | None:
    def series(name: Text, style: str, column: str, quantity: str) -> Series:
        ends = intervals_of(drawn, quantity)
        return Series(name, style, [row[column] for row in rows], [ends.get(row["vintage_year"]) for row in rows])

    return bars(
        title=Text("Baseline, project and leakage by vintage", "Línea base, proyecto y fugas por añada"),
        unit="tCO₂e",
        groups=[str(row["vintage_year"]) for row in rows],
        series=[
            series(Text("Baseline", "Línea base"), "fill-baseline", "baseline_tco2e", "baseline"),
            series(Text("Project", "Proyecto"), "fill-project", "project_tco2e", "project"),
            series(Text("Leakage", "Fugas"), "fill-belt", "leakage_tco2e", "leakage"),
        ],
    )


def _parts(rows: Sequence[Row]) -> dict[str, Any] | None:
    """Return the parts of leakage, one line each, vintages beside each other; those that are zero or unknown throughout are named."""
    if not rows:
        return None
    parts = {column: [row[column] for row in rows] for column in LEAKAGE_PARTS}
    shown = {column: values for column, values in parts.items() if any(value is None or value for value in values)}
    lacking = [column for column, values in shown.items() if all(value is None for value in values)]
    return {
        "years": [row["vintage_year"] for row in rows],
        "lines": [
            {"name": Text(*LEAKAGE_PARTS[column]), "values": values}
            for column, values in shown.items()
            if column not in lacking
        ],
        "zero": [Text(*LEAKAGE_PARTS[column]) for column in parts if column not in shown],
        "lacking": [Text(*LEAKAGE_PARTS[column]) for column in lacking],
        "sums": [row["leakage_tco2e"] for row in rows],
        "rules": sorted({row["leakage_rule"] for row in rows if row["leakage_rule"]}),
        "floors": sorted({row["leakage_floor"] for row in rows if row["leakage_floor"]}),
        "reasons": _reasons(rows),
    }


def _buffer(own: Read) -> dict[str, Any]:
    rows = sorted(own("buffer"), key=itemgetter("vintage_year"))
    order = list(CATEGORIES)
    rated = own("risk_rating")
    latest = max((row["vintage_year"] for row in rated), default=None)
    categories = [row for row in rated if row["vintage_year"] == latest]
    return {
        "buffers": rows,
        "buffer_reasons": _reasons(rows),
        # The parts of a rating are those of the last vintage: the latest assessment that counts for the period.
        "rating": sorted(categories, key=lambda row: order.index(row["category"]) if row["category"] in order else 9),
        "rated": next((row for row in reversed(rows) if row["total_score"] is not None), None),
    }


def _registry(own: Read) -> dict[str, Any]:
    rows = sorted(own("vintages"), key=itemgetter("vintage_start"))
    reconciled = sorted(own("issuance_reconciliation"), key=itemgetter("vintage_start"))
    return {
        "registry": rows,
        "planned": [row for row in rows if row["ex_ante_net_tco2e"] is not None],
        "reconciled": [row for row in reconciled if row["status"] != "not_received"],
        "registry_awaited": bool(reconciled) and all(row["status"] == "not_received" for row in reconciled),
        "reversals": list(own("reversals")),
    }


def _by_stratum(own: Read) -> list[dict[str, Any]]:
    """Sum the tonnes of the period by scope, zone, stratum, activity and pool: baseline beside project.

    Areas are not summed: the pools of one change share its area, and a year may be counted in part.
    """
    sides = {"baseline": own("baseline_emissions"), "project": own("project_emissions")}
    parts: dict[tuple[str, ...], dict[str, list[Row]]] = {}
    for side, rows in sides.items():
        for row in rows:
            key = tuple(row[name] or "" for name in ("scope", "zone_id", "stratum_id", "activity", "pool"))
            parts.setdefault(key, {name: [] for name in sides})[side].append(row)
    pools, scopes = list(POOLS), list(SCOPES)

    def place(key: tuple[str, ...]) -> tuple[Any, ...]:
        scope, zone, stratum, activity, pool = key
        return (
            scopes.index(scope) if scope in scopes else 9,
            *(zone, stratum, activity, pools.index(pool) if pool in pools else 99, pool),
        )

    return [
        {
            **dict(zip(("scope", "zone_id", "stratum_id", "activity", "pool"), key, strict=True)),
            **{side: _tonnes(rows) for side, rows in parts[key].items()},
            "reasons": sorted({row["reason"] for rows in parts[key].values() for row in rows if row["reason"]}),
        }
        for key in sorted(parts, key=place)
    ]


def _tonnes(rows: Sequence[Row]) -> Decimal | None:
    """Return the sum of a side; a side that does not name the change has none of it."""
    if not rows:
        return Decimal(0)
    value: Decimal | None = total([row["period_tco2e"] for row in rows])
    return value
