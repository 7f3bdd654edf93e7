"""The project definition: what `project.yaml` may say, and its loader. Unknown keys are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError, model_validator

from mrv.errors import ProjectError, UsageError
from mrv.periods import Vintage, vintages
from mrv.project_accounting import Accounting
from mrv.project_base import DateRange, Identifier, Strict, ZoneKind
from mrv.project_field import FieldCarbon
from mrv.project_life import Biodiversity, Claim, Patrols, Privacy
from mrv.project_patches import Fragmentation, Patches
from mrv.project_rules import BaselineVersion, Confirmation, ParameterOverride
from mrv.project_sampling import Sampling
from mrv.project_sources import Registry, SourceSpec, own_form
from mrv.settings import Settings
from mrv.yaml_reading import read_yaml


class Bilingual(Strict):
    """A sentence for people outside the team."""

    en: str
    es: str


class RegistryId(Strict):
    """The project's number in a registry."""

    registry: str
    id: str
    status: Literal["confirmed", "unconfirmed"]
    note: str | None = None


class Standard(Strict):
    """A standard the project is verified under."""

    name: str
    version: str


class Identity(Strict):
    """Who the project is."""

    id: Identifier
    name: str
    name_es: str | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    location: Bilingual | None = None
    proponent: str | None = None
    partners: tuple[str, ...] = ()
    registry_ids: tuple[RegistryId, ...] = ()
    standards: tuple[Standard, ...] = ()
    illustrative: tuple[Bilingual, ...] = Field(
        (), description="What in this definition is not real, in plain sentences."
    )


class Cover(Strict):
    """What stands on the title page of the monitoring report and nothing measured tells."""

    prepared_by: str | None = None
    contact: str | None = Field(None, description="Address, telephone and mail of who answers for the report.")
    verification_body: str | None = None
    ccb_history: Bilingual | None = Field(None, description="When the project got and kept its CCB status.")
    gold_level: Bilingual | None = Field(None, description="Gold level criteria that the project claims.")


class MonitoringPeriod(DateRange):
    """A monitoring period; it need not follow calendar years."""

    id: Identifier

    @property
    def vintages(self) -> list[Vintage]:
        """The period cut by calendar years."""
        return vintages(self.span)


class Boundaries(Strict):
    """One file of zones."""

    file: str
    layer: str | None = Field(None, description="Layer of a GeoPackage with several.")
    version: str
    source: str
    licence: str
    illustrative: bool = False
    private: bool = Field(
        False,
        description="Sacred places and the like: used to look out for threats, never measured, told or published.",
    )
    id_field: str = "zone_id"
    kind_field: str | None = "kind"
    name_field: str | None = "name"
    partner_field: str | None = None
    kind: ZoneKind | None = Field(None, description="Kind of every zone of the file, where no field says it.")
    zone_id: Identifier | None = Field(None, description="Id of the file's single zone, where no field says it.")
    zone_name: str | None = None

    @model_validator(mode="after")
    def _silent(self) -> Boundaries:
        if self.private and (self.zone_id or self.zone_name):
            raise ValueError(
                "this definition is published: name private zones in their file, not with zone_id or zone_name"
            )
        return self


class ForestDefinition(Strict):
    """What counts as forest."""

    min_tree_cover_percent: int = Field(ge=0, le=100)
    tree_cover_rule: Literal["greater", "at_least"] = Field(
        description="Strictly more than the minimum, or from it on."
    )
    min_area_ha: Decimal = Field(ge=0)
    min_area_rule: Literal["greater", "at_least"] = "at_least"
    connectivity: Literal[4, 8] = 8
    patch_extent: Literal["landscape", "zone"] = Field(
        "landscape",
        description="Whether a patch is measured whole, or only its part in the zone, weighted by cover fraction.",
    )
    min_height_m: Decimal | None = None
    document: str


class Transition(Strict):
    """A change of classes to be measured, from one year of an annual layer to a later one."""

    product: Identifier
    layer: Identifier
    year_from: int = Field(alias="from")
    year_to: int = Field(alias="to")

    @model_validator(mode="after")
    def _ordered(self) -> Transition:
        if self.year_to <= self.year_from:
            raise ValueError(f"to {self.year_to} is not after from {self.year_from}")
        return self


