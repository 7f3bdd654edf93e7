"""What PDF and DOCX share: the words that the drawing itself adds, the numbers of tables and figures, the list of contents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from mrv.package.monitoring.blocks import (
    Block,
    DataTable,
    Document,
    Heading,
    Language,
    Line,
    Paragraph,
    Picture,
    Reference,
)

LOCALES: dict[Language, str] = {"en": "en-GB", "es": "es-PE"}
TRACE_PAGE = "../trace/trace.html"
"""Where a figure's address leads, seen from the folder of the report."""
SMALL_TABLE_ROWS = 16
"""A table of so many rows at most stays on one page."""
_CONTENTS_LEVEL = 2
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True)
class Words:
    """The words that the drawing adds. `page` has the place of both numbers: before, between and after them."""

    contents: str
    table: str
    figure: str
    page: tuple[str, str]
    nothing: str


WORDS: dict[Language, Words] = {
    "en": Words("Contents", "Table", "Figure", ("Page ", " of "), "No rows."),
    "es": Words("Contenido", "Tabla", "Figura", ("Página ", " de "), "Sin filas."),
}


def clean(text: str) -> str:
    """Return text without the signs that no page can hold: control characters and halves of surrogate pairs."""
    return _CONTROL.sub("", text)


def plain(line: Line) -> str:
    """Return a line as bare words."""
    return "".join(clean(part if isinstance(part, str) else part.text) for part in line)


def address(reference: Reference) -> str:
    """Return where the figure of a reference is explained."""
    return f"{TRACE_PAGE}#{reference.figure_id}"


def title_of(heading: Heading) -> str:
    """Return a heading with its number."""
    return clean(f"{heading.number} {heading.text}".strip())


def contents_of(document: Document) -> list[tuple[int, Heading]]:
    """Return the headings that the list of contents names, each with its place among all headings."""
    headings = [block for block in document.blocks if isinstance(block, Heading)]
    return [(place, heading) for place, heading in enumerate(headings) if heading.level <= _CONTENTS_LEVEL]


def captioned(document: Document) -> Iterator[tuple[Block, str]]:
    """Yield every block with the label of its caption, `Table 3`; empty where a block has none."""
    words, counts = WORDS[document.language], {DataTable: 0, Picture: 0}
    names = {DataTable: words.table, Picture: words.figure}
    for block in document.blocks:
        if isinstance(block, DataTable | Picture):
            kind = type(block)
            counts[kind] += 1
            yield block, f"{names[kind]} {counts[kind]}"
        else:
            yield block, ""


def sections(document: Document) -> Iterator[tuple[bool, list[tuple[Block, str]]]]:
    """Yield runs of blocks with whether their pages lie on their side.

    The headings right before a wide table and the notes right after it lie with it, so that none stands alone.
    """
    blocks = [*captioned(document)]
    wide = [isinstance(block, DataTable) and block.landscape for block, _ in blocks]
    for place in range(1, len(blocks)):
        block = blocks[place][0]
        wide[place] |= wide[place - 1] and isinstance(block, Paragraph) and block.style == "note"
    for place in range(len(blocks) - 2, -1, -1):
        wide[place] |= wide[place + 1] and isinstance(blocks[place][0], Heading)
    for side, run in groupby(zip(wide, blocks, strict=True), key=itemgetter(0)):
        yield side, [pair for _, pair in run]
