"""CSV files to raw records: header by name, records numbered from 1, nothing guessed."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from mrv.errors import InputError
from mrv.refusals import names_found, problem_of


@dataclass(frozen=True)
class Row:
    """One record: its number, its cells by column, and what is wrong with its shape, as (rule, reason)."""

    number: int
    cells: dict[str, str]
    problem: tuple[str, str] | None


class CsvFile:
    """A CSV that lies in the store under a hash; `label` names it for the reader.

    Args:
        path: The file.
        label: How errors call it.
        required: Columns that must be there.
        encoding: Its encoding; `utf-8-sig` also reads UTF-8 without a byte order mark.
        delimiter: What separates cells.

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
    ) -> None:
        self.label = label
        self._expected = frozenset(required)
        self._reader = csv.reader(
            io.StringIO(_decode(path, encoding, label), newline=""), delimiter=delimiter, strict=True
        )
        header = self._next()
        if header is None:
            raise InputError(
                "a CSV is empty", expected="a header line", where=label, remedy="export it again with its header"
            )
        self.columns = [name.strip() for name in header]
        self._delimiter = delimiter
        self.require(required)

    def require(self, required: Collection[str]) -> None:
        """Make sure that columns are there, once each.

        Raises:
            InputError: One is not.
        """
        for name in sorted(required):
            count = self.columns.count(name)
            if count == 1:
                continue
            raise InputError(
                f"a CSV lacks the column {name}" if count == 0 else f"a CSV has the column {name} {count} times",
                expected=f"one column named {name}, cells separated by {self._delimiter!r}",
                found=names_found(self.columns, self._expected | set(required)),
                where=f"{self.label}, header",
                remedy="mend the mapping in project.yaml if the column was renamed, or ask for the file again",
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

    def rows(self) -> Iterator[Row]:
        """Yield the records; empty lines are skipped, a record of another width is yielded with its problem.

        Raises:
            InputError: A line breaks the rules of CSV.
        """
        number, width = 0, len(self.columns)
        while (cells := self._next()) is not None:
            if not cells:
                continue
            number += 1
            problem = None
            if len(cells) != width:
                problem = ("ragged_row", f"the row has {len(cells)} cells and the header {width}")
            elif any("\x00" in cell for cell in cells):
                problem = ("nul_character", "the row holds NUL characters")
            names = [*self.columns, *(f"(cell {extra})" for extra in range(width + 1, len(cells) + 1))]
            yield Row(number, dict(zip(names, cells, strict=False)), problem)


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
