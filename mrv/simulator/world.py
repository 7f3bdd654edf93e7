"""A whole simulated world for a project: its files in a folder, and the sources served from it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mrv.files import hash_file, write_bytes
from mrv.ledger import content_key
from mrv.periods import Span
from mrv.project import LoadedProject
from mrv.project_sampling import SampleSource
from mrv.project_scenes import Stac
from mrv.project_sources import (
    CamtrapDp,
    EarthRanger,
    Files,
    Firms,
    Kobo,
    Occurrences,
    OdkCentral,
    RasterTiles,
    Registry,
    Smart,
)

if TYPE_CHECKING:
    from mrv.simulator.faults import Faults
    from mrv.simulator.landscape import Landscape

log = logging.getLogger(__name__)

FORMAT = 3
"""Raised whenever other files would come of the same seed, so that older folders are made anew."""
RASTERS, ALERTS, FIRES, SUBMISSIONS, TABLES = "rasters", "alerts", "fires.csv", "submissions.json", "tables"
SCENES, PRODUCTS = "scenes", "products"
INDEX = "world.json"
LISTS = ("wood_density", "species_categories", "species_names")
"""Tables of files that the world has; other files lie in the project's own folder."""
ALERT_PRODUCT = "gfw_integrated_alerts"


@dataclass(frozen=True)
class World:
    """A running world.

    Attributes:
        url: Address of its servers.
        folder: Where its files lie.
        mirrors: What `Settings.mirrors` must say for the project to read from it.
        faults: Misbehaviour can be asked for here.
    """

    url: str
    folder: Path
    mirrors: Mapping[str, str]
    faults: Faults


@contextmanager
def simulated_world(*, seed: int, project: LoadedProject, folder: Path) -> Iterator[World]:
    """Make a world in a folder, or take the one that is there already, and serve it until the block ends.

    Args:
        seed: Any whole number; the same seed, project and version of the simulator give the same bytes.
        project: Whose sources are simulated.
        folder: Where the files go; about 30 MB.
    """
    from mrv.simulator.faults import Faults
    from mrv.simulator.server import Server, Sources

    make_world(seed=seed, project=project, folder=folder)
    faults = Faults()
    submissions = json.loads((folder / SUBMISSIONS).read_text(encoding="utf-8"))
    sources = Sources(
        seed=seed,
        rasters=folder / RASTERS,
        alerts=folder / ALERTS,
        products=folder / PRODUCTS,
        scenes=folder / SCENES,
        fires=folder / FIRES,
        submissions=submissions["kobo"],
        odk_submissions=submissions["odk"],
        faults=faults,
    )
    server = Server(sources)
    server.start()
    try:
        yield World(server.url, folder, mirrors(project, url=server.url, folder=folder), faults)
    finally:
        server.stop()


def mirrors(project: LoadedProject, *, url: str, folder: Path) -> dict[str, str]:
    """Return for each source of the project where the world has it."""
    from mrv.simulator.landcover import BIOMASS, LAND_COVER
    from mrv.simulator.server import GFW_ROOT, HANSEN_ROOT, PRODUCTS_ROOT, STAC_ROOT

    result = {}
    for source in project.definition.sources:
        if isinstance(source, RasterTiles) and source.product == ALERT_PRODUCT:
            result[source.name] = f"{url}/{GFW_ROOT}"
        elif isinstance(source, RasterTiles) and source.product in (LAND_COVER, BIOMASS):
            result[source.name] = f"{url}/{PRODUCTS_ROOT}/{source.product}"
        elif isinstance(source, RasterTiles):
            result[source.name] = f"{url}/{HANSEN_ROOT}"
        elif isinstance(source, Firms | Kobo | OdkCentral):
            result[source.name] = url
        elif isinstance(source, Stac):
            result[source.name] = f"{url}/{STAC_ROOT}/{source.name}"
            result[f"{source.name}.assets"] = f"{url}/{STAC_ROOT}/{source.name}/images"
        elif isinstance(source, CamtrapDp | Occurrences | Smart | EarthRanger | Registry) or (
            isinstance(source, Files) and any(table.dataset in LISTS for table in source.tables)
        ):
            result[source.name] = str(folder / TABLES / source.name)
    return result


def make_world(*, seed: int, project: LoadedProject, folder: Path) -> None:
    """Write the files of a world, unless the folder holds them already."""
    index = folder / INDEX
    key = _key(seed, project)
    if _is_whole(index, key):
        log.info("the simulated world in %s is used again", folder)
        return
    folder.mkdir(parents=True, exist_ok=True)
    index.unlink(missing_ok=True)
    _write(seed, project, folder)
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != index)
    files = {path.relative_to(folder).as_posix(): hash_file(path) for path in paths}
    write_bytes(index, json.dumps({"key": key, "seed": seed, "files": files}, indent=1).encode())


