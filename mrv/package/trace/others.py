"""Figures outside the ledger: from a mart's row to the landed rows of the same key, by lineage where no recipe is nearer."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from datetime import date

from mrv.package.figures import Figure
from mrv.package.trace.areas import Areas
from mrv.package.trace.carbon import Carbon
from mrv.package.trace.evidence import LANDED, STATING, Evidence
from mrv.package.trace.graph import Node
from mrv.package.trace.ledger import MART, SIDES, LedgerTrace
from mrv.package.trace.tables import Row

_NOT_VALUES = ("int_record_sources", "source_inventory", "int_driver_names", "int_primary_rules")
"""Models that only say whether something is known, what things are called or which rules are in force."""
_SAME_AS: Mapping[tuple[str, str, str], str] = {("deforestation_annual", "landed.land_cover_area", "year"): "loss_year"}
"""Column of a mart's key that a landed table calls otherwise."""
BENEFITS: Mapping[str, Sequence[str]] = {
    "improved_land_non_forest": ("landed.planting_records",),
    "people_trained": ("landed.activity_records", "landed.activity_participants"),
    "women_trained": ("landed.activity_records", "landed.activity_participants"),
    "training_person_events": ("landed.activity_records", "landed.activity_participants"),
    "people_employed_fte": ("landed.employment_records",),
    "women_employed_fte": ("landed.employment_records",),
    "households_benefiting": (
        *("landed.livelihood_records", "landed.planting_records"),
        *("landed.activity_records", "landed.activity_participants"),
    ),
    "threatened_species": (
        *("landed.taxon_categories", "landed.taxon_matches", "landed.camera_events"),
        *("landed.occurrences", "landed.record_zones"),
    ),
}
"""Standardised benefit to the landed tables that it is counted from."""
_NOT_COUNTED = ("It is not counted: the reason stands beside it.", "No se cuenta: el motivo está al lado.")


