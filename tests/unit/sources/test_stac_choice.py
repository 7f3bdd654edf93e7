"""Which scenes a composite takes: clear ones, each once, the best copy, whatever the order they come in."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mrv.periods import Span
from mrv.project_scenes import Stac
from mrv.sources.stac_choice import choose
from mrv.sources.stac_items import Scene

YEAR = {"id": "y", "start": "2023-01-01", "end": "2023-12-31"}


def spec(**changes: object) -> Stac:
    return Stac.model_validate(
        {
            "connector": "stac",
            "name": "s",
            "url": "https://x",
            "collections": ["sentinel-2-l2a"],
            "composites": [YEAR],
            "resolution_m": 20,
            **changes,
        }
    )


def scene(
    name: str, day: int = 1, *, tile: str = "18MUS", baseline: str = "05.10", cloud: object = 10, made: int = 1
) -> Scene:
    return Scene(
        scene_id=name,
        collection="sentinel-2-l2a",
        sensor="sentinel-2",
        acquired_at=datetime(2023, 7, day, 15, tzinfo=UTC),
        item_sha256="-",
        tile=tile,
        cloud_percent=None if cloud is None else Decimal(str(cloud)),
        version=baseline,
        processed_at=datetime(2023, 8, made, tzinfo=UTC),
        offset=Decimal(0),
    )


def chosen(scenes: list[Scene], **changes: object) -> dict[str, str | None]:
    project = spec(**changes)
    return {name: reason for (_, name), reason in choose(scenes, project, project.composites[0]).items()}


def test_the_copy_with_the_highest_baseline_counts() -> None:
    found = chosen([scene("a", baseline="03.01", made=9), scene("b", baseline="05.09"), scene("c", baseline="05.10")])
    assert found == {"a": "copy of c", "b": "copy of c", "c": None}


def test_of_equal_baselines_the_one_made_last_counts() -> None:
    assert chosen([scene("a", made=3), scene("b", made=2)]) == {"a": None, "b": "copy of a"}


def test_other_tiles_and_days_are_no_copies() -> None:
    assert set(chosen([scene("a"), scene("b", tile="18MVS"), scene("c", day=2)]).values()) == {None}


def test_a_worse_copy_does_not_stand_in_for_a_cloudy_one() -> None:
    found = chosen([scene("old", baseline="02.14", cloud=1), scene("new", cloud=99)])
    assert found["old"] == "copy of new" and found["new"] is not None and "cloud" in found["new"]


def test_tier_one_before_tier_two() -> None:
    pair = [
        replace(scene(name, made=made), collection="landsat-c2-l2", sensor="landsat", version=tier)
        for name, tier, made in (("one", "T1", 1), ("two", "T2", 5), ("real-time", "RT", 9))
    ]
    assert chosen(pair, collections=["landsat-c2-l2"]) == {
        "one": None,
        "two": "copy of one",
        "real-time": "copy of one",
    }


def test_limits() -> None:
    scenes = [scene("a", 1, cloud=5), scene("b", 2, cloud=3), scene("c", 3, cloud=4), scene("d", 4, cloud=None)]
    found = chosen([*scenes, scene("other tile", 1, tile="18MVS", cloud=60)], max_scenes_per_tile=2)
    assert {name for name, reason in found.items() if reason is None} == {"b", "c", "other tile"}
    assert found["a"] == "2 clearer scenes of the tile" and "unknown" in str(found["d"])


def test_what_was_not_asked_for_is_refused() -> None:
    foreign = replace(scene("foreign"), collection="sentinel-2-c1-l2a")
    early = replace(scene("early"), acquired_at=datetime(2022, 12, 31, 23, tzinfo=UTC))
    broken = replace(scene("broken", 5), problem="it has no asset red")
    found = chosen([foreign, early, broken, scene("excluded", 6)], exclude=["excluded"])
    assert all(str(reason).startswith("refused: ") for name, reason in found.items() if name != "excluded")
    assert found["excluded"] == "excluded by the project"


@given(st.integers(0, 1000), st.lists(st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(0, 99)), max_size=25))
def test_the_order_changes_nothing(seed: int, drawn: list[tuple[int, int, int]]) -> None:
    scenes = [
        scene(f"s{number}", day, baseline=f"05.{made:02d}", cloud=cloud, made=made)
        for number, (day, made, cloud) in enumerate(drawn)
    ]
    shuffled = random.Random(seed).sample(scenes, len(scenes))
    found = chosen(scenes, max_scenes_per_tile=2)
    assert chosen([*shuffled, *scenes[:3]], max_scenes_per_tile=2) == found
    days = [item.acquired_at.date() for item in scenes if found[item.scene_id] is None]
    assert len(days) == len(set(days)) <= 2


# --- definition --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"composites": [YEAR, YEAR]}, "declared twice"),
        ({"changes": [{"before": "y", "after": "z"}]}, "names composite z"),
        ({"changes": [{"before": "y", "after": "y"}]}, "does not begin before"),
        ({"collections": ["sentinel-2-l2a", "landsat-c2-l2"]}, "Sentinel-2 or Landsat"),
        ({"collections": ["sentinel-1-grd"]}, "sentinel-2-c1-l2a"),
        ({"composites": [{"id": "y", "start": "2023-02-01", "end": "2023-01-01"}]}, "before start"),
        ({"resolution_m": 5}, "greater than or equal to 10"),
    ],
)
def test_definitions_that_cannot_hold(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        spec(**changes)


def test_a_period_makes_its_composites_and_those_they_are_compared_with() -> None:
    years = [{"id": f"y{year}", "start": f"{year}-06-01", "end": f"{year}-09-30"} for year in (2021, 2022, 2023)]
    project = spec(
        composites=years, changes=[{"before": "y2021", "after": "y2022"}, {"before": "y2022", "after": "y2023"}]
    )
    period = spec(composites=[YEAR]).composites[0]
    composites, changes = project.of_window(period.span)
    assert [item.id for item in composites] == ["y2022", "y2023"]
    assert [(item.before, item.after) for item in changes] == [("y2022", "y2023")]
    assert project.of_window(Span(period.start.replace(year=2019), period.end.replace(year=2020))) == ([], [])
