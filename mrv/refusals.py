"""What the refusal of a file may say of its content: names that are partly those expected, places, never other text.

A definition can name any file that its reader may open, by mistake or on purpose; a message must not show what is in it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Iterable, Sequence

import yaml

_QUOTED = re.compile(r"""(['"])(?!<).*\1""")
"""What a message of YAML repeats of the text; words in angle brackets are YAML's own."""


def names_found(names: Sequence[object], expected: Collection[str]) -> str:
    """Return the names of columns or keys, in words.

    Args:
        names: Those of the file.
        expected: Those it should have; where none of them is there, it is another file, and its names are content.
    """
    if not names:
        return "nothing"
    if any(str(name).strip() in expected for name in names):
        return ", ".join(str(name) or "(unnamed)" for name in names)
    return f"{len(names)} other name(s), none of those expected"


def keys_found(problems: Iterable[tuple[Sequence[object], str]], expected: Collection[str]) -> str:
    """Return what is wrong with which key of a document, in words.

    Args:
        problems: Place of each key, and what is wrong with it.
        expected: Keys of the document; what is wrong below others is counted.
    """
    told, others = [], 0
    for place, problem in problems:
        if not place or place[0] in expected:
            told.append(f"{'.'.join(map(str, place)) or 'the whole'}: {problem}")
        else:
            others += 1
    return "; ".join([*told, *([f"{others} key(s) that are not expected"] if others else [])])


def problem_of(error: Exception) -> str:
    """Return what kept a text from being read, and where in it, without the text."""
    if isinstance(error, UnicodeDecodeError):
        return f"bytes that are no {error.encoding}, the first after {error.start} bytes"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, line {error.lineno}, column {error.colno}"
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        return f"{_QUOTED.sub('...', error.problem or 'no YAML')}{place}"
    if isinstance(error, yaml.reader.ReaderError):
        return f"a character that YAML does not allow, after {error.position} others"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, csv.Error):
        return str(error)
    return type(error).__name__
