"""Dead wood, litter and soil of a plot census."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.errors import InputError
from mrv.field.dead_wood import lying_dead_wood, lying_volume_m3_ha, standing_dead_wood
from mrv.field.litter import dry_mass_g, litter
from mrv.field.soil import layer_carbon_tc_ha, layers_problem, profile_carbon_tc_ha, soil

CENSUS = ("p1", "1")
FACTORS = {"sound": 1.0, "intermediate": 0.8, "rotten": 0.45}
diameters = st.lists(st.floats(1, 300), max_size=20)


def _piece(line: str, diameter: float | None, *, length: float = 50.0, decay: str | None = "sound") -> dict[str, Any]:
    return {
        "plot_id": "p1",
        "census_id": "1",
        "line_id": line,
        "line_length_m": length,
        "piece_id": f"{line}-{diameter}-{decay}",
        "diameter_cm": diameter,
        "decay_class": decay if diameter is not None else None,
    }


def _lying(pieces: list[dict[str, Any]], *, slope: float = 1.0, density: float | None = 0.6) -> Any:
    known = {} if density is None else {CENSUS: density}
    [amount] = lying_dead_wood(pieces, slope_factors={CENSUS: slope}, wood_density_g_cm3=known, class_factors=FACTORS)
    return amount


def test_line_intersect_gives_the_worked_volume() -> None:
    assert lying_volume_m3_ha(diameters_cm=[12, 18, 25], line_length_m=100) == pytest.approx(13.48435, abs=5e-6)
    assert lying_volume_m3_ha(diameters_cm=[], line_length_m=100) == 0


@pytest.mark.parametrize(("found", "length"), [([12.0, 0.0], 100.0), ([12.0, math.nan], 100.0), ([12.0], 0.0)])
def test_a_size_that_is_no_size_is_refused(found: list[float], length: float) -> None:
    with pytest.raises(InputError, match="not a positive number"):
        lying_volume_m3_ha(diameters_cm=found, line_length_m=length)


@given(diameters, st.randoms(use_true_random=False))
def test_volume_does_not_depend_on_order_and_adds_up_over_pieces(found: list[float], random: Any) -> None:
    shuffled = found.copy()
    random.shuffle(shuffled)
    whole = lying_volume_m3_ha(diameters_cm=found, line_length_m=80)
    assert lying_volume_m3_ha(diameters_cm=shuffled, line_length_m=80) == whole
    parts = sum(lying_volume_m3_ha(diameters_cm=[each], line_length_m=80) for each in found)
    assert whole == pytest.approx(parts)


def test_lines_of_a_plot_are_one_line_and_an_empty_line_counts_with_its_length() -> None:
    pieces = [_piece("1", 12.0), _piece("1", 18.0), _piece("1", 25.0), _piece("2", None)]
    amount = _lying(pieces)
    assert amount.dry_mass_mg_ha == pytest.approx(13.48435 * 0.6, abs=5e-6)
    assert amount.measurement_count == 3
    assert _lying(pieces[::-1]) == amount


def test_a_line_that_nothing_crosses_is_a_measured_zero_and_no_line_is_nothing() -> None:
    amount = _lying([_piece("1", None)], density=None)
    assert (amount.dry_mass_mg_ha, amount.reason) == (0.0, None)
    assert lying_dead_wood([], slope_factors={CENSUS: 1.0}, wood_density_g_cm3={}, class_factors=FACTORS) == []


def test_decay_takes_density_away_and_a_slope_shortens_the_line() -> None:
    sound, rotten = _lying([_piece("1", 20.0)]), _lying([_piece("1", 20.0, decay="rotten")])
    assert rotten.dry_mass_mg_ha == pytest.approx(sound.dry_mass_mg_ha * 0.45)
    sloped = _lying([_piece("1", 20.0)], slope=0.957826)
    assert sloped.dry_mass_mg_ha == pytest.approx(sound.dry_mass_mg_ha * 1.044031, rel=1e-6)


@pytest.mark.parametrize(
    ("pieces", "density", "reason"),
    [
        ([_piece("1", 20.0, decay=None)], 0.6, "1 piece(s) without a decay class"),
        ([_piece("1", 20.0), _piece("1", 21.0, length=60.0)], 0.6, "line 1 has two lengths"),
        ([_piece("1", 20.0)], None, "the plot has no living tree, so its wood density is not known"),
    ],
)
def test_what_is_not_known_has_a_reason_and_no_amount(pieces: list[Any], density: float | None, reason: str) -> None:
    amount = _lying(pieces, density=density)
    assert (amount.dry_mass_mg_ha, amount.reason) == (None, reason)


def test_a_piece_of_no_plot_is_refused() -> None:
    with pytest.raises(InputError, match="belongs to no plot census"):
        lying_dead_wood([_piece("1", 20.0)], slope_factors={}, wood_density_g_cm3={}, class_factors=FACTORS)


def test_standing_dead_trees_are_zero_only_where_the_teams_look_at_them() -> None:
    dead = [
        {"plot_id": "p1", "census_id": "1", "agb_kg": 500.0, "trees_per_ha": 4.0, "family": None},
        {"plot_id": "p3", "census_id": "1", "agb_kg": None, "trees_per_ha": 4.0, "family": "Moraceae"},
        {"plot_id": "p1", "census_id": "1", "agb_kg": None, "trees_per_ha": 4.0, "family": "Arecaceae"},
    ]
    censuses = [CENSUS, ("p2", "1"), ("p3", "1"), ("p4", "1")]
    found = {item.census[0]: item for item in standing_dead_wood(dead, censuses=censuses, unclassed={("p4", "1"): 2})}
    assert (found["p1"].dry_mass_mg_ha, found["p1"].reason) == (2.0, None)
    assert found["p1"].note == "1 dead palm(s) or tree fern(s) left out, which have no equation"
    assert (found["p2"].dry_mass_mg_ha, found["p2"].reason) == (0.0, None)
    assert found["p3"].reason == "1 dead tree(s) without what their equation needs"
    assert found["p4"].reason == "2 dead tree(s) without a decay class"
    assert standing_dead_wood([], censuses=censuses, unclassed={("p4", "1"): 2}) == []


def test_litter_is_the_dry_share_over_the_area_of_the_frames() -> None:
    frame = {"plot_id": "p1", "census_id": "1", "frame_area_m2": 0.25, "fresh_mass_g": 200.0}
    frames = [
        {**frame, "subsample_fresh_g": 100.0, "subsample_dry_g": 60.0},
        {**frame, "subsample_fresh_g": 100.0, "subsample_dry_g": 40.0},
    ]
    [amount] = litter(frames, censuses=[CENSUS])
    # 120 + 80 g on half a square metre are 400 g/m², which is 4 Mg/ha.
    assert (amount.dry_mass_mg_ha, amount.measurement_count) == (pytest.approx(4.0), 2)
    assert dry_mass_g(fresh_mass_g=0, subsample_fresh_g=0, subsample_dry_g=0) == 0


@pytest.mark.parametrize(("fresh", "sub", "dry"), [(10, 5, 6), (10, 0, 0), (-1, 5, 4), (math.nan, 5, 4)])
def test_masses_that_contradict_each_other_are_refused(fresh: float, sub: float, dry: float) -> None:
    with pytest.raises(InputError, match="contradict"):
        dry_mass_g(fresh_mass_g=fresh, subsample_fresh_g=sub, subsample_dry_g=dry)


def _layer(top: float, bottom: float, *, stones: float | None = 0.0, name: str = "a") -> dict[str, Any]:
    return {
        "plot_id": "p1",
        "census_id": "1",
        "sample_id": f"{name}{top}",
        "depth_from_cm": top,
        "depth_to_cm": bottom,
        "bulk_density_g_cm3": 1.2,
        "coarse_fragment_percent": stones,
        "organic_carbon_percent": 2.0,
    }


def test_soil_carbon_of_a_layer_and_of_a_profile() -> None:
    # 1.2 g/cm³ over 10 cm are 1200 t/ha of soil, of which 2 per cent is carbon.
    of_layer = layer_carbon_tc_ha(
        bulk_density_g_cm3=1.2, thickness_cm=10, coarse_fragment_percent=25, organic_carbon_percent=2
    )
    assert of_layer == pytest.approx(18.0)
    layers = [_layer(0, 10), _layer(10, 20), _layer(20, 40)]
    assert profile_carbon_tc_ha(layers, depth_cm=30) == pytest.approx(72.0)
    assert profile_carbon_tc_ha([*layers, _layer(0, 10, stones=50, name="b")], depth_cm=30) == pytest.approx(66.0)


@pytest.mark.parametrize(
    ("layers", "problem"),
    [
        ([(0, 10), (15, 30)], "leave a gap from 10 to 15 cm"),
        ([(0, 15), (10, 30)], "overlap from 10 to 15 cm"),
        ([(5, 30)], "do not begin at the surface"),
        ([(0, 20)], "end at 20 cm, above 30 cm"),
        ([(0, 10), (0, 30)], "overlap from 0 to 10 cm"),
    ],
)
def test_layers_that_do_not_add_up_are_refused(layers: list[tuple[float, float]], problem: str) -> None:
    assert problem in (layers_problem(layers, depth_cm=30) or "")
    rows = [_layer(*each) for each in layers]
    with pytest.raises(InputError, match="do not add up"):
        profile_carbon_tc_ha(rows, depth_cm=30)
    [amount] = soil(rows, censuses=[CENSUS], depth_cm=30)
    assert amount.carbon_tc_ha is None
    assert problem in (amount.reason or "")


def test_stones_that_nobody_measured_are_not_none() -> None:
    [amount] = soil([_layer(0, 30, stones=None)], censuses=[CENSUS], depth_cm=30)
    assert (amount.carbon_tc_ha, amount.reason) == (None, "1 layer(s) whose coarse fragments were not measured")
