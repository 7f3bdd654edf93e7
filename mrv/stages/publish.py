"""Publish: freeze what a period rests on and sign it as the next version of its package, once per content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from mrv.errors import PackageError
from mrv.files import hash_file
from mrv.ledger import Artifact, Package, content_key
from mrv.package.build import BuiltPackage, build
from mrv.package.keys import ALLOWED_FILE, SigningKey, allow, ensure_key, load_key, refuse_revoked
from mrv.package.sshsig import NAMESPACE
from mrv.stages.context import Context, code_version
from mrv.stages.package_contents import package_contents, project_files
from mrv.stages.stamping import stamp_where_set
from mrv.stages.transform import Snapshot


@dataclass(frozen=True)
class Published:
    """A period's package."""

    path: Path
    version: int
    changed: bool


def publish(
    context: Context, snapshot: Snapshot, artifacts: Sequence[Artifact], tables: Mapping[str, pa.Table]
) -> Published:
    """Build and sign the package of a snapshot, or find that it was published already.

    Args:
        context: The run.
        snapshot: The period's published tables.
        artifacts: Every file that the period used.
        tables: What dbt started from; its `project` row says whether the data are simulated.

    Raises:
        PackageError: Something that belongs into the package is missing.
        StoreError: The disk refuses the write; the previous version stays as it is.
    """
    definition, period = context.definition, context.period
    files = project_files(context)
    key = content_key(
        {
            "snapshot": snapshot.snapshot_id,
            "inputs": sorted({f"{item.address} {item.sha256}" for item in artifacts}),
            "project_files": {name: hash_file(path) for name, path in files.items()},
            "code": code_version(),
        }
    )
    latest = context.ledger.latest_package(definition.id, period.id)
    same = latest is not None and latest.content_key == key
    if latest is not None and same and _stands(context, latest):
        return Published(context.settings.root / latest.path, latest.version, changed=False)
    version = (latest.version if latest else 0) + (0 if same else 1)
    contents = package_contents(context, snapshot, artifacts, tables, version=version)
    folder = context.settings.packages_dir / definition.id / period.id
    built = build(contents, folder=folder, key=_signing_key(context))
    if latest is None or not same:
        _record(context, snapshot, built, version=version, key=key)
    elif built.manifest_sha512 != latest.manifest_sha512:
        raise PackageError(
            f"version {version} was published with another content",
            expected=latest.manifest_sha512,
            found=built.manifest_sha512,
            where=str(built.path),
            remedy="restore the published package from a copy; do not hand this one out",
        )
    stamp_where_set(built.path, context.settings)
    return Published(built.path, version, changed=True)


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
