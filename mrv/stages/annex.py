"""The annex of a package: the files that it withholds, for a verifier who is bound to keep them confidential."""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import dataclass
from pathlib import Path

from mrv.errors import InputError, UsageError
from mrv.files import hash_file, storage_errors, write_bytes
from mrv.package.evidence import PRIVATE_FILES
from mrv.package.presence import FETCH
from mrv.package.reading import csv_records
from mrv.progress import SILENT
from mrv.project import find_project, load_project
from mrv.settings import Settings
from mrv.stages.context import newest_period, open_loaded

NOTE = """CONFIDENTIAL / CONFIDENCIAL

These files belong to the package {name}, which names each by its sha256 and does not hold it. They may name people, and tell
where sacred places and rare species are. They are for a verifier who is bound to confidentiality, for as long as the
verification lasts. With them every figure can be made anew:

    mrv reperform {name} --inputs THIS_FOLDER

Estos archivos pertenecen al paquete {name}, que nombra cada uno por su sha256 y no lo contiene. Pueden nombrar a personas y
decir dónde están lugares sagrados y especies raras. Son para un verificador obligado a la confidencialidad, mientras dure la
verificación. Con ellos se puede rehacer cada cifra:

    mrv reperform {name} --inputs ESTA_CARPETA
"""


@dataclass(frozen=True)
class Annex:
    """What was written: how many files and bytes, for which package."""

    package: str
    files: int
    bytes: int


def write_annex(project: str, period: str | None, folder: Path, settings: Settings) -> Annex:
    """Write every file that the newest package of a period withholds, under its sha256, with a list and a note.

    Args:
        project: Name or folder of the project.
        period: Id of the monitoring period; default: the newest one that has begun.
        folder: A new or empty folder; only this user may read what is written.
        settings: The house's settings.

    Raises:
        UsageError: Nothing was published, or the folder holds something.
        StoreError: A file of the store is missing, or the disk refuses a write.
        InputError: A private file of the project was changed since.
    """
    loaded = load_project(find_project(project, settings))
    with open_loaded(loaded, period or newest_period(project, settings), settings, SILENT, private_zones=()) as context:
        package = context.ledger.latest_package(context.definition.id, context.period.id)
        if package is None:
            raise UsageError(
                f"nothing has been published for {project}", remedy=f"run it first: mrv run {project} --period ..."
            )
        root = settings.root / package.path
        with storage_errors(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if any(folder.iterdir()):
                raise UsageError("the folder holds something already", where=str(folder), remedy="give a new folder")
            files = {
                row["sha256"]: (row["address"], context.store.get(row["sha256"])) for row in csv_records(root, FETCH)
            }
            files |= {
                row["sha256"]: _private(context.project.path(row["file"]), row)
                for row in csv_records(root, PRIVATE_FILES)
            }
            for sha256, (_, path) in files.items():
                shutil.copyfile(path, folder / sha256)
                (folder / sha256).chmod(0o600)
        write_bytes(folder / "LIST.csv", _listing({sha256: address for sha256, (address, _) in files.items()}))
        write_bytes(folder / "README.txt", NOTE.format(name=root.name).encode())
        return Annex(root.name, len(files), sum((folder / sha256).stat().st_size for sha256 in files))


def _private(path: Path, row: dict[str, str]) -> tuple[str, Path]:
    if not path.is_file() or hash_file(path) != row["sha256"]:
        raise InputError(
            "a private file of the project is not the one that the package rests on",
            expected=row["sha256"],
            found=hash_file(path) if path.is_file() else "no file",
            where=str(path),
            remedy="restore it, or publish the next version",
        )
    return row["file"], path


def _listing(addresses: dict[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["sha256", "address"])
    writer.writerows(sorted(addresses.items()))
    return text.getvalue().encode()
