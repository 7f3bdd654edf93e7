"""One validation by Great Expectations: a frame and the rules of a suite in, one verdict per rule out."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from expectations.suites import Rule
from mrv.errors import CheckError

if TYPE_CHECKING:
    import pandas as pd

# Great Expectations keeps its current context in a global, so two threads must not validate at once.
_ONE_AT_A_TIME = threading.Lock()

_RESULT_FORMAT = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": ["_position"],
    "return_unexpected_index_query": False,
    "exclude_unexpected_values": True,
}


@dataclass(frozen=True)
class Verdict:
    """What became of one rule.

    Attributes:
        rule: The rule.
        passed: Whether it holds; None when it could not be checked.
        rows_evaluated: Rows it judged: those with a value.
        failing: Positions of the rows that fail, ascending; empty for a rule over the table.
        observed: What a rule over the table saw, or why a rule could not be checked.
    """

    rule: Rule
    passed: bool | None
    rows_evaluated: int
    failing: tuple[int, ...]
    observed: str | None


def validate(frame: pd.DataFrame, rules: Sequence[Rule], *, parameters: Mapping[str, Any]) -> list[Verdict]:
    """Evaluate all rules on the frame, in memory, and return their verdicts in the order of the rules.

    Args:
        frame: From `expectations.frames.check_frame`.
        rules: The rules of one suite.
        parameters: Values for `{"$PARAMETER": name}`; dates may be `datetime.date`.

    Raises:
        CheckError: Not every rule came back evaluated.
    """
    with _ONE_AT_A_TIME:
        gx, configuration = _great_expectations()
        context = gx.get_context(mode="ephemeral", project_config=configuration)
        definition = (
            context.data_sources.add_pandas("landed")
            .add_dataframe_asset("table")
            .add_batch_definition_whole_dataframe("whole")
        )
        # Given to the constructor, because adding one by one replaces an earlier rule of the same type and column.
        suite = gx.ExpectationSuite(
            name="door",
            expectations=[
                {"type": rule.type, "kwargs": dict(rule.kwargs), "meta": {"rule": rule.meta.rule}} for rule in rules
            ],
        )
        outcome = definition.get_batch(batch_parameters={"dataframe": frame}).validate(
            suite,
            result_format=_RESULT_FORMAT,
            expectation_parameters={name: _plain(value) for name, value in parameters.items()},
        )
    by_rule = {
        result.expectation_config.meta["rule"]: result
        for result in outcome.results
        if result.expectation_config and result.expectation_config.meta
    }
    absent = [rule.meta.rule for rule in rules if rule.meta.rule not in by_rule]
    if absent or len(outcome.results) != len(rules):
        raise CheckError(
            "not every rule was evaluated",
            expected=f"{len(rules)} results",
            found=f"{len(outcome.results)}, without {', '.join(absent) or 'none missing'}",
            remedy="check the suite and the version of great_expectations",
        )
    return [_verdict(rule, by_rule[rule.meta.rule], rows=len(frame)) for rule in rules]


def _great_expectations() -> tuple[Any, Any]:
    """Import Great Expectations, quietly, and return it with a configuration that keeps everything in memory."""
    # Telemetry is decided while the package is imported, so this must stand before it; the import itself takes seconds.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        # Great Expectations 1.24 imports modules that Python 3.11 deprecated; nothing of ours can mend that.
        warnings.filterwarnings(
            "ignore", message="module 'sre_(constants|parse)' is deprecated", category=DeprecationWarning
        )
        import great_expectations as gx
        from great_expectations.data_context.types import base
    # The defaults of an ephemeral context would make a temporary folder for a documentation site.
    configuration = base.DataContextConfig(
        store_backend_defaults=base.InMemoryStoreBackendDefaults(),
        progress_bars=base.ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    return gx, configuration


def _verdict(rule: Rule, result: Any, *, rows: int) -> Verdict:
    reason = _exception(result.exception_info)
    if reason is not None:
        return Verdict(rule, None, 0, (), reason)
    details = result.result
    if not rule.by_row:
        return Verdict(rule, bool(result.success), rows, (), _observed(details))
    evaluated = int(details["element_count"]) - int(details.get("missing_count") or 0)
    failing = sorted(int(at) for entry in details.get("unexpected_index_list") or [] for at in entry["_position"])
    if len(failing) != int(details["unexpected_count"]) or bool(failing) == bool(result.success):
        raise CheckError(
            "a rule counts other failing rows than it names",
            expected=str(details["unexpected_count"]),
            found=str(len(failing)),
            where=f"rule {rule.meta.rule}",
            remedy="check the version of great_expectations",
        )
    return Verdict(rule, bool(result.success), evaluated, tuple(failing), None)


def _exception(info: Any) -> str | None:
    """Return the message of the first exception: the record of one is flat or keyed by metric."""
    records: Iterable[Any] = [info] if "raised_exception" in info else info.values()
    for record in records:
        if record.get("raised_exception"):
            return " ".join(str(record.get("exception_message")).split())
    return None


def _observed(details: Mapping[str, Any]) -> str:
    mismatched = (details.get("details") or {}).get("mismatched") or {}
    if mismatched.get("missing"):
        return "missing columns: " + ", ".join(sorted(mismatched["missing"]))
    observed = details.get("observed_value")
    return "all columns there" if isinstance(observed, list) else str(observed)


def _plain(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - compared with days, which have no zone
    if isinstance(value, set | frozenset | tuple):
        return sorted(value)
    return value
