"""Packages before tools that are not ours: bagit, sha512sum, ssh-keygen, a full disk, another process."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import bagit
import pytest

from mrv.errors import StoreError
from mrv.package import bag, keys
from mrv.package.build import build
from mrv.package.verify import verify
from tests.unit.package.package_samples import sample_contents, sample_key

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[2]


def needs(*tools: str) -> pytest.MarkDecorator:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    return build(sample_contents(folder / "sources"), folder=folder / "packages", key=sample_key()).path


def test_bagit_finds_a_valid_bag(package):
    read = bagit.Bag(str(package))
    assert read.validate()
    assert read.info["External-Identifier"] == package.name


def guide_commands(package: Path) -> list[str]:
    """Return the commands of the English half of VERIFY.md, as a reader would copy them."""
    english = (package / "data/VERIFY.md").read_text(encoding="utf-8").split("\n---\n")[0]
    blocks, block = [], []
    for line in [*english.splitlines(), ""]:
        if line.startswith("    "):
            block.append(line[4:])
        elif block:
            blocks.append("\n".join(block))
            block = []
    return blocks


@needs("sha512sum", "ssh-keygen", "diff")
def test_the_guide_works_word_for_word(package, tmp_path):
    line, *commands = guide_commands(package)
    copy = shutil.copytree(package, tmp_path / "copy")
    allowed = line.replace("ssh-ed25519 AAAA...", sample_key().public_line)
    assert allowed != line
    (copy.parent / "allowed_signers").write_text(allowed + "\n")
    assert len(commands) == 6
    # The last one is for packages with a time stamp.
    assert commands.pop().startswith("openssl ts -verify")
    for command in commands:
        script = "set -e\n" + command.replace("/tmp/", f"{tmp_path}/").replace("SHA256:...", sample_key().fingerprint)
        done = subprocess.run(["bash", "-c", script], cwd=copy, capture_output=True, text=True)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        assert done.stderr == ""


@needs("sha512sum")
def test_sha512sum_finds_a_changed_byte(package, tmp_path):
    copy = shutil.copytree(package, tmp_path / "copy")
    (copy / "data/calc/parameters.csv").write_bytes(b"changed")
    done = subprocess.run(["sha512sum", "--strict", "-c", bag.MANIFEST_512], cwd=copy, capture_output=True, text=True)
    assert done.returncode == 1
    assert "data/calc/parameters.csv: FAILED" in done.stdout


@needs("ssh-keygen")
def test_ssh_keygen_refuses_a_revoked_key_and_another_namespace(package, tmp_path):
    keys.allow(tmp_path / "allowed", principal="publisher", public=sample_key().public, namespaces=("redd-package",))
    keys.revoke(tmp_path / "revoked", public=sample_key().public)
    base = ["ssh-keygen", "-Y", "verify", "-f", tmp_path / "allowed", "-I", "publisher", "-s", package / bag.SIGNATURE]
    message = (package / bag.TAG_MANIFEST).read_bytes()
    for arguments, expected in (
        (["-n", "redd-package"], True),
        (["-n", "file"], False),
        (["-n", "redd-package", "-r", tmp_path / "revoked"], False),
    ):
        done = subprocess.run([*base, *arguments], input=message, capture_output=True)
        assert (done.returncode == 0) is expected, done.stderr


@pytest.mark.parametrize(
    ("zone", "language", "hash_seed", "mask"),
    [("America/Lima", "C", "0", 0o022), ("Asia/Kathmandu", "C.UTF-8", "4711", 0o077), ("UTC", "C", "1", 0o002)],
)
def test_another_process_time_zone_locale_umask_and_hash_seed_give_the_same_bytes(
    package, tmp_path, zone, language, hash_seed, mask
):
    environment = {**os.environ, "TZ": zone, "LC_ALL": language, "PYTHONHASHSEED": hash_seed}
    module = "tests.unit.package.package_samples"
    command = [sys.executable, "-m", module, str(tmp_path / "sources"), str(tmp_path / "packages")]
    subprocess.run(command, cwd=ROOT, env=environment, umask=mask, check=True)
    again = tmp_path / "packages" / package.name
    names = sorted(path.relative_to(package) for path in package.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    for name in names:
        assert (again / name).read_bytes() == (package / name).read_bytes(), name
        assert (again / name).stat().st_mode == (package / name).stat().st_mode, name


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 40 MB, where this may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


@needs("mount")
def test_a_full_disk_is_told_and_the_previous_package_stays(tmp_path, small_disk):
    contents = sample_contents(tmp_path / "sources")
    previous = build(contents, folder=small_disk, key=sample_key()).path
    keys.allow(tmp_path / "allowed", principal="publisher", public=sample_key().public, namespaces=())
    outcomes = set()
    archive = f"{previous.name}.zip"
    size = sum(path.stat().st_size for path in small_disk.rglob("*") if path.is_file())
    # The disk fills up at another file each time; a package takes its size twice, as a folder and as an archive.
    for part in range(1, 25, 2):
        filler = small_disk / "filler"
        available = shutil.disk_usage(small_disk).free
        filler.write_bytes(bytes(max(0, available - size * part // 18)))
        try:
            build(sample_contents(tmp_path / "sources", version=2), folder=small_disk, key=sample_key())
            outcomes.add("built")
            shutil.rmtree(small_disk / "VP-sample-mp4-v2")
            (small_disk / "VP-sample-mp4-v2.zip").unlink()
        except StoreError as error:
            outcomes.add("full")
            assert "space" in (error.remedy or ""), str(error)
        filler.unlink()
        assert sorted(path.name for path in small_disk.iterdir()) == [previous.name, archive]
        assert verify(previous, allowed_signers=tmp_path / "allowed").accepted
    assert outcomes == {"full", "built"}
