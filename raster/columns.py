"""Columns of tables from arrays: values by place, and integers beyond 64 bits from their two halves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from raster.patches import LOW
from raster.spans import Ints


def spread(values: Sequence[Any], place: Ints) -> pa.Array:
    """Return `values[place]` as a column."""
    return pa.array(values).take(pa.array(place))


def whole_numbers(high: Ints, low: Ints) -> pa.Array:
    """Return high * 2**32 + low (not negative) as decimals of 38 digits, exactly; shape (n,)."""
    high = high + (low >> 32)
    # A decimal of 128 bits is its integer in two words, the lower one first.
    words = np.empty((len(high), 2), dtype=np.uint64)
    words[:, 0] = (high.astype(np.uint64) << np.uint64(32)) | (low & LOW).astype(np.uint64)
    words[:, 1] = (high >> 32).astype(np.uint64)
    return pa.Array.from_buffers(pa.decimal128(38, 0), len(high), [None, pa.py_buffer(words.tobytes())])
