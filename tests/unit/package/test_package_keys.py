"""Keys and signatures, checked against the real ssh-keygen."""

import errno
import os
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.errors import PackageError, StoreError
from mrv.package import keys, sshsig

SSH_KEYGEN = shutil.which("ssh-keygen")
needs_ssh_keygen = pytest.mark.skipif(SSH_KEYGEN is None, reason="ssh-keygen is not installed")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def key(tmp_path_factory) -> keys.SigningKey:
    return keys.new_key(tmp_path_factory.mktemp("keys") / "signing_key")


def ssh_keygen(*arguments: str | Path, message: bytes = b"") -> subprocess.CompletedProcess:
    return subprocess.run([SSH_KEYGEN, *map(str, arguments)], input=message, capture_output=True)


def test_a_signature_verifies_and_names_its_key(key):
    armoured = sshsig.sign(b"message", key.private)
    assert sshsig.verify(b"message", armoured) == key.public
    assert sshsig.sign(b"message", key.private) == armoured


@given(message=st.binary(max_size=300), other=st.binary(max_size=300))
def test_only_the_signed_message_verifies(key, message, other):
    armoured = sshsig.sign(message, key.private)
    assert sshsig.verify(message, armoured) == key.public
    if other != message:
        with pytest.raises(PackageError, match="does not match"):
            sshsig.verify(other, armoured)


def test_another_namespace_is_refused(key):
    with pytest.raises(PackageError, match="another purpose"):
        sshsig.verify(b"m", sshsig.sign(b"m", key.private, namespace="git"))


def test_no_changed_bit_of_a_signature_is_accepted(key):
    armoured = sshsig.sign(b"message", key.private)
    for position in range(len(armoured)):
        changed = bytearray(armoured)
        changed[position] ^= 1 << random.Random(position).randrange(8)
        with pytest.raises(PackageError):
            sshsig.verify(b"message", bytes(changed))


@pytest.mark.parametrize(
    "garbage", [b"", b"\xff", b"-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n", b"x" * 9000]
)
def test_garbage_is_no_signature(garbage):
    with pytest.raises(PackageError, match="cannot be read"):
        sshsig.parse(garbage)


@needs_ssh_keygen
def test_ssh_keygen_accepts_our_signature(tmp_path, key):
    keys.allow(tmp_path / "allowed", principal="publisher", public=key.public, namespaces=("redd-package",))
    (tmp_path / "m.sig").write_bytes(sshsig.sign(b"message", key.private))
    arguments = ("-Y", "verify", "-f", tmp_path / "allowed", "-I", "publisher", "-n", "redd-package")
    good = ssh_keygen(*arguments, "-s", tmp_path / "m.sig", message=b"message")
    assert good.returncode == 0, good.stderr
    assert key.fingerprint in good.stdout.decode()
    assert ssh_keygen(*arguments, "-s", tmp_path / "m.sig", message=b"massage").returncode != 0
    keys.revoke(tmp_path / "revoked", public=key.public)
    revoked = ssh_keygen(*arguments, "-s", tmp_path / "m.sig", "-r", tmp_path / "revoked", message=b"message")
    assert revoked.returncode != 0


@needs_ssh_keygen
def test_we_accept_and_reproduce_the_signature_of_ssh_keygen(tmp_path, key):
    path = tmp_path / "theirs"
    assert ssh_keygen("-t", "ed25519", "-N", "", "-C", "somebody", "-f", path).returncode == 0
    (tmp_path / "m").write_bytes(b"message")
    assert ssh_keygen("-Y", "sign", "-f", path, "-n", "redd-package", tmp_path / "m").returncode == 0
    armoured = (tmp_path / "m.sig").read_bytes()
    theirs = keys.load_key(path)
    assert sshsig.verify(b"message", armoured) == theirs.public
    assert sshsig.sign(b"message", theirs.private) == armoured
    shown = ssh_keygen("-l", "-f", path.with_name("theirs.pub")).stdout.decode()
    assert theirs.fingerprint in shown
    assert path.with_name("theirs.pub").read_text().startswith(theirs.public_line)


def test_a_new_key_is_private_and_never_replaced(tmp_path):
    path = tmp_path / "keys" / "signing_key"
    made = keys.new_key(path, comment="publisher")
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.load_key(path).public == made.public
    assert path.with_name("signing_key.pub").read_text() == f"{made.public_line} publisher\n"
    with pytest.raises(PackageError, match="already"):
        keys.new_key(path)
    assert keys.load_key(path).public == made.public
    assert "PRIVATE" not in repr(made)


def test_a_passphrase_protects(tmp_path):
    made = keys.new_key(tmp_path / "k", passphrase=b"correct horse")
    assert keys.load_key(tmp_path / "k", passphrase=b"correct horse").public == made.public
    for wrong in (None, b"other"):
        with pytest.raises(PackageError, match="cannot be read"):
            keys.load_key(tmp_path / "k", passphrase=wrong)


def test_a_key_that_others_can_read_is_refused(tmp_path):
    keys.new_key(tmp_path / "k")
    (tmp_path / "k").chmod(0o640)
    with pytest.raises(PackageError, match="read by others"):
        keys.load_key(tmp_path / "k")


def test_a_missing_key_says_how_to_get_one(tmp_path):
    with pytest.raises(PackageError, match="MRV_SIGNING_KEY"):
        keys.load_key(tmp_path / "absent")


@needs_ssh_keygen
def test_a_key_of_another_kind_is_refused(tmp_path):
    assert ssh_keygen("-t", "ecdsa", "-N", "", "-f", tmp_path / "k").returncode == 0
    with pytest.raises(PackageError, match="another kind"):
        keys.load_key(tmp_path / "k")


