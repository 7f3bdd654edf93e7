"""The reviewed suites: what `suites/<dataset>.json` may say, and its loader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from mrv.errors import CheckError
from mrv.schemas import DATASETS

FOLDER = Path(__file__).parent / "suites"

Severity = Literal["critical", "error", "warning"]
RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Sentence = Annotated[str, StringConstraints(min_length=8)]

_ROW_COUNT = "expect_table_row_count_to_be_between"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RuleMeta(_Strict):
    """What people read about a rule.

    Attributes:
        rule: Stable id, unique in its suite.
        notes: Why the rule is there, with its reference.
        remedy: What to do when it fails.
        description_en: What must hold, in English.
        description_es: The same in Spanish.
        keep: `first` for a uniqueness rule that keeps one row of each key and quarantines the others.
        order_by: Columns that say which row is the first, before the origin of the row decides.
    """

    rule: RuleId
    notes: Sentence
    remedy: Sentence
    description_en: Sentence
    description_es: Sentence
    keep: Literal["first"] | None = None
    order_by: tuple[str, ...] = ()


class Rule(_Strict):
    """One expectation of a suite.

    Attributes:
        type: Name of the expectation in Great Expectations.
        kwargs: Its arguments; `{"$PARAMETER": name}` stands for a value given at run time.
        severity: `critical` stops the batch, `error` sends the row to quarantine, `warning` notes.
        meta: What people read.
    """

    type: Annotated[str, StringConstraints(pattern=r"^expect_[a-z_]+$")]
    kwargs: dict[str, Any]
    severity: Severity
    meta: RuleMeta

    @property
    def by_row(self) -> bool:
        """Whether the rule judges rows rather than the table as a whole."""
        return not self.type.startswith("expect_table_")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns the rule looks at."""
        if "column" in self.kwargs:
            return (self.kwargs["column"],)
        return tuple(self.kwargs.get("column_list", ()))

    @property
    def parameters(self) -> frozenset[str]:
        """Names of the values it takes at run time."""
        return frozenset(_parameters(self.kwargs))

    @model_validator(mode="after")
    def _consistent(self) -> Rule:
        if self.severity == "error" and not self.by_row:
            raise ValueError(f"{self.meta.rule}: a rule over the whole table cannot quarantine rows")
        if self.meta.keep and (self.severity != "error" or "unique" not in self.type):
            raise ValueError(f"{self.meta.rule}: keep belongs to a uniqueness rule of severity error")
        if self.meta.order_by and not self.meta.keep:
            raise ValueError(f"{self.meta.rule}: order_by belongs to keep")
        return self


class Suite(_Strict):
    """The rules of one landed table."""

    dataset: str
    expectations: tuple[Rule, ...] = Field(min_length=1)

    @property
    def parameters(self) -> frozenset[str]:
        """Names of the values that the suite takes at run time."""
        return frozenset(name for rule in self.expectations for name in rule.parameters)

    @model_validator(mode="after")
    def _complete(self) -> Suite:
        rules = [rule.meta.rule for rule in self.expectations]
        if doubled := sorted({rule for rule in rules if rules.count(rule) > 1}):
            raise ValueError(f"rule ids stand twice: {', '.join(doubled)}")
        # Without it an empty table would pass every other rule.
        if all(rule.type != _ROW_COUNT for rule in self.expectations):
            raise ValueError("a suite needs a row-count expectation")
        if self.dataset not in DATASETS:
            raise ValueError(f"{self.dataset} is no landed table")
        if not DATASETS[self.dataset].traced and any(rule.severity == "error" for rule in self.expectations):
            raise ValueError(f"{self.dataset} has no origin columns, so its rows cannot be quarantined")
        return self


def load_suite(dataset: str, *, folder: Path = FOLDER) -> Suite:
    """Read the suite of a landed table.

    Raises:
        CheckError: There is no suite, or it is empty, without a row-count rule, or otherwise not a suite.
    """
    file = folder / f"{dataset}.json"
    if not file.is_file():
        raise CheckError(
            f"there is no suite for {dataset}",
            expected=", ".join(sorted(path.stem for path in folder.glob("*.json"))),
            found=dataset,
            where=f"expectations/suites/{dataset}.json",
            remedy="check the name, or write and review the suite",
        )
    try:
        suite = Suite.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise CheckError(
            f"the suite of {dataset} does not hold",
            found="; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()),
            where=f"expectations/suites/{dataset}.json",
            remedy="mend the suite",
        ) from error
    if suite.dataset != dataset:
        raise CheckError(
            "a suite lies under another name than its dataset",
            expected=dataset,
            found=suite.dataset,
            where=f"expectations/suites/{dataset}.json",
            remedy="rename the file or mend its dataset",
        )
    return suite


def _parameters(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$PARAMETER" in value:
            yield value["$PARAMETER"]
        for item in value.values():
            yield from _parameters(item)
    elif isinstance(value, list):
        for item in value:
            yield from _parameters(item)
