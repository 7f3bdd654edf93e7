"""What was measured of one carbon pool in one plot census."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mrv.errors import InputError

CensusKey = tuple[str, str]
"""(plot_id, census_id)."""


@dataclass(frozen=True)
class PoolAmount:
    """A pool of a plot census.

    Attributes:
        census: Plot and census.
        pool: Which pool.
        dry_mass_mg_ha: Dry mass; None where it is not known, and for soil. For soil see `carbon_tc_ha`.
        measurement_count: Pieces, trees, frames or layers behind it.
        method: How it was measured.
        reason: Why the amount is not known; None where it is.
        carbon_tc_ha: Carbon, where it was measured as such and not as dry mass.
        note: What a known amount leaves out.
    """

    census: CensusKey
    pool: str
    dry_mass_mg_ha: float | None
    measurement_count: int
    method: str
    reason: str | None = None
    carbon_tc_ha: float | None = None
    note: str | None = None


def by_census(
    rows: Iterable[Mapping[str, Any]], dataset: str, accepted: Collection[CensusKey]
) -> dict[CensusKey, list[Mapping[str, Any]]]:
    """Group rows by plot census, in the order of the censuses.

    Args:
        rows: Rows with plot_id and census_id.
        dataset: Their table, for the message.
        accepted: The plot censuses that there are.

    Raises:
        InputError: A row belongs to none of these.
    """
    found: dict[CensusKey, list[Mapping[str, Any]]] = {}
    for row in rows:
        census = (row["plot_id"], row["census_id"])
        if census not in accepted:
            raise InputError(
                f"a row of {dataset} belongs to no plot census",
                expected="a row of plots with its plot_id and census_id",
                found="none accepted",
                where=f"{dataset}, plot {census[0]!r}, census {census[1]!r}",
                remedy="submit the plot, or mend plot_id and census_id",
            )
        found.setdefault(census, []).append(row)
    return dict(sorted(found.items()))
