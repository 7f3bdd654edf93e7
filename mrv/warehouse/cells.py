"""One cell of a table as text or JSON: decimals in full, ISO dates, no number that a reader could misread."""

from __future__ import annotations

import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

_EXACT = 2**53
"""Above it, a program that reads JSON numbers as doubles would change digits."""


def cell_text(value: Any) -> str:
    """Return a cell as CSV has it: decimals in full, ISO dates, nulls empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")  # str() would write 1E-9
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def cell_json(value: Any) -> Any:
    """Return a cell as JSON has it: decimals, dates and what JSON has no number for as text."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(name): cell_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [cell_json(item) for item in value]
    return value.isoformat() if isinstance(value, time) else cell_text(value)
