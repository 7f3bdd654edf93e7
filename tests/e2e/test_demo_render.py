"""The pages of the demo's monitoring report: nothing is cut off, every figure leads somewhere, another program reads the DOCX."""

from __future__ import annotations

import re
import shutil
import subprocess
import zlib

import pytest

from mrv.package.figures import read_figures

LANGUAGES = ("en", "es")
MARGIN_PT = 17 / 25.4 * 72
LINK = re.compile(rb"trace/trace\.html#([^)\s]+)")


@pytest.fixture(scope="module")
def report(demo_home):
    return demo_home.package / "data/report"


def unpacked(path):
    packed = re.findall(rb"/FlateDecode[^\n]*\nstream\n(.*?)\nendstream", path.read_bytes(), re.S)
    return b"\n".join(zlib.decompressobj().decompress(stream) for stream in packed)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_reaches_beyond_the_margins(report, language):
    path = report / f"monitoring_report_{language}.pdf"
    told = subprocess.run(["pdftotext", "-bbox", str(path), "-"], capture_output=True, text=True, check=True).stdout
    pages = re.findall(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', told, re.S)
    assert len(pages) > 20
    for width, height, words in pages:
        right = [float(end) for end in re.findall(r'xMax="([\d.]+)"', words)]
        low = [float(end) for end in re.findall(r'yMax="([\d.]+)"', words)]
        assert max(right) <= float(width) - MARGIN_PT
        assert max(low) <= float(height)
        # Header, footer and something to read.
        assert len(right) > 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_of_the_pdf_leads_to_a_place_of_the_trace(report, language):
    linked = {name.decode() for name in LINK.findall(unpacked(report / f"monitoring_report_{language}.pdf"))}
    assert len(linked) > 50
    page = (report.parent / "trace/trace.html").read_text(encoding="utf-8")
    assert linked - set(re.findall(r'id="([^"]+)"', page)) == set()


def test_another_program_reads_the_docx_whole(report, demo_home, tmp_path):
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed")
    command = [
        "soffice",
        "--headless",
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--convert-to",
        "pdf",
    ]
    source = report / "monitoring_report_es.docx"
    subprocess.run([*command, "--outdir", str(tmp_path), str(source)], capture_output=True, check=True, timeout=300)
    made = tmp_path / "monitoring_report_es.pdf"
    text = subprocess.run(["pdftotext", "-layout", str(made), "-"], capture_output=True, text=True, check=True).stdout
    flat = re.sub(r"\s+", " ", text)
    figures = read_figures(demo_home.package / "data/tables/figures.parquet")
    shown = f"{figures['er.vcu.total'].value:,.0f}".replace(",", " ")
    for words in (
        "Informe de monitoreo",
        "Resumen de los beneficios del proyecto",
        "Biodiversidad",
        "DATOS SIMULADOS",
        shown,
    ):
        assert words in flat
