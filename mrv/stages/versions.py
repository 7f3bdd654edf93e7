"""The next version of a package: what it would change, and who approved exactly that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from mrv.approvals import Approvals, Approver, Proposal
from mrv.errors import UsageError
from mrv.ledger import Ledger, Package
from mrv.package.changes import figure_rows, standing
from mrv.package.comparison import Comparison, Side, side_of_package
from mrv.package.contents import Approval, Previous
from mrv.package.freeze import Frozen
from mrv.package.tables import read_marts
from mrv.package.zipped import unpacked
from mrv.project import find_project, load_project
from mrv.settings import Settings
from mrv.stages.context import Context
from mrv.stages.transform import Snapshot

SHORTEST_KEY = 8
"""Characters of a content's key that must be given to name it."""
SHOWN = 20
"""Most figures that a proposal names; `data/changes/` lists all of them."""


@dataclass(frozen=True)
class Pending:
    """Content that differs from the published version and waits for an approval."""

    stands: int
    version: int
    content_key: str
    difference: Mapping[str, Any]

    @property
    def changes_figures(self) -> bool:
        """Whether published figures or rows would change."""
        return bool(self.difference["figures_changed"] or self.difference["cells_changed"])

    def record(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "version_stands": self.stands,
            "version": self.version,
            "content_key": self.content_key,
            "changes_figures": self.changes_figures,
            **self.difference,
        }


def approvals(context: Context) -> Approvals:
    """Return the approvals of a run's period."""
    return Approvals(context.ledger, context.definition.id, context.period.id)


def approved_or_proposed(context: Context, snapshot: Snapshot, frozen: Frozen, latest: Package) -> Approval | Pending:
    """Return who approved a changed content, or note that it waits for somebody to do so.

    Args:
        context: The run; its approver, where there is one, approves here.
        snapshot: The tables of the changed content.
        frozen: What they rest on.
        latest: The version that is published.

    Raises:
        PackageError: The published version is not there to be compared with.
    """
    known, version, key = approvals(context), latest.version + 1, frozen.content_key
    approved = known.approved(version=version, content_key=key)
    proposal = known.proposal()
    if proposal is None or (proposal.version, proposal.content_key) != (version, key):
        difference = _difference(context, snapshot, frozen, latest)
        if approved is None:
            known.propose(version=version, content_key=key, difference=difference)
    else:
        difference = dict(proposal.difference)
    if approved is None and context.approver is not None:
        approved = known.approve(context.approver, version=version, content_key=key)
    return Approval(**asdict(approved)) if approved else Pending(latest.version, version, key, difference)


def before(context: Context, version: int) -> tuple[Previous | None, Approval | None]:
    """Return the version before a published one, and who approved it; nothing for the first.

    Raises:
        UsageError: The ledger does not know them.
    """
    if version == 1:
        return None, None
    names = context.definition.id, context.period.id
    package, this = (context.ledger.package(*names, number) for number in (version - 1, version))
    approved = this and approvals(context).approved(version=version, content_key=this.content_key)
    if package is None or approved is None:
        raise UsageError(
            f"version {version} cannot be built again: the ledger does not know what it followed",
            where=context.settings.ledger_address,
            remedy="restore the ledger or the package from a backup",
        )
    return previous_of(context, package), Approval(**asdict(approved))


def previous_of(context: Context, package: Package) -> Previous:
    """Return a published version as the one before another."""
    folder = context.settings.root / package.path
    return Previous(name=folder.name, version=package.version, manifest_sha512=package.manifest_sha512, folder=folder)


def _difference(context: Context, snapshot: Snapshot, frozen: Frozen, latest: Package) -> dict[str, Any]:
    lineage = snapshot.folder / "calc" / "lineage.json"
    new = Side(
        tables=snapshot.folder / "marts",
        keys={mart.name: mart.key for mart in read_marts(snapshot.folder / "marts.json")},
        freeze=frozen.record(),
        parameters=frozen.parameter_rows,
        lineage=json.loads(lineage.read_bytes()) if lineage.is_file() else None,
    )
    with unpacked(standing(context.settings.root / latest.path)) as root:
        return summary(Comparison(side_of_package(root), new))


def summary(compared: Comparison, *, shown: int = SHOWN) -> dict[str, Any]:
    """Return what two sides differ in as JSON: how many figures and cells, tonnes of each account, causes, first figures.

    The figures are in the order of their tonnes, the largest difference first.
    """
    columns = (
        "figure_id",
        "label_en",
        "label_es",
        "unit",
        "old",
        "new",
        "difference",
        "difference_percent",
        "tco2e",
        "causes",
    )
    largest = sorted(compared.figures, key=lambda item: (-abs(item.tco2e or Decimal(0)), item.figure_id))[:shown]
    wanted = {item.figure_id for item in largest}
    rows = {row[0]: dict(zip(columns, row, strict=False)) for row in figure_rows(compared) if row[0] in wanted}
    return {
        "figures_changed": len(compared.figures),
        "cells_changed": sum(1 for _ in compared.rows()),
        "inputs_changed": len(compared.inputs),
        "parameters_changed": len({item.key for item in compared.parameters}),
        "causes": [asdict(cause) for cause in compared.causes],
        "totals": [total.record() for total in compared.totals],
        "figures": [rows[item.figure_id] for item in largest],
    }


def pending_of(project: str, period: str, settings: Settings) -> Proposal | None:
    """Return what waits for an approval in a period of a project."""
    with _approvals(project, period, settings) as known:
        return known.proposal()


def waiting(project: str, period: str, settings: Settings) -> Proposal:
    """Return what waits for an approval in a period of a project.

    Raises:
        UsageError: Nothing waits.
    """
    with _approvals(project, period, settings) as known:
        return _waiting(known, project, period)


def approve(project: str, period: str, approver: Approver, settings: Settings, *, content: str) -> Proposal:
    """Approve what waits in a period of a project; the next run publishes it.

    Args:
        project: Folder or name of the project.
        period: Id of the period.
        approver: Who approves, and why.
        settings: Where things live.
        content: Key of the content that the approver saw, or at least its first eight characters.

    Raises:
        UsageError: Nothing waits, or another content does: a run in between may have replaced what was seen.
    """
    with _approvals(project, period, settings) as known:
        proposal = _waiting(known, project, period)
        if len(content) < SHORTEST_KEY or not proposal.content_key.startswith(content):
            raise UsageError(
                "another content waits for an approval",
                expected=f"{proposal.content_key[:12]} (at least {SHORTEST_KEY} characters of it)",
                found=content,
                remedy=f"look at it first: mrv approve {project} --period {period}",
            )
        known.approve(approver, version=proposal.version, content_key=proposal.content_key)
        return proposal


@contextmanager
def _approvals(project: str, period: str, settings: Settings) -> Iterator[Approvals]:
    definition = load_project(find_project(project, settings)).definition
    ledger = Ledger(settings.ledger_address)
    try:
        yield Approvals(ledger, definition.id, definition.period(period).id)
    finally:
        ledger.close()


def _waiting(known: Approvals, project: str, period: str) -> Proposal:
    proposal = known.proposal()
    if proposal is None:
        raise UsageError(
            f"nothing of {project}, {period}, waits for an approval",
            remedy=f"run it first: mrv run {project} --period {period}",
        )
    return proposal
