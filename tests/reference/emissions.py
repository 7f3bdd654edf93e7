"""What each side of an account emits in each vintage, from areas, stocks and declared emissions: written from the methodology."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from tests.reference.project_rows import Account, Known, Project, Row, Rules, days, days_in_year, total

POOLS = ("above_ground", "below_ground", "dead_wood", "litter", "soil")
AVERAGES = ("reference_average", "crediting_level")
STOCK_CHANGES = ("deforestation", "degradation", "enhancement")
C_TO_CO2 = Fraction(44, 12)
Place = tuple[str, str, str]
Stocks = Mapping[tuple[str, str], Mapping[str, Fraction]]


@dataclass(frozen=True)
class Side:
    """Emissions of one scope and scenario in one vintage, tCO2e; removals are negative."""

    deforestation: Known
    degradation: Known
    enhancement: Known
    fire: Known

    @property
    def stock_change(self) -> Known:
        """What carbon stocks lost: all but the gases of fire."""
        return total((self.deforestation, self.degradation, self.enhancement))

    @property
    def emissions(self) -> Known:
        """Everything."""
        return total((self.stock_change, self.fire))


UNKNOWN = Side(None, None, None, None)


def stocks(project: Project) -> Stocks:
    """Return tC/ha by stratum and state, and pool."""
    found: dict[tuple[str, str], dict[str, Fraction]] = {}
    rows = project.tables["account_stocks"]
    direct = {(row["stratum_id"], row["state"], row["pool"]): row for row in rows}
    for (stratum, state, pool), row in direct.items():
        if row["method"] == "ratio":
            base = direct[stratum, state, "above_ground"]
            # Without fractions of their own both pools have the same, which falls out of the ratio.
            fractions = (row["carbon_fraction"] or 1, base["carbon_fraction"] or 1)
            found.setdefault((stratum, state), {})[pool] = _stock(base) / fractions[1] * row["value"] * fractions[0]
        elif row["method"] != "share":
            found.setdefault((stratum, state), {})[pool] = _stock(row)
    return found


def shares(project: Project) -> Mapping[tuple[str, str], tuple[str, Fraction]]:
    """Return the states whose stock is a share of the counted stock of another: that state, and the share."""
    rows = project.rows("account_stocks", method="share")
    return {(row["stratum_id"], row["state"]): (row["base_state"], row["value"]) for row in rows}


def _stock(row: Row) -> Fraction:
    if row["method"] == "biomass":
        return row["value"] * row["carbon_fraction"]
    return row["value"] if row["unit"] == "tC/ha" else row["value"] / C_TO_CO2


def place(row: Row) -> Place:
    """Return what an area is named by: zone, stratum and the state before."""
    return row["zone_id"], row["stratum_id"], row["from_state"]


class Carbon:
    """Stocks of the states of the land, as a rule set counts them."""

    def __init__(self, project: Project) -> None:
        self.stocks = stocks(project)
        self.shares = shares(project)

    def of(self, stratum: str, state: str, rules: Rules) -> Mapping[str, Fraction] | None:
        """Return tC/ha by pool, without the pools that the rule set leaves out."""
        if (stratum, state) in self.shares:
            base, share = self.shares[stratum, state]
            whole = self.of(stratum, base, rules)
            return None if whole is None else {"total": share * sum(whole.values())}
        held = self.stocks.get((stratum, state))
        if held is None:
            return None
        return {pool: stock for pool, stock in held.items() if pool == "total" or rules[f"pool_{pool}"] == "counted"}


def factor(carbon: Carbon, row: Row, rules: Rules, age: int) -> Known:
    """Return what a hectare emits in the age-th year after its change, tCO2e; 0 is the year of the change."""
    before = carbon.of(row["stratum_id"], row["from_state"], rules)
    after = carbon.of(row["stratum_id"], row["to_state"], rules)
    if before is None or after is None or not are_comparable(before, after):
        return None
    if rules["emission_timing"] == "year_of_loss" or row["activity"] != "deforestation":
        share = Fraction(1 if age == 0 else 0)
        return C_TO_CO2 * share * (sum(before.values()) - sum(after.values()))
    lost = sum(stock * share_of(pool, rules, age) for pool, stock in before.items())
    gained = sum(stock * part(rules["decay_years_after_deforestation"], age) for stock in after.values())
    return C_TO_CO2 * (lost - gained)


def are_comparable(before: Mapping[str, Fraction], after: Mapping[str, Fraction]) -> bool:
    """Say whether each pool of one state is named by the other too, or a whole stock stands for all of them."""
    return before.keys() == after.keys() or "total" in before or "total" in after


def share_of(pool: str, rules: Rules, age: int) -> Fraction:
    """Return the share of a pool of the forest that is emitted in the age-th year under decay."""
    if pool in ("below_ground", "dead_wood", "soil"):
        return part(rules[f"decay_years_{pool}"], age)
    return Fraction(1 if age == 0 else 0)


def part(years: Fraction, age: int) -> Fraction:
    """Return one part of so many equal ones, while they last."""
    return Fraction(1) / years if age < years else Fraction(0)


def counts(rules: Rules, activity: str, version: Row | None) -> bool:
    """Say whether a rule set counts an activity; enhancement that it does not credit still lowers the baseline."""
    if activity == "degradation":
        return bool(rules["degradation_counted"] == "yes")
    return activity != "enhancement" or version is not None or bool(rules["enhancement_credited"] == "yes")


def memory(rules: Rules) -> int:
    """Return for how many years a loss emits."""
    if rules["emission_timing"] == "year_of_loss":
        return 1
    names = ("below_ground", "dead_wood", "soil", "after_deforestation")
    counted = [name for name in names if rules.get(f"pool_{name}", "counted") == "counted"]
    return max(int(rules[f"decay_years_{name}"]) for name in counted)


class Emissions:
    """The sides of one account."""

    def __init__(self, project: Project, account: Account) -> None:
        self.project = project
        self.account = account
        self.carbon = Carbon(project)
        self.versions = project.tables["baseline_versions"]

    def side(self, scope: str, scenario: str, year: int, first: date, last: date) -> Side:
        """Return what a scope emits in a vintage."""
        if scenario == "monitored":
            return self._without_gaps(self._of_days(scope, None, year, days(first, last)), scope, year, first, last)
        parts = []
        covered = 0
        for version, length in self._valid(first, last):
            covered += length
            part = self._of_days(scope, version, year, length)
            parts.append(part if self._expects_growth(scope, version, year) else replace(part, enhancement=None))
        if covered != days(first, last):
            return UNKNOWN
        names = (*STOCK_CHANGES, "fire")
        return Side(*(total(getattr(one, name) for one in parts) for name in names))

    def _expects_growth(self, scope: str, version: Row, year: int) -> bool:
        """Say whether a version names each growth that the project credits: not named is not zero."""
        if not counts(self.account.rules[year], "enhancement", None):
            return True
        names = {row["component"] for row in self._spans("account_emissions", scope, version, year)}
        if "enhancement" in names:
            return True
        rows = self._spans("account_activity", scope, None, year)
        grown = {place(row) for row in rows if row["activity"] == "enhancement" and row["area_ha"] > 0}
        return grown <= self._places(scope, version, year, "enhancement")

    def _valid(self, first: date, last: date) -> list[tuple[Row, int]]:
        valid = [(one, days(max(first, one["valid_from"]), min(last, one["valid_to"]))) for one in self.versions]
        return [(one, length) for one, length in valid if length]

    def _without_gaps(self, side: Side, scope: str, year: int, first: date, last: date) -> Side:
        """Take away what the baseline counts and nobody monitored: not monitored is not zero."""
        rules = self.account.rules[year]
        counted = {"deforestation", *(["degradation"] if rules["degradation_counted"] == "yes" else [])}
        lacking = self._left_out(scope, year, rules, [version for version, _ in self._valid(first, last)])
        for version, _ in self._valid(first, last):
            for name in counted:
                expected = self._with_areas("account_activity", scope, version, year, name)
                lacking |= self._lacking(scope, version, year, name, expected, "account_activity")
            if rules["fire_rule"] != "none":
                expected = self._with_areas("account_burnt_areas", scope, version, year, "fire")
                lacking |= self._lacking(scope, version, year, "fire", expected, "account_burnt_areas")
        return replace(side, **dict.fromkeys(lacking))

    def _left_out(self, scope: str, year: int, rules: Rules, versions: Sequence[Row]) -> set[str]:
        """Name what a baseline in force or another year of the period has of a stratum, and this year's monitoring has not."""
        years = [other for other, _, _ in self.account.years()]
        found = set()
        for name in (*STOCK_CHANGES, "fire"):
            if not counts(rules, name, None):
                continue
            is_declared = self._declares(scope, year, name)
            if not is_declared and any(self._declares(scope, other, name) for other in years):
                found.add(name)
            if name == "fire":
                zones = [{row["zone_id"] for row in self._burnt(scope, None, other)} for other in years]
                if rules["fire_rule"] != "none" and set().union(*zones) != zones[years.index(year)]:
                    found.add(name)
                continue
            seen = self._places(scope, None, year, name)
            wanted = set().union(*(self._places(scope, None, other, name) for other in years))
            if name != "enhancement" and not is_declared:
                wanted = wanted.union(*(self._places(scope, version, year, name, least=0) for version in versions))
            if wanted - seen:
                found.add(name)
        return found

    def _declares(self, scope: str, year: int, name: str) -> bool:
        return any(row["component"] == name for row in self._spans("account_emissions", scope, None, year))

    def _places(self, scope: str, version: Row | None, year: int, name: str, least: int = -1) -> set[Place]:
        rows = self._spans("account_activity", scope, version, year)
        return {place(row) for row in rows if row["activity"] == name and row["area_ha"] > least}

    def _lacking(self, scope: str, version: Row, year: int, name: str, expected: set[str], table: str) -> set[str]:
        if self._declares(scope, year, name):
            return set()
        seen = self._with_areas(table, scope, None, year, name)
        is_declared = any(row["component"] == name for row in self._spans("account_emissions", scope, version, year))
        return {name} if expected - seen or (is_declared and not seen) else set()

    def _with_areas(self, table: str, scope: str, version: Row | None, year: int, name: str) -> set[str]:
        if table == "account_burnt_areas":
            return {row["zone_id"] for row in self._burnt(scope, version, year)}
        rows = self._spans(table, scope, version, year)
        return {row["zone_id"] for row in rows if row["activity"] == name}

    def _of_days(self, scope: str, version: Row | None, year: int, length: int) -> Side:
        rules = self.account.rules[year]
        if not self._named(scope, version, year):
            return UNKNOWN
        values = [self._changes(scope, version, year, rules, name) for name in STOCK_CHANGES]
        values.append(self._fire(scope, version, year, rules))
        declared = [
            self._declared(scope, version, year, name) if counts(rules, name, version) else Fraction(0)
            for name in (*STOCK_CHANGES, "fire")
        ]
        share = Fraction(length, days_in_year(year))
        both = [total(pair) for pair in zip(values, declared, strict=True)]
        return Side(*(None if value is None else value * share for value in both))

    def _named(self, scope: str, version: Row | None, year: int) -> bool:
        """Say whether each zone of the scope has an area in the year, or the scope has declared emissions of it."""
        span = (year, year)
        if version and version["mode"] in AVERAGES:
            span = (version["reference_first_year"], version["reference_last_year"])
        rules = self.account.rules[max(year, self.account.start.year)]
        zones = {row["zone_id"] for row in self.project.rows("account_activity", scope=scope)}
        rows = self._spans("account_activity", scope, version, year)
        rows = [row for row in rows if counts(rules, row["activity"], version)]
        seen = {row["zone_id"] for row in rows}
        if not seen:
            found = self._spans("account_emissions", scope, version, year)
            names = {name for name in STOCK_CHANGES if counts(rules, name, version)} & {
                row["component"] for row in found
            }
            return bool(names) and all(covers(found, span, component=name) for name in names)
        return all(covers(rows, span, zone_id=zone) for zone in zones)

    def _spans(self, table: str, scope: str, version: Row | None, year: int) -> list[Row]:
        name = version["baseline_version"] if version else None
        scenario = "baseline" if version else "monitored"
        rows = self.project.rows(table, scope=scope, scenario=scenario, baseline_version=name)
        if version and version["mode"] in AVERAGES:
            first, last = version["reference_first_year"], version["reference_last_year"]
            return [row for row in rows if first <= row["first_year"] and row["last_year"] <= last]
        return [row for row in rows if row["first_year"] <= year <= row["last_year"]]

    def _annual(self, rows: Iterable[Row], version: Row | None, column: str) -> list[tuple[Row, Fraction]]:
        if version and version["mode"] in AVERAGES:
            years = version["reference_last_year"] - version["reference_first_year"] + 1
            return [(row, row[column] / years) for row in rows]
        return [(row, row[column] / (row["last_year"] - row["first_year"] + 1)) for row in rows]

    def _declared(self, scope: str, version: Row | None, year: int, component: str) -> Fraction:
        rows = [row for row in self._spans("account_emissions", scope, version, year) if row["component"] == component]
        return sum((value for _, value in self._annual(rows, version, "emissions_tco2e")), Fraction(0))

    def _changes(self, scope: str, version: Row | None, year: int, rules: Rules, activity: str) -> Known:
        if not counts(rules, activity, version):
            return Fraction(0)
        values: list[Known] = []
        for row, area in self._areas(scope, version, year, activity):
            values.append(self._of_area(area, row, rules, age=0))
        if activity == "deforestation":
            values.extend(self._earlier(scope, version is not None, year, rules))
        return total(values)

    def _areas(self, scope: str, version: Row | None, year: int, activity: str) -> list[tuple[Row, Known]]:
        rows = [row for row in self._spans("account_activity", scope, version, year) if row["activity"] == activity]
        areas: list[tuple[Row, Known]] = [*self._annual(rows, version, "area_ha")]
        if version is None or version["mode"] not in AVERAGES:
            return areas
        span = (version["reference_first_year"], version["reference_last_year"])
        return [(row, area if covers(rows, span, zone_id=row["zone_id"]) else None) for row, area in areas]

    def _of_area(self, area: Known, row: Row, rules: Rules, age: int, weight: Fraction = Fraction(1)) -> Known:
        if area == 0:
            return Fraction(0)
        per_ha = factor(self.carbon, row, rules, age)
        if area is None:
            return Fraction(0) if per_ha == 0 else None
        return None if per_ha is None else area * weight * per_ha

    def _earlier(self, scope: str, is_baseline: bool, year: int, rules: Rules) -> Iterable[Known]:
        """Give what earlier losses still emit, back to the start of crediting; each zone that loses now must tell of then."""
        now = self._zones_of_loss(scope, year, is_baseline=is_baseline)
        for past in range(max(self.account.crediting_start.year, year - memory(rules) + 1), year):
            if now - self._zones_of_loss(scope, past, is_baseline=is_baseline):
                yield None
            for version, weight in self._in_force(past, is_baseline=is_baseline):
                for row, area in self._areas(scope, version, past, "deforestation"):
                    yield self._of_area(area, row, rules, year - past, weight)

    def _zones_of_loss(self, scope: str, year: int, *, is_baseline: bool) -> set[str]:
        versions = self._in_force(year, is_baseline=is_baseline)
        return {row["zone_id"] for one, _ in versions for row, _ in self._areas(scope, one, year, "deforestation")}

    def _in_force(self, year: int, *, is_baseline: bool) -> list[tuple[Row | None, Fraction]]:
        return self._weights(year) if is_baseline else [(None, Fraction(1))]

    def _weights(self, year: int) -> list[tuple[Row | None, Fraction]]:
        valid = self._valid(date(year, 1, 1), date(year, 12, 31))
        whole = sum(length for _, length in valid)
        return [(one, Fraction(length, whole)) for one, length in valid]

    def _burnt(self, scope: str, version: Row | None, year: int) -> list[Row]:
        name = version["baseline_version"] if version else None
        scenario = "baseline" if version else "monitored"
        return self.project.rows(
            "account_burnt_areas", scope=scope, scenario=scenario, baseline_version=name, year=year
        )

    def _fire(self, scope: str, version: Row | None, year: int, rules: Rules) -> Known:
        if rules["fire_rule"] == "none":
            return Fraction(0)
        return total(
            None if stock is None else row["area_ha"] * fire_factor(stock, rules)
            for row in self._burnt(scope, version, year)
            for stock in [self.carbon.stocks.get((row["stratum_id"], "forest"), {}).get("above_ground")]
        )


