"""Measures against leakage that no emission factor is known of, or that are given in another unit than its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mrv.accounting.raw import Tables
from mrv.errors import InputError
from mrv.parameters import Parameter

PREFIX, UNIT = "factor_", "tCO2e/"


def measure_problems(tables: Tables, parameters: Mapping[str, Parameter]) -> Iterator[InputError]:
    """Yield measures that cannot be turned into emissions.

    Args:
        tables: Input tables of one project.
        parameters: Rows in force by name; the factor of a measure is `factor_<measure>`.
    """
    known = sorted(name.removeprefix(PREFIX) for name in parameters if name.startswith(PREFIX))
    for row in tables.get("leakage_measures", ()):
        factor = parameters.get(f"{PREFIX}{row['measure']}")
        if factor is None:
            yield InputError(
                f"no emission factor of the measure {row['measure']}",
                expected="one of " + ", ".join(known),
                found=row["measure"],
                where=f"{row.where}, measure",
                remedy="use one of these words, or give the emissions themselves (component leakage_prevention)",
            )
            continue
        # tCO2e/head/a: a head for a year
        unit = factor.unit.removeprefix(UNIT).removesuffix("/a")
        if row["unit"] != unit:
            yield InputError(
                f"the measure {row['measure']} is in another unit than its emission factor",
                expected=unit,
                found=row["unit"],
                where=f"{row.where}, unit",
                remedy="convert the quantity and write the unit so",
            )
