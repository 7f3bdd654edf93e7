"""The sample that estimates start from: labelled units of known strata, checked, and counted by what they have in common."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mrv.errors import InputError

Label = Hashable
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Estimator = Literal["stratified", "simple", "post_stratified"]
"""How the units were drawn and what is made of it.

- `stratified`: a simple random sample within each stratum.
- `simple`: a simple random sample of the whole frame, or a systematic one taken for one; the strata only tell its area.
- `post_stratified`: the same sample, weighted afterwards by the known areas of the strata.
"""
WHOLE_FRAME = "*"
"""Id of the one stratum of the estimator `simple`."""
LARGEST_AREA = 1e15
"""Largest area of a stratum in any unit: the square metres of the Earth are half of it. Squares stay finite."""
LEAST_UNITS = 2
"""Units of a stratum below which it has no variance."""


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """A part of the frame.

    Attributes:
        stratum_id: Its id.
        area: Its area, in any unit; areas that are estimated have the same one.
        pixel_count: Its units in all; None where it is not known, and then there is no finite population correction.
    """

    stratum_id: str
    area: float
    pixel_count: int | None = None


@dataclass(frozen=True)
class Sample:
    """Usable units, counted by cells: those of one stratum that have the same labels. Made by `of`.

    Cells are in the order of their stratum and labels and hold exactly rounded sums, so no digit of an estimate can
    depend on the order of the units.

    Attributes:
        strata: The H strata, by id.
        unit_counts: Units of each stratum, shape (H,).
        variance_factors: What the variance between units of a stratum adds to that of a total, shape (H,).
        first_cells: Position of each stratum's first cell, shape (H,).
        columns: Labels of the C cells by column.
        cell_units: Units of each cell, shape (C,).
        cell_areas: Sum of the areas of its units, in their own unit, shape (C,).
        cell_squares: Sum over a cell of (area of the unit / mean area in the stratum)², shape (C,).
    """

    strata: tuple[Stratum, ...]
    unit_counts: Integers
    variance_factors: Floats
    first_cells: Integers
    columns: Mapping[str, tuple[Label, ...]]
    cell_units: Integers
    cell_areas: Floats
    cell_squares: Floats

    @classmethod
    def of(
        cls,
        strata: Sequence[Stratum],
        *,
        unit_ids: Sequence[str],
        stratum_ids: Sequence[str],
        columns: Mapping[str, Sequence[Any]],
        legends: Mapping[str, Collection[Any]] | None = None,
        unit_areas: Sequence[float] | Floats | None = None,
        estimator: Estimator = "stratified",
        finite_population_correction: bool = False,
    ) -> Sample:
        """Check units and count them.

        Args:
            strata: All strata of the frame.
            unit_ids: Ids of the usable units; unusable ones are left out, and so out of their stratum's n.
            stratum_ids: Stratum of each unit as it was when the unit was drawn.
            columns: Labels of the units by column: classes, zones, years; anything that can be compared, or None.
            legends: The labels that a column may hold.
            unit_areas: Area of each unit, in any one unit; default: all the same. Only their ratios within a stratum
                count: the stratum's own area is that of `strata`.
            estimator: See `Estimator`.
            finite_population_correction: Narrower intervals where much of a stratum is sampled.

        Raises:
            InputError: A stratum stands twice, has no area, no unit or one, or more units than pixels; a unit stands twice,
                is of no stratum, has no area, or a label outside the legend.
        """
        known = _known_strata(strata)
        for name, values in {"stratum_ids": stratum_ids, **columns}.items():
            if len(values) != len(unit_ids):
                raise InputError(
                    "units and labels differ in number", expected=f"{len(unit_ids)} of {name}", found=str(len(values))
                )
        _refuse_bad_units(unit_ids, stratum_ids, known, columns, legends or {})
        if estimator == "simple":
            known = {WHOLE_FRAME: _frame(list(known.values()))}
            stratum_ids = [WHOLE_FRAME] * len(unit_ids)
        ordered = tuple(known[name] for name in sorted(known))
        position = {stratum.stratum_id: index for index, stratum in enumerate(ordered)}
        of_stratum = np.fromiter((position[name] for name in stratum_ids), np.int64, len(unit_ids))
        counts = np.bincount(of_stratum, minlength=len(ordered))
        _refuse_bad_strata(ordered, counts, unit_ids, of_stratum, estimator)
        areas = _areas(unit_areas, unit_ids)
        cells, first_units = _cells(of_stratum, columns)
        cell_stratum = of_stratum[first_units]
        sums, squares = _sums(areas, cells, len(first_units))
        first_cells = np.searchsorted(cell_stratum, np.arange(len(ordered)))
        mean_areas = np.add.reduceat(sums, first_cells) / counts
        return cls(
            strata=ordered,
            unit_counts=counts,
            variance_factors=_variance_factors(ordered, counts, estimator, finite_population_correction),
            first_cells=first_cells,
            columns={name: tuple(values[unit] for unit in first_units) for name, values in columns.items()},
            cell_units=np.bincount(cells, minlength=len(first_units)),
            cell_areas=sums,
            cell_squares=squares / mean_areas[cell_stratum] ** 2,
        )

    @property
    def area(self) -> float:
        """Area of the frame."""
        return math.fsum(stratum.area for stratum in self.strata)

    @property
    def cell_strata(self) -> Integers:
        """Position of the stratum of each cell, shape (C,)."""
        return np.repeat(np.arange(len(self.strata)), np.diff([*self.first_cells, len(self.cell_units)]))

    def where(self, labels: Mapping[str, Label]) -> Floats:
        """Return 1 for the cells that have all of these labels and 0 for the others, shape (C,); no label: 1 for all."""
        found = np.ones(len(self.cell_units), bool)
        for column, label in labels.items():
            found &= np.fromiter((value == label for value in self.columns[column]), bool, len(found))
        return found.astype(np.float64)

    def unit_count(self, cells: Floats) -> int:
        """Return the number of units in the cells that are not 0."""
        return int(self.cell_units[cells != 0].sum())

    def degrees_of_freedom(self, cells: Floats) -> int:
        """Return units less strata, over the strata that have a unit in the cells that are not 0."""
        reached = np.logical_or.reduceat(cells != 0, self.first_cells)
        return int((self.unit_counts[reached] - 1).sum())


def _known_strata(strata: Sequence[Stratum]) -> dict[str, Stratum]:
    known: dict[str, Stratum] = {}
    for stratum in strata:
        where = f"stratum {stratum.stratum_id}"
        if stratum.stratum_id in known:
            raise InputError("a stratum stands twice", where=where, remedy="give each stratum one row")
        if not 0 < stratum.area <= LARGEST_AREA:
            raise InputError(
                "a stratum has no area, or a larger one than there is",
                expected=f"an area above 0 and up to {LARGEST_AREA:g}",
                found=str(stratum.area),
                where=where,
                remedy="leave out strata without pixels, mend the others",
            )
        known[stratum.stratum_id] = stratum
    if not known:
        raise InputError("there is no stratum", expected="at least one", remedy="give the strata of the design")
    return known


def _refuse_bad_units(
    unit_ids: Sequence[str],
    stratum_ids: Sequence[str],
    known: Mapping[str, Stratum],
    columns: Mapping[str, Sequence[Label]],
    legends: Mapping[str, Collection[Label]],
) -> None:
    if len(set(unit_ids)) < len(unit_ids):
        seen: set[str] = set()
        twice = next(unit for unit in unit_ids if unit in seen or seen.add(unit))  # type: ignore[func-returns-value]
        raise InputError(
            "a unit stands twice",
            expected="each unit of the design once",
            where=f"unit {twice}",
            remedy="keep one row of the unit; several labels of one unit are resolved before they are estimated from",
        )
    for name, unit in zip(stratum_ids, unit_ids, strict=True):
        if name not in known:
            raise InputError(
                "a unit is of an unknown stratum",
                expected=", ".join(sorted(known)),
                found=str(name),
                where=f"unit {unit}",
                remedy="give the stratum that the unit was drawn from, with its area",
            )
    for column, legend in legends.items():
        allowed = set(legend)
        for label, unit in zip(columns[column], unit_ids, strict=True):
            if label not in allowed:
                raise InputError(
                    "a label is outside the legend",
                    expected=f"{column}: {', '.join(sorted(map(str, allowed)))}",
                    found=str(label),
                    where=f"unit {unit}",
                    remedy="mend the label, or leave the unit out if it is unusable",
                )


def _frame(strata: Sequence[Stratum]) -> Stratum:
    pixels = [stratum.pixel_count for stratum in strata]
    known = [count for count in pixels if count is not None]
    return Stratum(
        stratum_id=WHOLE_FRAME,
        area=math.fsum(stratum.area for stratum in strata),
        pixel_count=sum(known) if len(known) == len(pixels) else None,
    )


def _refuse_bad_strata(
    strata: Sequence[Stratum], counts: Integers, unit_ids: Sequence[str], of_stratum: Integers, estimator: Estimator
) -> None:
    remedy = "label more of its units, or enlarge the design"
    if estimator == "post_stratified":
        remedy = "join it with a stratum like it, or use the estimator simple"
    for index, stratum in enumerate(strata):
        count, where = int(counts[index]), f"stratum {stratum.stratum_id}"
        if count == 0:
            raise InputError(
                "a stratum has no sample",
                expected=f"{LEAST_UNITS} units or more",
                found="none",
                where=where,
                remedy=remedy,
            )
        if count < LEAST_UNITS:
            unit = unit_ids[int(np.flatnonzero(of_stratum == index)[0])]
            raise InputError(
                "a stratum has a single unit, so it has no standard error",
                expected=f"{LEAST_UNITS} units or more",
                found=f"unit {unit}",
                where=where,
                remedy=remedy,
            )
        if stratum.pixel_count is not None and count > stratum.pixel_count:
            raise InputError(
                "a stratum has more units than pixels",
                expected=f"at most {stratum.pixel_count:,}",
                found=f"{count:,}",
                where=where,
                remedy="mend the stratum of the units or its pixel count",
            )


def _areas(unit_areas: Sequence[float] | Floats | None, unit_ids: Sequence[str]) -> Floats:
    if unit_areas is None:
        return np.ones(len(unit_ids))
    areas = np.asarray(unit_areas, np.float64)
    if areas.shape != (len(unit_ids),):
        raise InputError("units and areas differ in number", expected=str(len(unit_ids)), found=str(len(areas)))
    bad = np.flatnonzero(~(np.isfinite(areas) & (areas > 0)))
    if bad.size:
        raise InputError(
            "a unit has no area",
            expected="an area above 0",
            found=str(areas[bad[0]]),
            where=f"unit {unit_ids[int(bad[0])]}",
            remedy="mend the area, or leave all areas out if they are the same",
        )
    return areas


def _cells(of_stratum: Integers, columns: Mapping[str, Sequence[Label]]) -> tuple[Integers, Integers]:
    """Return the cell of each unit, shape (n,), and one unit of each cell, shape (C,)."""
    cells = of_stratum
    for values in columns.values():
        codes = {
            label: code for code, label in enumerate(sorted(set(values), key=lambda label: (label is not None, label)))
        }
        of_label = np.fromiter((codes[label] for label in values), np.int64, len(values))
        # Renumbering after each column keeps the product within 64 bits, whatever the number of columns.
        cells = np.unique(cells * len(codes) + of_label, return_inverse=True)[1].astype(np.int64)
    _, first_units, cells = np.unique(cells, return_index=True, return_inverse=True)
    return cells.astype(np.int64), first_units.astype(np.int64)


def _sums(areas: Floats, cells: Integers, count: int) -> tuple[Floats, Floats]:
    """Return the sums of areas and of their squares by cell, exactly rounded: whatever the order of the units."""
    ordered = areas[np.argsort(cells, kind="stable")]
    ends = np.cumsum(np.bincount(cells, minlength=count))
    parts = [part.tolist() for part in np.split(ordered, ends[:-1])]
    squares = [part.tolist() for part in np.split(ordered**2, ends[:-1])]
    return np.array([math.fsum(part) for part in parts]), np.array([math.fsum(part) for part in squares])


def _variance_factors(
    strata: Sequence[Stratum], counts: Integers, estimator: Estimator, finite_population_correction: bool
) -> Floats:
    """Return c with Var(total) = Σ_h c_h s²_h.

    Source: Cochran 1977, Sampling Techniques, 5.3 (stratified) and 5A.42 (post-stratified, over all allocations that a
    simple random sample may happen to have).
    """
    areas = np.array([stratum.area for stratum in strata])
    if estimator == "post_stratified":
        frame, n = _frame(strata), float(counts.sum())
        weights = areas / frame.area
        left = 1 - _sampled_share(frame, int(n)) if finite_population_correction else 1.0
        return frame.area**2 * (left * weights / n + (1 - weights) / n**2)
    factors = areas**2 / counts
    if finite_population_correction:
        factors *= [1 - _sampled_share(stratum, int(count)) for stratum, count in zip(strata, counts, strict=True)]
    return np.asarray(factors, np.float64)


def _sampled_share(stratum: Stratum, count: int) -> float:
    if stratum.pixel_count is None:
        raise InputError(
            "a finite population correction needs the number of pixels",
            where=f"stratum {stratum.stratum_id}",
            remedy="give the pixel count of each stratum, or estimate without the correction",
        )
    return count / stratum.pixel_count