class Others:
    """Adds nodes of figures by their mart.

    Args:
        ledger: Nodes of the ledger; its evidence, areas and stocks are used too.
    """

    def __init__(self, ledger: LedgerTrace) -> None:
        self.ledger = ledger
        self.evidence: Evidence = ledger.evidence
        self.areas: Areas = ledger.areas
        self.carbon: Carbon = ledger.carbon
        self.graph, self.tables = ledger.graph, ledger.tables
        self._by_text: dict[tuple[str, tuple[str, ...]], dict[tuple[str, ...], list[Row]]] = {}

    def figure(self, figure: Figure) -> str:
        """Return the node of a figure."""
        key = dict(figure.key)
        if figure.mart == MART:
            return self._vintages(figure, key)
        if figure.mart == "carbon_stocks" and "*" not in key.values():
            row = self._row(figure, key)
            if row is not None:
                return self.carbon.stock(row)
        name = f"figure:{figure.figure_id}"
        node = Node(
            "value",
            (figure.label_en, figure.label_es),
            value=figure.value,
            unit=figure.unit,
            address={"mart": figure.mart, "column": figure.mart_column, "key": key},
            by="row",
        )
        self.graph.add(name, node)
        node.children = [*dict.fromkeys(self._children(figure, key, node))]
        return name

    def _children(self, figure: Figure, key: Mapping[str, str], node: Node) -> list[str]:
        recipes = {
            **dict.fromkeys(SIDES.values(), self._emissions),
            "activity_data": self._activity,
            "map_accuracy": self._accuracy,
            "benefit_metrics": self._benefit,
            "fires_monthly": self._fires,
            "issuance_reconciliation": self._issuances,
            "zones": self._zone,
        }
        return recipes.get(figure.mart, self._by_lineage)(figure, key, node)

    def _row(self, figure: Figure, key: Mapping[str, str]) -> Row | None:
        found = self._rows(figure, key)
        return found[0] if len(found) == 1 else None

    def _rows(self, figure: Figure, key: Mapping[str, str]) -> list[Row]:
        wanted = {name: value for name, value in key.items() if value != "*"}
        return [
            row
            for row in self.tables.rows(figure.mart)
            if all(("" if row[name] is None else str(row[name])) == value for name, value in wanted.items())
        ]

    def _vintages(self, figure: Figure, key: Mapping[str, str]) -> str:
        rows = self._rows(figure, key)
        cells = [self.ledger.cell(figure.mart_column, row) for row in rows]
        if key["vintage_year"] != "*":
            return cells[0]
        values = [row[figure.mart_column] for row in rows]
        is_known = bool(values) and None not in values
        return self.graph.add(
            f"figure:{figure.figure_id}",
            Node(
                "value",
                (figure.label_en, figure.label_es),
                value=figure.value,
                unit=figure.unit,
                address={"mart": MART, "column": figure.mart_column, "key": dict(key)},
                by="row",
                formula=("sum over the vintages", "suma sobre las añadas"),
                filled=" + ".join(map(str, values)) if is_known else None,
                computed=sum(values) if is_known else None,
                children=cells,
            ),
        )

    def _emissions(self, figure: Figure, key: Mapping[str, str], node: Node) -> list[str]:
        self.ledger.sum_of(figure.mart, self._rows(figure, key), node)
        return [*node.children]

    def _activity(self, figure: Figure, key: Mapping[str, str], node: Node) -> list[str]:
        row = self._row(figure, key)
        if row is None:
            return []
        found = []
        if figure.mart_column != "map_area_ha":
            estimates = self.tables.find(
                "landed.area_estimates",
                zone_id=row["zone_id"],
                reference_class=row["activity_class"],
                loss_year=row["year"],
            )
            found += [self.areas.estimate(estimate) for estimate in estimates]
        if figure.mart_column in ("map_area_ha", "difference_ha"):
            rows = self.tables.find("landed.land_cover_area", zone_id=row["zone_id"])
            found.append(self.evidence.landed("landed.land_cover_area", rows, key={"zone_id": row["zone_id"]}))
        return found

    def _accuracy(self, figure: Figure, key: Mapping[str, str], node: Node) -> list[str]:
        node.formula = (
            "map against the labels of the sample's units, weighted by the areas of the sampling strata",
            "mapa contra las etiquetas de las unidades de la muestra, ponderado por las áreas de los estratos de muestreo",
        )
        return self.areas.sample(key["design_id"], key["zone_id"])

    def _benefit(self, figure: Figure, key: Mapping[str, str], node: Node) -> list[str]:
        row = self._row(figure, key)
        if row is not None:
            node.formula = (row["rule_en"], row["rule_es"])
        metric = key["metric"]
        if metric == "net_emission_reductions":
            return [self.ledger.cell("net_tco2e", each) for each in self.tables.find(MART, is_primary=True)]
        if metric == "reduced_forest_loss":
            rule_sets = {each["rule_set"] for each in self.tables.find(MART, is_primary=True)}
            return [
                self.ledger.emission(mart, each)
                for mart in SIDES.values()
                for each in self.tables.rows(mart)
                if each["rule_set"] in rule_sets and each["scope"] == "project_area"
            ]
        if metric not in BENEFITS:
            node.note = _NOT_COUNTED
            return [self.evidence.project_file()]
        node.by = "table"
        return [self.evidence.landed(table) for table in BENEFITS[metric]]

    def _fires(self, figure: Figure, key: Mapping[str, str], node: Node) -> list[str]:
        node.formula = (
            "fires seen in the zone in the month; days that no file covers are not counted as without fires",
            "focos vistos en la zona en el mes; los días que ningún archivo cubre no se cuentan como sin focos",
        )
        first = date.fromisoformat(key["month"])
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        name = f"fires:{first}"
        if name not in self.graph:
            covering = [
                self.evidence.artifact(sha)
                for sha in self.evidence.sources_of("fires")
                if any(_covers(received["address"], first, last) for received in self.evidence.inputs[sha])
            ]
            title = (f"Files of fires of {key['month'][:7]}", f"Archivos de focos de {key['month'][:7]}")
            self.graph.add(
                name,
                Node(
                    "rows",
                    title,
                    address={"table": "landed.fire_coverage", "key": {"month": key["month"][:7]}},
                    by="row",
                    children=covering,
                ),
            )
        inside = {row["fire_id"] for row in self.tables.find("landed.fire_zones", zone_id=key["zone_id"])}
        rows = [
            row
            for row in self.tables.rows("landed.fires")
            if first <= row["acquired_on_utc"] <= last and row["fire_id"] in inside
        ]
        found = (
            [self.evidence.landed("landed.fires", rows, key={"zone_id": key["zone_id"], "month": key["month"][:7]})]
            if rows
            else []
        )
        return [*found, name, *self.evidence.project_files("boundaries/")]

    def _issuances(self, figure: Figure, key: Mapping[str, str], node: Node) -> list[str]:
        start, end = key["vintage_start"], key["vintage_end"]
        rows = [
            row
            for row in self.tables.rows("landed.issuances")
            if str(row["vintage_start"])[:10] == start and str(row["vintage_end"])[:10] == end
        ]
        found = [
            self.evidence.landed("landed.issuances", rows or None, key={"vintage_start": start, "vintage_end": end})
        ]
        if figure.mart_column != "issued":
            found += [
                self.ledger.cell("credits", row)
                for row in self.tables.find(MART, rule_set=key["rule_set"])
                if str(row["vintage_start"])[:10] == start
            ]
        return found

    def _zone(self, figure: Figure, key: Mapping[str, str], node: Node) -> list[str]:
        node.formula = ("area of the zone's boundary on the ellipsoid", "área del límite de la zona sobre el elipsoide")
        return self.evidence.project_files("boundaries/")

    def _by_lineage(self, figure: Figure, key: Mapping[str, str], node: Node) -> list[str]:
        return self.sources(figure.mart, key)

    def sources(self, mart: str, key: Mapping[str, str]) -> list[str]:
        """Return the landed rows that a mart's rows of a key are made of, by lineage and the columns that both have."""
        found = []
        for table in self.landed_of(mart):
            shared = self._shared(mart, table, key)
            rows = self._landed_rows(table, shared) if shared else None
            if rows is not None and not rows:
                continue
            found.append(self.evidence.landed(table, rows, key=shared))
        return found

    def landed_of(self, mart: str) -> list[str]:
        """Return the landed tables that a mart's values are made of, without those that only speak about others."""
        lineage = self.evidence.lineage["tables"]
        seen: set[str] = set()
        waiting = [mart]
        while waiting:
            name = waiting.pop()
            if name in seen or name not in lineage:
                continue
            seen.add(name)
            waiting += [parent for parent in lineage[name]["parents"] if parent not in _NOT_VALUES]
        return sorted(name for name in seen if name.startswith(LANDED) and name not in STATING)

    def _shared(self, mart: str, table: str, key: Mapping[str, str]) -> dict[str, str]:
        columns = {*self.tables.columns(table)}
        found = {}
        for name, value in key.items():
            if value in ("*", ""):
                continue
            if name in columns:
                found[name] = value
            elif (mart, table, name) in _SAME_AS:
                found[_SAME_AS[mart, table, name]] = value
        return found

    def _landed_rows(self, table: str, shared: Mapping[str, str]) -> list[Row]:
        columns = tuple(shared)
        if (table, columns) not in self._by_text:
            index: dict[tuple[str, ...], list[Row]] = {}
            for row in self.tables.rows(table):
                index.setdefault(tuple(str(row[column]) for column in columns), []).append(row)
            self._by_text[table, columns] = index
        return self._by_text[table, columns].get(tuple(shared.values()), [])


def _covers(address: str, first: date, last: date) -> bool:
    """Return whether a file of fires is of days of a month; one that does not tell its days may be of any."""
    days = re.search(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)", address)
    return days is None or (date.fromisoformat(days[1]) <= last and date.fromisoformat(days[2]) >= first)
