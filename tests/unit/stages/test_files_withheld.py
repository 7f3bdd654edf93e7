"""Which received files may go into a package: none from which anything private is read."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mrv.project_sources import TableFile
from mrv.stages.package_contents import _is_open


def table(dataset: str, *columns: str, personal: bool | None = None) -> TableFile:
    return TableFile(
        path="t.csv",
        dataset=dataset,
        columns={name: name for name in columns},
        personal=personal,
        licence="-",
        citation="-",
    )


REFERENCE = table("wood_density", "level")
TREES = table("trees", "tree_id", personal=False)
PARTICIPANTS = table("activity_participants", "participant_name")


@pytest.mark.parametrize(
    ("tables", "is_open"),
    [
        ([REFERENCE], True),
        ([TREES], True),
        ([table("trees", "tree_id")], False),
        ([table("trees", "tree_id", personal=True)], False),
        ([table("plots", "plot_id", "longitude", personal=False)], False),
        ([table("nursery_records", "nursery_record_id", personal=False)], False),
        ([PARTICIPANTS, TREES], False),
        ([TREES, PARTICIPANTS], False),
    ],
)
def test_a_file_is_open_if_every_table_that_is_read_from_it_is(tables: list[TableFile], is_open: bool) -> None:
    assert _is_open(SimpleNamespace(dataset=tables[0].dataset), tables) is is_open


def test_a_file_that_no_table_names_is_open_by_its_kind() -> None:
    assert _is_open(SimpleNamespace(dataset="raster"), [])
    assert not _is_open(SimpleNamespace(dataset="patrol_records"), [])
