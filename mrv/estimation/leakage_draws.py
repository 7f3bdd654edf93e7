"""From drawn emissions of baseline, project and belt to reductions: the rules of leakage, for each draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mrv.estimation.sample import Floats

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class LeakageRules:
    """How leakage follows, each of shape (vintages,).

    Attributes:
        counts_belt: Whether emissions of the belt beyond its baseline count.
        is_cumulative: Whether they are held above zero as a sum since the first vintage, instead of in each vintage.
        rate: Part of the gross reduction that leaks: displacement, market leakage, or a rate on all of it; none of a loss.
        fixed_tco2e: Leakage that is given: outside the belt, of measures against leakage.
    """

    counts_belt: Flags
    is_cumulative: Flags
    rate: Floats
    fixed_tco2e: Floats

    def of(self, vintages: npt.NDArray[np.int64]) -> LeakageRules:
        """Return the rules of some vintages, given by position."""
        return LeakageRules(
            counts_belt=self.counts_belt[vintages],
            is_cumulative=self.is_cumulative[vintages],
            rate=self.rate[vintages],
            fixed_tco2e=self.fixed_tco2e[vintages],
        )


def quantities_of(emissions: Floats, rules: LeakageRules) -> dict[str, Floats]:
    """Return what the ledger makes of emissions, by quantity, each of shape (vintages, draws) in tCO2e.

    Args:
        emissions: By vintage and side, shape (4 × vintages, draws): project area baseline and monitored, belt the same.
        rules: How leakage follows.
    """
    baseline, project, belt_baseline, belt_monitored = (emissions[side::4] for side in range(4))
    gross = baseline - project
    belt = _belt_leakage(belt_monitored - belt_baseline, rules)
    leakage = belt + rules.rate[:, None] * np.maximum(gross, 0) + rules.fixed_tco2e[:, None]
    return {
        "baseline": baseline,
        "project": project,
        "gross_reduction": gross,
        "belt_leakage": belt,
        "leakage": leakage,
        "net": gross - leakage,
    }


def _belt_leakage(excess: Floats, rules: LeakageRules) -> Floats:
    counted = np.where(rules.counts_belt[:, None], excess, 0)
    if not rules.is_cumulative.any():
        floored: Floats = np.maximum(counted, 0)
        return floored
    running = np.maximum(np.cumsum(counted, axis=0), 0)
    return np.where(rules.is_cumulative[:, None], np.diff(running, axis=0, prepend=0), np.maximum(counted, 0))
