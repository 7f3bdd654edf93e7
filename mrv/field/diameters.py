"""Diameters that look as if they had been written in millimetres."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from mrv.field.trees import FloatArray

_THICK_CM = 100.0
_USUAL_PERCENTILE = 95.0
_PER_CM = 10


def as_if_millimetres(trees: pa.Table) -> list[int]:
    """Return the positions of trees of 100 cm and more whose tenth is a usual diameter of their plot census.

    Usual is what lies between the thinnest of the other trees and the 95th percentile of them. A forest with thick trees has
    such trees too: they are to be looked at, not refused.

    Args:
        trees: Landed `trees`.
    """
    columns = [trees[name].to_pylist() for name in ("plot_id", "census_id", "dbh_cm")]
    rows: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for position, (plot, census, dbh) in enumerate(zip(*columns, strict=True)):
        rows.setdefault((plot, census), []).append((position, dbh))
    return sorted(position for of_census in rows.values() for position in _of_census(of_census))


def _of_census(rows: Sequence[tuple[int, float]]) -> list[int]:
    usual: FloatArray = np.array([dbh for _, dbh in rows if dbh < _THICK_CM])
    if not usual.size:
        return []
    least, most = usual.min(), np.percentile(usual, _USUAL_PERCENTILE)
    return [position for position, dbh in rows if dbh >= _THICK_CM and least <= dbh / _PER_CM <= most]
