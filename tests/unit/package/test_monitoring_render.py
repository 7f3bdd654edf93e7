import os
import re
import shutil
import subprocess
import sys
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from defusedxml import ElementTree
from PIL import Image

from mrv.errors import PackageError
from mrv.package.monitoring import pdf
from mrv.package.monitoring.blocks import DataTable, Heading, Paragraph, Picture
from mrv.package.monitoring.fonts import faces, folder_of
from mrv.package.monitoring.html import to_html
from mrv.package.monitoring.layout import captioned, contents_of, sections
from mrv.package.monitoring.pdf import to_pdf
from mrv.package.monitoring.pictures import print_svg, to_png
from tests.unit.package import monitoring_samples
from tests.unit.package.monitoring_samples import HOSTILE, chart, png, report, wide_table

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.pdf"
    path.write_bytes(to_pdf(report()))
    return path


def objects(path):
    """Return a PDF's bytes with every packed stream unpacked."""
    content = path.read_bytes()
    packed = re.findall(rb"/FlateDecode[^\n]*\nstream\n(.*?)\nendstream", content, re.S)
    return content + b"\n".join(zlib.decompressobj().decompress(stream) for stream in packed)


def poppler(tool, *arguments):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} (poppler-utils) is not installed")
    return subprocess.run([tool, *arguments], capture_output=True, check=True).stdout.decode()


def test_the_headings_before_a_wide_table_and_the_notes_after_it_lie_with_it():
    runs = [(wide, [type(block).__name__ for block, _ in blocks]) for wide, blocks in sections(report())]
    assert [wide for wide, _ in runs] == [False, True, False]
    assert runs[1][1] == ["Heading", "DataTable", "Paragraph"]


def test_text_after_a_wide_table_stands_upright():
    document = replace(report(), blocks=(wide_table(2), Paragraph(("texto",)), Paragraph(("nota",), "note")))
    assert [(wide, len(blocks)) for wide, blocks in sections(document)] == [(True, 1), (False, 2)]


def test_tables_and_figures_are_numbered_each_by_itself():
    labels = [label for _, label in captioned(report()) if label]
    assert labels == ["Tabla 1", "Tabla 2", "Tabla 3", "Figura 1", "Figura 2"]
    assert [label for _, label in captioned(report("en")) if label][-1] == "Figure 2"


def test_the_list_of_contents_names_the_upper_two_levels_by_their_place():
    blocks = (Heading(1, "1", "uno"), Heading(3, "1.1.1", "hondo"), Heading(2, "1.2", "dos"))
    assert [(place, heading.text) for place, heading in contents_of(replace(report(), blocks=blocks))] == [
        (0, "uno"),
        (2, "dos"),
    ]


def test_a_chart_on_paper_speaks_one_language_and_has_its_colours_written_in():
    spanish = print_svg(Picture(chart(), "image/svg+xml", "", ""), "es").decode()
    assert "Cinturón" in spanish
    assert "Belt" not in spanish
    assert "var(" not in spanish
    assert "<title" not in spanish
    bars = [item for item in ElementTree.fromstring(spanish).iter() if item.get("class") == "fill-project"]
    assert {item.get("fill") for item in bars} == {"#17694c"}


