"""What each row of an input table must hold by itself, with what is expected and what can be done where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mrv.accounting import vocabulary as words
from mrv.accounting.raw import InputRow, Tables
from mrv.errors import InputError


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row.

    Attributes:
        message: One sentence.
        column: The column that should be looked at.
        expected: What it should hold.
        remedy: What can be done.
    """

    message: str
    column: str
    expected: str
    remedy: str


def row_problems(tables: Tables) -> Iterator[InputError]:
    """Yield every problem that single rows have."""
    for dataset, rows in tables.items():
        for row in rows:
            for fault in (*_general(row.values), *_OWN.get(dataset, _nothing)(row.values)):
                found = row.values.get(fault.column)
                yield InputError(
                    fault.message,
                    expected=fault.expected,
                    found=f"{fault.column} {'empty' if found is None else plain(found)}",
                    where=f"{row.where}, {fault.column}",
                    remedy=fault.remedy,
                )


def plain(value: Any) -> str:
    """Write a value as people do: 0.14, not 0.140000000."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def one_of(row: Mapping[str, Any], column: str, known: Sequence[str]) -> Iterator[Fault]:
    """Yield a fault where a column holds none of the known words."""
    if row[column] not in known:
        yield Fault(f"unknown {column}", column, "one of " + ", ".join(known), "use one of these words")


def at_least_zero(row: Mapping[str, Any], *columns: str) -> Iterator[Fault]:
    """Yield a fault for each column that holds a negative number."""
    for column in columns:
        if row[column] is not None and row[column] < 0:
            yield Fault(f"{column} is negative", column, "0 or more", "mend the sign or the number")


def _nothing(row: Mapping[str, Any]) -> Iterator[Fault]:
    del row
    yield from ()


def _general(row: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what holds in every table that has these columns."""
    if "scope" in row:
        yield from one_of(row, "scope", words.SCOPES)
    if "scenario" in row:
        yield from one_of(row, "scenario", words.SCENARIOS)
        is_baseline = row["scenario"] == "baseline"
        if is_baseline != (row["baseline_version"] is not None):
            yield Fault(
                "a baseline row names its version, and a monitored row none",
                "baseline_version",
                "a version" if is_baseline else "an empty cell",
                "fill or empty it, or mend the scenario",
            )
    for column in ("first_year", "last_year", "year", "vintage_year"):
        if column in row and not words.FIRST_YEAR <= row[column] <= words.LAST_YEAR:
            yield Fault(
                f"{column} is no calendar year",
                column,
                f"a year from {words.FIRST_YEAR} to {words.LAST_YEAR}",
                "write calendar years, not years of the project",
            )
    if "first_year" in row and row["last_year"] < row["first_year"]:
        yield Fault("a span of years is reversed", "last_year", f"{row['first_year']} or later", "exchange the two")
    if "area_ha" in row:
        yield from at_least_zero(row, "area_ha")
        if row["area_ha"] > words.LARGEST_AREA_HA:
            yield Fault("an area is larger than the tropics", "area_ha", "hectares", "check the unit: 1 km2 is 100 ha")


def distribution_faults(row: Mapping[str, Any], value: str, se: str) -> Iterator[Fault]:
    """Yield what is wrong with the distribution of a value's error.

    Args:
        row: The row.
        value: Column of the value.
        se: Column of its standard error.
    """
    yield from at_least_zero(row, se)
    name = row["distribution"]
    if name is None:
        if any(row[shape] is not None for shape in ("shape_a", "shape_b", "shape_c")):
            yield Fault(
                "there are shapes without a distribution", "distribution", "its name", "name it, or empty the shapes"
            )
        return
    if name not in words.DISTRIBUTIONS:
        yield from one_of(row, "distribution", tuple(words.DISTRIBUTIONS))
        return
    if name == "fixed" and row[se]:
        yield Fault("a fixed value has no error", "distribution", "normal, or no error", "name its distribution")
    if name in words.NEEDS_SE and row[se] is None:
        yield Fault(f"a {name} distribution needs a standard error", se, "0 or more", "give it, or write fixed")
    for shape in words.DISTRIBUTIONS[name]:
        if row[shape] is None:
            yield Fault(
                f"a {name} distribution lacks {shape}", shape, "a number", "give it; the guide tells each shape"
            )
            return
    yield from _SHAPES.get(name, _no_shapes)(row, row[value])


def _no_shapes(row: Mapping[str, Any], value: Decimal) -> Iterator[Fault]:
    del row, value
    yield from ()


def _outside(value: Decimal) -> Fault:
    return Fault(
        "the value lies outside the limits of its distribution",
        "shape_a",
        f"limits around {plain(value)}",
        "mend the limits or the value",
    )


