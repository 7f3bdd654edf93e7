"""The report as one page of HTML, from which the PDF is drawn."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

from mrv.package.monitoring.blocks import (
    Block,
    Bullets,
    DataTable,
    Document,
    Heading,
    Inline,
    Language,
    Line,
    Paragraph,
    Picture,
    Reference,
    Strong,
)
from mrv.package.monitoring.layout import (
    LOCALES,
    SMALL_TABLE_ROWS,
    WORDS,
    address,
    clean,
    contents_of,
    sections,
    title_of,
)
from mrv.package.monitoring.pictures import print_svg

_SIGNS = str.maketrans({"\\": "\\5c ", '"': "\\22 ", "\n": " ", "<": "\\3c "})
_NAME = re.compile(r"(\S*\w[_./]\w\S*)")
"""Names of files, columns and addresses, and numbers."""
_DEEPEST = 6
"""HTML knows so many levels of headings."""


def to_html(document: Document, sheet: str) -> str:
    """Return the report as one HTML page with its pictures inside.

    Args:
        document: What it says.
        sheet: CSS; the running texts of this report are put before it.
    """
    head = Markup(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>{}</title>'
        '<meta name="description" content="{}"><meta name="dcterms.created" content="{}">'
        '<meta name="dcterms.modified" content="{}"><style>{}</style></head><body>'
    ).format(
        LOCALES[document.language],
        clean(document.title),
        clean(document.subtitle),
        document.created_at,
        document.created_at,
        Markup(_running(document) + sheet),  # noqa: S704 - texts are quoted, the sheet is ours
    )
    parts = [head, *_title_page(document), *_contents(document), *_body(document), Markup("</body></html>")]
    return "\n".join(parts)


def _running(document: Document) -> str:
    """Return the CSS of what stands at the edge of each page; texts are quoted so that none ends its string."""
    before, between = WORDS[document.language].page
    draft = f'@bottom-left {{ content: "{_quoted(document.draft_note)}"; }}' if document.draft_note else ""
    return f"""@page {{
  @top-left {{ content: "{_quoted(document.title)}"; }}
  @top-right {{ content: "{_quoted(document.subtitle)}"; }}
  {draft}
  @bottom-right {{ content: "{before}" counter(page) "{between}" counter(pages); }}
}}
"""


def _quoted(text: str) -> str:
    return clean(text).translate(_SIGNS)


def _title_page(document: Document) -> Iterator[Markup]:
    yield Markup('<section class="title-page"><p class="title">{}</p><p class="subtitle">{}</p>').format(
        clean(document.title), clean(document.subtitle)
    )
    if document.draft_note:
        yield Markup('<p class="draft">{}</p>').format(clean(document.draft_note))
    yield Markup('<table class="facts"><colgroup><col style="width: 32%"><col style="width: 68%"></colgroup><tbody>')
    for label, value in document.title_page:
        yield Markup('<tr><th scope="row">{}</th><td>{}</td></tr>').format(clean(label), _lines(value))
    yield Markup("</tbody></table></section>")


def _lines(text: str) -> Markup:
    return Markup("<br>").join(clean(text).splitlines())


def _contents(document: Document) -> Iterator[Markup]:
    yield Markup('<nav class="contents"><p class="contents-title">{}</p>').format(WORDS[document.language].contents)
    for place, heading in contents_of(document):
        yield Markup('<p class="entry level-{}"><a href="#h{}">{}</a></p>').format(
            heading.level, place, title_of(heading)
        )
    yield Markup("</nav>")


def _body(document: Document) -> Iterator[Markup]:
    place = 0
    yield Markup("<main>")
    for wide, blocks in sections(document):
        yield Markup('<section class="wide">') if wide else Markup("<section>")
        for block, label in blocks:
            yield _block(block, label, place, document.language)
            place += isinstance(block, Heading)
        yield Markup("</section>")
    yield Markup("</main>")


def _block(block: Block, label: str, place: int, language: Language) -> Markup:
    if isinstance(block, Heading):
        level = min(block.level, _DEEPEST)
        return Markup('<h{0} id="h{1}">{2}</h{0}>').format(level, place, title_of(block))
    if isinstance(block, Paragraph):
        return Markup('<p class="{}">{}</p>').format(block.style, _line(block.line))
    if isinstance(block, Bullets):
        return Markup("<ul>{}</ul>").format(_joined(Markup("<li>{}</li>").format(_line(item)) for item in block.items))
    if isinstance(block, DataTable):
        return _table(block, label, language)
    return _picture(block, label, language)


def _joined(parts: Iterator[Markup]) -> Markup:
    return Markup("").join(parts)


def _line(line: Line) -> Markup:
    return _joined(_inline(part) for part in line)


def _inline(part: Inline) -> Markup:
    if isinstance(part, Reference):
        return Markup('<a class="figure" href="{}">{}</a>').format(address(part), clean(part.text))
    if isinstance(part, Strong):
        return Markup("<strong>{}</strong>").format(clean(part.text))
    return _hyphenated(clean(part))


def _hyphenated(text: str) -> Markup:
    """Return text whose names of files and columns are never divided with a hyphen that is not theirs."""
    pieces = _NAME.split(text)
    return _joined(
        Markup('<span class="name">{}</span>').format(piece) if place % 2 else escape(piece)
        for place, piece in enumerate(pieces)
    )


def _table(table: DataTable, label: str, language: Language) -> Markup:
    total = sum(column.share for column in table.columns)
    columns = _joined(
        Markup('<col style="width: {:.3f}%">').format(100 * column.share / total) for column in table.columns
    )
    titles = _joined(
        Markup('<th scope="col" class="{}">{}</th>').format(column.align, clean(column.name))
        for column in table.columns
    )
    rows = _joined(_row(row, [column.align for column in table.columns]) for row in table.rows) or Markup(
        '<tr><td colspan="{}" class="empty">{}</td></tr>'
    ).format(len(table.columns), WORDS[language].nothing)
    size = "small" if len(table.rows) <= SMALL_TABLE_ROWS else "long"
    dense = " dense" if len(table.columns) > (11 if table.landscape else 7) else ""
    return Markup(
        '<table class="data {}{}"><caption><b>{}.</b> {}</caption><colgroup>{}</colgroup><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table>"
    ).format(size, dense, label, clean(table.caption), columns, titles, rows)


def _row(row: Sequence[Line], aligns: Sequence[str]) -> Markup:
    cells = (
        Markup('<td class="{}">{}</td>').format(align, _line(line)) for line, align in zip(row, aligns, strict=True)
    )
    return Markup("<tr>{}</tr>").format(_joined(cells))


def _picture(picture: Picture, label: str, language: Language) -> Markup:
    content = print_svg(picture, language) if picture.media_type == "image/svg+xml" else picture.content
    return Markup(
        '<figure><img src="data:{};base64,{}" alt="{}" style="width: {:.1f}%"><figcaption><b>{}.</b> {}</figcaption></figure>'
    ).format(
        picture.media_type,
        b64encode(content).decode(),
        clean(picture.alt),
        100 * picture.share,
        label,
        clean(picture.caption),
    )
