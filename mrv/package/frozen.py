"""Whether the samples of a package are those that were drawn: its units and strata against the frozen design."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mrv.errors import PackageError
from mrv.package.presence import INPUTS
from mrv.package.reading import MAX_JSON_BYTES, csv_records, reading
from mrv.package.staging import cell_text

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "strata": (
        "stratum_id", "stratum_class", "map_class", "zone_id", "carbon_stratum_id", "pixel_count", "area_um2", "drawn_count",
    ),
    "units": (
        "unit_id", "step", "stratum_id", "zone_id", "carbon_stratum_id", "map_class", "map_loss_year", "inclusion_probability",
        "pixel_row", "pixel_column", "longitude", "latitude", "area_um2",
    ),
}  # fmt: skip
"""Table of a design to what must be as it was drawn; the first column is its key."""

Row = Mapping[str, Any]


def unlike_frozen(root: Path, design: Row, tables: Mapping[str, Sequence[Row]]) -> list[str] | None:
    """Compare a design of the package with its frozen files, which lie among the inputs under their hashes.

    Args:
        root: Folder of the package.
        design: Its row of `sample_designs`.
        tables: Its rows of `strata` and `units`.

    Returns:
        What differs; None where the frozen design is not in the package, so that nothing can be compared.

    Raises:
        PackageError: A frozen file cannot be read.
    """
    name = f"{INPUTS}{design['design_sha256']}"
    if not (root / name).is_file():
        return None
    document = _document(root, name)
    problems = []
    if document["design_id"] != design["design_id"]:
        problems.append(f"{name} is design {document['design_id']}, not {design['design_id']}")
    for table, columns in COLUMNS.items():
        file = f"{INPUTS}{document[f'{table}_sha256']}"
        if (root / file).is_file():
            problems += [f"{design['design_id']}, {text}" for text in _unlike(root, file, tables[table], columns)]
        else:
            problems.append(f"{design['design_id']} lacks its frozen {table}, {file}")
    return problems


def _document(root: Path, name: str) -> Row:
    with reading(name):
        if (root / name).stat().st_size > MAX_JSON_BYTES:
            raise PackageError("the frozen design is too large to be read", where=name)
        document: Row = json.loads((root / name).read_bytes())
        # What is missing ends as a refusal that names the file.
        return {key: document[key] for key in ("design_id", "strata_sha256", "units_sha256")}


def _unlike(root: Path, file: str, rows: Sequence[Row], columns: Sequence[str]) -> Iterator[str]:
    with reading(file):
        drawn = {row[columns[0]]: row for row in csv_records(root, file)}
        here = {row[columns[0]]: row for row in rows}
        for key in sorted({*drawn} ^ {*here}):
            yield f"{key} {'is not in the package' if key in drawn else 'was never drawn'}"
        for key in sorted({*drawn} & {*here}):
            for column in columns:
                if not _same(drawn[key][column], here[key][column]):
                    yield f"{key} has {column} {cell_text(here[key][column])}, drawn: {drawn[key][column]}"


def _same(text: str, value: Any) -> bool:
    return float(text) == value if isinstance(value, float) else text == cell_text(value)
