"""Hand-made tables of the ledger: a VCS account that adds up from pools to credits, and an ART account of the same tonnes."""

import math
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pyarrow as pa

TCO2E, HA, SHARE = pa.decimal128(28, 9), pa.decimal128(18, 6), pa.decimal128(18, 9)
ACCOUNT = {"project_id": pa.string(), "rule_set": pa.string()}
VINTAGE = {**ACCOUNT, "vintage_year": pa.int64()}
TEXT = pa.string()
_SIDE = {
    **ACCOUNT, "scope": TEXT, "zone_id": TEXT, "stratum_id": TEXT, "activity": TEXT, "from_state": TEXT, "to_state": TEXT,
    "pool": TEXT, "year": pa.int64(), "method": TEXT, "area_ha": HA, "emission_factor_tco2e_ha": TCO2E,
    "span_tco2e": TCO2E, "span_years": pa.int64(), "emissions_tco2e": TCO2E,
    "days": pa.int64(), "days_in_year": pa.int64(), "period_tco2e": TCO2E, "reason": TEXT,
}  # fmt: skip
COLUMNS = {
    "emission_reductions": {
        **VINTAGE, "is_primary": pa.bool_(), "vintage_start": pa.date32(), "vintage_end": pa.date32(), "days": pa.int64(),
        "baseline_tco2e": TCO2E, "project_tco2e": TCO2E, "gross_reduction_tco2e": TCO2E, "stock_change_tco2e": TCO2E,
        "removals_tco2e": TCO2E, "removals_left_out_tco2e": TCO2E, "leakage_tco2e": TCO2E, "net_tco2e": TCO2E,
        "uncertainty_u90": SHARE, "uncertainty_source": TEXT, "activity_data_source": TEXT, "monitored_u90": SHARE,
        "deduction_fraction": SHARE, "deduction_tco2e": TCO2E, "adjusted_tco2e": TCO2E, "transferred_tco2e": TCO2E,
        "buffer_rate": SHARE, "buffer_tco2e": TCO2E, "pooled_buffer_tco2e": TCO2E, "earned_tco2e": TCO2E,
        "opening_tco2e": TCO2E, "creditable_tco2e": TCO2E, "carried_tco2e": TCO2E, "credits": pa.int64(), "credit_unit": TEXT,
        "eligible": pa.bool_(), "reason": TEXT,
    },
    "leakage": {
        **VINTAGE, "belt_baseline_tco2e": TCO2E, "belt_monitored_tco2e": TCO2E, "belt_excess_tco2e": TCO2E,
        "belt_leakage_tco2e": TCO2E, "displacement_tco2e": TCO2E, "market_leakage_tco2e": TCO2E, "outside_belt_tco2e": TCO2E,
        "prevention_tco2e": TCO2E, "rate_tco2e": TCO2E, "leakage_tco2e": TCO2E, "leakage_rule": TEXT, "leakage_floor": TEXT,
        "reason": TEXT,
    },
    "uncertainty": {
        **VINTAGE, "uncertainty_rule": TEXT, "uncertainty_source": TEXT, "deduction_base": TEXT, "error_quantity": TEXT,
        "uncertainty_u90": SHARE,
        "analytic_u90": SHARE,
        "monte_carlo_u90": SHARE, "area_u90": SHARE, "monitored_u90": SHARE, "factor_u90": SHARE,
        "activity_data_source": TEXT, "deduction_fraction": SHARE,
        "eligible": pa.bool_(), "reason": TEXT,
    },
    "uncertainty_rules": {
        **VINTAGE, "rule": TEXT, "basis": TEXT, "uncertainty_u90": SHARE, "deduction_fraction": SHARE, "eligible": pa.bool_(),
        "in_force": pa.bool_(), "reason": TEXT,
    },
    "monte_carlo": {
        **VINTAGE, "quantity": TEXT,
        "expected_tco2e": TCO2E, "mean_tco2e": TCO2E, "median_tco2e": TCO2E, "q05_tco2e": TCO2E, "q95_tco2e": TCO2E,
        "sd_tco2e": TCO2E, "half_width_tco2e": TCO2E, "u90": SHARE, "median_u90": SHARE,
        "draw_count": pa.int64(), "seed": pa.int64(), "reason": TEXT,
    },
    "uncertainty_sensitivity": {
        **ACCOUNT, "input_id": TEXT, "input_kind": TEXT, "label": TEXT, "variance_share": SHARE, "low_tco2e": TCO2E,
        "high_tco2e": TCO2E, "mean_tco2e": TCO2E, "reason": TEXT,
    },
    "buffer": {
        **VINTAGE, "internal_score": SHARE, "external_score": SHARE, "natural_score": SHARE, "total_score": SHARE,
        "rating_percent": SHARE, "minimum_percent": SHARE, "assessed_on": pa.date32(), "buffer_rate": SHARE, "rate_source": TEXT,
        "buffer_base": TEXT, "base_tco2e": TCO2E, "buffer_tco2e": TCO2E, "passes": pa.bool_(), "reason": TEXT,
    },
    "risk_rating": {
        **VINTAGE, "assessed_on": pa.date32(), "category": TEXT, "score": SHARE, "limit_score": SHARE, "passes": pa.bool_(),
        "reason": TEXT,
    },
    "vintages": {
        **VINTAGE, "vintage_start": pa.date32(), "vintage_end": pa.date32(), "source": TEXT, "baseline_tco2e": TCO2E,
        "project_tco2e": TCO2E, "leakage_tco2e": TCO2E, "buffer_credits": pa.int64(), "reduction_credits": pa.int64(),
        "removal_credits": pa.int64(), "credits": pa.int64(), "cumulative_credits": pa.int64(), "credit_unit": TEXT,
        "ex_ante_net_tco2e": TCO2E, "net_tco2e": TCO2E, "difference_percent": SHARE, "reason": TEXT,
    },
    "issuance_reconciliation": {
        **VINTAGE, "vintage_start": pa.date32(), "vintage_end": pa.date32(), "computed_credits": pa.int64(),
        "issued": pa.int64(), "retired": pa.int64(), "available": pa.int64(), "difference": pa.int64(), "status": TEXT,
        "reason": TEXT,
    },
    "issuances": {
        "serial_number": TEXT, "credit_unit": TEXT, "vintage_start": pa.date32(), "vintage_end": pa.date32(),
        "quantity_issued": pa.int64(), "is_retired": pa.bool_(),
    },
    "reversals": {
        **ACCOUNT, "event_id": TEXT, "kind": TEXT, "status": TEXT, "occurred_on": pa.date32(), "stock_loss_tco2e": TCO2E,
        "cause": TEXT, "buffer_credits": pa.int64(),
        "days_to_notification": pa.int64(), "reason": TEXT,
    },
    "baseline_emissions": {"baseline_version": TEXT, **_SIDE},
    "project_emissions": _SIDE,
}  # fmt: skip
KEYS = {
    "emission_reductions": [*VINTAGE], "leakage": [*VINTAGE], "uncertainty": [*VINTAGE], "buffer": [*VINTAGE],
    "uncertainty_rules": [*VINTAGE, "rule", "basis"], "monte_carlo": [*VINTAGE, "quantity"],
    "uncertainty_sensitivity": [*ACCOUNT, "input_id"], "risk_rating": [*VINTAGE, "category"],
    "vintages": [*ACCOUNT, "vintage_start"], "issuance_reconciliation": [*ACCOUNT, "vintage_start"],
    "reversals": [*ACCOUNT, "event_id"], "issuances": ["serial_number"],
    "baseline_emissions": [*ACCOUNT, "baseline_version", "scope", "zone_id", "stratum_id", "pool", "year"],
    "project_emissions": [*ACCOUNT, "scope", "zone_id", "stratum_id", "pool", "year"],
}  # fmt: skip
VCS, ART = {"project_id": "sample", "rule_set": "vm0007_v1_6"}, {"project_id": "sample", "rule_set": "art_trees_2"}
SPANS = (
    (2022, date(2022, 7, 1), date(2022, 12, 31), 184, 365, "181044.25"),
    (2023, date(2023, 1, 1), date(2023, 12, 31), 365, 365, "362711.5"),
    (2024, date(2024, 1, 1), date(2024, 6, 30), 182, 366, "180101"),
)
_LEAST = Decimal("0.000000001")
POOLS = {"above_ground": Decimal("0.9"), "below_ground": Decimal("0.25"), "total": Decimal("-0.15")}
CHOICES = {
    "vm0007_v1_6": {"credit_rule": "vcs", "rounding": "floor", "deficit_rule": "earned_back", "leakage_floor": "annual",
                    "leakage_rule": "belt", "deduction_base": "net", "buffer_base": "stock_change", "uncertainty_rule": "x_unc",
                    "emission_timing": "year_of_loss"},
    "art_trees_2": {"credit_rule": "art_trees", "rounding": "half_up", "deficit_rule": "negative_credits", "leakage_rule": "rate",
                    "deduction_base": "gross_reduction", "buffer_base": "gross_less_transferred", "uncertainty_rule": "art_trees",
                    "emission_timing": "year_of_loss"},
}  # fmt: skip
NUMBERS = {
    "vm0007_v1_6": {
        "uncertainty_allowable": "0.15", "uncertainty_level_factor": "1.2", "buffer_rate": "0.140", "ner_error": "0.18",
        "buffer_minimum": "0.12", "risk_limit_internal": "35", "risk_limit_external": "20", "risk_limit_natural": "35",
        "risk_fail_above": "60", "carbon_fraction": "0.47", "uncertainty_free_below": "0.1", "uncertainty_ineligible_above": "1",
        "t_two_sided_90": "1.6449", "t_one_sided_66_67": "0.4307", "art_one_sided_quantile": "0.524417",
        "art_two_sided_90_quantile": "1.645006", "fcpf_limit_1": "0.15", "fcpf_limit_2": "0.3", "fcpf_limit_3": "0.6",
        "fcpf_limit_4": "1", "fcpf_factor_1": "0", "fcpf_factor_2": "0.04", "fcpf_factor_3": "0.08", "fcpf_factor_4": "0.12",
        "fcpf_factor_5": "0.15",
    },
    "art_trees_2": {
        "art_one_sided_quantile": "0.524417", "art_two_sided_90_quantile": "1.645006", "buffer_rate": "0.14", "ner_error": "0.18",
    },
}  # fmt: skip
BELT = Decimal(50000)
ISSUED = (150000, 0, 100000, 999999)
U90 = Decimal("0.18")
SHARES = {"vm0007_v1_6": Decimal("0.03"), "art_trees_2": Decimal("0.057382806")}
"""What each rule set deducts of that error: what exceeds its allowance, and 0.524417 / 1.645006 of it."""


