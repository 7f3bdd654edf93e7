"""The connectors by the name that `project.yaml` gives them."""

from __future__ import annotations

from collections.abc import Mapping

from mrv.project_sources import Kobo, OdkCentral, SourceSpec
from mrv.sources import files, firms, kobo, raster_tiles, sample, stac
from mrv.sources.contract import Connector

CONNECTORS: Mapping[str, Connector] = {
    "raster_tiles": raster_tiles,
    "firms": firms,
    "kobo": kobo,
    "stac": stac,
    "files": files,
    "sample": sample,
}


def datasets_of(spec: SourceSpec) -> tuple[str, ...]:
    """Return the landed datasets that a source feeds; rasters count as one."""
    return ("plots", "trees") if isinstance(spec, Kobo | OdkCentral) else spec.datasets
