"""The sheet of settings of the four-sheet layout."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from mrv.accounting import layout
from mrv.accounting.layout import USER_INPUTS
from mrv.accounting.raw import Reading
from mrv.accounting.sheet_rows import TEXT, TRUTH, WHOLE, SheetRows
from mrv.errors import InputError
from mrv.schema_types import FACTOR

STRATUM = "all"
"""The one stratum of land that the layout tells apart by its use only."""
LEDGER_DIGITS = 9


@dataclass(frozen=True)
class Settings:
    """The row of user_inputs."""

    is_truncated: bool
    draws: int | None
    seed: int | None
    is_dry_matter: bool
    carbon_fraction: Decimal | None
    carbon_fraction_se: Decimal | None
    degraded_ending: str | None
    degraded_pools: frozenset[str]
    is_annual: bool
    digits: int | None
    where: str


def read_settings(rows: SheetRows, reading: Reading, *, label: str) -> Settings | None:
    """Return the settings, None where they cannot be read.

    Args:
        rows: The sheet.
        reading: Where problems and notes are told.
        label: How errors call the file.
    """
    found = list(rows.rows())
    if len(found) != 1:
        if rows.is_usable:
            reading.problems.append(
                InputError(
                    f"sheet {USER_INPUTS} has {len(found)} rows",
                    expected="one row with the settings",
                    where=f"{label}, sheet {USER_INPUTS}",
                    remedy="keep the row that holds"
                    if found
                    else "fill row 2; `mrv account template --example` shows how",
                )
            )
        return None
    cells = found[0]
    unit = cells.get("c_unit", TEXT) or "C"
    if unit not in ("DM", "C"):
        cells.refuse("c_unit", "unknown c_unit", "DM or C", "write DM for t of dry matter, C for t of carbon")
    elements = frozenset(part.strip() for part in (cells.get("dg_pool", TEXT) or "ALL").split(","))
    if unknown := sorted(elements - layout.ELEMENTS.keys()):
        cells.refuse("dg_pool", f"unknown pool {unknown[0]}", ", ".join(layout.ELEMENTS), "use these words")
    level = cells.get("conf_level", FACTOR)
    if level is not None and level != Decimal("0.9"):
        reading.notes.append(
            f"{cells.where}: conf_level {level.normalize():f} is not used: every rule set takes 90 % intervals"
        )
    digits = cells.get("round_digits", WHOLE)
    if digits is not None and not 0 <= digits <= 9:
        cells.refuse("round_digits", "round_digits is out of its limits", "0 to 9", "mend it, or empty it")
    settings = Settings(
        is_truncated=bool(cells.get("trunc_pdf", TRUTH)),
        draws=cells.get("n_iter", WHOLE),
        seed=cells.get("ran_seed", WHOLE),
        is_dry_matter=unit == "DM",
        carbon_fraction=cells.get("c_fraction", FACTOR),
        carbon_fraction_se=cells.get("c_fraction_se", FACTOR),
        degraded_ending=cells.get("dg_ext", TEXT),
        degraded_pools=frozenset(layout.ELEMENTS.get(element, "") for element in elements),
        is_annual=bool(cells.need("ad_annual", TRUTH)),
        digits=digits,
        where=cells.where,
    )
    return settings if cells.is_sound else None


def truncated(
    distribution: str | None, shape_a: Decimal | None, settings: Settings
) -> tuple[str | None, Decimal | None]:
    """Return the distribution and its first shape, cut at 0 where the settings say so."""
    if distribution == "normal" and settings.is_truncated:
        return "truncated_normal", shape_a if shape_a is not None else Decimal(0)
    return distribution, shape_a
