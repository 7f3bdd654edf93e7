"""A workbook in the four-sheet layout to the input tables of one project: settings, periods, transitions, stocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from mrv.accounting import layout
from mrv.accounting.four_sheet_settings import STRATUM, Settings, read_settings, truncated
from mrv.accounting.four_sheet_stocks import stock_rows
from mrv.accounting.layout import ACCOUNT, PARAMETERS, STOCKS, TIME_PERIODS, TRANSITIONS, USER_INPUTS
from mrv.accounting.raw import InputRow, RawTable, Reading
from mrv.accounting.sheet_rows import DAY, TEXT, WHOLE, Cells, SheetRows
from mrv.accounting.tables import keep_unique
from mrv.errors import InputError
from mrv.schema_types import FACTOR, HECTARES

LEAST_DRAWS = 10_000
"""As the parameter monte_carlo_draws; files of other tools are often saved with fewer, for speed."""
ZONE, VERSION = "accounting_area", "ref"
"""What the layout has no words for: its land is one zone, its reference level one version of a baseline."""


@dataclass
class Workbook:
    """What a workbook of the four-sheet layout holds.

    Attributes:
        reading: Input tables without the project's id, problems and notes.
        account: Cells of the sheet `account`: ids and days that were given.
        parameters: Rows of name, value, choice, rule_set, source: what the file sets beside the catalogue.
        years: First and last monitored year.
    """

    reading: Reading = field(default_factory=Reading)
    account: dict[str, Any] = field(default_factory=dict)
    parameters: list[InputRow] = field(default_factory=list)
    years: tuple[int, int] | None = None


@dataclass(frozen=True)
class Period:
    """A row of time_periods."""

    first_year: int
    last_year: int
    kind: str
    version: str
    where: str

    @property
    def nb_years(self) -> int:
        """Years, both ends counted."""
        return self.last_year - self.first_year + 1


def read_four_sheets(sheets: Mapping[str, RawTable], *, label: str) -> Workbook:
    """Read the sheets of a workbook of the layout.

    Args:
        sheets: Name in the layout to its raw table.
        label: How errors call the file.
    """
    book = Workbook()
    if missing := [name for name in layout.SHEETS if name not in sheets]:
        book.reading.problems.append(
            InputError(
                "a workbook lacks sheets of the four-sheet layout",
                expected=", ".join(layout.SHEETS),
                found=", ".join(sheets) or "none of them",
                where=label,
                remedy=f"add {', '.join(missing)}; `mrv account template` writes an empty file of the layout",
            )
        )
        return book
    rows = {name: SheetRows(raw, name, book.reading) for name, raw in sheets.items() if name in layout.COLUMNS}
    _read_account(rows, book)
    settings = read_settings(rows[USER_INPUTS], book.reading, label=label)
    if settings is None:
        return book
    periods = _periods(rows[TIME_PERIODS], book, label=label)
    if book.years is None:
        return book  # without periods every change would be told to be of an unknown one
    keep_unique(_transitions(rows[TRANSITIONS], periods, settings), "account_activity", book.reading)
    keep_unique(stock_rows(rows[STOCKS], settings), "account_stocks", book.reading)
    _set_parameters(book, settings, label=label)
    return book


def _periods(rows: SheetRows, book: Workbook, *, label: str) -> dict[str, Period]:
    periods: dict[str, Period] = {}
    versions: dict[str, list[tuple[Period, Cells]]] = {}
    for cells in rows.rows():
        name, kind = cells.need("period_no", TEXT), cells.need("period_type", TEXT)
        first, last = cells.need("year_start", WHOLE), cells.need("year_end", WHOLE)
        if not cells.is_sound:
            continue
        if kind.rstrip("0123456789") not in ("REF", "MON", "BSL"):
            cells.refuse("period_type", "unknown period_type", "REF, BSL, MON, MON1, ...", "use one of these")
        elif last < first:
            cells.refuse("year_end", "a period of years is reversed", f"{first} or later", "exchange the two years")
        elif name in periods:
            cells.refuse("period_no", f"period {name} stands twice", "each period once", "rename or remove one")
        else:
            version = cells.get("baseline_version", TEXT) or VERSION
            periods[name] = Period(first, last, kind.rstrip("0123456789"), version, cells.where)
            if periods[name].kind != "MON":
                versions.setdefault(version, []).append((periods[name], cells))
    monitored = sorted((item.first_year, item.last_year) for item in periods.values() if item.kind == "MON")
    if not monitored or not versions:
        book.reading.problems.append(
            InputError(
                "there is no " + ("monitored period" if versions else "reference period"),
                expected="at least one period of type REF (or BSL), and one of type MON",
                where=f"{label}, sheet {TIME_PERIODS}",
                remedy="add it: without both there is nothing to compare",
            )
        )
        return periods
    _refuse_holes(monitored, book, label=label)
    book.years = (monitored[0][0], max(last for _, last in monitored))
    book.reading.tables["baseline_versions"] = [_version(name, parts, book) for name, parts in versions.items()]
    return periods


def _refuse_holes(monitored: list[tuple[int, int]], book: Workbook, *, label: str) -> None:
    covered = monitored[0][1]
    for start, end in monitored[1:]:
        if start > covered + 1:
            book.reading.problems.append(
                InputError(
                    "monitored periods do not follow each other",
                    expected=f"a period from {covered + 1}",
                    found=f"one from {start}",
                    where=f"{label}, sheet {TIME_PERIODS}",
                    remedy="mend the years, or give each monitored period a workbook of its own",
                )
            )
        covered = max(covered, end)


def _version(name: str, parts: list[tuple[Period, Cells]], book: Workbook) -> InputRow:
    first_year, last_year = book.years or (0, 0)
    kinds = {period.kind for period, _ in parts}
    first, cells = parts[0]
    if len(kinds) > 1:
        cells.refuse(
            "period_type", f"baseline {name} mixes REF and BSL", "one of the two", "give two baseline versions"
        )
    is_reference = first.kind == "REF"
    given = {
        column: next((value for _, item in parts if (value := item.get(column, kind)) is not None), None)
        for column, kind in (("valid_from", DAY), ("valid_to", DAY), ("document", TEXT))
    }
    account = book.account
    return InputRow(
        first.where,
        {
            "baseline_version": name,
            "mode": "reference_average" if is_reference else "annual_table",
            "valid_from": given["valid_from"] or account.get("period_start") or date(first_year, 1, 1),
            "valid_to": given["valid_to"] or account.get("period_end") or date(last_year, 12, 31),
            "reference_first_year": min(item.first_year for item, _ in parts) if is_reference else None,
            "reference_last_year": max(item.last_year for item, _ in parts) if is_reference else None,
            "document": given["document"] or account.get("document") or f"sheet {TIME_PERIODS} of the workbook",
            "illustrative": False,
        },
    )


def _transitions(rows: SheetRows, periods: Mapping[str, Period], settings: Settings) -> Iterator[InputRow]:
    for cells in rows.rows():
        period_no = cells.need("trans_period", TEXT)
        if period_no is not None and period_no not in periods:
            cells.refuse("trans_period", f"unknown period {period_no}", ", ".join(periods) or "a period", "mend its id")
            continue
        area, se = cells.need("trans_area", HECTARES), cells.get("trans_se", HECTARES)
        activity = cells.choose("redd_activity", layout.ACTIVITIES)
        shapes = {name: cells.get(f"trans_pdf_{name[-1]}", FACTOR) for name in ("shape_a", "shape_b", "shape_c")}
        distribution, shape_a = truncated(cells.get("trans_pdf", TEXT), shapes["shape_a"], settings)
        values = {
            "scope": cells.get("scope", TEXT) or "project_area",
            "zone_id": cells.get("zone_id", TEXT) or ZONE,
            "stratum_id": cells.get("stratum_id", TEXT) or STRATUM,
            "activity": activity,
            "from_state": cells.need("lu_initial_id", TEXT),
            "to_state": cells.need("lu_final_id", TEXT),
            "distribution": distribution,
            **shapes,
            "shape_a": shape_a,
            "error_group": cells.get("error_group", TEXT),
            "source": cells.get("source", TEXT) or cells.where,
        }
        if not cells.is_sound:
            continue
        period = periods[period_no]
        # An area of one year stands for every year of its period.
        times = period.nb_years if settings.is_annual else 1
        yield InputRow(
            cells.where,
            {
                **values,
                "scenario": "monitored" if period.kind == "MON" else "baseline",
                "baseline_version": None if period.kind == "MON" else period.version,
                "first_year": period.first_year,
                "last_year": period.last_year,
                "area_ha": area * times,
                "se_ha": None if se is None else se * times,
            },
        )


def _read_account(rows: Mapping[str, SheetRows], book: Workbook) -> None:
    accounts = list(rows[ACCOUNT].rows()) if ACCOUNT in rows else []
    if len(accounts) > 1:
        book.reading.problems.append(
            InputError(
                f"sheet {ACCOUNT} has {len(accounts)} rows",
                expected="one row: a workbook is of one project",
                found=", ".join(str(cells.get("project_id", TEXT)) for cells in accounts),
                where=f"{accounts[1].where}, project_id",
                remedy="keep the row that holds; several projects are a folder of tables, or a workbook each",
            )
        )
    for cells in accounts[:1]:
        for column in layout.COLUMNS[ACCOUNT]:
            is_day = column.name.endswith(("_start", "_end"))
            value = cells.get(column.name, DAY if is_day else TEXT)
            if value is not None:
                book.account[column.name] = value
    for cells in rows[PARAMETERS].rows() if PARAMETERS in rows else ():
        values = {
            "name": cells.need("name", TEXT),
            "value": cells.get("value", FACTOR),
            "choice": cells.get("choice", TEXT),
            "rule_set": cells.get("rule_set", TEXT),
            "source": cells.need("source", TEXT),
        }
        if cells.is_sound:
            book.parameters.append(InputRow(cells.where, values))


def _set_parameters(book: Workbook, settings: Settings, *, label: str) -> None:
    """Add what the settings say, where the sheet of parameters does not say it."""
    stocks = book.reading.tables.get("account_stocks", [])
    is_whole = any(row["method"] == "share" for row in stocks)
    wanted: dict[str, Any] = {}
    if settings.digits is not None:
        digits = Decimal(settings.digits)
        wanted = {"stock_decimals": digits, "emission_factor_decimals": digits, "emissions_decimals": Decimal(0)}
    if is_whole or settings.digits is not None:
        wanted["emission_detail"] = "by_total"
    if settings.draws is not None and settings.draws < LEAST_DRAWS:
        book.reading.notes.append(
            f"{settings.where}: n_iter {settings.draws} is not used: fewer than {LEAST_DRAWS} draws give unsteady intervals"
        )
    elif settings.draws is not None:
        wanted["monte_carlo_draws"] = Decimal(settings.draws)
    if settings.seed is not None:
        wanted["monte_carlo_seed"] = Decimal(settings.seed)
    named = {row["name"] for row in book.parameters}
    book.parameters.extend(
        _parameter(name, value, settings.where) for name, value in wanted.items() if name not in named
    )


def _parameter(name: str, value: Any, where: str) -> InputRow:
    is_number = isinstance(value, Decimal)
    return InputRow(
        where,
        {
            "name": name,
            "value": value if is_number else None,
            "choice": None if is_number else value,
            "rule_set": None,
            "source": f"sheet {USER_INPUTS} of the workbook",
        },
    )


def with_project(rows: Iterable[InputRow], project_id: str) -> list[InputRow]:
    """Return rows of a table with the id of their project."""
    return [InputRow(row.where, {"project_id": project_id, **row.values}) for row in rows]
