"""The connectors by the name that `project.yaml` gives them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mrv.project_sources import Kobo, OdkCentral, SourceSpec
from mrv.sources import (
    camtrap_dp,
    earthranger,
    files,
    firms,
    kobo,
    occurrences,
    odk_central,
    raster_tiles,
    registry,
    sample,
    smart,
    stac,
)
from mrv.sources.contract import Connector
from mrv.sources.form_definition import load_form

CONNECTORS: Mapping[str, Connector] = {
    "raster_tiles": raster_tiles,
    "firms": firms,
    "kobo": kobo,
    "odk_central": odk_central,
    "stac": stac,
    "files": files,
    "smart": smart,
    "earthranger": earthranger,
    "camtrap_dp": camtrap_dp,
    "occurrences": occurrences,
    "registry": registry,
    "sample": sample,
}


def datasets_of(spec: SourceSpec, folder: Path) -> tuple[str, ...]:
    """Return the landed datasets that a source feeds; rasters count as one.

    Args:
        spec: The source.
        folder: The project's, where its own forms lie.

    Raises:
        ProjectError: The source names a form that there is not.
    """
    if isinstance(spec, Kobo | OdkCentral):
        return load_form(spec.form, folder=folder).datasets
    return spec.datasets