def _truncated(row: Mapping[str, Any], value: Decimal) -> Iterator[Fault]:
    lower, upper = row["shape_a"], row["shape_b"]
    if lower is not None and upper is not None and lower >= upper:
        yield Fault(
            "the lower limit is not below the upper one", "shape_a", f"less than {plain(upper)}", "exchange the two"
        )
    elif (lower is not None and value < lower) or (upper is not None and value > upper):
        yield _outside(value)


def _triangular(row: Mapping[str, Any], value: Decimal) -> Iterator[Fault]:
    lower, mode, upper = row["shape_a"], row["shape_b"], row["shape_c"]
    if not lower <= mode <= upper or lower == upper:
        yield Fault(
            "a triangular distribution is not ordered",
            "shape_b",
            "lower (shape_a), most likely (shape_b), upper (shape_c), lower below upper",
            "put the three in their order",
        )
    elif not lower <= value <= upper:
        yield _outside(value)


def _beta(row: Mapping[str, Any], value: Decimal) -> Iterator[Fault]:
    for shape in ("shape_a", "shape_b"):
        if row[shape] <= 0:
            yield Fault(f"{shape} of a beta distribution is not above 0", shape, "more than 0", "mend it")
    if not 0 <= value <= 1:
        yield Fault(
            "a beta distribution is of values from 0 to 1",
            "distribution",
            "another distribution for this value",
            "use normal, truncated_normal or triangular",
        )


def _lognormal(row: Mapping[str, Any], value: Decimal) -> Iterator[Fault]:
    del row
    if value <= 0:
        yield Fault(
            "a lognormal distribution is of values above 0", "distribution", "another one", "use fixed or normal"
        )


_SHAPES: Mapping[str, Callable[[Mapping[str, Any], Decimal], Iterator[Fault]]] = {
    "truncated_normal": _truncated,
    "triangular": _triangular,
    "beta": _beta,
    "lognormal": _lognormal,
}


