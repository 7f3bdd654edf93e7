"""Driver hints: what may have caused a patch of loss, by ordered rules that are data. A hint for a reviewer, no accounting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StringConstraints, ValidationError, model_validator

from mrv.errors import ProjectError
from mrv.project import Bilingual
from mrv.project_base import Identifier, Strict, ZoneKind
from mrv.refusals import keys_found
from mrv.yaml_reading import read_yaml

DEFAULT_RULES = Path(__file__).parent / "driver_rules.yaml"
Hint = Literal["agriculture", "roads", "mining", "fire", "river_dynamics", "natural", "unknown"]
HINTS: tuple[str, ...] = get_args(Hint)
NO_RULE = "no_rule"
"""Rule of the hint `unknown` where no rule matches."""
MEASURES = (
    *("area_ha", "elongation", "distance_to_road_m", "distance_to_river_m", "distance_to_settlement_m"),
    "distance_to_earlier_loss_m",
)

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
Sentence = Annotated[str, StringConstraints(min_length=8)]


class Range(Strict):
    """From `min` to `max`, both included; one of them may lack."""

    min: Decimal | None = None
    max: Decimal | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Range:
        if self.min is None and self.max is None:
            raise ValueError("give min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is more than max {self.max}")
        return self


class FiresNear(Strict):
    """Distinct fires near a patch, from some days before the calendar year of its loss to as many after it."""

    within_m: int = Field(gt=0, le=10_000)
    days: int = Field(ge=0, le=366)
    at_least: int = Field(1, ge=1)


class When(Strict):
    """All that must hold; a measure that is not known does not hold. Beyond the reach, earlier loss is infinitely far.

    Too few fires where not every day was watched leave the rule open: it does not hold, and that is told.
    """

    area_ha: Range | None = None
    elongation: Range | None = None
    distance_to_road_m: Range | None = None
    distance_to_river_m: Range | None = None
    distance_to_settlement_m: Range | None = None
    distance_to_earlier_loss_m: Range | None = None
    fires: FiresNear | None = None
    zone_kinds: tuple[ZoneKind, ...] = ()

    @model_validator(mode="after")
    def _something(self) -> When:
        if not self.model_fields_set:
            raise ValueError("a rule without conditions would hide every rule after it")
        return self


class DriverRule(Strict):
    """One rule."""

    id: Identifier
    hint: Hint
    when: When
    note: Bilingual
    reference: Sentence


class DriverRules(Strict):
    """Rules in their order: the first that holds gives the hint."""

    version: Identifier
    rules: tuple[DriverRule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids(self) -> DriverRules:
        ids = [rule.id for rule in self.rules]
        if doubled := sorted({name for name in ids if ids.count(name) > 1 or name == NO_RULE}):
            raise ValueError(f"rule ids that stand twice or are taken: {', '.join(doubled)}")
        return self

    def records(self) -> list[dict[str, Any]]:
        """Return the rows of the landed table `driver_rules`."""
        return [
            {
                "rule_id": rule.id,
                "position": position,
                "driver_hint": rule.hint,
                "conditions": rule.when.model_dump_json(exclude_unset=True),
                "note_en": rule.note.en,
                "note_es": rule.note.es,
                "reference": rule.reference,
                "rules_version": self.version,
            }
            for position, rule in enumerate(self.rules, start=1)
        ]


@dataclass(frozen=True)
class Seen:
    """Fires near patches, by patch.

    Attributes:
        count: Distinct fires, shape (n,).
        whole: Whether fires were looked for on every day that counts; where not, a small count says nothing.
    """

    count: Values
    whole: Flags


class Hinted(NamedTuple):
    """Driver hint of a patch, the rule that gave it, and the rules before that one that could not be judged."""

    hint: str
    rule: str
    unjudged: tuple[str, ...]


@dataclass(frozen=True)
class Patches:
    """What rules look at, by patch.

    Attributes:
        measures: Each of MEASURES, shape (n,); NaN where not known, infinity beyond the reach.
        zone_kinds: Kinds of the zones that hold a part of each patch.
        fires: From a distance in metres and a number of days to the fires near each patch; None where no fires were landed.
    """

    measures: Mapping[str, Values]
    zone_kinds: Sequence[frozenset[str]]
    fires: Callable[[int, int], Seen] | None


def load_rules(path: Path | None = None) -> DriverRules:
    """Read rules, by default the platform's own.

    Raises:
        ProjectError: They cannot be read or do not hold.
    """
    file = path or DEFAULT_RULES
    try:
        return DriverRules.model_validate(read_yaml(file))
    except ValidationError as error:
        raise ProjectError(
            "the rules for driver hints do not hold",
            found=keys_found(((item["loc"], item["msg"]) for item in error.errors()), DriverRules.model_fields),
            where=str(file),
            remedy="mend each key; docs/guide/patches.md describes them",
        ) from error


def hints(rules: DriverRules, patches: Patches) -> list[Hinted]:
    """Return the hint of each patch: that of the first rule that holds, else `unknown`."""
    chosen: list[tuple[str, str]] = [("unknown", NO_RULE)] * len(patches.zone_kinds)
    unjudged: list[tuple[str, ...]] = [()] * len(chosen)
    free = np.ones(len(chosen), dtype=np.bool_)
    for rule in rules.rules:
        holds, open_ = _judged(rule.when, patches)
        for patch in np.flatnonzero(free & open_).tolist():
            unjudged[patch] = (*unjudged[patch], rule.id)
        for patch in np.flatnonzero(free & holds).tolist():
            chosen[patch] = (rule.hint, rule.id)
        free &= ~holds
    return [Hinted(*found, names) for found, names in zip(chosen, unjudged, strict=True)]


def _judged(when: When, patches: Patches) -> tuple[Flags, Flags]:
    """Return for which patches a rule holds, and for which it would hold if there were fires on days that nobody watched."""
    result = np.ones(len(patches.zone_kinds), dtype=np.bool_)
    for name in MEASURES:
        limits: Range | None = getattr(when, name)
        if limits is not None:
            values = patches.measures[name]
            result &= ~np.isnan(values)
            result &= values >= (-np.inf if limits.min is None else float(limits.min))
            result &= values <= (np.inf if limits.max is None else float(limits.max))
    if when.zone_kinds:
        result &= np.array([bool(kinds & set(when.zone_kinds)) for kinds in patches.zone_kinds], dtype=np.bool_)
    never = np.zeros(len(result), dtype=np.bool_)
    if when.fires is None:
        return result, never
    if patches.fires is None:
        return never, result
    seen = patches.fires(when.fires.within_m, when.fires.days)
    enough = seen.count >= when.fires.at_least
    return result & enough, result & ~enough & ~seen.whole
