"""Two small plots and what their biomass needs, as landed tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from mrv.field.carbon import FieldCarbon, field_carbon
from mrv.project_field import FieldCarbon as Settings
from mrv.schemas import DATASETS

FIRST, SECOND, THIRD = date(2018, 1, 1), date(2020, 1, 1), date(2023, 1, 1)
"""Days of the censuses of permanent plots."""
ARTIFACT = "c0ffee" + "0" * 58

Land = Callable[..., pa.Table]


def land_rows(dataset: str, *records: dict[str, Any]) -> pa.Table:
    """Land records: columns they do not give are null, the origin is filled."""
    rows = []
    for position, record in enumerate(records, start=1):
        unknown = record.keys() - set(DATASETS[dataset].schema.names)
        assert not unknown, unknown
        rows.append(dict.fromkeys(DATASETS[dataset].schema.names) | {"_artifact": ARTIFACT, "_row": position} | record)
    return DATASETS[dataset].table(rows)


def plot(plot_id: str, **changes: Any) -> dict[str, Any]:
    return {"plot_id": plot_id, "census_id": "1", "census_date": date(2020, 5, 1), "area_ha": 1.0} | changes


def tree(plot_id: str, tree_id: str, dbh_cm: float, **changes: Any) -> dict[str, Any]:
    base = {"plot_id": plot_id, "census_id": "1", "tree_id": tree_id, "dbh_cm": dbh_cm, "genus": "Inga"}
    return base | {"species": "edulis", "status": "alive"} | changes


HEIGHTS = [(10 + 4 * n, 8.0 + 4 * n**0.7) for n in range(15)]


@pytest.fixture
def land() -> Land:
    return land_rows


@pytest.fixture
def make_plot() -> Callable[..., dict[str, Any]]:
    return plot


@pytest.fixture
def make_tree() -> Callable[..., dict[str, Any]]:
    return tree


@pytest.fixture
def tables() -> dict[str, Any]:
    """Arguments of `field_carbon` for two plots of two trees each."""
    return {
        "plots": land_rows("plots", plot("p1"), plot("p2")),
        "trees": land_rows(
            "trees", tree("p1", "1", 20.0), tree("p1", "2", 35.0), tree("p2", "1", 28.0), tree("p2", "2", 61.0)
        ),
        "wood_density": land_rows(
            "wood_density",
            {
                "level": "species",
                "family": "Fabaceae",
                "genus": "Inga",
                "species": "Inga edulis",
                "wood_density_g_cm3": 0.5,
            },
            {"level": "genus", "family": "Fabaceae", "genus": "Inga", "wood_density_g_cm3": 0.6},
            {"level": "family", "family": "Fabaceae", "wood_density_g_cm3": 0.7},
        ),
        "heights": land_rows(
            "heights",
            *({"sample_id": str(n), "dbh_cm": float(d), "height_m": h} for n, (d, h) in enumerate(HEIGHTS)),
        ),
        "names": None,
        "plot_strata": {"p1": "s1", "p2": "s1"},
        "trees_set_aside": {},
        "settings": Settings(),
        "decay_factors": {"sound": 1.0, "intermediate": 0.8, "rotten": 0.45},
    }


@pytest.fixture
def compute(tables: dict[str, Any]) -> Callable[..., FieldCarbon]:
    return lambda **changes: field_carbon(**(tables | changes))


@pytest.fixture
def follow(compute: Any, land: Any, make_plot: Any, make_tree: Any) -> Any:
    """Measure a plot p1 twice (trees by id: diameter, or a row), beside a plot p2 that was measured once."""

    def rows(census: str, trees: dict[str, Any]) -> list[dict[str, Any]]:
        given = {tag: tree if isinstance(tree, dict) else {"dbh_cm": tree} for tag, tree in trees.items()}
        return [make_tree("p1", tag, 0.0, census_id=census) | tree for tag, tree in given.items()]

    def measure(
        before: dict[str, Any], after: dict[str, Any], later: dict[str, Any] | None = None, **more: Any
    ) -> FieldCarbon:
        found: FieldCarbon = compute(
            plots=land(
                "plots",
                make_plot("p1", census_date=FIRST),
                make_plot("p1", census_id="2", census_date=SECOND, **(later or {})),
                make_plot("p2"),
            ),
            trees=land("trees", *rows("1", before), *rows("2", after), make_tree("p2", "1", 30.0)),
            **more,
        )
        return found

    return measure
