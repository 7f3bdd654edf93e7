"""Driver hints: each rule of the platform, their order, what is not known, and rules that do not hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from mrv.drivers import DEFAULT_RULES, HINTS, MEASURES, NO_RULE, DriverRules, Hinted, Patches, Seen, hints, load_rules
from mrv.errors import ProjectError

FAR = {
    "area_ha": 1.0, "elongation": 1.2, "distance_to_road_m": 9000.0, "distance_to_river_m": 9000.0,
    "distance_to_settlement_m": 9000.0, "distance_to_earlier_loss_m": np.inf,
}  # fmt: skip
"""A small round patch far from everything."""

EXAMPLES = {
    "new_river_bank": {"distance_to_river_m": 0.0, "elongation": 5.0},
    "clearing_along_a_road": {"distance_to_road_m": 10.0, "elongation": 6.0},
    "diggings_by_a_river": {"distance_to_river_m": 150.0, "area_ha": 12.0},
    "escaped_fire": {"area_ha": 8.0, "fires": 3.0},
    "beside_an_older_clearing": {"distance_to_earlier_loss_m": 30.0},
    "near_a_road": {"distance_to_road_m": 1500.0},
    "near_a_settlement": {"distance_to_settlement_m": 2500.0},
    "remote_and_narrow": {"elongation": 4.0},
}
"""What each rule of the platform is for."""


def judge(rules: DriverRules, *cases: dict[str, Any], fires: bool = True) -> list[tuple[str, str]]:
    rows = [FAR | {"fires": 0.0, "kinds": frozenset({"project_area"})} | case for case in cases]
    counts = np.array([row["fires"] for row in rows])
    watched = np.ones(len(rows), dtype=np.bool_)
    return [
        (found.hint, found.rule) for found in hinted(rules, rows, (lambda *_: Seen(counts, watched)) if fires else None)
    ]


def hinted(rules: DriverRules, rows: list[dict[str, Any]], fires: Callable[[int, int], Seen] | None) -> list[Hinted]:
    return hints(
        rules,
        Patches(
            {name: np.array([row[name] for row in rows]) for name in MEASURES},
            [row["kinds"] for row in rows],
            fires,
        ),
    )


def one_rule(**when: Any) -> DriverRules:
    rule = {
        "id": "r",
        "hint": "fire",
        "when": when,
        "note": {"en": "a note", "es": "una nota"},
        "reference": "a reference",
    }
    return DriverRules.model_validate({"version": "v", "rules": [rule]})


def test_every_rule_of_the_platform_has_its_case() -> None:
    rules = load_rules()
    assert [rule.id for rule in rules.rules] == list(EXAMPLES)
    found = judge(rules, *EXAMPLES.values(), {})
    assert [rule for _, rule in found] == [*EXAMPLES, NO_RULE]
    assert [hint for hint, _ in found] == [*(rule.hint for rule in rules.rules), "unknown"]
    assert {hint for hint, _ in found} == set(HINTS)


def test_the_first_rule_that_holds_decides() -> None:
    everything = {key: value for case in reversed(EXAMPLES.values()) for key, value in case.items()} | {
        "elongation": 9.0
    }
    rules = load_rules()
    [(_, first)] = judge(rules, everything)
    turned = DriverRules(version="turned", rules=tuple(reversed(rules.rules)))
    held = [
        rule.id for rule in turned.rules if judge(DriverRules(version="v", rules=(rule,)), everything)[0][1] != NO_RULE
    ]
    [(_, last)] = judge(turned, everything)
    assert len(held) > 2
    assert (first, last) == (held[-1], held[0])


def test_limits_belong_to_the_range() -> None:
    rules = one_rule(distance_to_road_m={"min": 10, "max": 20})
    found = judge(rules, *({"distance_to_road_m": value} for value in (9.9, 10.0, 20.0, 20.1)))
    assert [hint for hint, _ in found] == ["unknown", "fire", "fire", "unknown"]


def test_what_is_not_known_does_not_hold_and_beyond_the_reach_is_far() -> None:
    nan = float("nan")
    assert judge(one_rule(distance_to_road_m={"min": 0}), {"distance_to_road_m": nan})[0][1] == NO_RULE
    assert judge(one_rule(distance_to_earlier_loss_m={"min": 500}), {})[0][1] == "r"
    assert judge(one_rule(distance_to_earlier_loss_m={"max": 10**9}), {})[0][1] == NO_RULE


def test_fires_and_kinds_of_zones() -> None:
    near = one_rule(fires={"within_m": 300, "days": 10, "at_least": 2})
    assert [rule for _, rule in judge(near, {"fires": 1.0}, {"fires": 2.0})] == [NO_RULE, "r"]
    assert judge(near, {"fires": 5.0}, fires=False)[0][1] == NO_RULE
    inside = one_rule(zone_kinds=["hcv", "community"])
    kinds = ({"kinds": frozenset({"hcv", "project_area"})}, {"kinds": frozenset({"project_area"})})
    assert [rule for _, rule in judge(inside, *kinds)] == ["r", NO_RULE]


def test_a_rule_about_fires_that_nobody_looked_for_is_told_and_not_passed_over() -> None:
    burnt, farmed = EXAMPLES["escaped_fire"], EXAMPLES["beside_an_older_clearing"]
    both = FAR | burnt | farmed | {"kinds": frozenset({"project_area"})}
    small = both | {"area_ha": 1.0}
    counts, watched = np.array([1.0, 1.0, 2.0, 1.0]), np.array([True, False, False, False])
    rows = [both, both, both, small]
    found = hinted(load_rules(), rows, lambda *_: Seen(counts, watched))
    assert [(item.rule, item.unjudged) for item in found] == [
        ("beside_an_older_clearing", ()),
        ("beside_an_older_clearing", ("escaped_fire",)),
        ("escaped_fire", ()),
        ("beside_an_older_clearing", ()),
    ], "enough fires are enough on any days; a patch that is too small needs none"
    assert [item.unjudged for item in hinted(load_rules(), rows, None)] == [("escaped_fire",)] * 3 + [()]


BROKEN = {
    "no condition": (lambda rule: rule.update(when={}), "without conditions"),
    "an empty range": (lambda rule: rule.update(when={"area_ha": {}}), "give min or max"),
    "min above max": (lambda rule: rule.update(when={"area_ha": {"min": 2, "max": 1}}), "more than max"),
    "an unknown measure": (lambda rule: rule.update(when={"slope": {"min": 1}}), "slope"),
    "an unknown hint": (lambda rule: rule.update(hint="aliens"), "hint"),
    "one language": (lambda rule: rule["note"].pop("es"), "note.es"),
    "no reference": (lambda rule: rule.pop("reference"), "reference"),
    "a taken id": (lambda rule: rule.update(id=NO_RULE), "taken"),
    "a doubled id": (lambda rule: rule.update(id="near_a_road"), "stand twice"),
    "an unknown kind": (lambda rule: rule.update(when={"zone_kinds": ["castle"]}), "zone_kinds"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_rules_that_do_not_hold_are_refused_with_their_key(case: str, tmp_path: Path) -> None:
    change, said = BROKEN[case]
    content = yaml.safe_load(DEFAULT_RULES.read_text(encoding="utf-8"))
    change(content["rules"][0])
    file = tmp_path / "drivers.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ProjectError, match="rules for driver hints do not hold") as caught:
        load_rules(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)
