"""JSON documents from outside: one meaning per key, a bounded depth, and text that every later step can write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mrv.errors import InputError

MAX_DEPTH = 50
"""Objects and lists within each other; a submission with groups within repeats needs about ten."""
_TOO_DEEP = f"more than {MAX_DEPTH} objects and lists within each other"


def read_json(path: Path, *, label: str, what: str, remedy: str) -> Any:
    """Read a document.

    Args:
        path: The file.
        label: How errors call it.
        what: What it should be, for errors.
        remedy: What to do if it is not.

    Raises:
        InputError: It is no JSON, has a key twice or a number that JSON has not, or is nested deeper than `MAX_DEPTH`.
    """
    try:
        value = json.loads(path.read_bytes(), parse_constant=_refuse_constant, object_pairs_hook=_unique)
        _check_depth(value)
    except (ValueError, RecursionError) as error:
        found = _TOO_DEEP if isinstance(error, RecursionError) else str(error)
        raise InputError(f"{what} is not valid JSON", found=found, where=label, remedy=remedy) from error
    return value


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"a key stands twice in an object: {', '.join(map(ascii, twice[:3]))}")
    return result


def _check_depth(value: Any) -> None:
    """Go down level by level, without calls within calls, which is what a deep document would exhaust."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        children = (child for item in level for child in (item.values() if isinstance(item, dict) else item))
        level = [child for child in children if isinstance(child, (dict, list))]
        if not level:
            return
    raise ValueError(_TOO_DEEP)


def writable(value: Any) -> Any:
    r"""Return a value with each half of a surrogate pair in its texts and keys as `\udXXX`.

    JSON can spell such halves, but no encoding can write them, so that they would stop the writing of a whole table.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {writable(key): writable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [writable(item) for item in value]
    return value
