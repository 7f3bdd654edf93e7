"""Whether a version follows the one before it: what it says of it, and what both of them show."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mrv.errors import PackageError
from mrv.files import hash_file
from mrv.package import bag, changes
from mrv.package.comparison import text
from mrv.package.difference import figure_differences
from mrv.package.figures import MART, Figure, read_figures
from mrv.package.freeze import FREEZE
from mrv.package.reading import MAX_JSON_BYTES, SUMMARY, csv_records, listed, read_summary, reading
from mrv.package.tables import FOLDER
from mrv.package.zipped import SUFFIX, unpacked

_FIGURES = f"{FOLDER}/{MART}.parquet"
_SHA512 = re.compile(r"[0-9a-f]{128}")
_REMEDY = "ask the publisher for both versions"


def chain(root: Path) -> str:
    """Check what a package says of the version before it; where that lies beside, compare both.

    Returns:
        What was checked, and what was not for want of the version before.

    Raises:
        PackageError: The chain is broken, or `data/changes/` does not say what the figures say.
    """
    summary, freeze = read_summary(root), _json(root, FREEZE)
    with reading(f"{SUMMARY} and {FREEZE}"):
        before, version = summary["previous"], summary["version"]
        _require(freeze["previous"] == before, "another version before", found=FREEZE)
        _require(freeze["version"] == version, "another version", found=FREEZE)
        if version == 1:
            _require(
                before is None and not (root / changes.FOLDER).exists(), "a version before the first", found=SUMMARY
            )
            return "the first version: there is none before it"
        name = re.sub(r"\d+\Z", str(version - 1), summary["name"])
        _require(before is not None and (before["name"], before["version"]) == (name, version - 1), "no version before")
        _require(_SHA512.fullmatch(before["manifest_sha512"]) is not None, "no hash of the version before")
    changed = _changed(root, before, freeze)
    place = _beside(root, name)
    said = f"follows {name}; {len(changed)} figures changed, as {changes.FIGURES} says"
    if place is None:
        return f"{said}; {name} does not lie beside: its hash and the old values were not compared"
    with unpacked(place) as old:
        _compare(root, old, before["manifest_sha512"], changed)
    return f"{said}; {name} lies beside and is the version that is named, and no other figure differs"


def _require(holds: bool, message: str, *, found: str = "") -> None:
    if not holds:
        raise PackageError(
            f"the chain of versions is broken: {message}", found=found or None, where=SUMMARY, remedy=_REMEDY
        )


def _json(root: Path, name: str) -> Any:
    with reading(name):
        if (root / name).stat().st_size > MAX_JSON_BYTES:
            raise PackageError("a file is too large to be read", where=name)
        return json.loads((root / name).read_bytes())


def _changed(root: Path, before: Mapping[str, Any], freeze: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the rows of `figures.csv` by figure, once their new values are those of this package."""
    said = _json(root, changes.CHANGES)
    with reading(changes.CHANGES):
        _require(said["previous"] == before, "another version before", found=changes.CHANGES)
        _require(said["content_key"] == freeze["content_key"], "another content was approved", found=changes.CHANGES)
        _require(bool(said["approved_by"].strip() and said["reason"].strip()), "nobody approved", found=changes.CHANGES)
    with reading(changes.FIGURES):
        rows = {row["figure_id"]: row for row in csv_records(root, changes.FIGURES)}
    _agree(rows, read_figures(root / _FIGURES), "new")
    return rows


def _agree(rows: Mapping[str, Mapping[str, str]], figures: Mapping[str, Figure], side: str) -> None:
    problems = []
    with reading(changes.FIGURES):
        for name, row in rows.items():
            figure = figures.get(name)
            value = text(figure.value) or "" if figure else ""
            if row[side] != value:
                problems.append(f"{name} is {value or 'nothing'}, not {row[side] or 'nothing'}")
    if problems:
        raise PackageError(
            f"the {side} values of the changes are not those of the version",
            found=listed(problems),
            where=changes.FIGURES,
            remedy=_REMEDY,
        )


def _beside(root: Path, name: str) -> Path | None:
    """Return where the version before lies, as a folder or as one file."""
    folder = root.absolute().parent
    places = [folder / name / bag.MANIFEST_512, folder / f"{name}{SUFFIX}"]
    found = next((place for place in places if place.is_file()), None)
    return found.parent if found is not None and found.name == bag.MANIFEST_512 else found


def _compare(root: Path, old: Path, manifest_sha512: str, changed: Mapping[str, Mapping[str, str]]) -> None:
    """Compare with the version before; its figures are opened only when they are, byte for byte, what was named."""
    with reading(bag.MANIFEST_512):
        content = (old / bag.MANIFEST_512).read_bytes()
    if hashlib.sha512(content).hexdigest() != manifest_sha512:
        raise PackageError("the version beside is not the one that is named", where=old.name, remedy=_REMEDY)
    with reading(_FIGURES):
        digest = bag.parse_manifest(content, file=bag.MANIFEST_512)[_FIGURES]
        if hash_file(old / _FIGURES, "sha512") != digest:
            raise PackageError(
                "the figures of the version before were changed", where=f"{old.name}/{_FIGURES}", remedy=_REMEDY
            )
    _agree(changed, read_figures(old / _FIGURES), "old")
    differing = {item.figure_id for item in figure_differences(old / _FIGURES, root / _FIGURES)}
    if differing != {*changed}:
        raise PackageError(
            "the changes do not list the figures that differ",
            found=listed(sorted(differing ^ {*changed})),
            where=changes.FIGURES,
            remedy=_REMEDY,
        )
