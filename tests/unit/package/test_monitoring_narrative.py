"""Prose that people write for the report: what is read, what is refused, and where it is told."""

from pathlib import Path

import pytest

from mrv.errors import ProjectError
from mrv.package.monitoring.blocks import Bullets, Heading, Paragraph, Reference, Strong
from mrv.package.monitoring.narrative import blocks_of, problems
from mrv.package.monitoring.outline import LANGUAGES, PROSE
from mrv.project import load_project
from mrv.scaffold import TEMPLATE, scaffold
from mrv.stages.validate import check_project

TEXT = """# A heading

Words with **bold** ones,
then {er.net.total} and a [page](https://example.org/a).

- one {area.pa}
- two
"""


def read(folder: Path, text: str):
    path = folder / "2.1.md"
    path.write_text(text, encoding="utf-8")
    known = {"er.net.total": "308,635 tCO₂e", "area.pa": "300,000.0 ha"}

    def resolve(figure_id):
        return Reference(figure_id, known[figure_id]) if figure_id in known else None

    return blocks_of(path, name="narrative/en/2.1.md", number="2.1", resolve=resolve)


def test_paragraphs_lists_headings_and_figures_are_read(tmp_path):
    heading, paragraph, bullets = read(tmp_path, TEXT)
    assert heading == Heading(3, "", "A heading")
    assert isinstance(paragraph, Paragraph)
    assert Strong("bold") in paragraph.line
    assert Reference("er.net.total", "308,635 tCO₂e") in paragraph.line
    assert " (https://example.org/a)" in paragraph.line
    assert bullets == Bullets((("one ", Reference("area.pa", "300,000.0 ha")), ("two",)))


@pytest.mark.parametrize(
    ("text", "found", "line"),
    [
        ("Words\n\n<b>bold</b> words", "raw HTML", 3),
        ("<script>alert(1)</script>", "raw HTML", 1),
        ("Words\n![a map](https://example.org/a.png)", "a picture", 2),
        ("Words [here](../secrets)", "../secrets", 1),
        ("Words\n\n```\ncode\n```", "a block of code", 3),
        ("> said", "a quotation", 1),
        ("One\ntwo\nthree {er.net.never}", "{er.net.never}", 3),
        ("Braces {anything}", "{anything}", 1),
        ("Braces {}", "{}", 1),
    ],
)
def test_what_a_report_cannot_hold_is_refused_with_its_line(tmp_path, text, found, line):
    with pytest.raises(ProjectError) as refusal:
        read(tmp_path, text)
    assert found in refusal.value.found
    assert refusal.value.where == f"narrative/en/2.1.md, line {line}"


@pytest.mark.parametrize("text", ["[here](javascript:alert(1))", "[here](file:///etc/passwd)"])
def test_links_to_scripts_and_files_stay_words(tmp_path, text):
    assert read(tmp_path, text) == [Paragraph((text,))]


def test_files_that_are_no_text_or_too_long_are_refused(tmp_path):
    path = tmp_path / "2.1.md"
    for content in (b"\xff\xfe\x00", b"a" * 200_001):
        path.write_bytes(content)
        with pytest.raises(ProjectError):
            blocks_of(path, name="x", number="2.1", resolve=lambda figure_id: figure_id)


def test_check_tells_files_of_no_section_and_bad_prose(tmp_path):
    project = tmp_path / "p"
    scaffold(project)
    assert not check_project(project, frozen=False).problems
    for name, text in (
        ("en/2.1.md", "Good."),
        ("en/9.9.md", "Lost."),
        ("fr/2.1.md", "Bon."),
        ("es/2.3.md", "<b>x</b>"),
    ):
        path = project / "narrative" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    found = check_project(project, frozen=False).problems
    assert [problem.found for problem in found] == ["narrative/en/9.9.md", "raw HTML", "narrative/fr/2.1.md"]


def test_prose_is_part_of_the_project(tmp_path):
    scaffold(tmp_path / "p")
    file = tmp_path / "p" / "narrative" / "es" / "2.3.md"
    file.parent.mkdir(parents=True)
    file.write_text("Texto.", encoding="utf-8")
    assert "narrative/es/2.3.md" in load_project(tmp_path / "p").files


def test_every_section_has_words_in_both_languages_and_the_scaffold_lists_it():
    listed = (TEMPLATE / "narrative" / "README.md").read_text(encoding="utf-8")
    for number, section in PROSE.items():
        assert section.number == number
        for text in (section.title, section.task):
            assert text.en
            assert text.es
            assert text.en in listed
            assert text.es in listed
        assert [section.file(language) for language in LANGUAGES] == [
            f"narrative/en/{number}.md",
            f"narrative/es/{number}.md",
        ]


def test_nothing_is_wrong_with_no_prose():
    assert problems({}) == []
