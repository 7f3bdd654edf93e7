"""Hand-made contents of a small package. Run as a script, it builds the package: `package_samples.py SOURCES TARGET`."""

import hashlib
import json
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from shapely.geometry import Polygon, box

from mrv.boundaries import Zone
from mrv.errors import PackageError
from mrv.files import write_parquet
from mrv.ledger import Artifact
from mrv.package import bag, sshsig
from mrv.package.attestation import envelope, statements
from mrv.package.build import build
from mrv.package.contents import Code, Contents, ProjectFacts
from mrv.package.crate import METADATA, PREVIEW, file_id
from mrv.package.keys import SigningKey
from mrv.package.verify import Report
from mrv.parameters import Parameter
from mrv.project import Bilingual
from mrv.schemas import DATASETS
from mrv.warehouse.snapshot import write_csv
from tests.unit.package import ledger_marts, parameter_rows

TCO2E = pa.decimal128(28, 9)
HA = pa.decimal128(18, 6)
ZONE = {"zone_id": pa.string(), "kind": pa.string(), "zone_name": pa.string()}
COLUMNS = {
    **ledger_marts.COLUMNS,
    **parameter_rows.COLUMNS,
    "deforestation_annual": {
        "zone_id": pa.string(), "kind": pa.string(), "zone_name": pa.string(), "year": pa.int64(), "area_ha": HA,
        "in_period": pa.bool_(), "period_days": pa.int64(), "days_in_year": pa.int64(), "period_fraction": TCO2E,
        "period_area_ha": HA, "product": pa.string(),
    },
    "land_cover_transitions": {
        **ZONE, "product": pa.string(), "product_version": pa.string(), "layer": pa.string(), "year_from": pa.int64(),
        "year_to": pa.int64(), "class_from": pa.int64(), "class_from_name_en": pa.string(), "class_from_name_es": pa.string(),
        "class_to": pa.int64(), "class_to_name_en": pa.string(), "class_to_name_es": pa.string(), "is_change": pa.bool_(),
        "area_ha": HA,
    },
    "drivers_annual": {
        **ZONE, "year": pa.int64(), "basis": pa.string(), "driver": pa.string(), "driver_en": pa.string(), "driver_es": pa.string(),
        "patch_count": pa.int64(), "unjudged_area_ha": HA, "area_ha": HA, "period_area_ha": HA,
    },
    "data_repairs": {
        "dataset": pa.string(), "sha256": pa.string(), "column_name": pa.string(), "rule": pa.string(), "value_count": pa.int64(),
    },
    "alerts_monthly": {
        **ZONE, "product": pa.string(), "product_version": pa.string(), "retrieved_on": pa.date32(), "month": pa.date32(),
        "confidence": pa.string(), "days": pa.int64(), "days_observed": pa.int64(), "settled": pa.bool_(), "alert_area_ha": HA,
    },
    "alert_clusters_by_zone": {
        **ZONE, "product": pa.string(), "cluster_count": pa.int64(), "high_cluster_count": pa.int64(), "min_cluster_area_ha": HA,
        "left_out_cluster_count": pa.int64(), "left_out_area_ha": HA,
    },
    "fires_monthly": {
        **ZONE, "month": pa.date32(), "measured": pa.bool_(), "fire_count": pa.int64(), "distinct_fire_count": pa.int64(),
    },
    "fires_period": {
        **ZONE, "days": pa.int64(), "days_observed": pa.int64(), "fire_count": pa.int64(), "distinct_fire_count": pa.int64(),
        "other_type_count": pa.int64(),
    },
    "fragmentation_annual": {
        **ZONE, "year": pa.int64(), "edge_depth_m": pa.int64(), "forest_ha": HA, "core_share_percent": HA,
        "edge_density_m_ha": HA, "patch_count": pa.int64(), "largest_patch_ha": HA,
        "min_area_ha": HA, "patch_count_min_area": pa.int64(), "forest_below_min_area_ha": HA,
    },
    "land_cover_annual": {
        **ZONE, "product": pa.string(), "product_version": pa.string(), "layer": pa.string(), "year": pa.int64(),
        "class_code": pa.int64(), "class_name_en": pa.string(), "class_name_es": pa.string(), "area_ha": HA,
    },
    "vegetation_change": {
        **ZONE, "vegetation_index": pa.string(), "before_id": pa.string(), "after_id": pa.string(), "mean_before": TCO2E,
        "mean_after": TCO2E, "mean_change": TCO2E, "clear_share": TCO2E,
    },
    "zones": {**ZONE, "area_ha": HA},
    "forest_cover_annual": {**ZONE, "year": pa.int64(), "area_ha": HA},
    "activity_data": {
        **ZONE, "activity_class": pa.string(), "year": pa.int64(), "map_area_ha": HA, "estimate_area_ha": HA, "se_ha": HA,
        "ci90_low_ha": HA, "ci90_high_ha": HA, "ci95_low_ha": HA, "ci95_high_ha": HA, "u90_percent": HA, "difference_ha": HA,
        "difference_percent": HA, "map_outside_ci95": pa.bool_(), "unit_count": pa.int64(), "class_unit_count": pa.int64(),
        "design_id": pa.string(), "estimator": pa.string(), "source": pa.string(), "ledger_area_ha": HA, "unseen_upper95_ha": HA,
        "reason": pa.string(),
    },
    "sample_designs": {
        "design_id": pa.string(), "design_sha256": pa.string(), "draw": pa.string(), "first_year": pa.int64(),
        "last_year": pa.int64(), "product": pa.string(), "product_version": pa.string(), "step_count": pa.int64(),
        "unit_count": pa.int64(), "area_ha": HA, "unobserved_area_ha": HA,
    },
    "sample_strata": {
        "design_id": pa.string(), "stratum_id": pa.string(), "stratum_class": pa.string(), "zone_id": pa.string(),
        "area_ha": HA, "weight": HA, "drawn_count": pa.int64(), "usable_count": pa.int64(), "unusable_count": pa.int64(),
        "loss_count": pa.int64(), "gain_count": pa.int64(), "stable_forest_count": pa.int64(),
        "stable_non_forest_count": pa.int64(), "unseen_upper95_ha": HA,
    },
    "sample_units": {
        "design_id": pa.string(), "unit_id": pa.string(), "stratum_id": pa.string(), "zone_id": pa.string(),
        "longitude": HA, "latitude": HA, "area_ha": HA, "outcome": pa.string(), "reference_class": pa.string(),
        "label_count": pa.int64(),
    },
    "map_accuracy": {
        "design_id": pa.string(), "zone_id": pa.string(), "measure": pa.string(), "map_class": pa.string(),
        "unit_count": pa.int64(), "accuracy": HA, "se": HA, "ci90_half_width": HA, "ci95_half_width": HA, "reason": pa.string(),
    },
    "error_matrix": {
        "design_id": pa.string(), "zone_id": pa.string(), "map_class": pa.string(), "reference_class": pa.string(),
        "unit_count": pa.int64(), "area_share": HA,
    },
    "interpreter_agreement": {
        "design_id": pa.string(), "interpreter_a": pa.string(), "interpreter_b": pa.string(), "unit_count": pa.int64(),
        "agreed_count": pa.int64(), "agreement": HA, "kappa": HA, "reason": pa.string(),
    },
    "figures": {
        "figure_id": pa.string(), "label_en": pa.string(), "label_es": pa.string(), "value": TCO2E, "unit": pa.string(),
        "mart": pa.string(), "mart_column": pa.string(), "row_key": pa.string(), "reason": pa.string(),
    },
    "project_period": {
        "project_id": pa.string(), "period_id": pa.string(), "period_start": pa.date32(), "period_end": pa.date32(),
        "illustrative": pa.bool_(), "simulated": pa.bool_(),
    },
}  # fmt: skip
KEYS = {
    "data_repairs": ["dataset", "sha256", "column_name", "rule"],
    **ledger_marts.KEYS,
    **parameter_rows.KEYS,
    "deforestation_annual": ["zone_id", "year"],
    "figures": ["figure_id"],
    "project_period": ["project_id"],
    "drivers_annual": ["zone_id", "year", "basis", "driver"],
    "alerts_monthly": ["zone_id", "product", "month", "confidence"],
    "alert_clusters_by_zone": ["product", "zone_id"],
    "fires_monthly": ["zone_id", "month"],
    "fires_period": ["zone_id"],
    "fragmentation_annual": ["zone_id", "year"],
    "land_cover_annual": ["zone_id", "product", "layer", "year", "class_code"],
    "land_cover_transitions": ["zone_id", "product", "layer", "year_from", "year_to", "class_from", "class_to"],
    "vegetation_change": ["zone_id", "vegetation_index", "before_id", "after_id"],
    "activity_data": ["zone_id", "activity_class", "year"],
    "sample_designs": ["design_id"],
    "sample_strata": ["design_id", "stratum_id"],
    "sample_units": ["design_id", "unit_id"],
    "map_accuracy": ["design_id", "zone_id", "measure", "map_class"],
    "error_matrix": ["design_id", "zone_id", "map_class", "reference_class"],
    "interpreter_agreement": ["design_id", "interpreter_a", "interpreter_b"],
    "zones": ["zone_id"],
    "forest_cover_annual": ["zone_id", "year"],
}


