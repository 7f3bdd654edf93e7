"""The monitoring report: its sections, its figures as references, and that no number is typed."""

import csv
import io
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from mrv.errors import PackageError, ProjectError
from mrv.package.contents import Approval, Previous
from mrv.package.figures import read_figures
from mrv.package.monitoring import reports
from mrv.package.monitoring.blocks import Bullets, DataTable, Heading, Paragraph, Picture, Reference
from mrv.package.monitoring.outline import PROSE
from mrv.package.monitoring.reports import MISSING, documents, write_reports
from mrv.package.monitoring.writing import Field, Marts, Writer, phrases, plain
from mrv.package.staging import Staging
from mrv.package.wording import NOT_MEASURED, Text, number
from mrv.project import Bilingual, Cover, Identity
from tests.unit.package.package_samples import sample_contents

BOTH = ("en", "es")
ALLOWED = re.compile(r"90 %|100")
"""Digits of a phrase that are no figure: the level of an interval, and the hundred of a rate."""


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    return sample_contents(tmp_path_factory.mktemp("sources"), report_languages=BOTH)


def lines(document):
    for block in document.blocks:
        if isinstance(block, Paragraph):
            yield block.line
        elif isinstance(block, Bullets):
            yield from block.items
        elif isinstance(block, DataTable):
            yield from (cell for row in block.rows for cell in row)


def references(document):
    return [part for line in lines(document) for part in line if isinstance(part, Reference)]


def test_no_phrase_holds_a_number():
    typed = [
        (key, words)
        for key, pair in phrases().items()
        for words in pair
        if re.search(r"\d", ALLOWED.sub("", re.sub(r"\{[^{}]*\}", "", words)))
    ]
    assert typed == []


def test_phrases_have_the_same_places_in_both_languages():
    for key, (english, spanish) in phrases().items():
        assert english, key
        assert spanish, key
        places = [sorted(re.findall(r"\{([^{}]+)\}", words)) for words in (english, spanish)]
        assert places[0] == places[1], key


def test_every_phrase_is_used_and_every_used_phrase_exists():
    folder = Path(reports.__file__).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    used = set(re.findall(r'"((?:general|summary|climate|people|nature|appendix|columns)\.[a-z0-9_]+)"', source))
    used |= {f"columns.{name}" for name in re.findall(r'(?:Field|column)\(\s*"([a-z0-9_]+)"', source)}
    assert used - {*phrases()} == set()
    loose = {key for key in phrases() if not re.search(rf"\b{key.partition('.')[2]}\b", source)}
    by_name = ("general.t_", "general.confirmed", "general.unconfirmed")
    assert {key for key in loose if not key.startswith(by_name)} == set()


def test_the_report_has_the_sections_of_the_template_in_both_languages(contents):
    english, spanish = documents(contents)
    numbers = [
        [block.number for block in document.blocks if isinstance(block, Heading)] for document in (english, spanish)
    ]
    assert numbers[0] == numbers[1]
    assert len(numbers[0]) == len({*numbers[0]})
    assert [name for name in numbers[0] if "." not in name] == ["1", "2", "3", "4", "5", "6", "7"]
    assert {*PROSE, "1.2", "3.1.1", "3.1.2", "3.2", "4.3", "5.3"} <= {*numbers[0]}
    assert english.title != spanish.title
    assert "Muestra REDD+" in spanish.subtitle


def test_figures_are_references_to_the_same_numbers(contents):
    figures = read_figures(contents.marts_folder / "figures.parquet")
    for document in documents(contents):
        found = references(document)
        assert {"er.net.total", "er.vcu.total", "er.net.2023"} <= {item.figure_id for item in found}
        for item in found:
            figure = figures[item.figure_id]
            if figure.value is not None:
                shown = number(figure.value)
                assert (shown.en if document.language == "en" else shown.es).split(".")[0].split(",")[0] in item.text


def test_both_languages_name_the_same_figures(contents):
    english, spanish = documents(contents)
    assert [item.figure_id for item in references(english)] == [item.figure_id for item in references(spanish)]


def test_tables_say_which_mart_they_are_of(contents):
    for document in documents(contents):
        for block in document.blocks:
            if isinstance(block, DataTable):
                assert re.search(r"\([a-z_., ]+\)$", block.caption), block.caption
                assert all(len(row) == len(block.columns) for row in block.rows)


def test_a_place_for_a_figure_that_does_not_exist_is_refused(contents):
    writer = Writer("en", contents, Marts(contents))
    with pytest.raises(PackageError, match="does not exist"):
        writer.figure("er.net.never")


def test_a_figure_without_a_value_tells_its_reason(contents):
    marts = Marts(contents)
    figure = next(iter(marts.figures.values()))
    marts.figures = {figure.figure_id: replace(figure, value=None, reason="nobody measured it")}
    shown = Writer("es", contents, marts).figure(figure.figure_id)
    assert shown == Reference(figure.figure_id, "no se conoce (nobody measured it)")


def test_a_number_links_only_to_the_same_number(contents):
    writer = Writer("en", contents, Marts(contents))
    figure = writer.marts.figures["er.net.total"]
    assert isinstance(writer.number_of("er.net.total", figure.value), Reference)
    assert not isinstance(writer.number_of("er.net.total", figure.value + Decimal(1)), Reference)
    assert writer.number_of("er.net.total", None) == NOT_MEASURED


