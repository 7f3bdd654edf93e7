"""A form as an XLSForm workbook, to be deployed on KoboToolbox or ODK Central as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from mrv.files import replacing
from mrv.sources.form_definition import FormDefinition, Question, Words

LANGUAGES = {"en": "English (en)", "es": "Español (es)"}
DEFAULT_LANGUAGE = LANGUAGES["es"]
_MADE = datetime(2000, 1, 1)  # noqa: DTZ001 - the workbook's own date, so that the same form gives the same bytes
_TRANSLATED = ("label", "hint", "constraint_message")
_PLAIN = ("required", "relevant", "constraint", "default", "parameters")
_PICTURES = "max-pixels=2048"
"""Larger pictures would not be sent over a weak connection, and show no more of an attendance sheet."""
_BLOCKS = {"group": "group", "repeat": "repeat"}

Row = Mapping[str, str]


def _translated(column: str, words: Words | None) -> Row:
    return {} if words is None else {f"{column}::{LANGUAGES[code]}": getattr(words, code) for code in LANGUAGES}


def survey_rows(questions: Sequence[Question]) -> Iterator[Row]:
    """Return the rows of the sheet `survey`: a question each, groups and repeats as a pair around theirs."""
    for question in questions:
        block = _BLOCKS.get(question.type)
        logic = {
            "required": "yes" if question.required else None,
            "relevant": question.relevant,
            "constraint": question.constraint,
            "default": question.default,
            "parameters": _PICTURES if question.type == "image" else None,
        }
        yield {
            "type": f"begin {block}" if block else question.type,
            "name": question.name,
            **_translated("label", question.label),
            **_translated("hint", question.hint),
            **_translated("constraint_message", question.message),
            **{name: text for name, text in logic.items() if text is not None},
        }
        if block:
            yield from survey_rows(question.questions)
            yield {"type": f"end {block}", "name": question.name}


def choice_rows(form: FormDefinition) -> Iterator[Row]:
    """Return the rows of the sheet `choices`: the lists that the form uses, in the order of their first use."""
    used = dict.fromkeys(question.choice_list for question in form.by_path.values() if question.choice_list)
    for name in used:
        for choice in form.choices[name]:
            yield {
                "list_name": name,
                "name": choice.name,
                **_translated("label", Words(en=choice.en, es=choice.es)),
            }


def sheets(form: FormDefinition) -> Mapping[str, tuple[tuple[str, ...], tuple[Row, ...]]]:
    """Return the sheets of a form's workbook: their columns and rows."""
    labels = tuple(f"label::{language}" for language in LANGUAGES.values())
    survey = (
        "type",
        "name",
        *(f"{column}::{language}" for column in _TRANSLATED for language in LANGUAGES.values()),
        *_PLAIN,
    )
    settings = {
        "form_title": f"{form.title.es} / {form.title.en}",
        "form_id": form.id,
        "version": form.version,
        "default_language": DEFAULT_LANGUAGE,
    }
    return {
        "survey": (survey, tuple(survey_rows(form.questions))),
        "choices": (("list_name", "name", *labels), tuple(choice_rows(form))),
        "settings": (tuple(settings), (settings,)),
    }


def write_xlsform(form: FormDefinition, path: Path) -> None:
    """Write the workbook of a form; the same form gives the same bytes.

    Raises:
        StoreError: It cannot be written.
    """
    import xlsxwriter

    # A constraint such as `. > 0` is a text of the form, no formula or number of the workbook.
    options = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with replacing(path) as part, xlsxwriter.Workbook(part, options) as book:
        book.set_properties({"title": form.id, "created": _MADE})
        bold = book.add_format({"bold": True})
        for name, (columns, rows) in sheets(form).items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, columns, bold)
            sheet.freeze_panes(1, 0)
            for number, row in enumerate(rows, start=1):
                for column, heading in enumerate(columns):
                    if heading in row:
                        sheet.write_string(number, column, row[heading])