def test_a_numbers_light_edge_lies_behind_it():
    root = ElementTree.fromstring(print_svg(Picture(chart(), "image/svg+xml", "", ""), "en"))
    values = [item for item in root.iter() if item.get("class") == "middle value"]
    assert [("stroke" in item.attrib) for item in values] == [True, False] * (len(values) // 2)
    assert values


@pytest.mark.parametrize(
    "content",
    [
        b"<svg><rect></svg>",
        b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg viewBox="0 0 1 1"><text>&x;</text></svg>',
    ],
)
def test_a_picture_that_is_no_plain_svg_is_refused_by_its_caption(content):
    with pytest.raises(PackageError, match="no SVG") as caught:
        print_svg(Picture(content, "image/svg+xml", "Pérdida por año", ""), "es")
    assert caught.value.where == "Pérdida por año"


def test_a_chart_as_png_is_as_wide_as_asked_and_the_same_each_time():
    picture = Picture(chart(), "image/svg+xml", "", "")
    first = to_png(picture, "es", width_px=900)
    with Image.open(BytesIO(first)) as image:
        assert image.width == 900
        assert len(set(image.convert("RGB").resize((60, 24)).tobytes())) > 20
    assert first == to_png(picture, "es", width_px=900)


def test_a_map_stays_the_bytes_it_was():
    assert to_png(Picture(png(), "image/png", "", ""), "es", width_px=10) == png()


def test_no_text_becomes_markup_or_leaves_the_style_sheet():
    page = to_html(report(), "")
    assert "<script" not in page
    assert page.count("</style>") == 1
    assert "\x07" not in page
    assert "&lt;b&gt;c&lt;/b&gt;" in page


def test_names_of_files_are_not_hyphenated():
    page = to_html(report(), "")
    assert '<span class="name">data/tables/una_tabla.csv</span>' in page


def test_a_row_with_too_few_cells_is_an_error():
    table = DataTable("x", wide_table(1).columns, (((),),))
    with pytest.raises(ValueError, match="zip"):
        to_html(replace(report(), blocks=(table,)), "")


def test_the_same_report_is_the_same_bytes_elsewhere(drawn, tmp_path):
    other = {
        **os.environ, "TZ": "Asia/Tokyo", "LC_ALL": "es_PE.UTF-8", "LANG": "es_PE.UTF-8", "PYTHONHASHSEED": "77",
        "SOURCE_DATE_EPOCH": "1", "FONTCONFIG_PATH": str(tmp_path), "PYTHONPATH": str(ROOT), "HOME": str(tmp_path),
    }  # fmt: skip
    script = str(Path(monitoring_samples.__file__))
    again = subprocess.run([sys.executable, script], env=other, cwd=tmp_path, capture_output=True, check=True)
    assert again.stdout == drawn.read_bytes()


def test_the_pdf_is_tagged_titled_and_dated_by_the_package(drawn):
    told = poppler("pdfinfo", str(drawn))
    assert re.search(r"Title:\s+Informe de monitoreo", told)
    assert re.search(r"Tagged:\s+yes", told)
    content = objects(drawn)
    assert b"/Lang (es-PE)" in content
    assert b"/Outlines" in content
    assert "Un rectángulo verde".encode("utf-16-be").hex().encode() in content.lower()
    assert b"D:20261120120000" in content
    assert str(ROOT).encode() not in content


def test_every_letter_is_of_a_locked_font_and_inside_the_file(drawn):
    lines = poppler("pdffonts", str(drawn)).splitlines()[2:]
    assert lines
    assert {re.match(r"\w+\+(Source-Sans-Pro|DejaVu-Sans)", line) is not None for line in lines} == {True}
    assert {line.split()[-5] for line in lines} == {"yes"}


def test_the_words_of_the_pdf_are_all_there_accents_too(drawn):
    text = poppler("pdftotext", "-layout", str(drawn), "-")
    for words in (
        "Título del proyecto",
        "Concesión Ñandú",
        "¿Cuánto se evitó?",
        "DATOS SIMULADOS",
        "Sin filas.",
        "Página 1 de",
    ):
        assert words in text
    assert "Cinturón" in text
    assert "</style>" in text
    # The header of a table stands again on each page that the table reaches.
    assert len(re.findall(r"Indicador\s+Valor\s+Unidad", text)) >= 3


def test_nothing_reaches_beyond_the_edges_and_wide_tables_have_wide_pages(drawn):
    pages = re.findall(
        r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', poppler("pdftotext", "-bbox", str(drawn), "-"), re.S
    )
    wide = [float(width) > float(height) for width, height, _ in pages]
    assert True in wide
    assert wide[0] is False
    assert wide[-1] is False
    margin = 17 / 25.4 * 72
    for width, _, words in pages:
        ends = [float(end) for end in re.findall(r'xMax="([\d.]+)"', words)]
        assert max(ends) <= float(width) - margin


def test_each_figure_leads_to_where_it_comes_from(drawn):
    assert b"../trace/trace.html#er.vcu.total" in objects(drawn)


def test_a_report_without_a_draft_note_has_none(tmp_path):
    page = to_html(replace(report(), draft_note=None, subtitle=""), "")
    assert "bottom-left" not in page
    assert 'class="draft"' not in page
    assert HOSTILE[:5] not in page.split("<body>")[0]


@pytest.mark.parametrize(
    ("script", "message", "remedy"),
    [
        ("echo libpango-1.0.so.0 >&2; exit 3", "library of the system", "libpango-1.0-0"),
        ("echo broken >&2; exit 1", "could not be drawn", "other files"),
        ("exit 0", "could not be drawn", "other files"),
    ],
)
def test_a_drawing_that_fails_says_what_to_do(monkeypatch, tmp_path, script, message, remedy):
    interpreter = tmp_path / "python"
    interpreter.write_text(f"#!/bin/sh\ncat > /dev/null\n{script}\n")
    interpreter.chmod(0o755)
    monkeypatch.setattr(pdf.sys, "executable", str(interpreter))
    with pytest.raises(PackageError, match=message) as caught:
        to_pdf(replace(report(), blocks=()))
    assert remedy in str(caught.value.remedy)


def test_fonts_that_are_not_installed_are_named():
    with pytest.raises(PackageError, match="no_such_library"):
        folder_of("no_such_library", "files")
    assert all(path.is_file() for path in faces().values())
