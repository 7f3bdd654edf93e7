"""Areas of loss: from the ledger's hectares to the sample's units and labels, or to the pixels of the map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from mrv.package.trace.evidence import Evidence
from mrv.package.trace.formulas import TIMES, filled
from mrv.package.trace.graph import Node
from mrv.package.trace.tables import Row

UM2_PER_HA = Decimal(10) ** 16


class Areas:
    """Adds nodes of areas."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.graph = evidence.graph
        self.tables = evidence.tables

    def baseline(self, row: Row) -> str:
        """Return the node of the area behind a row of `baseline_emissions`, ha."""
        key = {name: row[name] for name in ("baseline_version", "zone_id", "stratum_id", "year")}
        name = ":".join(["baseline_area", *map(str, key.values())])
        if name in self.graph:
            return name
        rows = self.tables.find("landed.baseline_activity", **key)
        # A baseline that is a mean is made of other years than this one: all of the version's are told.
        told = rows or self.tables.find(
            "landed.baseline_activity", baseline_version=key["baseline_version"], zone_id=key["zone_id"]
        )
        if not told:
            key = {}
            told = self.tables.rows("landed.baseline_activity")
        if not rows:
            key.pop("stratum_id", None)
            key.pop("year", None)
        title = (
            f"Area of the baseline, {row['zone_id']}, {row['stratum_id']}, {row['year']}",
            f"Área de la línea base, {row['zone_id']}, {row['stratum_id']}, {row['year']}",
        )
        return self.graph.add(
            name,
            Node(
                "term",
                title,
                value=row["area_ha"],
                unit="ha",
                formula=("declared by the baseline in force", "declarada por la línea base vigente"),
                computed=rows[0]["area_ha"] if len(rows) == 1 else None,
                by="row" if rows else "table",
                children=[self.evidence.landed("landed.baseline_activity", told, key=key)],
            ),
        )

    def monitored(self, row: Row, *, source: str | None) -> str:
        """Return the node of the area behind a row of `project_emissions`, ha.

        Args:
            row: The row.
            source: Choice of `activity_data_source`.
        """
        name = ":".join(
            ["monitored_area", row["rule_set"], *(str(row[part]) for part in ("zone_id", "stratum_id", "year"))]
        )
        if name in self.graph:
            return name
        title = (
            f"Monitored loss, {row['zone_id']}, {row['stratum_id']}, {row['year']}",
            f"Pérdida monitoreada, {row['zone_id']}, {row['stratum_id']}, {row['year']}",
        )
        node = Node("term", title, value=row["area_ha"], unit="ha", by="row")
        self.graph.add(name, node)
        mapped = self.mapped(row["zone_id"], stratum_id=row["stratum_id"], loss_year=row["year"])
        estimate = self._estimate(row["zone_id"])
        if source != "sample_estimate" or estimate is None:
            node.formula = ("loss that the map shows", "pérdida que muestra el mapa")
            node.children = [mapped]
            return name
        design = self.tables.only("landed.sample_designs", design_id=estimate["design_id"])
        years = (design["first_year"], design["last_year"]) if design else None
        whole = self.mapped(row["zone_id"], years=years)
        node.formula = (
            "the sample's estimate of the zone \u00d7 the map's loss of this stratum and year / the map's loss of the sample's years",
            "la estimación de la muestra para la zona \u00d7 la pérdida del mapa en este estrato y año"
            " / la pérdida del mapa en los años de la muestra",
        )
        node.note = (
            "Parts are rounded as running sums, so that they add up to the estimate.",
            "Las partes se redondean como sumas acumuladas, para que sumen la estimación.",
        )
        terms = [estimate["area_ha"], self.graph.nodes[mapped].value, self.graph.nodes[whole].value]
        if None not in terms and terms[2]:
            node.filled = f"{filled(TIMES, terms[:2])} / {filled('', terms[2:])}"
            node.facts = {"unrounded": str((terms[0] * terms[1] / terms[2]).quantize(Decimal("0.000001")))}
        node.children = [self.estimate(estimate), mapped, whole]
        return name

    def _estimate(self, zone_id: str) -> Row | None:
        found = self.tables.find("landed.area_estimates", zone_id=zone_id, reference_class="loss", loss_year=None)
        return found[0] if len(found) == 1 else None

    def mapped(self, zone_id: str, *, years: tuple[int, int] | None = None, **key: Any) -> str:
        """Return the node of loss on the map: of one stratum and year, or of a zone over years, ha."""
        rows = [
            row
            for row in self.tables.find("landed.land_cover_area", zone_id=zone_id, cover_class="forest", **key)
            if row["loss_year"] is not None and (years is None or years[0] <= row["loss_year"] <= years[1])
        ]
        told = {"zone_id": zone_id, **key} | ({"loss_years": f"{years[0]}-{years[1]}"} if years else {})
        name = self.evidence.landed("landed.land_cover_area", rows, key={**told, "cover_class": "forest"})
        node = self.graph.nodes[name]
        node.value = (Decimal(sum(row["area_um2"] for row in rows)) / UM2_PER_HA).quantize(Decimal("0.000001"))
        node.unit = "ha"
        return name

    def estimate(self, row: Row) -> str:
        """Return the node of an estimate of the sample, from its row of `area_estimates`."""
        key = {name: row[name] for name in ("design_id", "zone_id", "reference_class", "loss_year")}
        name = ":".join(["area_estimate", *map(str, key.values())])
        if name in self.graph:
            return name
        title = (
            f"Estimate of the sample {row['design_id']}: {row['reference_class']}, zone {row['zone_id']}",
            f"Estimación de la muestra {row['design_id']}: {row['reference_class']}, zona {row['zone_id']}",
        )
        return self.graph.add(
            name,
            Node(
                "term",
                title,
                value=row["area_ha"],
                unit="ha",
                formula=(
                    "over the sampling strata: area of the stratum \u00d7 share of its units with this label",
                    "sobre los estratos de muestreo: área del estrato \u00d7 proporción de sus unidades con esta etiqueta",
                ),
                by="row",
                address={"table": "landed.area_estimates", "key": key},
                facts={"se_ha": str(row["se_ha"]), "units": row["unit_count"], "estimator": row["estimator"]},
                children=self.sample(row["design_id"], row["zone_id"]),
            ),
        )

    def sample(self, design_id: str, zone_id: str) -> list[str]:
        """Return the nodes of a sample's design and of its strata in a zone (`*` for all)."""
        strata = self.tables.find("landed.sample_strata", design_id=design_id)
        own = [row for row in strata if zone_id == "*" or row["zone_id"] == zone_id]
        return [self._design(design_id), *(self._stratum(row) for row in own or strata)]

    def _design(self, design_id: str) -> str:
        rows = self.tables.find("landed.sample_designs", design_id=design_id)
        name = self.evidence.landed("landed.sample_designs", rows, key={"design_id": design_id})
        node = self.graph.nodes[name]
        # The strata were drawn on the map: its pixels are the frame of the sample.
        node.children = [*dict.fromkeys([*node.children, *self.evidence.rasters(rows, {})])]
        return name

    def _stratum(self, row: Row) -> str:
        key = {"design_id": row["design_id"], "stratum_id": row["stratum_id"]}
        name = f"sample:{row['design_id']}:{row['stratum_id']}"
        if name in self.graph:
            return name
        units = self.tables.find("landed.sample_units", **key)
        ids = [unit["unit_id"] for unit in units]
        judged = self._judged(row["design_id"], ids)
        labels = [
            label
            for unit in ids
            for label in self.tables.find("landed.sample_labels", design_id=row["design_id"], unit_id=unit)
        ]
        counts = Counter(found["reference_class"] or found["outcome"] for found in judged)
        title = (
            f"Sampling stratum {row['stratum_id']}: {len(ids)} units",
            f"Estrato de muestreo {row['stratum_id']}: {len(ids)} unidades",
        )
        return self.graph.add(
            name,
            Node(
                "sample",
                title,
                value=None,
                by="row",
                address={"table": "landed.sample_strata", "key": key},
                facts={"units_by_label": dict(sorted(counts.items())), "unit_ids": ids, "label_count": len(labels)},
                children=[
                    self.evidence.landed("landed.sample_strata", [row], key=key),
                    self.evidence.landed("landed.sample_units", units, key=key),
                    self.evidence.landed("landed.sample_labels", labels, key=key),
                ],
            ),
        )

    def _judged(self, design_id: str, ids: Sequence[str]) -> list[Row]:
        return [
            row
            for unit in ids
            for row in self.tables.find("landed.sample_reference", design_id=design_id, unit_id=unit)
        ]
