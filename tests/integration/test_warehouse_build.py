"""The whole dbt build on small landed tables with gaps: what is null, what is zero, and the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from mrv.errors import WarehouseError
from mrv.files import write_parquet
from mrv.schemas import DATASETS
from mrv.warehouse.build import DBT_PROJECT, Build, run_dbt
from mrv.warehouse.dictionary import MARTS
from mrv.warehouse.sandbox import Limits, Sandbox
from mrv.warehouse.snapshot import export
from tests.integration.gap_rows import gap_rows
from tests.integration.warehouse_inputs import build, records, write_landed

pytestmark = pytest.mark.integration


def tree(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def gaps(tmp_path_factory: pytest.TempPathFactory) -> tuple[Build, Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("gaps")
    before = tree(DBT_PROJECT)
    result = build(write_landed(gap_rows(), folder / "landed"), folder=folder / "build")
    assert tree(DBT_PROJECT) == before, "nothing is written into the dbt project"
    return result, folder / "snapshot", export(result, folder / "snapshot")


def test_year_beyond_the_product_is_null_and_quiet_year_is_zero(gaps: Any) -> None:
    rows = records(gaps[0].database, "select * from marts.deforestation_annual where zone_id = 'pa' order by year")
    areas = {row["year"]: (row["area_ha"], row["reason"]) for row in rows}
    assert areas == {
        2022: (Decimal("0.123456"), None),
        2023: (Decimal(0), None),
        2024: (Decimal(10), None),
        2025: (None, "not measured by gfc v1.12"),
    }
    fractions = {row["year"]: (row["in_period"], row["period_days"], row["days_in_year"]) for row in rows}
    assert fractions == {
        2022: (True, 184, 365),
        2023: (True, 365, 365),
        2024: (True, 366, 366),
        2025: (True, 181, 365),
    }
    rates = {row["year"]: row["rate_percent"] for row in rows}
    assert rates[2024] == round(Decimal(1000) / Decimal(910), 9)
    assert rates[2023] == 0
    assert rates[2025] is None


def test_zone_that_was_not_measured_says_so(gaps: Any) -> None:
    rows = records(
        gaps[0].database, "select distinct area_ha, reason from marts.deforestation_annual where zone_id = 'far'"
    )
    assert rows == [{"area_ha": None, "reason": "zone not measured"}]


def test_forest_cover_starts_with_the_base_year(gaps: Any) -> None:
    sql = "select year, area_ha, non_forest_ha, nodata_ha from marts.forest_cover_annual where zone_id = 'pa' order by year"
    rows = records(gaps[0].database, sql)
    forest = [row["area_ha"] for row in rows]
    assert [row["year"] for row in rows] == [2021, 2022, 2023, 2024]
    assert forest == [Decimal("910.123456"), Decimal(910), Decimal(910), Decimal(900)]
    assert {(row["non_forest_ha"], row["nodata_ha"]) for row in rows} == {(Decimal(83), Decimal("6.876544"))}


def test_zone_carries_its_forest_at_the_start_of_crediting(gaps: Any) -> None:
    rows = records(gaps[0].database, "select * from marts.zones where zone_id = 'pa'")
    assert rows[0]["forest_start_year"] == 2021
    assert rows[0]["forest_start_ha"] == Decimal("910.123456")
    assert rows[0]["measured_area_ha"] == 1000


def test_vintage_without_baseline_or_measurement_has_no_credits(gaps: Any) -> None:
    rows = records(gaps[0].database, "select * from marts.emission_reductions order by vintage_year")
    assert [row["credits"] is None for row in rows] == [False, True, True, True]
    assert "no baseline for zone pa in 2023" in rows[1]["reason"]
    assert "earlier" not in rows[1]["reason"]
    assert rows[1]["project_tco2e"] == 0
    # 2024 has all its parts; whether the year before was a loss that it must earn back is not known.
    assert rows[2]["net_tco2e"] is not None
    assert rows[2]["reason"] == "an earlier vintage could not be computed"
    assert "not measured by gfc v1.12" in rows[3]["reason"]
    assert rows[3]["baseline_tco2e"] is not None
    assert [row["carried_tco2e"] for row in rows] == [0, None, None, None]
    total = records(gaps[0].database, "select value, reason from marts.figures where figure_id = 'er.vcu.total'")[0]
    assert total["value"] is None
    assert "no baseline" in total["reason"]


def test_ledger_by_hand(gaps: Any) -> None:
    """Vintage 2022, 184 of 365 days, written out with exact fractions."""
    row = records(gaps[0].database, "select * from marts.emission_reductions where vintage_year = 2022")[0]
    # 200 t of biomass +- 25 %, which is over 10 %: the lower bound counts, and litter follows it.
    stock = 150 * Decimal("0.47") + 150 * Decimal("0.01") * Decimal("0.37")
    per_ha_by_12 = stock * 44
    baseline_t = 50 * per_ha_by_12 * 184 / (12 * 365)
    project_t = Decimal("0.123456") * per_ha_by_12 * 184 / (12 * 365)
    assert row["days"] == 184
    assert abs(row["baseline_tco2e"] - baseline_t) < Decimal("1e-8")
    assert abs(row["project_tco2e"] - project_t) < Decimal("1e-8")
    assert row["leakage_tco2e"] == 0
    # All carbon of the stratum errs with the plots, 25 % of the mean, a third of the bound; each of the two areas errs by 15 %.
    lost = Decimal("0.123456")
    areas = Decimal("0.15") ** 2 * (50**2 + lost**2) / (50 - lost) ** 2
    assert abs(row["uncertainty_u90"] - ((Decimal("0.25") / Decimal("0.75")) ** 2 + areas).sqrt()) < Decimal("1e-9")
    share = row["uncertainty_u90"] / Decimal("1.6449") * Decimal("0.4307")
    assert abs(row["deduction_fraction"] - share) < Decimal("1e-9")
    expected = row["net_tco2e"] * (1 - row["deduction_fraction"]) - Decimal("0.2") * (baseline_t - project_t)
    assert row["credits"] == int(expected)
    assert row["eligible"] is True


def test_land_cover_by_year_takes_strata_together_and_the_area_that_counts(gaps: Any) -> None:
    rows = records(
        gaps[0].database,
        "select product, year, class_code, class_name_es, area_ha, area_basis, geodesic_area_ha, nominal_area_ha, pixel_count, "
        "reason from marts.land_cover_annual order by product, year, class_code",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("mapbiomas_peru", 2010, 3, "bosque", 7, "geodesic", 7, None, 70, None),
        ("mapbiomas_peru", 2020, 3, "bosque", 4, "geodesic", 4, None, 40, None),
        ("mapbiomas_peru", 2020, 15, "pasto", 2, "geodesic", 2, None, 20, None),
        ("mapbiomas_peru", 2020, None, None, 1, "geodesic", 1, None, 10, "not observed"),
        ("park_map", 2023, 3, "bosque", Decimal("3.96"), "nominal", 4, Decimal("3.96"), 40, None),
    ]


def test_changes_between_years_by_zone(gaps: Any) -> None:
    rows = records(
        gaps[0].database,
        "select class_from, class_to, class_to_name_en, transition_code, is_change, area_ha, reason "
        "from marts.land_cover_transitions order by class_from, class_to",
    )
    assert [tuple(row.values()) for row in rows] == [
        (3, 3, "forest", 303, False, 4, None),
        (3, 15, "pasture", 315, True, 2, None),
        (3, None, None, None, None, 1, "not observed in 2020"),
    ]


def test_values_that_were_not_measured_say_so(gaps: Any) -> None:
    rows = records(
        gaps[0].database,
        "select stratum_id, unit, mean_value, area_ha, nodata_area_ha, reason from marts.zone_statistics order by stratum_id",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("s1", "m", Decimal("21.5"), 3, 0, None),
        ("s2", "m", None, 0, 1, "no pixel was measured"),
    ]


def test_fires_are_counted_inside_the_period_only(gaps: Any) -> None:
    rows = records(gaps[0].database, "select * from marts.fires_monthly where zone_id = 'pa' order by month")
    assert (rows[0]["month"], rows[-1]["month"], len(rows)) == (date(2022, 7, 1), date(2025, 6, 1), 36)
    assert (rows[0]["fire_count"], rows[0]["high_confidence_count"], rows[0]["low_confidence_count"]) == (2, 1, 1)
    assert all(row["fire_count"] == 0 and row["measured"] for row in rows[5:])
    assert rows[0]["distinct_fire_count"] == 1
    fires = records(gaps[0].database, "select * from marts.fire_events order by event_id")
    counts = [(row["event_id"], row["detection_count"], row["is_vegetation"]) for row in fires]
    assert counts == [("f1", 2, True), ("f3", 1, True), ("f4", 1, False), ("f5", 2, True)]


def test_no_fires_are_told_of_days_that_nobody_watched(gaps: Any) -> None:
    sql = "select * from marts.fires_monthly where zone_id = 'pa' order by month limit 4"
    july, august, september, october = records(gaps[0].database, sql)
    assert (july["days_observed"], july["measured"], july["reason"]) == (31, True, None), "a day seen twice is one day"
    assert (august["days_observed"], august["measured"], august["fire_count"], august["distinct_fire_count"]) == (
        0,
        False,
        None,
        None,
    )
    assert "no collection of fires" in august["reason"]
    assert (september["days_observed"], september["measured"], september["fire_count"]) == (5, False, 1)
    assert september["reason"] == "fires were observed on 5 of 30 days"
    assert october["measured"]
    figures = records(gaps[0].database, "select * from marts.figures where figure_id like 'fires.pa.2022-08'")
    assert [(row["value"], row["reason"]) for row in figures] == [(None, august["reason"])]


def test_distinct_fires_are_of_vegetation_and_count_once_in_the_period(gaps: Any) -> None:
    months = records(gaps[0].database, "select * from marts.fires_monthly where zone_id = 'pa' order by month")
    assert [row["distinct_fire_count"] for row in months[:6]] == [1, None, 0, 1, 1, 0]
    assert [row["other_type_count"] for row in months[:4]] == [0, None, 1, 0]
    (whole,) = records(gaps[0].database, "select * from marts.fires_period where zone_id = 'pa'")
    assert (whole["fire_count"], whole["distinct_fire_count"], whole["other_type_count"]) == (5, 2, 1)
    days = (date(2025, 6, 30) - date(2022, 6, 30)).days
    assert (whole["days"], whole["days_observed"], whole["measured"]) == (days, days - 31 - 25, False)
    assert whole["reason"] == f"fires were observed on {days - 56} of {days} days"


def test_change_of_vegetation_says_how_much_was_seen(gaps: Any) -> None:
    rows = records(gaps[0].database, "select * from marts.vegetation_change order by zone_id, before_id")
    assert [(row["zone_id"], row["clear_share"], row["mean_change"], row["reason"]) for row in rows] == [
        ("lb", 0, None, "no pixel of the zone is clear in both composites"),
        ("pa", Decimal("0.75"), Decimal("-0.15"), None),
        ("pa", 0, None, "composite y2023 has no scene"),
    ]
    assert rows[1]["clear_area_ha"] == Decimal("0.12") and rows[1]["zone_area_ha"] == Decimal("0.16")
    scenes = records(gaps[0].database, "select * from marts.scenes_used order by scene_id")
    assert [(row["used"], row["reason"]) for row in scenes] == [(True, None), (False, "copy of s1")]


def test_alerts_of_the_period_count_up_to_their_retrieval(gaps: Any) -> None:
    sql = "select * from marts.alerts_monthly where zone_id = 'pa' and product = 'alerts' order by confidence, month"
    rows = records(gaps[0].database, sql)
    assert (len(rows), {row["confidence"] for row in rows}) == (72, {"low", "high"})
    found = {(row["confidence"], row["month"]): row for row in rows}
    july = found["high", date(2022, 7, 1)]
    assert (july["alert_pixel_count"], july["alert_area_ha"]) == (5, Decimal("0.05")), (
        "the alert of June is not of the period"
    )
    assert (july["days"], july["days_observed"], july["reason"]) == (31, 31, None)
    assert found["high", date(2022, 8, 1)]["alert_area_ha"] == 0
    february, march = found["low", date(2025, 2, 1)], found["low", date(2025, 3, 1)]
    assert (february["days"], february["days_observed"], february["alert_pixel_count"]) == (28, 10, 1)
    assert (march["days_observed"], march["alert_area_ha"]) == (0, None)
    assert "retrieved before" in march["reason"]
    far = records(gaps[0].database, "select * from marts.alerts_monthly where zone_id = 'far' and days_observed > 0")
    assert all(row["alert_area_ha"] == 0 for row in far)


def test_alerts_count_from_the_first_day_of_their_product(gaps: Any) -> None:
    for mart, day in (("alerts_monthly", "month"), ("alerts_weekly", "week_start")):
        sql = f"select * from marts.{mart} where zone_id = 'pa' and product = 'young' and confidence = 'high' order by {day}"
        rows = records(gaps[0].database, sql)
        before = [row for row in rows if row[day] < date(2022, 12, 26)]
        assert before
        assert {(row["days_observed"], row["alert_area_ha"]) for row in before} == {(0, None)}
        assert {row["reason"] for row in before} == {"the product has no alerts of days before 2023-01-05"}
        assert sum(row["days_observed"] for row in rows) == (date(2025, 6, 30) - date(2023, 1, 4)).days
    months = records(
        gaps[0].database, "select * from marts.alerts_monthly where zone_id = 'pa' and confidence = 'high'"
    )
    found = {(row["product"], row["month"]): row for row in months}
    assert found["young", date(2023, 1, 1)]["reason"] == "alerts were observed on 27 of 31 days"
    assert found["alerts", date(2022, 12, 1)]["days_observed"] == 10
    gap = found["alerts", date(2023, 1, 1)]
    assert (gap["alert_area_ha"], gap["reason"]) == (None, "no file of the product shows these days")


def test_alerts_settle_when_the_declared_days_have_passed(gaps: Any) -> None:
    sql = "select * from marts.alerts_monthly where zone_id = 'pa' and confidence = 'high'"
    settled = {(row["product"], row["month"]): row["settled"] for row in records(gaps[0].database, sql)}
    # Of 30 June 2025 the retrieval of 29 December came 182 days later, of 31 August 2024 that of 10 February 163 days.
    assert all(value for (product, _), value in settled.items() if product == "young")
    assert settled["alerts", date(2024, 7, 1)]
    assert not settled["alerts", date(2024, 8, 1)]


def test_weeks_are_those_of_iso_8601(gaps: Any) -> None:
    sql = "select * from marts.alerts_weekly where zone_id = 'pa' and product = 'alerts' and confidence = 'high' order by week_start"
    weeks = records(gaps[0].database, sql)
    first, last = weeks[0], weeks[-1]
    assert (first["week_start"], first["iso_year"], first["iso_week"]) == (date(2022, 6, 27), 2022, 26)
    assert (first["days"], first["alert_pixel_count"]) == (3, 2), "the period begins on a Friday; 30 June is not in it"
    assert (last["week_start"], last["days"]) == (date(2025, 6, 30), 1)
    assert sum(week["days"] for week in weeks) == (date(2025, 6, 30) - date(2022, 6, 30)).days
    new_year = next(week for week in weeks if week["week_start"] == date(2024, 12, 30))
    assert (new_year["iso_year"], new_year["iso_week"]) == (2025, 1)


def test_parameters_used_are_those_of_the_rule(gaps: Any) -> None:
    rows = records(gaps[0].database, "select parameter_id, mart from marts.parameters_used")
    used = {(row["mart"], row["parameter_id"]) for row in rows}
    assert ("carbon_stocks", "common.litter_ratio") in used
    assert ("carbon_stocks", "common.carbon_fraction_litter") in used
    assert ("buffer", "project.buffer_rate") in used
    assert ("uncertainty", "common.t_two_sided_90") in used
    assert ("uncertainty", "common.uncertainty_allowable") not in used, "the rule in force has no allowable error"
    assert not any(parameter.endswith("root_shoot_ratio") for _, parameter in used)


def test_quality_and_sources_are_published(gaps: Any) -> None:
    quality = records(gaps[0].database, "select rule, rows_failed, rows_quarantined from marts.data_quality")
    assert quality == [{"rule": "fire_in_window", "rows_failed": 1, "rows_quarantined": 1}]
    assert [row["address"] for row in records(gaps[0].database, "select address from marts.source_inventory")] == [
        "firms/1"
    ]


def test_every_figure_leads_to_its_cell(gaps: Any) -> None:
    figures = records(gaps[0].database, "select * from marts.figures where row_key not like '%*%'")
    assert len(figures) > 200
    by_mart: dict[str, list[dict[str, Any]]] = {}
    for figure in figures:
        mart = by_mart.setdefault(figure["mart"], records(gaps[0].database, f"select * from marts.{figure['mart']}"))
        key = dict(part.split("=") for part in figure["row_key"].split(";"))
        # Nothing after the sign means null, as in the CSV.
        cells = [
            row[figure["mart_column"]]
            for row in mart
            if all(("" if row[name] is None else str(row[name])) == value for name, value in key.items())
        ]
        assert cells == [figure["value"]], figure


def test_snapshot_describes_each_mart(gaps: Any) -> None:
    folder = gaps[1]
    described = json.loads((folder / "marts.json").read_text(encoding="utf-8"))
    assert {mart["name"] for mart in described} == {path.stem for path in (folder / "marts").iterdir()}
    assert {mart["name"] for mart in described} == {path.stem for path in MARTS.rglob("*.sql")}
    for mart in described:
        assert mart["description"].startswith("One row")
        assert mart["description_es"].startswith("Una fila")
        table = pq.read_table(folder / "marts" / f"{mart['name']}.parquet")
        assert table.column_names == [column["name"] for column in mart["columns"]]
        assert all(column["description"] for column in mart["columns"])
        assert table.equals(table.sort_by([(name, "ascending") for name in mart["key"]]))
        with (folder / "csv" / f"{mart['name']}.csv").open(encoding="utf-8", newline="") as stream:
            assert len(list(csv.reader(stream))) == table.num_rows + 1


def test_snapshot_answers_sql_with_its_comments(gaps: Any) -> None:
    question = "select comment from duckdb_columns() where table_name = 'zones' and column_name = 'area_ha'"
    rows = io.BytesIO()
    with closing(Sandbox()) as sandbox:
        sandbox.run(gaps[1], question, rows, form="json", limits=Limits())
    assert json.loads(rows.getvalue()) == [["Geodesic area on WGS84. [ha]"]]


def test_calculation_travels_with_the_snapshot(gaps: Any) -> None:
    calc = gaps[1] / "calc"
    results = json.loads((calc / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert any(result["unique_id"] == "test.mrv.assert_vintages_tie_out" for result in results)
    compiled = (calc / "sql" / "mrv" / "models" / "marts" / "accounting" / "emission_reductions.sql").read_text(
        encoding="utf-8"
    )
    assert "{{" not in compiled
    assert "floor(creditable_tco2e)" in compiled


def test_models_pass_their_unit_tests(gaps: Any, tmp_path: Path) -> None:
    """Tiny rows in YAML: vintage days, leakage floors, deduction rules, null propagation, litter."""
    database = tmp_path / "build.duckdb"
    shutil.copyfile(gaps[0].database, database)  # the inputs' columns are read from it
    result = run_dbt(
        "test", "--select", "test_type:unit", database=database, target=tmp_path / "target", logs=tmp_path / "logs"
    )
    assert result.returncode == 0, result.stdout
    outcomes = json.loads((tmp_path / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert len(outcomes) >= 13
    assert {outcome["status"] for outcome in outcomes} == {"pass"}


def test_same_rows_give_the_same_bytes(gaps: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other folder, time zone, hash seed, row order and number of files."""
    monkeypatch.setenv("TZ", "America/Lima")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "elsewhere"))
    inputs: dict[str, list[Path]] = {}
    shuffler = random.Random(5)
    for name, rows in gap_rows().items():
        shuffler.shuffle(rows)
        half = len(rows) // 2
        inputs[name] = []
        for number, part in enumerate((rows[:half], rows[half:])):
            path = tmp_path / "landed" / f"{name}-{number}.parquet"
            write_parquet(path, DATASETS[name].table(part))
            inputs[name].append(path)
    hashes = export(build(inputs, folder=tmp_path / "other" / "build"), tmp_path / "snapshot")
    assert hashes == gaps[2]


def test_snapshot_is_never_changed(gaps: Any, tmp_path: Path) -> None:
    result, folder, hashes = gaps
    assert export(result, folder) == hashes
    other = tmp_path / "snapshot"
    export(result, other)
    (other / "evidence.txt").write_text("laid beside it by somebody else", encoding="utf-8")
    assert export(result, other) == hashes
    (other / "csv" / "zones.csv").write_text("zone_id\n", encoding="utf-8")
    with pytest.raises(WarehouseError, match=r"csv/zones\.csv"):
        export(result, other)
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot"]
