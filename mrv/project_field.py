"""Key `field_carbon` of a project definition: how what was measured in forest plots becomes carbon."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from mrv.project_base import DateRange, Identifier, Strict

Allometry = Literal["chave_2014_eq4", "chave_2014_eq7", "chave_2014_eq7_refitted"]
HeightForm = Literal[
    "log2_weighted", "log2_unweighted", "weibull_weighted", "weibull_unweighted", "feldpausch_2012", "chave_2014_eq6a"
]
HeightRegion = Literal["western_amazonia", "south_america", "pantropical", "guiana_shield"]
ErrorSource = Literal["diameter", "wood_density", "height", "allometry", "sampling"]


class Nest(Strict):
    """One of the areas of a nested plot, and the trees that are measured in it."""

    radius_m: Decimal | None = Field(None, gt=0, description="Horizontal radius of a round nest.")
    area_m2: Decimal | None = Field(None, gt=0, description="Horizontal area of a nest of another shape.")
    min_dbh_cm: Decimal = Field(ge=0, description="Trees from this diameter on.")
    max_dbh_cm: Decimal | None = Field(None, gt=0, description="Trees below this diameter; none: all.")

    @model_validator(mode="after")
    def _one_shape(self) -> Nest:
        if (self.radius_m is None) == (self.area_m2 is None):
            raise ValueError("give either radius_m or area_m2")
        if self.max_dbh_cm is not None and self.max_dbh_cm <= self.min_dbh_cm:
            raise ValueError("max_dbh_cm is not above min_dbh_cm")
        return self


class Layout(Strict):
    """A nested plot: each tree counts with the area of the nest of its diameter."""

    id: Identifier
    nests: tuple[Nest, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _without_gap(self) -> Layout:
        ordered = sorted(self.nests, key=lambda nest: nest.min_dbh_cm)
        for smaller, larger in pairwise(ordered):
            if smaller.max_dbh_cm != larger.min_dbh_cm:
                raise ValueError(f"nests of layout {self.id} leave a gap or overlap at {larger.min_dbh_cm} cm")
        if ordered[-1].max_dbh_cm is not None:
            raise ValueError(f"the largest nest of layout {self.id} must have no max_dbh_cm")
        return self


class MonteCarlo(Strict):
    """How the errors of diameters, wood densities, heights, allometry and sampling are carried through to plots and strata."""

    draws: int = Field(10_000, ge=1000, le=1_000_000)
    seed: int = Field(1, ge=0)
    sources: tuple[ErrorSource, ...] = ("diameter", "wood_density", "height", "allometry", "sampling")


class Audit(Strict):
    """What the second measurement of an independent team must show."""

    share: Decimal = Field(
        Decimal("0.1"), gt=0, le=1, description="Share of the trees of an audited census to be measured again."
    )
    dbh_tolerance_cm: Decimal = Field(Decimal("0.5"), gt=0)
    height_tolerance_percent: Decimal = Field(Decimal("15"), gt=0)
    agreed_share: Decimal = Field(Decimal("0.9"), gt=0, le=1, description="Least share of trees within the tolerance.")


class FieldCarbon(Strict):
    """How trees, dead wood, litter and soil become carbon of plots and strata."""

    allometry: Allometry = "chave_2014_eq4"
    environmental_stress: Decimal | None = Field(
        None,
        description="Chave's E at the plots, where equation 7 or height equation 6a is used; with environmental_stress_source.",
    )
    environmental_stress_source: str | None = None
    height_model: HeightForm = "log2_weighted"
    height_region: HeightRegion | None = Field(None, description="Region of the Feldpausch heights.")
    height_model_by: Literal["all", "stratum"] = Field(
        "all", description="One height model for all plots, or one for each stratum with 30 measured trees or more."
    )
    palm_heights: Literal["total", "stem"] = Field(
        "total",
        description="What a palm's measured height is; the equations of palm species want the stem's, else the family's is used.",
    )
    layouts: tuple[Layout, ...] = Field((), description="Nested plots that `layout_id` of a plot may name.")
    census_window: DateRange | None = Field(
        None, description="Days on which a census may lie; default: start of crediting to period end."
    )
    precision_target_percent: Decimal = Field(
        Decimal("10"), gt=0, description="Half-width that a stratum mean may have."
    )
    precision_confidence: Literal["0.90", "0.95"] = Field("0.90", description="Confidence of that half-width.")
    min_growth_cm_yr: Decimal = Field(
        Decimal("-0.5"), description="Smaller growth of a diameter is set aside for review."
    )
    max_growth_cm_yr: Decimal = Field(
        Decimal("7.5"), description="Larger growth of a diameter is set aside for review."
    )
    doubt_percent: Decimal = Field(
        Decimal("2"),
        ge=0,
        description="How much of a plot's biomass its doubtful trees may add or take before it is in doubt.",
    )
    soil_depth_cm: Decimal = Field(
        Decimal("30"), gt=0, description="Depth to which the carbon of soil layers is added up, the same for all plots."
    )
    uncertainty: MonteCarlo | None = Field(None, description="Carry the errors through by Monte Carlo.")
    audit: Audit = Audit()

    @model_validator(mode="after")
    def _with_stress(self) -> FieldCarbon:
        needed = self.allometry != "chave_2014_eq4" or self.height_model == "chave_2014_eq6a"
        if needed and (self.environmental_stress is None or not self.environmental_stress_source):
            raise ValueError("environmental_stress and its source are needed for this allometry or height model")
        if self.height_model_by == "stratum" and self.height_model in ("feldpausch_2012", "chave_2014_eq6a"):
            raise ValueError("a published height model holds for all strata: height_model_by goes with fitted ones")
        if (self.height_model == "feldpausch_2012") != (self.height_region is not None):
            raise ValueError("height_region goes with height_model feldpausch_2012, and only with it")
        return self
