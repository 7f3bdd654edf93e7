"""Words of the pages: in both languages, numbers and days as each language writes them, no address that leads elsewhere."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from jinja2 import Environment

from mrv.dataroom import language
from mrv.dataroom.shown import add_filters
from mrv.dataroom.ways_back import local

TEMPLATES = Path(language.__file__).with_name("templates")
_USED = re.compile(r"""\bt\(\s*["']([a-z_]+\.[a-z0-9_]+)["']\s*[,)]""")
_FIELDS = re.compile(r"{([a-z_]*)")


def said(template: str, in_language: str, **values: object) -> str:
    environment = Environment(autoescape=True)
    add_filters(environment)
    return environment.from_string(template).render(language=in_language, **values)


def test_every_phrase_that_a_template_names_exists() -> None:
    used = {(path.name, key) for path in TEMPLATES.rglob("*.html") for key in _USED.findall(path.read_text("utf-8"))}
    assert {(name, key) for name, key in used if key not in language.phrases()} == set()


def test_both_languages_of_a_phrase_take_the_same_values() -> None:
    differing = {
        key
        for key, texts in language.phrases().items()
        if set(_FIELDS.findall(texts["en"])) != set(_FIELDS.findall(texts["es"]))
    }
    assert differing == set()


def test_numbers_and_days_follow_the_language() -> None:
    template = "{{ n|number(1) }} {{ d|day }}"
    values = {"n": Decimal("-12345.67"), "d": "2024-06-30"}
    assert said(template, "en", **values) == '−12,345.7 <time datetime="2024-06-30">30 June 2024</time>'
    assert said(template, "es", **values) == '−12\u202f345,7 <time datetime="2024-06-30">30 de junio de 2024</time>'


def test_moments_are_told_in_utc() -> None:
    assert "23 November 2026, 03:05 UTC" in said("{{ m|moment }}", "en", m="2026-11-22T22:05:01-05:00")


def test_what_is_not_there_is_a_dash_to_people_and_nothing_to_machines() -> None:
    assert said("{{ n|number }} {{ n|day }} {{ n|moment }} [{{ n|raw }}]", "es", n=None) == "– – – []"


def test_raw_numbers_keep_every_digit() -> None:
    assert said("{{ n|raw }}", "en", n=Decimal("1E+3")) == "1000"


@pytest.mark.parametrize(
    "path",
    [
        *(None, "", "projects", "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example"),
        *("/a\\b", "/\nhttps://evil.example", "/\tevil", "javascript:alert(1)", "///evil.example"),
    ],
)
def test_a_way_back_never_leads_elsewhere(path: str | None) -> None:
    assert local(path) == "/projects"


@pytest.mark.parametrize("path", ["/", "/projects/x?lang=es", "/projects/x/findings?type=CAR&state=open"])
def test_a_way_back_of_ours_is_kept(path: str) -> None:
    assert local(path) == path
