"""Input tables of one project to the rows of the four-sheet layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mrv.accounting.four_sheets import ZONE
from mrv.accounting.layout import ACCOUNT, PARAMETERS, STOCKS, TIME_PERIODS, TRANSITIONS, USER_INPUTS
from mrv.errors import InputError

Record = Mapping[str, Any]
Sheets = dict[str, list[dict[str, Any]]]
"""Sheet to its rows, by column of the layout."""
KIND_OF_MODE = {"reference_average": "REF", "annual_table": "BSL"}
_ACTIVITY = {"deforestation": "DF", "degradation": "DG", "enhancement": "EN"}
_ELEMENT = {
    "above_ground": "AGB",
    "below_ground": "BGB",
    "dead_wood": "DW",
    "litter": "LI",
    "soil": "SOC",
    "total": "ALL",
}


def to_four_sheets(
    tables: Mapping[str, Sequence[Record]], *, account: Record, parameters: Iterable[Record] = ()
) -> Sheets:
    """Return the sheets of a project, from which `read_four_sheets` reads the same tables.

    Args:
        tables: Landed table to its rows: activity, stocks and the versions of the baseline.
        account: Row of `accounts`.
        parameters: Rows of name, value, choice, rule_set, source.

    Raises:
        InputError: A baseline is not made of areas, which this layout does not hold.
    """
    versions = {row["baseline_version"]: row for row in tables.get("baseline_versions", ())}
    activity = sorted(tables.get("account_activity", ()), key=_order)
    stocks = tables.get("account_stocks", ())
    fraction = _common_fraction(stocks)
    return {
        USER_INPUTS: [
            {
                "trunc_pdf": "FALSE",
                "c_unit": "DM" if any(row["method"] == "biomass" for row in stocks) else "C",
                "c_fraction": fraction[0] if fraction else None,
                "c_fraction_se": fraction[1] if fraction else None,
                "dg_pool": "ALL",
                "ad_annual": "FALSE",
                "conf_level": 0.9,
            }
        ],
        TIME_PERIODS: _periods(activity, versions),
        TRANSITIONS: [_transition(number, row) for number, row in enumerate(activity, start=1)],
        STOCKS: [_stock(number, row, fraction) for number, row in enumerate(stocks, start=1)],
        ACCOUNT: [
            {
                name: account[name]
                for name in (
                    "project_id",
                    "period_id",
                    "period_start",
                    "period_end",
                    "crediting_start",
                    "crediting_end",
                )
            }
        ],
        PARAMETERS: [dict(row) for row in parameters],
    }


def _order(row: Record) -> tuple[Any, ...]:
    return (
        row["scenario"],
        row["baseline_version"] or "",
        row["first_year"],
        row["last_year"],
        *(row[name] for name in ("scope", "zone_id", "stratum_id", "from_state", "to_state")),
    )


def _period_id(row: Record) -> str:
    name = "MON" if row["scenario"] == "monitored" else row["baseline_version"]
    return f"{name} {row['first_year']}-{row['last_year']}"


def _periods(activity: Sequence[Record], versions: Mapping[str, Record]) -> list[dict[str, Any]]:
    periods: dict[str, dict[str, Any]] = {}
    for row in activity:
        version = versions.get(row["baseline_version"] or "")
        own: dict[str, Any] = {}
        if version is not None:
            own = {name: version[name] for name in ("baseline_version", "valid_from", "valid_to", "document")}
        periods[_period_id(row)] = {
            "period_no": _period_id(row),
            "year_start": row["first_year"],
            "year_end": row["last_year"],
            "period_type": "MON" if version is None else _kind(version),
            **own,
        }
    return list(periods.values())


def _kind(version: Record) -> str:
    if version["mode"] not in KIND_OF_MODE:
        raise InputError(
            "the four-sheet layout holds no baseline of declared emissions",
            expected=f"mode {' or '.join(KIND_OF_MODE)}",
            found=f"{version['baseline_version']}: {version['mode']}",
            where="baseline_versions",
            remedy="use the tables (CSV) for this project",
        )
    return KIND_OF_MODE[version["mode"]]


def _transition(number: int, row: Record) -> dict[str, Any]:
    return {
        "trans_no": number,
        "trans_id": f"T{number}",
        "trans_period": _period_id(row),
        "redd_activity": _ACTIVITY[row["activity"]],
        "lu_initial_id": row["from_state"],
        "lu_initial": row["from_state"],
        "lu_final_id": row["to_state"],
        "lu_final": row["to_state"],
        "trans_area": row["area_ha"],
        "trans_se": row["se_ha"],
        "trans_pdf": row["distribution"],
        **{f"trans_pdf_{shape}": row[f"shape_{shape}"] for shape in "abc"},
        "scope": row["scope"],
        "zone_id": row["zone_id"],
        "stratum_id": row["stratum_id"],
        "error_group": row["error_group"],
        "source": row["source"],
    }


def _takes_fraction(row: Record) -> bool:
    return row["method"] in ("biomass", "ratio")


def _common_fraction(stocks: Iterable[Record]) -> tuple[Any, Any] | None:
    """Return the carbon fraction and its error that all biomass has, None where there are several."""
    found = {(row["carbon_fraction"], row["carbon_fraction_se"]) for row in stocks if _takes_fraction(row)}
    return next(iter(found)) if len(found) == 1 else None


def _stock(number: int, row: Record, fraction: tuple[Any, Any] | None) -> dict[str, Any]:
    element = {"share": "DG_ratio"}.get(row["method"], _ELEMENT[row["pool"]])
    own: dict[str, Any] = {}
    if row["method"] == "ratio":
        element = "RS" if row["pool"] == "below_ground" else element
        own["c_method_own"] = None if element == "RS" else "ratio"
    elif row["method"] != "share":
        own["c_unit_own"] = row["unit"]
    if _takes_fraction(row) and fraction is None:
        own |= {"c_fraction_own": row["carbon_fraction"], "c_fraction_own_se": row["carbon_fraction_se"]}
    return {
        "c_no": number,
        "c_id": f"C{number}",
        "c_period": "ALL",
        "c_element": element,
        "c_lu_id": row["state"],
        "c_lu_name": row["state"],
        "c_value": row["value"],
        "c_se": row["se"],
        "c_pdf": row["distribution"],
        **{f"c_pdf_{shape}": row[f"shape_{shape}"] for shape in "abc"},
        "stratum_id": row["stratum_id"],
        "c_base_id": row["base_state"],
        "source": row["source"],
        **own,
    }


def example_sheets() -> Sheets:
    """Return a small made-up example: one forest, its degraded form, and cropland."""
    stocks = [
        {"c_element": "AGB", "c_lu_id": "forest", "c_value": 250, "c_se": 12, "c_pdf": "normal"},
        {"c_element": "RS", "c_lu_id": "forest", "c_value": 0.3, "c_se": 0.03, "c_pdf": "normal"},
        {"c_element": "DG_ratio", "c_lu_id": "forest_deg", "c_value": 0.7, "c_se": 0.05, "c_pdf": "normal"},
        {"c_element": "ALL", "c_lu_id": "cropland", "c_value": 5, "c_se": 1, "c_pdf": "normal"},
    ]
    changes = [
        ("T1", "DF", "forest", "cropland", 5000, 600),
        ("T1", "DG", "forest", "forest_deg", 9000, 1500),
        ("T2", "DF", "forest", "cropland", 700, 120),
        ("T2", "DG", "forest", "forest_deg", 1400, 300),
    ]
    return {
        USER_INPUTS: [
            {
                "trunc_pdf": "FALSE",
                "n_iter": 10000,
                "ran_seed": 93,
                "c_unit": "DM",
                "c_fraction": 0.47,
                "dg_ext": "_deg",
                "dg_pool": "AGB, BGB",
                "ad_annual": "FALSE",
                "conf_level": 0.9,
            }
        ],
        TIME_PERIODS: [
            {"period_no": "T1", "year_start": 2016, "year_end": 2020, "period_type": "REF"},
            {"period_no": "T2", "year_start": 2021, "year_end": 2022, "period_type": "MON"},
        ],
        TRANSITIONS: [
            {
                "trans_no": at,
                "trans_id": f"{period}_{activity}",
                "trans_period": period,
                "redd_activity": activity,
                "lu_initial_id": before,
                "lu_initial": before,
                "lu_final_id": after,
                "lu_final": after,
                "trans_area": area,
                "trans_se": se,
                "trans_pdf": "normal",
                "zone_id": ZONE,
                "source": "made-up example",
            }
            for at, (period, activity, before, after, area, se) in enumerate(changes, start=1)
        ],
        STOCKS: [
            {
                "c_no": at,
                "c_id": f"C{at}",
                "c_period": "ALL",
                **row,
                "c_lu_name": row["c_lu_id"],
                "source": "made-up example",
            }
            for at, row in enumerate(stocks, start=1)
        ],
        ACCOUNT: [{"project_id": "example", "crediting_start": "2021-01-01", "crediting_end": "2030-12-31"}],
        PARAMETERS: [
            {"name": name, "value": value, "rule_set": "fcpf_cf", "source": "made-up example"}
            for name, value in (("buffer_rate", 0.21), ("title_share", 1))
        ],
    }
