"""What a package says of its inputs, as the run needs it: files by hash, how they were fetched, waivers, the project."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mrv.boundaries import load_zones
from mrv.errors import InputError, PackageError
from mrv.files import hash_file
from mrv.ledger import Artifact, Ledger
from mrv.package.evidence import PRIVATE_FILES
from mrv.package.presence import INPUTS, LISTED, require_hash
from mrv.package.reading import csv_records, reading
from mrv.project import LoadedProject, load_project
from mrv.store import Store

RETRIEVALS = "data/provenance/retrievals.ndjson"
PROJECT = "data/project"
OUTSIDE = "outside"
"""Folder in `data/project/` of files that lie outside the project's folder, each below its number in the list of files."""
_NUMBERS = {"bytes", "year"}


@dataclass(frozen=True)
class Inputs:
    """What was found of a package's inputs.

    Attributes:
        artifacts: Every file that the period used, as the ledger knew it.
        missing: sha256 of those of which nobody has the bytes.
        private_files: Private file of the definition to where it lies; those that are missing are not in it.
        all_private: Whether every private file was found.
    """

    artifacts: tuple[Artifact, ...]
    missing: frozenset[str]
    private_files: Mapping[str, Path]
    all_private: bool

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing and self.all_private

    def of(self, source: str) -> tuple[Artifact, ...]:
        """Return the files of a source."""
        return tuple(item for item in self.artifacts if item.source == source)


def find_inputs(root: Path, store: Store, *, project_id: str, folders: Sequence[Path]) -> Inputs:
    """Fill a store with the inputs of a package, and with withheld ones from folders, whatever they are called there.

    Args:
        root: Folder of a package whose hashes were verified.
        store: An empty store.
        project_id: Id of the project.
        folders: Where else to look.

    Raises:
        InputError: A folder is none.
        PackageError: A list of the package cannot be read.
    """
    artifacts = tuple(_artifacts(root, project_id))
    wanted = {require_hash(item.sha256, where=LISTED) for item in artifacts}
    rows = csv_records(root, PRIVATE_FILES)
    private = {row["file"]: require_hash(row["sha256"], where=PRIVATE_FILES) for row in rows}
    found = {sha256: root / INPUTS / sha256 for sha256 in wanted if (root / INPUTS / sha256).is_file()}
    searched = dict(_searched(folders, {*wanted, *private.values()} - {*found}))
    for sha256, path in {**found, **searched}.items():
        if sha256 in wanted:
            _put(store, path, sha256)
    at_hand = {file: searched[sha256] for file, sha256 in private.items() if sha256 in searched}
    missing = frozenset({*wanted} - {*found} - {*searched})
    return Inputs(artifacts, missing, at_hand, all_private=len(at_hand) == len(private))


def _searched(folders: Sequence[Path], hashes: set[str]) -> Iterator[tuple[str, Path]]:
    for folder in folders:
        if not folder.is_dir():
            raise InputError(
                "there is no folder of inputs", where=str(folder), remedy="give the folder that holds them"
            )
        for path in sorted(item for item in folder.rglob("*") if item.is_file() and not item.is_symlink()):
            sha256 = hash_file(path)
            if sha256 in hashes:
                yield sha256, path


def _put(store: Store, path: Path, sha256: str) -> None:
    target = store.path(sha256)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        if hash_file(target) != sha256:
            raise PackageError(
                "an input has other bytes than its name says", expected=sha256, where=str(path), remedy="fetch it again"
            )


def _artifacts(root: Path, project_id: str) -> Iterator[Artifact]:
    """Yield the files of a package; what was told of their fetching and of them joins by address and hash."""
    names = {field.name for field in fields(Artifact)}
    acts = {(act["address"], act["sha256"]): act for act in _acts(root)}
    with reading(LISTED):
        for row in csv_records(root, LISTED):
            act = acts[row["address"], row["sha256"]]
            known: dict[str, Any] = {name: _typed(name, text) for name, text in row.items() if name in names}
            told = {name: value for name, value in act.items() if name in names}
            yield Artifact(**{**known, **told, "project": project_id})


def _acts(root: Path) -> Iterator[Mapping[str, Any]]:
    with reading(RETRIEVALS), (root / RETRIEVALS).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _typed(name: str, text: str) -> Any:
    if name == "simulated":
        return text == "true"
    if not text:
        return None
    return int(text) if name in _NUMBERS else text


def seed_ledger(ledger: Ledger, root: Path, inputs: Inputs, *, project_id: str, period_id: str) -> None:
    """Let a new ledger know what was fetched, in its order, and which failed checks were waived by whom.

    Raises:
        PackageError: A list of the package cannot be read.
    """
    for item in sorted(inputs.artifacts, key=lambda item: (item.retrieved_at, item.address, item.sha256)):
        ledger.record_retrieval(item)
    waived = {
        (row["dataset"], row["rule"]): (row["waived_by"], row["waiver_reason"])
        for row in csv_records(root, "data/quality/check_results.csv")
        if row["waived_by"]
    }
    for (dataset, rule), (who, why) in sorted(waived.items()):
        ledger.waive(project=project_id, period=period_id, dataset=dataset, rule=rule, waived_by=who, reason=why)


def project_of(root: Path) -> LoadedProject:
    """Load the definition in a package; its files outside the project's folder are found where the package has them.

    Raises:
        ProjectError: The definition does not hold.
        PackageError: A file that it names is not in the package.
    """
    loaded = load_project((root / PROJECT).resolve())
    elsewhere = {}
    for number, name in enumerate(loaded.files):
        aside = root / PROJECT / OUTSIDE / str(number) / Path(name).name
        inside = (loaded.folder / name).resolve()
        if aside.is_file():
            elsewhere[name] = aside.resolve()
        elif not (inside.is_relative_to(loaded.folder) and inside.is_file()):
            raise PackageError(
                "a file of the project is not in the package",
                expected=name,
                where=f"{PROJECT}/",
                remedy="ask the publisher for the whole package",
            )
    return loaded.model_copy(update={"elsewhere": elsewhere})


def private_zones(loaded: LoadedProject, inputs: Inputs) -> list[Any]:
    """Return the private zones of a project, where their files were given; none otherwise."""
    if not inputs.all_private or not inputs.private_files:
        return []
    return load_zones(
        loaded.model_copy(update={"elsewhere": {**loaded.elsewhere, **inputs.private_files}}), private=True
    )
