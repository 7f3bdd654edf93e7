"""The samples of the demo project: drawn, exported, labelled and resolved in its simulated world by the real commands.

`python -m mrv.simulator.demo_samples` makes `samples/` of the demo project anew. The files are kept with the project, since a
design is frozen once and labels are what people said; a test makes them again and compares every byte.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click

from mrv.boundaries import load_zones
from mrv.files import write_bytes
from mrv.project import load_project
from mrv.project_sampling import SampleSource
from mrv.settings import REPOSITORY
from mrv.simulator.labelling import Team, answer, resolve
from mrv.simulator.landscape import make_landscape
from mrv.simulator.truth import Truth, make_truth
from mrv.simulator.world import simulated_world
from mrv.sources.sample_design_files import read_design

PROJECT = REPOSITORY / "projects" / "biocorredor_martin_sagrado"
SEED = 958
"""Seed of the demo's landscape, and of its team."""


def make_samples(project: Path, work: Path, *, world: Path | None = None) -> None:
    """Make the samples of a project folder: designs, labels and resolutions below its own folder.

    Args:
        project: Folder of the project; what its `samples/` holds is replaced.
        work: Folder for the home of the commands and for files on their way.
        world: Folder of the simulated world, which is made where it is not there yet; default: below `work`.
    """
    loaded = load_project(project)
    truth = make_truth(make_landscape(SEED, load_zones(loaded)))
    with simulated_world(seed=SEED, project=loaded, folder=world or work / "world") as served:
        variables = {"MRV_HOME": str(work / "home"), "MRV_MIRRORS": json.dumps(dict(served.mirrors))}
        for source in loaded.definition.sources:
            if isinstance(source, SampleSource):
                folder = project / source.folder
                shutil.rmtree(folder, ignore_errors=True)
                _sample(project, source, folder, work, truth=truth, variables=variables)


def _sample(
    project: Path, source: SampleSource, folder: Path, work: Path, *, truth: Truth, variables: Mapping[str, str]
) -> None:
    """Make one sample as people would: every step by its command, and nothing known but what the command wrote."""
    spec = next(item for item in load_project(project).definition.sampling if item.folder == source.folder)
    labels, resolutions = (folder / file.path for file in source.labels)
    upload, form = work / f"{spec.id}_upload", work / f"{spec.id}_disagreements.csv"
    _mrv(variables, "design", str(project), "--design", spec.id)
    _mrv(variables, "export", str(project), "--design", spec.id, "--format", "ceo-csv", "--to", str(upload))
    document = read_design(folder).document
    team = Team(truth, seed=SEED, first_year=document.first_year, last_year=document.last_year)
    labels.parent.mkdir()
    answer(upload / f"{spec.id}-plots.csv", labels, team)
    # The definition names this file already; nobody has resolved anything yet.
    write_bytes(resolutions, b"unit_id,label,interpreter\n")
    _mrv(variables, "labels", str(project), "--period", spec.period, "--disagreements", str(form))
    resolve(form, resolutions, team)


def _mrv(variables: Mapping[str, str], *words: str) -> None:
    command = [str(Path(sys.executable).with_name("mrv")), "sample", *words]
    subprocess.run(command, env={**os.environ, **variables}, check=True)


@click.command(help=__doc__)
@click.option(
    "--project",
    default=PROJECT,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of the project whose samples are made.",
)
def main(project: Path) -> None:
    """Make the samples of the demo project anew."""
    with tempfile.TemporaryDirectory() as work:
        make_samples(project, Path(work))


if __name__ == "__main__":
    main()
