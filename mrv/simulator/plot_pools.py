"""What else is measured in forest plots: dead trees, lying dead wood, litter and soil, and the audit of an independent team."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from mrv.periods import Span

Submission = dict[str, Any]

LINES_PER_PLOT, LINE_LENGTH_M, PIECES_PER_LINE = 2, 50.0, 2.2
LITTER_G_M2, FRAME_M2, FRAMES = 750.0, 0.25, 4
SOIL_LAYERS_CM = ((0, 10), (10, 20), (20, 30))
DECAY_CLASSES, DECAY_SHARES = ("sound", "intermediate", "rotten"), (0.5, 0.3, 0.2)
BROKEN_MEASURED = 0.97
PLANTED = 4
"""Place, among the plots with soil, of the one with a piece in millimetres; the others' mistakes lie before it."""
EVERY_THIRD = 3
"""Litter and soil are sampled in one plot of three."""
AUDITED_EVERY, AUDIT_SHARE = 9, 0.12
"""One plot of nine is audited, and of it this share of the trees."""
CARELESS_PLOT = 1
"""Which of the audited plots was measured carelessly."""


def with_pools(seed: int, censuses: Sequence[Submission]) -> list[Submission]:
    """Add to submissions of plot censuses what else was measured in the plots.

    Planted, each once: soil layers with a gap, a litter subsample that is heavier dry than fresh, and a piece of dead wood
    in millimetres. A line that nothing crosses has no piece.
    """
    submissions = [_with_pools(seed, item) for item in censuses]
    sampled = [item for item in submissions if "soil" in item]
    if len(sampled) > PLANTED:
        sampled[1]["soil"][1]["soil/depth_from_cm"] = "12"
        sampled[2]["litter"][0]["litter/subsample_dry_g"] = "130"
        _piece_in_millimetres(sampled[PLANTED])
    return submissions


def _piece_in_millimetres(submission: Submission) -> None:
    for line in submission["dead_wood_lines"]:
        for piece in line.get("dead_wood_lines/pieces", ())[:1]:
            piece["dead_wood_lines/pieces/diameter_cm"] = "385"
            return


def make_plot_audits(seed: int, censuses: Sequence[Submission], window: Span) -> list[Submission]:
    """Make the submissions of an independent team that measured a part of the trees of some plots again.

    Planted: one of the audited plots was measured carelessly, and one tag is not in its census.

    Args:
        seed: Any whole number.
        censuses: Submissions of plot censuses.
        window: Days of the censuses that may be audited.
    """
    plots: dict[str, Submission] = {}
    for item in censuses:
        day = date.fromisoformat(item["plot/census_date"])
        if item["_validation_status"].get("uid") == "validation_status_approved" and window.start <= day <= window.end:
            plots.setdefault(item["plot/plot_id"], item)
    chosen = [item for place, (_, item) in enumerate(sorted(plots.items())) if place % AUDITED_EVERY == 0]
    audits = [_audit(seed, item, place) for place, item in enumerate(chosen)]
    if audits:
        audits[0]["trees"].append(copy.deepcopy(audits[0]["trees"][0]) | {"trees/tree_id": "9001"})
    return audits


def _generator(seed: int, submission: Submission, stream: int) -> np.random.Generator:
    """A generator of its own for each plot census, so that one sent twice has the same answers."""
    name = f"{submission['plot/plot_id']}|{submission['plot/census_id']}"
    return np.random.Generator(np.random.PCG64([seed, stream, *name.encode()]))


def _with_pools(seed: int, submission: Submission) -> Submission:
    rng = _generator(seed, submission, 31)
    number = sum(submission["plot/plot_id"].encode())
    found = copy.deepcopy(submission)
    found["trees"] = [_dead(rng, tree) for tree in found["trees"]]
    found["dead_wood_lines"] = [_line(rng, place) for place in range(1, LINES_PER_PLOT + 1)]
    if number % EVERY_THIRD == 0:
        found["litter"] = [_frame(rng, place) for place in range(1, FRAMES + 1)]
        found["soil"] = [_layer(rng, *depths) for depths in SOIL_LAYERS_CM]
    return found


