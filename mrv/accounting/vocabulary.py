"""The words of the input tables, and the limits beyond which a number is a mistake of unit rather than a measurement."""

from __future__ import annotations

from decimal import Decimal

SCENARIOS = ("baseline", "monitored")
SCOPES = ("project_area", "leakage_belt", "outside")
ACTIVITIES = ("deforestation", "degradation", "enhancement")
SINGLE_POOLS = ("above_ground", "below_ground", "dead_wood", "litter", "soil")
POOLS = (*SINGLE_POOLS, "total")
METHOD_UNITS = {
    "stock": ("tC/ha", "tCO2e/ha"),
    "biomass": ("t d.m./ha",),
    "ratio": ("t d.m./t d.m.",),
    "share": ("1",),
}
"""How a stock is given, and in which units."""
COMPONENTS = (
    *ACTIVITIES,
    "fire",
    "leakage_prevention",
    "market_leakage",
    "outside_belt_leakage",
    "transferred",
)
ADJUSTMENTS = ("leakage_prevention", "market_leakage", "outside_belt_leakage", "transferred")
"""Components that are taken off the project's side; a baseline has none."""
DISTRIBUTIONS = {
    "normal": (),
    "truncated_normal": (),
    "lognormal": (),
    "fixed": (),
    "beta": ("shape_a", "shape_b"),
    "triangular": ("shape_a", "shape_b", "shape_c"),
}
"""Distribution of a value's error, and the shapes that it cannot do without."""
NEEDS_SE = ("normal", "truncated_normal", "lognormal")
MODES = ("annual_table", "reference_average", "crediting_level", "emissions_table")
CATEGORIES = ("internal", "external", "natural")

FIRST_YEAR, LAST_YEAR = 1980, 2100
"""Reference periods begin with the satellites; a project year (1, 2, 3) is no calendar year."""
LARGEST_AREA_HA = Decimal(10) ** 9
"""More than the land of the Earth's tropics."""
LEAST_FOREST_TC_HA, MOST_FOREST_TC_HA = Decimal(35), Decimal(350)
"""Above-ground carbon of tropical forest is some 50 to 250 tC/ha. 118 tC/ha declared as tCO2e/ha would be 32, and 430 tCO2e/ha
declared as tC/ha is more than any stand but the tallest holds: both are refused. What lies between cannot be told by the
number alone: mixed units and forest that holds less than what replaces it are looked for besides."""
LEAST_TOTAL_TC_HA, MOST_TOTAL_TC_HA = Decimal(45), Decimal(420)
"""The same of a whole state without a pool of soil: the above-ground stock and a fifth to a quarter of it in roots."""
MOST_WITH_SOIL_TC_HA = Decimal(650)
"""The same of pools of which one is the soil; peat holds more, and says so in `stock_range`."""
MOST_STOCK = Decimal(3000)
"""Deep peat, tC/ha; more in one pool, in whatever unit, is in kg or of something else than a hectare."""
MOST_BIOMASS_T_HA = Decimal(960)
"""450 tC/ha at 0.47."""
MOST_RATIO = Decimal(3)
"""Roots of dry shrubland weigh less than three times what stands above them; 22.1 is per cent."""
LEAST_CARBON_FRACTION, MOST_CARBON_FRACTION = Decimal("0.3"), Decimal("0.6")
"""Litter 0.37, wood 0.43 to 0.53; 47 is per cent."""
MITIGATIONS = (Decimal("0.25"), Decimal("0.5"), Decimal(1))
