"""A good package is accepted; nothing that was changed, added, taken away or signed by somebody else is."""

import hashlib
import os
import random
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mrv.errors import PackageError
from mrv.package import bag, keys, sshsig
from mrv.package.build import build
from mrv.package.verify import CHECKS, verify
from tests.unit.package.package_samples import outcome, reseal, sample_contents, sample_key


def test_a_good_package_is_accepted_and_every_check_is_made(built, signers):
    report = verify(built, allowed_signers=signers)
    assert report.accepted
    assert [check.name for check in report.checks] == list(CHECKS)
    assert {check.name for check in report.checks if check.outcome != "ok"} == {"time stamp"}


def test_a_resealed_package_signed_by_the_publisher_is_accepted(package, signers):
    reseal(package, sample_key())
    assert verify(package, allowed_signers=signers).accepted


def every_file(package: Path) -> list[str]:
    return sorted(path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file())


def flip(package, name, other, rng):
    content = bytearray((package / name).read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    (package / name).write_bytes(content)
    return {name}


def truncate(package, name, other, rng):
    content = (package / name).read_bytes()
    (package / name).write_bytes(content[: rng.randrange(len(content))])
    return {name}


def extend(package, name, other, rng):
    with (package / name).open("ab") as stream:
        stream.write(rng.choice([b"\n", b" ", b"\0"]))
    return {name}


def delete(package, name, other, rng):
    (package / name).unlink()
    return {name}


def add(package, name, other, rng):
    new = rng.choice(
        ["data/new.csv", "data/tables/.hidden", "extra.txt", "tagmanifest-md5.txt", "fetch.txt", "data/tables/extra/x"]
    )
    (package / new).parent.mkdir(exist_ok=True)
    (package / new).write_bytes(b"x")
    return {new}


def rename(package, name, other, rng):
    (package / name).rename(package / f"{name}2")
    return {name, f"{name}2"}


def swap(package, name, other, rng):
    first, second = (package / name).read_bytes(), (package / other).read_bytes()
    (package / name).write_bytes(second)
    (package / other).write_bytes(first)
    return {name, other}


def link(package, name, other, rng):
    (package / name).unlink()
    (package / name).symlink_to(package / other)
    return {name}


def forge(package, name, other, rng):
    if not name.startswith("data/"):
        name = "data/tables/csv/figures.csv"
    flip(package, name, other, rng)
    reseal(package)
    return {bag.TAG_MANIFEST}


def forge_halfway(package, name, other, rng):
    """Payload and manifests agree; the tag manifest is the signed one."""
    signed = (package / bag.TAG_MANIFEST).read_bytes()
    forge(package, name, other, rng)
    (package / bag.TAG_MANIFEST).write_bytes(signed)
    return {bag.MANIFEST_256, bag.MANIFEST_512}


MUTATIONS = (flip, truncate, extend, delete, add, rename, swap, link, forge, forge_halfway)


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda function: function.__name__)
def test_every_mutation_is_refused_and_the_right_file_named(built, signers, tmp_path, mutate):
    files = every_file(built)
    for seed in range(20):
        rng = random.Random(f"{mutate.__name__} {seed}")
        package = shutil.copytree(built, tmp_path / str(seed))
        name, other = rng.sample([file for file in files if (built / file).stat().st_size], 2)
        named = mutate(package, name, other, rng)
        report = verify(package, allowed_signers=signers)
        said = " ".join(check.detail for check in report.failed)
        assert not report.accepted, (mutate.__name__, seed, name)
        assert all(file in said for file in named), (named, said)
        assert not verify(package, allowed_signers=signers, any_signer=True).accepted


@pytest.mark.parametrize("name", [*bag.TAG_FILES, bag.TAG_MANIFEST, bag.SIGNATURE])
def test_each_tag_file_is_needed(package, signers, name):
    (package / name).unlink()
    report = verify(package, allowed_signers=signers)
    assert not report.accepted
    assert name in " ".join(check.detail for check in report.failed)


def test_what_could_not_be_checked_is_never_called_ok(package, signers):
    (package / "data/package.json").write_bytes(b"{}")
    report = verify(package, allowed_signers=signers)
    assert outcome(report, "hashes") == "failed"
    assert outcome(report, "headline figures") == outcome(report, "tables") == "not_checked"


