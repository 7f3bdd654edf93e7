"""Height models by stratum."""

from __future__ import annotations

import logging
import math
import random

import numpy as np
import pytest

from mrv.errors import InputError
from mrv.field.height_groups import MIN_OF_STRATUM, POOLED, height_groups
from mrv.project_field import FieldCarbon

GENERATOR = random.Random(5)
BY_STRATUM = FieldCarbon(height_model_by="stratum")


def _trees(stratum: str, count: int, stature: float) -> list[tuple[str, float, float]]:
    return [
        (stratum, dbh, stature * 2.2 * dbh**0.62 * math.exp(GENERATOR.gauss(0, 0.05)))
        for dbh in np.geomspace(10, 120, count).tolist()
    ]


TREES = [*_trees("high", 60, 0.8), *_trees("low", 60, 1.05), *_trees("rare", MIN_OF_STRATUM - 1, 1.0)]


def test_each_stratum_has_its_own_height_and_a_rare_one_that_of_all(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        groups = height_groups(BY_STRATUM, TREES)
    assert set(groups.models) == {POOLED, "high", "low"}
    assert "stratum rare has 29 measured heights" in caplog.text
    dbh = np.array([30.0, 30.0, 30.0, 30.0])
    high, low, rare, unknown = groups.predict_m(dbh, ["high", "low", "rare", "none"], np.arange(4))
    assert low / high == pytest.approx(1.05 / 0.8, rel=0.05)
    assert rare == unknown == groups.pooled.predict_m(dbh)[0]
    assert high < rare < low


def test_one_model_for_all_is_the_default_and_order_changes_nothing() -> None:
    one = height_groups(FieldCarbon(), TREES)
    assert set(one.models) == {POOLED}
    mixed = TREES.copy()
    random.Random(2).shuffle(mixed)
    assert height_groups(BY_STRATUM, mixed).models == height_groups(BY_STRATUM, TREES).models


def test_diameters_beyond_the_sample_of_their_own_model_are_told() -> None:
    narrow = [tree for tree in TREES if tree[0] != "high" or tree[1] < 60]
    groups = height_groups(BY_STRATUM, narrow)
    beyond = groups.beyond(np.array([80.0, 80.0]), ["high", "low"], np.arange(2))
    assert beyond.tolist() == [True, False]


def test_a_sample_of_its_own_does_not_tell_strata() -> None:
    apart = [(dbh, height) for _, dbh, height in TREES]
    assert height_groups(FieldCarbon(), [], apart=apart).samples[POOLED] == apart
    with pytest.raises(InputError, match="measured in the plots"):
        height_groups(BY_STRATUM, TREES, apart=apart)


def test_a_published_model_has_no_strata() -> None:
    with pytest.raises(ValueError, match="holds for all strata"):
        FieldCarbon(height_model="feldpausch_2012", height_region="pantropical", height_model_by="stratum")
