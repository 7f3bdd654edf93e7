"""The two languages of the pages: phrases by key from `phrases/*.yaml`, each with `en` and `es`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import yaml

from mrv.errors import DataRoomError

LANGUAGES = ("es", "en")
_PHRASES = Path(__file__).with_name("phrases")


@cache
def phrases() -> Mapping[str, Mapping[str, str]]:
    """Return every phrase: `<file>.<key>` to its text in each language.

    Raises:
        DataRoomError: A phrase lacks a language.
    """
    found: dict[str, Mapping[str, str]] = {}
    for path in sorted(_PHRASES.glob("*.yaml")):
        for key, texts in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).items():
            if set(texts) != set(LANGUAGES):
                raise DataRoomError("a phrase lacks a language", where=f"{path.name}, {key}", remedy="write both")
            found[f"{path.stem}.{key}"] = texts
    return found


def translator(language: str) -> Callable[..., str]:
    """Return a function from a phrase's key (and its named values) to its text."""

    def say(key: str, /, **values: object) -> str:
        return phrases()[key][language].format(**values)

    return say


def chosen(asked: str | None, cookie: str | None, own: str | None, accepted: str) -> str:
    """Return the language of a page: as asked, as chosen before, as the account says, or as the browser prefers."""
    for wish in (asked, cookie, own):
        if wish in LANGUAGES:
            return wish
    first = accepted.strip().lower()[:2]
    return first if first in LANGUAGES else LANGUAGES[0]
