"""Pieces of WordprocessingML as text: python-docx has no words for most of them, and one parse of a table is fast.

Lengths are twentieths of a point (`twips`) and half points, as ISO/IEC 29500-1 has them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape, quoteattr

from mrv.package.monitoring.blocks import DataTable, Inline, Line, Reference, Strong
from mrv.package.monitoring.layout import SMALL_TABLE_ROWS, address, clean

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
Link = Callable[[str], str]
"""Gives the id of the relationship to an address."""

_GROUND = "EEEEEE"
_RULE = "BBBBBB"
_STRONG_RULE = "333333"


def text_run(text: str, properties: str = "") -> str:
    """Return a run; line ends become breaks."""
    pieces = [f'<w:t xml:space="preserve">{escape(piece)}</w:t>' for piece in clean(text).split("\n")]
    return f"<w:r>{f'<w:rPr>{properties}</w:rPr>' if properties else ''}{'<w:br/>'.join(pieces)}</w:r>"


def line_runs(line: Line, link: Link, *, bold: bool = False) -> str:
    """Return the runs of a line; figures are links to where they are explained."""
    return "".join(_inline(part, link, bold=bold) for part in line)


def _inline(part: Inline, link: Link, *, bold: bool) -> str:
    if isinstance(part, Reference):
        run = text_run(part.text, '<w:rStyle w:val="Figure"/>')
        return f'<w:hyperlink r:id="{link(address(part))}" w:history="1">{run}</w:hyperlink>'
    if isinstance(part, Strong):
        return text_run(part.text, "<w:b/>")
    return text_run(part, "<w:b/>" if bold else "")


def paragraph(runs: str, style: str | None = None, extra: str = "") -> str:
    """Return a paragraph of a style; `extra` is the rest of its properties, in the order of the schema."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p {NAMESPACES}><w:pPr>{named}{extra}</w:pPr>{runs}</w:p>"


def field(instruction: str, shown: str, properties: str = "", *, dirty: bool = False) -> str:
    """Return a field with the result that shows until a program computes it anew."""
    mark = ' w:dirty="true"' if dirty else ""
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"{mark}/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {escape(instruction)} </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        f'{text_run(shown, properties)}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def bookmarked(runs: str, number: int, name: str) -> str:
    """Return runs inside a bookmark."""
    return f'<w:bookmarkStart w:id="{number}" w:name={quoteattr(name)}/>{runs}<w:bookmarkEnd w:id="{number}"/>'


def data_table(table: DataTable, link: Link, *, width: int, nothing: str) -> str:
    """Return a table of a fixed layout, so many twips wide, whose header repeats on each page."""
    widths = shared(width, [column.share for column in table.columns])
    small = len(table.rows) <= SMALL_TABLE_ROWS
    aligns = [column.align for column in table.columns]
    head = [text_run(column.name, "<w:b/>") for column in table.columns]
    rows = [_row(head, widths, aligns, header=True, keep=True)]
    for place, row in enumerate(table.rows):
        cells = [line_runs(line, link) for line in row]
        rows.append(_row(cells, widths, aligns, keep=small and place < len(table.rows) - 1))
    if not table.rows:
        cell = f'<w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:gridSpan w:val="{len(widths)}"/></w:tcPr>'
        rows.append(f"<w:tr><w:tc>{cell}{_cell_paragraph(text_run(nothing, '<w:i/>'), 'left')}</w:tc></w:tr>")
    return _table(rows, widths, description=table.caption)


def facts_table(facts: Sequence[tuple[str, str]], *, width: int) -> str:
    """Return the table of the title page: label and value."""
    widths = shared(width, [0.32, 0.68])
    rows = [
        _row([text_run(label, "<w:b/>"), text_run(value)], widths, ["left", "left"], style="Facts")
        for label, value in facts
    ]
    return _table(rows, widths, description="")


def shared(width: int, shares: Sequence[float]) -> list[int]:
    """Return whole widths in proportion to the shares whose sum is `width`."""
    total = sum(shares)
    ends = [round(width * sum(shares[: place + 1]) / total) for place in range(len(shares))]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _table(rows: Sequence[str], widths: Sequence[int], *, description: str) -> str:
    lines = (
        f'<w:tblBorders><w:top w:val="single" w:sz="6" w:space="0" w:color="{_STRONG_RULE}"/>'
        f'<w:bottom w:val="single" w:sz="6" w:space="0" w:color="{_STRONG_RULE}"/>'
        f'<w:insideH w:val="single" w:sz="2" w:space="0" w:color="{_RULE}"/></w:tblBorders>'
    )
    margins = (
        '<w:tblCellMar><w:top w:w="40" w:type="dxa"/><w:left w:w="70" w:type="dxa"/>'
        '<w:bottom w:w="40" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar>'
    )
    told = f"<w:tblDescription w:val={quoteattr(clean(description))}/>" if description else ""
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        f'<w:tbl {NAMESPACES}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>{lines}'
        f'<w:tblLayout w:type="fixed"/>{margins}<w:tblLook w:firstRow="1" w:noVBand="1"/>{told}</w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


def _row(
    cells: Sequence[str],
    widths: Sequence[int],
    aligns: Sequence[str],
    *,
    header: bool = False,
    keep: bool = False,
    style: str = "Cell",
) -> str:
    ground = f'<w:shd w:val="clear" w:color="auto" w:fill="{_GROUND}"/><w:vAlign w:val="bottom"/>' if header else ""
    marks = "<w:cantSplit/><w:tblHeader/>" if header else "<w:cantSplit/>"
    parts = (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{ground}</w:tcPr>'
        f"{_cell_paragraph(cell, align, keep=keep, style=style)}</w:tc>"
        for cell, width, align in zip(cells, widths, aligns, strict=True)
    )
    return f"<w:tr><w:trPr>{marks}</w:trPr>{''.join(parts)}</w:tr>"


def _cell_paragraph(runs: str, align: str, *, keep: bool = False, style: str = "Cell") -> str:
    extra = ("<w:keepNext/>" if keep else "") + ('<w:jc w:val="right"/>' if align == "right" else "")
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{extra}</w:pPr>{runs}</w:p>'