def covers(rows: Sequence[Row], span: tuple[int, int], **wanted: str) -> bool:
    """Say whether rows with these values have every year of the span."""
    years = {
        year
        for row in rows
        if all(row[name] == value for name, value in wanted.items())
        for year in range(row["first_year"], row["last_year"] + 1)
    }
    return years >= set(range(span[0], span[1] + 1))


def fire_factor(above_ground_tc_ha: Fraction, rules: Rules) -> Fraction:
    """Return what a burnt hectare gives off as methane and nitrous oxide, tCO2e."""
    if rules["fire_rule"] == "carbon_ratio":
        burnt = above_ground_tc_ha * rules["fire_burnt_share"] * rules["fire_combustion_efficiency"]
        n2o = burnt * rules["fire_n_c_ratio"] * rules["fire_n2o_emission_ratio"] * Fraction(44, 28)
        ch4 = burnt * rules["fire_ch4_emission_ratio"] * Fraction(16, 12)
    else:
        burnt = above_ground_tc_ha / rules["carbon_fraction"] * rules["fire_combustion_factor"] / 1000
        n2o, ch4 = burnt * rules["fire_n2o_g_kg"], burnt * rules["fire_ch4_g_kg"]
    return n2o * rules["gwp_n2o"] + ch4 * rules["gwp_ch4"]
