"""The simulated team: its download is read as one of Collect Earth Online, and its expert fills in the form as it came."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import box

from mrv.boundaries import Zone
from mrv.project import load_project
from mrv.project_sampling import LabelFile
from mrv.simulator.demo_samples import PROJECT
from mrv.simulator.interpreters import UNUSABLE, read, read_by_expert
from mrv.simulator.labelling import ANSWERS, EXPERT, QUESTIONS, TEAM, Team, answer, resolve
from mrv.simulator.landscape import make_landscape
from mrv.simulator.truth import CLASSES, LOSS, make_truth
from mrv.sources.sample_label_files import FORM, read_labels
from mrv.sources.sample_labels import decimal_year

SPAN = {"first_year": 2016, "last_year": 2020}
DOWNLOAD = LabelFile(path="download.csv", format="ceo_sample", columns=QUESTIONS)
FILLED_IN = LabelFile(path="resolutions.csv", format="csv", role="resolution")


@pytest.fixture(scope="module")
def team() -> Team:
    zone = Zone("lb", "leakage_belt", "lb", None, box(-77.1, -7.1, -77.0, -7.0), "1", True, "none", 1, "0")
    return Team(make_truth(make_landscape(11, [zone])), seed=5, **SPAN)


@pytest.fixture(scope="module")
def pixels(team: Team) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.Generator(np.random.PCG64(1))
    rows, columns = team.truth.forest.shape
    return rng.integers(2, rows - 2, 2000) + team.truth.row, rng.integers(2, columns - 2, 2000) + team.truth.column


@pytest.fixture(scope="module")
def exported(pixels: tuple[np.ndarray, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upload as `mrv sample export` writes it."""
    path = tmp_path_factory.mktemp("upload") / "cover-plots.csv"
    lines = ["LON,LAT,PLOTID,UNIT_ID"]
    for number, (row, column) in enumerate(zip(*pixels, strict=True), start=1):
        lines.append(f"{-180 + (column + 0.5) / 4000:.8f},{80 - (row + 0.5) / 4000:.8f},{number},cover-{number:05d}")
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def test_every_unit_is_labelled_by_both_as_they_see_it(team, pixels, exported, tmp_path: Path) -> None:
    answer(exported, tmp_path / "download.csv", team)
    labels = read_labels(DOWNLOAD, tmp_path / "download.csv", label="download")
    assert len(labels) == 2 * len(pixels[0])
    assert all(label.problem is None for label in labels)
    for number, email in enumerate(TEAM):
        own = [label.cells for label in labels if label.cells["interpreter"] == email]
        seen = read(team.truth, *pixels, seed=5, interpreter=number, **SPAN)
        assert [cells["uploaded_unit_id"] for cells in own] == [f"cover-{n:05d}" for n in range(1, len(own) + 1)]
        assert [cells["label"] for cells in own] == [ANSWERS.get(code) for code in seen.codes.tolist()]
        assert [cells["flagged"] == "true" for cells in own] == (seen.codes == UNUSABLE).tolist()
        assert [int(cells["loss_year"] or 0) for cells in own] == seen.loss_years.tolist()


def test_the_legend_of_the_demo_means_the_answers_as_they_are_meant() -> None:
    meant = {text: CLASSES[code] for code, text in ANSWERS.items()}
    legends = [source.legend for source in load_project(PROJECT).definition.sources if source.connector == "sample"]
    assert legends == [meant, meant]


def test_images_lie_about_the_years(team, exported, tmp_path: Path) -> None:
    answer(exported, tmp_path / "download.csv", team)
    for label in read_labels(DOWNLOAD, tmp_path / "download.csv", label="download"):
        before, after = (decimal_year(label.cells[f"image_{name}_date"] or "") for name in ("before", "after"))
        assert abs(before - 2016) < 0.12
        assert abs(after - 2021) < 0.12


def test_the_download_is_the_same_again(team, exported, tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv"):
        answer(exported, tmp_path / name, team)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_the_expert_settles_the_form_and_keeps_its_columns(team, pixels, exported, tmp_path: Path) -> None:
    form = tmp_path / "form.csv"
    with exported.open(encoding="utf-8") as file, form.open("w", encoding="utf-8", newline="") as written:
        writer = csv.DictWriter(written, [*FORM, "labels_given"], restval="")
        writer.writeheader()
        for row in csv.DictReader(file):
            writer.writerow({"unit_id": row["UNIT_ID"], "longitude": row["LON"], "latitude": row["LAT"]})
    resolve(form, tmp_path / "resolutions.csv", team)
    labels = read_labels(FILLED_IN, tmp_path / "resolutions.csv", label="resolutions")
    settled = read_by_expert(team.truth, *pixels, seed=5, **SPAN)
    expected = ["unusable" if code == UNUSABLE else ANSWERS[code] for code in settled.codes.tolist()]
    assert [label.cells["label"] for label in labels] == expected
    assert "unusable" in expected
    assert {label.cells["interpreter"] for label in labels} == {EXPERT}
    years = [int(label.cells["loss_year"] or 0) for label in labels]
    assert years == settled.loss_years.tolist()
    assert all(bool(year) == (code == LOSS) for year, code in zip(years, settled.codes.tolist(), strict=True))
    header = (tmp_path / "resolutions.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == ",".join([*FORM, "labels_given"])
