"""How far two interpreters agree on the same units."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mrv.errors import InputError
from mrv.estimation.sample import Label


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Agreement of two interpreters.

    Attributes:
        unit_count: Units that both labelled.
        agreed_count: Units with the same label.
        agreement: Their share.
        kappa: Cohen's kappa: agreement beyond what chance gives; None where it is not defined.
        kappa_se: Its standard error in large samples.
        reason: Why there is no kappa.
    """

    unit_count: int
    agreed_count: int
    agreement: float
    kappa: float | None
    kappa_se: float | None
    reason: str | None = None


def agreement(labels_a: Sequence[Label], labels_b: Sequence[Label]) -> Agreement:
    """Compare two interpreters' labels of the same units.

    Source: Cohen 1960; standard error by Fleiss, Cohen and Everitt 1969, eq. 13.

    Args:
        labels_a: Labels of the one.
        labels_b: Labels of the other, of the same units in the same order.

    Raises:
        InputError: There is no unit, or the numbers differ.
    """
    n = len(labels_a)
    if n == 0 or len(labels_b) != n:
        raise InputError(
            "two interpreters can only be compared on units that both labelled",
            expected="the same units, one or more",
            found=f"{n} and {len(labels_b)} labels",
            remedy="compare the units that both labelled",
        )
    pairs = Counter(zip(labels_a, labels_b, strict=True))
    rows, columns = Counter(labels_a), Counter(labels_b)
    agreed = sum(count for (one, other), count in pairs.items() if one == other)
    chance = sum(rows[label] * columns[label] for label in rows)
    if chance == n * n:
        return Agreement(
            unit_count=n,
            agreed_count=agreed,
            agreement=agreed / n,
            kappa=None,
            kappa_se=None,
            reason="both gave all units the same label: chance alone explains it",
        )
    # Whole numbers up to the last division, so that no digit depends on the order of the units.
    p_o, p_e = agreed / n, chance / n**2
    kappa = (agreed * n - chance) / (n * n - chance)
    on = math.fsum(
        count / n * (1 - p_e - (rows[one] + columns[one]) / n * (1 - p_o)) ** 2
        for (one, other), count in pairs.items()
        if one == other
    )
    off = math.fsum(
        count / n * ((columns[one] + rows[other]) / n) ** 2 for (one, other), count in pairs.items() if one != other
    )
    variance = (on + (1 - p_o) ** 2 * off - (p_o * p_e - 2 * p_e + p_o) ** 2) / (n * (1 - p_e) ** 4)
    return Agreement(
        unit_count=n,
        agreed_count=agreed,
        agreement=p_o,
        kappa=kappa,
        kappa_se=math.sqrt(max(variance, 0.0)),
    )
