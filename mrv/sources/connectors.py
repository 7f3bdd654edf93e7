"""The connectors by the name that `project.yaml` gives them."""

from __future__ import annotations

from collections.abc import Mapping

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
