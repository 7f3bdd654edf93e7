"""500 seeded mutations of a package: each is refused by `mrv verify` and by the package's own `verify.py`, the right file named.

And signatures that do not count: a wrong key, another namespace, a revoked key, statements of another package; refused by
both, and by ssh-keygen where it can know.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mrv.package import bag, keys, sshsig
from mrv.package.attestation import envelope, statements
from mrv.package.build import build
from mrv.package.standalone import verify as standalone
from mrv.package.verify import verify
from tests.unit.package.package_samples import another, sample_contents, sample_key

MUTATIONS = 500
CRATE = "data/ro-crate-metadata.json"
STRANGERS = (
    "data/new.csv",
    "data/tables/.hidden",
    "extra.txt",
    "tagmanifest-md5.txt",
    "fetch.txt",
    "attestations/more.json",
)


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    return build(sample_contents(folder / "sources"), folder=folder / "packages", key=sample_key()).path


@pytest.fixture(scope="module")
def signers(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("trusted") / keys.ALLOWED_FILE
    keys.allow(path, principal="publisher", public=sample_key().public, namespaces=(sshsig.NAMESPACE,))
    return path


def refusal_of_mrv(package, signers):
    """Return what `mrv verify` says of what failed; None if it accepts."""
    report = verify(package, allowed_signers=signers)
    return None if report.accepted else " ".join(check.detail for check in report.failed)


def refusal_of_the_package(package, signers, **given):
    """Return what `verify.py` says of what failed; None if it accepts."""
    defaults = {
        "allowed_signers": signers,
        "fingerprint": None,
        "revoked": None,
        "any_signer": False,
        "previous": None,
        "lang": "en",
    }
    lines: list[str] = []
    options = argparse.Namespace(**{**defaults, **given})
    if standalone.verify(standalone.Package(package, options), lines.append):
        return None
    return " ".join(line for line in lines if line.startswith("failed"))


def put(package, name, content):
    """Write a file anew: the copies share their bytes with the good package until then."""
    (package / name).unlink(missing_ok=True)
    (package / name).parent.mkdir(parents=True, exist_ok=True)
    (package / name).write_bytes(content)


def flip(package, name, other, rng):
    content = bytearray((package / name).read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    put(package, name, content)
    return {name}


def truncate(package, name, other, rng):
    content = (package / name).read_bytes()
    put(package, name, content[: rng.randrange(len(content))])
    return {name}


def extend(package, name, other, rng):
    put(package, name, (package / name).read_bytes() + rng.choice([b"\n", b" ", b"\0"]))
    return {name}


def delete(package, name, other, rng):
    (package / name).unlink()
    return {name}


def add(package, name, other, rng):
    new = rng.choice(STRANGERS)
    put(package, new, b"x")
    return {new}


def rename(package, name, other, rng):
    (package / name).rename(package / f"{name}2")
    # Without its declaration a folder is no package, and nothing else in it is looked at.
    return {name} if name == bag.BAGIT else {name, f"{name}2"}


def swap(package, name, other, rng):
    first, second = (package / name).read_bytes(), (package / other).read_bytes()
    put(package, name, second)
    put(package, other, first)
    return {name, other}


def link(package, name, other, rng):
    (package / name).unlink()
    (package / name).symlink_to(package / other)
    return {name}


def forge(package, name, other, rng):
    """Manifests and tag manifest agree with what was changed; the signature is of what was there."""
    flip(package, _of_payload(name), other, rng)
    list_anew(package)
    return {bag.TAG_MANIFEST}


def forge_described(package, name, other, rng):
    """The crate agrees too."""
    changed = _of_payload(name)
    flip(package, changed, other, rng)
    crate = json.loads((package / CRATE).read_bytes())
    content = (package / changed).read_bytes()
    for item in crate["@graph"]:
        if f"data/{item['@id']}" == changed:
            item |= {"sha256": hashlib.sha256(content).hexdigest(), "contentSize": str(len(content))}
    put(package, CRATE, json.dumps(crate).encode())
    list_anew(package)
    return {bag.TAG_MANIFEST}


def forge_halfway(package, name, other, rng):
    """Payload and manifests agree; the tag manifest is the signed one."""
    signed = (package / bag.TAG_MANIFEST).read_bytes()
    forge(package, name, other, rng)
    put(package, bag.TAG_MANIFEST, signed)
    return {bag.MANIFEST_256, bag.MANIFEST_512}


def drop_listed(package, name, other, rng):
    """A file is taken away and listed nowhere any more."""
    (package / _of_payload(name)).unlink()
    list_anew(package)
    return {bag.TAG_MANIFEST}


def sign_anew(package, name, other, rng):
    """A stranger makes everything agree and signs it, attestations and all."""
    flip(package, _of_payload(name), other, rng)
    stranger = sample_key(rng.randrange(2, 200))
    list_anew(package)
    for file in bag.TAG_FILES:
        if file.startswith("attestations/"):
            statement = {**statements(good_folder(package))[file], "subject": [_subject(package)]}
            put(package, file, json.dumps(envelope(statement, stranger)).encode())
    list_tags(package)
    put(package, bag.SIGNATURE, sshsig.sign((package / bag.TAG_MANIFEST).read_bytes(), stranger.private))
    return {bag.SIGNATURE}


def other_namespace(package, name, other, rng):
    content = (package / bag.TAG_MANIFEST).read_bytes()
    put(
        package,
        bag.SIGNATURE,
        sshsig.sign(content, sample_key().private, namespace=rng.choice(["git", "file", "redd"])),
    )
    return {bag.SIGNATURE}


def edit_manifest(package, name, other, rng):
    """A line of one manifest is doubled, dropped or changed."""
    file = rng.choice([bag.MANIFEST_256, bag.MANIFEST_512, bag.TAG_MANIFEST])
    lines = (package / file).read_bytes().splitlines(keepends=True)
    place = rng.randrange(len(lines))
    put(
        package,
        file,
        b"".join([*lines[:place], *rng.choice([[lines[place]] * 2, [], [lines[place].upper()]]), *lines[place + 1 :]]),
    )
    return {file}


def empty_folder(package, name, other, rng):
    (package / "data/nothing").mkdir()
    return {"data/nothing/"}


CHANGES = (
    flip, truncate, extend, delete, add, rename, swap, link, forge, forge_described, forge_halfway, drop_listed, sign_anew,
    other_namespace, edit_manifest, empty_folder,
)  # fmt: skip


def _of_payload(name):
    return name if name.startswith("data/") and name != CRATE else "data/tables/csv/figures.csv"


def good_folder(package):
    return package.parent / "good"


def _subject(package):
    digest = hashlib.sha512((package / bag.MANIFEST_512).read_bytes()).hexdigest()
    return {"name": bag.MANIFEST_512, "digest": {"sha512": digest}}


def list_anew(package):
    names = [path.relative_to(package).as_posix() for path in package.glob("data/**/*") if path.is_file()]
    for file, kind in ((bag.MANIFEST_256, "sha256"), (bag.MANIFEST_512, "sha512")):
        put(package, file, _manifest(package, names, kind))
    list_tags(package)


def list_tags(package):
    put(package, bag.TAG_MANIFEST, _manifest(package, bag.TAG_FILES, "sha512"))


def _manifest(package, names, kind):
    return bag.write_manifest({name: hashlib.new(kind, (package / name).read_bytes()).hexdigest() for name in names})


def mutated(good, folder, seed):
    """Return a copy of the package with one change, drawn from the seed, and the files that must be named."""
    rng = random.Random(f"mutation {seed}")
    change = CHANGES[seed % len(CHANGES)]
    package = folder / str(seed)
    shutil.copytree(good, package, copy_function=os.link)
    (folder / "good").symlink_to(good)
    files = sorted(
        path.relative_to(good).as_posix() for path in good.rglob("*") if path.is_file() and path.stat().st_size
    )
    beside = [name for name in files if not name.startswith("data/")]
    # A third of the changes are to what holds the package together.
    name = rng.choice(beside if rng.random() < 1 / 3 else files)
    content = (good / name).read_bytes()
    other = rng.choice([file for file in files if (good / file).read_bytes() != content])
    named = change(package, name, other, rng)
    return change.__name__, package, named


def test_the_good_package_is_accepted_by_both(good, signers):
    assert refusal_of_mrv(good, signers) is None
    assert refusal_of_the_package(good, signers) is None


@pytest.mark.parametrize("part", range(2))
def test_every_mutation_is_refused_by_both_and_the_right_file_named(good, signers, tmp_path, part):
    refused = 0
    for seed in range(part, MUTATIONS, 2):
        folder = tmp_path / str(seed)
        folder.mkdir()
        kind, package, named = mutated(good, folder, seed)
        for refusal in (refusal_of_mrv, refusal_of_the_package):
            said = refusal(package, signers)
            assert said is not None, (refusal.__name__, kind, seed, named)
            assert all(file in said for file in named), (refusal.__name__, kind, seed, named, said)
        refused += 1
        shutil.rmtree(folder)
    assert refused == MUTATIONS // 2


@pytest.mark.parametrize("seed", range(0, 100, 11))
def test_the_program_of_the_package_refuses_them_as_a_process_too(good, signers, tmp_path, seed):
    _, package, named = mutated(good, tmp_path, seed)
    command = [
        sys.executable,
        "-I",
        "-S",
        str(good / "data/verify.py"),
        str(package),
        "--allowed-signers",
        str(signers),
    ]
    ended = subprocess.run(command, capture_output=True, text=True)
    # A package without its declaration is none: that is a usage error.
    assert ended.returncode == (1 if (package / "bagit.txt").exists() else 2), ended.stderr
    assert ended.returncode == 2 or all(file in ended.stdout for file in named)


# --- signatures that do not count ---------------------------------------------------------------------------------------


def ssh_keygen(package, signers, *options):
    """Return whether ssh-keygen accepts the signature of a package."""
    command = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", "publisher", "-n", sshsig.NAMESPACE, *options]
    with (package / bag.TAG_MANIFEST).open("rb") as content:
        ended = subprocess.run([*command, "-s", str(package / bag.SIGNATURE)], stdin=content, capture_output=True)
    return ended.returncode == 0


@pytest.fixture
def package(good, tmp_path) -> Path:
    return shutil.copytree(good, tmp_path / good.name)


def refused_by_both(package, signers, *named):
    for refusal in (refusal_of_mrv, refusal_of_the_package):
        said = refusal(package, signers)
        assert said is not None
        assert all(part in said for part in named), (refusal.__name__, said)


needs_ssh_keygen = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


@needs_ssh_keygen
def test_common_tools_accept_the_good_package(good, signers):
    assert ssh_keygen(good, signers)
    for manifest in (bag.TAG_MANIFEST, bag.MANIFEST_512):
        subprocess.run(["sha512sum", "--strict", "--quiet", "-c", manifest], cwd=good, check=True)


@needs_ssh_keygen
def test_a_wrong_key_is_refused(package, signers):
    content = (package / bag.TAG_MANIFEST).read_bytes()
    put(package, bag.SIGNATURE, sshsig.sign(content, sample_key(2).private))
    refused_by_both(package, signers, sample_key(2).fingerprint)
    assert not ssh_keygen(package, signers)


@needs_ssh_keygen
def test_another_namespace_is_refused(package, signers):
    content = (package / bag.TAG_MANIFEST).read_bytes()
    put(package, bag.SIGNATURE, sshsig.sign(content, sample_key().private, namespace="git"))
    refused_by_both(package, signers, bag.SIGNATURE, "git")
    assert not ssh_keygen(package, signers)


@needs_ssh_keygen
def test_a_revoked_key_is_refused(package, signers, tmp_path):
    allowed = Path(shutil.copy(signers, tmp_path / keys.ALLOWED_FILE))
    revoked = tmp_path / keys.REVOKED_FILE
    keys.revoke(revoked, public=sample_key().public)
    refused_by_both(package, allowed, "revoked")
    assert "revoked" in refusal_of_the_package(package, None, revoked=revoked, fingerprint=sample_key().fingerprint)
    assert not ssh_keygen(package, allowed, "-r", str(revoked))


def test_statements_of_another_package_are_a_stale_subject(package, signers, tmp_path):
    other = another(package, tmp_path / "other")
    for name in bag.TAG_FILES:
        if name.startswith("attestations/"):
            shutil.copy(other / name, package / name)
    list_tags(package)
    put(package, bag.SIGNATURE, sshsig.sign((package / bag.TAG_MANIFEST).read_bytes(), sample_key().private))
    refused_by_both(package, signers, "is of another package", "attestations/")
