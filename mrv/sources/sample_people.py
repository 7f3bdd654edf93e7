"""People who label, as codes: no name or address of a person goes further than the files of labels."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

CODE = "interpreter-"
_IS_CODE = re.compile(r"interpreter-[1-9][0-9]{0,5}")

Appearance = tuple[str, str, int, int]
"""A person as the file writes them, when they labelled (ISO 8601, empty if it does not say), file and row."""


def codes_of(appearances: Iterable[Appearance], *, taken: Collection[str] = ()) -> dict[str, str]:
    """Return a code for each person: interpreter-1, interpreter-2, ... in the order in which they began.

    Who began first stays first, so that codes stay when later labels are added. People whose files tell no time follow in
    the order of files and rows. Codes change where labels are added that are dated before somebody's first, or where
    somebody's first labels are undated or taken away; nothing remembers who had which. What is a code of this kind already
    stays as it is, and so does what the definition gives to whole files: these never change.

    Args:
        appearances: Every label with a person.
        taken: Codes that the definition gives to whole files.

    Returns:
        Code by person, in the spelling of `person_key`.
    """
    first: dict[str, tuple[bool, str, int, int]] = {}
    for name, moment, file, row in appearances:
        key, place = person_key(name), (not moment, moment, file, row)
        first[key] = min(first.get(key, place), place)
    codes = {key: key for key in first if _IS_CODE.fullmatch(key)}
    number = 0
    for key in sorted((key for key in first if key not in codes), key=lambda key: (first[key], key)):
        number += 1
        while f"{CODE}{number}" in codes or f"{CODE}{number}" in taken:
            number += 1
        codes[key] = f"{CODE}{number}"
    return codes


def person_key(name: str) -> str:
    """Return a person's name or address without the differences of spelling that do not make another person."""
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()
