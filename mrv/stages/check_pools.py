"""What the checks of dead wood, litter, soil and audits depend on besides their rows: the plot censuses that were accepted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from mrv.stages.check import Checked

IN_PLOTS = ("dead_wood_pieces", "litter_samples", "soil_samples", "audit_trees")


def pool_parameters(dataset: str, received: pa.Table, plots: Checked | None) -> Mapping[str, Any]:
    """Return the values that the suite of a dataset takes beside the period's; none for datasets of other rooms.

    Args:
        dataset: Name of the landed table.
        received: Rows of `plots` that could be typed.
        plots: What was accepted of them; None where no plots were received, and then no measurement has a plot.
    """
    from expectations.frames import census_keys, tree_parameters

    if dataset not in IN_PLOTS:
        return {}
    if plots is None:
        return {"accepted_census_keys": [], "quarantined_plot_keys": []}
    accepted = plots.table()
    of_trees = tree_parameters(received=received, accepted=accepted, set_aside=plots.set_aside())
    return {
        "accepted_census_keys": sorted(set(census_keys(accepted))),
        "quarantined_plot_keys": of_trees["quarantined_plot_keys"],
    }
