"""Source `stac` of a project definition: which scenes are searched, and the composites and changes made of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from mrv.periods import Span
from mrv.project_base import DateRange, Identifier, Strict, ZoneKind

SENTINEL_2 = ("sentinel-2-l2a", "sentinel-2-c1-l2a")
LANDSAT = ("landsat-c2-l2", "landsat-c2l2-sr")


class Composite(DateRange):
    """The days whose scenes make one image of the best pixels."""

    id: Identifier


class CompositeChange(Strict):
    """Two composites whose vegetation indices are compared."""

    before: Identifier
    after: Identifier


class Stac(Strict):
    """Scenes of Sentinel-2 or Landsat by a STAC API, and the composites made of them."""

    connector: Literal["stac"]
    name: Identifier
    url: str = Field(description="Root of the API, for example https://earth-search.aws.element84.com/v1.")
    collections: tuple[Literal["sentinel-2-l2a", "sentinel-2-c1-l2a", "landsat-c2-l2", "landsat-c2l2-sr"], ...] = Field(
        min_length=1
    )
    composites: tuple[Composite, ...] = Field(min_length=1)
    changes: tuple[CompositeChange, ...] = ()
    zone_kinds: tuple[ZoneKind, ...] = Field(
        (), description="Kinds of zones that are searched and measured; none: all."
    )
    max_cloud_percent: int = Field(60, ge=0, le=100)
    max_scenes_per_tile: int = Field(
        8, ge=1, le=60, description="The clearest scenes of a tile that a composite takes."
    )
    page_size: int = Field(100, ge=1, le=1000)
    exclude: tuple[str, ...] = Field(
        (), description="Ids of scenes that are not to be used, for example because of haze."
    )
    mask: Literal["standard", "strict"] = Field(
        "standard", description="Strict also masks dark, saturated and unclassified pixels, and medium confidence."
    )
    resampling: Literal["nearest", "bilinear", "average"] = Field(
        "nearest", description="How reflectance comes to the grid; classes are always taken from the nearest pixel."
    )
    resolution_m: int = Field(ge=10, le=1000)
    crs: Annotated[str, StringConstraints(pattern=r"^EPSG:\d+$")] | None = Field(
        None, description="Grid of the composites, in metres; default: local_crs."
    )

    @model_validator(mode="after")
    def _whole(self) -> Stac:
        ids = [composite.id for composite in self.composites]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"composite {twice[0]} is declared twice")
        for change in self.changes:
            for name in (change.before, change.after):
                if name not in ids:
                    raise ValueError(f"a change names composite {name}; there are {', '.join(ids)}")
            if self.composite(change.before).start >= self.composite(change.after).start:
                raise ValueError(f"composite {change.before} does not begin before {change.after}")
        pairs = [(change.before, change.after) for change in self.changes]
        if len(set(pairs)) < len(pairs):
            raise ValueError("a change is declared twice")
        if len({name in SENTINEL_2 for name in self.collections}) > 1:
            raise ValueError("one source takes Sentinel-2 or Landsat: the two do not measure the same reflectance")
        return self

    @property
    def datasets(self) -> tuple[str, ...]:
        """Landed datasets that the source feeds."""
        return ("scenes",)

    def composite(self, composite_id: str) -> Composite:
        """Return a composite by its id."""
        return next(item for item in self.composites if item.id == composite_id)

    def of_window(self, window: Span) -> tuple[list[Composite], list[CompositeChange]]:
        """Return what a period makes: its changes, whose later composite has days in it, and the composites of both."""
        own = {item.id for item in self.composites if item.span.intersect(window) is not None}
        changes = [change for change in self.changes if change.after in own]
        needed = own | {change.before for change in changes}
        return [item for item in self.composites if item.id in needed], changes
