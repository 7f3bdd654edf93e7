"""Verifying a package, offline and fail closed: what was not checked is said, and is never called ok."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal

from mrv.errors import MrvError, PackageError
from mrv.files import CHUNK
from mrv.package import bag, consistency, identity, keys, presence, sshsig
from mrv.package.areas import areas
from mrv.package.arithmetic import arithmetic
from mrv.package.attestation import attested
from mrv.package.chain import chain
from mrv.package.crate_check import crate
from mrv.package.estimates import estimates
from mrv.package.reading import SUMMARY, listed, reading
from mrv.package.timestamp import Stamp, read_roots, read_stamp
from mrv.settings import Settings

Outcome = Literal["ok", "failed", "not_checked"]

LAYOUT, TAG_MANIFEST, SIGNATURE, SIGNER, STAMP = "layout", "tag manifest", "signature", "signer", "time stamp"
TAG_FILES, MANIFESTS, COMPLETE, HASHES, BAG_INFO = "tag files", "manifests", "completeness", "hashes", "bag-info"
IDENTITY, CONTENTS, INPUTS, ATTESTATIONS = "identity", "contents", "inputs", "attestations"
PREVIOUS = "previous version"
CRATE = "crate"
FIGURES, TABLES, AREAS, ACTIVITY = "headline figures", "tables", "areas", "activity data"
ARITHMETIC = "ledger arithmetic"
CHECKS = (
    LAYOUT, TAG_MANIFEST, SIGNATURE, SIGNER, STAMP, TAG_FILES, MANIFESTS, COMPLETE, HASHES, BAG_INFO, IDENTITY, CONTENTS,
    INPUTS, PREVIOUS, ATTESTATIONS, CRATE, FIGURES, TABLES, AREAS, ACTIVITY, ARITHMETIC,
)  # fmt: skip
"""Names of the checks, in the order in which they are reported."""

_SPECIAL = (bag.TAG_MANIFEST, bag.SIGNATURE)
_SOUND = (LAYOUT, SIGNATURE, TAG_FILES, MANIFESTS, COMPLETE, HASHES)
_ABOUT = {
    LAYOUT: "the folder", SIGNATURE: bag.SIGNATURE, SIGNER: bag.SIGNATURE, STAMP: bag.STAMP, TAG_FILES: bag.TAG_MANIFEST,
    TAG_MANIFEST: bag.TAG_MANIFEST, BAG_INFO: bag.BAG_INFO, IDENTITY: SUMMARY, FIGURES: SUMMARY,
}  # fmt: skip
"""Check to the file it is about, named where a failure does not name one itself."""


@dataclass(frozen=True)
class Check:
    """One check. `detail` names the file, or says why nothing was checked."""

    name: str
    outcome: Outcome
    detail: str


@dataclass(frozen=True)
class Report:
    """What was checked, and whether the package may be relied on.

    Attributes:
        signed_name: Name under which the package was signed, whatever its folder is called; None if nothing was signed.
    """

    path: Path
    checks: tuple[Check, ...]
    accepted: bool
    signed_name: str | None

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.outcome == "failed")


class _NotMadeError(Exception):
    """A check could not be made, or not in full; says why."""


@dataclass
class _Run:
    """State of one verification: later checks build on what earlier ones read, or are not made."""

    root: Path
    found: bag.Walk = field(default_factory=lambda: bag.Walk({}, ()))
    checks: dict[str, Check] = field(default_factory=dict)
    tag_content: bytes = b""
    tags: Mapping[str, str] = field(default_factory=dict)
    manifests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    signer: bytes | None = None
    signed_name: str | None = None
    stamp: Stamp | None = None

    def check(self, name: str, work: Callable[[_Run], str], *, needs: Iterable[str] = ()) -> None:
        """Make one check. `work` returns what to say, or raises what says what is wrong; no content makes this raise."""
        if open_ones := [other for other in needs if self.checks[other].outcome != "ok"]:
            self.checks[name] = Check(name, "not_checked", f"it builds on: {', '.join(open_ones)}")
            return
        try:
            with reading(_ABOUT.get(name, f"the files of the check: {name}")):
                self.checks[name] = Check(name, "ok", _plain(work(self)))
        except _NotMadeError as reason:
            self.checks[name] = Check(name, "not_checked", _plain(str(reason)))
        except MrvError as error:
            self.checks[name] = Check(name, "failed", _one_line(error))


def verify(
    path: Path, *, allowed_signers: Path | None = None, any_signer: bool = False, timestamp_roots: Path | None = None
) -> Report:
    """Check a package: signature and signer, every byte of every file, what it is, and that it agrees with itself.

    Args:
        path: Folder of the package.
        allowed_signers: OpenSSH file of allowed signers; default: that of the keys folder of MRV_HOME.
            A file `revoked_keys` beside it is honoured.
        any_signer: Accept a package whose signer is not known; the report says that the signer was not checked.
        timestamp_roots: Certificates (PEM) of authorities whose time stamps count; without them a stamp is told, not checked.

    Raises:
        PackageError: `path` is no folder.
    """
    if not path.is_dir():
        raise PackageError("there is no package", where=str(path), remedy="give the folder that holds bagit.txt")
    # Only a home that was named: one found in the working folder may have come with the package.
    named = Settings().keys_dir / keys.ALLOWED_FILE if "MRV_HOME" in os.environ else Path(os.devnull)
    signers = allowed_signers or named
    run = _Run(path)
    if not os.path.lexists(path / bag.BAGIT):
        return _no_package(path)
    run.check(LAYOUT, _layout)
    run.check(TAG_MANIFEST, _tag_manifest)
    run.check(SIGNATURE, _signature)
    run.check(STAMP, lambda state: _stamp(state, timestamp_roots), needs=[SIGNATURE])
    run.check(TAG_FILES, _tag_files, needs=[TAG_MANIFEST])
    run.check(SIGNER, lambda state: (_any_signer if any_signer else _signer)(state, signers), needs=[SIGNATURE])
    run.check(MANIFESTS, _manifests)
    run.check(COMPLETE, _complete)
    run.check(HASHES, _hashes)
    run.check(BAG_INFO, _bag_info, needs=[TAG_FILES, COMPLETE])
    run.check(IDENTITY, _identity, needs=[SIGNATURE, TAG_FILES])
    _check_content(run)
    checks = tuple(run.checks[name] for name in CHECKS)
    excused = {STAMP, *([SIGNER] if any_signer else [])}
    accepted = all(
        check.outcome == "ok" or (check.outcome == "not_checked" and check.name in excused) for check in checks
    )
    return Report(path, checks, accepted, run.signed_name)


def _no_package(path: Path) -> Report:
    """Refuse at once: whatever lies in such a folder is none of our business, and there may be a lot of it."""
    missing = Check(LAYOUT, "failed", f"there is no {bag.BAGIT} in the folder, so it is no package")
    others = (Check(name, "not_checked", f"it builds on: {LAYOUT}") for name in CHECKS if name != LAYOUT)
    return Report(path, (missing, *others), accepted=False, signed_name=None)


def _check_content(run: _Run) -> None:
    """Check what the files say; those of a stranger are opened only when they are, byte for byte, what somebody signed."""
    run.check(CONTENTS, lambda state: presence.required(state.found.files), needs=_SOUND)
    run.check(INPUTS, lambda state: presence.inputs(state.root, state.manifests[bag.MANIFEST_256]), needs=_SOUND)
    run.check(PREVIOUS, lambda state: chain(state.root), needs=_SOUND)
    run.check(ATTESTATIONS, lambda state: attested(state.root, state.signer or b""), needs=_SOUND)
    run.check(
        CRATE, lambda state: crate(state.root, state.found.files, state.manifests[bag.MANIFEST_256]), needs=_SOUND
    )
    run.check(FIGURES, lambda state: consistency.figures(state.root), needs=_SOUND)
    run.check(TABLES, lambda state: consistency.tables(state.root, state.manifests[bag.MANIFEST_512]), needs=_SOUND)
    run.check(AREAS, lambda state: areas(state.root), needs=_SOUND)
    run.check(ACTIVITY, lambda state: estimates(state.root), needs=_SOUND)
    run.check(ARITHMETIC, lambda state: arithmetic(state.root), needs=_SOUND)


def _layout(run: _Run) -> str:
    run.found = bag.walk(run.root)
    outside = [name for name in run.found.files if not name.startswith("data/")]
    wanted = {*bag.TAG_FILES, *_SPECIAL, *({bag.STAMP} & {*outside})}
    problems = [f"missing: {name}" for name in sorted(wanted - {*outside})]
    problems += [f"not of the package: {name}" for name in sorted({*outside} - wanted)]
    problems += [f"not of the package: {name}" for name in run.found.intruders]
    problems += [f"unsafe name: {name} ({reason})" for name in run.found.files if (reason := bag.unsafe(name))]
    problems += [f"names collide: {one} and {other}" for one, other in bag.collisions(run.found.files)]
    if not problems and _read(run, bag.BAGIT) != bag.DECLARATION:
        problems = [f"{bag.BAGIT} is not the declaration of BagIt 1.0"]
    _refuse("the folder is not laid out as a package", problems)
    return f"{len(run.found.files)} files, no links, no strangers"


def _tag_manifest(run: _Run) -> str:
    run.tag_content = _read(run, bag.TAG_MANIFEST)
    run.tags = bag.parse_manifest(run.tag_content, file=bag.TAG_MANIFEST)
    _refuse(
        f"{bag.TAG_MANIFEST} does not list what it must",
        [f"{name} is listed or missing against the rule" for name in sorted({*run.tags} ^ {*bag.TAG_FILES})],
    )
    return f"lists {', '.join(run.tags)}"


def _signature(run: _Run) -> str:
    try:
        run.signer = sshsig.verify(_read(run, bag.TAG_MANIFEST), _read(run, bag.SIGNATURE))
    except PackageError as error:
        error.where = error.where or f"{bag.SIGNATURE} of {bag.TAG_MANIFEST}"
        raise
    return f"{bag.TAG_MANIFEST} was signed by {keys.fingerprint(run.signer)}"


def _stamp(run: _Run, roots: Path | None) -> str:
    if bag.STAMP not in run.found.files:
        raise _NotMadeError("there is none: nobody else says when the package was signed")
    trusted = read_roots(roots) if roots else ()
    run.stamp = read_stamp(_read(run, bag.STAMP), _read(run, bag.TAG_MANIFEST), trusted)
    said = f"{run.stamp.moment.isoformat()} by {run.stamp.authority}"
    if not run.stamp.trusted:
        raise _NotMadeError(f"it says {said}; its authority was not checked: no trusted certificates were given")
    return said


def _signer(run: _Run, signers: Path) -> str:
    public = run.signer or b""
    _refuse_revoked(public, signers)
    entries = [entry for entry in keys.allowed_signers(signers) if entry.public == public]
    now, refusals = datetime.now(UTC), []
    for signed, said in [(now, ""), *_earlier(run)]:
        for entry in entries:
            refusal = entry.refusal(namespace=sshsig.NAMESPACE, moment=now, signed=signed)
            if refusal is None:
                return f"{entry.principals}, line {entry.line} of {signers}{said}"
            refusals.append(refusal)
    refusals = list(dict.fromkeys(refusals))
    raise PackageError(
        "the signer is not allowed",
        expected=f"a signer listed in {signers}" + ("" if signers.exists() else " (there is no such file)"),
        found="; ".join([keys.fingerprint(public), *filter(None, refusals)]),
        where=bag.SIGNATURE,
        remedy="get the publisher's key by another way than the package and enter it, if you trust it",
    )


def _earlier(run: _Run) -> Iterator[tuple[datetime, str]]:
    """Yield when a package may have been signed, for a key that has served its time: an authority's word before its own."""
    if run.stamp is not None and run.stamp.trusted:
        yield (
            run.stamp.moment,
            f"; the key is no longer used, and the package was there by {run.stamp.moment.isoformat()}",
        )
    if run.checks[TAG_FILES].outcome == "ok":
        claimed = bag.parse_bag_info(_read(run, bag.BAG_INFO)).get("Bagging-Date", "")
        said = f"; the key is no longer used; that the package is of {claimed} is what it says itself"
        yield datetime.combine(date.fromisoformat(claimed), time(tzinfo=UTC)), said


