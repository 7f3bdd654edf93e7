"""The catalogue of an installation: over the home, or over a bucket."""

from __future__ import annotations

import logging
import threading

from mrv.dataroom.catalogue import Catalogue
from mrv.dataroom.digests import Digests
from mrv.dataroom.folder_catalogue import FolderPlaces
from mrv.dataroom.inspections import Inspections
from mrv.dataroom.objects import KeptCatalogue, Places
from mrv.errors import MrvError
from mrv.settings import Settings

log = logging.getLogger(__name__)


def catalogue_of(settings: Settings) -> KeptCatalogue:
    """Return the catalogue over the packages of the home, or of the bucket that MRV_PACKAGES_S3 names.

    Raises:
        UsageError: The address of the bucket is none.
    """
    places: Places
    if settings.packages_s3 is None:
        places = FolderPlaces(settings.packages_dir)
    else:
        from mrv.dataroom.bucket_catalogue import bucket_places

        places = bucket_places(settings)
    return KeptCatalogue(places, Inspections(settings), Digests(settings.dataroom_dir / "digests"))


def warm(catalogue: Catalogue) -> None:
    """Read every package and have it verified, in the background, so that the first page need not wait for it."""
    threading.Thread(target=_read_all, args=(catalogue,), name="packages", daemon=True).start()


def _read_all(catalogue: Catalogue) -> None:
    try:
        for project in catalogue.projects():
            for package in catalogue.packages(project):
                _ = package.files, package.inspection
    except (MrvError, OSError) as error:
        log.warning("the packages could not all be read: %s", error)