def sample_key(seed: int = 1) -> SigningKey:
    return SigningKey(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def _days(year: int, area: Decimal) -> dict:
    """Return the days of a period from July 2022 to June 2024 in a year, and what they make of its loss."""
    inside = {2022: 184, 2023: 365, 2024: 182}.get(year, 0)
    whole = 366 if year % 4 == 0 else 365
    part = (area * inside / whole).quantize(Decimal("0.000001"))
    share = (Decimal(inside) / whole).quantize(Decimal("0.000000001"))
    return {
        "period_days": inside, "days_in_year": whole, "period_fraction": share, "period_area_ha": part, "product": "gfc",
    }  # fmt: skip


def _loss() -> list[dict]:
    loss = []
    for zone, kind, name, scale in (("lb", "leakage_belt", "Belt", 61), ("pa", "project_area", "Project", 13)):
        for year in range(2001, 2025):
            area = Decimal(scale * (8 + (year * 7) % 11)) + Decimal(year - 2000) * scale / 3
            area = area.quantize(Decimal("0.000001"))
            loss.append(
                {
                    "zone_id": zone, "kind": kind, "zone_name": name, "year": year, "area_ha": area, "in_period": year >= 2022,
                    **_days(year, area),
                }
            )  # fmt: skip
    return loss


def _figures(reductions: list[dict]) -> list[dict]:
    figures = []
    for name, column, unit, en, es in (
        ("vcu", "credits", "VCU", "Verified carbon units", "Unidades de carbono verificadas"),
        ("net", "net_tco2e", "tCO2e", "Net emission reductions", "Reducciones netas de emisiones"),
    ):
        values = {str(row["vintage_year"]): row[column] for row in reductions}
        for year, value in {**values, "total": sum(values.values())}.items():
            figures.append(
                {
                    "figure_id": f"er.{name}.{year}", "label_en": f"{en}, {year}", "label_es": f"{es}, {year}",
                    "value": Decimal(value), "unit": unit, "mart": "emission_reductions", "mart_column": column,
                    "row_key": f"project_id=sample;rule_set=vm0007_v1_6;vintage_year={'*' if year == 'total' else year}",
                    "reason": None,
                }
            )  # fmt: skip
    return sorted(figures, key=lambda figure: figure["figure_id"])


def sample_marts() -> dict[str, list[dict]]:
    ledger = ledger_marts.ledger_marts()
    return {
        **ledger,
        "parameters_used": parameter_rows.rows(),
        "deforestation_annual": _loss(),
        "figures": _figures(ledger["emission_reductions"]),
        "project_period": [
            {
                "project_id": "sample", "period_id": "mp4", "period_start": date(2022, 7, 1),
                "period_end": date(2024, 6, 30), "illustrative": True, "simulated": True,
            }
        ],
    }  # fmt: skip


def write_marts(folder: Path, marts: dict[str, list[dict]]) -> dict[str, Path]:
    described = []
    for name, rows in marts.items():
        schema = pa.schema(list(COLUMNS[name].items()))
        write_parquet(folder / "marts" / f"{name}.parquet", pa.Table.from_pylist(rows, schema=schema))
        write_csv(folder / "csv" / f"{name}.csv", pa.Table.from_pylist(rows, schema=schema))
        columns = [{"name": column, "description": f"The {column}.", "unit": "tCO2e"} for column in schema.names]
        described.append(
            {
                "name": name, "description": f"One row per {name}.", "description_es": f"Una fila por {name}.",
                "key": KEYS[name], "columns": columns,
            }
        )  # fmt: skip
    (folder / "marts.json").write_text(json.dumps(described), encoding="utf-8")
    return {"marts_folder": folder / "marts", "csv_folder": folder / "csv", "marts_json": folder / "marts.json"}


def sample_zones() -> list[Zone]:
    def zone(zone_id, kind, name, geometry, partner=None):
        return Zone(zone_id, kind, name, partner, geometry, "v1", True, "zones.geojson", 1, "ab" * 32)

    project = Polygon([(-77.2, -7.4), (-76.9, -7.42), (-76.82, -7.1), (-77.0, -6.95), (-77.22, -7.1)])
    west, east = project.intersection(box(-78, -8, -77.0, -6)), project.intersection(box(-77.0, -8, -76, -6))
    return [
        zone("rr", "reference_region", "Reference region", box(-77.5, -7.75, -76.55, -6.7)),
        zone("lb", "leakage_belt", "Leakage belt", project.buffer(0.12).difference(project)),
        zone("pa", "project_area", "Project area", project),
        zone("monte-cristo", "concession", "Monte Cristo", west, "APAHUI"),
        zone("el-breo", "concession", "El Breo & <co>", east, "APROBOC"),
        zone("hcv-1", "hcv", "Headwaters", project.centroid.buffer(0.05)),
    ]


def artifact(content: bytes, *, dataset: str, address: str, url: str, **changes) -> Artifact:
    values = {
        "project": "sample", "source": "hansen", "dataset": dataset, "product": "hansen_gfc", "version": "GFC-2024-v1.12",
        "layer": None, "address": address, "url": url, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content),
        "media_type": "text/csv", "etag": '"1"', "last_modified": None, "licence": "CC BY 4.0",
        "citation": "Hansen et al. (2013), Science 342:850-853.", "simulated": True, "retrieved_at": "2026-01-02T03:04:05+00:00",
    }  # fmt: skip
    return Artifact(**{**values, **changes})


