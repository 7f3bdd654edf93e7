"""Time stamps against a real authority of OpenSSL's behind a loopback server."""

import shutil
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mrv.errors import PackageError, SourceError
from mrv.package import bag, keys
from mrv.package.build import build
from mrv.package.timestamp import read_roots, read_stamp, stamp_package
from mrv.package.verify import verify
from mrv.settings import Settings
from mrv.stages.stamping import stamp_where_set
from tests.unit.package.package_samples import another, outcome, sample_contents, sample_key

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
ess_cert_id_alg = sha256
[ext]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
"""


@dataclass
class Authority:
    """A stamping authority; `spoil` turns its answers into others."""

    folder: Path
    url: str = ""
    spoil: object = None
    status: int = 200

    @property
    def roots(self) -> Path:
        return self.folder / "ca.pem"

    def answer(self, query: bytes) -> bytes:
        (self.folder / "query.tsq").write_bytes(query)
        openssl(
            "ts", "-reply", "-queryfile", "query.tsq", "-config", "tsa.cnf", "-out", "answer.tsr", folder=self.folder
        )
        raw = (self.folder / "answer.tsr").read_bytes()
        return self.spoil(raw) if self.spoil else raw


def openssl(*arguments, folder):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def certificates(folder):
    folder.mkdir()
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650", "-subj", "/CN=Test root",
            "-addext", "basicConstraints=critical,CA:true", folder=folder)  # fmt: skip
    openssl("req", *key, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test authority", folder=folder)
    openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "tsa.pem",
            "-days", "3650", "-extfile", "tsa.cnf", "-extensions", "ext", folder=folder)  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Authority]:
    folder = tmp_path_factory.mktemp("tsa") / "authority"
    certificates(folder)
    authority = Authority(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            content = authority.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(authority.status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    authority.url = f"http://127.0.0.1:{server.server_address[1]}/tsa"
    yield authority
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def authority(served) -> Authority:
    served.spoil, served.status = None, 200
    return served


def stamped(package, authority):
    return stamp_package(package, authority.url, timeout_s=10, roots=authority.roots)


def test_a_stamp_is_told_and_changes_nothing_that_was_signed(package, signers, authority):
    before = {path: path.read_bytes() for path in package.rglob("*") if path.is_file()}
    stamp = stamped(package, authority)
    assert stamp.trusted
    assert stamp.authority == "CN=Test authority"
    assert {path: path.read_bytes() for path in before} == before
    report = verify(package, allowed_signers=signers, timestamp_roots=authority.roots)
    assert report.accepted
    assert outcome(report, "time stamp") == "ok"
    (detail,) = [check.detail for check in report.checks if check.name == "time stamp"]
    assert stamp.moment.isoformat() in detail


def test_openssl_verifies_the_stamp(package, authority):
    stamped(package, authority)
    command = ["openssl", "ts", "-verify", "-in", bag.STAMP, "-data", bag.TAG_MANIFEST, "-CAfile", str(authority.roots)]
    assert "OK" in subprocess.run(command, cwd=package, check=True, capture_output=True, text=True).stdout


def test_without_roots_a_stamp_is_told_and_never_called_ok(package, signers, authority):
    stamp_package(package, authority.url, timeout_s=10)
    report = verify(package, allowed_signers=signers)
    assert report.accepted
    assert outcome(report, "time stamp") == "not_checked"
    assert "was not checked" in next(check.detail for check in report.checks if check.name == "time stamp")


def test_a_package_without_a_stamp_is_accepted_and_says_that_nobody_else_tells_when(built, signers):
    report = verify(built, allowed_signers=signers)
    assert report.accepted
    assert "nobody else" in next(check.detail for check in report.checks if check.name == "time stamp")


@pytest.mark.parametrize("with_roots", [False, True])
def test_a_stamp_of_another_package_is_refused(package, signers, authority, tmp_path, with_roots):
    other = another(package, tmp_path / "other")
    stamped(other, authority)
    shutil.copy(other / bag.STAMP, package / bag.STAMP)
    report = verify(package, allowed_signers=signers, timestamp_roots=authority.roots if with_roots else None)
    assert outcome(report, "time stamp") == "failed"
    assert not report.accepted


def test_an_authority_that_nobody_trusts_is_refused(package, signers, authority, tmp_path):
    stamped(package, authority)
    certificates(tmp_path / "other")
    report = verify(package, allowed_signers=signers, timestamp_roots=tmp_path / "other" / "ca.pem")
    assert outcome(report, "time stamp") == "failed"
    assert not report.accepted


def test_no_changed_byte_of_a_stamp_changes_what_it_says(package, authority):
    stamp = stamped(package, authority)
    raw, message = (package / bag.STAMP).read_bytes(), (package / bag.TAG_MANIFEST).read_bytes()
    roots, refused = read_roots(authority.roots), 0
    for position in range(0, len(raw), 3):
        changed = bytearray(raw)
        changed[position] ^= 1
        try:
            # Bytes outside of what the authority signed may differ; moment and content may not.
            assert read_stamp(bytes(changed), message, roots).moment == stamp.moment
        except PackageError:
            refused += 1
    assert refused > 0.9 * len(raw) / 3


def test_a_stamp_is_never_replaced(package, authority):
    stamped(package, authority)
    before = (package / bag.STAMP).read_bytes()
    with pytest.raises(PackageError, match="cannot be stamped"):
        stamped(package, authority)
    assert (package / bag.STAMP).read_bytes() == before


def test_the_archive_gets_the_stamp_and_building_again_keeps_both(tmp_path, authority):
    contents = sample_contents(tmp_path / "s")
    built = build(contents, folder=tmp_path / "p", key=sample_key())
    stamped(built.path, authority)
    archive = built.path.with_name(f"{built.path.name}.zip")
    content = archive.read_bytes()
    assert f"{built.path.name}/{bag.STAMP}" in zipfile.ZipFile(archive).namelist()
    assert build(contents, folder=tmp_path / "p", key=sample_key()) == built
    assert (built.path / bag.STAMP).exists()
    assert archive.read_bytes() == content


@pytest.mark.parametrize(
    "spoil",
    [lambda raw: b"", lambda raw: raw[:-20], lambda raw: b"<html>busy</html>", lambda raw: raw + bytes(2**20)],
    ids=["empty", "cut", "page", "endless"],
)
def test_an_answer_of_no_use_leaves_the_package_as_it_was(package, authority, spoil):
    authority.spoil = spoil
    with pytest.raises(SourceError):
        stamped(package, authority)
    assert not (package / bag.STAMP).exists()


def test_an_answer_to_another_request_is_refused(package, authority):
    stamped(package, authority)
    old = (package / bag.STAMP).read_bytes()
    (package / bag.STAMP).unlink()
    authority.spoil = lambda raw: old
    with pytest.raises(SourceError, match="another request"):
        stamped(package, authority)


def test_an_authority_out_of_reach_leaves_the_package_without_a_stamp_and_says_so(package, caplog):
    settings = Settings(timestamp_url="http://127.0.0.1:9/tsa", http_timeout_s=2)
    stamp_where_set(package, settings)
    assert not (package / bag.STAMP).exists()
    assert "has no time stamp" in caplog.text


def test_a_package_that_is_published_is_stamped_where_an_authority_is_set(package, authority):
    stamp_where_set(package, Settings())
    assert not (package / bag.STAMP).exists()
    stamp_where_set(package, Settings(timestamp_url=authority.url, timestamp_roots=authority.roots))
    assert (package / bag.STAMP).exists()
    stamp_where_set(package, Settings(timestamp_url=authority.url))


def test_roots_that_cannot_be_read_are_refused_with_a_remedy(tmp_path):
    (tmp_path / "roots.pem").write_text("none")
    with pytest.raises(PackageError, match="trusted certificates"):
        read_roots(tmp_path / "roots.pem")


def test_a_trusted_stamp_tells_that_a_former_key_was_still_in_use(package, authority, tmp_path):
    (tmp_path / keys.ALLOWED_FILE).write_text(f'publisher valid-before="29990101" {sample_key().public_line}\n')
    stamped(package, authority)
    assert verify(package, allowed_signers=tmp_path / keys.ALLOWED_FILE, timestamp_roots=authority.roots).accepted