def test_long_tables_are_cut_and_reasons_told_once(contents):
    writer = Writer("en", contents, Marts(contents))
    rows = [{"name": f"row {place}", "value": None, "reason": "not asked"} for place in range(50)]
    table, more, told, why = writer.table(
        "people.records", "records_known", rows, [Field("what", lambda row: row["name"]), Field("value", lambda row: row["value"])],
        most=10,
    )  # fmt: skip
    assert len(table.rows) == 10
    assert table.rows[0] == (("row 0",), (NOT_MEASURED,))
    assert plain(more.line) == "40 more rows in data/tables/csv/records_known.csv."
    assert told.style == "note"
    assert len(why.items) == 1
    assert plain(why.items[0]).endswith("not asked")


def test_empty_tables_say_that_nothing_is_known(contents):
    for document in documents(contents):
        words = phrases()["general.nothing"][document.language == "es"]
        assert sum(plain(line) == words for line in lines(document)) >= 3


def test_simulated_data_are_told_on_each_page(contents):
    assert all("SIMUL" in document.draft_note for document in documents(contents))
    real = replace(contents, project=replace(contents.project, simulated=False))
    assert [document.draft_note for document in documents(real)] == list(phrases()["general.draft_missing"])
    prose = {section.file(language): written(contents) for section in PROSE.values() for language in BOTH}
    whole = replace(real, project_files={**contents.project_files, **prose})
    assert [document.draft_note for document in documents(whole)] == [None, None]


def written(contents, text="Nothing to tell but {er.net.total}."):
    path = contents.marts_json.parent / f"prose{len(text)}.md"
    path.write_text(text, encoding="utf-8")
    return path


def test_prose_stands_in_its_section_and_its_language_only(contents):
    files = {
        **contents.project_files,
        "narrative/es/2.3.md": written(contents, "Se informó en asambleas: {er.net.total}."),
    }
    english, spanish = documents(replace(contents, project_files=files))
    assert any(plain(line).startswith("Se informó en asambleas") for line in lines(spanish))
    assert not any("asambleas" in plain(line) for line in lines(english))
    missing = [block for block in english.blocks if isinstance(block, Paragraph) and block.style == "missing"]
    assert any("narrative/en/2.3.md" in plain(block.line) for block in missing)


def test_prose_with_an_unknown_figure_stops_the_report(contents):
    files = {**contents.project_files, "narrative/en/2.1.md": written(contents, "One\n{er.net.nowhere} two")}
    with pytest.raises(ProjectError) as refusal:
        documents(replace(contents, project_files=files))
    assert refusal.value.where == "narrative/en/2.1.md, line 2"


def test_the_title_page_says_what_is_not_given(contents):
    document = documents(contents)[0]
    facts = dict(document.title_page)
    assert facts["Report ID"] == "VP-sample-mp4-v1"
    assert facts["Monitoring period (inclusive)"] == "01-July-2022 to 30-June-2024"
    assert "report.contact in project.yaml" in facts["Contact"]
    cover = Cover(prepared_by="A. Ruiz", contact="Lima", gold_level=Bilingual(en="None.", es="Ninguno."))
    identity = Identity(id="sample", name="Sample", country="PE", proponent="Owner", partners=("One", "Two"))
    known = replace(contents, project=replace(contents.project, cover=cover, identity=identity))
    facts = dict(documents(known)[1].title_page)
    assert facts["Preparado por"] == "A. Ruiz"
    assert facts["Criterios de nivel oro"] == "Ninguno."
    assert facts["Socios"] == "One\nTwo"
    assert facts["Fecha de emisión"] == "02-enero-2026"


def test_waivers_are_told_with_name_and_reason(contents):
    assert any("M. Ruiz: archive gap" in plain(line) for line in lines(documents(contents)[0]))


def test_findings_and_the_version_before_are_named(contents):
    said = {plain(line) for line in lines(documents(contents)[0])}
    assert {phrases()["appendix.no_findings"][0], phrases()["climate.first_version"][0]} <= said
    before = Previous(name="VP-sample-mp4-v1", version=1, manifest_sha512="ab" * 64, folder=Path("elsewhere"))
    approval = Approval(approved_by="M. Ruiz", reason="a late plot", approved_at="2026-02-03T04:05:06+00:00")
    later = replace(contents, previous=before, approval=approval, findings={"round1.csv": written(contents)})
    said = {plain(line) for line in lines(documents(later)[0])}
    assert "data/findings/round1.csv" in said
    assert "Approved by M. Ruiz on 2026-02-03: a late plot" in said
    assert any("This version follows VP-sample-mp4-v1." in line for line in said)
    assert not any("elsewhere" in line for line in said)


def test_pictures_say_what_they_show(contents):
    for document in documents(contents):
        pictures = [block for block in document.blocks if isinstance(block, Picture)]
        assert pictures
        assert all(block.alt and block.caption for block in pictures)


def test_the_same_contents_give_the_same_report(contents):
    assert documents(contents) == documents(contents)


def test_reports_and_the_list_of_missing_sections_are_written(contents, tmp_path):
    staging = Staging(tmp_path)
    write_reports(staging, replace(contents, report_languages=("es",)))
    assert (tmp_path / "data/report/monitoring_report_es.pdf").read_bytes().startswith(b"%PDF")
    rows = list(csv.DictReader(io.StringIO((tmp_path / MISSING).read_text(encoding="utf-8"))))
    assert len(rows) == 2 * len(PROSE)
    assert rows[0]["file"] == "narrative/en/1.1.md"


def test_texts_are_picked_by_language(contents):
    text = Text("leakage", "fugas")
    assert [Writer(language, contents, Marts(contents)).pick(text) for language in BOTH] == ["leakage", "fugas"]
