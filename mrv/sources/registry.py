"""Connector `registry`: tables of credits issued and retired, as registries export them; the project's own rows alone."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from mrv.errors import ProjectError
from mrv.ledger import Artifact
from mrv.privacy import told
from mrv.project_sources import IssuanceFile, Registry
from mrv.schemas import DATASETS
from mrv.sources.contract import Parsed, Request
from mrv.sources.csv_reading import CsvFile, Row
from mrv.sources.days import UnusableValueError
from mrv.sources.fetch import Wanted, base_of, fetching
from mrv.sources.records import ORIGIN, Record, Records
from mrv.sources.serials import read_vcu_serial
from mrv.sources.values import Reading

logger = logging.getLogger(__name__)

DATASET = "issuances"
VERRA: Mapping[str, str] = {
    "registry_project_id": "ID",
    "project_name": "Name",
    "methodology": "Methodology",
    "issued_on": "Issuance Date",
    "vintage_start": "Vintage Start",
    "vintage_end": "Vintage End",
    "total_vintage_quantity": "Total Vintage Quantity",
    "quantity_issued": "Quantity Issued",
    "serial_number": "Serial Number",
    "additional_certifications": "Additional Certifications",
    "retired_on": "Retirement/Cancellation Date",
    "retirement_reason": "Retirement Reason",
    "retirement_beneficiary": "Retirement Beneficiary",
    "retirement_details": "Retirement Details",
}
"""Landed column to column of the Verra registry's table of transactions."""
_BLOCK = ("block_start", "block_end")
_QUANTITIES = ("total_vintage_quantity", "quantity_issued")
_REMEDY = "correct the row in the registry's export or ask the registry for it again; the raw file stays as it came"


def wanted(spec: Registry) -> list[Wanted]:
    """List the declared files.

    Raises:
        ProjectError: The columns of a file do not fill the table.
    """
    for item in spec.files:
        columns_of(item, where=f"source {spec.name}, {item.path}")
    return [
        Wanted(
            dataset=DATASET,
            product=spec.registry,
            address=_address(spec, item),
            path=item.path,
            kind="csv",
            licence=item.licence,
            citation=item.citation,
        )
        for item in spec.files
    ]


def _address(spec: Registry, item: IssuanceFile) -> str:
    return f"registry/{spec.name}/{item.path}"


def columns_of(item: IssuanceFile, *, where: str) -> dict[str, str]:
    """Return the landed columns that a file fills, each with its column there.

    A layout of its own names the first and last number of each block, since only Verra's serial numbers are read.

    Raises:
        ProjectError: It names a column that the table does not have, or leaves one empty that every row needs.
    """
    columns = {**(VERRA if item.layout == "verra" else {}), **item.columns}
    schema = DATASETS[DATASET].schema
    given = {*ORIGIN, "registry", *(_BLOCK if item.layout == "verra" else ())}
    unknown = sorted(name for name in columns if name not in schema.names or name in given)
    needed = sorted(
        field.name for field in schema if not field.nullable and field.name not in given and field.name not in columns
    )
    for message, names in (
        ("names columns that the table of issuances does not take from it", unknown),
        ("leaves columns empty that every row needs", needed),
    ):
        if names:
            raise ProjectError(
                f"a table of issuances {message}",
                expected="columns of issuances: " + ", ".join(name for name in schema.names if name not in given),
                found=", ".join(names),
                where=where,
                remedy="mend layout or columns of the file in project.yaml",
            )
    return columns


def pull(spec: Registry, request: Request) -> list[Artifact]:
    """See `Connector.pull`."""
    files = wanted(spec)
    with fetching(
        request,
        source=spec.name,
        base=base_of(spec.name, str(request.project_folder / spec.root), request.settings),
        remedy="check root and files of the source in project.yaml",
    ) as fetcher:
        return fetcher.fetch_all(files, label=f"{spec.name}: credits")


