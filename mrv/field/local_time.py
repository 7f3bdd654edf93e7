"""Local days of moments: which day a clock on the wall showed, for many moments at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
EPOCH = date(1970, 1, 1)
US_PER_DAY = 86_400_000_000
_BLOCK_S = 900
"""Clocks of all zones change at whole quarters of an hour of UTC, so moments of one block share their offset."""


def day_number(day: date) -> int:
    """Return the days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """Return the day of a number of days since 1970-01-01."""
    return EPOCH + timedelta(days=number)


def local_days(time_us: Ints, time_zone: str) -> Ints:
    """Return the local day of each moment.

    Args:
        time_us: Microseconds since 1970-01-01 UTC, shape (n,).
        time_zone: Name of the IANA database, for example America/Lima.

    Returns:
        Days since 1970-01-01 by the local calendar, shape (n,).
    """
    zone = ZoneInfo(time_zone)
    blocks, block = np.unique(time_us // (_BLOCK_S * 1_000_000), return_inverse=True)
    offsets = np.array([_offset_us(int(number), zone) for number in blocks], dtype=np.int64)
    return np.asarray((time_us + offsets[block]) // US_PER_DAY) if len(blocks) else np.empty(0, dtype=np.int64)


def local_day(moment: datetime, time_zone: str) -> date:
    """Return the local day of one moment."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


def _offset_us(block: int, zone: ZoneInfo) -> int:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=block * _BLOCK_S)
    return round((moment.astimezone(zone).utcoffset() or timedelta()).total_seconds()) * 1_000_000
