"""The monitoring report of the demo, as its readers open it."""

from __future__ import annotations

import csv
import re
import subprocess

import pytest

from mrv.package.figures import read_figures
from mrv.package.monitoring.outline import PROSE

TITLES = {
    "en": ("Monitoring report (CCB + VCS)", "3.2.6 Net emission reductions and removals", "SIMULATED DATA"),
    "es": ("Informe de monitoreo (CCB + VCS)", "3.2.6 Reducciones y remociones netas de emisiones", "DATOS SIMULADOS"),
}


@pytest.fixture(scope="module")
def report(demo_home):
    return demo_home.package / "data/report"


def text_of(path):
    return subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_pdf_tells_the_period_in_its_language(report, language, demo_home):
    text = text_of(report / f"monitoring_report_{language}.pdf")
    flat = re.sub(r"\s+", " ", text)
    for words in TITLES[language]:
        assert words in flat
    figures = read_figures(demo_home.package / "data/tables/figures.parquet")
    # The narrow blank between thousands comes back from a page as any kind of blank.
    separator = "," if language == "en" else " "
    for name in ("er.vcu.total", "er.net.total", "er.buffer.total"):
        assert f"{figures[name].value:,.0f}".replace(",", separator) in flat


def test_the_demo_lists_what_nobody_has_written(report, demo_home):
    with (report / "missing.csv").open(encoding="utf-8", newline="") as stream:
        missing = [row["file"] for row in csv.DictReader(stream)]
    written = [
        path.relative_to(demo_home.package / "data/project").as_posix()
        for path in (demo_home.package / "data/project/narrative").rglob("*.md")
    ]
    assert sorted(missing + written) == sorted(item.file(name) for item in PROSE.values() for name in ("en", "es"))
    assert {"narrative/en/2.1.md", "narrative/es/2.3.md"} <= {*written}
