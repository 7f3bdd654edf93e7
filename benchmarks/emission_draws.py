"""How long 100,000 draws of 50 transitions take, as a ratio to the same in numpy, one draw at a time."""

from __future__ import annotations

import argparse
import json
import math
import resource
import time

import numpy as np

from mrv.estimation.distributions import Distribution
from mrv.estimation.emission_draws import Account, Amount, Stock, draw_spreads, influences
from mrv.estimation.leakage_draws import LeakageRules

LIMIT_SECONDS = 5
STRATA = 5


def make_account(transitions: int, draws: int) -> Account:
    """Return made-up transitions of baseline and project, each of one stratum and of an area of its own."""
    places = np.arange(transitions)
    none = np.zeros(1)
    return Account(
        project_id="p",
        vintages=(2022,),
        amounts=[Amount(input_id=f"area {place}", error=Distribution(value=1.0, se=0.1)) for place in places.tolist()],
        stocks=[
            Stock(input_id=f"stock {place}", error=Distribution(value=150.0, se=8.0 + place)) for place in range(STRATA)
        ],
        sides=places % 2,
        link_emissions=places,
        link_amounts=places,
        link_weights=np.ones(transitions),
        part_emissions=places,
        part_stocks=places % STRATA,
        parts_tco2e=np.where(places % 2 == 0, 90_000.0, 20_000.0),
        leakage=LeakageRules(
            counts_belt=np.zeros(1, np.bool_), is_cumulative=np.zeros(1, np.bool_), rate=none, fixed_tco2e=none
        ),
        seed=958,
        draws=draws,
    )


def numpy_draws(account: Account) -> float:
    """Draw the same errors one draw at a time: what a script would do. Returns the standard deviation of the reduction."""
    generator = np.random.default_rng(1)
    sign = np.where(account.sides == 0, 1.0, -1.0)
    spreads = np.array([(stock.error.se or 0) / stock.error.value for stock in account.stocks])
    found = np.empty(account.draws)
    for draw in range(account.draws):
        areas = 1 + 0.1 * generator.standard_normal(len(account.amounts))
        stocks = 1 + spreads * generator.standard_normal(STRATA)
        found[draw] = (sign * account.parts_tco2e * areas * stocks[account.part_stocks]).sum()
    return float(found.std(ddof=1))


def main() -> None:
    """Time draws and sensitivity after the code is compiled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transitions", type=int, default=50)
    parser.add_argument("--draws", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3, help="the fastest of so many runs counts")
    given = parser.parse_args()
    warm, account = make_account(given.transitions, 10), make_account(given.transitions, given.draws)
    list(draw_spreads(warm))
    influences(warm)
    seconds, plain = math.inf, math.inf
    for _ in range(given.repeats):
        start = time.perf_counter()
        spreads = list(draw_spreads(account))
        influences(account)
        seconds = min(seconds, time.perf_counter() - start)
        start = time.perf_counter()
        plain_sd = numpy_draws(account)
        plain = min(plain, time.perf_counter() - start)
    net = next(row for row in spreads if (row.quantity, row.vintage) == ("net", None))
    result = {
        "benchmark": "emission_draws",
        "transitions": given.transitions,
        "draws": given.draws,
        "seconds": round(seconds, 3),
        "limit_seconds": LIMIT_SECONDS,
        "numpy_seconds": round(plain, 3),
        "ratio_to_numpy": round(seconds / plain, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "sd_tco2e": round(net.sd),
        "numpy_sd_tco2e": round(plain_sd),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
