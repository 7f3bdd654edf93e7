"""CSV files to raw records: header by name, records numbered from 1, nothing guessed."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from mrv.errors import InputError
from mrv.refusals import names_found, problem_of


@dataclass(frozen=True)
class Row:
    """One record: its number, its cells by column, and what is wrong with its shape, as (rule, reason)."""

    number: int
    cells: dict[str, Any]
    problem: tuple[str, str] | None


@dataclass(frozen=True)
class Block:
    """Successive records as they lie in the file: the number of the first, and their cells in the order of the header."""

    first: int
    records: list[list[str]]


class CsvFile:
    """A CSV that lies in the store under a hash; `label` names it for the reader.

    Args:
        path: The file.
        label: How errors call it.
        required: Columns that must be there.
        encoding: Its encoding; `utf-8-sig` also reads UTF-8 without a byte order mark.
        delimiter: What separates cells.
        skip_rows: Records before the header, such as a title.
        header_rows: Records of the header; an empty cell of all but the last belongs to the group that stands to its left.

    Raises:
        InputError: It cannot be decoded, has no header, lacks a required column or has it twice.
    """

    def __init__(
        self,
        path: Path,
        *,
        label: str,
        required: Collection[str],
        encoding: str = "utf-8-sig",
        delimiter: str = ",",
        skip_rows: int = 0,
        header_rows: int = 1,
    ) -> None:
        self.label = label
        self._expected = frozenset(required)
        text, self._has_nul = _open(path, encoding, label)
        self._reader = csv.reader(text, delimiter=delimiter, strict=True)
        header = [cells for cells in (self._next() for _ in range(skip_rows + header_rows)) if cells is not None]
        if len(header) < skip_rows + header_rows:
            raise InputError(
                "a CSV is empty", expected="a header line", where=label, remedy="export it again with its header"
            )
        self.columns = joined_header([_filled(cells) for cells in header[skip_rows:-1]] + header[-1:])
        self._delimiter = delimiter
        self.require(required)

    def require(self, required: Collection[str]) -> None:
        """Make sure that columns are there, once each.

        Raises:
            InputError: One is not.
        """
        require_columns(
            self.columns,
            required,
            what="a CSV",
            expected=f"cells separated by {self._delimiter!r}",
            quoted=self._expected | set(required),
            where=f"{self.label}, header",
        )

    def _next(self) -> list[str] | None:
        try:
            return next(self._reader, None)
        except csv.Error as error:
            raise InputError(
                "a CSV cannot be read",
                found=str(error),
                where=f"{self.label}, line {self._reader.line_num}",
                remedy="mend the quotes of that line, or ask for the file again",
            ) from error

    def blocks(self, size: int) -> Iterator[Block]:
        """Yield the records in blocks; empty lines are skipped and not counted.

        Raises:
            InputError: A line breaks the rules of CSV.
        """
        first = 1
        records = self._records()
        while block := list(islice(records, size)):
            yield Block(first, block)
            first += len(block)

    def rows(self) -> Iterator[Row]:
        """Yield the records; empty lines are skipped, a record of another width is yielded with its problem.

        Raises:
            InputError: A line breaks the rules of CSV.
        """
        for number, cells in enumerate(self._records(), start=1):
            yield self.row(number, cells)

    def _records(self) -> Iterator[list[str]]:
        while (cells := self._next()) is not None:
            if cells:
                yield cells

    def problem(self, cells: Sequence[str]) -> tuple[str, str] | None:
        """Return what is wrong with the shape of a record, as (rule, reason)."""
        width = len(self.columns)
        if len(cells) != width:
            return "ragged_row", f"the row has {len(cells)} cells and the header {width}"
        if self._has_nul and any("\x00" in cell for cell in cells):
            return "nul_character", "the row holds NUL characters"
        return None

    def row(self, number: int, cells: Sequence[str]) -> Row:
        """Return a record by the names of its columns."""
        names = [*self.columns, *(f"(cell {extra})" for extra in range(len(self.columns) + 1, len(cells) + 1))]
        return Row(number, dict(zip(names, cells, strict=False)), self.problem(cells))


def require_columns(
    columns: Sequence[str], required: Collection[str], *, what: str, expected: str, quoted: Collection[str], where: str
) -> None:
    """Make sure that columns are there, once each.

    Args:
        columns: Names of the header.
        required: Names that must be there.
        what: What the file is called.
        expected: How its header is expected to look.
        quoted: Names that an error may quote.
        where: File and header.

    Raises:
        InputError: One is not there, or there twice.
    """
    for name in sorted(required):
        count = columns.count(name)
        if count == 1:
            continue
        raise InputError(
            f"{what} lacks the column {name}" if count == 0 else f"{what} has the column {name} {count} times",
            expected=f"one column named {name}, {expected}",
            found=names_found(columns, quoted),
            where=where,
            remedy="mend the mapping in project.yaml if the column was renamed, or ask for the file again",
        )


def joined_header(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the names of columns whose header takes several rows: its words from the top, joined by '/'."""
    width = max(len(cells) for cells in rows)
    padded = [[*(cell.strip() for cell in cells), *[""] * (width - len(cells))] for cells in rows]
    return ["/".join(part for part in parts if part) for parts in zip(*padded, strict=True)]


def _filled(cells: Sequence[str]) -> list[str]:
    """Give empty cells of a header the word to their left: a CSV keeps only the first of cells that were merged."""
    found, filled = "", []
    for cell in cells:
        found = cell.strip() or found
        filled.append(found)
    return filled


_CHUNK = 1 << 20


def _open(path: Path, encoding: str, label: str) -> tuple[TextIO, bool]:
    """Return the text of a file, which is decoded as it is read, and whether it holds a NUL.

    All of it is decoded once before, piece by piece, so that a file in another encoding is refused before a row is used.
    """
    content = path.read_bytes()
    has_nul = False
    try:
        reader = io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
        while piece := reader.read(_CHUNK):
            # Encodings such as utf-7 can spell half a character, which no table can be written with.
            piece.encode("utf-8")
            has_nul = has_nul or "\x00" in piece
    except (UnicodeError, LookupError):
        # The text as a whole says where it goes wrong.
        text = _decode(path, encoding, label)
        return io.StringIO(text, newline=""), "\x00" in text
    return io.TextIOWrapper(io.BytesIO(content), encoding, newline=""), has_nul


def _decode(path: Path, encoding: str, label: str) -> str:
    content = path.read_bytes()
    try:
        text = content.decode(encoding)
        # Encodings such as utf-7 can spell half a character, which no table can be written with.
        text.encode("utf-8")
        return text
    except UnicodeEncodeError as error:
        raise InputError(
            f"a file in {encoding} holds half a character",
            found=ascii(error.object[error.start : error.end]),
            where=f"{label}, line {error.object.count(chr(10), 0, error.start) + 1}",
            remedy="export it as UTF-8",
        ) from error
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            f"a file is not in {encoding}",
            found=problem_of(error),
            where=f"{label}, line {line}",
            remedy="name its encoding in project.yaml (old exports are often cp1252), or export it as UTF-8",
        ) from error
    except LookupError as error:
        raise InputError(
            f"there is no encoding {encoding}", where=label, remedy="use a name such as utf-8-sig or cp1252"
        ) from error
