"""Before-and-after image chips around the units of a sample, from the composites of its period: blind, as the units go out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from mrv.errors import InputError, UsageError
from mrv.files import write_bytes
from mrv.ledger import Artifact
from mrv.project_sampling import Sampling
from mrv.project_scenes import Stac
from mrv.stages.check import check_received
from mrv.stages.context import Context
from mrv.stages.land import land, pull
from mrv.stages.measure_scenes import MadeComposite, seen_composites
from mrv.stages.sample_export import BlindUnit, blind_units
from mrv.stages.validate_sampling import declared_design

if TYPE_CHECKING:
    from raster.chips import CompositeReader

INDEX = "index.html"
_TITLES = (("Before", "Antes"), ("After", "Después"))
_NOTES = (
    "Short-wave infrared, near infrared and red as red, green and blue; white was not seen clear. The square is the unit.",
    "Infrarrojo de onda corta, infrarrojo cercano y rojo como rojo, verde y azul; blanco: no se vio claro. El cuadro es la unidad.",
)
_SIMULATED = "SIMULATED images: they say nothing about the real place. / Imágenes SIMULADAS: nada dicen del lugar real."
_LEAST_COMPOSITES = 2


@dataclass(frozen=True)
class ChipsMade:
    """What came of drawing chips.

    Attributes:
        folder: Where they lie.
        unit_ids: Units that have a chip.
        skipped: Unit to the reason why it has none.
        composites: Ids of the composites before and after.
        warnings: What the images cannot tell of the years of the design.
    """

    folder: Path
    unit_ids: tuple[str, ...]
    skipped: dict[str, str]
    composites: tuple[str, str]
    warnings: tuple[str, ...]


def make_chips(context: Context, spec: Sampling, *, folder: Path, size_m: float, source: str | None) -> ChipsMade:
    """Draw a chip of each unit from the first and the last composite of the period, and a page that shows them all.

    Args:
        context: The run; its scenes are pulled and its composites made if they are not there yet.
        spec: The sample.
        folder: Where the chips go.
        size_m: Side of a chip, metres.
        source: The source of scenes; None: the only one.

    Raises:
        UsageError: There is no such source, or several and none is named.
        InputError: The design is not as it was drawn, or the period has fewer than two composites with scenes.
        ProjectError: The design is not the one that the project declares.
    """
    design = declared_design(context.project, spec)
    stac = _source(context, source)
    pulled = pull(context, stac)
    scenes = check_received(context, land(context, stac, pulled))["scenes"].table()
    made = seen_composites(context, stac, scenes, pulled.artifacts)
    if len(made) < _LEAST_COMPOSITES:
        raise InputError(
            "there are no two composites to show before and after",
            expected=f"two composites of source {stac.name} with scenes for period {context.period.id}",
            found=", ".join(item.composite_id for item in made) or "none",
            where=str(context.project.file),
            remedy="declare composites at the start and at the end of the period, or wider windows for them",
        )
    pair = (made[0], made[-1])
    crs = stac.crs or context.definition.local_crs
    document = design.document
    asked, warnings = span_notes(pair, first_year=document.first_year, last_year=document.last_year)
    simulated = any(item.simulated for item in pulled.artifacts)
    notes = [*asked, *warnings, *_NOTES, *([_SIMULATED] if simulated else [])]
    units = blind_units(design)
    with context.progress.task("image chips", len(units)) as advance:
        skipped = {}
        for unit, reason in draw_units(units, pair, folder, crs=crs, size_m=size_m, notes=notes):
            advance(1)
            if reason:
                skipped[unit.unit_id] = reason
    shown = tuple(unit.unit_id for unit in units if unit.unit_id not in skipped)
    write_bytes(
        folder / INDEX, _index(design.document.design_id, shown, skipped, [*notes, *_citations(pulled.artifacts)])
    )
    return ChipsMade(folder, shown, skipped, (pair[0].composite_id, pair[1].composite_id), tuple(warnings))


def span_notes(
    pair: tuple[MadeComposite, MadeComposite], *, first_year: int, last_year: int
) -> tuple[list[str], list[str]]:
    """Say which years an interpreter is asked about, and which part of them two composites cannot tell.

    Args:
        pair: The composites before and after.
        first_year: First year of the design.
        last_year: Last year of it.

    Returns:
        Lines of the question, and of the warning, each in English and Spanish; no warning where the images enclose the years.
    """
    before, after = pair
    asked = [
        f"The unit is asked about from 1 January {first_year} to 31 December {last_year}.",
        f"Se pregunta por la unidad del 1 de enero de {first_year} al 31 de diciembre de {last_year}.",
    ]
    begin, end, told = before.last_day, after.first_day, []
    if begin and begin > date(first_year, 1, 1):
        told.append((f"before {begin}", f"antes del {begin}"))
    if end and end < date(last_year, 12, 31):
        told.append((f"after {end}", f"después del {end}"))
    if not told:
        return asked, []
    english, spanish = " or ".join(gap[0] for gap in told), " ni ".join(gap[1] for gap in told)
    return asked, [
        f"WARNING: these two images do not show loss {english}: look at other images for it.",
        f"AVISO: estas dos imágenes no muestran la pérdida {spanish}: véase en otras imágenes.",
    ]


def _source(context: Context, name: str | None) -> Stac:
    known = {spec.name: spec for spec in context.definition.sources if isinstance(spec, Stac)}
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name not in known:
        raise UsageError(
            f"there is no source of scenes {name}" if name else "which source of scenes is meant is not clear",
            expected=", ".join(known) or "a source of connector stac with composites",
            where=str(context.project.file),
            remedy="name one with --source" if known else "declare one; docs/guide/scenes.md shows the keys",
        )
    return known[name]


def draw_units(
    units: Sequence[BlindUnit],
    pair: tuple[MadeComposite, MadeComposite],
    folder: Path,
    *,
    crs: str,
    size_m: float,
    notes: Sequence[str],
) -> Iterator[tuple[BlindUnit, str | None]]:
    """Draw the chip of each unit; yield the unit, and why it has none if it has none.

    Args:
        units: The units.
        pair: The composites before and after, both with files.
        folder: Where `<unit id>.png` goes.
        crs: Coordinate system of the composites.
        size_m: Side of a chip, metres.
        notes: Lines below the pictures.
    """
    from raster.chips import open_composite

    with ExitStack() as stack:
        readers = [stack.enter_context(open_composite((item.files or {})["reflectance"], crs=crs)) for item in pair]
        for unit in units:
            yield unit, _draw(unit, readers, pair, folder / f"{unit.unit_id}.png", size_m=size_m, notes=notes)


def _draw(
    unit: BlindUnit,
    readers: Sequence[CompositeReader],
    pair: Sequence[MadeComposite],
    path: Path,
    *,
    size_m: float,
    notes: Sequence[str],
) -> str | None:
    from raster.chips import Panel, draw_chips

    chips = [reader.chip(unit.outline, size_m=size_m) for reader in readers]
    hidden = [item.composite_id for item, chip in zip(pair, chips, strict=True) if not chip.is_clear]
    if hidden:
        # One of an earlier run would show other composites.
        path.unlink(missing_ok=True)
        return f"no clear pixel in {' and '.join(hidden)}"
    panels = [
        Panel(chip, title, f"{item.composite_id}: {item.first_day} \u2013 {item.last_day}")
        for chip, title, item in zip(chips, _TITLES, pair, strict=True)
    ]
    heading = f"{unit.unit_id}   {unit.latitude:.5f}, {unit.longitude:.5f}"
    draw_chips(path, panels, heading=heading, notes=notes, size_m=size_m)
    return None


def _citations(artifacts: Sequence[Artifact]) -> list[str]:
    return sorted({item.citation for item in artifacts})


def _index(design_id: str, shown: Sequence[str], skipped: Mapping[str, str], notes: Sequence[str]) -> bytes:
    """Return a page that shows all chips and lists the units without one, in English and Spanish."""
    pictures = "".join(
        f'<figure><a href="{escape(name)}.png"><img src="{escape(name)}.png" alt="{escape(name)}" loading="lazy"></a></figure>\n'
        for name in shown
    )
    without = "".join(f"<li>{escape(name)}: {escape(reason)}</li>\n" for name, reason in skipped.items())
    lines = "".join(f"<p>{escape(note)}</p>\n" for note in notes)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(design_id)}</title>\n"
        "<style>body{font-family:sans-serif;margin:1.5em}figure{display:inline-block;margin:.4em}img{width:32em;max-width:100%}"
        "p{margin:.2em 0}</style></head><body>\n"
        f"<h1>{escape(design_id)}: {len(shown):,} image chips / recortes de imagen</h1>\n{lines}{pictures}"
        + (
            f"<h2>Units without a chip / Unidades sin recorte: {len(skipped):,}</h2>\n<ul>\n{without}</ul>\n"
            if skipped
            else ""
        )
        + "</body></html>\n"
    ).encode()
