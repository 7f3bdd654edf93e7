"""The monitoring report as DOCX, for people who comment and copy: the same document gives the same bytes."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mrv.package.monitoring.blocks import Block, Bullets, DataTable, Document, Heading, Paragraph, Picture
from mrv.package.monitoring.docx_styles import parsed, set_edges, set_styles, text_width
from mrv.package.monitoring.docx_xml import (
    bookmarked,
    data_table,
    facts_table,
    field,
    line_runs,
    paragraph,
    text_run,
)
from mrv.package.monitoring.layout import LOCALES, WORDS, clean, contents_of, sections, title_of
from mrv.package.monitoring.pictures import PNG_DPI, to_png

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_DEEPEST = 6
_STYLES = {"note": "Note", "warning": "Warning", "missing": "Missing", "body": None}
_TWIPS_PER_INCH, _EMU_PER_TWIP = 1440, 635
_MOST_HEIGHT = 11_500
"""Greatest height of a picture, twips: a page less its caption."""
_DATE = (1980, 1, 1, 0, 0, 0)


def to_docx(document: Document) -> bytes:
    """Return a report as DOCX.

    Raises:
        PackageError: A picture cannot be drawn.
    """
    import docx

    word = docx.Document()
    set_styles(word, document)
    _set_properties(word, document)
    page = _Page(word, document)
    page.title()
    page.contents()
    for wide, blocks in sections(document):
        page.section(wide=wide)
        for block, label in blocks:
            page.block(block, label)
    written = io.BytesIO()
    word.save(written)
    return _same_bytes(written.getvalue())


class _Page:
    """Writes blocks one after the other at the end of the document."""

    def __init__(self, word: WordDocument, document: Document) -> None:
        self.word, self.document = word, document
        self.words = WORDS[document.language]
        self.wide = False
        self.headings = 0
        self.after_heading = False
        set_edges(word.sections[0], document, wide=False, first=True)

    def add(self, xml: str) -> None:
        """Append an element before the properties of the last section, which end the body."""
        self.word.element.body.insert(len(self.word.element.body) - 1, parsed(xml))

    def link(self, address: str) -> str:
        """Return the id of the relationship to an address; one that is there already is used again."""
        from docx.opc.constants import RELATIONSHIP_TYPE

        return str(self.word.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))

    def title(self) -> None:
        """Write the title page."""
        document = self.document
        self.add(paragraph(text_run(document.title), "Title"))
        self.add(paragraph(text_run(document.subtitle), "Subtitle"))
        if document.draft_note:
            self.add(paragraph(text_run(document.draft_note), "Warning"))
        self.add(facts_table(document.title_page, width=text_width()))

    def contents(self) -> None:
        """Write the list of contents: a field that is filled already, and that Word can fill anew with page numbers."""
        self.add(paragraph(text_run(self.words.contents, '<w:b/><w:sz w:val="32"/>'), None, "<w:pageBreakBefore/>"))
        entries = contents_of(self.document)
        for place, (number, heading) in enumerate(entries):
            runs = f'<w:hyperlink w:anchor="h{number}" w:history="1">{text_run(title_of(heading))}</w:hyperlink>'
            if place == 0:
                begin = field('TOC \\o "1-2" \\h \\z', "").split("<w:r><w:t ")[0]
                runs = begin + runs
            if place == len(entries) - 1:
                runs += '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
            self.add(paragraph(runs, f"TOC{min(heading.level, 2)}"))

    def section(self, *, wide: bool) -> None:
        """Begin pages that stand or lie; what stands already goes on."""
        if wide == self.wide:
            return
        from docx.enum.section import WD_SECTION

        set_edges(self.word.add_section(WD_SECTION.NEW_PAGE), self.document, wide=wide, first=False)
        self.wide = wide

    def block(self, block: Block, label: str) -> None:
        """Write a block."""
        if isinstance(block, Heading):
            runs = bookmarked(text_run(title_of(block)), self.headings, f"h{self.headings}")
            self.add(paragraph(runs, f"Heading{min(block.level, _DEEPEST)}"))
            self.headings += 1
        elif isinstance(block, Paragraph):
            # What a heading and a line announce stays with them.
            keep = "<w:keepNext/>" if self.after_heading else ""
            self.add(paragraph(line_runs(block.line, self.link), _STYLES[block.style], keep))
        elif isinstance(block, Bullets):
            for item in block.items:
                self.add(paragraph(line_runs(item, self.link), "ListBullet"))
        elif isinstance(block, DataTable):
            self.add(_caption(label, block.caption, "<w:keepNext/>"))
            self.add(data_table(block, self.link, width=text_width(wide=self.wide), nothing=self.words.nothing))
            self.add(paragraph("", "Cell"))
        else:
            self.picture(block, label)
        self.after_heading = isinstance(block, Heading)

    def picture(self, block: Picture, label: str) -> None:
        """Write a picture with its caption below."""
        from docx.shared import Emu

        width = round(text_width(wide=self.wide) * min(block.share, 1.0))
        png = to_png(block, self.document.language, width_px=width * PNG_DPI // _TWIPS_PER_INCH)
        across, down = struct.unpack(">II", png[16:24])
        height = width * down // across
        if height > _MOST_HEIGHT:
            width, height = width * _MOST_HEIGHT // height, _MOST_HEIGHT
        holder = self.word.add_paragraph()
        holder.paragraph_format.keep_with_next = True
        shape = holder.add_run().add_picture(
            io.BytesIO(png), width=Emu(width * _EMU_PER_TWIP), height=Emu(height * _EMU_PER_TWIP)
        )
        shape._inline.docPr.set("descr", clean(block.alt))
        self.add(_caption(label, block.caption, ""))


def _caption(label: str, caption: str, extra: str) -> str:
    said = text_run(f"{label}. ", "<w:b/>") + text_run(caption)
    return paragraph(said, "Caption", extra)


def _set_properties(word: WordDocument, document: Document) -> None:
    moment = datetime.fromisoformat(document.created_at).replace(tzinfo=None, microsecond=0)
    core: Any = word.core_properties
    core.title, core.subject, core.language = (
        clean(document.title),
        clean(document.subtitle),
        LOCALES[document.language],
    )
    core.author = core.last_modified_by = core.comments = core.keywords = core.category = ""
    core.created = core.modified = moment
    core.revision = 1


def _same_bytes(content: bytes) -> bytes:
    """Pack a document anew: names in order, one date, nothing of the machine."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(written, "w") as target:
        names = sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name))
        for name in names:
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            target.writestr(entry, source.read(name), zipfile.ZIP_DEFLATED, 6)
    return written.getvalue()