def exact(value):
    return Decimal(value).quantize(_LEAST, rounding=ROUND_HALF_UP)


def vintage(year, start, end, days, base, *, account=VCS):
    """Return a row of the ledger: of the VCS account, else of ART's with its leakage rate of 4 %."""
    base = Decimal(base)
    project = base * Decimal("0.21")
    gross = base - project
    leakage = exact(base * Decimal("0.04"))
    of_net = account is VCS
    share = SHARES[account["rule_set"]]
    deduction = exact((gross - leakage if of_net else gross) * share)
    buffer = exact(gross * Decimal("0.14"))
    earned = gross - leakage - deduction - buffer
    credited = int(earned if of_net else earned.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return {
        **account, "vintage_year": year, "is_primary": of_net, "vintage_start": start, "vintage_end": end, "days": days,
        "baseline_tco2e": base, "project_tco2e": project, "gross_reduction_tco2e": gross, "stock_change_tco2e": gross,
        "removals_tco2e": Decimal(0), "removals_left_out_tco2e": Decimal(0), "leakage_tco2e": leakage,
        "net_tco2e": gross - leakage, "uncertainty_u90": U90, "uncertainty_source": "declared",
        "activity_data_source": "map_count", "monitored_u90": Decimal("0.1"), "deduction_fraction": share,
        "deduction_tco2e": deduction, "adjusted_tco2e": gross - leakage - deduction, "transferred_tco2e": Decimal(0),
        "buffer_rate": Decimal("0.14"), "buffer_tco2e": buffer, "pooled_buffer_tco2e": Decimal(0), "earned_tco2e": earned,
        "opening_tco2e": Decimal(0), "creditable_tco2e": earned, "carried_tco2e": Decimal(0), "credits": credited,
        "credit_unit": "VCU" if of_net else "TREES", "eligible": True, "reason": None,
    }  # fmt: skip


def reductions(account=VCS):
    return [vintage(year, start, end, days, base, account=account) for year, start, end, days, _, base in SPANS]


def _side(year, days, length, tonnes, share, pool, account, scope="project_area"):
    annual = exact(tonnes * share * length / days)
    return {
        **account, "scope": scope, "zone_id": "pa" if scope == "project_area" else "lb", "stratum_id": "montane",
        "activity": "deforestation", "from_state": "forest", "to_state": "post_deforestation", "pool": pool, "year": year,
        "method": "stock_change", "area_ha": Decimal(100), "emission_factor_tco2e_ha": exact(annual / 100),
        "span_tco2e": annual, "span_years": 1, "emissions_tco2e": annual, "days": days, "days_in_year": length,
        "period_tco2e": exact(annual * days / length), "reason": None,
    }  # fmt: skip


def sides(account=VCS):
    """Return baseline and project emissions by pool that add up to the vintages, and those of the belt of the VCS account."""
    found = {"baseline_emissions": [], "project_emissions": []}
    for year, _, _, days, length, base in SPANS:
        for pool, share in POOLS.items():
            baseline = _side(year, days, length, Decimal(base), share, pool, account)
            found["baseline_emissions"].append({"baseline_version": "b1", **baseline})
            found["project_emissions"].append(
                _side(year, days, length, Decimal(base) * Decimal("0.21"), share, pool, account)
            )
        if account is VCS:
            leakage = exact(Decimal(base) * Decimal("0.04"))
            for name, tonnes in (("baseline", BELT), ("project", BELT + leakage)):
                row = _side(year, days, length, tonnes, Decimal(1), "total", account, "leakage_belt")
                found[f"{name}_emissions"].append({"baseline_version": "b1", **row} if name == "baseline" else row)
    return found


def _leakage(row):
    belt = row["rule_set"] == VCS["rule_set"]
    base = {"leakage_tco2e": row["leakage_tco2e"], "vintage_year": row["vintage_year"], "reason": None}
    account = {name: row[name] for name in ACCOUNT}
    zero = dict.fromkeys(
        ("displacement_tco2e", "market_leakage_tco2e", "outside_belt_tco2e", "prevention_tco2e"), Decimal(0)
    )
    if not belt:
        return {
            **account,
            **base,
            **zero,
            "belt_leakage_tco2e": Decimal(0),
            "rate_tco2e": row["leakage_tco2e"],
            "leakage_rule": "rate",
        }
    return {
        **account, **base, **zero, "belt_baseline_tco2e": BELT,
        "belt_monitored_tco2e": BELT + row["leakage_tco2e"],
        "belt_excess_tco2e": row["leakage_tco2e"], "belt_leakage_tco2e": row["leakage_tco2e"], "rate_tco2e": Decimal(0),
        "leakage_rule": "belt", "leakage_floor": "annual",
    }  # fmt: skip


def _uncertainty(row):
    account = {name: row[name] for name in VINTAGE}
    return {
        **account, "uncertainty_rule": CHOICES[row["rule_set"]]["uncertainty_rule"], "uncertainty_source": "declared",
        "deduction_base": CHOICES[row["rule_set"]]["deduction_base"], "error_quantity": CHOICES[row["rule_set"]]["deduction_base"],
        "uncertainty_u90": row["uncertainty_u90"], "monitored_u90": Decimal("0.1"), "factor_u90": Decimal("0.15"),
        "analytic_u90": Decimal("0.184"),
        "monte_carlo_u90": _drawn_u90(row) if row["is_primary"] else Decimal("0.179"), "area_u90": Decimal("0.107"),
        "activity_data_source": "map_count", "deduction_fraction": row["deduction_fraction"], "eligible": True, "reason": None,
    }  # fmt: skip


def _compared(row):
    account = {name: row[name] for name in VINTAGE}
    quantiles = Decimal("0.524417") / Decimal("1.645006"), Decimal("0.4307") / Decimal("1.6449")
    for basis, u90 in (("analytic", Decimal("0.184")), ("monte_carlo", _drawn_u90(row)), ("declared", U90)):
        level = 1 if basis == "declared" else Decimal("1.2")
        for rule, deducted in (
            ("x_unc", u90 * level - Decimal("0.15")), ("vcs_mr_2_4", u90 * quantiles[1]), ("art_trees", u90 * quantiles[0]),
            ("fcpf", Decimal("0.04")),
        ):  # fmt: skip
            yield {
                **account, "rule": rule, "basis": basis, "uncertainty_u90": u90, "deduction_fraction": exact(deducted),
                "eligible": True, "in_force": (rule, basis) == ("x_unc", "declared"), "reason": None,
            }  # fmt: skip


def _drawn_u90(row, quantity="net_tco2e"):
    """Return the half-width of what is drawn, 17.9 % of the ledger's number, by the mean, which is three tonnes more."""
    return exact(row[quantity] * Decimal("0.179") / (row[quantity] + 3)).quantize(Decimal("0.000001"))


def _drawn(rows):
    names = {"baseline": "baseline_tco2e", "project": "project_tco2e", "leakage": "leakage_tco2e", "net": "net_tco2e",
             "gross_reduction": "gross_reduction_tco2e"}  # fmt: skip
    for quantity, column in names.items():
        for year in (*(row["vintage_year"] for row in rows), None):
            value = sum(row[column] for row in rows if year in (None, row["vintage_year"]))
            half = exact(value * Decimal("0.179"))
            yield {
                **VCS, "vintage_year": year, "quantity": quantity,
                "expected_tco2e": value, "mean_tco2e": value + 3, "median_tco2e": value,
                "q05_tco2e": value - half, "q95_tco2e": value + half, "sd_tco2e": exact(half / Decimal("1.6449")),
                "half_width_tco2e": half, "u90": _drawn_u90({column: value}, column), "median_u90": Decimal("0.179"),
                "draw_count": 10000, "seed": 958, "reason": None,
            }  # fmt: skip


def _swings(rows):
    net = sum(row["net_tco2e"] for row in rows)
    for place, (kind, label, half, share) in enumerate(
        (("area", "baseline pa montane", 61000, "0.71"), ("stock", "montane forest above_ground", 24000, "0.17"),
         ("area", "monitored pa montane", 19000, "0.09"), ("stock", "montane post_deforestation total", 5000, "0.02"))
    ):  # fmt: skip
        yield {
            **VCS, "input_id": f"i{place}", "input_kind": kind, "label": label, "variance_share": Decimal(share),
            "low_tco2e": net - half, "high_tco2e": net + half, "mean_tco2e": net, "reason": None,
        }  # fmt: skip


def _buffer(row):
    account = {name: row[name] for name in VINTAGE}
    held = {
        **account, "buffer_rate": Decimal("0.14"), "rate_source": "declared",
        "buffer_base": CHOICES[row["rule_set"]]["buffer_base"], "base_tco2e": row["stock_change_tco2e"],
        "buffer_tco2e": row["buffer_tco2e"], "reason": None,
    }  # fmt: skip
    if row["rule_set"] != VCS["rule_set"]:
        return held
    return {
        **held, "internal_score": Decimal("8.4"), "external_score": Decimal(3), "natural_score": Decimal("2.5"),
        "total_score": Decimal("13.9"), "rating_percent": Decimal(14), "minimum_percent": Decimal(12),
        "assessed_on": date(2022, 3, 1), "rate_source": "rating", "passes": True,
    }  # fmt: skip


def _rating(year):
    for category, score, limit in (("internal", "8.4", 35), ("external", "3", 20), ("natural", "2.5", 35)):
        yield {
            **VCS, "vintage_year": year, "assessed_on": date(2022, 3, 1), "category": category, "score": Decimal(score),
            "limit_score": Decimal(limit), "passes": True, "reason": None,
        }  # fmt: skip


def registry(rows):
    """Return the table of vintages: one of an earlier period, then those of the ledger."""
    span = {name: rows[0][name] for name in ACCOUNT}
    found = [
        {
            **span, "vintage_year": 2021, "vintage_start": date(2021, 1, 1), "vintage_end": date(2021, 12, 31), "source": "prior",
            "leakage_tco2e": Decimal(1200), "buffer_credits": 20000, "reduction_credits": 150000, "removal_credits": 0,
            "credits": 150000, "cumulative_credits": 150000, "credit_unit": rows[0]["credit_unit"],
            "reason": "baseline and project emissions of an earlier period are not known here",
        }
    ]  # fmt: skip
    cumulative = 150000
    for row in rows:
        cumulative += row["credits"]
        found.append(
            {
                **{name: row[name] for name in (*VINTAGE, "vintage_start", "vintage_end", "baseline_tco2e", "project_tco2e",
                                                "leakage_tco2e", "credits", "credit_unit")},
                "source": "computed", "buffer_credits": math.ceil(row["buffer_tco2e"]), "reduction_credits": row["credits"],
                "removal_credits": 0, "cumulative_credits": cumulative, "ex_ante_net_tco2e": Decimal(250000),
                "net_tco2e": row["net_tco2e"],
                "difference_percent": exact((row["net_tco2e"] / 250000 - 1) * 100), "reason": None,
            }
        )  # fmt: skip
    return found


def _reconciled(rows):
    for row, issued, status in zip(
        rows, ISSUED, ("fully_issued", "not_issued", "partly_issued", "over_issued"), strict=True
    ):
        yield {
            **{name: row[name] for name in (*VINTAGE, "vintage_start", "vintage_end")}, "computed_credits": row["credits"],
            "issued": issued, "retired": issued // 2, "available": max(row["credits"] - issued, 0),
            "difference": row["credits"] - issued, "status": status,
            "reason": "more was issued than the ledger computes" if status == "over_issued" else None,
        }  # fmt: skip


def _blocks(rows):
    """Yield the registry's blocks of each vintage: one half retired, the other not."""
    for row, issued in zip(rows, ISSUED, strict=True):
        for is_retired, quantity in ((True, issued // 2), (False, issued - issued // 2)):
            if quantity:
                yield {
                    "serial_number": f"{row['vintage_year']}-VCU-{is_retired}", "credit_unit": "VCU",
                    "vintage_start": row["vintage_start"], "vintage_end": row["vintage_end"], "quantity_issued": quantity,
                    "is_retired": is_retired,
                }  # fmt: skip


def ledger_marts(*accounts):
    """Return every table of the ledger for the VCS account, and those of arithmetic for further accounts."""
    first = reductions()
    marts = {
        "emission_reductions": [*first],
        **sides(),
        "leakage": [_leakage(row) for row in first],
        "uncertainty": [_uncertainty(row) for row in first],
        "uncertainty_rules": [item for row in first for item in _compared(row)],
        "monte_carlo": [*_drawn(first)],
        "uncertainty_sensitivity": [*_swings(first)],
        "buffer": [_buffer(row) for row in first],
        "risk_rating": [item for year in (2022, 2023, 2024) for item in _rating(year)],
        "vintages": registry(first),
        "issuance_reconciliation": [*_reconciled(registry(first))],
        "issuances": [*_blocks(registry(first))],
        "reversals": [
            {
                **VCS, "event_id": "storm-1", "kind": "loss_event", "status": "reported", "cause": "storm",
                "buffer_credits": 9100, "occurred_on": date(2023, 8, 4),
                "stock_loss_tco2e": Decimal(9100), "days_to_notification": 44, "reason": "notified after more than 30 days",
            }
        ],
    }  # fmt: skip
    for account in accounts:
        rows = reductions(account)
        marts["emission_reductions"] += rows
        marts["leakage"] += [_leakage(row) for row in rows]
        marts["uncertainty"] += [_uncertainty(row) for row in rows]
        marts["buffer"] += [_buffer(row) for row in rows]
        marts["uncertainty_rules"] += [
            {
                **{name: row[name] for name in VINTAGE}, "rule": CHOICES[row["rule_set"]]["uncertainty_rule"],
                "basis": "declared", "uncertainty_u90": U90, "deduction_fraction": row["deduction_fraction"],
                "eligible": True, "in_force": True, "reason": None,
            }
            for row in rows
        ]  # fmt: skip
        marts["vintages"] += registry(rows)
        for name, found in sides(account).items():
            marts[name] += found
    return marts


def landed(*accounts):
    """Return the landed rows by which a verifier knows the accounts, and the rules of each."""
    rows, declared = [], []
    for account in accounts:
        declared.append(
            {
                **account, "is_primary": account is VCS, "period_id": "mp4", "period_start": date(2022, 7, 1),
                "period_end": date(2024, 6, 30), "crediting_start": date(2010, 1, 1), "crediting_end": date(2049, 12, 31),
            }
        )  # fmt: skip
        place = "common" if account is VCS else account["rule_set"]
        for year, *_ in SPANS:
            own = {**account, "vintage_year": year}
            for name, choice in CHOICES[account["rule_set"]].items():
                rows.append({**own, "name": name, "value": None, "choice": choice, "parameter_id": f"{place}.{name}"})
            for name, value in NUMBERS[account["rule_set"]].items():
                rows.append(
                    {**own, "name": name, "value": Decimal(value), "choice": None, "parameter_id": f"{place}.{name}"}
                )
    return {"account_parameters": rows, "accounts": declared}