def parameter(name: str, **changes) -> Parameter:
    values = {
        "parameter_id": f"common.{name}", "rule_set": "common", "name": name, "value": Decimal("0.47"), "choice": None,
        "unit": "tC/t", "standard": "IPCC", "document": "IPCC 2006 V4", "version": "2006", "section": "Table 4.3",
        "valid_from": None, "valid_to": None, "status": "confirmed", "confirmed_by": None, "confirmed_on": None,
            "confirmed_in": None, "note": None,
    }  # fmt: skip
    return Parameter(**{**values, **changes})


def check_result(rule: str, **changes) -> dict:
    values = {
        "dataset": "plots", "rule": rule, "severity": "warning", "description": f"{rule} must hold", "outcome": "passed",
        "rows_evaluated": 36, "rows_failed": 0, "observed": None, "waived_by": None, "waiver_reason": None,
    }  # fmt: skip
    return {**values, **changes}


def sample_contents(folder: Path, **changes) -> Contents:
    """Write the sources of a package into a folder and return what they make up."""
    folder.mkdir(parents=True, exist_ok=True)
    tile, submissions, large = b"not really a tile" * 50, b'{"_submitted_by": "Rosa Paredes"}', b"large" * 4000
    for name, content in (("tile", tile), ("submissions", submissions), ("large", large)):
        (folder / name).write_bytes(content)
    (folder / "requirements.lock").write_text("duckdb==1.5.5\n")
    (folder / "project.yaml").write_text("schema_version: 1\n")
    (folder / "compiled" / "marts").mkdir(parents=True, exist_ok=True)
    (folder / "compiled" / "marts" / "zones.sql").write_text("select 1\n")
    (folder / "forest.tif").write_bytes(b"II*\x00" + bytes(2000))
    results = [
        {"unique_id": f"test.mrv.{name}", "status": "pass", "failures": 0, "execution_time": 0.1} for name in "ba"
    ]
    (folder / "run_results.json").write_text(json.dumps({"metadata": {"generated_at": "now"}, "results": results}))
    checks = [
        check_result("plots.count"),
        check_result("plots.dbh", outcome="failed", rows_failed=1, severity="row"),
        check_result("fires.window", dataset="fires", outcome="failed", severity="critical", rows_failed=2,
                     waived_by="M. Ruiz", waiver_reason="archive gap"),
    ]  # fmt: skip
    for name, rows in ledger_marts.landed(ledger_marts.VCS).items():
        write_parquet(folder / "landed" / f"{name}.parquet", DATASETS[name].table(rows))
    write_parquet(folder / "checks.parquet", DATASETS["check_results"].table(checks))
    quarantined = {
        "dataset": "plots", "artifact": "cd" * 32, "row": 7, "rule": "plots.dbh", "severity": "row",
        "reason": "dbh_cm 4120 is over 350", "record": '{"observer": "Rosa Paredes"}',
    }  # fmt: skip
    write_parquet(folder / "quarantine.parquet", DATASETS["quarantine"].table([quarantined]))
    inputs = [
        artifact(
            tile,
            dataset="raster",
            address="hansen_gfc/v/lossyear/00N_080W",
            url="https://u:p@example.org/a.tif?token=t0k3n",
        ),
        artifact(
            submissions,
            dataset="plots",
            address="kobo/aX/page-0001",
            url="https://kf.example.org/data/",
            product="kobo",
        ),
        artifact(large, dataset="fires", address="firms/x", product="firms", url=f"https://example.org/{'0a' * 16}/1"),
    ]
    contents = Contents(
        project=ProjectFacts(
            project_id="sample",
            name="Sample & Co REDD+",
            name_es="Muestra REDD+",
            country="PE",
            location=Bilingual(en="San Martín, Peru", es="San Martín, Perú"),
            illustrative=(
                Bilingual(en="The boundaries are drawn for demonstration.", es="Los límites son de demostración."),
            ),
            simulated=True,
        ),
        period_id="mp4",
        period_start=date(2022, 7, 1),
        period_end=date(2024, 6, 30),
        version=1,
        created_at="2026-01-02T03:04:05+00:00",
        **write_marts(folder, sample_marts()),
        rasters={"forest_2024": folder / "forest.tif"},
        zones=sample_zones(),
        project_files={"project.yaml": folder / "project.yaml", "boundaries/límites.csv": folder / "project.yaml"},
        check_results=[folder / "checks.parquet"],
        quarantine=[folder / "quarantine.parquet"],
        dbt_run_results=folder / "run_results.json",
        compiled_sql=folder / "compiled",
        parameters=[
            parameter(**row)
            for row in parameter_rows.catalogue(ledger_marts.landed(ledger_marts.VCS)["account_parameters"])
        ],
        inputs=inputs,
        input_files={
            item.sha256: folder / name for item, name in zip(inputs, ("tile", "submissions", "large"), strict=True)
        },
        code=Code(version="0.1.0", commit=None, lock=folder / "requirements.lock"),
        landed={name: folder / "landed" / f"{name}.parquet" for name in ("account_parameters", "accounts")},
        headline=["er.net.2023", "er.net.total", "er.vcu.total"],
        report_languages=(),  # drawing them takes seconds: the tests of the report ask for them
        input_limit_bytes=10_000,
        secrets=("s3cr3t-of-the-house",),
    )
    return replace(contents, **changes)


