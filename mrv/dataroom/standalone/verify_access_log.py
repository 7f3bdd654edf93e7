#!/usr/bin/env python3
"""Verify an export of the access log offline, with nothing but Python (3.9 or newer) and OpenSSH's ssh-keygen.

    python3 verify_access_log.py [FOLDER] --fingerprint SHA256:...

FOLDER holds entries.ndjson, allowed_signers and the checkpoints. The fingerprint is that of the key that signs packages,
told by another way than this export. Each line of entries.ndjson is an entry, or, where you may not read it, the hash of its
content alone; both are links of one chain, and each checkpoint signs the chain up to an entry. Checkpoints that you kept from
earlier exports count too: put them (.txt and .txt.sig) into the folder.
Exit codes: 0 whole and signed, 1 not, 2 usage, 3 whole, but the signatures could not be checked.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

FIELDS = (
    "entry_no", "at", "user_id", "actor", "session_id", "token_id", "address", "action", "project", "period", "object",
    "outcome", "detail", "salt",
)  # fmt: skip
FORM = re.compile(r"redd-access-log 1\nentry ([1-9][0-9]*)\nsha256 ([0-9a-f]{64})\nat [0-9T:.-]+Z\n")


class BadExportError(Exception):
    """The export is not what was written."""


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")


def content_of(line: dict[str, object]) -> str:
    """Return the hash of an entry's content."""
    if "content_sha256" in line:
        return str(line["content_sha256"])
    text = json.dumps([line[name] for name in FIELDS], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def walk(path: Path) -> dict[int, str]:
    """Follow the chain; return the hash of every entry."""
    hashes: dict[int, str] = {}
    before, number = "0" * 64, 0
    with path.open(encoding="utf-8") as stream:
        for text in stream:
            number += 1
            try:
                line = json.loads(text)
                said, found = line["entry_no"], content_of(line)
                claimed = line["entry_hash"]
            except (ValueError, KeyError, TypeError) as error:
                raise BadExportError(f"line {number} is no entry: {error}") from error
            if said != number:
                raise BadExportError(f"entry {number} is missing: the line says {said}")
            before = hashlib.sha256(f"{before}{found}".encode()).hexdigest()
            if before != claimed:
                raise BadExportError(f"entry {number} is not what was written, or does not follow the entry before it")
            hashes[number] = before
    return hashes


def signature_holds(folder: Path, checkpoint: Path) -> None:
    """Ask ssh-keygen whether a checkpoint's signature holds."""
    command = ["ssh-keygen", "-Y", "verify", "-f", str(folder / "allowed_signers"), "-I", "publisher"]
    command += ["-n", "redd-access-log", "-s", f"{checkpoint}.sig"]
    done = subprocess.run(command, input=checkpoint.read_bytes(), capture_output=True, check=False)
    if done.returncode != 0:
        raise BadExportError(
            f"{checkpoint.name}: the signature does not hold: {done.stderr.decode(errors='replace').strip()}"
        )


def require_key(folder: Path, fingerprint: str) -> None:
    """Refuse signers other than the one whose fingerprint was told."""
    for line in (folder / "allowed_signers").read_text(encoding="utf-8").splitlines():
        blob = base64.b64decode(line.split()[-1])
        short = "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
        if short != fingerprint:
            raise BadExportError(f"allowed_signers names the key {short}, not {fingerprint}")


def verify(folder: Path, fingerprint: str) -> int:
    """Verify an export and say what was found."""
    hashes = walk(folder / "entries.ndjson")
    say(f"ok           chain: {len(hashes)} entries")
    found = sorted(folder.glob("**/checkpoint-*.txt"))
    for checkpoint in found:
        match = FORM.fullmatch(checkpoint.read_text(encoding="utf-8"))
        if match is None:
            raise BadExportError(f"{checkpoint.name} is no checkpoint")
        number = int(match[1])
        if number not in hashes:
            raise BadExportError(
                f"entries {len(hashes) + 1} to {number} were cut off: {checkpoint.name} signs entry {number}"
            )
        if hashes[number] != match[2]:
            raise BadExportError(f"entries up to {number} were rewritten: {checkpoint.name} signs another hash")
    if not found:
        say("not checked  signatures: there is no checkpoint")
        return 3
    if shutil.which("ssh-keygen") is None:
        say("not checked  signatures: there is no ssh-keygen here")
        return 3
    require_key(folder, fingerprint)
    for checkpoint in found:
        signature_holds(folder, checkpoint)
    say(f"ok           signatures: {len(found)} checkpoints by {fingerprint}")
    return 0


def main(arguments: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Verify an export of the access log.")
    parser.add_argument("folder", nargs="?", default=".", type=Path)
    parser.add_argument("--fingerprint", required=True, help="SHA256:... of the key that signs packages")
    given = parser.parse_args(arguments)
    try:
        return verify(given.folder, given.fingerprint)
    except BadExportError as error:
        say(f"FAILED       {error}")
        return 1
    except (OSError, ValueError, IndexError) as error:
        say(f"FAILED       the export cannot be read: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
