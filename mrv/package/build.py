"""Building a package: everything is staged beside the target, sealed, signed, and moved there in one step."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from mrv.errors import PackageError
from mrv.files import fsync_folder, hash_file, storage_errors
from mrv.package import bag, sshsig
from mrv.package.attestation import envelope, statements
from mrv.package.changes import write_changes
from mrv.package.contents import Contents
from mrv.package.crate import write_crate
from mrv.package.evidence import write_calculation, write_provenance, write_quality
from mrv.package.figures import headline
from mrv.package.freeze import write_freeze
from mrv.package.keys import SigningKey
from mrv.package.monitoring.reports import write_reports
from mrv.package.openlineage import write_openlineage
from mrv.package.reading import SUMMARY
from mrv.package.report import render_report
from mrv.package.stac import write_stac
from mrv.package.staging import Staging
from mrv.package.tables import write_tables
from mrv.package.trace.pages import write_trace
from mrv.package.vectors import write_zones
from mrv.package.workbook.reductions_workbook import write_workbook
from mrv.package.zipped import SUFFIX, write_zip

log = logging.getLogger(__name__)

KEY_MARK = "PRIVATE KEY" + "-----"
"""How each private key in text form begins; no file of a package has it."""

FORMAT = "redd-verification-package/2"


@dataclass(frozen=True)
class BuiltPackage:
    """A finished package; the same as one file lies beside it. `manifest_sha512` is that of its `manifest-sha512.txt`."""

    path: Path
    manifest_sha512: str


def build(contents: Contents, *, folder: Path, key: SigningKey) -> BuiltPackage:
    """Build and sign a package as `folder/<name>`; the same contents and key give the same bytes of every file.

    Building what is there already returns it. A failure leaves the folder as it was.

    Raises:
        PackageError: Something is missing, unsafe or secret, or another package has the name.
        StoreError: The disk refuses a write.
    """
    target = folder / contents.name
    with storage_errors(target):
        folder.mkdir(parents=True, exist_ok=True)
        root = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
        try:
            staging = Staging(root, secrets=[*contents.secrets, KEY_MARK], private=key.private.private_bytes_raw())
            write_payload(staging, contents, fingerprint=key.fingerprint)
            _seal(staging, contents, key)
            return _publish(staging, target)
        finally:
            shutil.rmtree(root, ignore_errors=True)
            root.with_name(root.name + SUFFIX).unlink(missing_ok=True)


def write_payload(staging: Staging, contents: Contents, *, fingerprint: str) -> None:
    """Write every file below `data/`; the same contents give the same bytes.

    Args:
        staging: Where to.
        contents: What goes in.
        fingerprint: That of the key that signs, for the guide.

    Raises:
        PackageError: Something is missing, unsafe or secret.
        StoreError: The disk refuses a write.
    """
    write_tables(staging, contents)
    for name in sorted(contents.landed):
        staging.copy(f"data/landed/{name}.parquet", contents.landed[name])
    for name in sorted(contents.rasters):
        staging.copy(f"data/rasters/{name}.tif", contents.rasters[name])
    write_zones(staging, contents.zones, created_at=contents.created_at, title=contents.project.name)
    write_calculation(staging, contents)
    write_quality(staging, contents)
    write_provenance(staging, contents)
    write_freeze(staging, contents)
    for name in sorted(contents.project_files):
        staging.copy(f"data/project/{name}", contents.project_files[name])
    if contents.loss_picture is not None:
        staging.copy("data/report/forest_loss.png", contents.loss_picture.path)
    for name in sorted(contents.maps):
        staging.copy(f"data/report/maps/{name}.png", contents.maps[name])
    staging.write("data/report/summary.html", render_report(contents).encode())
    write_reports(staging, contents)
    write_workbook(staging, contents)
    write_trace(staging, contents)
    write_stac(staging, contents)
    write_openlineage(staging, contents)
    write_changes(staging, contents)
    staging.write("data/VERIFY.md", _guide(contents, fingerprint).encode())
    staging.write("data/verify.py", files("mrv.package").joinpath("standalone/verify.py").read_bytes())
    staging.write_json(SUMMARY, _summary(contents, staging.entries))
    write_crate(staging, contents)


def _guide(contents: Contents, fingerprint: str) -> str:
    source = files("mrv.package").joinpath("templates/VERIFY.md.j2").read_text(encoding="utf-8")
    template = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True).from_string(source)  # noqa: S701 - Markdown
    day = contents.created_at[:10].replace("-", "")
    return template.render(name=contents.name, namespace=sshsig.NAMESPACE, fingerprint=fingerprint, day=day)


def _summary(contents: Contents, entries: Mapping[str, bag.Entry]) -> dict[str, Any]:
    """Return what a machine wants to know first. The file counts leave out this file and the crate, which come after."""
    project = contents.project
    return {
        "format": FORMAT,
        "name": contents.name,
        "project": {
            "id": project.project_id,
            "name": project.name,
            "name_es": project.name_es,
            "country": project.country,
            "location": project.location.model_dump() if project.location else None,
            "illustrative": [note.model_dump() for note in project.illustrative],
            "simulated": project.simulated,
        },
        "period": {
            "id": contents.period_id,
            "start": contents.period_start.isoformat(),
            "end": contents.period_end.isoformat(),
        },
        "version": contents.version,
        "previous": contents.previous.record() if contents.previous else None,
        "created_at": contents.created_at,
        "code": {
            "version": contents.code.version,
            "commit": contents.code.commit,
            "lock_sha256": hash_file(contents.code.lock),
        },
        "headline": [figure.record() for figure in headline(contents)],
        "files": dict(sorted(Counter(_section(name) for name in entries).items())),
    }


def _section(name: str) -> str:
    parts = name.split("/")
    return parts[1] if len(parts) > 2 else "."


def _seal(staging: Staging, contents: Contents, key: SigningKey) -> None:
    payload = dict(staging.entries)
    for one, other in bag.collisions(sorted(payload)):
        raise PackageError(
            "two files have names that some systems take for one",
            found=f"{one} and {other}",
            remedy="rename one of them",
        )
    size, project = sum(entry.bytes for entry in payload.values()), contents.project
    info = {
        "External-Identifier": contents.name,
        "External-Description": f"{project.name}: {contents.period_start} to {contents.period_end}",
        "Bagging-Date": contents.created_at[:10],
        "Bag-Software-Agent": f"mrv {contents.code.version}",
        "Payload-Oxum": f"{size}.{len(payload)}",
    }
    staging.write(bag.BAGIT, bag.DECLARATION)
    staging.write(bag.BAG_INFO, bag.bag_info(info))
    staging.write(bag.MANIFEST_256, bag.write_manifest({name: entry.sha256 for name, entry in payload.items()}))
    staging.write(bag.MANIFEST_512, bag.write_manifest({name: entry.sha512 for name, entry in payload.items()}))
    for name, statement in statements(staging.root).items():
        staging.write_json(name, envelope(statement, key))
    tags = bag.write_manifest({name: staging.entries[name].sha512 for name in bag.TAG_FILES})
    staging.write(bag.TAG_MANIFEST, tags)
    staging.write(bag.SIGNATURE, sshsig.sign(tags, key.private))
    staging.sync_folders()


def _publish(staging: Staging, target: Path) -> BuiltPackage:
    built = BuiltPackage(target, staging.entries[bag.MANIFEST_512].sha512)
    # The archive takes its place on the disk before anything is published, and gets its name after.
    archive = staging.root.with_name(staging.root.name + SUFFIX)
    write_zip(staging.root, archive, name=target.name)
    try:
        os.rename(staging.root, target)  # noqa: PTH104 - Path.rename would say the same less plainly
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
            raise
        _same_as_built(staging, target)
        if (target / bag.STAMP).exists():
            # The archive is of what is published, with the stamp that came after.
            write_zip(target, archive, name=target.name)
        log.info("%s was built already", target.name)
    else:
        log.info("built %s: %d files", target.name, len(staging.entries))
    archive.replace(target.with_name(target.name + SUFFIX))
    fsync_folder(target.parent)
    return built


def _same_as_built(staging: Staging, target: Path) -> None:
    differing = _differences(staging, target)
    if differing:
        raise PackageError(
            f"there is another package {target.name}",
            expected="the same content, or no package of that name",
            found=f"{len(differing)} file(s) differ, first {differing[0]}",
            where=str(target),
            remedy="publish with the next version; a published package is never replaced",
        )


def _differences(staging: Staging, target: Path) -> Sequence[str]:
    if not target.is_dir():
        return [target.name]
    listing = bag.walk(target)
    names = sorted(({*listing.files} - {bag.STAMP}) ^ {*staging.entries}) or list(listing.intruders)
    return names or [
        name for name, entry in staging.entries.items() if hash_file(target / name, "sha512") != entry.sha512
    ]
