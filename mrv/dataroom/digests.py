"""Hashes of the files that no manifest lists (the archive, the tag files): computed once and kept."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

from mrv.dataroom.catalogue import Place
from mrv.files import write_bytes


class Digests:
    """The hashes that were computed, one small file each.

    Args:
        folder: Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def of(self, place: Place, path: str, size: int, stamp: str) -> tuple[str, str]:
        """Return the sha256 and sha512 of a file of a package.

        Args:
            place: Where the package lies.
            path: The file.
            size: Its bytes.
            stamp: That of the place: other files, other hashes.
        """
        key = hashlib.sha256("\0".join((place.name, path, str(size), stamp)).encode()).hexdigest()[:40]
        kept = self._folder / f"{key}.json"
        with self._lock:
            try:
                said = json.loads(kept.read_bytes())
                return said["sha256"], said["sha512"]
            except (FileNotFoundError, ValueError, KeyError):
                made = _hashed(place, path)
            write_bytes(kept, json.dumps({"sha256": made[0], "sha512": made[1]}).encode())
        return made


def _hashed(place: Place, path: str) -> tuple[str, str]:
    digests = hashlib.sha256(), hashlib.sha512()
    for piece in place.pieces(path):
        for digest in digests:
            digest.update(piece)
    return digests[0].hexdigest(), digests[1].hexdigest()