def _dead(rng: np.random.Generator, tree: dict[str, str]) -> dict[str, str]:
    if tree.get("trees/status") != "dead":
        return tree
    found = {"trees/decay_class": _decay(rng)} | tree
    # A tree that has lost its crown is as high as what still stands; now and then nobody measured it.
    if found["trees/decay_class"] != "sound" and rng.random() < BROKEN_MEASURED:
        found = {"trees/height_m": f"{float(rng.uniform(3, 12)):.1f}"} | found
    return found


def _decay(rng: np.random.Generator) -> str:
    return str(rng.choice(DECAY_CLASSES, p=DECAY_SHARES))


def _line(rng: np.random.Generator, place: int) -> dict[str, Any]:
    line: dict[str, Any] = {
        "dead_wood_lines/line_id": f"L{place}",
        "dead_wood_lines/line_length_m": f"{LINE_LENGTH_M:g}",
    }
    pieces = [
        {
            "dead_wood_lines/pieces/piece_id": str(piece),
            "dead_wood_lines/pieces/diameter_cm": f"{10 + float(rng.exponential(8)):.1f}",
            "dead_wood_lines/pieces/piece_decay_class": _decay(rng),
        }
        for piece in range(1, int(rng.poisson(PIECES_PER_LINE)) + 1)
    ]
    return line | ({"dead_wood_lines/pieces": pieces} if pieces else {})


def _frame(rng: np.random.Generator, place: int) -> dict[str, str]:
    moisture = float(rng.uniform(0.4, 0.6))
    fresh = LITTER_G_M2 * FRAME_M2 * float(rng.normal(1, 0.2)) / (1 - moisture)
    return {
        "litter/litter_sample_id": f"H{place}",
        "litter/frame_area_m2": f"{FRAME_M2}",
        "litter/fresh_mass_g": f"{fresh:.0f}",
        "litter/subsample_fresh_g": "100",
        "litter/subsample_dry_g": f"{100 * (1 - moisture):.1f}",
    }


def _layer(rng: np.random.Generator, top: int, bottom: int) -> dict[str, str]:
    # Carbon falls and density rises with depth, as in most soils under forest.
    return {
        "soil/soil_sample_id": f"S{top}",
        "soil/depth_from_cm": f"{top}",
        "soil/depth_to_cm": f"{bottom}",
        "soil/bulk_density_g_cm3": f"{0.85 + 0.015 * top + float(rng.normal(0, 0.05)):.2f}",
        "soil/coarse_fragment_percent": f"{float(rng.uniform(2, 12)):.0f}",
        "soil/organic_carbon_percent": f"{4.2 - 0.1 * top + float(rng.normal(0, 0.3)):.2f}",
    }


def _audit(seed: int, census: Submission, place: int) -> Submission:
    rng = _generator(seed, census, 37)
    day = date.fromisoformat(census["plot/census_date"]) + timedelta(days=20)
    unique = str(rng.bytes(16).hex())
    unique = f"{unique[:8]}-{unique[8:12]}-4{unique[13:16]}-8{unique[17:20]}-{unique[20:]}"
    count = max(1, round(AUDIT_SHARE * len(census["trees"])))
    places = np.sort(rng.choice(len(census["trees"]), size=count, replace=False)).tolist()
    spread = 1.8 if place == CARELESS_PLOT else 0.12
    return {
        "_id": 610_000 + place,
        "_uuid": unique,
        "meta/instanceID": f"uuid:{unique}",
        "meta/rootUuid": f"uuid:{unique}",
        "__version__": "vSimulated1",
        "_submission_time": datetime.combine(day, time(19, 0)).isoformat(),
        "_validation_status": {"uid": "validation_status_approved", "label": "Approved"},
        "_submitted_by": "simulated",
        "audit/plot_id": census["plot/plot_id"],
        "audit/census_id": census["plot/census_id"],
        "audit/audited_on": day.isoformat(),
        "trees": [_again(rng, census["trees"][index], spread) for index in places],
    }


def _again(rng: np.random.Generator, tree: dict[str, str], spread_cm: float) -> dict[str, str]:
    kept = ("tree_id", "family", "genus", "species", "status")
    again = {f"trees/{name}": tree[f"trees/{name}"] for name in kept if f"trees/{name}" in tree}
    again["trees/dbh_cm"] = f"{max(10.0, float(tree['trees/dbh_cm']) + float(rng.normal(0, spread_cm))):.1f}"
    if "trees/height_m" in tree:
        again["trees/height_m"] = f"{float(tree['trees/height_m']) * float(np.exp(rng.normal(0, 0.05))):.1f}"
    return again