def _inside(row: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield a row of land outside of both zones: the accounts have no land there, and it would be lost."""
    if row["scope"] == "outside":
        yield Fault(
            "what lies outside of both zones is no part of the account",
            "scope",
            "project_area or leakage_belt",
            "give the emissions of leakage beyond the belt as component outside_belt_leakage",
        )


def _activity(row: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _inside(row)
    yield from one_of(row, "activity", words.ACTIVITIES)
    if row["from_state"] == row["to_state"]:
        yield Fault(
            "land changes from a state to the same", "to_state", "another state", "mend one; stable land has no row"
        )
    yield from distribution_faults(row, "area_ha", "se_ha")


def _stocks(row: Mapping[str, Any]) -> Iterator[Fault]:
    yield from one_of(row, "pool", words.POOLS)
    if row["method"] not in words.METHOD_UNITS:
        yield from one_of(row, "method", tuple(words.METHOD_UNITS))
        return
    units = words.METHOD_UNITS[row["method"]]
    if row["unit"] not in units:
        yield Fault(
            f"the unit does not go with method {row['method']}", "unit", " or ".join(units), "write the unit so"
        )
    yield from at_least_zero(row, "value", "carbon_fraction_se")
    yield from _largest(row)
    yield from _method_columns(row)
    yield from distribution_faults(row, "value", "se")


def _largest(row: Mapping[str, Any]) -> Iterator[Fault]:
    limits = {
        "share": (
            Decimal(1),
            "a share of 0 to 1: degraded forest holds a part of the intact one",
            "write 0.72 for 72 %",
        ),
        "ratio": (words.MOST_RATIO, f"0 to {words.MOST_RATIO} t d.m./t d.m.", "write 0.221 for 22.1 %"),
        "biomass": (
            words.MOST_BIOMASS_T_HA,
            f"0 to {words.MOST_BIOMASS_T_HA} t of dry matter per ha",
            "check the unit: kg per plot, or t of fresh matter, must be converted",
        ),
        "stock": (
            words.MOST_STOCK,
            f"0 to {words.MOST_STOCK} {row['unit']}",
            "check the unit: kg, or the tonnes of a plot or of a whole stratum, must be converted to a hectare",
        ),
    }
    if row["method"] in limits:
        most, expected, remedy = limits[row["method"]]
        if row["value"] > most:
            yield Fault(f"a {row['method']} is too large", "value", expected, remedy)
    fraction = row["carbon_fraction"]
    if fraction is not None and not words.LEAST_CARBON_FRACTION <= fraction <= words.MOST_CARBON_FRACTION:
        yield Fault(
            "a carbon fraction is implausible",
            "carbon_fraction",
            f"{words.LEAST_CARBON_FRACTION} to {words.MOST_CARBON_FRACTION} tC/t d.m.",
            "write 0.47 for 47 %",
        )


def _method_columns(row: Mapping[str, Any]) -> Iterator[Fault]:
    method = row["method"]
    if (method == "share") != (row["base_state"] is not None):
        yield Fault(
            "a share names the state that it is a share of, and no other method does",
            "base_state",
            "a state" if method == "share" else "an empty cell",
            "fill or empty it",
        )
    if method == "share" and row["pool"] != "total":
        yield Fault("a share is of a whole state", "pool", "total", "give the pools of this state themselves")
    if method in ("ratio", "biomass") and row["pool"] == "total":
        yield Fault(f"a {method} is of one pool", "pool", ", ".join(words.SINGLE_POOLS), "give the pools one by one")
    if method == "ratio" and row["pool"] == "above_ground":
        yield Fault("above_ground cannot be a ratio of itself", "method", "stock or biomass", "give its stock")
    if method in ("stock", "share") and row["carbon_fraction"] is not None:
        yield Fault(
            "carbon has no carbon fraction", "carbon_fraction", "an empty cell", "empty it, or use method biomass"
        )


def _emissions(row: Mapping[str, Any]) -> Iterator[Fault]:
    yield from one_of(row, "component", words.COMPONENTS)
    yield from at_least_zero(row, "se_tco2e")
    if row["component"] in words.ADJUSTMENTS:
        if row["scenario"] == "baseline":
            yield Fault(
                f"{row['component']} is of the project, not of its baseline",
                "scenario",
                "monitored",
                "mend the scenario",
            )
    else:
        yield from _inside(row)
    if row["component"] == "enhancement":
        if row["emissions_tco2e"] > 0:
            yield Fault(
                "removals by growth are negative emissions", "emissions_tco2e", "0 or less", "write them negative"
            )
    else:
        yield from at_least_zero(row, "emissions_tco2e")


def _area_samples(row: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _inside(row)
    yield from at_least_zero(row, "loss_count")
    if row["unit_count"] < 2:
        yield Fault(
            "a sampling stratum has fewer than two units", "unit_count", "2 or more", "join strata or sample more"
        )
    if row["loss_count"] > row["unit_count"]:
        yield Fault("more units lost forest than there are", "loss_count", f"at most {row['unit_count']}", "mend one")
    years = row["last_year"] - row["first_year"] + 1
    if abs(row["monitoring_years"] - years) > 1:
        yield Fault(
            "the years between the images do not fit the span",
            "monitoring_years",
            f"{years} years, give or take one",
            "give the mean years between first and last image, or mend the span",
        )


def _measures(row: Mapping[str, Any]) -> Iterator[Fault]:
    yield from at_least_zero(row, "quantity")


def _risk(row: Mapping[str, Any]) -> Iterator[Fault]:
    yield from one_of(row, "category", words.CATEGORIES)
    classes = (row["loss_class"], row["return_class"])
    is_natural = row["category"] == "natural"
    if row["score"] is None and (not is_natural or None in classes):
        yield Fault(
            "an item of the rating has no score",
            "score",
            "points" + (", or both classes" if is_natural else ""),
            "give it",
        )
    if not is_natural and (any(classes) or row["mitigation"] is not None):
        yield Fault("only natural risks have classes and mitigation", "category", "natural", "empty them, or mend it")
    if row["mitigation"] is not None and row["mitigation"] not in words.MITIGATIONS:
        yield Fault("unknown mitigation", "mitigation", "0.25, 0.5 or 1", "use one of these")


def _prior(row: Mapping[str, Any]) -> Iterator[Fault]:
    yield from at_least_zero(row, "buffer_tco2e", "leakage_tco2e")
    if row["vintage_end"] < row["vintage_start"]:
        yield Fault(
            "a vintage ends before it starts", "vintage_end", f"{row['vintage_start']} or later", "exchange them"
        )
    if {row["vintage_start"].year, row["vintage_end"].year} != {row["vintage_year"]}:
        yield Fault(
            "a vintage is not within its calendar year",
            "vintage_year",
            "days of one calendar year",
            "split it by years",
        )


def _loss_event(row: Mapping[str, Any]) -> Iterator[Fault]:
    yield from at_least_zero(row, "stock_loss_tco2e")
    for earlier, later in (("occurred_on", "notified_on"), ("notified_on", "reported_on")):
        if row[earlier] and row[later] and row[later] < row[earlier]:
            yield Fault(f"{later} is before {earlier}", later, f"{row[earlier]} or later", "mend one of the two")


_OWN: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Fault]]] = {
    "account_activity": _activity,
    "account_burnt_areas": _inside,
    "account_stocks": _stocks,
    "account_emissions": _emissions,
    "account_area_samples": _area_samples,
    "leakage_measures": _measures,
    "risk_scores": _risk,
    "prior_vintages": _prior,
    "loss_events": _loss_event,
}


def known_words(rows: Sequence[InputRow], column: str) -> list[str]:
    """Return the different words of a column, in order."""
    return sorted({row[column] for row in rows if row[column] is not None})