def _any_signer(run: _Run, signers: Path) -> str:
    """A known signer is still named as such and a revoked key still refused; an unknown one is let pass, aloud."""
    public = run.signer or b""
    _refuse_revoked(public, signers)
    try:
        return _signer(run, signers)
    except PackageError as error:
        detail = (
            f"any signer was asked for; {keys.fingerprint(public)} is not known here, so anybody may have made this"
        )
        raise _NotMadeError(detail) from error


def _refuse_revoked(public: bytes, signers: Path) -> None:
    revoked = signers.with_name(keys.REVOKED_FILE)
    if public in keys.revoked_keys(revoked):
        raise PackageError(
            "the signer's key was revoked",
            found=keys.fingerprint(public),
            where=f"{bag.SIGNATURE}, {revoked}",
            remedy="ask the publisher for the package signed with a valid key",
        )


def _tag_files(run: _Run) -> str:
    _refuse("a tag file was changed", _differing(run, {"sha512": run.tags}))
    return f"{len(run.tags)} files as signed"


def _manifests(run: _Run) -> str:
    readable, problems = {}, []
    for name in (bag.MANIFEST_256, bag.MANIFEST_512):
        try:
            readable[name] = bag.parse_manifest(_read(run, name), file=name)
        except PackageError as error:
            problems.append(_one_line(error))
    # What can still be read serves to name the files that were changed.
    run.manifests = readable
    listed = set().union(*readable.values())
    problems += [f"{name} is not in every manifest" for name in sorted(listed) if not _in_all(name, readable)]
    problems += [f"{name} lies outside data/" for name in sorted(listed) if not name.startswith("data/")]
    _refuse("the manifests do not hold together", problems)
    return f"{len(listed)} files in each"


