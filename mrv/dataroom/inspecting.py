"""The process that verifies one package for the data room: `python -m mrv.dataroom.inspecting FOLDER SIGNERS [ROOTS]`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from mrv.dataroom.database import moment
from mrv.dataroom.inspections import CheckSaid, Inspection, record
from mrv.package.verify import verify


def main(arguments: list[str]) -> None:
    """Verify a package and write what was said to standard output, as JSON."""
    os.nice(10)
    folder, signers, *roots = (Path(argument) for argument in arguments)
    report = verify(folder, allowed_signers=signers, timestamp_roots=roots[0] if roots else None)
    # Readers of the page need not know where things lie on this machine.
    where = {str(signers): "allowed_signers", str(folder): folder.name}
    checks = tuple(CheckSaid(check.name, check.outcome, _without(where, check.detail)) for check in report.checks)
    said = Inspection("accepted" if report.accepted else "refused", moment(), checks)
    sys.stdout.write(json.dumps(record(said), ensure_ascii=False))


def _without(names: dict[str, str], detail: str) -> str:
    for path, name in names.items():
        detail = detail.replace(path, name)
    return detail


if __name__ == "__main__":
    main(sys.argv[1:])