def test_ensure_key_makes_one_and_enrols_it_once(tmp_path):
    first = keys.ensure_key(tmp_path, principal="publisher")
    again = keys.ensure_key(tmp_path, principal="publisher")
    assert first.public == again.public
    (entry,) = keys.allowed_signers(tmp_path / keys.ALLOWED_FILE)
    assert (entry.principals, entry.public, entry.namespaces) == ("publisher", first.public, ("redd-package",))


def test_ensure_key_completes_what_was_cut_off_after_the_key_was_made(tmp_path, monkeypatch):
    def killed(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(keys, "write_bytes", killed)
        with pytest.raises(KeyboardInterrupt):
            keys.ensure_key(tmp_path, principal="publisher")
    assert not (tmp_path / keys.ALLOWED_FILE).exists()
    made = keys.ensure_key(tmp_path, principal="publisher")
    (entry,) = keys.allowed_signers(tmp_path / keys.ALLOWED_FILE)
    assert entry.public == made.public == keys.load_key(tmp_path / keys.KEY_FILE).public
    assert (tmp_path / "signing_key.pub").read_text() == f"{made.public_line} publisher\n"


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_process_killed_while_it_makes_the_key_leaves_no_half_key(tmp_path, call):
    script = (
        "import os, sys; from pathlib import Path; from mrv.package import keys\n"
        f"os.{call} = lambda *arguments: os._exit(9)\n"
        "keys.ensure_key(Path(sys.argv[1]), principal='publisher')\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)]).returncode == 9
    assert not (tmp_path / keys.KEY_FILE).exists()
    assert keys.ensure_key(tmp_path, principal="p").public == keys.load_key(tmp_path / keys.KEY_FILE).public


def test_a_full_disk_leaves_nothing_of_a_key(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError):
        keys.ensure_key(tmp_path / "keys", principal="publisher")
    assert list((tmp_path / "keys").iterdir()) == []


def test_two_at_once_end_with_one_key(tmp_path, monkeypatch):
    """Both find no key and make one of their own; one of the two is kept."""
    both, generate = Barrier(2, timeout=30), keys.Ed25519PrivateKey.generate

    def meeting():
        both.wait()
        return generate()

    monkeypatch.setattr(keys.Ed25519PrivateKey, "generate", meeting)
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(keys.ensure_key, tmp_path, principal="publisher") for _ in range(2)]
        found = {call.result().public for call in calls}
    assert found == {keys.load_key(tmp_path / keys.KEY_FILE).public}
    assert {path.name for path in tmp_path.iterdir()} == {keys.KEY_FILE, f"{keys.KEY_FILE}.pub", keys.ALLOWED_FILE}


def test_processes_at_once_end_with_one_key(tmp_path):
    script = (
        "import sys; from pathlib import Path; from mrv.package import keys\n"
        "folder, go = Path(sys.argv[1]), Path(sys.argv[2])\n"
        "print('ready', flush=True)\n"
        "while not go.exists(): pass\n"
        "print(keys.ensure_key(folder, principal='publisher').public_line)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "keys"), str(tmp_path / "go")]
    with ExitStack() as stack:
        running = [stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) for _ in range(3)]
        assert [process.stdout.readline() for process in running] == ["ready\n"] * 3
        (tmp_path / "go").touch()
        lines = {process.stdout.read().strip() for process in running}
    assert lines == {keys.load_key(tmp_path / "keys" / keys.KEY_FILE).public_line}
    (entry,) = keys.allowed_signers(tmp_path / "keys" / keys.ALLOWED_FILE)
    assert keys.public_line(entry.public) in lines


def test_options_of_allowed_signers_are_understood(tmp_path, key):
    path = tmp_path / "allowed"
    path.write_text(
        "# comment\n\n"
        f'a@x namespaces="git,redd-*",valid-before="20250101" {key.public_line} a comment\n'
        f'b@x valid-after="20250101Z" {key.public_line}\n'
        f"c@x {key.public_line}\n"
    )
    before, after, plain = keys.allowed_signers(path)
    assert "before 2025-01-01" in before.refusal(namespace="redd-package", moment=NOW)
    assert "namespaces" in before.refusal(namespace="file", moment=NOW)
    assert after.refusal(namespace="redd-package", moment=NOW) is None
    assert "after" in after.refusal(namespace="redd-package", moment=datetime(2024, 1, 1, tzinfo=UTC))
    assert plain.refusal(namespace="anything", moment=NOW) is None


@pytest.mark.parametrize(
    "line",
    [
        "a@x cert-authority ssh-ed25519 AAAA",
        "a@x ssh-rsa AAAA",
        "a@x",
        'a@x valid-after="soon" ssh-ed25519 AAAA',
        "a@x ssh-ed25519 ****",
        'a@x namespaces="x ssh-ed25519 AAAA',
    ],
)
def test_a_line_that_cannot_be_understood_is_refused(tmp_path, line):
    (tmp_path / "allowed").write_text(f"# first\n{line}\n")
    with pytest.raises(PackageError, match="line 2"):
        keys.allowed_signers(tmp_path / "allowed")


def test_a_binary_revocation_list_is_refused_not_ignored(tmp_path):
    (tmp_path / "revoked").write_bytes(b"SSHKRL\n\x00\xff\xfe")
    with pytest.raises(PackageError, match="cannot be understood"):
        keys.revoked_keys(tmp_path / "revoked")


def test_a_signer_named_with_spaces_is_refused(tmp_path, key):
    with pytest.raises(PackageError, match="one plain word"):
        keys.allow(tmp_path / "allowed", principal="a b", public=key.public, namespaces=())
