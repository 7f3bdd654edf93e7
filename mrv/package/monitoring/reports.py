"""Writes `data/report/monitoring_report_{en,es}.{pdf,docx}` and what of them is still to be written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from mrv.package.contents import Contents
from mrv.package.monitoring.blocks import Document
from mrv.package.monitoring.docx import to_docx
from mrv.package.monitoring.pdf import to_pdf
from mrv.package.monitoring.prose import missing
from mrv.package.monitoring.sections_appendices import appendices
from mrv.package.monitoring.sections_biodiversity import biodiversity_section
from mrv.package.monitoring.sections_climate import climate
from mrv.package.monitoring.sections_community import community
from mrv.package.monitoring.sections_front import draft_note, summary, title_page
from mrv.package.monitoring.sections_general import deviations, general
from mrv.package.monitoring.writing import Marts, Writer
from mrv.package.staging import Staging
from mrv.package.wording import Text

MISSING = "data/report/missing.csv"
_SECTIONS = (summary, general, climate, community, biodiversity_section, deviations, appendices)


def write_reports(staging: Staging, contents: Contents) -> None:
    """Write the monitoring report in both languages and forms, and the list of the sections that nobody has written.

    Raises:
        PackageError: A figure that the report names does not exist, or a page cannot be drawn.
        ProjectError: Prose of the project holds what a report cannot.
    """
    rows = [
        [item.number, language, item.title.en, item.title.es, item.file(language)]
        for item, language in missing(contents)
    ]
    staging.write_csv(MISSING, ["section", "language", "title_en", "title_es", "file"], rows)
    reports = documents(contents)
    # Each is drawn in a process of its own: threads only wait for them.
    with ThreadPoolExecutor(max_workers=max(len(reports), 1)) as pool:
        drawn = list(pool.map(to_pdf, reports))
    for report, pdf in zip(reports, drawn, strict=True):
        name = f"data/report/monitoring_report_{report.language}"
        staging.write(f"{name}.pdf", pdf)
        staging.write(f"{name}.docx", to_docx(report))


def documents(contents: Contents) -> list[Document]:
    """Return the monitoring report as documents, one for each language in which it is wanted.

    Raises:
        PackageError: A figure that the report names does not exist.
        ProjectError: Prose of the project holds what a report cannot.
    """
    marts = Marts(contents)
    return [_document(Writer(language, contents, marts)) for language in contents.report_languages]


def _document(writer: Writer) -> Document:
    contents, project = writer.contents, writer.contents.project
    name = writer.pick(Text(project.name, project.name_es or project.name))
    return Document(
        language=writer.language,
        title=writer.words("general.title"),
        subtitle=writer.said("general.subtitle", name=name, period=contents.period_id, version=str(contents.version)),
        title_page=title_page(writer),
        blocks=tuple(chain.from_iterable(section(writer) for section in _SECTIONS)),
        draft_note=draft_note(writer),
        created_at=contents.created_at,
    )
