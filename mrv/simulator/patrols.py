"""Patrols of the simulated landscape: two years of SMART exports and EarthRanger files, with the mistakes that patrols make."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from mrv.boundaries import Zone
from mrv.files import write_bytes
from mrv.periods import Span
from mrv.sources.fetch import SIMULATED_MARK

SMART_PATROLS, RANGER_PATROLS = 40, 14
MINUTES, HOURS_A_DAY = 10, 8
STEP_M = 320.0
LIMA = timedelta(hours=-5)
_DEG_M = 111_320.0
_CATEGORIES = (
    # Levels, weight, and whether it is a threat.
    (("Amenazas", "Tala"), 7, True),
    (("Amenazas", "Roza y quema"), 5, True),
    (("Amenazas", "Caza"), 5, True),
    (("Amenazas", "Ganado"), 2, True),
    (("Amenazas", "Campamento"), 2, True),
    (("Fauna", "Avistamiento de fauna"), 10, False),
    (("Actividad de patrullaje", "Punto de control"), 6, False),
)
_LEADERS = ("Guardaparque A", "Guardaparque B", "Guardaparque C", "Guardaparque D")
_RANGER_TYPES = (("security", "logging_rep"), ("security", "fire_rep"), ("security", "snare_rep"))


@dataclass
class Point:
    """A point of a track, at a moment of the local clock."""

    at: datetime
    longitude: float
    latitude: float


@dataclass
class Patrol:
    """A patrol: its id, its track and what it met (point, category, days until a response)."""

    patrol_id: str
    leader: str
    track: list[Point]
    events: list[tuple[Point, int, int | None]] = field(default_factory=list)


def make_patrols(
    rng: np.random.Generator, zones: Sequence[Zone], span: Span, *, count: int, prefix: str
) -> list[Patrol]:
    """Make patrols of one to three days, evenly over a span, in and around the project area."""
    area = shapely.union_all([zone.geometry for zone in zones if zone.kind == "project_area"])
    patrols = []
    for number in range(1, count + 1):
        first = span.start + timedelta(days=int((number - 1) * (span.days - 4) / count) + int(rng.integers(0, 4)))
        track = _track(rng, area, first, days=int(rng.integers(1, 4)))
        patrol = Patrol(f"{prefix}{number:04d}", _LEADERS[int(rng.integers(0, len(_LEADERS)))], track)
        for _ in range(int(rng.poisson(1.6))):
            place = track[int(rng.integers(0, len(track)))]
            days = None if rng.random() < 0.25 else int(rng.gamma(2.0, 4.0))
            patrol.events.append((place, _category(rng), days))
        patrols.append(patrol)
    return patrols


def _category(rng: np.random.Generator) -> int:
    weights = np.array([weight for _, weight, _ in _CATEGORIES], dtype=float)
    return int(np.searchsorted(np.cumsum(weights / weights.sum()), rng.random()))


def _track(rng: np.random.Generator, area: shapely.Geometry, first: date, *, days: int) -> list[Point]:
    """Walk with a heading that changes little, turning round at the border of the area."""
    west, south, east, north = area.bounds
    longitude, latitude = rng.uniform(west, east), rng.uniform(south, north)
    while not shapely.contains_xy(area, longitude, latitude):
        longitude, latitude = rng.uniform(west, east), rng.uniform(south, north)
    heading, track = rng.uniform(0, 2 * math.pi), []
    for number in range(days):
        start = datetime.combine(first + timedelta(days=number), time(7, int(rng.integers(0, 50))))
        for step in range(HOURS_A_DAY * 60 // MINUTES):
            at = start + timedelta(minutes=MINUTES * step, seconds=int(rng.integers(0, 20)))
            track.append(Point(at, round(float(longitude), 6), round(float(latitude), 6)))
            heading += float(rng.normal(0, 0.35))
            length = STEP_M * float(rng.uniform(0.3, 1.4))
            x = longitude + length * math.cos(heading) / (_DEG_M * math.cos(math.radians(latitude)))
            y = latitude + length * math.sin(heading) / _DEG_M
            if shapely.contains_xy(area, x, y):
                longitude, latitude = x, y
            else:
                heading += math.pi
    return track


# --- SMART -------------------------------------------------------------------------------------------------------
_TRACK_HEADER = ["ID de Patrulla", "ID de Tramo", "Fecha del Punto", "Hora del Punto", "X", "Y", "Descartado"]
_PATROL_HEADER = [
    *("ID del Área de Conservación", "Nombre del Área de Conservación", "ID de Patrulla", "Tipo"),
    *("Fecha de Inicio de Patrulla", "Fecha de Fin de Patrulla", "Estación", "Equipo", "Objetivo", "Mandato", "Armado"),
    *("ID de Tramo", "Líder", "Piloto", "Fecha de inicio de tramo", "Fecha de fin de tramo", "Tipo de Transporte"),
    "Número de Integrantes",
]
_EVENT_HEADER = [
    *("ID de Patrulla", "ID de Tramo", "ID de Punto", "Fecha del Punto", "Hora del Punto", "X", "Y", "Comentario"),
    *("Observador", "Categoría de Observación 0", "Categoría de Observación 1", "Gravedad"),
    *("Superficie afectada (ha)", "Fecha de respuesta"),
]


def write_smart(folder: Path, seed: int, zones: Sequence[Zone], span: Span) -> None:
    """Write three exports of SMART in Spanish (Windows-1252, semicolons, decimal commas, day first).

    Planted: points that the export repeats, points marked as junk, a point that lies kilometres off, points whose latitude
    and longitude are exchanged, a day that does not exist, an observation that stands twice, one that was answered before it
    was seen, a category that nobody knows, and a patrol without a track.

    Args:
        folder: Where they go.
        seed: Any whole number; the same arguments give the same bytes.
        zones: Zones of the project.
        span: Days on which patrols go out.
    """
    rng = np.random.Generator(np.random.PCG64([seed, 41]))
    patrols = make_patrols(rng, zones, span, count=SMART_PATROLS, prefix="BMS_")
    legs = [_leg(patrol, rng) for patrol in patrols]
    tracks = [_cells(patrol.patrol_id, point) for patrol in patrols[:-1] for point in patrol.track]
    _spoil_tracks(tracks, rng)
    events = [row for patrol in patrols for row in _observations(patrol, rng)]
    _spoil_events(events)
    for name, header, rows in (
        ("patrullas.csv", _PATROL_HEADER, legs),
        ("recorridos.csv", _TRACK_HEADER, tracks),
        ("observaciones.csv", _EVENT_HEADER, events),
    ):
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=";").writerows([header, *rows])
        write_bytes(folder / name, text.getvalue().encode("cp1252"))
    write_bytes(folder / SIMULATED_MARK, f"mrv simulator, seed {seed}\n".encode())


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _comma(value: float) -> str:
    return f"{value:.6f}".replace(".", ",")


def _leg(patrol: Patrol, rng: np.random.Generator) -> list[str]:
    first, last = _day(patrol.track[0].at.date()), _day(patrol.track[-1].at.date())
    return [
        *("BMS", "Biocorredor (simulado)", patrol.patrol_id, "Terrestre", first, last, "Puesto Breo", "Equipo 1"),
        *("Patrullaje de rutina", "Protección", "No", "1", patrol.leader, "", first, last, "A pie"),
        str(int(rng.integers(3, 7))),
    ]


def _cells(patrol_id: str, point: Point) -> list[str]:
    place = (_comma(point.longitude), _comma(point.latitude))
    return [patrol_id, "1", _day(point.at.date()), f"{point.at:%H:%M:%S}", *place, "No"]


def _spoil_tracks(tracks: list[list[str]], rng: np.random.Generator) -> None:
    for place in (150, 151, 152):
        tracks[place][4], tracks[place][5] = tracks[place][5], tracks[place][4]
    tracks[220][5] = _comma(float(tracks[220][5].replace(",", ".")) + 0.9)
    for place in (300, 301):
        tracks[place][6] = "Sí"
    tracks[410][2] = "31/02/2023"
    tracks.extend(list(row) for row in tracks[500:560])
    tracks[:] = [tracks[place] for place in rng.permutation(len(tracks))]


def _observations(patrol: Patrol, rng: np.random.Generator) -> list[list[str]]:
    rows = []
    for number, (point, category, response) in enumerate(patrol.events, start=1):
        levels, _, threat = _CATEGORIES[category]
        answered = _day(point.at.date() + timedelta(days=response)) if threat and response is not None else ""
        area = f"{float(rng.gamma(1.5, 0.8)):.2f}".replace(".", ",") if threat and rng.random() < 0.6 else ""
        rows.append(
            [
                *_cells(patrol.patrol_id, point)[:2],
                str(number),
                *_cells(patrol.patrol_id, point)[2:6],
                *("Observación simulada", patrol.leader, *levels),
                *(("Baja", "Media", "Alta")[int(rng.integers(0, 3))] if threat else "", area, answered),
            ]
        )
    return rows


def _spoil_events(events: list[list[str]]) -> None:
    events.append(list(events[3]))
    events[5][9:11] = ["Señalización", "Letrero"]
    early = next(row for row in events if row[13])
    early[13] = "01/01/2020"


# --- EarthRanger -------------------------------------------------------------------------------------------------
def write_earthranger(folder: Path, seed: int, zones: Sequence[Zone], span: Span) -> None:
    """Write patrols, events and observations as the EarthRanger API gives them.

    Planted: an event without a place, a patrol that was cancelled, an event that the list gives twice, and a point that
    nobody's patrol explains.

    Args:
        folder: Where they go.
        seed: Any whole number; the same arguments give the same bytes.
        zones: Zones of the project.
        span: Days on which patrols go out.
    """
    rng = np.random.Generator(np.random.PCG64([seed, 42]))
    patrols = make_patrols(rng, zones, span, count=RANGER_PATROLS, prefix="er-")
    events = [event for patrol in patrols for event in _ranger_events(patrol, rng)]
    events[0]["location"] = None
    events.append(dict(events[1]))
    observations = [_observation(patrol, point) for patrol in patrols for point in patrol.track]
    observations[10] = {**observations[10], "subject_id": "nobody"}
    cancelled = {"id": "er-9999", "state": "cancelled", "objective": "", "patrol_segments": []}
    for name, content in (
        ("patrols.json", [*(_ranger_patrol(patrol) for patrol in patrols), cancelled]),
        ("events.json", events),
        ("observations.json", observations),
    ):
        write_bytes(folder / name, json.dumps({"data": {"results": content}}, ensure_ascii=False).encode())
    write_bytes(folder / SIMULATED_MARK, f"mrv simulator, seed {seed}\n".encode())


def _stamp(local: datetime) -> str:
    return (local - LIMA).replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")


def _ranger_patrol(patrol: Patrol) -> dict[str, Any]:
    segment = {
        "patrol_type": "routine_patrol",
        "leader": {"id": f"subject-{patrol.patrol_id}", "name": patrol.leader},
        "time_range": {"start_time": _stamp(patrol.track[0].at), "end_time": _stamp(patrol.track[-1].at)},
        "events": [],
    }
    return {"id": patrol.patrol_id, "state": "done", "objective": "Simulated", "patrol_segments": [segment]}


def _ranger_events(patrol: Patrol, rng: np.random.Generator) -> list[dict[str, Any]]:
    rows = []
    for number, (point, _, response) in enumerate(patrol.events, start=1):
        category, kind = _RANGER_TYPES[int(rng.integers(0, len(_RANGER_TYPES)))]
        answered = {} if response is None else {"Response date": str(point.at.date() + timedelta(days=response))}
        rows.append(
            {
                "id": f"{patrol.patrol_id}-e{number}",
                "event_type": kind,
                "event_category": category,
                "time": _stamp(point.at),
                "priority": (100, 200, 300)[int(rng.integers(0, 3))],
                "reported_by": {"name": patrol.leader},
                "location": {"longitude": point.longitude, "latitude": point.latitude},
                "patrols": [patrol.patrol_id],
                "event_details": answered,
            }
        )
    return rows


def _observation(patrol: Patrol, point: Point) -> dict[str, Any]:
    return {
        "subject_id": f"subject-{patrol.patrol_id}",
        "recorded_at": _stamp(point.at),
        "location": {"longitude": point.longitude, "latitude": point.latitude},
        "exclusion_flags": 0,
    }