class Measurement(Strict):
    """How pixels are counted in zones."""

    pixel_rule: Literal["centre", "fraction", "by_size"] = Field(
        "by_size",
        description="A pixel belongs to the zone of its centre, or to each zone by the fraction covered; by_size: by "
        "fraction in zones of less than 10,000 pixels of the product or whose area centres miss by more than 0.2 %, by "
        "centre in all others.",
    )
    area: Literal["geodesic", "nominal"] = Field(
        "geodesic",
        description="Which area of a pixel on a projected grid counts: on the ellipsoid, or its width times its height.",
    )
    transitions: tuple[Transition, ...] = Field((), description="Changes of classes between two years.")


class Alerts(Strict):
    """How neighbouring deforestation alerts become clusters."""

    cluster_days: int = Field(30, ge=0, description="Days that two neighbouring alerts of a cluster may lie apart.")
    min_cluster_area_ha: Decimal = Field(Decimal("0.1"), ge=0, description="Smaller clusters are left out.")
    freeze_after_days: int = Field(
        180,
        ge=0,
        description="Days after the period's end from which a retrieval is the last: before, alerts are still confirmed or "
        "withdrawn.",
    )


class Fires(Strict):
    """When detections of different satellites tell of the same fire."""

    same_fire_hours: int = Field(12, ge=0, le=48, description="Hours that they may lie apart.")
    viirs_pixel_m: int = Field(375, ge=0, le=5000, description="How near two detections of VIIRS must be, metres.")
    modis_pixel_m: int = Field(1000, ge=0, le=5000, description="How near they must be where one is of MODIS, metres.")


class CarbonPool(Strict):
    """Where the stock of one pool comes from; without a stratum it holds for all."""

    stratum: Identifier | None = None
    state: Literal["forest", "post_deforestation"]
    pool: Literal["above_ground", "below_ground", "dead_wood", "litter", "soil", "total"]
    plots: bool = Field(
        False,
        description="The stratum mean of the field plots, for state forest: above_ground, dead_wood, litter or soil.",
    )
    stock_tc_ha: Decimal | None = Field(None, ge=0)
    ratio_of_above_ground: Identifier | None = Field(None, description="Name of the parameter that holds the ratio.")
    source: str | None = None

    @model_validator(mode="after")
    def _one(self) -> CarbonPool:
        if sum((self.plots, self.stock_tc_ha is not None, self.ratio_of_above_ground is not None)) != 1:
            raise ValueError("give exactly one of plots, stock_tc_ha, ratio_of_above_ground")
        if self.plots and self.pool in ("below_ground", "total"):
            raise ValueError("plots do not measure the pool: give a stock or a ratio of above_ground")
        if self.plots and self.state != "forest":
            raise ValueError("plots measure forest, not the land after deforestation: give a stock with its source")
        if self.stock_tc_ha is not None and not self.source:
            raise ValueError("a stock needs its source")
        return self


class EmissionFactors(Strict):
    """How lost forest becomes emissions."""

    method: Literal["stock_change", "pixel_emissions", "none"]
    pools: tuple[CarbonPool, ...] = ()


class Project(Strict):
    """A REDD+ project as its `project.yaml` declares it."""

    schema_version: Literal[1]
    project: Identity
    crediting_period: DateRange
    monitoring_periods: tuple[MonitoringPeriod, ...] = Field(min_length=1)
    local_crs: Annotated[str, StringConstraints(pattern=r"^EPSG:\d+$")]
    boundaries: tuple[Boundaries, ...] = Field(min_length=1)
    default_stratum: Identifier | None = Field(
        None, description="Stratum of land, and of plots, outside every stratum zone; without it such land is an error."
    )
    forest_definition: ForestDefinition | None = None
    measurement: Measurement = Measurement()
    alerts: Alerts = Alerts()
    fires: Fires = Fires()
    rule_set: Identifier
    also_under: tuple[Identifier, ...] = Field((), description="Rule sets under which it is computed beside the first.")
    parameters: tuple[ParameterOverride, ...] = ()
    confirmations: tuple[Confirmation, ...] = Field((), description="Parameters that somebody has looked up.")
    baseline: tuple[BaselineVersion, ...] = ()
    accounting: Accounting = Accounting()
    emission_factors: EmissionFactors = EmissionFactors(method="none")
    field_carbon: FieldCarbon = FieldCarbon()
    patrols: Patrols = Patrols()
    biodiversity: Biodiversity = Biodiversity()
    privacy: Privacy = Privacy()
    claims: tuple[Claim, ...] = Field((), description="What the project says of itself; the report answers it.")
    report: Cover = Cover()
    products: str | None = Field(None, description="File of raster products that the project declares itself.")
    patches: Patches | None = Field(None, description="Measure each patch of lost forest.")
    fragmentation: Fragmentation | None = Field(None, description="Measure core, edge and patches of forest.")
    sampling: tuple[Sampling, ...] = Field((), description="Samples of reference data, and how they are drawn.")
    sources: tuple[SourceSpec, ...] = ()

    @model_validator(mode="after")
    def _own_credits(self) -> Project:
        known = {(item.registry, item.id) for item in self.project.registry_ids}
        strange = [
            f"{source.name} takes credits of {source.registry} {number}"
            for source in self.sources
            if isinstance(source, Registry)
            for number in source.project_ids
            if (source.registry, number) not in known
        ]
        if strange:
            raise ValueError(f"{'; '.join(strange)}: project.registry_ids does not name it")
        return self

    @property
    def id(self) -> str:
        """The project's id."""
        return self.project.id

    def period(self, period_id: str) -> MonitoringPeriod:
        """Return a monitoring period by its id.

        Raises:
            UsageError: There is none of that id.
        """
        for period in self.monitoring_periods:
            if period.id == period_id:
                return period
        raise UsageError(
            f"project {self.id} has no monitoring period {period_id}",
            expected=", ".join(period.id for period in self.monitoring_periods),
            found=period_id,
            remedy="choose one of these with --period, or declare it in project.yaml",
        )