# --- signers ---------------------------------------------------------------------------------------------------


def test_another_key_is_refused(package, signers):
    reseal(package, sample_key(2))
    report = verify(package, allowed_signers=signers)
    assert outcome(report, "signature") == "ok"
    assert outcome(report, "signer") == "failed"
    assert sample_key(2).fingerprint in report.failed[0].detail
    assert not report.accepted


def test_any_signer_accepts_an_unknown_key_and_says_that_it_did_not_check(package, signers):
    reseal(package, sample_key(2))
    report = verify(package, allowed_signers=signers, any_signer=True)
    assert report.accepted
    assert outcome(report, "signer") == "not_checked"


def test_without_a_list_of_signers_nobody_is_allowed(built, tmp_path):
    report = verify(built, allowed_signers=tmp_path / "absent")
    assert not report.accepted
    assert outcome(report, "signer") == "failed"


def test_the_list_of_the_home_is_the_default(built, signers, tmp_path, monkeypatch):
    monkeypatch.setenv("MRV_HOME", str(tmp_path))
    assert not verify(built).accepted
    (tmp_path / "keys").mkdir()
    shutil.copy(signers, tmp_path / "keys" / "allowed_signers")
    assert verify(built).accepted


def test_another_namespace_is_refused(package, signers):
    reseal(package, sample_key(), namespace="git")
    report = verify(package, allowed_signers=signers, any_signer=True)
    assert outcome(report, "signature") == "failed"
    assert not report.accepted


def test_a_signer_allowed_for_another_namespace_is_refused(built, tmp_path):
    keys.allow(tmp_path / "allowed", principal="publisher", public=sample_key().public, namespaces=("git",))
    assert outcome(verify(built, allowed_signers=tmp_path / "allowed"), "signer") == "failed"


def test_an_expired_signer_is_refused(built, tmp_path):
    (tmp_path / "allowed").write_text(f'publisher valid-before="20200101" {sample_key().public_line}\n')
    assert outcome(verify(built, allowed_signers=tmp_path / "allowed"), "signer") == "failed"


@pytest.mark.parametrize("any_signer", [False, True])
def test_a_revoked_key_is_refused_even_if_any_signer_would_do(built, signers, tmp_path, any_signer):
    allowed = Path(shutil.copy(signers, tmp_path / "allowed_signers"))
    keys.revoke(tmp_path / keys.REVOKED_FILE, public=sample_key().public)
    report = verify(built, allowed_signers=allowed, any_signer=any_signer)
    assert outcome(report, "signer") == "failed"
    assert "revoked" in report.failed[0].detail
    assert not report.accepted


# --- names, links, strangers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["data/../../escape", "/etc/passwd", "data/a\\b", "data/./x", "data/CON", "data/x.", "data/e\u0301"]
)
def test_an_unsafe_name_in_a_manifest_is_refused_even_if_signed(package, signers, name):
    for file in (bag.MANIFEST_256, bag.MANIFEST_512):
        line = (package / file).read_bytes().splitlines()[0].split(b"  ")[0]
        (package / file).write_bytes((package / file).read_bytes() + line + f"  {name}\n".encode())
    digests = {tag: hashlib.sha512((package / tag).read_bytes()).hexdigest() for tag in bag.TAG_FILES}
    content = bag.write_manifest(digests)
    (package / bag.TAG_MANIFEST).write_bytes(content)
    (package / bag.SIGNATURE).write_bytes(sshsig.sign(content, sample_key().private))
    report = verify(package, allowed_signers=signers)
    assert outcome(report, "manifests") == "failed"
    assert not report.accepted


@pytest.mark.parametrize(
    ("one", "other"), [("data/A.csv", "data/a.csv"), ("data/ﬁ.csv", "data/fi.csv"), ("data/X/1", "data/x/2")]
)
def test_colliding_names_are_refused_even_if_signed(package, signers, one, other):
    for name in (one, other):
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).write_bytes(b"x")
    reseal(package, sample_key())
    report = verify(package, allowed_signers=signers)
    assert outcome(report, "layout") == "failed"
    assert not report.accepted


