"""The keys of an installation over time: made, followed by another, trusted, revoked; and never in a repository."""

import json
import shutil
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from mrv.cli import main
from mrv.errors import PackageError
from mrv.package import bag, keys, sshsig
from mrv.package.build import build
from mrv.package.keyring import known_keys, new_signing_key, revoke_key, trust
from mrv.package.verify import verify
from tests.unit.package.package_samples import outcome, reseal, sample_contents, sample_key

# The sample package says of itself that it is of 2 January 2026.
AFTER, BEFORE = datetime(2026, 3, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)
needs_ssh_keygen = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


def new(folder, moment=AFTER, **changes):
    return new_signing_key(folder, **{"principal": None, "passphrase": None, "moment": moment, **changes})


@pytest.fixture
def packaged(built, tmp_path):
    """Return a way to get the small package signed by a key."""

    def signed_by(key):
        package = shutil.copytree(built, tmp_path / key.fingerprint[-8:].replace("/", "_") / built.name)
        reseal(package, key)
        return package

    return signed_by


def test_a_new_key_is_enrolled_and_listed(tmp_path):
    key, before = new(tmp_path / "keys", principal="editor@example.org")
    assert before is None
    (known,) = known_keys(tmp_path / "keys")
    assert (known.fingerprint, known.kind, known.principal) == (key.fingerprint, "own", "editor@example.org")
    assert known.since == AFTER.isoformat()
    assert known.valid_until == known.revoked == ""
    assert stat.S_IMODE((tmp_path / "keys" / keys.KEY_FILE).stat().st_mode) == 0o600


def test_a_key_that_follows_another_leaves_what_was_signed_before_acceptable(tmp_path, packaged):
    folder = tmp_path / "keys"
    old, _ = new(folder, BEFORE, principal="editor")
    package = packaged(old)
    key, before = new(folder)
    assert before == old.fingerprint
    assert key.fingerprint != old.fingerprint
    assert keys.load_key(folder / keys.KEY_FILE).fingerprint == key.fingerprint
    first, second = known_keys(folder)
    assert (first.kind, first.valid_until, first.principal) == ("former", AFTER.isoformat(), "editor")
    assert (second.kind, second.valid_until, second.principal) == ("own", "", "editor")
    report = verify(package, allowed_signers=folder / keys.ALLOWED_FILE)
    assert report.accepted
    said = next(check.detail for check in report.checks if check.name == "signer")
    assert "the key is no longer used" in said
    assert "what it says itself" in said
    assert verify(packaged(key), allowed_signers=folder / keys.ALLOWED_FILE).accepted


def test_a_key_signs_nothing_new_after_its_time(tmp_path, packaged):
    folder = tmp_path / "keys"
    old, _ = new(folder, BEFORE)
    new(folder, BEFORE)
    report = verify(packaged(old), allowed_signers=folder / keys.ALLOWED_FILE)
    assert outcome(report, "signer") == "failed"
    assert "held only before" in report.failed[0].detail


@needs_ssh_keygen
def test_ssh_keygen_reads_the_same_end(tmp_path, packaged):
    folder = tmp_path / "keys"
    old, _ = new(folder, BEFORE, principal="editor")
    package = packaged(old)
    new(folder)
    command = ["ssh-keygen", "-Y", "verify", "-f", str(folder / keys.ALLOWED_FILE), "-I", "editor"]
    command += ["-n", sshsig.NAMESPACE, "-s", str(package / bag.SIGNATURE)]
    content = (package / bag.TAG_MANIFEST).read_bytes()

    def holds(*options):
        return subprocess.run([*command, *options], input=content, capture_output=True).returncode == 0

    assert holds("-Overify-time=20260102Z")
    assert not holds("-Overify-time=20260302Z")
    # Nobody knows ssh-keygen's clock here, so the end lies in its past only from March 2026 on.
    assert holds() is (datetime.now(UTC) < AFTER)


