"""The made-up issuances of the demo: the same bytes every time, and each planted mistake is found by its rule."""

from __future__ import annotations

import csv
from pathlib import Path

from mrv.project_sources import Registry
from mrv.schemas import DATASETS
from mrv.simulator.credits import BLOCKS, PLANTED, write_issuances
from mrv.sources.fetch import SIMULATED_MARK
from mrv.sources.records import ORIGIN
from mrv.sources.registry import VERRA
from mrv.sources.serials import read_vcu_serial
from mrv.stages.check_registry import registry_parameters


def source() -> Registry:
    return Registry(
        connector="registry",
        name="registry",
        registry="Verra VCS",
        project_ids=("958",),
        root="registry",
        files=({"path": "vcus.csv", "licence": "-", "citation": "-"},),
    )


def written(folder: Path) -> list[dict[str, str]]:
    write_issuances(source(), folder, seed=958)
    with (folder / "vcus.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_same_table_is_written_every_time_and_marked(tmp_path: Path) -> None:
    written(tmp_path / "one")
    written(tmp_path / "other")
    assert (tmp_path / "one" / "vcus.csv").read_bytes() == (tmp_path / "other" / "vcus.csv").read_bytes()
    assert (tmp_path / "one" / SIMULATED_MARK).is_file()


def test_each_planted_mistake_is_found_by_its_rule_and_nothing_else_is(tmp_path: Path) -> None:
    rows = [row for row in written(tmp_path) if row["ID"] == "958"]
    assert len(rows) < len(BLOCKS), "one row is of another project"
    records = []
    for number, row in enumerate(rows, start=1):
        serial = read_vcu_serial(row[VERRA["serial_number"]])
        records.append(
            {
                **dict.fromkeys(name for name in DATASETS["issuances"].schema.names if name not in ORIGIN),
                "registry": "Verra VCS",
                "registry_project_id": row["ID"],
                "issued_on": serial.vintage_end,
                "vintage_start": serial.vintage_start,
                "vintage_end": serial.vintage_end,
                "quantity_issued": int(row["Quantity Issued"].replace(",", "")),
                "serial_number": row["Serial Number"],
                "block_start": serial.block_start,
                "block_end": serial.block_end,
                "_artifact": "a",
                "_row": number,
            }
        )
    found = registry_parameters("issuances", DATASETS["issuances"].table(records))
    assert {rule: len(origins) for rule, origins in found.items() if origins} == PLANTED


def test_the_blocks_of_a_vintage_make_up_its_total() -> None:
    for block in BLOCKS:
        same = [item for item in BLOCKS if (item.year, item.project_id) == (block.year, block.project_id)]
        assert sum(item.quantity for item in same) == block.total
