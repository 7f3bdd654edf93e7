"""What a sample stands on besides the files of its map: period, years, zones and forest, now and when it was frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from mrv.boundaries import Zone
from mrv.project import ForestDefinition, LoadedProject, MonitoringPeriod
from mrv.project_sampling import Sampling
from mrv.sources.sample_design_files import DesignDocument, DesignZone


@dataclass(frozen=True)
class Ground:
    """What decides which pixel belongs to which stratum, besides the map.

    Attributes:
        period: The monitoring period.
        years: First and last year of change.
        sampled_zones: Ids of the zones whose pixels are sampled.
        boundaries: These zones and the project's strata.
        default_stratum: Stratum of land outside every stratum zone.
        forest_definition: What counts as forest; None where the map is one of classes.
    """

    period: MonitoringPeriod
    years: tuple[int, int]
    sampled_zones: tuple[str, ...]
    boundaries: tuple[DesignZone, ...]
    default_stratum: str | None
    forest_definition: ForestDefinition | None

    @classmethod
    def of(cls, project: LoadedProject, zones: Sequence[Zone], spec: Sampling) -> Ground:
        """Return what a sample stands on now.

        Raises:
            UsageError: Its period is none of the project.
        """
        definition, sampled = project.definition, sampled_zones(zones, spec)
        period = definition.period(spec.period)
        strata = [zone for zone in zones if zone.kind == "stratum" and zone not in sampled]
        return cls(
            period=period,
            years=years_of(period, spec),
            sampled_zones=tuple(sorted(zone.zone_id for zone in sampled)),
            boundaries=tuple(_boundary(zone) for zone in sorted([*sampled, *strata], key=lambda zone: zone.zone_id)),
            default_stratum=definition.default_stratum,
            forest_definition=definition.forest_definition if spec.class_map is None else None,
        )

    def changed_since(self, document: DesignDocument) -> list[str]:
        """Name what is no longer as it was when a design was frozen."""
        same = {
            "the monitoring period": document.period == self.period,
            "the years": (document.first_year, document.last_year) == self.years,
            "the sampled zones": document.sampled_zones == self.sampled_zones,
            "the stratum by default": document.default_stratum == self.default_stratum,
            "the forest definition": _counted(document.map.forest_definition) == _counted(self.forest_definition),
        }
        before, now = _shapes(document.boundaries), _shapes(self.boundaries)
        moved = [name for name in sorted(before.keys() | now.keys()) if before.get(name) != now.get(name)]
        return [name for name, holds in same.items() if not holds] + [f"the boundary of {name}" for name in moved]


def years_of(period: MonitoringPeriod, spec: Sampling) -> tuple[int, int]:
    """Return first and last year of change: as declared, or those that the period touches."""
    first = period.start.year if spec.first_year is None else spec.first_year
    last = period.end.year if spec.last_year is None else spec.last_year
    return first, last


def sampled_zones(zones: Sequence[Zone], spec: Sampling) -> list[Zone]:
    """Return the zones that a design samples: those named, or every project area and leakage belt."""
    if spec.zones:
        return [zone for zone in zones if zone.zone_id in spec.zones]
    return [zone for zone in zones if zone.kind in ("project_area", "leakage_belt")]


def _boundary(zone: Zone) -> DesignZone:
    return DesignZone(
        zone_id=zone.zone_id,
        kind=zone.kind,
        boundary_version=zone.boundary_version,
        geometry_sha256=hashlib.sha256(shapely.to_wkb(zone.geometry)).hexdigest(),
    )


def _shapes(boundaries: Sequence[DesignZone]) -> Mapping[str, str]:
    return {zone.zone_id: zone.geometry_sha256 for zone in boundaries}


def _counted(forest: ForestDefinition | None) -> dict[str, Any] | None:
    """Return what decides what counts as forest: not the words with which a document is cited."""
    return None if forest is None else forest.model_dump(exclude={"document"})
