"""The letters of the report: files of locked libraries, never those of the machine, so that every machine draws the same."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from mrv.errors import PackageError

FAMILY = "Source Sans Pro"
STAND_IN = "DejaVu Sans"
"""Stands in for the few signs that the first family lacks."""
FACES = {
    ("normal", 400): "SourceSansPro-Regular.ttf",
    ("normal", 600): "SourceSansPro-Semibold.ttf",
    ("normal", 700): "SourceSansPro-Bold.ttf",
    ("italic", 400): "SourceSansPro-It.ttf",
}
"""Style and weight to file."""


def folder_of(module: str, *parts: str) -> Path:
    """Return a folder of an installed library without importing it.

    Raises:
        PackageError: The library is not installed, or has no such folder.
    """
    spec = find_spec(module)
    for root in (spec and spec.submodule_search_locations) or ():
        if (folder := Path(root, *parts)).is_dir():
            return folder
    raise PackageError(
        f"the fonts of the library {module} are missing",
        expected="the libraries of requirements.lock",
        remedy="install the environment again from requirements.lock",
    )


def faces() -> dict[tuple[str, int], Path]:
    """Return style and weight of the first family to the file of its letters."""
    folder = folder_of("font_source_sans_pro", "files")
    return {key: folder / name for key, name in FACES.items()}


def stand_ins() -> Path:
    """Return the folder of the fonts that stand in."""
    return folder_of("matplotlib", "mpl-data", "fonts", "ttf")