def test_a_former_key_stays_on_the_disk_under_another_name(tmp_path):
    folder = tmp_path / "keys"
    old, _ = new(folder)
    new(folder)
    (kept,) = [path for path in folder.glob("signing_key-*") if path.suffix != ".pub"]
    assert keys.load_key(kept).fingerprint == old.fingerprint
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_passphrase_protects_the_key(tmp_path):
    key, _ = new(tmp_path / "keys", passphrase=b"open up, sesame")
    path = tmp_path / "keys" / keys.KEY_FILE
    assert keys.load_key(path, passphrase=b"open up, sesame").fingerprint == key.fingerprint
    for wrong in (None, b"", b"close up, sesame"):
        with pytest.raises(PackageError, match="cannot be read"):
            keys.load_key(path, passphrase=wrong)
    # The one that follows needs none of the old secret.
    _, before = new(tmp_path / "keys", passphrase=b"another long one")
    assert before == key.fingerprint


def test_a_short_passphrase_is_refused_and_no_key_made(tmp_path, mrv, monkeypatch):
    with pytest.raises(PackageError, match="too short"):
        new(tmp_path / "keys", passphrase=b"bosque")
    assert not (tmp_path / "keys").exists()
    monkeypatch.setenv("MRV_SIGNING_KEY_PASSPHRASE", "bosque")
    said = mrv("keys", "new", code=2)
    assert "MRV_SIGNING_KEY_PASSPHRASE" in said
    assert "bosque" not in said


def test_revoked_is_revoked_for_everything_that_was_ever_signed(tmp_path, packaged):
    folder = tmp_path / "keys"
    key, _ = new(folder, BEFORE)
    package = packaged(key)
    revoke_key(folder, fingerprint=key.fingerprint, reason="the laptop was stolen", moment=AFTER)
    report = verify(package, allowed_signers=folder / keys.ALLOWED_FILE, any_signer=True)
    assert outcome(report, "signer") == "failed"
    (known,) = known_keys(folder)
    assert (known.revoked, known.reason) == (AFTER.isoformat(), "the laptop was stolen")
    with pytest.raises(PackageError, match="was revoked"):
        keys.ensure_key(folder, principal="editor")
    follower, _ = new(folder)
    assert keys.ensure_key(folder, principal="editor").fingerprint == follower.fingerprint


def test_a_key_that_nobody_knows_cannot_be_revoked(tmp_path):
    new(tmp_path)
    with pytest.raises(PackageError, match="no such key"):
        revoke_key(tmp_path, fingerprint="SHA256:none", reason="x", moment=AFTER)


def test_a_publisher_is_trusted_by_its_line_and_not_once_revoked(built, tmp_path):
    line = sample_key().public_line
    assert not verify(built, allowed_signers=tmp_path / keys.ALLOWED_FILE).accepted
    assert (
        trust(tmp_path, principal="apahui", public_line=f"{line} a comment", moment=AFTER) == sample_key().fingerprint
    )
    assert verify(built, allowed_signers=tmp_path / keys.ALLOWED_FILE).accepted
    assert [key.kind for key in known_keys(tmp_path)] == ["trusted"]
    revoke_key(tmp_path, fingerprint=sample_key().fingerprint, reason="asked to", moment=AFTER)
    with pytest.raises(PackageError, match="was revoked"):
        trust(tmp_path, principal="apahui", public_line=line, moment=AFTER)


