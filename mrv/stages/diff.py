"""Two packages side by side, for `mrv diff`: figures, rows, files, inputs, parameters, tonnes and materiality."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mrv.errors import PackageError
from mrv.package import bag
from mrv.package.comparison import Comparison, side_of_package
from mrv.package.reading import read_summary, reading
from mrv.package.verify import verify
from mrv.package.zipped import unpacked
from mrv.stages.versions import summary

EVERY = 1_000_000
"""Figures of a package are fewer than this: all that differ are told."""


def package_difference(old: Path, new: Path) -> dict[str, Any]:
    """Compare two packages, each a folder or an archive, once both are whole. Who signed them is `mrv verify`'s to say.

    Returns:
        `same`, the names of both, `files` that were added, removed or changed, and what `summary` tells.

    Raises:
        PackageError: One of them is no package, or its files are not those that were signed.
    """
    with unpacked(old) as before, unpacked(new) as after:
        names = [str(read_summary(_package(root, path))["name"]) for root, path in ((before, old), (after, new))]
        files = _files(_manifest(before), _manifest(after))
        compared = Comparison(side_of_package(before), side_of_package(after))
        said = {"old": names[0], "new": names[1], "same": not any(files.values()), "files": files}
        return {**said, **summary(compared, shown=EVERY)}


def _package(root: Path, path: Path) -> Path:
    if not (root / bag.MANIFEST_512).is_file():
        raise PackageError(
            "there is no package", where=str(path), remedy="give the folder that holds bagit.txt, or the package's zip"
        )
    # Manifests are compared below: they say something of the files only where the files are theirs.
    report = verify(root, any_signer=True)
    if not report.accepted:
        raise PackageError(
            "a package is not whole, so it is not compared",
            found="; ".join(f"{check.name}: {check.detail}" for check in report.failed),
            where=str(path),
            remedy="see mrv verify; ask the publisher for the package again",
        )
    return root


def _manifest(root: Path) -> dict[str, str]:
    with reading(bag.MANIFEST_512):
        return bag.parse_manifest((root / bag.MANIFEST_512).read_bytes(), file=bag.MANIFEST_512)


def _files(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, list[str]]:
    return {
        "added": sorted({*new} - {*old}),
        "removed": sorted({*old} - {*new}),
        "changed": sorted(name for name in {*old} & {*new} if old[name] != new[name]),
    }
