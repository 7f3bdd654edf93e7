"""Exact conversions between the units of the ledger."""

from __future__ import annotations

from decimal import Decimal

UM2_PER_M2 = 1_000_000_000_000
M2_PER_HA = 10_000
UM2_PER_HA = UM2_PER_M2 * M2_PER_HA
GRAMS_PER_MG = 1_000_000


def um2_to_ha(area_um2: int) -> Decimal:
    """Convert integer square micrometres to hectares, exactly."""
    return Decimal(area_um2) / Decimal(UM2_PER_HA)


def m2_to_um2(area_m2: float) -> int:
    """Round square metres to whole square micrometres, half to even."""
    return round(area_m2 * UM2_PER_M2)