def _in_all(name: str, manifests: Mapping[str, Mapping[str, str]]) -> bool:
    return all(name in entries for entries in manifests.values())


def _complete(run: _Run) -> str:
    if not run.manifests:
        raise _NotMadeError("no manifest can be read")
    listed = set().union(*run.manifests.values())
    present = {name for name in run.found.files if name.startswith("data/")}
    problems = [f"missing: {name}" for name in sorted(listed - present)]
    problems += [f"not in the manifests: {name}" for name in sorted(present - listed)]
    _refuse("the payload is not what the manifests list", problems)
    return f"{len(listed)} files, none missing, none added"


def _hashes(run: _Run) -> str:
    kinds = {bag.MANIFEST_256: "sha256", bag.MANIFEST_512: "sha512"}
    made = {kinds[name]: entries for name, entries in run.manifests.items()}
    _refuse("files were changed", _differing(run, made))
    if len(made) < len(kinds):
        raise _NotMadeError(f"compared with {' and '.join(made) or 'nothing'} only")
    return f"sha256 and sha512 of {len(made['sha512'])} files, {sum(run.found.files.values())} bytes in all"


def _bag_info(run: _Run) -> str:
    payload = [size for name, size in run.found.files.items() if name.startswith("data/")]
    said = bag.parse_bag_info(_read(run, bag.BAG_INFO)).get("Payload-Oxum")
    counted = f"{sum(payload)}.{len(payload)}"
    if said != counted:
        raise PackageError(f"{bag.BAG_INFO} states another payload", expected=counted, found=said, where=bag.BAG_INFO)
    return f"Payload-Oxum {counted}"


