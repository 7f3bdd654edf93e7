"""Publish: freeze what a period rests on and sign it as the next version of its package, once per content."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from mrv.errors import PackageError
from mrv.files import hash_file
from mrv.ledger import Artifact, Package, content_key
from mrv.package.build import BuiltPackage, build
from mrv.package.contents import Approval, Previous
from mrv.package.freeze import FREEZE, Frozen
from mrv.package.keys import ALLOWED_FILE, SigningKey, allow, ensure_key, load_key, refuse_revoked
from mrv.package.sshsig import NAMESPACE
from mrv.stages.context import Context
from mrv.stages.findings import OF_ROOM
from mrv.stages.package_contents import frozen_set, package_contents
from mrv.stages.stamping import stamp_where_set
from mrv.stages.transform import Snapshot
from mrv.stages.versions import Pending, approvals, approved_or_proposed, before, previous_of


@dataclass(frozen=True)
class Published:
    """A period's package.

    Attributes:
        pending: What waits for an approval to become the next version; the package is that of the one before then.
    """

    path: Path
    version: int
    changed: bool
    pending: Pending | None = None


def publish(
    context: Context, snapshot: Snapshot, artifacts: Sequence[Artifact], tables: Mapping[str, pa.Table]
) -> Published:
    """Build and sign the package of a snapshot, find that it was published already, or that its changes need an approval.

    The first version needs none. A later one is built only of a content that somebody approved; until then the published
    version stands, and its snapshot stays the current one.

    Args:
        context: The run.
        snapshot: The period's tables.
        artifacts: Every file that the period used.
        tables: What dbt started from; its `project` row says whether the data are simulated.

    Raises:
        PackageError: Something that belongs into the package is missing.
        StoreError: The disk refuses the write; the previous version stays as it is.
    """
    frozen = frozen_set(context, snapshot, artifacts)
    latest = context.ledger.latest_package(context.definition.id, context.period.id)
    if latest is None:
        return _published(context, snapshot, artifacts, tables, version=1, key=frozen.content_key)
    if latest.content_key == frozen.content_key:
        approvals(context).withdraw()
        if _stands(context, latest):
            return Published(
                context.settings.root / latest.path, latest.version, changed=_make_current(context, snapshot)
            )
        return _restored(context, snapshot, artifacts, tables, latest)
    if _differs_by_the_room_alone(context, frozen, latest):
        approvals(context).withdraw()
        return Published(context.settings.root / latest.path, latest.version, changed=_make_current(context, snapshot))
    answer = approved_or_proposed(context, snapshot, frozen, latest)
    if isinstance(answer, Pending):
        return Published(context.settings.root / latest.path, latest.version, changed=False, pending=answer)
    previous, version = previous_of(context, latest), latest.version + 1
    return _published(
        context,
        snapshot,
        artifacts,
        tables,
        version=version,
        key=frozen.content_key,
        previous=previous,
        approval=answer,
    )


def _published(
    context: Context,
    snapshot: Snapshot,
    artifacts: Sequence[Artifact],
    tables: Mapping[str, pa.Table],
    *,
    version: int,
    key: str,
    previous: Previous | None = None,
    approval: Approval | None = None,
) -> Published:
    contents = package_contents(
        context, snapshot, artifacts, tables, version=version, previous=previous, approval=approval
    )
    built = build(contents, folder=_folder(context), key=_signing_key(context))
    _record(context, snapshot, built, version=version, key=key)
    approvals(context).withdraw()
    _make_current(context, snapshot)
    stamp_where_set(built.path, context.settings)
    return Published(built.path, version, changed=True)


def _restored(
    context: Context,
    snapshot: Snapshot,
    artifacts: Sequence[Artifact],
    tables: Mapping[str, pa.Table],
    latest: Package,
) -> Published:
    """Build a published version again whose package is lost; it must come out as it was."""
    previous, approval = before(context, latest.version)
    contents = package_contents(
        context, snapshot, artifacts, tables, version=latest.version, previous=previous, approval=approval
    )
    built = build(contents, folder=_folder(context), key=_signing_key(context))
    if built.manifest_sha512 != latest.manifest_sha512:
        raise PackageError(
            f"version {latest.version} was published with another content",
            expected=latest.manifest_sha512,
            found=built.manifest_sha512,
            where=str(built.path),
            remedy="restore the published package from a copy; do not hand this one out",
        )
    _make_current(context, snapshot)
    stamp_where_set(built.path, context.settings)
    return Published(built.path, latest.version, changed=True)


def _folder(context: Context) -> Path:
    return context.settings.packages_dir / context.definition.id / context.period.id


def _make_current(context: Context, snapshot: Snapshot) -> bool:
    """Let analysts see the tables of what is published, and of nothing else; False if they do already."""
    return context.ledger.publish_snapshot(
        project=context.definition.id,
        period=context.period.id,
        snapshot_id=snapshot.snapshot_id,
        path=context.relative(snapshot.folder),
    )


def _record(context: Context, snapshot: Snapshot, built: BuiltPackage, *, version: int, key: str) -> None:
    package = Package(
        project=context.definition.id,
        period=context.period.id,
        version=version,
        content_key=key,
        snapshot_id=snapshot.snapshot_id,
        path=context.relative(built.path),
        manifest_sha512=built.manifest_sha512,
        created_at="",
    )
    context.ledger.record_package(package)


def _stands(context: Context, package: Package) -> bool:
    """Tell whether a published package is still there as it was published, by the hash of its manifest."""
    manifest = context.settings.root / package.path / "manifest-sha512.txt"
    return manifest.is_file() and hash_file(manifest, "sha512") == package.manifest_sha512


def _differs_by_the_room_alone(context: Context, frozen: Frozen, latest: Package) -> bool:
    """Tell whether nothing changed since a version but findings of the data room: asking and answering restates nothing."""
    if not _stands(context, latest):
        return False
    told = json.loads((context.settings.root / latest.path / FREEZE).read_bytes())
    new = frozen.record()
    old = {name: told[name] for name in new}
    # What is told of the code beside its hashes is no part of the key.
    old["code"] = {name: told["code"][name] for name in new["code"]}
    by_hand = [
        {name: sha for name, sha in each["findings"].items() if not name.startswith(OF_ROOM)} for each in (old, new)
    ]
    old["findings"] = new["findings"]
    return by_hand[0] == by_hand[1] and content_key(old) == frozen.content_key


def _signing_key(context: Context) -> SigningKey:
    if context.settings.signing_key is not None:
        key = load_key(context.settings.signing_key, passphrase=context.settings.passphrase)
        refuse_revoked(context.settings.keys_dir, key)
        # An installation accepts what it signs itself; others list the key where they trust it.
        signers = context.settings.keys_dir / ALLOWED_FILE
        allow(signers, principal=f"{context.definition.id}@mrv", public=key.public, namespaces=(NAMESPACE,))
        return key
    principal = f"{context.definition.id}@mrv"
    return ensure_key(context.settings.keys_dir, principal=principal, passphrase=context.settings.passphrase)
