"""A frozen sample design on its way to disk: rows of its files, the document that holds their hashes, and the writing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mrv.files import replacing
from mrv.project_sampling import Sampling
from mrv.sources.sample_design_files import (
    CHECK_COLUMN,
    DESIGN_FILE,
    STRATA_COLUMNS,
    STRATA_FILE,
    UNIT_COLUMNS,
    UNITS_FILE,
    DesignDocument,
    DesignStratum,
    checked_line,
    csv_line,
    stratum_cells,
    unit_id,
)

if TYPE_CHECKING:
    from raster.sampling_frame import FrameUnits

HEADER = csv_line([*UNIT_COLUMNS, CHECK_COLUMN])
"""First line of `units.csv`."""
DEGREES_DECIMALS = 8
"""A millimetre; the unit itself is named by its row and column."""
SIZING = ("size", "target", "allocation", "spacing_pixels")
"""Keys of a sample that say how many units there are; the others say of what."""


@dataclass(frozen=True)
class DesignFiles:
    """The three files of a design, as bytes.

    Attributes:
        document: What `design.json` says.
        content: Bytes by file name.
    """

    document: DesignDocument
    content: Mapping[str, bytes]

    @property
    def sha256(self) -> str:
        """The design's hash."""
        return hashlib.sha256(self.content[DESIGN_FILE]).hexdigest()


def unit_rows(
    units: FrameUnits, probabilities: Sequence[float], *, design_id: str, step: int, first_number: int
) -> list[str]:
    """Return lines of `units.csv`.

    Args:
        units: Units of one step, in the order of their ids.
        probabilities: Inclusion probability of each.
        design_id: The design.
        step: Number of the step, from 1.
        first_number: Number in the id of the first unit.
    """
    columns = zip(
        units.stratum_id,
        units.zone_id,
        units.carbon_stratum_id,
        units.map_class,
        units.map_loss_year.tolist(),
        probabilities,
        units.row.tolist(),
        units.column.tolist(),
        units.longitude.tolist(),
        units.latitude.tolist(),
        units.area_um2.tolist(),
        strict=True,
    )
    lines = []
    for number, column in enumerate(columns, start=first_number):
        stratum, zone, carbon_stratum, map_class, loss_year, probability, row, col, longitude, latitude, area_um2 = (
            column
        )
        lines.append(
            checked_line(
                [
                    unit_id(design_id, number),
                    str(step),
                    str(stratum),
                    str(zone),
                    str(carbon_stratum),
                    str(map_class),
                    str(loss_year) if loss_year else "",
                    repr(float(probability)),
                    str(row),
                    str(col),
                    f"{longitude:.{DEGREES_DECIMALS}f}",
                    f"{latitude:.{DEGREES_DECIMALS}f}",
                    str(area_um2),
                ]
            )
        )
    return lines


def lines_sha256(lines: Sequence[str]) -> str:
    """Return the hash of the header and these lines of `units.csv`."""
    return hashlib.sha256("".join([HEADER, *lines]).encode()).hexdigest()


def design_files(
    fields: Mapping[str, Any], *, strata: Sequence[DesignStratum], unit_lines: Sequence[str]
) -> DesignFiles:
    """Put the files of a design together.

    Args:
        fields: What `DesignDocument` holds besides the strata and the hashes of the files.
        strata: Its strata.
        unit_lines: Lines of `units.csv` without the header.
    """
    rows = (checked_line(list(stratum_cells(stratum))) for stratum in strata)
    strata_csv = "".join([csv_line([*STRATA_COLUMNS, CHECK_COLUMN]), *rows]).encode()
    document = DesignDocument(
        **fields,
        strata=tuple(strata),
        strata_sha256=hashlib.sha256(strata_csv).hexdigest(),
        units_sha256=lines_sha256(unit_lines),
    )
    units_csv = "".join([HEADER, *unit_lines]).encode()
    return DesignFiles(document, {DESIGN_FILE: document.content(), STRATA_FILE: strata_csv, UNITS_FILE: units_csv})


def changed_keys(document: DesignDocument, spec: Sampling) -> tuple[list[str], list[str]]:
    """Compare what is declared with what was declared when a design was frozen.

    Returns:
        Keys that need a new design where they differ, and keys that only say how many units there are.
    """
    frozen = document.specification
    # A folder may be moved, and a design goes with it.
    names = [name for name in Sampling.model_fields if name not in {"folder", "zones"}]
    changed = [name for name in names if getattr(frozen, name) != getattr(spec, name)]
    if sorted(frozen.zones) != sorted(spec.zones):
        changed.append("zones")
    return [name for name in changed if name not in SIZING], [name for name in changed if name in SIZING]


def write_design(folder: Path, files: DesignFiles) -> None:
    """Write the files of a design; `design.json` is put in place last, when the two that it vouches for are there.

    Raises:
        StoreError: The disk refuses. Nothing is left behind then, and what was there stays.
    """
    with ExitStack() as stack:
        # What is opened first is put in place last.
        for name in (DESIGN_FILE, UNITS_FILE, STRATA_FILE):
            stack.enter_context(replacing(folder / name)).write_bytes(files.content[name])
