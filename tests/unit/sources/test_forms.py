"""The forms of the platform: each can be deployed, each fills its tables, and a form that does not hold is refused."""

from __future__ import annotations

import shutil
import time
import zipfile
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from python_calamine import CalamineWorkbook
from pyxform.xls2xform import convert

from mrv.cli import main
from mrv.errors import ProjectError
from mrv.schemas import DATASETS
from mrv.sources.form_definition import FORMS, OF_SUBMISSION, form_ids, load_form
from mrv.sources.form_xlsx import DEFAULT_LANGUAGE, LANGUAGES, write_xlsform

ASKED_FOR = {
    "forest_plot_census",
    "plot_audit",
    "patrol_and_threat",
    "community_activity",
    "nursery_and_planting",
    "livelihoods",
    "employment",
    "grievance",
}


OTHERS = [
    {"name": "species", "type": "text", "label": {"en": "Species", "es": "Especie"}},
    {"name": "seen_on", "type": "date", "label": {"en": "Day", "es": "Día"}},
    {"name": "counts", "type": "repeat", "label": {"en": "Count", "es": "Conteo"}, "questions": [
        {"name": "seen", "type": "integer", "label": {"en": "Seen", "es": "Vistos"}},
        {"name": "alive", "type": "integer", "label": {"en": "Alive", "es": "Vivos"}}]},
]  # fmt: skip


