"""The ledger: from credits of a vintage down to areas, factors, errors and rules."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Any

from mrv.package.arithmetic_rules import Number
from mrv.package.trace.areas import Areas
from mrv.package.trace.carbon import Carbon
from mrv.package.trace.evidence import Evidence
from mrv.package.trace.formulas import MINUS, TIMES, filled, ledger_formula, rounded
from mrv.package.trace.graph import Node, Texts
from mrv.package.trace.graph import plain as shown
from mrv.package.trace.tables import Row, total

MART = "emission_reductions"
SIDES = {"baseline_tco2e": "baseline_emissions", "project_tco2e": "project_emissions"}
VINTAGE = ("project_id", "rule_set", "vintage_year")
_WORDS: Mapping[str, Texts] = {
    "credits": ("Credits", "Créditos"),
    "creditable_tco2e": ("Creditable reductions", "Reducciones acreditables"),
    "earned_tco2e": ("Earned in the vintage", "Ganado en la añada"),
    "net_tco2e": ("Net reductions", "Reducciones netas"),
    "gross_reduction_tco2e": ("Gross reductions", "Reducciones brutas"),
    "baseline_tco2e": ("Baseline emissions", "Emisiones de línea base"),
    "project_tco2e": ("Project emissions", "Emisiones del proyecto"),
    "leakage_tco2e": ("Leakage", "Fugas"),
    "deduction_tco2e": ("Deduction for uncertainty", "Descuento por incertidumbre"),
    "deduction_fraction": ("Share deducted for uncertainty", "Fracción descontada por incertidumbre"),
    "uncertainty_u90": ("Half-width of the 90 % interval, relative", "Semiamplitud relativa del intervalo del 90 %"),
    "buffer_tco2e": ("Paid into the buffer", "Aporte al búfer"),
    "buffer_rate": ("Rate of the buffer", "Tasa del búfer"),
    "stock_change_tco2e": ("Change of carbon stocks", "Cambio de existencias de carbono"),
    "transferred_tco2e": ("Transferred to others", "Transferido a otros"),
    "opening_tco2e": ("Carried in from before", "Traído de antes"),
    "carried_tco2e": ("Carried on", "Llevado adelante"),
    "removals_left_out_tco2e": ("Removals that are not counted", "Remociones que no se cuentan"),
}
_RULED: Mapping[str, str] = {
    "credits": "vintages",
    "baseline_tco2e": "baseline_emissions",
    "project_tco2e": "project_emissions",
    "leakage_tco2e": "leakage",
    "deduction_fraction": "uncertainty",
    "uncertainty_u90": "uncertainty",
    "buffer_rate": "buffer",
}
"""Column to the mart whose parameters it stands under."""
_LEAKAGE_PARTS = (
    *("belt_leakage_tco2e", "displacement_tco2e", "rate_tco2e"),
    *("market_leakage_tco2e", "outside_belt_tco2e", "prevention_tco2e"),
)


class LedgerTrace:
    """Adds nodes of vintages and of the emissions that they are made of.

    Args:
        evidence: Where they end.
        areas: Nodes of areas.
        carbon: Nodes of stocks and factors.
    """

    def __init__(self, evidence: Evidence, areas: Areas, carbon: Carbon) -> None:
        self.evidence, self.areas, self.carbon = evidence, areas, carbon
        self.graph, self.tables = evidence.graph, evidence.tables

    def cell(self, column: str, row: Row) -> str:
        """Return the node of a column of a row of `emission_reductions`."""
        key = {name: row[name] for name in VINTAGE}
        name = ":".join([MART, row["rule_set"], str(row["vintage_year"]), column])
        if name in self.graph:
            return name
        words = _WORDS.get(column, (column, column))
        of = f"{row['rule_set']}, {row['vintage_year']}"
        node = Node(
            "value",
            (f"{words[0]}, {of}", f"{words[1]}, {of}"),
            value=row[column],
            unit=_unit(column, row),
            address={"mart": MART, "column": column, "key": key},
            by="row",
        )
        self.graph.add(name, node)
        self._explain(column, row, node)
        ruled = _RULED.get(column)
        rules = self.evidence.rules(ruled, row["rule_set"], row["vintage_year"]) if ruled else []
        node.children = [*dict.fromkeys([*node.children, *rules])] or [self.evidence.project_file()]
        return name

    def _explain(self, column: str, row: Row, node: Node) -> None:
        recipes = {
            "baseline_tco2e": self._side_of,
            "project_tco2e": self._side_of,
            "stock_change_tco2e": self._stock_change,
            "leakage_tco2e": self._leakage,
            "deduction_fraction": self._fraction,
            "uncertainty_u90": self._uncertainty,
            "buffer_rate": self._rate,
            "carried_tco2e": self._carried,
            "opening_tco2e": self._carried,
        }
        if column in recipes:
            recipes[column](column, row, node)
            return
        formula = ledger_formula(column, row, self._choices(row["rule_set"]), self._beside("buffer", row))
        if formula is None:
            return
        values = [row[term] for term in formula.terms]
        node.formula = formula.words
        computed = formula.compute(*values)
        if computed is not None and row[column] is not None and computed == row[column]:
            node.computed = computed
            node.filled = _carried_text(values) if column == "creditable_tco2e" else filled(formula.sign, values)
        node.children = [self.cell(term, row) for term in formula.terms]

    @functools.cache  # noqa: B019 - one object per trace
    def _choices(self, rule_set: str) -> Mapping[str, str]:
        rows = self.tables.find("parameters_used", rule_set=rule_set)
        return {row["name"]: row["choice"] for row in rows if row["choice"] is not None}

    def _beside(self, mart: str, row: Row) -> Row | None:
        return self.tables.only(mart, **{name: row[name] for name in VINTAGE})

    def _side_of(self, column: str, row: Row, node: Node) -> None:
        mart = SIDES[column]
        rows = self.side(mart, row["rule_set"], row["vintage_year"], "project_area")
        self.sum_of(mart, rows, node)

    def side(self, mart: str, rule_set: str, year: int, scope: str) -> list[Row]:
        """Return rows of one side of emissions."""
        return self.tables.find(mart, rule_set=rule_set, year=year, scope=scope)

    def sum_of(self, mart: str, rows: Sequence[Row], node: Node) -> None:
        """Make a node the sum of rows of emissions."""
        node.formula = (
            "sum over strata and pools, by the days of each year",
            "suma sobre estratos y reservorios, según los días de cada año",
        )
        node.computed = total(row["period_tco2e"] for row in rows) if rows else None
        node.filled = filled("+", [row["period_tco2e"] for row in rows])
        node.children = [self.emission(mart, row) for row in rows]

    def emission(self, mart: str, row: Row) -> str:
        """Return the node of one row of emissions, tCO2e in the period."""
        parts = (
            "rule_set",
            "baseline_version",
            "scope",
            "zone_id",
            "stratum_id",
            "activity",
            "from_state",
            "to_state",
            "pool",
            "year",
            "days",
        )
        key = {part: row[part] for part in parts if row.get(part) is not None}
        name = ":".join([mart, *map(str, key.values())])
        if name in self.graph:
            return name
        text = f"{row['zone_id']}, {row['stratum_id']}, {row['pool']}, {row['year']}"
        title = {
            "baseline_emissions": (f"Baseline emissions, {text}", f"Emisiones de línea base, {text}"),
            "project_emissions": (f"Project emissions, {text}", f"Emisiones del proyecto, {text}"),
        }[mart]
        node = Node(
            "value",
            title,
            value=row["period_tco2e"],
            unit="tCO2e",
            address={"mart": mart, "column": "period_tco2e", "key": key},
            by="row",
        )
        self.graph.add(name, node)
        if row["method"] == "stock_change" and row["span_years"] == 1:
            self._at_once(row, node)
        source = self._choices(row["rule_set"]).get("activity_data_source")
        area = self.areas.baseline(row) if mart == "baseline_emissions" else self.areas.monitored(row, source=source)
        # How many of its days lie in the period says the project's definition.
        node.children = [area, self.carbon.factor(row), self.evidence.project_file()]
        return name

    def _at_once(self, row: Row, node: Node) -> None:
        node.formula = (
            "area \u00d7 (carbon before \u2212 carbon after) \u00d7 molar mass of CO2 / molar mass of carbon"
            " \u00d7 days of the year in the period / days of the year",
            "área \u00d7 (carbono antes \u2212 carbono después) \u00d7 masa molar del CO2 / masa molar del carbono"
            " \u00d7 días del año en el período / días del año",
        )
        area, days = row["area_ha"], (row["days"], row["days_in_year"])
        _, change, molar = self.carbon.parts(row)
        if area is None or change is None or molar is None:
            return
        whole = rounded(area * (change[0] - change[1]) * molar[0] / molar[1]) or Decimal(0)
        computed = rounded(whole * days[0] / days[1])
        if computed == row["period_tco2e"]:
            node.computed = computed
            node.filled = f"{shown(area)} {TIMES} ({filled(MINUS, change)}) {TIMES} {filled('/', molar)} {TIMES} {days[0]} / {days[1]}"

    def _stock_change(self, column: str, row: Row, node: Node) -> None:
        del column
        sides = {
            mart: [
                each
                for each in self.side(mart, row["rule_set"], row["vintage_year"], "project_area")
                if each["method"] != "fire"
            ]
            for mart in SIDES.values()
        }
        sums = [total(each["period_tco2e"] for each in rows) for rows in sides.values()]
        node.formula = ("baseline \u2212 project, without fires", "línea base \u2212 proyecto, sin incendios")
        if None not in sums:
            computed = (sums[0] or Decimal(0)) - (sums[1] or Decimal(0))
            if computed == row["stock_change_tco2e"]:
                node.computed, node.filled = computed, filled("\u2212", sums)
        node.children = [self.emission(mart, each) for mart, rows in sides.items() for each in rows]

    def _leakage(self, column: str, row: Row, node: Node) -> None:
        del column
        parts = self._beside("leakage", row)
        if parts is None:
            return
        node.formula = (
            "loss in the leakage belt beyond its baseline + every other leakage that is declared",
            "pérdida en el cinturón de fugas por encima de su línea base + toda otra fuga declarada",
        )
        node.computed = total(parts[part] for part in _LEAKAGE_PARTS)
        node.filled = filled("+", [parts[part] for part in _LEAKAGE_PARTS])
        if parts["leakage_rule"] == "belt":
            node.children = [self._belt(row, parts)]

    def _belt(self, row: Row, parts: Row) -> str:
        name = ":".join(["leakage", row["rule_set"], str(row["vintage_year"]), "belt_leakage_tco2e"])
        node = Node(
            "value",
            ("Leakage in the belt", "Fugas en el cinturón"),
            value=parts["belt_leakage_tco2e"],
            unit="tCO2e",
            address={"mart": "leakage", "column": "belt_leakage_tco2e", "key": {part: row[part] for part in VINTAGE}},
            by="row",
            formula=(
                "emissions monitored in the belt \u2212 those of its baseline, and no less than zero",
                "emisiones monitoreadas en el cinturón \u2212 las de su línea base, y no menos de cero",
            ),
        )
        self.graph.add(name, node)
        children = []
        for mart, column in (
            ("project_emissions", "belt_monitored_tco2e"),
            ("baseline_emissions", "belt_baseline_tco2e"),
        ):
            rows = self.side(mart, row["rule_set"], row["vintage_year"], "leakage_belt")
            side = Node(
                "value",
                {
                    "project_emissions": ("Monitored in the belt", "Monitoreado en el cinturón"),
                    "baseline_emissions": ("Baseline of the belt", "Línea base del cinturón"),
                }[mart],
                value=parts[column],
                unit="tCO2e",
                address={"mart": "leakage", "column": column, "key": {part: row[part] for part in VINTAGE}},
                by="row",
            )
            self.sum_of(mart, rows, side)
            children.append(self.graph.add(f"{name}:{mart}", side))
        node.children = children
        terms = (parts["belt_monitored_tco2e"], parts["belt_baseline_tco2e"])
        if None not in terms:
            computed = max(terms[0] - terms[1], Decimal(0))
            if computed == parts["belt_leakage_tco2e"]:
                node.computed, node.filled = computed, f"max({filled(MINUS, terms)}, 0)"
        return name

    def _fraction(self, column: str, row: Row, node: Node) -> None:
        del column
        node.formula = ("by the rule in force, of the uncertainty", "según la regla vigente, de la incertidumbre")
        node.children = [self.cell("uncertainty_u90", row)]

    def _uncertainty(self, column: str, row: Row, node: Node) -> None:
        del column
        error = self._beside("uncertainty", row)
        if error is None:
            return
        if row["uncertainty_source"] == "analytic":
            self._propagated(error, node)
        elif row["uncertainty_source"] == "monte_carlo":
            node.formula = ("half-width of simulated results", "semiamplitud de resultados simulados")
        node.children = [self.cell(name, row) for name in SIDES]
        if error["deduction_base"] is not None and row["leakage_tco2e"]:
            node.children = [*node.children, self.cell("leakage_tco2e", row)]
        for mart in ("uncertainty_sensitivity",) if row["uncertainty_source"] == "monte_carlo" else ():
            node.children = [*node.children, *self.evidence.rules(mart, row["rule_set"], row["vintage_year"])]
        node.children = [*node.children, *self._monitored_errors(row)]

    def _propagated(self, error: Row, node: Node) -> None:
        node.formula = (
            "root of the sum of squares: error of areas, error of emission factors",
            "raíz de la suma de cuadrados: error de las áreas, error de los factores de emisión",
        )
        terms: list[Number] = [error["area_u90"], error["factor_u90"]]
        if None in terms:
            return
        with localcontext() as context:
            context.prec = 40
            computed = rounded(sum((term * term for term in terms if term is not None), Decimal(0)).sqrt())
        node.filled = f"\u221a({plain_square(terms)})"
        node.computed = computed
        if computed != error["uncertainty_u90"]:
            node.note = (
                "The parts are published with nine decimals; the last one of their sum may differ.",
                "Las partes se publican con nueve decimales; el último de su suma puede diferir.",
            )

    def _monitored_errors(self, row: Row) -> list[str]:
        if row["activity_data_source"] != "sample_estimate":
            return []
        zones = {
            each["zone_id"]
            for each in self.side("project_emissions", row["rule_set"], row["vintage_year"], "project_area")
        }
        found = [
            estimate
            for zone in sorted(zones)
            for estimate in self.tables.find(
                "landed.area_estimates", zone_id=zone, reference_class="loss", loss_year=None
            )
        ]
        return [self.areas.estimate(estimate) for estimate in found]

    def _rate(self, column: str, row: Row, node: Node) -> None:
        del column
        ratings = self.tables.find("risk_rating", **{name: row[name] for name in VINTAGE})
        held = self._beside("buffer", row)
        if not ratings or held is None or held["rate_source"] != "rating":
            node.formula = ("declared", "declarada")
            return
        node.formula = (
            "sum of the scores of the risk rating, rounded up to whole per cent, and no less than the minimum",
            "suma de los puntajes de riesgo, redondeada hacia arriba a por cientos enteros, y no menos que el mínimo",
        )
        scores = [rating["score"] for rating in ratings]
        if None not in scores and held["minimum_percent"] is not None:
            percent = max(Decimal(sum(scores, Decimal(0)).to_integral_value("ROUND_CEILING")), held["minimum_percent"])
            if percent / 100 == row["buffer_rate"]:
                node.computed, node.filled = percent / 100, f"{filled('+', scores)} %"
        days = sorted({rating["assessed_on"] for rating in ratings})
        scored = [each for day in days for each in self.tables.find("landed.risk_scores", assessed_on=day)]
        node.children = [
            self.evidence.landed("landed.risk_scores", scored, key={"assessed_on": ", ".join(map(str, days))}),
            *self.evidence.rules("risk_rating", row["rule_set"], row["vintage_year"]),
        ]

    def _carried(self, column: str, row: Row, node: Node) -> None:
        if not row[column]:
            node.formula = ("nothing is carried", "no se lleva nada")
            return
        others = [
            each
            for each in self.tables.find(MART, rule_set=row["rule_set"])
            if each["vintage_year"] != row["vintage_year"]
        ]
        node.formula = (
            "net losses of the vintages of the account are made good before anything is credited",
            "las pérdidas netas de las añadas de la cuenta se compensan antes de acreditar",
        )
        node.children = [self.evidence.project_file(), *(self.cell("earned_tco2e", each) for each in others)]


def plain_square(terms: Sequence[Number]) -> str:
    """Return the squares of terms as text."""
    return " + ".join(f"{term}\u00b2" for term in terms)


def _carried_text(values: Sequence[Any]) -> str | None:
    return None if None in values else f"{filled('+', values[:2])} \u2212 {filled('', values[2:])}"


def _unit(column: str, row: Row) -> str | None:
    if column == "credits":
        unit: str | None = row["credit_unit"]
        return unit
    return "tCO2e" if column.endswith("_tco2e") else "1"
