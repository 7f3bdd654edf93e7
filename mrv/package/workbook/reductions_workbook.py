"""Writes `data/workbook/emission_reductions.xlsx`: the primary account by live formulas from inputs to credits."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from mrv.package.contents import Contents
from mrv.package.staging import Staging
from mrv.package.workbook.account import Account
from mrv.package.workbook.area_sheets import Areas
from mrv.package.workbook.book import Book
from mrv.package.workbook.emission_sheets import BASELINE, PROJECT, Emissions, Factors
from mrv.package.workbook.inputs_sheet import Inputs
from mrv.package.workbook.ledger_sheets import Ledger
from mrv.package.workbook.plot_sheets import plot_sheets
from mrv.package.workbook.sample_sheets import sample_sheets
from mrv.package.workbook.stock_sheets import Stocks
from mrv.package.workbook.told_sheets import changelog, checks, difference, list_sheets, readme, sources
from mrv.package.workbook.writing import to_bytes

log = logging.getLogger(__name__)
NAME = "data/workbook/emission_reductions.xlsx"
INPUTS = "data/provenance/inputs.csv"


def write_workbook(staging: Staging, contents: Contents) -> None:
    """Write `data/workbook/emission_reductions.xlsx`; the list of inputs must be there."""
    book = reductions_book(contents, staging.root / INPUTS)
    wrong = [check for check in book.checks if difference(check.own, check.dbt)]
    for check in wrong:
        log.warning("workbook: %s, %s: formula %s, dbt %s", check.sheet, check.what, check.own.value, check.dbt.value)
    title = f"{contents.project.name}, {contents.period_id}, version {contents.version}"
    staging.write(NAME, to_bytes(book, title=title, created=datetime.fromisoformat(contents.created_at)))


def reductions_book(contents: Contents, inputs_csv: Path) -> Book:
    """Return the workbook of a package.

    Args:
        contents: Of the package.
        inputs_csv: The package's list of received files.
    """
    book, account = Book(), Account(contents)
    has_account = account.rule_set is not None and bool(account.rules)
    front = readme(book, has_account=has_account)
    if has_account:
        inputs = Inputs(book, account)
        strata = plot_sheets(book, account)
        stocks = Stocks(book, account, inputs, strata)
        factors = Factors(book, account, inputs, stocks)
        sampled = sample_sheets(book, account)
        areas = Areas(book, account)
        baseline, project = (
            Emissions(book, account, name, inputs=inputs, factors=factors, areas=areas, stocks=stocks, sampled=sampled)
            for name in (BASELINE, PROJECT)
        )
        areas.link(project.rows)
        Ledger(book, account, inputs=inputs, baseline=baseline, project=project)
        checks(book)
    sources(book, inputs_csv)
    changelog(book, contents)
    list_sheets(book, front)
    return book
