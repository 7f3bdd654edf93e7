"""Which files of findings a package takes: the project's own, and those that the data room left for its period."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from mrv.errors import ProjectError
from mrv.settings import Settings
from mrv.stages.findings import COLUMNS, finding_files

TABLE = ",".join(COLUMNS) + "\nCAR-1,1,CAR,2026-03-02,5.1,a,b,2026-03-20,closed\n"


@pytest.fixture
def context(tmp_path):
    periods = [SimpleNamespace(id=f"mp{number}", start=date(2016 + 2 * number, 1, 1)) for number in (1, 2, 3)]
    settings = Settings(home=tmp_path / "home")
    for period in periods:
        folder = settings.findings_dir / "small" / period.id
        folder.mkdir(parents=True)
        for name in (f"data_room_{period.id}.csv", f"data_room_{period.id}_forward.csv"):
            (folder / name).write_text(TABLE)
        for code in ("CAR", "FAR"):
            (folder / f"data_room_{code}-{period.id[2]}.md").write_text("x")
    (settings.findings_dir / "small" / ".lock").touch()
    (tmp_path / "project" / "findings").mkdir(parents=True)
    definition = SimpleNamespace(id="small", monitoring_periods=periods)
    project = SimpleNamespace(folder=tmp_path / "project", definition=definition)
    return SimpleNamespace(project=project, definition=definition, period=periods[1], settings=settings)


def test_a_package_takes_what_was_raised_in_its_period_and_the_fars_before_it(context):
    (context.project.folder / "findings" / "earlier.csv").write_text(TABLE)
    assert set(finding_files(context)) == {
        "earlier.csv",
        "data_room_mp2.csv",
        "data_room_CAR-2.md",
        "data_room_FAR-2.md",
        "data_room_mp1_forward.csv",
        "data_room_FAR-1.md",
    }


@pytest.mark.parametrize("name", ["data_room_mp2.csv", "data_room_CAR-9.md"])
def test_a_file_of_the_project_with_a_name_of_the_data_room_is_refused(context, name):
    (context.project.folder / "findings" / name).write_text(TABLE)
    with pytest.raises(ProjectError, match="a name that the data room uses"):
        finding_files(context)


def test_a_table_of_the_data_room_is_checked_too(context):
    (context.settings.findings_dir / "small" / "mp2" / "data_room_mp2.csv").write_text("finding_id\n")
    with pytest.raises(ProjectError, match="does not hold"):
        finding_files(context)