def outcome(report: Report, name: str) -> str:
    """Return the outcome of one check."""
    return next(check.outcome for check in report.checks if check.name == name)


def reseal(
    package: Path, key: SigningKey | None = None, *, namespace: str = sshsig.NAMESPACE, describe: bool = True
) -> None:
    """Make crate, manifests and tag manifest agree with the files, as a clever forger would; sign if there is a key."""
    payload = [
        path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file() and "data" in path.parts
    ]
    payload = [name for name in payload if name.startswith("data/")]
    if describe:
        _describe(package, payload)
    size = sum((package / name).stat().st_size for name in payload)
    lines = (package / bag.BAG_INFO).read_text().splitlines()
    lines[-1] = f"Payload-Oxum: {size}.{len(payload)}"
    (package / bag.BAG_INFO).write_text("\n".join(lines) + "\n")
    _list(package, bag.MANIFEST_256, "sha256", payload)
    _list(package, bag.MANIFEST_512, "sha512", payload)
    if key is not None:
        attest(package, key)
    _list(package, bag.TAG_MANIFEST, "sha512", bag.TAG_FILES)
    if key is not None:
        content = (package / bag.TAG_MANIFEST).read_bytes()
        (package / bag.SIGNATURE).write_bytes(sshsig.sign(content, key.private, namespace=namespace))


