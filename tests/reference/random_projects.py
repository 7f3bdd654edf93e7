"""Random projects that reach every rule of the accounts: the same seed gives the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.integration import account_inputs as make
from tests.integration.warehouse_inputs import Rows
from tests.reference.ledger import NATURAL_LOSSES, NATURAL_RETURNS

RULE_SETS = ("vm0015_v1_1", "vm0007_v1_6", "vm0048_v1_0", "art_trees_2", "fcpf_cf")
POOLS = ("below_ground", "dead_wood", "litter", "soil")
CHANGES = (
    ("deforestation", "forest", "post_deforestation"),
    ("deforestation", "degraded", "cropland"),
    ("deforestation", "forest", "cropland"),
    ("degradation", "forest", "degraded"),
    ("enhancement", "degraded", "forest"),
)
REFERENCE = (2009, 2013)


@dataclass
class Draft:
    """A project in the making."""

    project_id: str
    random: Random
    rule_set: str
    start: date
    end: date
    crediting_start: date
    versions: list[dict[str, Any]]
    strata: list[str]
    is_decay: bool

    def number(self, low: float, high: float, digits: int = 2) -> Decimal:
        """Return a random decimal."""
        return Decimal(str(round(self.random.uniform(low, high), digits)))

    def chance(self, share: float) -> bool:
        """Return true so often."""
        return self.random.random() < share

    @property
    def first_year(self) -> int:
        """Return the first year that any rule may ask for."""
        return self.crediting_start.year


def random_projects(seed: int, count: int) -> Iterator[Rows]:
    """Give the rows of so many projects."""
    for number in range(count):
        yield random_project(f"r{number:04d}", Random(f"{seed}/{number}"))


def random_project(project_id: str, random: Random) -> Rows:
    """Return the rows of one project."""
    rule_set = random.choice(RULE_SETS)
    crediting_start = date(random.randint(2015, 2022), 1, 1) + timedelta(
        days=random.choice((0, 0, random.randint(1, 364)))
    )
    start = crediting_start if random.random() < 0.5 else crediting_start + timedelta(days=random.randint(1, 900))
    years = random.randint(1, 6)
    end = start + timedelta(days=random.randint(365 * (years - 1) + 1, 365 * years - 1))
    draft = Draft(
        project_id,
        random,
        rule_set,
        start,
        end,
        crediting_start,
        versions=[],
        strata=[f"s{number}" for number in range(random.randint(1, 4))],
        is_decay=random.random() < 0.35,
    )
    draft.versions.extend(_versions(draft))
    declared = draft.chance(0.1)
    tables: Rows = {
        **make.account(project_id, rule_set, start, end, crediting_start=crediting_start, overrides=_overrides(draft)),
        "baseline_versions": draft.versions,
        "account_stocks": [row for stratum in draft.strata for row in _stocks(draft, stratum)],
        "account_activity": [] if declared else list(_activity(draft)),
        "account_emissions": list(_emissions(draft, everything=declared)),
        "account_burnt_areas": [] if declared else list(_burnt(draft)),
        "leakage_measures": list(_measures(draft)),
        "risk_scores": list(_scores(draft)),
        "prior_vintages": list(_prior(draft)),
    }
    if declared:
        for row in tables["baseline_versions"]:
            row["mode"] = {"annual_table": "emissions_table", "reference_average": "crediting_level"}[row["mode"]]
    return tables


def _versions(draft: Draft) -> Iterator[dict[str, Any]]:
    first, last = date(draft.first_year, 1, 1), draft.end + timedelta(days=400)
    change = draft.start + timedelta(days=draft.random.randint(1, max(1, (draft.end - draft.start).days)))
    spans = [("b1", first, last)]
    if draft.chance(0.4):
        spans = [("b1", first, change - timedelta(days=1)), ("b2", change, last)]
    if draft.chance(0.03):
        spans[-1] = (*spans[-1][:2], draft.end - timedelta(days=20))
    for name, valid_from, valid_to in spans:
        average = draft.chance(0.3)
        yield make.version(
            draft.project_id,
            name,
            valid_from,
            valid_to,
            mode="reference_average" if average else "annual_table",
            reference=REFERENCE if average else None,
        )


def _overrides(draft: Draft) -> Mapping[str, make.Given]:
    random = draft.random
    family = {"art_trees_2": "art", "fcpf_cf": "fcpf"}.get(draft.rule_set, "vcs")
    given: dict[str, make.Given] = {
        "emission_timing": "decay" if draft.is_decay else "year_of_loss",
        "degradation_counted": random.choice(("yes", "yes", "no")),
        "enhancement_credited": random.choice(("yes", "yes", "no")),
        "fire_rule": random.choice(("none", "carbon_ratio", "ipcc_2_27")),
        "fire_burnt_share": draft.number(0.2, 1),
        "ner_error": random.choice((draft.number(0, 0.2), draft.number(0.1, 0.7), draft.number(0.5, 1.3))),
        "leakage_rule": random.choice(("belt", "belt_and_displacement", "rate", "none")),
        "leakage_floor": random.choice(("annual", "cumulative")),
        "leakage_rate": draft.number(0, 0.2),
        "displacement_factor": draft.number(0, 0.3),
        "market_leakage_rate": random.choice((Decimal(0), draft.number(0, 0.1))),
        "decay_years_below_ground": Decimal(random.choice((10, 7, 3))),
        "decay_years_after_deforestation": Decimal(random.choice((10, 6))),
    }
    for pool in POOLS:
        if draft.chance(0.3):
            given[f"pool_{pool}"] = "excluded"
    if family == "vcs":
        given["uncertainty_rule"] = random.choice(("none", "x_unc", "vcs_mr_2_4", "scaled_excess_10"))
        given["deduction_base"] = random.choice(("net", "net", "gross_reduction"))
    if family == "fcpf":
        given["degradation_by_proxy"] = random.choice(("yes", "no"))
        given["title_share"] = random.choice((Decimal(1), draft.number(0.8, 1)))
    if family != "vcs" or not _rated(draft):
        given["buffer_rate"] = draft.number(0.1, 0.3)
    return given


def _rated(draft: Draft) -> bool:
    """Say whether the project has a rating: by its name, so that both who ask get one answer."""
    return draft.rule_set.startswith("vm") and int(draft.project_id[1:]) % 2 == 0


def _stocks(draft: Draft, stratum: str) -> Iterator[dict[str, Any]]:
    def row(*parts: Any, **more: Any) -> dict[str, Any]:
        return make.stock(draft.project_id, stratum, *parts, **more)

    forest = draft.number(80, 180, 3)
    named = ["above_ground", "below_ground", "dead_wood"]
    if draft.chance(0.5):
        yield row("forest", "above_ground", forest)
        yield row("forest", "below_ground", forest * Decimal("0.221"))
    else:
        yield row("forest", "above_ground", forest * 2, method="biomass", carbon_fraction="0.47")
        ratio = draft.number(0.1, 0.4, 3)
        yield row("forest", "below_ground", ratio, method="ratio", carbon_fraction="0.47")
    yield row("forest", "dead_wood", draft.number(0, 15, 3))
    if draft.chance(0.5):
        named.append("litter")
        yield row("forest", "litter", draft.number(1, 20, 3), unit="tCO2e/ha")
    if draft.chance(0.4):
        named.append("soil")
        yield row("forest", "soil", draft.number(40, 90, 3))
    yield row("degraded", "total", draft.number(0.5, 0.9), method="share", base_state="forest")
    if not draft.chance(0.02):
        yield row("post_deforestation", "total", draft.number(0, 40, 3))
    if draft.chance(0.5):
        yield row("cropland", "total", draft.number(0, 60, 3), unit="tCO2e/ha")
    else:
        # Now and then a state has a pool more or less than the other.
        if draft.chance(0.1):
            named = [*named[:-1]] if draft.chance(0.5) else [*{*named, "soil"}]
        for pool in sorted(named):
            yield row("cropland", pool, draft.number(0, 8, 3))


def _activity(draft: Draft) -> Iterator[dict[str, Any]]:
    places = [("project_area", "pa"), ("leakage_belt", "lb")]
    if draft.chance(0.3):
        places.insert(0, ("project_area", "pa2"))
    if draft.chance(0.05):
        places.pop()
    changes = [CHANGES[0], *(change for change in CHANGES[1:] if draft.chance(0.4))]
    worse = draft.random.choice((0.1, 0.1, 0.3, 0.8, 1.5))
    for scope, zone in places:
        for stratum in draft.strata:
            for kind, *states in changes:
                if draft.chance(0.15):
                    continue
                size = draft.random.uniform(20, 600)
                factor = 1.0 if scope == "leakage_belt" else worse
                place = {"stratum": stratum, "change": tuple(states), "kind": kind, "scope": scope, "zone": zone}
                yield from _of_versions(draft, size, place)
                # Now and then a stratum is forgotten.
                if not draft.chance(0.01):
                    yield from _of_years(draft, None, (draft.first_year, draft.end.year), size * factor, place)


def _of_versions(draft: Draft, size: float, place: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in draft.versions:
        # Now and then a baseline knows nothing of what grows.
        if place["kind"] == "enhancement" and draft.chance(0.05):
            continue
        if one["mode"] == "reference_average":
            yield from _of_years(draft, one["baseline_version"], REFERENCE, size, place)
        else:
            span = (max(draft.first_year, one["valid_from"].year), one["valid_to"].year)
            yield from _of_years(draft, one["baseline_version"], span, size, place)


def _of_years(
    draft: Draft, baseline: str | None, span: tuple[int, int], size: float, place: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    first, last = span
    while first <= last:
        upto = min(last, first + (draft.random.choice((0, 0, 0, 1, 2))))
        area = Decimal(0) if draft.chance(0.07) else draft.number(0.5 * size, 1.5 * size) * (upto - first + 1)
        if not draft.chance(0.004):
            yield make.activity(draft.project_id, baseline, (first, upto), area, **place)
        first = upto + 1


def _emissions(draft: Draft, *, everything: bool) -> Iterator[dict[str, Any]]:
    scopes = ("project_area", "leakage_belt")
    span = (draft.first_year, draft.end.year)
    for scope in scopes:
        for component in ("deforestation", "degradation", "fire"):
            if not everything and not draft.chance(0.1):
                continue
            size = draft.random.uniform(5_000, 200_000)
            for one in draft.versions:
                years = REFERENCE if one["mode"] == "reference_average" else (span[0], one["valid_to"].year)
                for year in range(years[0], years[1] + 1):
                    tonnes = draft.number(0.5 * size, 1.5 * size, 3)
                    name = one["baseline_version"]
                    yield make.emissions(draft.project_id, name, year, tonnes, component=component, scope=scope)
            for year in range(span[0], span[1] + 1):
                tonnes = draft.number(0.1 * size, 0.9 * size, 3)
                if not draft.chance(0.01):
                    yield make.emissions(draft.project_id, None, year, tonnes, component=component, scope=scope)
    for component in ("market_leakage", "outside_belt_leakage", "leakage_prevention", "transferred"):
        if draft.chance(0.15):
            scope = "project_area" if component == "transferred" else "outside"
            tonnes = draft.number(0, 9_000, 3)
            years = (draft.start.year, draft.start.year) if draft.chance(0.3) and component == "transferred" else span
            yield make.emissions(draft.project_id, None, years, tonnes, component=component, scope=scope)


def _burnt(draft: Draft) -> Iterator[dict[str, Any]]:
    if draft.chance(0.5):
        return
    for scope, zone in (("project_area", "pa"), ("leakage_belt", "lb")):
        for year in range(draft.first_year, draft.end.year + 1):
            place = {"stratum": draft.random.choice(draft.strata), "scope": scope, "zone": zone}
            names = [one["baseline_version"] for one in draft.versions if one["mode"] == "annual_table"]
            for name in (None, *names):
                if draft.chance(0.98 if name is None else 0.6):
                    yield make.burnt(draft.project_id, name, year, draft.number(0, 300), **place)


def _measures(draft: Draft) -> Iterator[dict[str, Any]]:
    units = {"diesel": "L", "gasoline": "L", "nitrogen_fertiliser": "tN", "cattle": "head"}
    for measure, unit in units.items():
        if draft.chance(0.15):
            for year in range(draft.start.year, draft.end.year + 1):
                yield {
                    "project_id": draft.project_id,
                    "year": year,
                    "measure": measure,
                    "quantity": draft.number(0, 900),
                    "unit": unit,
                    "source": "worked example",
                }


def _scores(draft: Draft) -> Iterator[dict[str, Any]]:
    if not _rated(draft):
        return
    for assessed_on in (date(2014, 5, 1), draft.start, draft.end + timedelta(days=1)):
        for category, most in (("internal", 18), ("external", 11)):
            for item in ("one", "two"):
                points = str(draft.number(-2, most, 1))
                yield make.score(draft.project_id, assessed_on, category, item, points)
        for item in ("fire", "flood"):
            natural = (
                draft.random.choice(NATURAL_LOSSES[1:] if draft.chance(0.9) else NATURAL_LOSSES),
                draft.random.choice(NATURAL_RETURNS),
                draft.random.choice(("1", "0.5", "0.25")),
            )
            yield make.score(draft.project_id, assessed_on, "natural", item, natural=natural)


def _prior(draft: Draft) -> Iterator[dict[str, Any]]:
    if draft.start == draft.crediting_start or draft.chance(0.5):
        return
    for year in range(draft.crediting_start.year, draft.start.year + 1):
        first = max(draft.crediting_start, date(year, 1, 1))
        last = min(draft.start - timedelta(days=1), date(year, 12, 31))
        if first > last:
            continue
        balance = draft.number(-30_000, 40_000, 3)
        yield {
            "project_id": draft.project_id,
            "rule_set": draft.rule_set,
            "vintage_year": year,
            "vintage_start": first,
            "vintage_end": last,
            "stock_change_tco2e": balance + 2_000,
            "leakage_tco2e": Decimal(500),
            "balance_tco2e": balance,
            "buffer_tco2e": Decimal(1_000),
            "credits": max(0, int(balance)),
            "source": "worked example",
        }
