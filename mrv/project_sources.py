"""Sources of a project definition: which outside system is asked for what, and how its columns are to be read."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from mrv.project_base import DateRange, Delimiter, Encoding, Identifier, Strict, TimeZone
from mrv.project_sampling import SampleSource
from mrv.project_scenes import Stac

TableDataset = Literal[
    "plots",
    "trees",
    "heights",
    "wood_density",
    "name_resolution",
    "dead_wood_pieces",
    "litter_samples",
    "soil_samples",
    "audit_trees",
    "patrol_records",
    "patrol_tracks",
    "patrol_events",
    "hcv_visits",
    "camera_deployments",
    "camera_media",
    "camera_observations",
    "occurrences",
    "species_categories",
    "species_names",
    "communities",
    "activity_records",
    "activity_participants",
    "employment_records",
    "livelihood_records",
    "nursery_records",
    "planting_records",
    "survival_checks",
    "grievance_records",
    "consent_steps",
]
"""Landed tables that a file of people can fill."""


class RasterTiles(Strict):
    """Tiles of a product of the raster catalogue."""

    connector: Literal["raster_tiles"]
    name: Identifier
    product: Identifier
    version: str
    layers: tuple[Identifier, ...] = Field(min_length=1)
    years: tuple[int, ...] = Field((), description="Years of layers that have one raster for each year.")

    @property
    def datasets(self) -> tuple[str, ...]:
        """Landed datasets that the source feeds; rasters count as one."""
        return ("raster",)


class Firms(Strict):
    """Active fires by the FIRMS area API."""

    connector: Literal["firms"]
    name: Identifier
    collections: tuple[str, ...] = Field(description="FIRMS source names, for example VIIRS_SNPP_SP.")
    days_per_request: int = Field(5, ge=1, le=10)
    available: dict[str, DateRange] = Field(
        default_factory=dict,
        description="First and last day of a collection as FIRMS gives them, instead of what the platform takes.",
    )

    @property
    def datasets(self) -> tuple[str, ...]:
        """Landed datasets that the source feeds; rasters count as one."""
        return ("fires",)


OWN_FORM = (".yaml", ".yml")
"""Endings by which a form of the project, a file, is told from a form of the platform, an id."""


class Kobo(Strict):
    """Submissions of one KoboToolbox form."""

    connector: Literal["kobo"]
    name: Identifier
    asset: str
    form: str = Field(description="A form of the platform by its id, or a file of the project with a form of its own.")
    page_size: int = Field(100, ge=1, le=1000)
    attachments: bool = Field(False, description="Keep pictures and files of the submissions too, by their hash.")
    base_url: str = "https://kf.kobotoolbox.org"


class OdkCentral(Strict):
    """Submissions of one form on an ODK Central server, by OData."""

    connector: Literal["odk_central"]
    name: Identifier
    project_number: int = Field(ge=1, description="Number of the project on the server.")
    form_id: str = Field(description="Id of the form on the server (xmlFormId).")
    form: str = Field(description="A form of the platform by its id, or a file of the project with a form of its own.")
    page_size: int = Field(250, ge=1, le=10_000)
    attachments: bool = Field(False, description="Keep pictures and files of the submissions too, by their hash.")
    base_url: str = Field(description="Address of the server.")


def own_form(source: Strict) -> str | None:
    """Return the file of a form that the project itself gives for a source of forms, or None."""
    form = source.form if isinstance(source, Kobo | OdkCentral) else ""
    return form if form.endswith(OWN_FORM) else None


class SmartFile(Strict):
    """One file of a SMART query or of SMART Connect."""

    path: str
    kind: Literal["patrols", "tracks", "observations", "connect_patrols", "connect_observations"]
    encoding: Encoding = "utf-8-sig"
    delimiter: Delimiter = ","
    decimal: Literal[".", ","] = "."
    dates: Literal["iso", "dmy", "mdy"] = Field("iso", description="Order of day, month and year; never guessed.")


class Smart(Strict):
    """Patrols of SMART: files that somebody exported, or SMART Connect."""

    connector: Literal["smart"]
    name: Identifier
    root: str | None = Field(None, description="Folder of the files, relative to the project's.")
    files: tuple[SmartFile, ...] = ()
    base_url: str | None = Field(None, description="Address of SMART Connect, where it is asked itself.")
    conservation_area: str | None = Field(None, description="UUID of the conservation area on SMART Connect.")
    event_kinds: str | None = Field(
        None, description="CSV of the project with the event kind and threat type of each category."
    )
    time_zone: TimeZone = Field("America/Lima", description="Time zone of dates and times without an offset.")

    @model_validator(mode="after")
    def _one_way(self) -> Smart:
        if bool(self.root and self.files) == bool(self.base_url and self.conservation_area):
            raise ValueError("give either root and files, or base_url and conservation_area")
        return self

    @property
    def datasets(self) -> tuple[str, ...]:
        """Landed datasets that the source feeds; rasters count as one."""
        return ("patrol_records", "patrol_tracks", "patrol_events")


class EarthRanger(Strict):
    """Patrols, tracks and events of an EarthRanger server, or of files with its objects."""

    connector: Literal["earthranger"]
    name: Identifier
    base_url: str | None = Field(None, description="Address of the server.")
    root: str | None = Field(None, description="Folder of files instead, relative to the project's.")
    files: dict[Literal["patrols", "events", "observations"], tuple[str, ...]] = Field(default_factory=dict)
    page_size: int = Field(1000, ge=1, le=4000)
    event_kinds: str | None = Field(
        None, description="CSV of the project with the event kind and threat type of each event type."
    )

    @model_validator(mode="after")
    def _one_way(self) -> EarthRanger:
        if bool(self.root and self.files) == bool(self.base_url):
            raise ValueError("give either base_url, or root and files")
        return self

    @property
    def datasets(self) -> tuple[str, ...]:
        """Landed datasets that the source feeds; rasters count as one."""
        return ("patrol_records", "patrol_tracks", "patrol_events")


class CamtrapDp(Strict):
    """A Camtrap DP package: a folder with a datapackage.json, or a zip of it."""

    connector: Literal["camtrap_dp"]
    name: Identifier
    root: str = Field(description="Folder or zip, relative to the project's folder.")
    licence: str
    citation: str

    @property
    def datasets(self) -> tuple[str, ...]:
        """Landed datasets that the source feeds; rasters count as one."""
        return ("camera_deployments", "camera_media", "camera_observations")


class OccurrenceFile(Strict):
    """One file of species records."""

    path: str
    format: Literal["darwin_core_archive", "darwin_core_csv", "gbif", "inaturalist"]
    licence: str
    citation: str


class Occurrences(Strict):
    """Species records: Darwin Core, or an export of GBIF or iNaturalist."""

    connector: Literal["occurrences"]
    name: Identifier
    root: str = Field(description="Folder, relative to the project's.")
    files: tuple[OccurrenceFile, ...] = Field(min_length=1)

    @property
    def datasets(self) -> tuple[str, ...]:
        """Landed datasets that the source feeds; rasters count as one."""
        return ("occurrences",)


class TableFile(Strict):
    """A CSV or spreadsheet, and how its columns become those of a landed table."""

    path: str
    dataset: TableDataset
    format: Literal["csv", "xlsx"] = "csv"
    sheet: str | None = Field(
        None, description="Sheet of a spreadsheet with several; spaces around its name do not matter."
    )
    header_rows: int = Field(
        1, ge=1, le=5, description="Rows of the header; merged cells are filled and the rows joined by '/'."
    )
    skip_rows: int = Field(0, ge=0, description="Rows before the header.")
    dates: Literal["iso", "dmy", "mdy", "decimal_year"] = Field(
        "iso", description="Order of day, month and year, or a year with decimals such as 2011.584; never guessed."
    )
    time_zone: TimeZone = Field("UTC", description="Time zone of dates and times without an offset.")
    values: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="For a landed column: what its words become, for example vivo: alive."
    )
    factors: dict[str, Decimal] = Field(
        default_factory=dict,
        description="For a landed column: what its numbers are multiplied with, for example 0.1 for mm to cm.",
    )
    words: dict[str, Annotated[int, Field(ge=1, le=20)]] = Field(
        default_factory=dict,
        description="For a landed column: which word of the cell is taken, for example 1 for the genus of a binomial.",
    )
    columns: dict[str, str] = Field(description="Landed column to column of the file.")
    constants: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    row_id: str | None = Field(None, description="Landed column filled with the row number, where the file has no id.")
    missing: tuple[str, ...] = ("", "NA")
    distinct: bool = Field(False, description="Keep one row per key: for plots listed once per tree.")
    encoding: Encoding = "utf-8-sig"
    delimiter: Delimiter = ","
    decimal: Literal[".", ","] = "."
    personal: bool | None = Field(
        None,
        description="Whether the file may name people and stays in the house; default: yes for all but tables of reference.",
    )
    licence: str
    citation: str


class RasterFile(Strict):
    """A raster file that holds one layer of a product of the raster catalogue."""

    path: str
    product: Identifier
    version: str
    layer: Identifier
    year: int | None = Field(None, description="Year that the raster shows, where the layer has one for each year.")
    attribute_table: str | None = Field(
        None, description="Its raster attribute table (.aux.xml or .vat.dbf), where that says what the codes mean."
    )
    licence: str
    citation: str


class FireFile(Strict):
    """A file of active fires as FIRMS gives it, of any satellite: CSV or text with its own columns."""

    path: str
    collection: str = Field("FIRMS", description="Name of the FIRMS collection.")
    days: DateRange | None = Field(
        None, description="Days that the file covers; default: only those that occur in it count as observed."
    )
    licence: str = "NASA open data (EOSDIS), free to use with acknowledgement"
    citation: str = "NASA FIRMS (Fire Information for Resource Management System)"


class Files(Strict):
    """A folder of files."""

    connector: Literal["files"]
    name: Identifier
    root: str = Field(description="Folder, relative to the project's.")
    tables: tuple[TableFile, ...] = ()
    rasters: tuple[RasterFile, ...] = ()
    fires: tuple[FireFile, ...] = ()

    @property
    def datasets(self) -> tuple[str, ...]:
        """Landed datasets that the source feeds; rasters count as one."""
        tables = dict.fromkeys(table.dataset for table in self.tables)
        return (*tables, *(("raster",) if self.rasters else ()), *(("fires",) if self.fires else ()))

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of the files below the root."""
        files: tuple[TableFile | RasterFile | FireFile, ...] = (*self.tables, *self.rasters, *self.fires)
        return tuple(item.path for item in files)


