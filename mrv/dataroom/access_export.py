"""The access log as somebody may keep it: their entries, the others as links of the chain, and what verifies it offline."""

from __future__ import annotations

import json
import zipfile
from importlib.resources import files
from typing import IO

import sqlalchemy as sa

from mrv.dataroom import access_chain, checkpoints
from mrv.dataroom.access_log import HASHED, content_hash
from mrv.dataroom.access_report import Sight
from mrv.settings import Settings

PROGRAM = "verify_access_log.py"


def write(stream: IO[bytes], connection: sa.Connection, settings: Settings, sight: Sight) -> int:
    """Write the export as a zip; return how many entries are in it in full.

    Args:
        stream: Where to.
        connection: Database.
        settings: Where checkpoints and keys lie.
        sight: Entries that are shown; of all others stands the hash of their content.
    """
    program = files("mrv.dataroom") / "standalone" / PROGRAM
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("entries.ndjson", "w", force_zip64=True) as lines:
            shown = _write_entries(lines, connection, sight)
        for one in checkpoints.all_known(connection, settings):
            archive.writestr(f"checkpoints/{one.name}", one.text)
            archive.writestr(f"checkpoints/{one.name}.sig", one.signature)
        archive.writestr("allowed_signers", checkpoints.allowed_signers(checkpoints.signers(settings)))
        archive.writestr(PROGRAM, program.read_bytes())
    return shown


def _write_entries(lines: IO[bytes], connection: sa.Connection, sight: Sight) -> int:
    shown = 0
    for row in access_chain.rows(connection):
        if sight.holds(row):
            shown += 1
            line = {name: row[name] for name in HASHED}
        else:
            line = {"entry_no": row["entry_no"], "content_sha256": content_hash(row)}
        line["entry_hash"] = row["entry_hash"]
        lines.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return shown
