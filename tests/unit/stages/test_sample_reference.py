"""Which label counts for a unit, and what is left open."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.schemas import DATASETS
from mrv.stages.sample_reference import disagreements, resolve_labels, waiting_reason

DESIGN = "cover"
CLASSES = ("loss", "gain", "stable_forest", "stable_non_forest")
Labels = list[dict[str, Any]]


def units(*names: str) -> pa.Table:
    common = {
        "design_id": DESIGN,
        "step": 1,
        "stratum_id": "pa.loss",
        "zone_id": "pa",
        "carbon_stratum_id": "terra_firme",
        "map_class": "loss",
        "map_loss_year": 2022,
        "inclusion_probability": 0.1,
        "pixel_row": 1,
        "pixel_column": 1,
        "longitude": -77.0,
        "latitude": -7.0,
        "area_um2": 1,
        "_artifact": "x",
        "_row": 1,
    }
    return DATASETS["sample_units"].table({**common, "unit_id": name} for name in names)


def said(unit: str, interpreter: str, meaning: str | None, **more: Any) -> dict[str, Any]:
    label: dict[str, Any] = dict.fromkeys(DATASETS["sample_labels"].schema.names)
    label.update(
        design_id=DESIGN,
        unit_id=unit,
        role="interpreter",
        interpreter=interpreter,
        label=meaning or "flagged",
        usable=meaning is not None,
        reference_class=meaning,
        _artifact="y",
        _row=1,
    )
    return label | more


def resolved(unit: str, meaning: str | None, who: str = "interpreter-9", **more: Any) -> dict[str, Any]:
    return said(unit, who, meaning, role="resolution", **more)


def reference(labels: Labels, *names: str) -> list[dict[str, Any]]:
    return resolve_labels(units(*(names or ("a",))), DATASETS["sample_labels"].table(labels))[0].to_pylist()


def told(row: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


@pytest.mark.parametrize(
    ("labels", "outcome", "meaning", "reason"),
    [
        ([], "not_labelled", None, "nobody has labelled it"),
        ([said("a", "i1", "loss")], "single", "loss", None),
        ([said("a", "i1", "loss"), said("a", "i2", "loss")], "agreed", "loss", None),
        (
            [said("a", "i1", "loss", loss_year=2022), said("a", "i2", "gain")],
            "open",
            None,
            "interpreters differ (i1: loss 2022; i2: gain)",
        ),
        (
            [said("a", "i1", "loss"), said("a", "i2", None)],
            "open",
            None,
            "interpreters differ (i1: loss; i2: unusable)",
        ),
        (
            [said("a", "i1", "loss"), said("a", "i2", "loss"), said("a", "i3", "gain")],
            "open",
            None,
            "interpreters differ (i1: loss; i2: loss; i3: gain)",
        ),
        (
            [said("a", "i1", None, reason="cloud"), said("a", "i2", None, reason="haze")],
            "unusable",
            None,
            "cloud; haze",
        ),
        ([said("a", "i1", "loss"), said("a", "i2", "gain"), resolved("a", "gain")], "resolved", "gain", None),
        ([said("a", "i1", "loss"), said("a", "i2", "loss"), resolved("a", "gain")], "resolved", "gain", None),
        ([resolved("a", "stable_forest", reason="seen in 2024")], "resolved", "stable_forest", "seen in 2024"),
        ([said("a", "i1", "loss"), resolved("a", None, reason="cloud")], "unusable", None, "cloud"),
        (
            [said("a", "i1", "loss"), resolved("a", "loss"), resolved("a", "gain", "interpreter-8")],
            "open",
            None,
            "resolutions differ (interpreter-8: gain; interpreter-9: loss)",
        ),
    ],
)
def test_what_counts(labels, outcome, meaning, reason) -> None:
    [row] = reference(labels)
    assert told(row, "outcome", "reference_class", "reason") == (outcome, meaning, reason)
    assert row["label_count"] == sum(label["role"] == "interpreter" for label in labels)
    decided = outcome in {"resolved", "unusable"} and any(label["role"] == "resolution" for label in labels)
    assert row["resolved_by"] == ("interpreter-9" if decided else None)


@pytest.mark.parametrize(
    ("years", "resolution", "year", "reason"),
    [
        ((2022, 2022), None, 2022, None),
        ((2022, None), None, 2022, None),
        ((None, None), None, None, None),
        ((2022, 2023), None, None, "loss years differ: 2022, 2023"),
        ((2022, 2023), 2024, 2024, None),
        ((2022, 2022), "none", 2022, None),
    ],
)
def test_the_year_of_loss_is_its_own_question(years, resolution, year, reason) -> None:
    labels = [said("a", f"i{n}", "loss", loss_year=given) for n, given in enumerate(years)]
    if resolution is not None:
        labels.append(resolved("a", "loss", loss_year=None if resolution == "none" else resolution))
    [row] = reference(labels)
    assert told(row, "reference_class", "loss_year", "reason") == ("loss", year, reason)


def test_years_of_a_class_that_was_not_chosen_do_not_count() -> None:
    [row] = reference([said("a", "i1", "loss", loss_year=2022), said("a", "i2", "gain"), resolved("a", "gain")])
    assert told(row, "reference_class", "loss_year") == ("gain", None)


def test_transition_class_and_dates_of_images() -> None:
    forest = {"forest_t1": True, "forest_t2": True, "forest_t3": False}
    labels = [
        said("a", "i1", "loss", image_before_date=2022.1, image_after_date=2024.0, **forest),
        said("a", "i2", "loss", image_before_date=2022.2, confidence="low", **forest),
        said("b", "i1", "loss", **forest),
        said("b", "i2", "loss", **(forest | {"forest_t2": False})),
        said("c", "i1", "loss", **(forest | {"forest_t3": None})),
        said("d", "i1", "loss", image_before_date=2021.0, **forest),
        resolved("d", "loss", image_before_date=2022.0, confidence="high"),
    ]
    a, b, c, d = reference(labels, "a", "b", "c", "d")
    assert told(a, "transition_class", "image_before_date", "image_after_date", "confidence") == (
        8,
        (2022.1 + 2022.2) / 2,
        2024.0,
        "low",
    )
    assert [row["transition_class"] for row in (b, c, d)] == [None, None, 8]
    assert told(d, "image_before_date", "confidence") == (2022.0, "high")


def test_agreement_by_pair_on_units_that_both_could_use() -> None:
    labels = [
        *(
            said(name, "i1", meaning)
            for name, meaning in zip("abcde", ("loss", "loss", "gain", "gain", "loss"), strict=True)
        ),
        *(
            said(name, "i2", meaning)
            for name, meaning in zip("abcde", ("loss", "gain", "gain", "gain", None), strict=True)
        ),
        said("a", "i3", "loss"),
        resolved("b", "loss", "i3"),
    ]
    _, table = resolve_labels(units(*"abcde"), DATASETS["sample_labels"].table(labels))
    # a to d: 3 of 4 agree; by chance (2 * 1 + 2 * 3) / 16 = 0.5; kappa (0.75 - 0.5) / 0.5.
    assert [
        told(row, "interpreter_a", "interpreter_b", "unit_count", "agreed_count", "agreement", "kappa")
        for row in table.to_pylist()
    ] == [
        ("i1", "i2", 4, 3, Decimal("0.75"), Decimal("0.5")),
        ("i1", "i3", 1, 1, Decimal(1), None),
        ("i2", "i3", 1, 1, Decimal(1), None),
    ]
    assert "the same label" in table["reason"][1].as_py()


def test_disagreements_are_what_somebody_must_decide() -> None:
    labels = DATASETS["sample_labels"].table(
        [
            said("a", "i1", "loss", loss_year=2022),
            said("a", "i2", None),
            said("b", "i1", "loss", loss_year=2022),
            said("b", "i2", "loss", loss_year=2023),
            said("c", "i1", "loss"),
            said("c", "i2", "loss"),
            said("d", "i1", "loss"),
            said("d", "i2", "gain"),
            resolved("d", "gain"),
        ]
    )
    table = units(*"abcde")
    found, _ = resolve_labels(table, labels)
    assert disagreements(table, labels, found) == [
        {"unit_id": "a", "longitude": -77.0, "latitude": -7.0, "labels_given": "i1: loss 2022 | i2: unusable"},
        {"unit_id": "b", "longitude": -77.0, "latitude": -7.0, "labels_given": "i1: loss 2022 | i2: loss 2023"},
    ]
    assert waiting_reason(found) == "2 of 5 units are open or not labelled"
    assert waiting_reason(found.slice(1, 3)) is None


@pytest.mark.parametrize(
    "labels",
    [
        [],
        [said("a", "i1", "stable_forest")],
        [said("a", "i1", "loss", loss_year=2022), said("a", "i2", "loss", loss_year=2023)],
        [said("a", "i1", "loss"), said("a", "i2", "gain")],
        [said("a", "i1", None)],
        [said("a", "i1", "loss"), said("a", "i2", "gain"), resolved("a", "gain")],
    ],
)
def test_a_unit_of_which_a_label_was_set_aside_is_open(labels: Labels) -> None:
    table, accepted = units("a", "b"), DATASETS["sample_labels"].table([*labels, said("b", "i1", "loss")])
    found, _ = resolve_labels(table, accepted, set_aside={(DESIGN, "a"), ("other", "b")})
    first, second = found.to_pylist()
    assert told(first, "outcome", "reference_class", "loss_year", "resolved_by") == ("open", None, None, None)
    assert (first["reason"], second["outcome"]) == ("a label of it was set aside", "single")
    assert first["label_count"] == sum(label["role"] == "interpreter" for label in labels)
    assert waiting_reason(found) == "1 of 2 units are open or not labelled (a label of 1 of them was set aside)"
    assert disagreements(table, accepted, found) == [], "no decision settles it"


LABEL = st.builds(
    lambda unit, who, meaning, year, before, role: said(
        unit,
        who,
        meaning,
        role=role,
        loss_year=year if meaning == "loss" else None,
        image_before_date=before,
        confidence=f"{before:.1f}",
    ),
    st.sampled_from("abc"),
    st.sampled_from(["i1", "i2", "i3"]),
    st.sampled_from([*CLASSES, None]),
    st.sampled_from([None, 2022, 2023]),
    st.floats(2020, 2024, allow_nan=False),
    st.sampled_from(["interpreter", "interpreter", "interpreter", "resolution"]),
)


@given(
    st.lists(LABEL, max_size=12, unique_by=lambda row: (row["unit_id"], row["interpreter"], row["role"])), st.randoms()
)
def test_the_order_of_labels_changes_nothing(labels: Labels, chance: random.Random) -> None:
    table = units(*"abc")
    schema = DATASETS["sample_labels"].schema
    before = resolve_labels(table, pa.Table.from_pylist(labels, schema=schema))
    chance.shuffle(labels)
    after = resolve_labels(table, pa.Table.from_pylist(labels, schema=schema))
    assert before[0].equals(after[0])
    assert before[1].equals(after[1])
    for row in before[0].to_pylist():
        settled = row["outcome"] in {"single", "agreed", "resolved"}
        assert settled == (row["reference_class"] is not None)
        assert row["reason"] or row["outcome"] in {"single", "agreed", "resolved", "unusable"}
