"""The program that a package brings along: it knows what it checks, says what it does not, and depends on nothing of ours."""

import ast
import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from mrv.package import bag, keys, sshsig
from mrv.package.standalone import verify as standalone
from tests.unit.package.package_samples import reseal, sample_key

SOURCE = Path(standalone.__file__).read_text(encoding="utf-8")
ORDER = 2**252 + 27742317777372353535851937790883648493

# RFC 8032, 7.1: secret key, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


def run(package, *options, program=None):
    """Run the program of a package as a process that finds nothing but the standard library."""
    path = program or package / "data/verify.py"
    command = [sys.executable, "-I", "-S", str(path), str(package), *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")


def outcomes(ended):
    return {
        name: said for said, name in re.findall(r"^(ok|failed|not checked) +([a-z ]+):", ended.stdout, re.MULTILINE)
    }


def test_it_is_one_short_file_of_the_standard_library_for_python_3_9():
    tree = ast.parse(SOURCE, feature_version=(3, 9))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= {*sys.stdlib_module_names, "__future__"}
    assert SOURCE.count("\n") < 600


def test_every_text_has_its_spanish():
    tree = ast.parse(SOURCE)
    said = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Failed", "NotChecked"} and node.args
    }
    returned = {
        node.value.elts[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Return)
        and isinstance(node.value, ast.Tuple)
        and isinstance(node.value.elts[0], ast.Constant)
        and isinstance(node.value.elts[0].value, str)
    }
    assert len(said | returned) > 20
    assert (said | returned) - {"{}"} <= {*standalone.SPANISH}
    for english, spanish in standalone.SPANISH.items():
        assert english.count("{}") == spanish.count("{}"), english