class IssuanceFile(Strict):
    """A table of issuances as a registry gives it, one row per block of credits."""

    path: str
    layout: Literal["verra", "columns"] = Field(
        "verra", description="The columns of the Verra registry, or those that `columns` names."
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Landed column to column of the file: all of them for layout columns, those that differ for verra.",
    )
    dates: Literal["iso", "dmy", "mdy"] = Field("iso", description="Order of day, month and year; never guessed.")
    thousands: Literal[",", ".", " "] = Field(",", description="What may separate thousands in quantities.")
    missing: tuple[str, ...] = ("", "NA")
    encoding: Encoding = "utf-8-sig"
    delimiter: Delimiter = ","
    licence: str
    citation: str


class Registry(Strict):
    """Credits issued and retired, as a registry's tables tell."""

    connector: Literal["registry"]
    name: Identifier
    registry: str = Field(description="Name of the registry, as in project.registry_ids.")
    project_ids: tuple[str, ...] = Field(
        min_length=1, description="The project's numbers there, of project.registry_ids; other rows are passed over."
    )
    root: str = Field(description="Folder of the files, relative to the project's.")
    files: tuple[IssuanceFile, ...] = Field(min_length=1)

    @property
    def datasets(self) -> tuple[str, ...]:
        """Landed datasets that the source feeds; rasters count as one."""
        return ("issuances",)


SourceSpec = Annotated[
    RasterTiles
    | Firms
    | Kobo
    | OdkCentral
    | Smart
    | EarthRanger
    | CamtrapDp
    | Occurrences
    | Stac
    | Files
    | Registry
    | SampleSource,
    Field(discriminator="connector"),
]