class LoadedProject(Strict):
    """A definition and the folder it lies in."""

    folder: Path
    definition: Project
    elsewhere: Mapping[str, Path] = Field(
        default_factory=dict,
        description="Path as the definition has it to where the file lies: of a project in a package.",
    )

    def path(self, relative: str) -> Path:
        """Return a path of the definition, relative to the project's folder."""
        return self.elsewhere[relative] if relative in self.elsewhere else (self.folder / relative).resolve()

    @property
    def file(self) -> Path:
        """The definition's file."""
        return self.folder / "project.yaml"

    @property
    def files(self) -> list[str]:
        """The definition and every public file that it names itself, as written there; those of `files` sources are data."""
        named = self.definition
        return list(
            dict.fromkeys(
                [
                    "project.yaml",
                    *(item.file for item in named.boundaries if not item.private),
                    *(item.file for item in named.baseline if item.file),
                    *named.accounting.files,
                    *([named.products] if named.products else []),
                    *(named.patches.files if named.patches else ()),
                    *(form for source in named.sources if (form := own_form(source))),
                    *self.narrative,
                ]
            )
        )

    @property
    def narrative(self) -> list[str]:
        """Prose of the monitoring report, `narrative/<language>/<section>.md`: there by its place, named by nobody."""
        found = sorted(path.relative_to(self.folder) for path in self.folder.glob("narrative/*/*.md") if path.is_file())
        return [path.as_posix() for path in found]

    def is_inside(self, path: Path) -> bool:
        """Tell whether a path lies in the project's folder, links followed."""
        return path.resolve().is_relative_to(self.folder)


def find_project(name: str, settings: Settings) -> Path:
    """Return the folder of a project given by path or by name.

    Raises:
        UsageError: Neither exists.
    """
    for folder in (Path(name), settings.projects_dir / name):
        if (folder / "project.yaml").is_file():
            return folder.resolve()
    known = sorted(path.parent.name for path in settings.projects_dir.glob("*/project.yaml"))
    raise UsageError(
        f"there is no project {name}",
        expected="a folder with a project.yaml, or one of: " + ", ".join(known),
        remedy="give the folder, or scaffold one with: mrv init DIR",
    )


def load_project(folder: Path) -> LoadedProject:
    """Read and validate `project.yaml`.

    Raises:
        ProjectError: The YAML cannot be read, or a key is unknown, missing or of another kind; all are listed.
    """
    file = folder / "project.yaml"
    content = read_yaml(file)
    try:
        definition = Project.model_validate(content)
    except ValidationError as error:
        found = "; ".join(_sentences(error))
        raise ProjectError(
            f"project.yaml has {error.error_count()} problem(s)",
            found=found,
            where=str(file),
            remedy="mend each key; docs/guide/project-definition.md describes them all",
        ) from error
    return LoadedProject(folder=folder.resolve(), definition=definition)


def _sentences(error: ValidationError) -> Iterator[str]:
    for item in error.errors(include_url=False):
        key = ".".join(str(part) for part in item["loc"]) or "project.yaml"
        yield f"{key}: {item['msg']}"