def test_a_linked_folder_a_pipe_and_an_empty_folder_are_refused(package, signers, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (package / "data/linked").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(package / "data/pipe")
    (package / "data/empty").mkdir()
    report = verify(package, allowed_signers=signers)
    detail = report.failed[0].detail
    assert all(
        part in detail for part in ("data/linked (a link)", "data/pipe (not a file)", "data/empty/ (an empty folder)")
    )
    assert not report.accepted


def test_a_file_listed_twice_is_refused(tmp_path):
    line = "a" * 64 + "  data/x\n"
    with pytest.raises(PackageError, match="twice"):
        bag.parse_manifest((line * 2).encode(), file=bag.MANIFEST_256)


@pytest.mark.parametrize(
    "line", ["", "abc  data/x\n", "a" * 64 + " data/x\n", "G" * 64 + "  data/x\n", "a" * 64 + "  data/x"]
)
def test_a_malformed_manifest_is_refused(line):
    with pytest.raises(PackageError, match="cannot be trusted"):
        bag.parse_manifest(line.encode(), file=bag.MANIFEST_256)


def test_what_is_no_folder_is_no_package(tmp_path):
    with pytest.raises(PackageError, match="no package"):
        verify(tmp_path / "absent")


def test_a_folder_without_bagit_txt_is_refused_before_anything_in_it_is_looked_at(tmp_path, monkeypatch):
    def walk(root):
        raise AssertionError("walked")

    monkeypatch.setattr(bag, "walk", walk)
    report = verify(tmp_path, any_signer=True)
    assert not report.accepted
    assert [check.name for check in report.checks] == list(CHECKS)
    assert bag.BAGIT in report.failed[0].detail
    assert {check.outcome for check in report.checks} == {"failed", "not_checked"}
    assert report.signed_name is None


# --- a package must agree with itself --------------------------------------------------------------------------


def test_a_headline_that_differs_from_the_tables_is_refused_even_if_signed(package, signers):
    path = package / "data/package.json"
    value = '"value": "272033.625000000"'
    assert value in path.read_text()
    path.write_text(path.read_text().replace(value, '"value": "272034.625000000"'))
    reseal(package, sample_key())
    report = verify(package, allowed_signers=signers)
    assert outcome(report, "hashes") == "ok"
    assert outcome(report, "headline figures") == "failed"
    assert "er.net.2023" in report.failed[0].detail


def test_a_figure_that_differs_from_its_row_is_refused_even_if_signed(package, signers):
    path = package / "data/tables/emission_reductions.parquet"
    table = pq.read_table(path)
    vcu = [value + 1 for value in table["credits"].to_pylist()]
    pq.write_table(table.set_column(table.schema.get_field_index("credits"), "credits", pa.array(vcu)), path)
    reseal(package, sample_key())
    report = verify(package, allowed_signers=signers)
    assert outcome(report, "headline figures") == "failed"
    assert "er.vcu.2022" in report.failed[0].detail


def test_a_csv_with_a_row_less_is_refused_even_if_signed(package, signers):
    path = package / "data/tables/csv/emission_reductions.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    reseal(package, sample_key())
    report = verify(package, allowed_signers=signers)
    assert outcome(report, "tables") == "failed"
    assert "csv/emission_reductions.csv" in report.failed[0].detail


def test_a_table_without_its_csv_is_refused_even_if_signed(package, signers):
    (package / "data/tables/csv/emission_reductions.csv").unlink()
    reseal(package, sample_key())
    assert outcome(verify(package, allowed_signers=signers), "tables") == "failed"


def test_a_broken_parquet_is_refused_even_if_signed(package, signers):
    (package / "data/tables/figures.parquet").write_bytes(b"PAR1 is what it says")
    reseal(package, sample_key())
    report = verify(package, allowed_signers=signers)
    assert outcome(report, "headline figures") == outcome(report, "tables") == "failed"


def test_a_list_of_signers_in_the_working_folder_allows_nobody(tmp_path, monkeypatch):
    package = build(sample_contents(tmp_path / "s"), folder=tmp_path / "p", key=sample_key()).path
    keys.allow(
        tmp_path / "var/keys/allowed_signers",
        principal="evil",
        public=sample_key().public,
        namespaces=("redd-package",),
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MRV_HOME", raising=False)
    assert [check.name for check in verify(package).failed] == ["signer"]
