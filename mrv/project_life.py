"""Keys `patrols`, `biodiversity`, `privacy` and `claims` of a project definition."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from mrv.project_base import Identifier, Strict, TimeZone


class Patrols(Strict):
    """How tracks of patrols become distance and coverage."""

    cell_m: int = Field(1000, ge=100, le=10_000, description="Side of the grid cells whose coverage is told, metres.")
    max_gap_minutes: int = Field(60, ge=1, le=1440, description="Two points further apart in time are not joined.")
    max_speed_km_h: Decimal = Field(Decimal("120"), gt=0, description="A point that needs more speed is an outlier.")
    time_zone: TimeZone = Field("America/Lima", description="Time zone in which a patrol's days are counted.")


class Biodiversity(Strict):
    """When pictures tell of another event, and which species must not be found by a reader."""

    independence_minutes: int = Field(
        30, ge=0, le=1440, description="Minutes between independent events of a species at a location."
    )
    categories_list: str = Field(
        "IUCN", description="List of `species_categories` that decides whether a species is threatened."
    )
    time_zone: TimeZone = Field(
        "America/Lima", description="Time zone in which camera nights and event days are counted."
    )


class Privacy(Strict):
    """How far exact places are generalised before anything leaves the house."""

    cell_m: int = Field(
        1000, ge=100, le=100_000, description="Cell told instead of the place of a threat, a site or a record."
    )
    sensitive_cell_m: int = Field(
        10_000,
        ge=1000,
        le=100_000,
        description="Cell told for cameras and for species that are sensitive or threatened (CR, EN, VU).",
    )
    plot_positions: Literal["cell", "exact"] = Field(
        "cell",
        description="How the places of forest plots are told: by the cell, or exactly, with the trees that stand there.",
    )
    min_group: int = Field(
        5,
        ge=1,
        le=50,
        description="Numbers that rest on fewer people or households of a community, gender or age group are not told; 1: all are.",
    )


class Claim(Strict):
    """A sentence that the project says of itself, and the tables that must answer it."""

    en: str
    es: str
    tables: tuple[Identifier, ...] = Field(min_length=1, description="Tables that answer it; the report asks them.")