def _key(seed: int, project: LoadedProject) -> str:
    boundaries = [hash_file(project.path(item.file)) for item in project.definition.boundaries]
    # Samples lie in the project's own folder; the world has nothing of them.
    served = [source for source in project.definition.sources if not isinstance(source, SampleSource)]
    sources = [source.model_dump(mode="json") for source in served]
    window = _census_window(project)
    layouts = [layout.model_dump(mode="json") for layout in project.definition.field_carbon.layouts]
    return content_key([FORMAT, seed, boundaries, sources, layouts, window.start, window.end])


def _is_whole(index: Path, key: str) -> bool:
    try:
        known: dict[str, Any] = json.loads(index.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    folder = index.parent
    return known["key"] == key and all(
        (folder / name).is_file() and hash_file(folder / name) == sha256 for name, sha256 in known["files"].items()
    )


def _census_window(project: LoadedProject) -> Span:
    definition = project.definition
    if definition.field_carbon.census_window is not None:
        return definition.field_carbon.census_window.span
    first = min(definition.monitoring_periods, key=lambda period: period.end)
    return Span(definition.crediting_period.start, first.end)


def _write(seed: int, project: LoadedProject, folder: Path) -> None:
    from mrv.boundaries import load_zones
    from mrv.simulator.animals import write_animals
    from mrv.simulator.credits import write_issuances
    from mrv.simulator.fires import write_fires
    from mrv.simulator.form_answers import make_form_answers
    from mrv.simulator.landscape import make_landscape
    from mrv.simulator.patrols import write_earthranger, write_smart
    from mrv.simulator.scenes import write_scenes

    zones = load_zones(project)
    landscape = make_landscape(seed, zones)
    (folder / RASTERS).mkdir(exist_ok=True)
    write_fires(landscape, folder / FIRES)
    submissions = make_form_answers(seed, project, zones, census_window=_census_window(project))
    for source in project.definition.sources:
        if isinstance(source, RasterTiles):
            _write_rasters(landscape, source, folder)
        elif isinstance(source, Stac):
            crs = source.crs or project.definition.local_crs
            write_scenes(landscape, zones, source, crs=crs, folder=folder / SCENES / source.name)
        elif isinstance(source, Files):
            write_lists(source, folder / TABLES / source.name, seed)
        elif isinstance(source, Registry):
            write_issuances(source, folder / TABLES / source.name, seed=seed)
        elif isinstance(source, Smart | EarthRanger):
            write = write_smart if isinstance(source, Smart) else write_earthranger
            newest = max(project.definition.monitoring_periods, key=lambda period: period.end)
            write(folder / TABLES / source.name, seed, zones, newest.span)
        elif isinstance(source, CamtrapDp | Occurrences):
            newest = max(project.definition.monitoring_periods, key=lambda period: period.end)
            write_animals(source, folder / TABLES / source.name, seed=seed, zones=zones, span=newest.span)
    (folder / SUBMISSIONS).write_text(json.dumps(submissions, ensure_ascii=False), encoding="utf-8")


def write_lists(source: Files, folder: Path, seed: int) -> None:
    """Write the tables of a source of files that the world has."""
    from mrv.simulator.animals import mark_simulated, write_species_list
    from mrv.simulator.taxa import write_wood_density

    for table in source.tables:
        if table.dataset in LISTS:
            path = folder / table.path
            path.parent.mkdir(parents=True, exist_ok=True)
            if table.dataset == "wood_density":
                write_wood_density(path)
            else:
                write_species_list(path, table.dataset)
            mark_simulated(folder, seed)


def _write_rasters(landscape: Landscape, source: RasterTiles, folder: Path) -> None:
    from mrv.simulator.alerts import write_alerts
    from mrv.simulator.landcover import BIOMASS, LAND_COVER, write_biomass, write_land_cover
    from mrv.simulator.tiles import PRODUCT, write_tiles

    version, own = source.version, folder / PRODUCTS / source.product
    if source.product == PRODUCT:
        write_tiles(landscape, version=version, layers=source.layers, folder=folder / RASTERS)
    elif source.product == ALERT_PRODUCT:
        write_alerts(landscape, version=version, folder=folder / ALERTS)
    elif source.product == LAND_COVER:
        write_land_cover(landscape, version=version, years=source.years, folder=own)
    elif source.product == BIOMASS:
        write_biomass(landscape, version=version, layers=source.layers, years=source.years, folder=own)
