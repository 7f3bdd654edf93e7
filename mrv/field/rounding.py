"""How computed floats are recorded: rounded half to even at a fixed place, so that the last bits never show."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

_NINE_PLACES = Decimal("0.000000001")

HEIGHT_PLACES = 6
"""Decimals of a recorded height in m."""
WOOD_DENSITY_PLACES = 9
"""Decimals of a recorded wood density in g/cm³."""
BIOMASS_PLACES = 6
"""Decimals of a recorded tree biomass in kg: a milligram."""


def to_factor(value: float | Decimal) -> Decimal:
    """Return a number with nine decimals, the scale of the DECIMAL columns of `mrv.schemas`, rounded half to even."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return exact.quantize(_NINE_PLACES, rounding=ROUND_HALF_EVEN)
