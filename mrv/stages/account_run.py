"""Compute accounts that stand alone: input tables in, the tables of the ledger out, nothing else touched."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from mrv.errors import CheckError, InputError, MrvError
from mrv.files import storage_errors, write_bytes, write_parquet
from mrv.project_accounting import TABLES
from mrv.schemas import DATASETS
from mrv.settings import Settings
from mrv.stages.account_sets import ProjectInputs, land_rows, read_inputs
from mrv.warehouse.build import build
from mrv.warehouse.snapshot import write_built

MARTS = (
    "emission_reductions",
    "vintages",
    "baseline_emissions",
    "project_emissions",
    "leakage",
    "uncertainty",
    "uncertainty_rules",
    "monte_carlo",
    "uncertainty_sensitivity",
    "buffer",
    "risk_rating",
    "reversals",
    "parameters_used",
    "parameters_monitored",
)
"""Tables of the ledger that need nothing that is measured."""
REFUSED = "refused.json"
SHOWN = 20
"""Most problems that one message tells; all of them are in refused.json."""
MOST_AREA_ROWS = 5_000
"""Most rows of areas of one project: 20 years of 100 zones and strata, on both sides, are 4,000. Every row may be an
error of its own in the Monte Carlo; a hundred thousand rows were not done after ten minutes."""


@dataclass(frozen=True)
class Computed:
    """What a run gave.

    Attributes:
        folder: Where its tables lie: csv/, marts/ (Parquet), refused.json where projects were left out.
        vintages: Rows of the table `emission_reductions`.
        refused: Projects that were left out, with their problems.
        notes: What a reader should know.
    """

    folder: Path
    vintages: list[dict[str, Any]]
    refused: dict[str, list[MrvError]]
    notes: list[str]


def _nobody(_: str) -> None:
    """Listen to nothing."""


def run_accounts(
    path: Path,
    rule_sets: Sequence[str],
    folder: Path,
    settings: Settings,
    *,
    skip_refused: bool = False,
    tell: Callable[[str], object] = _nobody,
) -> Computed:
    """Compute every project of a workbook or portfolio.

    Args:
        path: A workbook, or a folder of tables.
        rule_sets: Rule sets, the primary one first.
        folder: Where the tables go.
        settings: The house's settings.
        skip_refused: Compute the sound projects even where others have problems.
        tell: Called with what a run of minutes is about to do.

    Raises:
        CheckError: A project has problems; all are told in refused.json.
        WarehouseError: A model or a test of the ledger failed.
    """
    projects, notes = read_inputs(path, rule_sets)
    for project in projects:
        project.problems.extend(_too_many(project))
    refused = {project.project_id: project.problems for project in projects if project.problems}
    sound = [project for project in projects if project.project_id not in refused]
    if refused and (not skip_refused or not sound):
        _note_refused(refused, folder)
        raise refusal(refused, of=len(projects), where=str(path), told_in=folder / REFUSED)
    tell(f"computing {sum(len(project.accounts) for project in sound):,} accounts")
    tables = {name: DATASETS[name].table(records) for name, records in land_rows(sound).items()}
    _check_at_the_door(tables)
    with storage_errors(settings.build_dir):
        settings.build_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="account-", dir=settings.build_dir) as scratch:
        work = Path(scratch)
        inputs = {}
        for dataset, table in tables.items():
            inputs[dataset] = [work / "landed" / f"{dataset}.parquet"]
            write_parquet(inputs[dataset][0], table)
        built = build(inputs, folder=work / "build", parsed=settings.models_dir, marts=MARTS)
        made = write_built(built, folder, MARTS)
    _note_refused(refused, folder)
    return Computed(folder, made["emission_reductions"].to_pylist(), refused, notes)


def _too_many(project: ProjectInputs) -> list[InputError]:
    rows = project.tables.get("account_activity", ())
    if len(rows) <= MOST_AREA_ROWS:
        return []
    return [
        InputError(
            "a project has more rows of areas than can be computed",
            expected=f"at most {MOST_AREA_ROWS:,} rows",
            found=f"{len(rows):,} rows",
            where=rows[MOST_AREA_ROWS].where,
            remedy="add up rows of the same change, zone and year over finer strata, or divide the project",
        )
    ]


def _check_at_the_door(tables: Mapping[str, pa.Table]) -> None:
    """Run the suites of the input tables once over all projects: the rules of the rows came before, this is the door.

    Raises:
        CheckError: A check failed.
    """
    from expectations.gate import gate
    from expectations.runner import check

    for dataset in TABLES.values():
        if dataset in tables and tables[dataset].num_rows:
            outcome = check(dataset, tables[dataset], parameters={})
            gate(outcome.results, waivers={})
            if outcome.quarantine.num_rows:
                first = outcome.quarantine.to_pylist()[0]
                raise CheckError(
                    f"{outcome.quarantine.num_rows} row(s) of {dataset} failed a check: {first['rule']}",
                    found=first["record"],
                    where=dataset,
                    remedy="mend the row",
                )


def refusal(refused: dict[str, list[MrvError]], *, of: int, where: str, told_in: Path) -> CheckError:
    """Return one error that tells every problem of every refused project.

    Args:
        refused: Project to its problems.
        of: How many projects there are.
        where: The workbook or folder.
        told_in: File that holds every problem.
    """
    told = [(name, problem) for name, problems in refused.items() for problem in problems]
    lines = [f"{name}: {problem}" for name, problem in told[:SHOWN]]
    if len(told) > SHOWN:
        lines.append(f"and {len(told) - SHOWN} more")
    others = "; --skip-refused computes the other projects" if of > len(refused) else ""
    return CheckError(
        f"{len(refused)} of {of} project(s) cannot be computed, {len(told)} problem(s)",
        found="\n" + "\n".join(lines),
        where=where,
        remedy=f"mend the rows, all told in {told_in}{others}",
    )


def _note_refused(refused: dict[str, list[MrvError]], folder: Path) -> None:
    """Write which projects were left out and why; remove what an earlier run wrote where none was."""
    path = folder / REFUSED
    if not refused:
        path.unlink(missing_ok=True)
        return
    fields = ("message", "expected", "found", "where", "remedy")
    content = {name: [{key: getattr(item, key) for key in fields} for item in items] for name, items in refused.items()}
    write_bytes(path, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())
