"""The look of the DOCX: styles, language, edges of the pages. Everything is a style, so that people can restyle it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mrv.package.monitoring.blocks import Document
from mrv.package.monitoring.docx_xml import NAMESPACES, field, paragraph, text_run
from mrv.package.monitoring.layout import LOCALES, WORDS

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.section import Section

FONT = "Calibri"
"""Word has it; other programs put a font of the same widths in its place."""
PAGE_MM = (210, 297)
MARGIN_MM = 20
TWIPS_PER_MM = 1440 / 25.4
_INK, _MUTED, _GREEN, _AMBER = "111111", "444444", "17694C", "8A5A00"
_TEMPLATE_TABS = (4680, 9360)
"""Tab stops of the headers of python-docx's template, twips: they fit another paper."""
_ORNAMENTS = ("pBdr", "spacing", "kern", "bCs", "iCs")
"""What the template gives its titles beside size and colour."""
_HEADINGS_PT = {1: 18, 2: 14, 3: 12, 4: 10.5, 5: 10.5, 6: 10.5}
_BOXES = {"Warning": ("single", _AMBER, "24"), "Missing": ("dashed", "555555", "6")}


def text_width(*, wide: bool = False) -> int:
    """Return the width between the margins, twips."""
    return round((PAGE_MM[1 if wide else 0] - 2 * MARGIN_MM) * TWIPS_PER_MM)


def set_styles(word: WordDocument, document: Document) -> None:
    """Give the document its styles and its language."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt

    _defaults(word, LOCALES[document.language])
    _shape(word.styles["Normal"], size_pt=10, after_pt=6, line=1.12)
    for level, size_pt in _HEADINGS_PT.items():
        style = word.styles[f"Heading {level}"]
        _shape(style, size_pt=size_pt, bold=True, before_pt=0 if level == 1 else 12, after_pt=5)
        style.paragraph_format.keep_with_next = True
        style.paragraph_format.page_break_before = level == 1
    _shape(word.styles["Title"], size_pt=26, bold=True, before_pt=60, after_pt=6)
    _shape(word.styles["Subtitle"], size_pt=13, colour=_MUTED, after_pt=18)
    _shape(word.styles["Caption"], size_pt=8.5, after_pt=4)
    _shape(word.styles["List Bullet"], size_pt=10, after_pt=3)
    _shape(word.styles["Header"], size_pt=7.5, colour=_MUTED, after_pt=0)
    _shape(word.styles["Footer"], size_pt=7.5, colour=_MUTED, after_pt=0)
    for name, size_pt in {"Cell": 8.0, "Facts": 9.5, "Note": 8.5, "Warning": 9.0, "Missing": 10.0}.items():
        style = word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = word.styles["Normal"]
        in_table = name in {"Cell", "Facts"}
        _shape(style, size_pt=size_pt, after_pt=0 if in_table else 6, line=1.0 if in_table else 1.08)
        if name in _BOXES:
            _box(style, *_BOXES[name])
    word.styles["Missing"].font.italic = True
    for level, indent_pt in ((1, 0), (2, 18)):
        style = word.styles.add_style(f"TOC {level}", WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = word.styles["Normal"]
        _shape(style, size_pt=10, bold=level == 1, before_pt=4 if level == 1 else 0, after_pt=1)
        style.paragraph_format.left_indent = Pt(indent_pt)
    figure = word.styles.add_style("Figure", WD_STYLE_TYPE.CHARACTER)
    _properties(figure).append(parsed(f'<w:u {NAMESPACES} w:val="dotted" w:color="555555"/>'))


def set_edges(section: Section, document: Document, *, wide: bool, first: bool) -> None:
    """Give a section its paper, and the texts at the top and bottom of its pages; the title page has no header."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Mm

    short, long = PAGE_MM
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(long), Mm(short)) if wide else (Mm(short), Mm(long))
    section.top_margin = section.bottom_margin = Mm(22)
    section.left_margin = section.right_margin = Mm(MARGIN_MM)
    section.header_distance = section.footer_distance = Mm(11)
    section.different_first_page_header_footer = first
    before, between = WORDS[document.language].page
    pages = text_run(before) + field("PAGE", "1") + text_run(between) + field("NUMPAGES", "1")
    draft = text_run(document.draft_note or "")
    stops = "".join(f'<w:tab w:val="clear" w:pos="{place}"/>' for place in _TEMPLATE_TABS)
    tabs = f'<w:tabs>{stops}<w:tab w:val="right" w:pos="{text_width(wide=wide)}"/></w:tabs>'
    head = f"{text_run(document.title)}<w:r><w:tab/></w:r>{text_run(document.subtitle)}"
    _edge(section.header, paragraph(head, "Header", tabs))
    # The note may be longer than a line: the number of the page has one of its own.
    foot = (paragraph(draft, "Footer"), paragraph(pages, "Footer", '<w:jc w:val="right"/>'))
    for part in (section.footer, section.first_page_footer) if first else (section.footer,):
        _edge(part, *foot)


def _edge(part: Any, *paragraphs: str) -> None:
    """Write what stands at an edge of the page in place of what stood there."""
    part.is_linked_to_previous = False
    for old in list(part._element):
        part._element.remove(old)
    for xml in paragraphs:
        part._element.append(parsed(xml))


def parsed(xml: str) -> Any:
    """Return a piece of WordprocessingML as an element of python-docx."""
    from docx.oxml import parse_xml

    return parse_xml(xml)


def _properties(style: Any) -> Any:
    return style.element.get_or_add_rPr()


def _defaults(word: WordDocument, locale: str) -> None:
    """Set the language of every style, so that spelling and hyphenation are those of the document."""
    language = f'<w:lang {NAMESPACES} w:val="{locale}" w:eastAsia="{locale}" w:bidi="{locale}"/>'
    defaults = word.styles.element.find(_name("docDefaults")).find(_name("rPrDefault")).find(_name("rPr"))
    for old in defaults.findall(_name("lang")):
        defaults.remove(old)
    defaults.append(parsed(language))


def _name(tag: str) -> str:
    from docx.oxml.ns import qn

    return str(qn(f"w:{tag}"))


def _box(style: Any, kind: str, colour: str, size: str) -> None:
    """Draw a line at the left of a style's paragraphs."""
    edge = f'<w:pBdr {NAMESPACES}><w:left w:val="{kind}" w:sz="{size}" w:space="8" w:color="{colour}"/></w:pBdr>'
    properties = style.element.get_or_add_pPr()
    # The order of the schema: a border comes before the spacing.
    spacing = properties.find(_name("spacing"))
    properties.insert(len(properties) if spacing is None else list(properties).index(spacing), parsed(edge))


def _shape(
    style: Any,
    *,
    size_pt: float,
    bold: bool | None = None,
    colour: str = _INK,
    before_pt: float = 0,
    after_pt: float = 0,
    line: float = 1.1,
) -> None:
    from docx.shared import Pt, RGBColor

    for properties in (style.element.get_or_add_pPr(), _properties(style)):
        for old in [child for name in _ORNAMENTS for child in properties.findall(_name(name))]:
            properties.remove(old)
    style.font.size, style.font.bold, style.font.italic = Pt(size_pt), bold, None
    style.font.color.rgb = RGBColor.from_string(colour)
    fonts = _properties(style).get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    style.font.name = FONT
    shape = style.paragraph_format
    shape.space_before, shape.space_after, shape.line_spacing = Pt(before_pt), Pt(after_pt), line
