"""Every file of a package made anew, from the PDF to the pictures of rasters, and compared with what was signed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mrv.errors import MrvError, PackageError
from mrv.package import bag, sshsig
from mrv.package.build import write_payload
from mrv.package.changes import CHANGES, standing
from mrv.package.contents import Approval, Code, Contents, Previous, Waiver
from mrv.package.evidence import PRIVATE_FILES, STARTED_FROM
from mrv.package.freeze import FINDINGS, FREEZE, WAIVERS
from mrv.package.keys import fingerprint
from mrv.package.reading import csv_records, read_summary, reading
from mrv.package.staging import Staging
from mrv.package.tables import FOLDER
from mrv.stages.from_rows import LANDED
from mrv.stages.package_contents import package_contents, withheld

if TYPE_CHECKING:
    from mrv.stages.reperform import Remade

RASTERS = "data/rasters"
LOCK_FILE = "data/code/requirements.lock"
TAKEN = (
    "when the figures were frozen and the approval, the moments of waivers, the commit, and earlier findings are taken "
    "as the package tells them"
)


@dataclass(frozen=True)
class FilesResult:
    """The files of a package against those made anew.

    Attributes:
        compared: How many were compared.
        differing: Those whose bytes differ, that are missing, or that nothing makes, sorted.
        reason: Why they could not be compared; None where they were.
    """

    compared: int
    differing: tuple[str, ...]
    reason: str | None


def compare_files(found: Remade) -> FilesResult:
    """Make every file of a package anew and compare.

    Where files that the package withholds are missing, what could not be made without them is taken from the package:
    the report must still be the one that its tables give.

    Args:
        found: The re-performance.

    Raises:
        PackageError: What the package says of its version or approval does not hold.
        MrvError: A file cannot be made anew though everything is at hand.
    """
    try:
        contents, taken = (_whole(found), frozenset[str]()) if found.inputs.complete else _with_what_is_shown(found)
        contents = as_told(contents, found.root)
    except _AbsentError as absent:
        return FilesResult(0, (), str(absent))
    except MrvError as error:
        if found.inputs.complete:
            raise
        return FilesResult(0, (), f"files that the package withholds are missing: {error.message}")
    with reading(bag.SIGNATURE):
        public = sshsig.verify((found.root / bag.TAG_MANIFEST).read_bytes(), (found.root / bag.SIGNATURE).read_bytes())
    with reading(bag.MANIFEST_512):
        said = bag.parse_manifest((found.root / bag.MANIFEST_512).read_bytes(), file=bag.MANIFEST_512)
    with TemporaryDirectory(prefix="mrv-files-") as name:
        staging = Staging(Path(name))
        write_payload(staging, contents, fingerprint=fingerprint(public))
        made = {file: entry.sha512 for file, entry in staging.entries.items()}
    differing = sorted(file for file in {*said, *made} if said.get(file) != made.get(file))
    return FilesResult(len({*said, *made} - taken), tuple(differing), None)


def _whole(found: Remade) -> Contents:
    version = read_summary(found.root)["version"]
    return package_contents(found.context, found.snapshot, found.inputs.artifacts, found.tables, version=version)


def _with_what_is_shown(found: Remade) -> tuple[Contents, frozenset[str]]:
    """Return the contents, and the files of them that were taken from the package."""
    root, everything = found.root, found.inputs.artifacts
    at_hand = [item for item in everything if item.sha256 not in found.inputs.missing]
    version = read_summary(root)["version"]
    made = package_contents(found.context, found.snapshot, at_hand, found.tables, version=version)
    landed = {path.stem: path for path in (root / LANDED).glob("*.parquet")}
    rasters = {path.stem: path for path in (root / RASTERS).glob("*.tif") if path.stem not in made.rasters}
    with reading(FREEZE):
        snapshot_id = json.loads((root / FREEZE).read_bytes())["snapshot_id"]
    contents = replace(
        made,
        # Tables made of less than the publisher had stand under another name.
        snapshot_id=snapshot_id,
        marts_folder=root / FOLDER,
        csv_folder=root / FOLDER / "csv",
        landed=landed,
        started_from=root / STARTED_FROM,
        rasters={**made.rasters, **rasters},
        inputs=[found.context.ledger.first_retrieval(item) for item in everything],
        withheld=withheld(found.context, everything),
        private_files={row["file"]: row["sha256"] for row in csv_records(root, PRIVATE_FILES)},
    )
    names = {f"{FOLDER}/{path.stem}" for path in (root / FOLDER).glob("*.parquet")}
    tables = {f"{name}.parquet" for name in names} | {f"{FOLDER}/csv/{Path(name).name}.csv" for name in names}
    shown = {f"{LANDED}/{name}.parquet" for name in landed} | {f"{RASTERS}/{name}.tif" for name in rasters}
    return contents, frozenset({*tables, *shown, STARTED_FROM})


class _AbsentError(Exception):
    """Something beside the package is not there, without which its files cannot be made anew."""


def as_told(contents: Contents, root: Path) -> Contents:
    """Return contents made anew with the acts that only the package tells of: see `TAKEN`."""
    summary = read_summary(root)
    previous = _previous(summary["previous"], root)
    return replace(
        _code_as_told(contents, root),
        # The moment at which the figures were frozen is one of the package's facts, not of the clock.
        created_at=summary["created_at"],
        waivers=_waivers(contents, root),
        findings={path.name: path for path in sorted((root / FINDINGS).glob("*"))},
        previous=previous,
        approval=None if previous is None else _approval(root),
    )


def _code_as_told(contents: Contents, root: Path) -> Contents:
    """Return the contents with the commit that the package names; where other code made it, with that code's name too."""
    with reading(FREEZE):
        frozen = json.loads((root / FREEZE).read_bytes())
        told = frozen["code"]
        if told["version"] == contents.code.version:
            return replace(contents, code=replace(contents.code, commit=told["commit"]))
        code = Code(version=told["version"], commit=told["commit"], lock=root / LOCK_FILE)
        return replace(contents, code=code, code_sha256=told["code_sha256"], snapshot_id=frozen["snapshot_id"])


def _previous(told: Mapping[str, Any] | None, root: Path) -> Previous | None:
    if told is None:
        return None
    previous = Previous(**told, folder=root.absolute().parent / told["name"])
    try:
        standing(previous.folder)
    except PackageError as error:
        raise _AbsentError(f"{told['name']}, the version before, does not lie beside it") from error
    return previous


def _approval(root: Path) -> Approval:
    with reading(CHANGES):
        said = json.loads((root / CHANGES).read_bytes())
        return Approval(**{field.name: said[field.name] for field in fields(Approval)})


def _waivers(contents: Contents, root: Path) -> list[Waiver]:
    """Return the waivers with the moments that the package tells; what they let pass must be what was waived here."""
    told = [Waiver(**row) for row in csv_records(root, WAIVERS)]
    acts = sorted((item.dataset, item.rule, item.waived_by, item.reason) for item in contents.waivers)
    if sorted((item.dataset, item.rule, item.waived_by, item.reason) for item in told) != acts:
        return list(contents.waivers)  # they differ, and so will the file
    return told
