"""Carbon stocks and emission factors down to plots, trees and wood densities."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mrv.package.arithmetic_rules import Number
from mrv.package.trace.evidence import Evidence
from mrv.package.trace.formulas import MINUS, NINE, TIMES, filled, rounded
from mrv.package.trace.graph import Node
from mrv.package.trace.tables import Row

HEIGHTS_NOTE = (
    "Heights that were not measured come from a model over the measured trees of all plots.",
    "Las alturas no medidas vienen de un modelo sobre los árboles medidos de todas las parcelas.",
)

Pair = tuple[Decimal, Decimal]


class Carbon:
    """Adds nodes of stocks and factors.

    Args:
        evidence: Where they end.
        rule_set: The project's primary set of rules.
    """

    def __init__(self, evidence: Evidence, rule_set: str) -> None:
        self.evidence = evidence
        self.graph = evidence.graph
        self.tables = evidence.tables
        self.rule_set = rule_set

    def factor(self, row: Row) -> str:
        """Return the node of the emission factor of a row of emissions, tCO2e/ha."""
        key = {name: row[name] for name in ("stratum_id", "from_state", "to_state", "pool")}
        # Sides and years may bound a stock differently, and so have different factors.
        name = ":".join(["factor", row["rule_set"], *map(str, key.values()), str(row["emission_factor_tco2e_ha"])])
        if name in self.graph:
            return name
        stocks, change, molar = self.parts(row)
        computed, told = None, None
        if molar is not None and change is not None:
            computed = rounded((change[0] - change[1]) * molar[0] / molar[1])
            if computed == row["emission_factor_tco2e_ha"]:
                told = f"({filled(MINUS, change)}) {TIMES} {filled('/', molar)}"
            else:
                computed = None
        rules = [
            self.evidence.parameter(found)
            for found in self.tables.find("parameters_used", rule_set=row["rule_set"], mart="project_emissions")
            if found["name"]
            in ("co2_molar_mass", "carbon_molar_mass", "emission_detail", "stock_bound", "stock_precision_limit")
        ]
        title = (
            f"Emission factor, {row['stratum_id']}, {row['pool']}",
            f"Factor de emisión, {row['stratum_id']}, {row['pool']}",
        )
        words = (
            "(carbon before \u2212 carbon after) \u00d7 molar mass of CO2 / molar mass of carbon",
            "(carbono antes \u2212 carbono después) \u00d7 masa molar del CO2 / masa molar del carbono",
        )
        return self.graph.add(
            name,
            Node(
                "term",
                title,
                value=row["emission_factor_tco2e_ha"],
                unit="tCO2e/ha",
                formula=words,
                filled=told,
                computed=computed,
                by="row",
                children=[*map(self.stock, stocks), *rules] or [self.evidence.project_file()],
            ),
        )

    def parts(self, row: Row) -> tuple[list[Row], Pair | None, Pair | None]:
        """Return what a factor is made of.

        Args:
            row: Row of emissions.

        Returns:
            Rows of `carbon_stocks`; carbon before and after, tC/ha; molar masses of CO2 and of carbon.
        """
        states = [self._stock_row(row, state) for state in ("from_state", "to_state")]
        change: list[Number] = [state["stock_tc_ha"] if state else Decimal(0) for state in states]
        molar = [self._number(row["rule_set"], item) for item in ("co2_molar_mass", "carbon_molar_mass")]
        return [state for state in states if state is not None], _pair(change), _pair(molar)

    def _stock_row(self, row: Row, state: str) -> Row | None:
        return self.tables.only("carbon_stocks", stratum_id=row["stratum_id"], state=row[state], pool=row["pool"])

    def _number(self, rule_set: str, name: str) -> Number:
        rows = self.tables.find("parameters_used", rule_set=rule_set, name=name)
        value: Number = rows[0]["value"] if rows else None
        return value

    def stock(self, row: Row) -> str:
        """Return the node of a row of `carbon_stocks`, tC/ha."""
        key = {name: row[name] for name in ("stratum_id", "state", "pool")}
        name = ":".join(["carbon_stocks", *key.values()])
        if name in self.graph:
            return name
        node = Node(
            "value",
            (
                f"Carbon of {row['pool']}, {row['state']}, {row['stratum_id']}",
                f"Carbono de {row['pool']}, {row['state']}, {row['stratum_id']}",
            ),
            value=row["stock_tc_ha"],
            unit="tC/ha",
            address={"mart": "carbon_stocks", "column": "stock_tc_ha", "key": key},
            by="row",
            facts={} if row["source"] is None else {"source": row["source"]},
        )
        self.graph.add(name, node)
        {"plots": self._by_plots, "ratio": self._by_ratio}.get(row["method"], self._declared)(row, node)
        return name

    def _declared(self, row: Row, node: Node) -> None:
        node.formula = ("declared by the project", "declarado por el proyecto")
        rows = self.tables.find(
            "landed.carbon_pools", stratum_id=row["stratum_id"], state=row["state"], pool=row["pool"]
        )
        key = {name: row[name] for name in ("stratum_id", "state", "pool")}
        node.children = [self.evidence.landed("landed.carbon_pools", rows, key=key)]

    def _by_ratio(self, row: Row, node: Node) -> None:
        base = self.tables.only("carbon_stocks", stratum_id=row["stratum_id"], state=row["state"], pool="above_ground")
        ratio = self.tables.find("parameters_used", parameter_id=row["parameter_id"])[:1]
        node.formula = ("above-ground carbon \u00d7 ratio", "carbono aéreo \u00d7 razón")
        node.children = [*([self.stock(base)] if base else []), *map(self.evidence.parameter, ratio)]
        if base and ratio:
            terms = (base["stock_tc_ha"], ratio[0]["value"])
            computed = None if None in terms else rounded(terms[0] * terms[1])
            if computed == row["stock_tc_ha"]:
                node.computed, node.filled = computed, filled(TIMES, terms)

    def _by_plots(self, row: Row, node: Node) -> None:
        stratum = row["stratum_id"]
        fraction = self.tables.find("parameters_used", name="carbon_fraction", rule_set=self.rule_set)[:1]
        mean = self.tables.only("landed.stratum_biomass", stratum_id=stratum)
        if row["pool"] != "above_ground" or mean is None:
            rows = self.tables.find("landed.stratum_pools", stratum_id=stratum, pool=row["pool"])
            node.children = [
                self.evidence.landed("landed.stratum_pools", rows, key={"stratum_id": stratum, "pool": row["pool"]})
            ]
            return
        biomass = mean["agb_mg_ha"]
        node.formula = (
            "mean above-ground biomass of the stratum's plots \u00d7 carbon fraction",
            "biomasa aérea media de las parcelas del estrato \u00d7 fracción de carbono",
        )
        if fraction:
            computed = rounded(Decimal(str(biomass)) * fraction[0]["value"])
            if computed == row["stock_tc_ha"]:
                node.computed, node.filled = computed, filled(TIMES, (biomass, fraction[0]["value"]))
        node.children = [self._stratum(stratum, biomass), *map(self.evidence.parameter, fraction)]

    def _stratum(self, stratum: str, biomass: Any) -> str:
        name = f"stratum_biomass:{stratum}"
        if name in self.graph:
            return name
        plots = self._plots(stratum)
        boundaries = self.evidence.project_files("boundaries/")
        node = Node(
            "term",
            (f"Mean biomass of {len(plots)} plots, {stratum}", f"Biomasa media de {len(plots)} parcelas, {stratum}"),
            value=biomass,
            unit="Mg/ha",
            formula=(
                "mean of the latest complete census of each plot",
                "media del último censo completo de cada parcela",
            ),
            by="row",
            note=HEIGHTS_NOTE,
            facts={"plot_count": len(plots)},
            address={"table": "landed.stratum_biomass", "key": {"stratum_id": stratum}},
            children=[*map(self.plot, plots), *boundaries],
        )
        masses = [Decimal(str(plot["agb_mg_ha"])) for plot in plots if plot["agb_mg_ha"] is not None]
        if masses:
            mean = sum(masses, Decimal(0)) / len(masses)
            # Plots are told with as many digits as the mean; the last one of the mean may differ.
            if abs(mean - Decimal(str(biomass))) < 10 * NINE * 1000:
                node.computed = rounded(mean, Decimal("0.000001"))
        return self.graph.add(name, node)

    def _plots(self, stratum: str) -> list[Row]:
        dates = {(row["plot_id"], row["census_id"]): row["census_date"] for row in self.tables.rows("landed.plots")}
        latest: dict[str, Row] = {}
        for row in self.tables.find("landed.plot_biomass", stratum_id=stratum):
            moment = dates.get((row["plot_id"], row["census_id"]))
            before = latest.get(row["plot_id"])
            if row["complete"] and (before is None or moment > dates[before["plot_id"], before["census_id"]]):
                latest[row["plot_id"]] = row
        return [latest[plot] for plot in sorted(latest)]

    def plot(self, row: Row) -> str:
        """Return the node of a census of a plot, from its row of `plot_biomass`."""
        key = {"plot_id": row["plot_id"], "census_id": row["census_id"]}
        name = f"plot:{row['plot_id']}:{row['census_id']}"
        if name in self.graph:
            return name
        trees = self.tables.find("landed.trees", **key)
        masses = self.tables.find("landed.tree_biomass", **key)
        forms = sorted({mass["allometry"] for mass in masses if mass["allometry"]})
        children = [
            self.evidence.landed("landed.plots", self.tables.find("landed.plots", **key), key=key),
            self._trees(trees, key),
            self._densities(row, masses),
        ]
        title = (
            f"Plot {row['plot_id']}, census {row['census_id']}: {len(trees)} trees",
            f"Parcela {row['plot_id']}, censo {row['census_id']}: {len(trees)} árboles",
        )
        words = (
            "sum of the biomass of its living trees, each by diameter, height and wood density, per hectare",
            "suma de la biomasa de sus árboles vivos, cada uno por diámetro, altura y densidad de madera, por hectárea",
        )
        return self.graph.add(
            name,
            Node(
                "plot",
                title,
                value=row["agb_mg_ha"],
                unit="Mg/ha",
                formula=words,
                by="row",
                address={"table": "landed.plot_biomass", "key": key},
                facts={"tree_count": len(trees), "allometries": forms},
                children=children,
            ),
        )

    def _trees(self, trees: list[Row], key: dict[str, Any]) -> str:
        name = self.evidence.landed("landed.trees", trees, key=key)
        node = self.graph.nodes[name]
        node.facts = {**node.facts, "tree_ids": [tree["tree_id"] for tree in trees]}
        return name

    def _densities(self, row: Row, masses: list[Row]) -> str:
        """Return the rows of wood density that the plot's trees took, each at its level."""
        found: dict[int, Row] = {}
        for mass in masses:
            level = mass["wood_density_level"]
            keys = {"species": ("family", "genus", "species"), "genus": ("family", "genus"), "family": ("family",)}.get(
                level, ()
            )
            if keys:
                for density in self.tables.find(
                    "landed.wood_density", level=level, **{key: mass[key] for key in keys[-2:]}
                ):
                    found[density["_row"]] = density
        rows = [found[number] for number in sorted(found)]
        return self.evidence.landed(
            "landed.wood_density", rows, key={"plot_id": row["plot_id"], "census_id": row["census_id"]}
        )


def _pair(values: list[Number]) -> Pair | None:
    known = [value for value in values if value is not None]
    return (known[0], known[1]) if len(known) == len(values) else None
