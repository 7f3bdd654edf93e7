"""Re-perform a package: make every table anew from what it holds, in a clean folder, and compare with what it says.

The stages are those of a run, called bare: without an orchestrator, without a network, without the home of the project.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mrv.errors import PackageError
from mrv.package.difference import (
    ALL_COLUMNS,
    CellDifference,
    Change,
    FigureDifference,
    figure_differences,
    table_differences,
)
from mrv.package.evidence import STARTED_FROM
from mrv.package.figures import MART, read_figures
from mrv.package.reading import MAX_JSON_BYTES, read_summary, reading
from mrv.package.tables import FOLDER
from mrv.package.verify import Report, verify
from mrv.package.zipped import unpacked
from mrv.progress import SILENT, Progress
from mrv.schemas import DATASETS
from mrv.settings import Settings
from mrv.stages.context import Context, code_version, open_loaded
from mrv.stages.from_rows import LANDED, Shown, Tables, tables_from_rows
from mrv.stages.land import Pulled
from mrv.stages.package_inputs import Inputs, find_inputs, private_zones, project_of, seed_ledger
from mrv.stages.pipeline import Caller, Timed, make_tables
from mrv.stages.protect import publish_rows
from mrv.stages.reperform_files import FilesResult, compare_files
from mrv.stages.transform import Snapshot, transform
from mrv.store import Store
from mrv.warehouse.lineage import landed_ancestors

NAMED = 20
"""Cells that are kept of each table; the others are counted."""


@dataclass(frozen=True)
class TableResult:
    """A table of the package against the one made anew.

    Attributes:
        differing: How many cells or rows differ.
        first: The first of them.
    """

    name: str
    differing: int
    first: tuple[CellDifference, ...]


@dataclass(frozen=True)
class Reperformance:
    """What a re-performance found.

    Attributes:
        name: Name under which the package was signed.
        verified: How the package verified before.
        code: Version of the code that the package names.
        same_code: Whether it is the code that re-performed it.
        inputs: How many files the period used.
        missing: How many of them nobody gave.
        given: Landed tables whose rows are taken as the package shows them, for their files are withheld.
        not_made: Mart that could not be made anew to why not.
        marts: Marts that were made anew and compared.
        landed: Landed tables that were made anew and compared with the rows that the package shows.
        figures: Figures that were made anew and compared.
        figures_not_made: Figures of marts that could not be made.
        differing_figures: Those that differ, the headline first: `old` is what the package says, `new` what was made.
        differing_tables: Tables that differ.
        files: Every file made anew and compared; its `reason` says why they could not be.
        seconds: How long each step took.
    """

    name: str
    verified: Report
    code: str
    same_code: bool
    inputs: int
    missing: int
    given: tuple[str, ...]
    not_made: Mapping[str, str]
    marts: int
    landed: int
    figures: int
    figures_not_made: int
    differing_figures: tuple[FigureDifference, ...]
    differing_tables: tuple[TableResult, ...]
    files: FilesResult
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def same(self) -> bool:
        """Whether everything that was made anew is what the package says."""
        return not self.differing_figures and not self.differing_tables and not self.files.differing

    @property
    def complete(self) -> bool:
        """Whether everything was made anew."""
        return not self.not_made and not self.missing and self.files.reason is None


@dataclass(frozen=True)
class Remade:
    """A re-performance in its clean home, while that exists.

    Attributes:
        start: What SQL started from this time, and whence that came.
    """

    root: Path
    context: Context
    inputs: Inputs
    start: Tables
    snapshot: Snapshot
    seconds: Mapping[str, float]

    @property
    def tables(self) -> Mapping[str, pa.Table]:
        """Landed table to the rows that SQL started from this time."""
        return self.start.tables


def reperform(
    package: Path,
    *,
    folders: Sequence[Path] = (),
    allowed_signers: Path | None = None,
    any_signer: bool = False,
    tables_only: bool = False,
    progress: Progress = SILENT,
) -> Reperformance:
    """Verify a package, make its tables and every other file anew and compare.

    Args:
        package: Folder or archive of the package.
        folders: Where files that the package withholds can be found, by their hash.
        allowed_signers: As in `mrv.package.verify.verify`.
        any_signer: Likewise.
        tables_only: Leave out the files that are made of the tables, such as the report and the workbook.
        progress: Who is told how far it is.

    Raises:
        PackageError: The package is refused; nothing of it is re-performed then.
        MrvError: A stage refuses the inputs.
    """
    with unpacked(package) as root:
        report = verify(root, allowed_signers=allowed_signers, any_signer=any_signer)
        if not report.accepted:
            reasons = [f"{check.name}: {check.detail}" for check in report.checks if check.outcome == "failed"]
            raise PackageError(
                "the package is not accepted, so it is not re-performed",
                found="; ".join(reasons) or "its signer is not known",
                where=str(package),
                remedy="see mrv verify; --any-signer goes on whoever signed it",
            )
        with remade(root, folders=folders, progress=progress) as found:
            return _compared(found, report, _files(found, progress, tables_only=tables_only))


@contextmanager
def remade(root: Path, *, folders: Sequence[Path] = (), progress: Progress = SILENT) -> Iterator[Remade]:
    """Make the tables of a package anew, in a home that is gone after the block.

    Args:
        root: Folder of a package whose hashes were verified.
        folders: As in `reperform`.
        progress: Who is told how far it is.

    Raises:
        MrvError: A stage refuses the inputs.
    """
    summary, loaded = read_summary(root), project_of(root)
    period_id = summary["period"]["id"]
    with TemporaryDirectory(prefix="mrv-reperform-") as name:
        settings = _clean_settings(Path(name))
        inputs = find_inputs(root, Store(settings.raw_dir), project_id=loaded.definition.id, folders=folders)
        zones = private_zones(loaded, inputs)
        with open_loaded(loaded, period_id, settings, progress, private_zones=zones) as context:
            seed_ledger(context.ledger, root, inputs, project_id=loaded.definition.id, period_id=period_id)
            do = Timed(Caller())
            if inputs.complete:
                pulled = [Pulled(spec.name, inputs.of(spec.name)) for spec in context.definition.sources]
                made = make_tables(context, do, pulled)
                tables, snapshot = Tables(made.tables, frozenset(made.tables)), made.snapshot
            else:
                tables = do("make tables", _from_rows, context, inputs, root, bool(summary["project"]["simulated"]))
                snapshot = do("transform", transform, context, tables.tables)
            yield Remade(root, context, inputs, tables, snapshot, do.seconds)


def _from_rows(context: Context, inputs: Inputs, root: Path, simulated: bool) -> Tables:
    return tables_from_rows(context, inputs, Shown(root, _json(root, STARTED_FROM)), simulated=simulated)


def _clean_settings(home: Path) -> Settings:
    """Return settings that name nothing outside; what dbt parsed before may be used again."""
    known = Settings()
    plain = {name: info.get_default(call_default_factory=True) for name, info in Settings.model_fields.items()}
    return Settings(**{**plain, "home": home, "workers": known.workers, "parsed_dir": known.parsed_dir})


def _json(root: Path, name: str) -> Any:
    with reading(name):
        path = root / name
        if path.stat().st_size > MAX_JSON_BYTES:
            raise PackageError("a file of the package is too large to be read", where=name)
        return json.loads(path.read_bytes())


def _files(found: Remade, progress: Progress, *, tables_only: bool) -> FilesResult:
    if tables_only:
        return FilesResult(0, (), "only the tables were asked for")
    with progress.task("make the files that people read", 1) as advance:
        result = compare_files(found)
        advance(1)
    return result


def _compared(found: Remade, report: Report, files: FilesResult) -> Reperformance:
    root, snapshot = found.root, found.snapshot
    # Which table is made of which is read from what was made here: a package could name reasons to leave out a mart.
    unlike = found.start.unlike
    lineage = json.loads((snapshot.folder / "calc" / "lineage.json").read_text(encoding="utf-8"))
    ancestors = landed_ancestors(lineage["tables"])
    keys = {
        mart["name"]: mart["key"] for mart in json.loads((snapshot.folder / "marts.json").read_text(encoding="utf-8"))
    }
    not_made = {
        name: "; ".join(f"{table}: {unlike[table]}" for table in sorted(lacking))
        for name in keys
        if name != MART and (lacking := ancestors.get(name, frozenset()) & unlike.keys())
    }
    marts = [name for name in sorted({*keys} | _stems(root / FOLDER)) if name not in not_made and name != MART]
    said = read_figures(root / FOLDER / f"{MART}.parquet")
    headline = {figure["figure_id"] for figure in read_summary(root)["headline"]}
    figures = figure_differences(root / FOLDER / f"{MART}.parquet", snapshot.folder / "marts" / f"{MART}.parquet")
    results = [_table(name, root / FOLDER, snapshot.folder / "marts", keys.get(name, ())) for name in marts]
    shown = found.context.settings.root / "shown"
    publish_rows(found.tables, shown, found.context.definition.privacy)
    apart = {*found.start.given, *unlike, *found.start.broken}
    landed = sorted((_stems(root / LANDED) | _stems(shown)) - apart)
    results += [_table(f"landed.{name}", root / LANDED, shown, DATASETS[name].key) for name in landed]
    results += [
        TableResult(f"landed.{name}", 1, (CellDifference(name, "removed", "", ALL_COLUMNS, why, ""),))
        for name, why in sorted(found.start.broken.items())
    ]
    version = _json(root, "data/code/version.json")["version"]
    return Reperformance(
        name=report.signed_name or root.name,
        verified=report,
        code=version,
        same_code=version.endswith(f"+{code_version()[:12]}"),
        inputs=len({item.sha256 for item in found.inputs.artifacts}),
        missing=len(found.inputs.missing),
        given=tuple(sorted(found.start.given)),
        not_made=not_made,
        marts=len(marts),
        landed=len(landed),
        figures=sum(figure.mart not in not_made for figure in said.values()),
        figures_not_made=sum(figure.mart in not_made for figure in said.values()),
        differing_figures=tuple(
            sorted(
                (item for item in figures if item.figure.mart not in not_made),
                key=lambda item: item.figure_id not in headline,
            )
        ),
        differing_tables=tuple(result for result in results if result.differing),
        files=files,
        seconds=found.seconds,
    )


def _stems(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.parquet")}


def _table(name: str, old: Path, new: Path, key: Iterable[str]) -> TableResult:
    stem = name.removeprefix("landed.")
    paths = [folder / f"{stem}.parquet" for folder in (old, new)]
    if not all(path.is_file() for path in paths):
        change: Change = "added" if paths[1].is_file() else "removed"
        return TableResult(name, 1, (CellDifference(name, change, "", ALL_COLUMNS, "", ""),))
    counts: Counter[str] = Counter()
    first: list[CellDifference] = []
    for item in table_differences(name, pq.read_table(paths[0]), pq.read_table(paths[1]), [*key]):
        counts[item.change] += 1
        if len(first) < NAMED:
            first.append(item)
    return TableResult(name, counts.total(), tuple(first))
