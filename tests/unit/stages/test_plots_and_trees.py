"""Plots and trees from their files to strata: what is set aside, what goes with it, and what no mean is made of."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from mrv.files import write_parquet
from mrv.scaffold import scaffold
from mrv.schemas import DATASETS
from mrv.settings import Settings
from mrv.stages.check import Checked, check_received, evidence
from mrv.stages.context import Context, open_context
from mrv.stages.land import land, pull
from mrv.stages.measure import Measured
from mrv.stages.measure_field import measure_field

# Two strata, and a strip in the east of the reference region that no stratum covers.
STRATA = {"west": (-77.4, -77.1), "east": (-77.1, -76.9)}
PLOT = {"census_id": "1", "census_date": "2022-06-01", "area_ha": 0.5, "latitude": -7.2, "longitude": -77.0}
TREE = {"census_id": "1", "family": "Fabaceae", "genus": "Inga", "species": "edulis", "status": "alive"}
COLUMNS = {
    "plots": ("plot_id", *PLOT, "stratum_id", "layout_id"),
    "trees": ("plot_id", "tree_id", "dbh_cm", "height_m", *TREE, "life_form", "decay_class"),
    "wood_density": ("level", "family", "genus", "species", "wood_density_g_cm3"),
    "heights": ("sample_id", "dbh_cm", "height_m"),
}

LAYOUT = {
    "id": "rings",
    "nests": [{"area_m2": 50, "min_dbh_cm": 5, "max_dbh_cm": 30}, {"area_m2": 5000, "min_dbh_cm": 30}],
}

Rows = list[dict[str, Any]]


def plot(plot_id: str, **changes: Any) -> dict[str, Any]:
    return {"plot_id": plot_id, **PLOT, **changes}


def trees_of(plot_id: str, count: int = 12, **changes: Any) -> Rows:
    """Trees of 32 cm and more: in millimetres each of them is beyond any tree."""
    return [{"plot_id": plot_id, "tree_id": n, "dbh_cm": 30 + 2 * n, **TREE, **changes} for n in range(1, count + 1)]


class Field:
    """A project whose plots and trees come from files."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.root = context.project.folder / "field"
        self.root.mkdir()
        self.write("heights", [{"sample_id": n, "dbh_cm": 10 + 4 * n, "height_m": 8 + 4 * n**0.7} for n in range(15)])
        density = {"genus": "Inga", "species": "Inga edulis", "wood_density_g_cm3": 0.5}
        self.write("wood_density", [{"level": "species", "family": "Fabaceae", **density}])

    def write(self, dataset: str, rows: Rows, extra: str = "") -> None:
        with (self.root / f"{dataset}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS[dataset])
            writer.writeheader()
            writer.writerows(rows)
            stream.write(extra)

    def check(self, plots: Rows, trees: Rows, extra: str = "") -> dict[str, Checked]:
        self.write("plots", plots)
        self.write("trees", trees, extra)
        [source] = self.context.definition.sources
        return check_received(self.context, land(self.context, source, pull(self.context, source)))

    def measure(self, checked: dict[str, Checked]) -> Measured:
        measured = measure_field(self.context, checked)
        assert measured is not None
        return measured


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    folder = tmp_path / "project"
    scaffold(folder)
    zones = folder / "boundaries" / "zones.geojson"
    content = json.loads(zones.read_text(encoding="utf-8"))
    content["features"] = [item for item in content["features"] if item["properties"]["kind"] != "stratum"]
    for name, (west, east) in STRATA.items():
        ring = [[west, -7.5], [east, -7.5], [east, -6.9], [west, -6.9], [west, -7.5]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        properties = {"zone_id": name, "kind": "stratum", "name": name}
        content["features"].append({"type": "Feature", "properties": properties, "geometry": geometry})
    zones.write_text(json.dumps(content), encoding="utf-8")
    definition = folder / "project.yaml"
    project = yaml.safe_load(definition.read_text(encoding="utf-8"))
    tables = [
        {
            "path": f"{name}.csv",
            "dataset": name,
            "columns": {column: column for column in columns},
            "licence": "-",
            "citation": "-",
        }
        for name, columns in COLUMNS.items()
    ]
    project["field_carbon"] = {**project.get("field_carbon", {}), "layouts": [LAYOUT]}
    project["sources"] = [{"connector": "files", "name": "field", "root": "field", "tables": tables}]
    definition.write_text(yaml.safe_dump(project, sort_keys=False), encoding="utf-8")
    with open_context(str(folder), "mp1", Settings(home=tmp_path / "home")) as context:
        yield Field(context)


def rules(table: pa.Table) -> set[tuple[str, int]]:
    return {(row["rule"], row["row"]) for row in table.to_pylist()}


def result(checked: dict[str, Checked], rule: str, dataset: str = "plots") -> dict[str, Any]:
    found = evidence(list(checked.values()))["check_results"].to_pylist()
    [row] = [row for row in found if (row["dataset"], row["rule"]) == (dataset, rule)]
    return dict(row)


def strata(measured: Measured) -> dict[str, dict[str, Any]]:
    return {row["stratum_id"]: row for row in measured.tables["stratum_biomass"].to_pylist()}


# --- where plots lie -------------------------------------------------------------------------------------------
MISPLACED = {
    "outside every stratum": {"longitude": -76.85},
    "outside by its word": {"longitude": -76.85, "stratum_id": "east"},
    "in another stratum": {"stratum_id": "west"},
    "in a stratum that does not exist": {"stratum_id": "north"},
    "nowhere": {"longitude": None, "latitude": None},
}


@pytest.mark.parametrize("change", MISPLACED.values(), ids=MISPLACED.keys())
def test_a_misplaced_plot_goes_to_quarantine_and_takes_its_trees_along(field: Field, change: dict[str, Any]) -> None:
    checked = field.check([plot("p1"), plot("p2", **change)], [*trees_of("p1"), *trees_of("p2", 3)])
    plots, trees = checked["plots"], checked["trees"]
    assert (plots.rows_read, plots.rows_accepted, plots.rows_quarantined) == (2, 1, 1)
    [row] = plots.set_aside().to_pylist()
    assert (row["rule"], row["severity"], row["row"]) == ("plot_in_stratum", "error", 2)
    for name in ("longitude", "latitude", "stratum_id"):
        value = (PLOT | {"stratum_id": None} | change)[name]
        told = value if name == "stratum_id" else "a value that is not told"
        assert f"{name}={'null' if value is None else told}" in row["reason"]
    assert "Correct the coordinates or the stratum" in row["reason"]
    assert rules(trees.set_aside()) == {("plot_quarantined", number) for number in (13, 14, 15)}
    assert result(checked, "plot_in_stratum")["rows_failed"] == 1
    assert result(checked, "all_trees_usable")["outcome"] == "passed", "no accepted plot misses a tree"
    assert field.measure(checked).tables["plot_biomass"]["plot_id"].to_pylist() == ["p1"]


def test_a_plot_without_position_is_taken_by_its_word_with_a_warning(field: Field) -> None:
    by_word = plot("p1", longitude=None, latitude=None, stratum_id="west")
    checked = field.check([by_word, plot("p2", stratum_id="east")], [*trees_of("p1"), *trees_of("p2")])
    assert checked["plots"].rows_quarantined == 0
    for rule in ("latitude_given", "longitude_given"):
        assert result(checked, rule)["rows_failed"] == 1
        assert result(checked, rule)["severity"] == "warning"
    assert set(strata(field.measure(checked))) == {"east", "west"}


def test_a_plot_stays_in_the_stratum_of_its_first_census(field: Field) -> None:
    # The second fix lies over the border; as text "10" comes before "9".
    plots = [plot("p1", census_id="9", longitude=-77.2), plot("p1", census_id="10", census_date="2023-06-01")]
    trees = [*trees_of("p1", census_id="9"), *trees_of("p1", census_id="10")]
    checked = field.check(plots, trees)
    assert (result(checked, "plot_changes_stratum")["rows_failed"], checked["plots"].rows_quarantined) == (1, 0)
    assert set(field.measure(checked).tables["plot_biomass"]["stratum_id"].to_pylist()) == {"west"}
    same = field.check([plots[0], plots[1] | {"longitude": -77.2}], trees)
    assert result(same, "plot_changes_stratum")["outcome"] == "passed"


def test_a_diameter_in_millimetres_below_the_limit_is_told(field: Field) -> None:
    trees = trees_of("p1")
    trees[2] |= {"dbh_cm": 340 / 10, "height_m": 20}
    trees[3] |= {"dbh_cm": 300}
    checked = field.check([plot("p1")], [*trees, *trees_of("p1", 1, tree_id=99, dbh_cm=29)])
    warning = result(checked, "dbh_not_in_millimetres", "trees")
    assert (warning["severity"], warning["rows_failed"]) == ("warning", 1)


# --- trees that cannot be used ---------------------------------------------------------------------------------
LOST: dict[str, tuple[dict[str, Any], str]] = {
    "failed a check": ({"dbh_cm": 420.0}, "dbh_in_range"),
    "without status": ({"status": None}, "status_given"),
    "could not be typed": ({"dbh_cm": "forty"}, "unreadable_value"),
    "without diameter": ({"dbh_cm": None}, "missing_value"),
}


@pytest.mark.parametrize(("change", "rule"), LOST.values(), ids=LOST.keys())
def test_a_plot_with_a_tree_set_aside_does_not_count(field: Field, change: dict[str, Any], rule: str) -> None:
    trees = [*trees_of("p1"), *trees_of("p2")]
    trees[-1] |= change
    checked = field.check([plot("p1"), plot("p2")], trees)
    assert rules(checked["trees"].set_aside()) == {(rule, 24)}
    warning = result(checked, "all_trees_usable")
    assert (warning["severity"], warning["outcome"]) == ("warning", "failed")
    assert (warning["rows_evaluated"], warning["rows_failed"]) == (2, 1)
    assert warning["observed"] == "plot p2 census 1: 1 set aside"
    measured = field.measure(checked)
    first, second = measured.tables["plot_biomass"].to_pylist()
    assert (first["trees_set_aside"], first["complete"], first["tree_count"]) == (0, True, 12)
    assert (second["trees_set_aside"], second["complete"], second["tree_count"]) == (1, False, 11)
    east = strata(measured)["east"]
    assert (east["plot_count"], east["agb_mg_ha"]) == (1, first["agb_mg_ha"])


def test_a_row_of_another_shape_is_missed_by_its_plot(field: Field) -> None:
    checked = field.check([plot("p1"), plot("p2")], [*trees_of("p1"), *trees_of("p2")], extra="p2,99,44,,1\r\n")
    assert rules(checked["trees"].set_aside()) == {("ragged_row", 25)}
    assert result(checked, "all_trees_usable")["observed"] == "plot p2 census 1: 1 set aside"


def test_a_tree_of_no_plot_makes_none_incomplete_but_is_told(field: Field) -> None:
    checked = field.check([plot("p1")], [*trees_of("p1"), *trees_of("p9", 1), *trees_of("", 1)])
    assert rules(checked["trees"].set_aside()) == {("plot_exists", 13), ("missing_value", 14)}
    warning = result(checked, "all_trees_usable")
    assert (warning["outcome"], warning["rows_failed"]) == ("failed", 0)
    assert warning["observed"] == "2 set aside without a plot census that was received"
    assert field.measure(checked).tables["plot_biomass"]["complete"].to_pylist() == [True]


def test_the_trees_of_a_plot_that_could_not_be_typed_go_with_it(field: Field) -> None:
    trees = [*trees_of("p1"), *trees_of("p2", 2), *trees_of("p2", 1, dbh_cm="?")]
    checked = field.check([plot("p1"), plot("p2", area_ha="half")], trees)
    assert rules(checked["trees"].set_aside()) == {
        ("plot_quarantined", 13),
        ("plot_quarantined", 14),
        ("unreadable_value", 15),
    }
    assert result(checked, "all_trees_usable")["outcome"] == "passed"


def test_a_stratum_without_a_complete_plot_has_no_row(field: Field) -> None:
    trees = [*trees_of("p1"), *trees_of("p2", 1, dbh_cm=700)]
    checked = field.check([plot("p1"), plot("p2", longitude=-77.3)], trees)
    measured = field.measure(checked)
    rows = {row["plot_id"]: row for row in measured.tables["plot_biomass"].to_pylist()}
    assert (rows["p2"]["stratum_id"], rows["p2"]["tree_count"], rows["p2"]["complete"]) == ("west", 0, False)
    assert set(strata(measured)) == {"east"}


def test_the_largest_trees_in_millimetres_do_not_lower_the_stratum(field: Field) -> None:
    # Plots of 9 to 20 trees. In each of three rounds eight of the twelve lose their five largest trees. Every plot is spoilt
    # in two of them, so the mean over the rounds is what the method gives in expectation.
    plots = {f"p{n:02d}": trees_of(f"p{n:02d}", 9 + n) for n in range(12)}
    names = list(plots)

    def mean(spoilt: set[str]) -> tuple[float, int]:
        trees = [
            tree | {"dbh_cm": tree["dbh_cm"] * 10} if name in spoilt and place >= len(of_plot) - 5 else tree
            for name, of_plot in plots.items()
            for place, tree in enumerate(of_plot)
        ]
        checked = field.check([plot(name) for name in names], trees)
        assert checked["trees"].rows_quarantined == 5 * len(spoilt)
        row = strata(field.measure(checked))["east"]
        return float(row["agb_mg_ha"]), row["plot_count"]

    whole, count = mean(set())
    assert count == 12
    rounds = [mean({names[(start + step) % 12] for step in range(8)}) for start in (0, 4, 8)]
    assert {count for _, count in rounds} == {4}
    assert sum(value for value, _ in rounds) / len(rounds) == pytest.approx(whole, abs=1e-8)


def test_what_was_set_aside_is_part_of_the_key_of_the_measurement(field: Field) -> None:
    sound = [*trees_of("p1"), *trees_of("p2")]
    first = field.measure(field.check([plot("p1"), plot("p2")], sound))
    again = field.measure(field.check([plot("p1"), plot("p2")], sound))
    assert (first.changed, again.changed) == (True, False)
    # One more tree, which is set aside; then the same accepted rows, as if it had not been.
    more = field.check([plot("p1"), plot("p2")], [*sound, *trees_of("p2", 1, tree_id=99, dbh_cm=450)])
    assert field.measure(more).tables["plot_biomass"]["complete"].to_pylist() == [True, False]
    nothing = field.context.settings.root / "nothing.parquet"
    write_parquet(nothing, DATASETS["quarantine"].empty())
    without = field.measure(more | {"trees": replace(more["trees"], quarantine=nothing)})
    assert without.changed
    assert without.tables["plot_biomass"]["complete"].to_pylist() == [True, True]


def test_what_was_put_right_is_told_by_file(field: Field) -> None:
    plots, trees = [plot("P1 "), plot("P2")], [*trees_of(" P1", 2), *trees_of("P2")]
    for _ in range(2):  # the second time each step is found done
        checked = field.check(plots, trees)
        assert (checked["plots"].rows_accepted, checked["trees"].rows_accepted) == (2, 14)
        found = evidence(list(checked.values()))["repairs"].to_pylist()
        assert [
            (row["dataset"], row["column_name"], row["rule"], row["value_count"], row["first_row"]) for row in found
        ] == [
            ("plots", "plot_id", "trimmed_blanks", 1, 1),
            ("trees", "plot_id", "trimmed_blanks", 2, 1),
        ]


# --- layouts, life forms and censuses ----------------------------------------------------------------------------
def test_a_plot_off_its_layout_goes_to_quarantine_with_its_trees(field: Field) -> None:
    plots = [plot("p1", layout_id="rings"), plot("p2", layout_id="other"), plot("p3", layout_id="rings", area_ha=0.6)]
    checked = field.check(plots, [*trees_of("p1"), *trees_of("p2", 1), *trees_of("p3", 1)])
    assert rules(checked["plots"].set_aside()) == {("layout_fits", 2), ("layout_fits", 3)}
    assert rules(checked["trees"].set_aside()) == {("plot_quarantined", 13), ("plot_quarantined", 14)}
    assert field.measure(checked).tables["plot_biomass"]["layout_id"].to_pylist() == ["rings"]


def test_a_tree_too_thin_for_every_nest_is_set_aside(field: Field) -> None:
    thin = {"dbh_cm": 4.9}
    checked = field.check([plot("p1", layout_id="rings")], [*trees_of("p1"), *trees_of("p1", 1, tree_id=99, **thin)])
    assert rules(checked["trees"].set_aside()) == {("nest_holds_tree", 13)}
    assert field.measure(checked).tables["plot_biomass"]["complete"].to_pylist() == [True], "none of the plot's trees"
    metres = {"dbh_cm": 0.45}
    checked = field.check([plot("p1", layout_id="rings")], [*trees_of("p1"), *trees_of("p1", 1, tree_id=99, **metres)])
    assert rules(checked["trees"].set_aside()) == {("dbh_in_range", 13), ("nest_holds_tree", 13)}
    assert field.measure(checked).tables["plot_biomass"]["complete"].to_pylist() == [False]
    small = {"tree_id": 99, "dbh_cm": 5.0}
    checked = field.check([plot("p1", layout_id="rings")], [*trees_of("p1"), {**trees_of("p1", 1)[0], **small}])
    factors = field.measure(checked).tables["tree_biomass"]["trees_per_ha"].to_pylist()
    assert sorted(set(factors)) == [2.0, 200.0]


def test_what_a_row_says_of_its_form_of_life_must_fit(field: Field) -> None:
    trees = trees_of("p1", 15)
    trees[12] |= {"life_form": "standing_dead"}
    trees[13] |= {"life_form": "tree", "family": " arecaceae"}
    trees[14] |= {"life_form": "standing_dead", "status": "dead", "decay_class": "sound"}
    checked = field.check([plot("p1")], trees)
    assert rules(checked["trees"].set_aside()) == {("life_form_fits_status", 13)}
    assert result(checked, "life_form_fits_family", "trees")["rows_failed"] == 1
    found = field.measure(checked).tables["tree_biomass"].to_pylist()
    assert [row["allometry"] for row in found if row["life_form"] == "standing_dead"] == ["standing_dead_sound"]


def test_censuses_of_one_plot_give_its_change(field: Field) -> None:
    again = {"census_id": "2", "census_date": "2023-06-01"}
    grown = [tree | {"census_id": "2", "dbh_cm": tree["dbh_cm"] + 0.5} for tree in trees_of("p1")]
    checked = field.check([plot("p1"), plot("p1", **again)], [*trees_of("p1"), *grown])
    measured = field.measure(checked)
    [change] = measured.tables["plot_changes"].to_pylist()
    assert (change["survivor_count"], change["reason"]) == (12, None)
    assert change["growth_mg_ha"] > 0
    assert measured.tables["stratum_changes"]["plot_count"].to_pylist() == [1]


def test_plots_measured_once_have_no_table_of_changes(field: Field) -> None:
    measured = field.measure(field.check([plot("p1")], trees_of("p1")))
    assert set(measured.tables) == {"tree_biomass", "plot_biomass", "stratum_biomass"}
