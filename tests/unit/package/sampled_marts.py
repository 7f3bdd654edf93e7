"""Invented marts of a labelled sample of two zones, for the report and the verifier."""

from decimal import Decimal

PA = {"zone_id": "pa", "kind": "project_area", "zone_name": "Project"}
LB = {"zone_id": "lb", "kind": "leakage_belt", "zone_name": "Belt"}
DESIGN = "d1"
REASON = "3 of 40 units are open or not labelled"


def area(zone, name, year, mapped, estimate, se, *, source="sample_estimate", **changes):
    """Return a row of activity data whose intervals follow from its standard error."""
    mapped, estimate, se = Decimal(mapped), Decimal(estimate), Decimal(se)
    narrow, wide = se * Decimal("1.645"), se * Decimal("1.96")
    return {
        **zone, "activity_class": name, "year": year, "map_area_ha": mapped, "estimate_area_ha": estimate, "se_ha": se,
        "ci90_low_ha": estimate - narrow, "ci90_high_ha": estimate + narrow, "ci95_low_ha": estimate - wide,
        "ci95_high_ha": estimate + wide, "u90_percent": (100 * narrow / estimate).quantize(Decimal("0.01")),
        "difference_ha": estimate - mapped, "difference_percent": (100 * (estimate - mapped) / mapped).quantize(Decimal("0.01")),
        "map_outside_ci95": not estimate - wide <= mapped <= estimate + wide, "unit_count": 20, "class_unit_count": 8,
        "design_id": DESIGN, "estimator": "stratified", "source": source,
        "ledger_area_ha": estimate if name == "loss" else None, "unseen_upper95_ha": None, "reason": None,
        **changes,
    }  # fmt: skip


def unknown(row):
    """Return a row of which nothing could be estimated."""
    names = ("estimate", "se", "ci90_low", "ci90_high", "ci95_low", "ci95_high", "difference", "ledger_area")
    empty = {name: None for name in row if any(name.startswith(start) for start in names)}
    return {**row, **empty, "u90_percent": None, "map_outside_ci95": None, "reason": REASON}


def accuracy(measure, name, value, half_width):
    return {
        "design_id": DESIGN, "zone_id": "*", "measure": measure, "map_class": name, "unit_count": 40,
        "accuracy": Decimal(value), "se": None, "ci90_half_width": None, "ci95_half_width": Decimal(half_width), "reason": None,
    }  # fmt: skip


def cell(mapped, seen, count, share, zone="*"):
    return {
        "design_id": DESIGN, "zone_id": zone, "map_class": mapped, "reference_class": seen, "unit_count": count,
        "area_share": Decimal(share),
    }  # fmt: skip


def stratum(zone, name, hectares, weight, usable, unusable, seen):
    return {
        "design_id": DESIGN, "stratum_id": f"{zone}.{name}", "stratum_class": name, "zone_id": zone, "area_ha": Decimal(hectares),
        "weight": Decimal(weight), "drawn_count": usable + unusable, "usable_count": usable, "unusable_count": unusable,
        "unseen_upper95_ha": None if seen.get("loss") else Decimal(hectares) * 3 / usable,
        **{f"{key}_count": seen.get(key, 0) for key in ("loss", "gain", "stable_forest", "stable_non_forest")},
    }  # fmt: skip


def units(count=40):
    """Return units across the sample zones: by turns loss, forest, other land; one unusable, some resolved."""
    classes = ("loss", "stable_forest", "stable_forest", "stable_non_forest", "gain")
    rows = []
    for place in range(count):
        usable = place != 7
        rows.append(
            {
                "design_id": DESIGN, "unit_id": f"d1-{place + 1:05d}", "stratum_id": "pa.loss", "zone_id": "pa",
                "longitude": (Decimal("-77.2") + Decimal(place * 37 % count) / count * Decimal("0.38")).quantize(Decimal("0.000001")),
                "latitude": (Decimal("-7.38") + Decimal(place * 53 % count) / count * Decimal("0.4")).quantize(Decimal("0.000001")),
                "area_ha": Decimal("0.0763"),
                "outcome": "unusable" if not usable else "resolved" if place % 10 == 0 else "agreed" if place % 4 == 0 else "single",
                "reference_class": classes[place % 5] if usable else None, "label_count": 2 if place % 4 == 0 else 1,
            }
        )  # fmt: skip
    return rows


def sampled_marts():
    return {
        "activity_data": [
            area(LB, "loss", None, "5200", "5350", "310", unseen_upper95_ha=Decimal("90")),
            area(LB, "loss", 2022, "1900", "1750", "180"),
            area(LB, "loss", 2023, "1800", "2000", "190"),
            area(LB, "loss", 2024, "1500", "1600", "170"),
            area(LB, "stable_forest", None, "80000", "79700", "420"),
            area(LB, "stable_non_forest", None, "21300", "21450", "330"),
            area(PA, "stable_non_forest", None, "4000", "3900", "120"),
            area(PA, "stable_forest", None, "118800", "118520", "190"),
            area(PA, "gain", None, "5", "6", "4"),
            area(PA, "loss", None, "1195", "1574", "140", unseen_upper95_ha=Decimal("17370")),
            area(PA, "loss", 2023, "400", "700", "95"),
            area(PA, "loss", 2022, "420", "450", "80"),
            area(PA, "loss", 2024, "375", "424", "78"),
        ],
        "sample_designs": [
            {
                "design_id": DESIGN, "design_sha256": "ab" * 32, "draw": "stratified_random", "first_year": 2022,
                "last_year": 2024, "product": "gfc", "product_version": "v1.12", "step_count": 2, "unit_count": 40,
                "area_ha": Decimal("230500"), "unobserved_area_ha": Decimal("12.5"),
            }
        ],
        "sample_strata": [
            stratum("pa", "loss", "1195", "0.0052", 9, 1, {"loss": 8, "stable_forest": 1}),
            stratum("pa", "loss_buffer", "3000", "0.013", 10, 0, {"stable_forest": 9, "loss": 1}),
            stratum("pa", "stable_forest", "115800", "0.5024", 20, 0, {"stable_forest": 20}),
        ],
        "sample_units": units(),
        "map_accuracy": [
            accuracy("overall", "*", "0.987", "0.006"),
            accuracy("user", "loss", "0.91", "0.031"), accuracy("producer", "loss", "0.72", "0.09"),
            accuracy("user", "stable_forest", "0.991", "0.006"), accuracy("producer", "stable_forest", "0.994", "0.004"),
        ],
        "error_matrix": [
            cell("loss", "loss", 8, "0.0046"), cell("loss", "stable_forest", 1, "0.0006"), cell("stable_forest", "loss", 1, "0.0013"),
            cell("stable_forest", "stable_forest", 29, "0.9935"), cell("loss", "loss", 999, "0.5", zone="pa"),
        ],
        "interpreter_agreement": [
            {"design_id": DESIGN, "interpreter_a": "interpreter-1", "interpreter_b": "interpreter-2", "unit_count": 10,
             "agreed_count": 9, "agreement": Decimal("0.9"), "kappa": Decimal("0.831"), "reason": None},
        ],
    }  # fmt: skip
