"""Draw a sample from a map and freeze it, or draw more units onto a frozen design."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mrv.errors import InputError, ProjectError, UsageError
from mrv.estimation.drawing import draw_ranks, grid_start, unit_order
from mrv.estimation.sample import WHOLE_FRAME
from mrv.project import LoadedProject
from mrv.project_sampling import Sampling
from mrv.sources.sample_design_files import (
    UNITS_FILE,
    DesignDocument,
    DesignStep,
    DesignStratum,
    FrozenDesign,
    is_frozen,
    read_design,
    unit_id,
)
from mrv.stages.context import Context
from mrv.stages.sample_files import DesignFiles, changed_keys, design_files, lines_sha256, unit_rows, write_design
from mrv.stages.sample_map import SampledMap, survey_map
from mrv.stages.sample_sizes import Precision, expected_precision, planned_counts, refuse_too_many

if TYPE_CHECKING:
    from raster.sampling_frame import Frame, FrameUnits

_NEW_DESIGN = "take the change back, or draw a new design: another id and folder"


@dataclass(frozen=True)
class Drawn:
    """A design that is frozen now.

    Attributes:
        folder: Where it lies.
        document: What its `design.json` says.
        sha256: Its hash.
        new_units: How many units were drawn; 0: the design was there already.
        precision: What it may be expected to be, where the definition says what to expect.
    """

    folder: Path
    document: DesignDocument
    sha256: str
    new_units: int
    precision: Precision | None


def chosen_sample(project: LoadedProject, design: str | None) -> Sampling:
    """Return a declared sample by its id, or the only one.

    Raises:
        UsageError: There is none of that id, or several and no id.
    """
    samples = {spec.id: spec for spec in project.definition.sampling}
    if design is None and len(samples) == 1:
        return next(iter(samples.values()))
    if design not in samples:
        raise UsageError(
            f"project {project.definition.id} has no sample {design}"
            if design
            else "which sample is meant is not clear",
            expected=", ".join(samples) or "a sample under sampling in project.yaml",
            remedy="name one with --design"
            if samples
            else "declare one; docs/guide/project-definition.md shows the keys",
        )
    return samples[design]


def draw_design(context: Context, spec: Sampling, *, enlarge: bool) -> Drawn:
    """Draw a sample and freeze it in its folder; what is frozen there already stays as it is.

    Args:
        context: The project in the period of the sample.
        spec: What is declared.
        enlarge: Draw onto the frozen design the units that the definition now asks for beyond it.

    Raises:
        ProjectError: Another design is frozen there, or what it was drawn from has changed; or the definition does not hold.
        InputError: The frozen design was edited, or its units are not those that its seed draws; the map cannot be used, or
            the size does not fit the strata.
        SourceError: A source of the map cannot be reached.
        StoreError: The disk refuses. What was frozen before stays.
    """
    folder = context.project.path(spec.folder)
    old = read_design(folder) if is_frozen(folder) else None
    grows = _grows(context, spec, old, enlarge=enlarge)
    surveyed = survey_map(context, spec)
    if old is not None:
        _refuse_other_ground(context, spec, old.document, surveyed)
        _refuse_other_units(folder, old, surveyed.frame)
        if not grows:
            strata = old.document.strata
            precision = expected_precision(spec, strata, {item.stratum_id: item.drawn_count for item in strata})
            return Drawn(folder, old.document, old.sha256, 0, precision)
    files = _design(context, spec, surveyed, old)
    write_design(folder, files)
    drawn = {item.stratum_id: item.drawn_count for item in files.document.strata}
    new_units = sum(drawn.values()) - (len(old.units) if old else 0)
    return Drawn(
        folder, files.document, files.sha256, new_units, expected_precision(spec, files.document.strata, drawn)
    )


def _grows(context: Context, spec: Sampling, old: FrozenDesign | None, *, enlarge: bool) -> bool:
    """Tell whether a frozen design is to be enlarged, and refuse what cannot be drawn onto it."""
    where = f"{context.project.file}, sampling ({spec.id})"
    if old is None:
        if enlarge:
            raise ProjectError(
                "there is no frozen design to enlarge",
                expected=f"a design in {context.project.path(spec.folder)}",
                where=where,
                remedy="draw it first, without --enlarge",
            )
        return False
    document = old.document
    others, sizing = changed_keys(document, spec)
    if (document.design_id, document.project_id) != (spec.id, context.definition.id):
        others = ["id", *others]
    if others:
        raise ProjectError(
            "another design is frozen in the folder",
            expected="what was declared when it was drawn",
            found=f"other values of {', '.join(dict.fromkeys(others))}",
            where=where,
            remedy=_NEW_DESIGN,
        )
    if sizing and not enlarge:
        raise ProjectError(
            "a frozen design has another size than is declared",
            expected="what was declared when it was drawn",
            found=f"other values of {', '.join(sizing)}",
            where=where,
            remedy="take the change back, or draw the units that it adds with --enlarge",
        )
    last, spacing = document.specification.spacing_pixels, spec.spacing_pixels
    if last is not None and spacing is not None and last % spacing:
        raise ProjectError(
            "a systematic design does not keep its units with this spacing",
            expected=f"a divisor of {last}",
            found=str(spacing),
            where=where,
            remedy="mend spacing_pixels",
        )
    return bool(sizing)


def _refuse_other_ground(context: Context, spec: Sampling, document: DesignDocument, now: SampledMap) -> None:
    """Refuse to go on with a design whose map, boundaries or forest are others than when it was drawn."""
    same = {
        "the version of the map": (document.map.product, document.map.version) == (now.map.product, now.map.version),
        "the files of the map": document.map.sha256 == now.map.sha256,
        "the grid of the map": document.grid == now.grid,
    }
    changed = [name for name, holds in same.items() if not holds] + now.ground.changed_since(document)
    if not changed:
        frozen = {item.stratum_id: (item.pixel_count, item.area_um2) for item in document.strata}
        found = {item.stratum_id: (item.pixel_count, item.area_um2) for item in now.frame.strata}
        changed = [
            f"the pixels of {name}"
            for name in sorted(frozen.keys() | found.keys())
            if frozen.get(name) != found.get(name)
        ]
    if changed:
        raise ProjectError(
            f"design {spec.id} was drawn from something else than is there now",
            expected="the map, boundaries and forest definition of the frozen design",
            found=f"changed: {', '.join(changed)}",
            where=f"{context.project.path(spec.folder)}",
            remedy="bring back what it was drawn from, or draw a new design: another id and folder",
        )


def _design(context: Context, spec: Sampling, surveyed: SampledMap, old: FrozenDesign | None) -> DesignFiles:
    """Draw the units that a design lacks and put its files together."""
    frame, ground = surveyed.frame, surveyed.ground
    strata = [_stratum(item, 0) for item in frame.strata]
    counts = _counts(context, spec, strata, old)
    steps, before = (old.document.steps, old.units) if old else ((), ())
    first_spacing = steps[0].spacing_pixels if steps else spec.spacing_pixels
    known = {(row["pixel_row"], row["pixel_column"]) for row in before}
    step = len(steps) + 1
    units, rows = _step(spec, frame, counts, known, step=step, first_spacing=first_spacing)
    lines = [*(old.unit_lines[1:] if old else ()), *rows]
    new = Counter(units.stratum_id.tolist())
    drawn = Counter(row["stratum_id"] for row in before) + new
    current = DesignStep(
        step=step,
        size=spec.size,
        target=spec.target,
        allocation=spec.allocation,
        spacing_pixels=spec.spacing_pixels,
        drawn=dict(sorted(new.items())),
        unit_count=len(lines),
        units_sha256=lines_sha256(lines),
    )
    return design_files(
        {
            "schema_version": 1,
            "design_id": spec.id,
            "project_id": context.definition.id,
            "period": ground.period,
            "first_year": ground.years[0],
            "last_year": ground.years[1],
            "specification": spec,
            "map": surveyed.map,
            "default_stratum": ground.default_stratum,
            "sampled_zones": ground.sampled_zones,
            "boundaries": ground.boundaries,
            "grid": surveyed.grid,
            "pixel_count": frame.pixel_count,
            "area_um2": frame.area_um2,
            "unobserved_area_um2": frame.unobserved_um2,
            "steps": (*steps, current),
        },
        strata=[_stratum(item, drawn[item.stratum_id]) for item in frame.strata],
        unit_lines=lines,
    )


def _stratum(item: Any, drawn: int) -> DesignStratum:
    return DesignStratum(
        stratum_id=item.stratum_id,
        stratum_class=item.stratum_class,
        map_class=item.map_class,
        zone_id=item.zone_id,
        carbon_stratum_id=item.carbon_stratum_id,
        pixel_count=item.pixel_count,
        area_um2=item.area_um2,
        drawn_count=drawn,
    )


def _counts(
    context: Context, spec: Sampling, strata: Sequence[DesignStratum], old: FrozenDesign | None
) -> dict[str, int]:
    """Return how many units each stratum, or the whole frame, has after this step: never less than before it."""
    if spec.draw == "systematic":
        return {}
    planned = planned_counts(spec, strata)
    if old is None:
        return planned
    had = {item.stratum_id: item.drawn_count for item in old.document.strata}
    if spec.draw == "simple_random":
        had = {WHOLE_FRAME: sum(had.values())}
    counts = {name: max(count, had[name]) for name, count in planned.items()}
    if counts == had:
        raise ProjectError(
            "the definition asks for no unit more than are frozen",
            expected=f"more than {len(old.units):,} units",
            found=f"{sum(planned.values()):,}",
            where=f"{context.project.file}, sampling ({spec.id})",
            remedy="raise size or counts, or lower the target",
        )
    return counts


def _step(
    spec: Sampling,
    frame: Frame,
    counts: Mapping[str, int],
    known: Set[tuple[int, int]],
    *,
    step: int,
    first_spacing: int | None,
) -> tuple[FrameUnits, list[str]]:
    """Return the units that a step adds to those of `known` rows and columns, and their lines of `units.csv`."""
    units, probabilities = _drawn(spec, frame, counts, first_spacing)
    added = np.array([pixel not in known for pixel in _pixels(units)], dtype=np.bool_)
    if not added.any():
        raise InputError(
            "no unit is drawn",
            expected="at least one pixel of the grid of units in the sampled zones",
            remedy="lower spacing_pixels",
        )
    units, probabilities = units.pick(added), probabilities[added]
    order = unit_order(seed=spec.seed, name=_sequence(spec, f"order {step}"), count=len(probabilities))
    units, probabilities = units.pick(order), probabilities[order]
    return units, unit_rows(units, probabilities.tolist(), design_id=spec.id, step=step, first_number=len(known) + 1)


def _pixels(units: FrameUnits) -> list[tuple[int, int]]:
    return list(zip(units.row.tolist(), units.column.tolist(), strict=True))


def _refuse_other_units(folder: Path, old: FrozenDesign, frame: Frame) -> None:
    """Refuse a frozen design whose units are not those that its seed draws: hashes are no proof against who knows how.

    Raises:
        InputError: A unit is another one; the message names the first.
    """
    spec, steps = old.document.specification, old.document.steps
    known: set[tuple[int, int]] = set()
    counts: Counter[str] = Counter()
    lines: list[str] = []
    strata = {item.stratum_id for item in frame.strata}
    for step in steps:
        counts.update({name: count for name, count in step.drawn.items() if name in strata})
        units, rows = _step(
            spec.model_copy(update={"spacing_pixels": step.spacing_pixels}),
            frame,
            {WHOLE_FRAME: counts.total()} if spec.draw == "simple_random" else counts,
            known,
            step=step.step,
            first_spacing=steps[0].spacing_pixels,
        )
        known.update(_pixels(units))
        lines += rows
    for number, (drawn, frozen) in enumerate(zip_longest(lines, old.unit_lines[1:]), start=1):
        if drawn != frozen:
            raise InputError(
                "the units of a frozen design are not those that its seed draws",
                expected=f"{len(lines):,} units, as seed {spec.seed} draws them from the map",
                found=f"another unit {number:,} of {len(old.units):,}",
                where=f"{folder / UNITS_FILE}, row {number}, {unit_id(spec.id, number)}",
                remedy="bring the frozen files back as they were drawn, or draw a new design: another id and folder",
            )


def _drawn(
    spec: Sampling, frame: Frame, counts: Mapping[str, int], first_spacing: int | None
) -> tuple[FrameUnits, NDArray[np.float64]]:
    """Return every unit of the design after a step, those of earlier steps too, and the probability of each."""
    if spec.draw == "systematic":
        spacing = spec.spacing_pixels or 0
        refuse_too_many(spec, frame.pixel_count // spacing**2)
        name = _sequence(spec, "grid")
        row, column = grid_start(seed=spec.seed, name=name, spacing=first_spacing or spacing)
        # The start of the first step, so that the finer grid holds the coarser one.
        units = frame.grid_units(row % spacing, column % spacing, spacing)
        return units, np.full(len(units), 1 / spacing**2)
    refuse_too_many(spec, sum(counts.values()))
    if spec.draw == "simple_random":
        count = counts[WHOLE_FRAME]
        name = _sequence(spec, WHOLE_FRAME)
        ranks = draw_ranks(seed=spec.seed, name=name, population=frame.pixel_count, count=count)
        return frame.units_of_frame(ranks), np.full(count, count / frame.pixel_count)
    pixels = {item.stratum_id: item.pixel_count for item in frame.strata}
    units = frame.units(
        {
            name: draw_ranks(seed=spec.seed, name=_sequence(spec, name), population=pixels[name], count=count)
            for name, count in counts.items()
        }
    )
    shares = {name: count / pixels[name] for name, count in counts.items()}
    return units, np.array([shares[name] for name in units.stratum_id.tolist()])


def _sequence(spec: Sampling, name: str) -> str:
    """Name a random sequence of a design: two designs of one seed do not draw the same places."""
    return f"{spec.id}/{name}"
