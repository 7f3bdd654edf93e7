"""Agreement of interpreters: kappa and its standard error as the literature has them."""

from __future__ import annotations

import random

import pytest

from mrv.errors import InputError
from mrv.estimation.agreement import agreement


def labels(matrix: dict[tuple[str, str], int]) -> tuple[list[str], list[str]]:
    pairs = [pair for pair, count in matrix.items() for _ in range(count)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def test_kappa_of_two_by_two() -> None:
    # A textbook case: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no; p_o 0.7, p_e 0.5, kappa 0.4.
    found = agreement(*labels({("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15}))
    assert (found.unit_count, found.agreed_count, found.agreement) == (50, 35, 0.7)
    assert found.kappa == pytest.approx(0.4, rel=1e-15)
    # For two labels the large-sample variance is, after Fleiss, Cohen and Everitt, 0.0161280.
    assert found.kappa_se == pytest.approx(0.126996, abs=1e-6)


def test_the_standard_error_is_that_of_repeated_samples() -> None:
    matrix = {("l", "l"): 0.15, ("l", "f"): 0.05, ("f", "l"): 0.03, ("f", "f"): 0.6, ("f", "o"): 0.02, ("o", "o"): 0.15}
    rng = random.Random(7)
    found = [
        agreement(*zip(*rng.choices(list(matrix), list(matrix.values()), k=400), strict=True)) for _ in range(1500)
    ]
    kappas = [item.kappa or 0 for item in found]
    mean = sum(kappas) / len(kappas)
    spread = (sum((kappa - mean) ** 2 for kappa in kappas) / (len(kappas) - 1)) ** 0.5
    assert sum(item.kappa_se or 0 for item in found) / len(found) == pytest.approx(spread, rel=0.06)


def test_full_agreement_and_none() -> None:
    assert agreement(["l", "f"], ["l", "f"]).kappa == 1
    assert agreement(["l", "f"], ["l", "f"]).kappa_se == 0
    assert agreement(["l", "f"], ["f", "l"]).kappa == -1


def test_one_label_for_all_has_no_kappa() -> None:
    found = agreement(["f"] * 5, ["f"] * 5)
    assert (found.agreement, found.kappa, found.kappa_se) == (1, None, None)
    assert found.reason


def test_order_of_units_and_of_interpreters_change_no_digit() -> None:
    rng = random.Random(3)
    pairs = [(rng.choice("lfo"), rng.choice("llffo")) for _ in range(97)]
    expected = agreement(*zip(*pairs, strict=True))
    rng.shuffle(pairs)
    assert agreement(*zip(*pairs, strict=True)) == expected
    turned = agreement(*[[pair[side] for pair in pairs] for side in (1, 0)])
    assert (turned.kappa, turned.agreement) == (expected.kappa, expected.agreement)
    assert turned.kappa_se == pytest.approx(expected.kappa_se, rel=1e-12)


@pytest.mark.parametrize(("one", "other"), [([], []), (["l"], ["l", "f"])])
def test_units_that_only_one_labelled_cannot_be_compared(one: list[str], other: list[str]) -> None:
    with pytest.raises(InputError, match="both labelled"):
        agreement(one, other)