def _describe(package: Path, payload: Iterable[str]) -> None:
    """Let the RO-Crate describe the files as they are now, where there still is one that can be read."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        document = json.loads((package / METADATA).read_text(encoding="utf-8"))
        there = {
            file_id(name.removeprefix("data/")): package / name for name in payload if name not in (METADATA, PREVIEW)
        }
        graph = [item for item in document["@graph"] if item["@type"] != "File" or item["@id"] in there]
        known = {item["@id"]: item for item in graph}
        root = known["./"]
        for identifier, path in there.items():
            if identifier not in known:
                known[identifier] = {"@id": identifier, "@type": "File"}
                graph.append(known[identifier])
                root["hasPart"].append({"@id": identifier})
            content = path.read_bytes()
            known[identifier] |= {"sha256": hashlib.sha256(content).hexdigest(), "contentSize": str(len(content))}
        (package / METADATA).write_text(json.dumps({**document, "@graph": graph}), encoding="utf-8")


def attest(package: Path, key: SigningKey) -> None:
    """State anew what the files say, and sign it; what no longer can be derived stays as it was stated."""
    with suppress(PackageError):
        for name, statement in statements(package).items():
            (package / name).write_text(json.dumps(envelope(statement, key)))


def another(package: Path, target: Path) -> Path:
    """Return another package by the same publisher: one of its files says something else, and everything agrees with it."""
    shutil.copytree(package, target)
    with (target / "data/VERIFY.md").open("a", encoding="utf-8") as stream:
        stream.write("\nAnother one.\n")
    reseal(target, sample_key())
    return target


def _list(package: Path, file: str, kind: str, names: Iterable[str]) -> None:
    digests = {name: hashlib.new(kind, (package / name).read_bytes()).hexdigest() for name in names}
    (package / file).write_bytes(bag.write_manifest(digests))


if __name__ == "__main__":
    build(sample_contents(Path(sys.argv[1])), folder=Path(sys.argv[2]), key=sample_key())
