"""A team that labels exported units: answers in the layout of Collect Earth Online's download, and an expert's resolutions."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

from mrv.files import write_bytes
from mrv.simulator.interpreters import UNUSABLE, Readings, places, read, read_by_expert
from mrv.simulator.truth import LOSS, STABLE_FOREST, STABLE_NON_FOREST, Ints, Truth, uniform

TEAM = ("rosa@example.org", "tomas@example.org")
"""Nobody real: example.org belongs to no one."""
EXPERT = "lucia@example.org"
ANSWERS = {LOSS: "Forest loss", STABLE_FOREST: "Forest", STABLE_NON_FOREST: "No forest"}
QUESTIONS = {
    "label": "Change",
    "loss_year": "Year of loss",
    "image_before_id": "Image before",
    "image_before_date": "Date before",
    "image_after_id": "Image after",
    "image_after_date": "Date after",
}
"""Questions of the survey by the landed column that they answer, as a definition writes them."""
_BEFORE = (
    "plotid", "sampleid", "sample_internal_id", "lon", "lat", "email", "flagged", "collection_time", "analysis_duration",
    "used_geodash", "used_kml", "imagery_title", "imagery_attributions", "sample_geom", "confidence",
    "confidence_comment", "pl_unit_id",
)  # fmt: skip
_AFTER = ("Guest Interpreters",)
MINUTES = 2
"""From one unit to the next."""
IMAGE_DAYS = 40
"""Images lie so close to the beginning and the end of the years, in days."""


@dataclass(frozen=True)
class Team:
    """Who labels which landscape over which years.

    Attributes:
        truth: What there is to see.
        seed: Another seed is another team, with other mistakes.
        first_year: First calendar year in which loss counts.
        last_year: The last one.
    """

    truth: Truth
    seed: int
    first_year: int
    last_year: int

    @property
    def span(self) -> Mapping[str, int]:
        """The years, as the functions that read units take them."""
        return {"first_year": self.first_year, "last_year": self.last_year}


def answer(exported: Path, target: Path, team: Team) -> None:
    """Label every unit of an upload for Collect Earth Online twice, and write what its sample download would hold.

    Args:
        exported: The plot file that `mrv sample export` writes for an upload; nothing else is known of the units.
        target: CSV to write.
        team: Who labels; its two members look at every unit.
    """
    uploaded = _rows(exported)
    upper = [{name.upper(): text for name, text in row.items()} for row in uploaded]
    row, column = _places(upper, "LON", "LAT")
    begun = datetime(team.last_year + 1, 5, 1, 13, 0)  # noqa: DTZ001 - the download tells UTC without saying so
    columns = [*_BEFORE, *QUESTIONS.values(), *_AFTER]
    answers: list[list[str]] = []
    for number, email in enumerate(TEAM):
        seen = read(team.truth, row, column, seed=team.seed, interpreter=number, **team.span)
        for position, unit in enumerate(upper):
            minutes = MINUTES * position + 7 * number
            fields = {
                "plotid": unit["PLOTID"],
                "sampleid": "1",
                "sample_internal_id": unit["PLOTID"],
                "lon": unit["LON"],
                "lat": unit["LAT"],
                "email": email,
                "flagged": "true" if seen.codes[position] == UNUSABLE else "false",
                "collection_time": f"{begun + timedelta(minutes=minutes):%Y-%m-%d %H:%M}",
                "analysis_duration": f"{20 + minutes % 41}.5 secs",
                "used_geodash": "false",
                "used_kml": "false",
                "imagery_title": "Landsat",
                "imagery_attributions": "simulated",
                "sample_geom": f"POINT({unit['LON']} {unit['LAT']})",
                "confidence": str(int(100 * seen.sure[position])),
                "pl_unit_id": unit["UNIT_ID"],
            }
            said = _said(seen, position) | _images(team, row[position], column[position])
            fields |= {question: said.get(name, "") for name, question in QUESTIONS.items()}
            answers.append([fields.get(name, "") for name in columns])
    order = sorted(range(len(answers)), key=lambda index: (int(answers[index][0]), index))
    _write(target, columns, [answers[index] for index in order], encoding="utf-8-sig")


def resolve(disagreements: Path, target: Path, team: Team) -> None:
    """Settle the units on which the team disagrees: the form that `mrv sample labels` wrote, filled in.

    Args:
        disagreements: The form, a CSV with a row per unit.
        target: CSV to write.
        team: Whose disagreements they are.
    """
    form = _rows(disagreements)
    row, column = _places(form, "longitude", "latitude")
    seen = read_by_expert(team.truth, row, column, seed=team.seed, **team.span)
    settled = date(team.last_year + 1, 8, 1).isoformat()
    for position, fields in enumerate(form):
        fields |= _said(seen, position) | _images(team, row[position], column[position])
        fields |= {"interpreter": EXPERT, "labelled_on": settled, "confidence": "100"}
        if seen.codes[position] == UNUSABLE:
            fields["label"] = "unusable"
    _write(target, list(form[0]), [list(fields.values()) for fields in form])


def _said(seen: Readings, position: int) -> dict[str, str]:
    """Return label and year of a reading."""
    code = int(seen.codes[position])
    if code == UNUSABLE:
        return {}
    return {"label": ANSWERS[code], "loss_year": str(seen.loss_years[position]) if code == LOSS else ""}


def _images(team: Team, row: np.int64, column: np.int64) -> dict[str, str]:
    """Return the images of a unit, which everybody takes: from about the beginning and the end of the years."""
    found = {}
    for name, first_of_year in (("before", team.first_year), ("after", team.last_year + 1)):
        part = uniform(team.seed, f"image {name}", np.array([row]), np.array([column]))[0]
        day = date(first_of_year, 1, 1) + timedelta(days=round((2 * part - 1) * IMAGE_DAYS))
        days = (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days
        sensor = "LC08" if day >= date(2013, 6, 1) else "LE07"
        found[f"image_{name}_id"] = f"{sensor}_{day:%Y%m%d}"
        found[f"image_{name}_date"] = f"{day.year + (day.timetuple().tm_yday - 0.5) / days:.3f}"
    return found


def _places(rows: Sequence[Mapping[str, str]], longitude: str, latitude: str) -> tuple[Ints, Ints]:
    return places(*(np.array([float(row[name]) for row in rows]) for name in (longitude, latitude)))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]], *, encoding: str = "utf-8") -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_bytes(path, text.getvalue().encode(encoding))
