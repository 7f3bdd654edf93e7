"""A time stamp for a package that was just published, where an authority is set and can be reached."""

from __future__ import annotations

import logging
from pathlib import Path

from mrv.errors import SourceError
from mrv.package.bag import STAMP
from mrv.package.timestamp import stamp_package
from mrv.settings import Settings

log = logging.getLogger(__name__)


def stamp_where_set(package: Path, settings: Settings) -> None:
    """Stamp a package; without an authority that answers it stays as it is, and that is said.

    Raises:
        PackageError: The trusted certificates cannot be read.
        StoreError: The disk refuses the write.
    """
    if settings.timestamp_url is None or (package / STAMP).exists():
        return
    try:
        stamp = stamp_package(
            package, settings.timestamp_url, timeout_s=settings.http_timeout_s, roots=settings.timestamp_roots
        )
    except SourceError as error:
        log.warning("%s has no time stamp: %s (mrv stamp adds one later)", package.name, error)
    else:
        log.info("%s was stamped %s by %s", package.name, stamp.moment.isoformat(), stamp.authority)
