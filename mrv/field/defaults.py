"""Which parameter holds the default ratio of a pool for a climate: roots, dead wood and litter of above-ground biomass.

The numbers are rows of the catalogue of parameters; a pool of a project names one of them as its `ratio_of_above_ground`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from mrv.errors import InputError

EcologicalZone = Literal["rainforest", "moist_forest", "dry_forest", "mountain"]

_HIGH_M = 2000
_DRY_MM = 1000
_MOIST_MM = 1600
_LARGE_MG_HA = 125
_ROOT_SHOOT = {
    "rainforest": "root_shoot_ratio",
    "mountain": "root_shoot_ratio_montane",
    "moist_forest": "root_shoot_ratio_moist",
}


def root_shoot_parameter(zone: EcologicalZone, *, agb_mg_ha: Decimal | float) -> str:
    """Return the name of the root-to-shoot ratio of a natural forest of the Americas.

    IPCC 2019 Refinement, volume 4, table 4.4, tropical zones. The mountain zone is mapped as a public lookup has it.

    Args:
        zone: Ecological zone of the IPCC.
        agb_mg_ha: Above-ground biomass in Mg/ha, which decides for dry forest only.
    """
    if zone == "dry_forest":
        return "root_shoot_ratio_dry_large" if agb_mg_ha > _LARGE_MG_HA else "root_shoot_ratio_dry_small"
    return _ROOT_SHOOT[zone]


def dead_matter_parameters(
    *, tropical: bool, elevation_m: float | None = None, precipitation_mm: float | None = None
) -> tuple[str, str]:
    """Return the names of the ratios of dead wood and of litter (CDM AR-TOOL12).

    Args:
        tropical: Whether the land is tropical, rather than temperate or boreal.
        elevation_m: Elevation in m, of tropical land.
        precipitation_mm: Precipitation in mm a year, of tropical land up to 2,000 m.

    Raises:
        InputError: Elevation or precipitation decides and is not given.
    """
    if not tropical:
        return _dead_matter("_temperate")
    if elevation_m is None or (elevation_m <= _HIGH_M and precipitation_mm is None):
        raise InputError(
            "the defaults of dead wood and litter depend on elevation and precipitation",
            expected="elevation_m, and precipitation_mm up to 2,000 m",
            found=f"{elevation_m} m, {precipitation_mm} mm",
            remedy="give both",
        )
    if elevation_m > _HIGH_M:
        return _dead_matter("_high")
    if precipitation_mm is None or precipitation_mm > _MOIST_MM:
        return _dead_matter("")
    return _dead_matter("_dry" if precipitation_mm <= _DRY_MM else "_moist")


def _dead_matter(suffix: str) -> tuple[str, str]:
    return f"dead_wood_ratio{suffix}", f"litter_ratio{suffix}"
