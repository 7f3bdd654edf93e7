"""Key `sampling` and source `sample` of a project definition: which units are drawn from a map, and who labelled them how."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from mrv.project_base import Delimiter, Encoding, Identifier, Strict

MapClass = Literal["loss", "gain", "stable_forest", "stable_non_forest"]
"""What a unit of the map, or of the reference, is over the years of a design."""
StratumClass = Literal["loss", "gain", "loss_buffer", "stable_forest", "stable_non_forest"]
"""Map class of a sampling stratum; `loss_buffer` is stable forest near mapped loss."""
InterpreterCode = Annotated[str, StringConstraints(pattern=r"^interpreter-[1-9][0-9]{0,5}$")]
"""How a person is called in all that leaves the house."""
Draw = Literal["stratified_random", "simple_random", "systematic"]


class ClassMap(Strict):
    """A map of change as a class layer of the raster catalogue, where the strata do not come from the loss series."""

    product: Identifier
    layer: Identifier
    year: int | None = None
    classes: dict[MapClass, tuple[int, ...]] = Field(description="Codes of the layer that make up each map class.")


class TargetError(Strict):
    """How precise the sample is meant to be; the sample size follows from it."""

    measure: Literal["overall_accuracy", "loss_area"]
    se: Decimal | None = Field(None, gt=0, le=1, description="Standard error of the overall accuracy, as a share.")
    u90: Decimal | None = Field(
        None, gt=0, le=1, description="Half-width of the 90 % interval of the area of loss, as a share of that area."
    )
    expected: dict[StratumClass, Decimal] = Field(
        description="Expected share of units that are right (overall_accuracy) or that are loss (loss_area)."
    )

    @model_validator(mode="after")
    def _fitting(self) -> TargetError:
        wanted, other = (self.se, self.u90) if self.measure == "overall_accuracy" else (self.u90, self.se)
        if wanted is None or other is not None:
            raise ValueError("give se with overall_accuracy, or u90 with loss_area")
        if any(not 0 <= share <= 1 for share in self.expected.values()):
            raise ValueError("expected shares lie between 0 and 1")
        return self


class Allocation(Strict):
    """How the units are shared among strata."""

    rule: Literal["equal", "proportional", "power", "optimal", "manual"] = "proportional"
    floor: int = Field(50, ge=2, description="Least units of a stratum, as far as it has as many pixels.")
    power: Decimal = Field(Decimal("0.5"), ge=0, le=1, description="Rule power: units go with the area to this power.")
    counts: dict[str, int] = Field(default_factory=dict, description="Rule manual: units by stratum id.")


class Sampling(Strict):
    """A sample of map units that interpreters label. It is drawn once and then frozen in its folder."""

    id: Identifier
    period: Identifier
    folder: str = Field(min_length=1, description="Folder of the frozen design, relative to the project's.")
    zones: tuple[Identifier, ...] = Field((), description="Zones sampled; default: project areas and leakage belts.")
    first_year: int | None = Field(None, description="First year of change; default: that of the period.")
    last_year: int | None = Field(None, description="Last year of change; default: that of the period.")
    class_map: ClassMap | None = Field(None, description="Default: the strata come from the forest loss series.")
    by_zone: bool = Field(True, description="Strata end at the borders of zones.")
    by_stratum: bool = Field(False, description="Strata also end at the borders of the project's own strata.")
    loss_buffer_pixels: int = Field(2, ge=0, le=20, description="Width of the stratum of stable forest around loss.")
    draw: Draw = "stratified_random"
    spacing_pixels: int | None = Field(
        None, ge=2, le=1_000_000, description="Draw systematic: rows and columns between units."
    )
    seed: int = Field(ge=0, lt=2**63)
    size: int | None = Field(None, ge=4, description="Units in all.")
    target: TargetError | None = Field(None, description="Precision from which the size follows.")
    allocation: Allocation = Allocation()
    finite_population_correction: bool = Field(
        False,
        description="Narrower intervals where much of a stratum is sampled; without it they are on the safe side.",
    )

    @model_validator(mode="after")
    def _sized(self) -> Sampling:
        sized = sum(item is not None for item in (self.size, self.target, self.spacing_pixels))
        if sized != 1 and self.allocation.rule != "manual":
            raise ValueError("give exactly one of size, target and spacing_pixels")
        if (self.draw == "systematic") != (self.spacing_pixels is not None):
            raise ValueError("spacing_pixels goes with draw systematic, and only with it")
        if (self.allocation.rule == "manual") != bool(self.allocation.counts):
            raise ValueError("counts go with the allocation rule manual, and only with it")
        return self


class LabelFile(Strict):
    """A file of labels as an interpretation tool gives it."""

    path: str = Field(description="Below the folder of the design.")
    format: Literal["ceo_sample", "ceo_plot", "csv"] = Field(
        description="Collect Earth Online's sample or plot download, or a plain CSV."
    )
    role: Literal["interpreter", "resolution"] = Field(
        "interpreter", description="Labels of interpreters, or what was decided where they disagreed."
    )
    columns: dict[str, str] = Field(
        default_factory=dict, description="Landed column to column (survey question) of the file."
    )
    interpreter: InterpreterCode | None = Field(
        None, description="Code of who labelled the whole file; it goes before what a column says."
    )
    missing: tuple[str, ...] = ("", "NA")
    encoding: Encoding = "utf-8-sig"
    delimiter: Delimiter = ","


class SampleSource(Strict):
    """A frozen design and its labels."""

    connector: Literal["sample"]
    name: Identifier
    period: Identifier
    folder: str = Field(min_length=1, description="Folder of the frozen design, relative to the project's.")
    legend: dict[str, MapClass | Literal["unusable"]] = Field(
        default_factory=dict, description="Label of the file to class, where they are not the same word."
    )
    labels: tuple[LabelFile, ...] = ()
    simulated: bool = Field(False, description="The labels are simulated; every output says so.")
    licence: str
    citation: str

    @property
    def datasets(self) -> tuple[str, ...]:
        """Landed datasets that the source feeds."""
        return ("sample_designs", "sample_strata", "sample_units", "sample_labels")