@pytest.mark.parametrize("vector", VECTORS)
def test_ed25519_by_the_vectors_of_the_standard(vector):
    _, public, message, signature = map(bytes.fromhex, vector)
    assert standalone.ed25519_holds(public, message, signature)
    assert not standalone.ed25519_holds(public, message + b"x", signature)
    # The same signature with a larger scalar is another spelling of it, which the standard forbids.
    scalar = (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little")
    assert not standalone.ed25519_holds(public, message, signature[:32] + scalar)


@settings(max_examples=20)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200), bit=st.integers(0, 511))
def test_ed25519_agrees_with_a_library(seed, message, bit):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), bytearray(private.sign(message))
    assert standalone.ed25519_holds(public, message, bytes(signature))
    signature[bit // 8] ^= 1 << bit % 8
    assert not standalone.ed25519_holds(public, message, bytes(signature))


def test_no_changed_bit_of_a_signature_file_is_accepted():
    armoured = sshsig.sign(b"message", sample_key().private)
    assert standalone.ssh_signer(b"message", armoured) == sample_key().public[-32:]
    for position in range(len(armoured)):
        changed = bytearray(armoured)
        changed[position] ^= 1 << position % 8
        with pytest.raises((standalone.Failed, *standalone.CONTENT)):
            standalone.ssh_signer(b"message", bytes(changed))


def test_it_accepts_a_good_package_and_says_what_it_did_not_check(built, signers):
    ended = run(built, "--allowed-signers", signers)
    assert ended.returncode == 0, ended.stdout
    assert {name for name, said in outcomes(ended).items() if said != "ok"} == {"time stamp", "other forms"}
    assert "Parquet" in ended.stdout
    assert ended.stderr == ""
    assert run(built, "--fingerprint", sample_key().fingerprint).returncode == 0


def test_it_speaks_spanish(built, signers):
    ended = run(built, "--allowed-signers", signers, "--lang", "es")
    assert ended.returncode == 0
    assert "aceptado" in ended.stdout
    assert "no revisado" in ended.stdout
    assert "disposición" in ended.stdout
    assert "DATOS SIMULADOS" in ended.stdout


def test_it_is_the_file_that_the_platform_ships(built):
    assert (built / "data/verify.py").read_bytes() == SOURCE.encode()


def test_without_a_key_to_compare_with_the_signer_is_not_known_and_the_package_not_accepted(built, tmp_path):
    ended = run(built)
    assert ended.returncode == 1
    assert outcomes(ended)["signer"] == "not checked"
    assert "anybody may have made this" in ended.stdout
    assert run(built, "--any-signer").returncode == 0
    (tmp_path / "allowed").write_text("# nobody\n")
    assert run(built, "--allowed-signers", tmp_path / "allowed").returncode == 1


@pytest.mark.parametrize("content", ["sha256:abc\n", "ssh-rsa AAAA\n", b"SSHKRL\n\0\xff"])
def test_a_list_of_revoked_keys_that_cannot_be_read_lets_nobody_in(built, signers, tmp_path, content):
    path = tmp_path / "revoked"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert run(built, "--allowed-signers", signers).returncode == 0
    assert run(built, "--allowed-signers", signers, "--revoked", path).returncode == 1


def test_a_key_in_the_comment_of_another_one_allows_nothing(built, tmp_path):
    other = keys.public_line(sshsig.public_blob(Ed25519PrivateKey.generate().public_key()))
    path = tmp_path / "allowed"
    path.write_text(f"somebody {' '.join(other.split()[:2])} {sample_key().public_line}\n")
    assert run(built, "--allowed-signers", path).returncode == 1


@pytest.mark.parametrize(
    ("line", "accepted"),
    [
        ("publisher {key}", True),
        ('publisher namespaces="redd-package" {key}', True),
        ('publisher namespaces="git,redd-package",valid-after="20200101" {key} comment', True),
        ('publisher namespaces="git" {key}', False),
        # The sample says of itself that it is of 2 January 2026: a key in use until then may have signed it.
        ('publisher valid-before="20260103Z" {key}', True),
        ('publisher valid-before="20260101Z" {key}', False),
        ('publisher valid-after="29990101" {key}', False),
        ("publisher cert-authority {key}", False),
        ("#publisher {key}", False),
    ],
)
def test_lines_of_allowed_signers_count_as_for_mrv_verify(built, tmp_path, line, accepted):
    from mrv.package.verify import verify

    path = tmp_path / keys.ALLOWED_FILE
    path.write_text(line.format(key=sample_key().public_line) + "\n")
    assert (run(built, "--allowed-signers", path).returncode == 0) is accepted
    assert verify(built, allowed_signers=path).accepted is accepted


def test_usage_ends_with_2(built, tmp_path):
    assert run(tmp_path, program=built / "data/verify.py").returncode == 2
    assert run(built, "--allowed-signers", tmp_path / "absent").returncode == 2
    assert run(built, "--lang", "fr").returncode == 2


# --- what a publisher signed, but does not agree with itself -----------------------------------------------------------


def change_json(package, name, change):
    value = json.loads((package / name).read_bytes())
    change(value)
    (package / name).write_text(json.dumps(value))


def failed_after(package, signers, *, described=True):
    reseal(package, sample_key(), describe=described)
    ended = run(package, "--allowed-signers", signers)
    assert ended.returncode == 1, ended.stdout
    return {name for name, said in outcomes(ended).items() if said == "failed"}, ended.stdout


def records(package, name):
    return list(csv.DictReader(io.StringIO((package / name).read_text(encoding="utf-8"))))


def replace(package, name, old, new):
    text = (package / name).read_text(encoding="utf-8")
    assert old in text
    (package / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_figure_that_is_not_what_its_row_says_is_refused(package, signers):
    value = next(row["value"] for row in records(package, standalone.FIGURES) if row["figure_id"] == "er.vcu.2022")
    replace(package, standalone.FIGURES, value, "1" + value)
    failed, said = failed_after(package, signers)
    assert failed == {"figures"}
    assert standalone.FIGURES in said
    assert "emission_reductions.csv" in said


def test_a_row_that_is_not_what_its_figure_says_is_refused(package, signers):
    table = f"{standalone.CSV_FOLDER}emission_reductions.csv"
    replace(package, table, f",{records(package, table)[0]['credits']},", ",1,")
    failed, said = failed_after(package, signers)
    assert failed == {"figures"}
    assert table in said


def test_a_headline_that_is_not_in_the_tables_is_refused(package, signers):
    change_json(package, standalone.SUMMARY, lambda summary: summary["headline"][0].update(value="1"))
    assert failed_after(package, signers)[0] == {"figures"}


def test_a_crate_that_differs_from_the_files_is_refused(package, signers):
    def change(crate):
        item = next(item for item in crate["@graph"] if item["@id"] == "package.json")
        item["sha256"] = "0" * 64

    change_json(package, standalone.CRATE, change)
    failed, said = failed_after(package, signers, described=False)
    assert failed == {"crate"}
    assert "data/package.json" in said


def test_an_input_without_bytes_and_without_reason_is_refused(package, signers):
    with (package / standalone.INPUTS).open("a", encoding="utf-8") as stream:
        columns = (package / standalone.INPUTS).read_text(encoding="utf-8").splitlines()[0].split(",")
        row = {"sha256": "ab" * 32, "address": "x", "dataset": "plots"}
        stream.write(",".join(row.get(name, "") for name in columns) + "\n")
    failed, said = failed_after(package, signers)
    assert failed == {"contents and inputs"}
    assert "ab" * 32 in said


def test_another_project_in_the_summary_is_refused(package, signers):
    change_json(package, standalone.SUMMARY, lambda summary: summary["project"].update(id="other"))
    assert "identity" in failed_after(package, signers)[0]


def test_a_later_version_must_name_the_one_before(package, signers, built):
    def second(summary, **before):
        manifest = hashlib.sha512((built / bag.MANIFEST_512).read_bytes()).hexdigest()
        said = {"name": "VP-sample-mp4-v1", "version": 1, "manifest_sha512": manifest}
        summary |= {"version": 2, "name": "VP-sample-mp4-v2", "previous": {**said, **before}}

    kept = shutil.copytree(package, package.parent / "second")
    replace(kept, bag.BAG_INFO, "VP-sample-mp4-v1", "VP-sample-mp4-v2")
    change_json(kept, standalone.SUMMARY, second)
    assert "previous version" in failed_after(kept, signers)[0]
    (kept / "data/changes").mkdir()
    (kept / standalone.CHANGES).write_text("{}")

    reseal(kept, sample_key())
    ended = run(kept, "--allowed-signers", signers)
    assert ended.returncode == 0, ended.stdout
    assert "follows VP-sample-mp4-v1" in ended.stdout
    change_json(kept, standalone.SUMMARY, lambda summary: second(summary, manifest_sha512="0" * 128))
    assert failed_after(kept, signers)[0] == {"previous version"}


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"@graph": 1}', b'{"@graph": [{}]}'])
def test_what_cannot_be_read_is_a_refusal_that_names_the_file(package, signers, content):
    (package / standalone.CRATE).write_bytes(content)
    failed, said = failed_after(package, signers, described=False)
    assert failed <= {"crate", "contents and inputs"}
    assert standalone.CRATE in said
    assert "Traceback" not in said
