"""Findings as a table: one row for each round of a thread, the same in exports and in the next package."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from mrv.dataroom.catalogue import Catalogue, NotFoundError, Package
from mrv.dataroom.finding_bounds import label
from mrv.dataroom.finding_rules import RAISED, Act, State
from mrv.dataroom.findings import Entry, Finding

COLUMNS = (
    "finding_id", "round", "type", "raised_date", "section", "finding", "response", "response_date", "status", "title",
    "period", "version", "manifest_sha512", "bound_kind", "bound_to", "due_on", "closed_date", "corrected_in_version",
    "raised_by", "attachments",
)  # fmt: skip
"""The first nine are those that every table of findings in a package has."""
STATUS = {State.OPEN: "open", State.ANSWERED: "responded", State.CLOSED: "closed"}
_ASKS = frozenset({RAISED, Act.REOPEN})
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def rows(findings: Iterable[Finding], catalogue: Catalogue) -> list[dict[str, str]]:
    """Return the rounds of findings in the order of raising."""
    found: list[dict[str, str]] = []
    for finding in findings:
        package = package_of(catalogue, finding)
        found += [
            _row(finding, package, number, list(entries))
            for number, entries in groupby(finding.entries, key=lambda entry: entry.round)
        ]
    return found


def package_of(catalogue: Catalogue, finding: Finding) -> Package | None:
    """Return the version that a finding is about, or None where it is not here any more."""
    try:
        return catalogue.package(finding.project, finding.period, finding.version)
    except NotFoundError:
        return None


def _row(finding: Finding, package: Package | None, number: int, entries: Sequence[Entry]) -> dict[str, str]:
    asked = [entry for entry in entries if entry.kind in _ASKS]
    answers = [entry for entry in entries if entry.kind == Act.ANSWER]
    is_last = number == finding.rounds
    row = {
        "finding_id": finding.code,
        "round": str(number),
        "type": finding.type,
        "raised_date": (asked[0].at if asked else entries[0].at)[:10],
        "section": label(package, finding.bound_kind, finding.bound_to).en,
        "finding": "\n\n".join(entry.body for entry in asked),
        "response": "\n\n".join(entry.body for entry in answers),
        "response_date": answers[-1].at[:10] if answers else "",
        "status": STATUS[State(finding.state)] if is_last else STATUS[State.ANSWERED],
        "title": finding.title,
        "period": finding.period,
        "version": str(finding.version),
        "manifest_sha512": finding.manifest_sha512,
        "bound_kind": finding.bound_kind,
        "bound_to": finding.bound_to,
        "due_on": finding.due_on or "",
        "closed_date": (finding.closed_at or "")[:10] if is_last else "",
        "corrected_in_version": str(max((entry.linked_version or 0 for entry in answers), default=0) or ""),
        "raised_by": finding.raised_by,
        "attachments": "; ".join(
            f"{file['name']} sha256:{file['sha256']}" for entry in entries for file in entry.attachments
        ),
    }
    assert tuple(row) == COLUMNS  # noqa: S101 - one place names them all
    return row


def as_csv(table: Iterable[Mapping[str, str]], *, for_people: bool) -> bytes:
    """Return rows as CSV.

    Args:
        table: Rows.
        for_people: Whether a spreadsheet may open it: then a text that would be a formula there is marked as text.
    """
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in table:
        writer.writerow({name: _plain(text) for name, text in row.items()} if for_people else row)
    return stream.getvalue().encode("utf-8")


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_xlsx(table: Sequence[Mapping[str, str]]) -> bytes:
    """Return rows as a workbook in which every cell is text or a number, and none a formula or a link."""
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    sheet = book.add_worksheet("findings")
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    widths = {"finding": 60, "response": 60, "title": 32, "section": 32, "manifest_sha512": 18}
    for column, name in enumerate(COLUMNS):
        sheet.set_column(column, column, widths.get(name, 14), wrapped)
        sheet.write_string(0, column, name, bold)
        for line, row in enumerate(table, start=1):
            if name in {"round", "version"}:
                sheet.write_number(line, column, int(row[name]), wrapped)
            else:
                sheet.write_string(line, column, row[name], wrapped)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(table), 1), len(COLUMNS) - 1)
    book.close()
    return stream.getvalue()
