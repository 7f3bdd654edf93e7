"""The frozen set: everything that a version's figures rest on, pinned by hash, and the one key that stands for all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from operator import attrgetter
from typing import Any

from mrv.files import hash_file
from mrv.ledger import Artifact, content_key
from mrv.package.contents import Contents, Waiver
from mrv.package.staging import Staging, cell_text
from mrv.parameters import Parameter

FREEZE = "data/provenance/freeze.json"
WAIVERS = "data/quality/waivers.csv"
FINDINGS = "data/findings/"
LABELS = "sample_labels"
"""Dataset of what interpreters saw at the units of a sample."""
_INPUT = ("address", "sha256", "bytes", "dataset", "source")


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """What a version's figures rest on. Files of the project and findings are name to sha256."""

    project: str
    period: str
    snapshot_id: str
    inputs: Sequence[Artifact]
    parameters: Sequence[Parameter]
    project_files: Mapping[str, str]
    findings: Mapping[str, str]
    waivers: Sequence[Waiver]
    code_sha256: str
    lock_sha256: str

    @property
    def parameter_rows(self) -> dict[str, dict[str, str]]:
        """Parameters by id, each value as a CSV holds it."""
        ordered = sorted(self.parameters, key=attrgetter("parameter_id"))
        return {item.parameter_id: {name: cell_text(value) for name, value in asdict(item).items()} for item in ordered}

    def record(self) -> dict[str, Any]:
        """Return the set as JSON, in one order whatever the order of its parts."""
        inputs = sorted({tuple(getattr(item, name) for name in _INPUT) for item in self.inputs})
        listed = [dict(zip(_INPUT, values, strict=True)) for values in inputs]
        return {
            "project": self.project,
            "period": self.period,
            "snapshot_id": self.snapshot_id,
            "inputs": listed,
            "sample_labels": [item for item in listed if item["dataset"] == LABELS],
            "parameters_sha256": content_key(self.parameter_rows),
            "project_files": dict(sorted(self.project_files.items())),
            "findings": dict(sorted(self.findings.items())),
            "waivers": [asdict(waiver) for waiver in _ordered(self.waivers)],
            "code": {"code_sha256": self.code_sha256, "lock_sha256": self.lock_sha256},
        }

    @property
    def content_key(self) -> str:
        """The sha256 over the set: contents with one key are the same content."""
        return content_key(self.record())


def frozen_of(contents: Contents) -> Frozen:
    """Return the frozen set of a package's contents."""
    return Frozen(
        project=contents.project.project_id,
        period=contents.period_id,
        snapshot_id=contents.snapshot_id,
        inputs=contents.inputs,
        parameters=contents.parameters,
        project_files={name: hash_file(path) for name, path in contents.project_files.items()},
        findings={name: hash_file(path) for name, path in contents.findings.items()},
        waivers=contents.waivers,
        code_sha256=contents.code_sha256,
        lock_sha256=hash_file(contents.code.lock),
    )


def write_freeze(staging: Staging, contents: Contents) -> None:
    """Write `data/provenance/freeze.json`, `data/quality/waivers.csv`, and `data/findings/` where there are any."""
    frozen = frozen_of(contents)
    record = frozen.record()
    record["code"] |= {"version": contents.code.version, "commit": contents.code.commit}
    record |= {
        "version": contents.version,
        "content_key": frozen.content_key,
        "previous": contents.previous.record() if contents.previous else None,
    }
    staging.write_json(FREEZE, record)
    columns = [field.name for field in fields(Waiver)]
    staging.write_csv(WAIVERS, columns, (astuple(waiver) for waiver in _ordered(contents.waivers)))
    for name in sorted(contents.findings):
        staging.copy(f"{FINDINGS}{name}", contents.findings[name])


def _ordered(waivers: Sequence[Waiver]) -> list[Waiver]:
    return sorted(waivers, key=astuple)