@pytest.mark.parametrize(
    "line", ["", "ssh-rsa AAAA", "ssh-ed25519", "ssh-ed25519 !!", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"]
)
def test_what_is_no_public_key_is_refused(tmp_path, line):
    with pytest.raises(PackageError):
        trust(tmp_path, principal="p", public_line=line, moment=AFTER)
    assert not (tmp_path / keys.ALLOWED_FILE).exists()


# --- never in a repository or a package ---------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path / "work")], check=True)
    return tmp_path / "work"


def test_a_key_in_a_repository_is_refused_unless_it_is_ignored(repository):
    for make in (lambda folder: new(folder), lambda folder: keys.ensure_key(folder, principal="p")):
        with pytest.raises(PackageError, match="would lie in a repository"):
            make(repository / "var" / "keys")
        assert not (repository / "var").exists()
    (repository / ".gitignore").write_text("var/\n")
    new(repository / "var" / "keys")
    listed = subprocess.run(
        ["git", "-C", str(repository), "status", "--porcelain", "-uall"], capture_output=True, text=True
    )
    assert "signing_key" not in listed.stdout


def test_a_key_is_refused_where_git_cannot_be_asked(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PackageError, match="would lie in a repository"):
        new(repository / "keys")


@pytest.mark.parametrize("kind", ["pem", "raw"])
def test_no_file_of_a_package_holds_a_private_key(tmp_path, kind):
    key, _ = new(tmp_path / "keys")
    contents = sample_contents(tmp_path / "s")
    secret = (tmp_path / "keys" / keys.KEY_FILE).read_bytes() if kind == "pem" else key.private.private_bytes_raw()
    (tmp_path / "s" / "project.yaml").write_bytes(b"schema_version: 1\n" + secret)
    with pytest.raises(PackageError, match="a secret would be published"):
        build(contents, folder=tmp_path / "p", key=key)
    assert list((tmp_path / "p").iterdir()) == []


# --- the commands -------------------------------------------------------------------------------------------------------


@pytest.fixture
def mrv(tmp_path, monkeypatch):
    monkeypatch.setenv("MRV_HOME", str(tmp_path / "home"))

    def run(*arguments, code=0, text=None):
        ended = CliRunner().invoke(main, list(map(str, arguments)), input=text)
        assert ended.exit_code == code, ended.output
        return ended.output

    return run


def test_the_commands_make_list_trust_and_revoke(mrv, built):
    made = json.loads(mrv("keys", "new", "--principal", "editor", "--json"))
    assert made["before"] is None
    assert made["public_key"].startswith("ssh-ed25519 AAAA")
    assert made["fingerprint"] in mrv("keys", "list")
    mrv("verify", built, code=1)
    mrv("keys", "allow", "sample", sample_key().public_line)
    mrv("verify", built)
    assert "no such key" in mrv("keys", "revoke", "SHA256:x", "--reason", "none", code=1)
    mrv("keys", "revoke", sample_key().fingerprint, "--reason", "stolen")
    assert "was revoked" in mrv("verify", built, code=1)
    own, other = json.loads(mrv("keys", "list", "--json"))
    assert (own["kind"], other["kind"], other["reason"]) == ("own", "trusted", "stolen")


def test_the_archive_of_a_package_is_verified_like_its_folder(mrv, built, tmp_path):
    archive = built.with_name(f"{built.name}.zip")
    mrv("verify", archive, code=1)
    assert "accepted: VP-sample-mp4-v1" in mrv("verify", archive, "--any-signer")
    (tmp_path / "cut.zip").write_bytes(archive.read_bytes()[:-100])
    assert "archive cannot be taken" in mrv("verify", tmp_path / "cut.zip", code=1)


def test_the_command_asks_for_a_passphrase_and_never_shows_it(mrv, tmp_path):
    said = mrv("keys", "new", "--passphrase-prompt", text="open up, sesame\nopen up, sesame\n")
    assert "sesame" not in said
    assert "MRV_SIGNING_KEY_PASSPHRASE" in said
    keys.load_key(tmp_path / "home/keys/signing_key", passphrase=b"open up, sesame")


def test_the_passphrase_may_come_from_the_environment(mrv, tmp_path, monkeypatch):
    monkeypatch.setenv("MRV_SIGNING_KEY_PASSPHRASE", "from outside")
    mrv("keys", "new")
    keys.load_key(tmp_path / "home/keys/signing_key", passphrase=b"from outside")


def test_an_empty_list_says_how_to_begin(mrv):
    assert "mrv keys new" in mrv("keys", "list")


def test_stamping_without_an_authority_is_a_usage_error(mrv, built):
    assert "MRV_TIMESTAMP_URL" in mrv("stamp", built, code=2)
    assert "could not be reached" in mrv("stamp", built, "--url", "http://127.0.0.1:9/", code=3)
    assert not (built / bag.STAMP).exists()
