"""Filters of the templates: numbers, dates and words of the package's reports, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from mrv.package import wording
from mrv.package.wording import Text


def in_language(text: Text | Mapping[str, str] | str | None, language: str) -> str:
    """Return a text in one language; what has no languages stays as it is."""
    if text is None:
        return wording.NOT_MEASURED
    if isinstance(text, Text):
        return text.es if language == "es" else text.en
    return text if isinstance(text, str) else text[language]


@pass_context
def words(context: Context, text: Text | Mapping[str, str] | str | None) -> str:
    """Write a text in the language of the page."""
    return in_language(text, context["language"])


@pass_context
def number(context: Context, value: Decimal | int | None, digits: int = 0) -> str:
    """Write a number with so many decimals."""
    return words(context, wording.number(value, digits))


@pass_context
def signed(context: Context, value: Decimal | None, digits: int = 0) -> str:
    """Write a difference with its sign."""
    return words(context, wording.signed(value, digits))


@pass_context
def percent(context: Context, value: Decimal | None, digits: int = 1) -> str:
    """Write a fraction as per cent."""
    return words(context, wording.percent(value, digits))


@pass_context
def size(context: Context, count: int) -> str:
    """Write a number of bytes."""
    return words(context, wording.size(count))


@pass_context
def day(context: Context, value: date | str | None) -> str | Markup:
    """Write a day in words, as `<time>`; nothing as a dash."""
    if not value:
        return wording.NOT_MEASURED
    on = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return Markup('<time datetime="{}">{}</time>').format(on.isoformat(), words(context, wording.day(on)))


@pass_context
def moment(context: Context, value: datetime | str | None) -> str | Markup:
    """Write a moment in words and UTC, as `<time>`; nothing as a dash."""
    if not value:
        return wording.NOT_MEASURED
    at = (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)
    said = f"{words(context, wording.day(at.date()))}, {at:%H:%M} UTC"
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), said)


def raw(value: Any) -> str:
    """Write a value as tables hold it for sorting and copies: no thousands signs, every digit, nothing for null."""
    if value is None:
        return ""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def add_filters(environment: Environment) -> None:
    """Give the filters to an environment."""
    for made in (words, number, signed, percent, size, day, moment, raw):
        environment.filters[made.__name__] = made
    environment.filters["unit"] = wording.pretty_unit
    environment.filters["digits_of"] = wording.digits_of