def parse(spec: Registry, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """See `Connector.parse`: the table `issuances`.

    Raises:
        ProjectError: A declared file was not pulled.
        InputError: A file lacks a column.
    """
    by_address = {item.address: item for item in artifacts}
    records = Records(DATASET)
    for item in spec.files:
        artifact = by_address.get(_address(spec, item))
        if artifact is None:
            raise ProjectError(
                "a declared file was not pulled",
                expected=_address(spec, item),
                found=", ".join(sorted(by_address)),
                remedy="pull the source again after a change of project.yaml",
            )
        _FileReader(spec, item, artifact, request).read(records)
    return {DATASET: records.parsed()}


def _numbers(text: str) -> frozenset[str]:
    """Return the whole numbers that an id may mean, without leading zeros, its points and commas kept and left out."""
    plain = unicodedata.normalize("NFKC", text)
    whole = re.sub(r"[.,'\s]", "", plain)
    return frozenset(digits.lstrip("0") for part in (plain, whole) for digits in re.findall("[0-9]+", part)) - {""}


class _FileReader:
    """Reads one file of a registry."""

    def __init__(self, spec: Registry, item: IssuanceFile, artifact: Artifact, request: Request) -> None:
        self.spec = spec
        self.item = item
        self.artifact = artifact
        self.path = request.store.get(artifact.sha256)
        self.columns = columns_of(item, where=f"source {spec.name}, {item.path}")
        self.how = Reading(missing=frozenset(item.missing), dates=item.dates)
        between = re.escape(item.thousands)
        self._grouped = re.compile(rf"[0-9]{{1,3}}(?:{between}[0-9]{{3}})+")

    def read(self, records: Records) -> None:
        """Read the project's rows, and say in the log how many are of other projects."""
        file = CsvFile(
            self.path,
            label=self.artifact.address,
            required=set(self.columns.values()),
            encoding=self.item.encoding,
            delimiter=self.item.delimiter,
        )
        passed_over = 0
        for row in file.rows():
            if self._is_of_another(row):
                passed_over += 1
            else:
                self._read_row(records, row)
        if passed_over:
            logger.info("%s: %d row(s) of other projects were passed over", self.artifact.address, passed_over)

    def _is_of_another(self, row: Row) -> bool:
        """Tell whether a row is surely of another project; one of which nobody can tell is not passed over."""
        if row.problem:
            return False
        cell = str(row.cells[self.columns["registry_project_id"]]).strip()
        if not cell or cell in self.spec.project_ids:
            return False
        try:
            serial = read_vcu_serial(str(row.cells[self.columns["serial_number"]]).strip())
        except UnusableValueError:
            return self._is_plainly_another(cell)
        return serial.project_id not in self.spec.project_ids

    def _is_plainly_another(self, cell: str) -> bool:
        """Tell whether an id can be none of the project's, however it was written: 1340.0, 01340 and VCS1340 may be 1340."""
        own = frozenset[str]().union(*(_numbers(name) for name in self.spec.project_ids))
        found = _numbers(cell)
        if own:
            return bool(found) and own.isdisjoint(found)
        return cell.casefold() not in {name.casefold() for name in self.spec.project_ids}

    def _read_row(self, records: Records, row: Row) -> None:
        where = f"{self.artifact.address}, row {row.number}"
        record = records.record(row.cells, artifact=self.artifact.sha256, row=row.number, where=where, remedy=_REMEDY)
        if row.problem:
            record.reject(*row.problem)
            record.done()
            return
        record.set("registry", self.spec.registry)
        for column, name in self.columns.items():
            cell: Any = row.cells[name]
            if column in _QUANTITIES:
                cell = self._ungrouped(record, column, cell)
            record.read(column, cell, name=name, how=self.how)
        if self.item.layout == "verra":
            self._read_serial(record)
        elif (given := record.values.get("registry_project_id")) and given not in self.spec.project_ids:
            record.reject(
                "unreadable_value", f"{self.columns['registry_project_id']} is nearly one of the project's, not it"
            )
        record.done()

    def _ungrouped(self, record: Record, column: str, cell: str) -> str:
        text = cell.strip()
        if not self._grouped.fullmatch(text):
            return cell
        record.repaired(column, "thousands_separator")
        return text.replace(self.item.thousands, "")

    def _read_serial(self, record: Record) -> None:
        text = record.values["serial_number"]
        if text is None:
            return
        try:
            serial = read_vcu_serial(text)
        except UnusableValueError as error:
            shown = told(DATASET, "serial_number", repr(text[:80]))
            record.reject(error.rule, f"{self.columns['serial_number']} is {shown}, not {error.expected}")
            return
        record.set("block_start", serial.block_start)
        record.set("block_end", serial.block_end)
