"""Attestations say what the files say, are of this package, and are signed by its signer; anything else is refused."""

import base64
import hashlib
import json
import shutil

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mrv.package import bag, sshsig
from mrv.package.attestation import CHECKS_TYPE, PAYLOAD_TYPE, PROVENANCE_TYPE, STATEMENT_TYPE, envelope, statements
from mrv.package.build import build
from mrv.package.verify import verify
from tests.unit.package.package_samples import another, outcome, sample_contents, sample_key

FILES = (bag.PROVENANCE, bag.CHECKS, bag.HEADLINE)


def opened(package, name):
    return json.loads(base64.b64decode(json.loads((package / name).read_bytes())["payload"]))


def written(package, name, statement, key=None):
    (package / name).write_text(json.dumps(envelope(statement, key or sample_key())))


def retagged(package, signers):
    """Sign the tag manifest anew over the attestations as they are, and verify."""
    reseal_tags(package)
    return verify(package, allowed_signers=signers)


def reseal_tags(package):
    tags = bag.write_manifest(
        {name: hashlib.sha512((package / name).read_bytes()).hexdigest() for name in bag.TAG_FILES}
    )
    (package / bag.TAG_MANIFEST).write_bytes(tags)
    (package / bag.SIGNATURE).write_bytes(sshsig.sign(tags, sample_key().private))


def failed(report):
    assert not report.accepted
    assert [check.name for check in report.failed] == ["attestations"]
    return report.failed[0].detail


def test_each_statement_is_what_in_toto_and_slsa_prescribe(built):
    provenance, checks, figures = (opened(built, name) for name in FILES)
    for statement in (provenance, checks, figures):
        assert statement["_type"] == STATEMENT_TYPE
        assert [item["name"] for item in statement["subject"]] == ["manifest-sha512.txt"]
        assert len(statement["subject"][0]["digest"]["sha512"]) == 128
    assert (provenance["predicateType"], checks["predicateType"]) == (PROVENANCE_TYPE, CHECKS_TYPE)
    assert {"buildType", "externalParameters", "resolvedDependencies"} <= {*provenance["predicate"]["buildDefinition"]}
    assert provenance["predicate"]["runDetails"]["builder"]["id"]
    # A resource descriptor is nothing without a name of its own, a digest or an address.
    for item in provenance["predicate"]["buildDefinition"]["resolvedDependencies"]:
        assert item["name"]
        assert item.get("digest") or item.get("uri")
    assert checks["predicate"]["result"] in {"PASSED", "WARNED"}
    assert checks["predicate"]["configuration"]


def test_the_envelope_is_signed_over_the_pre_authentication_encoding(built):
    for name in FILES:
        found = json.loads((built / name).read_bytes())
        payload, kind = base64.b64decode(found["payload"]), PAYLOAD_TYPE
        signed = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
        raw = sample_key().public[-32:]
        Ed25519PublicKey.from_public_bytes(raw).verify(base64.b64decode(found["signatures"][0]["sig"]), signed)
        assert found["signatures"][0]["keyid"] == sample_key().fingerprint


def test_the_statements_name_inputs_checks_and_figures(built):
    provenance, checks, figures = (opened(built, name)["predicate"] for name in FILES)
    named = {item["name"] for item in provenance["buildDefinition"]["resolvedDependencies"]}
    assert {"hansen_gfc/v/lossyear/00N_080W", "kobo/aX/page-0001", "firms/x", "code"} <= named
    assert "data/code/requirements.lock" in named
    assert checks["passedTests"] == ["dbt: test.mrv.a", "dbt: test.mrv.b", "plots: plots.count"]
    # One set rows aside, the other was waived: neither has passed.
    assert checks["warnedTests"] == ["fires: fires.window", "plots: plots.dbh"]
    assert checks["failedTests"] == []
    assert checks["result"] == "WARNED"
    assert [figure["figure_id"] for figure in figures["figures"]] == ["er.net.2023", "er.net.total", "er.vcu.total"]
    assert all(isinstance(figure["value"], str) for figure in figures["figures"])


def test_the_same_contents_and_key_give_the_same_attestations(built, tmp_path):
    again = build(sample_contents(tmp_path / "s"), folder=tmp_path / "p", key=sample_key()).path
    assert all((built / name).read_bytes() == (again / name).read_bytes() for name in FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_statement_of_another_package_is_a_stale_subject(package, signers, tmp_path, name):
    other = another(package, tmp_path / "other")
    shutil.copy(other / name, package / name)
    assert f"the attestation is of another package; where: {name}" in failed(retagged(package, signers))


@pytest.mark.parametrize("name", FILES)
def test_a_statement_signed_by_another_key_is_refused(package, signers, name):
    written(package, name, statements(package)[name], sample_key(2))
    assert "signed by somebody else" in failed(retagged(package, signers))


@pytest.mark.parametrize("name", FILES)
def test_a_signature_that_does_not_match_is_refused(package, signers, name):
    found = json.loads((package / name).read_bytes())
    statement = json.loads(base64.b64decode(found["payload"]))
    statement["predicate"]["more"] = 1
    found["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    (package / name).write_text(json.dumps(found))
    assert "does not match it" in failed(retagged(package, signers))


def changed_input(statement):
    statement["predicate"]["buildDefinition"]["resolvedDependencies"][0]["digest"]["sha256"] = "0" * 64


def dropped_input(statement):
    del statement["predicate"]["buildDefinition"]["resolvedDependencies"][0]


def other_period(statement):
    statement["predicate"]["buildDefinition"]["externalParameters"]["period"] = "mp9"


def failed_check_passed(statement):
    statement["predicate"]["passedTests"].append(statement["predicate"]["warnedTests"].pop())


def better_result(statement):
    statement["predicate"]["result"] = "PASSED"


def other_figure(statement):
    statement["predicate"]["figures"][0]["value"] += "1"


def unknown_kind(statement):
    statement["predicateType"] = "urn:something-else:v1"


def something_more(statement):
    statement["predicate"]["more"] = True


@pytest.mark.parametrize(
    ("name", "lie"),
    [
        (bag.PROVENANCE, changed_input),
        (bag.PROVENANCE, dropped_input),
        (bag.PROVENANCE, other_period),
        (bag.CHECKS, failed_check_passed),
        (bag.CHECKS, better_result),
        (bag.HEADLINE, other_figure),
        (bag.HEADLINE, something_more),
        *((name, unknown_kind) for name in FILES),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_statement_that_says_what_the_files_do_not_is_refused_though_its_signer_signed_it(
    package, signers, name, lie
):
    statement = opened(package, name)
    lie(statement)
    written(package, name, statement)
    detail = failed(retagged(package, signers))
    assert name in detail
    assert "says what the files do not" in detail or "of an unknown kind" in detail


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"payload": 1, "payload": 2}', b"\xff", b"[" * 100_000])
def test_what_is_no_envelope_is_refused(package, signers, content):
    (package / bag.CHECKS).write_bytes(content)
    assert bag.CHECKS in failed(retagged(package, signers))
    assert outcome(verify(package, allowed_signers=signers), "headline figures") == "ok"
