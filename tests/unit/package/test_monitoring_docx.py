"""The report as DOCX: everything of the document is in it, every name can be found in Word, and the bytes are the same each time."""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import docx
import pytest
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml.ns import qn

from mrv.package.monitoring.blocks import (
    Bullets,
    Column,
    DataTable,
    Document,
    Heading,
    Paragraph,
    Picture,
    Reference,
    Strong,
)
from mrv.package.monitoring.docx import to_docx

CHART = (
    b'<svg viewBox="0 0 720 270"><rect class="bar" x="10" y="10" width="50" height="200" fill="#17694c"/>'
    b'<text x="20" y="260">2023</text></svg>'
)
WIDE = DataTable("Doce columnas", tuple(Column(f"columna {n}") for n in range(12)), ((("á",),) * 12,), landscape=True)


def document(language: str = "es") -> Document:
    table = DataTable(
        "Añadas y unidades",
        (Column("Añada"), Column("tCO2e", align="right", share=2.0)),
        ((("2023",), (Reference("er.vcu.2023", "106 807"),)), (("2024",), ())),
    )
    blocks = (
        Heading(1, "1", "Resumen"),
        Paragraph(("Se evitaron ", Reference("er.vcu.total", "244 057 tCO2e"), " & más: ", Strong("ñandú"))),
        Bullets((("uno",), ("dos",))),
        table,
        Heading(2, "1.1", "Otra sección"),
        WIDE,
        Paragraph(("nota de la tabla ancha",), "note"),
        Heading(1, "2", "Fin"),
        Picture(CHART, "image/svg+xml", "Barras", "Una barra verde"),
        Paragraph(("por escribir",), "missing"),
    )
    return Document(
        language,  # type: ignore[arg-type]
        "Informe de monitoreo",
        "Proyecto · mp4 · versión 1",
        (("Título", "Informe"),),
        blocks,
        "Datos simulados",
        "2026-11-23T01:02:03+00:00",
    )


@pytest.fixture(scope="module")
def word() -> docx.document.Document:
    return docx.Document(io.BytesIO(to_docx(document())))


def test_headings_are_headings_and_texts_keep_their_accents(word) -> None:
    titles = [(item.style.name, item.text) for item in word.paragraphs if item.style.name.startswith("Heading")]
    assert titles == [("Heading 1", "1 Resumen"), ("Heading 2", "1.1 Otra sección"), ("Heading 1", "2 Fin")]
    texts = "\n".join(item.text for item in word.paragraphs)
    assert "Se evitaron 244 057 tCO2e & más: ñandú" in texts
    assert "Tabla 1. Añadas y unidades" in texts
    assert "Figura 1. Barras" in texts
    assert [item.text for item in word.paragraphs if item.style.name == "Missing"] == ["por escribir"]


def test_tables_have_a_header_that_repeats_and_all_their_cells(word) -> None:
    facts, table, wide = word.tables
    assert [cell.text for cell in facts.rows[0].cells] == ["Título", "Informe"]
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["Añada", "tCO2e"],
        ["2023", "106 807"],
        ["2024", ""],
    ]
    assert "tblHeader" in table.rows[0]._tr.xml
    assert "tblHeader" not in table.rows[1]._tr.xml
    assert len(wide.columns) == 12


def test_wide_tables_lie_on_their_side_and_the_next_section_stands(word) -> None:
    wide = [section.page_width > section.page_height for section in word.sections]
    assert wide == [False, True, False]


def test_figures_are_links_to_where_they_are_explained(word) -> None:
    targets = {part.target_ref for part in word.part.rels.values() if part.is_external}
    assert targets == {"../trace/trace.html#er.vcu.total", "../trace/trace.html#er.vcu.2023"}


def test_pictures_say_in_words_what_they_show(word) -> None:
    (shape,) = word.inline_shapes
    assert shape._inline.docPr.get("descr") == "Una barra verde"
    assert shape.width > shape.height > 0


def test_pages_have_their_texts_at_the_edges_and_the_language_of_the_report(word) -> None:
    section = word.sections[0]
    assert "Informe de monitoreo" in section.header.paragraphs[0].text
    assert section.footer.paragraphs[0].text == "Datos simulados"
    assert "NUMPAGES" in section.footer._element.xml
    assert 'w:val="es-PE"' in word.styles.element.xml
    assert (word.core_properties.title, word.core_properties.language) == ("Informe de monitoreo", "es-PE")
    assert word.core_properties.created.isoformat() == "2026-11-23T01:02:03+00:00"


SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from mrv.package.monitoring.docx import to_docx
from tests.unit.package.test_monitoring_docx import document
sys.stdout.buffer.write(to_docx(document()))
"""


def test_a_list_has_its_bullets_and_the_title_no_ornament_of_the_template(word) -> None:
    properties = word.styles["List Bullet"].element.pPr
    assert properties.numPr is not None
    assert word.styles["Title"].element.pPr.find(qn("w:pBdr")) is None


def test_the_line_after_a_heading_stays_with_what_it_announces(word) -> None:
    places = [place for place, item in enumerate(word.paragraphs) if item.text.startswith("Se evitaron")]
    assert word.paragraphs[places[0]].paragraph_format.keep_with_next
    assert not next(item for item in word.paragraphs if item.text == "por escribir").paragraph_format.keep_with_next


def test_the_texts_at_the_head_stand_at_both_edges(word) -> None:
    section = word.sections[0]
    width = section.page_width - section.left_margin - section.right_margin
    stops = [(stop.alignment, stop.position) for stop in section.header.paragraphs[0].paragraph_format.tab_stops]
    cleared = {position for alignment, position in stops if alignment == WD_TAB_ALIGNMENT.CLEAR}
    assert cleared == {stop.position for stop in word.styles["Header"].paragraph_format.tab_stops}
    kept = [position for alignment, position in stops if alignment == WD_TAB_ALIGNMENT.RIGHT]
    assert len(kept) == 1
    assert abs(kept[0] - width) < 2000


def test_another_process_place_and_time_zone_give_the_same_bytes(tmp_path: Path) -> None:
    environment = {**os.environ, "TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "4711"}
    command = [sys.executable, "-c", SCRIPT.format(root=str(Path(__file__).resolve().parents[3]))]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == to_docx(document())


def test_every_file_in_it_has_the_same_date_and_their_names_are_in_order() -> None:
    with zipfile.ZipFile(io.BytesIO(to_docx(document("en")))) as archive:
        first, *rest = archive.infolist()
    assert first.filename == "[Content_Types].xml"
    assert [item.filename for item in rest] == sorted(item.filename for item in rest)
    assert {item.date_time for item in (first, *rest)} == {(1980, 1, 1, 0, 0, 0)}