def _identity(run: _Run) -> str:
    info = bag.parse_bag_info(_read(run, bag.BAG_INFO))
    run.signed_name = _plain(identity.signed_name(info))
    identity.refuse_other_folder(run.root, run.signed_name)
    if open_ones := [name for name in _SOUND if run.checks[name].outcome != "ok"]:
        raise _NotMadeError(f"signed as {run.signed_name}; what else it says builds on: {', '.join(open_ones)}")
    return identity.agreed(run.root, info)


def _differing(run: _Run, manifests: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return each file that is missing or has another digest than a manifest says, in order."""
    names = sorted({name for entries in manifests.values() for name in entries})

    def differs(name: str) -> str | None:
        if name not in run.found.files:
            return f"{name}: missing"
        listing = {kind: entries[name] for kind, entries in manifests.items() if name in entries}
        digests = _digests(run.root / name, listing)
        wrong = [kind for kind, digest in listing.items() if digests[kind] != digest]
        return f"{name}: {' and '.join(wrong)} differ" if wrong else None

    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        return [problem for problem in pool.map(differs, names) if problem]


def _open(path: Path) -> int:
    # A link put in place after the walk is not followed.
    return os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))


def _digests(path: Path, kinds: Iterable[str]) -> dict[str, str]:
    digests = {kind: hashlib.new(kind) for kind in kinds}
    with os.fdopen(_open(path), "rb") as stream:
        while piece := stream.read(CHUNK):
            for digest in digests.values():
                digest.update(piece)
    return {kind: digest.hexdigest() for kind, digest in digests.items()}


def _read(run: _Run, name: str) -> bytes:
    """Read a tag file that the walk has found to be a regular file of bearable size."""
    size = run.found.files.get(name)
    if size is None or size > bag.MAX_MANIFEST_BYTES:
        raise PackageError(
            f"{name} is missing" if size is None else f"{name} is too large",
            where=name,
            remedy="fetch the package again from its publisher",
        )
    with os.fdopen(_open(run.root / name), "rb") as stream:
        return stream.read(bag.MAX_MANIFEST_BYTES)


def _one_line(error: MrvError) -> str:
    return _plain("; ".join(line.strip() for line in str(error).splitlines()))


def _plain(text: str) -> str:
    """Return text that can be shown anywhere: a stranger's control characters and broken UTF-8 are spelled out."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _refuse(message: str, problems: list[str]) -> None:
    if problems:
        raise PackageError(message, found=listed(problems), remedy="fetch the package again from its publisher")
