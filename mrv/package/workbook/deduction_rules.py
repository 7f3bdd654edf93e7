"""The share that each uncertainty rule deducts, as a formula on the sheet of uncertainty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mrv.intervals import student_t
from mrv.package.workbook.book import AsComputed, Statement
from mrv.package.workbook.expressions import UNKNOWN, Expression, at_most, largest, number, rounded, when
from mrv.package.workbook.inputs_sheet import Inputs

MOST_DEGREES = 10_000
"""Beyond them the normal distribution is as good."""
DECLARED = "declared"


def error_of(year: int, known: Mapping[str, Any], drawn: Mapping[str, Any] | None, inputs: Inputs) -> dict[str, Any]:
    """Return the error that the rule takes and the two quantiles of Student's t.

    Args:
        year: The vintage.
        known: Row of the mart `uncertainty`.
        drawn: Row of the mart `monte_carlo` of the quantity that errs.
        inputs: Addresses of the rules.
    """
    source, rule = known.get("uncertainty_source"), known.get("uncertainty_rule")
    error = known.get("uncertainty_u90")
    if rule == "fcpf" and source == "monte_carlo":
        error = None if drawn is None else drawn["median_u90"]
    found: dict[str, Any] = {"error_u90": None if error is None else AsComputed(error)}
    if source == DECLARED:
        found["error_u90"] = inputs.rule("ner_error", year)
    degrees = known.get("degrees_of_freedom")
    takes_student = inputs.choice("quantile_source", year) == "degrees_of_freedom" and source != DECLARED and degrees
    for name, confidence in (("t_two_sided_90", 0.90), ("t_one_sided_66_67", 1 / 3)):
        used: Any = inputs.rule(name, year)
        if takes_student:
            quantile = student_t(confidence=confidence, degrees_of_freedom=min(int(degrees or 0), MOST_DEGREES))
            used = AsComputed(round(quantile, 9))
        found[f"{name}_used"] = used
    return found


def deduction_fraction(
    year: int, rule: str | None, source: str | None, sheet: Statement, inputs: Inputs
) -> Expression | None:
    """Return the share that is deducted; None where the rule is not known here.

    Args:
        year: The vintage.
        rule: Name of the uncertainty rule.
        source: Whether the error was declared, propagated or drawn.
        sheet: Where the error stands.
        inputs: Addresses of the rules.
    """
    error = sheet.at("error_u90", year)
    t_66, t_90 = sheet.at("t_one_sided_66_67_used", year), sheet.at("t_two_sided_90_used", year)
    free = inputs.rule("uncertainty_free_below", year)
    if rule == "none":
        return number(0)
    if rule == "x_unc":
        level = number(1) if source == DECLARED else inputs.rule("uncertainty_level_factor", year)
        at_level = error if source == DECLARED else rounded(error * level, 9)
        return largest(at_level - inputs.rule("uncertainty_allowable", year), 0)
    if rule == "vcs_mr_2_4":
        return when(at_most(error, free), 0, error / t_90 * t_66)
    if rule == "scaled_excess_10":
        return largest(error - free, 0) / t_90 * t_66
    if rule == "art_trees":
        one, two = (inputs.rule(name, year) for name in ("art_one_sided_quantile", "art_two_sided_90_quantile"))
        return error / two * one
    if rule == "fcpf":
        return _by_steps(year, error, inputs)
    return None


def _by_steps(year: int, error: Expression, inputs: Inputs) -> Expression:
    if error.value is None:
        return UNKNOWN
    found = inputs.rule("fcpf_factor_5", year)
    for step in (4, 3, 2, 1):
        limit, factor = (inputs.rule(f"fcpf_{name}_{step}", year) for name in ("limit", "factor"))
        found = when(at_most(error, limit), factor, found)
    return found