def own_form(folder: Path, **changes) -> Path:
    """Write a form of a project: one question, one table."""
    form = {
        "id": "visit",
        "version": "2026010101",
        "title": {"en": "Visit", "es": "Visita"},
        "questions": [
            {"name": "site_id", "type": "text", "label": {"en": "Site", "es": "Sitio"}, "required": True},
            *OTHERS,
        ],
        "tables": [{"table": "survival_checks", "at": "counts", "columns": {
            "survival_check_id": {"join": ["submission", "position"]}, "site_id": "site_id", "scientific_name": "species",
            "checked_on": "seen_on", "checked_count": "counts/seen", "alive_count": "counts/alive"}}],
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    (folder / "visit.yaml").write_text(yaml.safe_dump({**form, **changes}), encoding="utf-8")
    return folder


def test_all_forms_are_there() -> None:
    assert set(form_ids()) >= ASKED_FOR


@pytest.mark.parametrize("name", form_ids())
def test_a_form_is_a_valid_xlsform_in_both_languages(name, tmp_path) -> None:
    form = load_form(name)
    path = tmp_path / f"{name}.xlsx"
    write_xlsform(form, path)
    # ODK Validate, which comes with pyxform, says besides whether expressions can be computed; it needs Java.
    result = convert(xlsform=path, warnings=[], validate=shutil.which("java") is not None)
    assert result.warnings == []
    assert result._survey["default_language"] == DEFAULT_LANGUAGE
    for language in LANGUAGES.values():
        assert f'<translation lang="{language}"' in result.xform
    assert f'version="{form.version}"' in result.xform
    assert f'id="{name}"' in result.xform
    for question in form.by_path:
        assert f"/{question}" in result.xform


@pytest.mark.parametrize("name", form_ids())
def test_every_question_used_by_a_table_is_in_the_workbook(name, tmp_path) -> None:
    form = load_form(name)
    write_xlsform(form, tmp_path / "form.xlsx")
    head, *rows = CalamineWorkbook.from_path(str(tmp_path / "form.xlsx")).get_sheet_by_name("survey").to_python()
    kind, own = head.index("type"), head.index("name")
    path, found = [], set()
    for row in rows:
        if str(row[kind]).startswith("end "):
            path.pop()
            continue
        path.append(row[own])
        found.add("/".join(path))
        if not str(row[kind]).startswith("begin "):
            path.pop()
    used = {question for mapping in form.tables for question in mapping.paths}
    assert used <= found
    assert found == set(form.by_path)


@pytest.mark.parametrize("name", form_ids())
def test_every_column_that_a_person_can_fill_has_a_question(name) -> None:
    form = load_form(name)
    left_out = {
        # An area and its slope are of the plot; groups have no names; what is counted in groups is no person.
        "activity_participants": {"person_key", "household_key", "participant_name"},
    }
    for mapping in form.tables:
        wanted = set(DATASETS[mapping.table].schema.names) - {"_artifact", "_row", *OF_SUBMISSION}
        missing = wanted - set(mapping.columns)
        assert missing <= (left_out.get(mapping.table, set()) if mapping.at == "groups" else set()), mapping.table


def test_the_same_form_gives_the_same_bytes(tmp_path) -> None:
    form = load_form("grievance")
    write_xlsform(form, tmp_path / "a.xlsx")
    time.sleep(2.1)  # the times within a ZIP have steps of two seconds
    write_xlsform(form, tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_words_that_begin_as_a_formula_are_words(tmp_path) -> None:
    words = {"en": '=HYPERLINK("http://example.org")', "es": "+1"}
    question = {"name": "site_id", "type": "text", "label": words}
    changed = {"questions": [question, *OTHERS]}
    write_xlsform(load_form("visit.yaml", folder=own_form(tmp_path, **changed)), tmp_path / "form.xlsx")
    with zipfile.ZipFile(tmp_path / "form.xlsx") as packed:
        cells = b"".join(packed.read(name) for name in packed.namelist() if name.startswith("xl/worksheets/"))
    assert b"<f>" not in cells
    sheet = CalamineWorkbook.from_path(str(tmp_path / "form.xlsx")).get_sheet_by_name("survey").to_python()
    assert sheet[1][2:4] == [words["en"], words["es"]]


def test_the_command_writes_all_forms_or_one(tmp_path) -> None:
    runner = CliRunner()
    done = runner.invoke(main, ["forms", str(tmp_path / "all")])
    assert done.exit_code == 0, done.output
    assert {path.stem for path in (tmp_path / "all").glob("*.xlsx")} == set(form_ids())
    own_form(tmp_path / "project")
    done = runner.invoke(main, ["forms", str(tmp_path / "one"), "--form", str(tmp_path / "project" / "visit.yaml")])
    assert done.exit_code == 0, done.output
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["visit.xlsx"]


def test_a_form_of_the_project_is_read_from_its_folder(tmp_path) -> None:
    form = load_form("visit.yaml", folder=own_form(tmp_path))
    assert form.datasets == ("survival_checks",)
    assert form.codes("site_id") is None


def test_a_form_that_there_is_not(tmp_path) -> None:
    with pytest.raises(ProjectError, match="no form tea_party") as caught:
        load_form("tea_party")
    assert "grievance" in str(caught.value.expected)
    with pytest.raises(ProjectError, match="file of a form is missing"):
        load_form("other.yaml", folder=tmp_path)
    (tmp_path / "outside.yaml").write_text("id: x")
    with pytest.raises(ProjectError, match="file of a form is missing"):
        load_form("../outside.yaml", folder=tmp_path / "project")


COLUMNS = {
    "survival_check_id": {"join": ["submission", "position"]},
    "site_id": "site_id",
    "scientific_name": "species",
    "checked_on": "seen_on",
    "checked_count": "counts/seen",
    "alive_count": "counts/alive",
}
LABEL = {"en": "A", "es": "B"}


def table(**changes):
    columns = {name: source for name, source in {**COLUMNS, **changes.pop("columns", {})}.items() if source is not None}
    return {"tables": [{"table": "survival_checks", "at": "counts", "columns": columns, **changes}]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (table(columns={"site_id": "place"}), "questions that the form does not have: place"),
        (table(columns={"colour": "species"}), "has no column colour"),
        (table(columns={"submission_id": "species"}), "has no column submission_id"),
        (table(columns={"site_id": None}), "nothing fills column site_id"),
        (table(at="species"), "species is no repeat"),
        (table(at=None), "has an answer in each entry of counts"),
        (table(table="tea"), "no landed table 'tea'"),
        (table(if_none={"period_id": 1}), "if_none"),
        ({"questions": [{"name": "a", "type": "select_one tea", "label": LABEL}]}, "no list of choices tea"),
        ({"questions": [{"name": "a", "type": "song", "label": LABEL}]}, "no type 'song'"),
        ({"questions": [{"name": "a", "type": "group", "label": LABEL}]}, "a group or repeat has questions"),
        ({"questions": [{"name": "a", "type": "text", "label": {"en": "A"}}]}, "Field required"),
        ({"questions": [{"name": "a", "type": "text", "label": LABEL, "constraint": ". > 0"}]}, "go together"),
        ({"colour": "red"}, "1 key(s) that are not expected"),
    ],
)  # fmt: skip
def test_a_form_that_does_not_hold_is_refused(tmp_path, changes, message) -> None:
    with pytest.raises(ProjectError, match="cannot be used") as caught:
        load_form("visit.yaml", folder=own_form(tmp_path, **changes))
    assert message in str(caught.value.found)


def test_codes_are_told_apart_from_free_answers() -> None:
    form = load_form("forest_plot_census")
    assert form.codes("trees/status") == ("alive", "dead")
    assert form.codes("trees/species") is None


def test_shared_choices_are_no_form() -> None:
    assert (FORMS / "choices.yaml").is_file()
    assert "choices" not in form_ids()
