"""The second measurement of trees."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mrv.field.audit import measurement_audit
from mrv.field.names import Taxon
from mrv.project_field import Audit


def _tree(tag: str, dbh: float | None, **other: Any) -> dict[str, Any]:
    tree = {"plot_id": "p1", "census_id": "1", "tree_id": tag, "dbh_cm": dbh, "height_m": None, "status": "alive"}
    return tree | {"family": None, "genus": "Inga", "species": "edulis"} | other


def _audit(audited: list[dict[str, Any]], trees: list[dict[str, Any]], names: Any = None) -> dict[str, dict[str, Any]]:
    rows = measurement_audit(audited, trees=trees, settings=Audit(), names=names or {})
    return {row["measure"]: row for row in rows}


TREES = [_tree(str(tag), 20.0 + tag, height_m=20.0) for tag in range(20)]


def test_differences_are_the_audit_less_the_census() -> None:
    found = _audit([_tree("0", 20.5, height_m=22.0), _tree("1", 20.4, height_m=None)], TREES)
    dbh, height = found["dbh_cm"], found["height_m"]
    assert (dbh["tree_count"], dbh["audited_count"], dbh["audited_share"]) == (20, 2, Decimal("0.1"))
    assert dbh["mean_difference"] == Decimal("-0.05")
    assert dbh["mean_absolute_difference"] == Decimal("0.55")
    assert dbh["rmse"] == Decimal("0.552268051")
    # 20.5 - 20.0 lies at the tolerance of 0.5 cm, which agrees; 20.4 - 21.0 lies beyond it.
    assert (dbh["agreed_share"], dbh["passed"]) == (Decimal("0.5"), False)
    assert (height["mean_difference"], height["agreed_share"], height["passed"]) == (Decimal(2), Decimal(1), True)


def test_an_old_name_is_no_disagreement() -> None:
    audited = [_tree("0", 20.0), _tree("1", 21.0, species="vera")]
    names = {("inga", "vera"): Taxon("Fabaceae", "Inga", "edulis")}
    assert _audit(audited, TREES)["species"]["agreed_share"] == Decimal("0.5")
    assert _audit(audited, TREES, names)["species"]["agreed_share"] == Decimal(1)


def test_a_tree_that_the_census_lacks_is_named() -> None:
    presence = _audit([_tree("0", 20.0), _tree("1", 21.0), _tree("99", 30.0)], TREES)["presence"]
    assert presence["agreed_share"] == Decimal("0.666666667")
    assert presence["reason"] == "the census does not have 99"
    assert presence["passed"] is False


def test_too_few_trees_do_not_pass_however_well_they_agree() -> None:
    dbh = _audit([_tree("0", 20.0)], TREES)["dbh_cm"]
    assert (dbh["agreed_share"], dbh["passed"]) == (Decimal(1), False)
    assert dbh["reason"] == "fewer than 10% of the trees were audited"


def test_a_measure_that_nobody_took_twice_is_null_with_its_reason() -> None:
    found = _audit([_tree("0", None, genus=None, species=None, status=None), _tree("1", None)], TREES)
    for measure in ("dbh_cm", "height_m"):
        assert found[measure]["passed"] is None
        assert found[measure]["reason"] == "no tree has it in both measurements"
    assert found["species"]["agreed_share"] == Decimal(1)


def test_the_order_of_the_rows_changes_nothing() -> None:
    audited = [_tree(str(tag), 20.0 + tag * 1.01, height_m=21.0) for tag in range(7)]
    assert _audit(audited, TREES) == _audit(audited[::-1], TREES[::-1])
