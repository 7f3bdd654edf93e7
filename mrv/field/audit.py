"""The second measurement of trees by an independent team: how far it differs from the first."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from mrv.field.names import NameTable, resolve
from mrv.field.plots import CensusKey
from mrv.field.rounding import to_factor
from mrv.project_field import Audit

Rows = list[dict[str, Any]]
Pair = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A tree as the census and as the audit have it."""
_SHOWN = 5


def measurement_audit(
    audit: Iterable[Mapping[str, Any]], *, trees: Iterable[Mapping[str, Any]], settings: Audit, names: NameTable
) -> Rows:
    """Return rows of `measurement_audit`: one per audited plot census and measure.

    Differences are the audit less the census. The measures are `presence` (the share of the tags of either team that both
    have), `dbh_cm`, `height_m`, `species` (accepted names that are the same) and `status`. A measure passes where enough of
    the census's trees were audited and enough of them agree; one that no pair has is null, with the reason.

    Args:
        audit: Rows of `audit_trees`.
        trees: Accepted rows of `trees`, living and dead.
        settings: Shares and tolerances.
        names: Accepted name of each name as collected, so that an old name is no disagreement.
    """
    first, second = _by_tag(trees), _by_tag(audit)
    rows = []
    for census, audited in sorted(second.items()):
        known = first.get(census, {})
        tags = sorted(known.keys() & audited.keys())
        pairs = [(known[tag], audited[tag]) for tag in tags]
        share = Decimal(len(pairs)) / Decimal(len(known)) if known else Decimal(0)
        base = {
            "plot_id": census[0],
            "census_id": census[1],
            "tree_count": len(known),
            "audited_count": len(pairs),
            "audited_share": to_factor(share),
        }
        measures = [
            _presence(known, audited, pairs),
            _difference(pairs, "dbh_cm", "cm", lambda tree: settings.dbh_tolerance_cm),
            _height(pairs, settings.height_tolerance_percent),
            _same(pairs, "species", _accepted(names)),
            _same(pairs, "status", lambda tree: tree["status"]),
        ]
        rows += [base | _judged(measure, share, settings) for measure in measures]
    return rows


def _by_tag(rows: Iterable[Mapping[str, Any]]) -> dict[CensusKey, dict[str, Mapping[str, Any]]]:
    found: dict[CensusKey, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["plot_id"], row["census_id"]), {})[row["tree_id"]] = row
    return found


def _presence(known: Mapping[str, Any], audited: Mapping[str, Any], pairs: Sequence[Pair]) -> dict[str, Any]:
    # Only a part of the trees is audited: a tag that the audit lacks says nothing, one that the census lacks does.
    unknown = sorted(audited.keys() - known.keys())
    row = _empty("presence", "share") | {"agreed_share": _share(len(pairs), len(audited))}
    if unknown:
        more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
        row["reason"] = f"the census does not have {', '.join(unknown[:_SHOWN])}{more}"
    return row


def _difference(
    pairs: Sequence[Pair], measure: str, unit: str, tolerance: Callable[[Mapping[str, Any]], Decimal]
) -> dict[str, Any]:
    both = [pair for pair in pairs if pair[0][measure] is not None and pair[1][measure] is not None]
    row = _empty(measure, unit)
    if not both:
        return row | {"reason": "no tree has it in both measurements"}
    # As decimals, because 20.5 - 20.0 of what was typed is 0.5, and a difference at the tolerance agrees.
    differences = [Decimal(repr(again[measure])) - Decimal(repr(tree[measure])) for tree, again in both]
    agreed = sum(abs(each) <= tolerance(tree) for each, (tree, _) in zip(differences, both, strict=True))
    return row | {
        "mean_difference": to_factor(sum(differences) / len(both)),
        "mean_absolute_difference": to_factor(sum(map(abs, differences), Decimal(0)) / len(both)),
        "rmse": to_factor(math.sqrt(sum(each**2 for each in differences) / len(both))),
        "agreed_share": _share(agreed, len(both)),
    }


def _height(pairs: Sequence[Pair], tolerance_percent: Decimal) -> dict[str, Any]:
    row = _difference(pairs, "height_m", "m", lambda tree: Decimal(repr(tree["height_m"])) * tolerance_percent / 100)
    return row | {"tolerance": to_factor(tolerance_percent)}


def _same(pairs: Sequence[Pair], measure: str, value: Callable[[Mapping[str, Any]], Any]) -> dict[str, Any]:
    both = [(value(tree), value(again)) for tree, again in pairs]
    known = [(one, other) for one, other in both if one is not None and other is not None]
    row = _empty(measure, "share")
    if not known:
        return row | {"reason": "no tree has it in both measurements"}
    return row | {"agreed_share": _share(sum(one == other for one, other in known), len(known))}


def _accepted(names: NameTable) -> Callable[[Mapping[str, Any]], tuple[str, str | None] | None]:
    def value(tree: Mapping[str, Any]) -> tuple[str, str | None] | None:
        taxon = resolve(family=tree["family"], genus=tree["genus"], species=tree["species"], names=names)
        return None if taxon.genus is None else (taxon.genus, taxon.species)

    return value


def _judged(measure: dict[str, Any], share: Decimal, settings: Audit) -> dict[str, Any]:
    if measure["measure"] == "dbh_cm":
        measure["tolerance"] = to_factor(settings.dbh_tolerance_cm)
    agreed = measure["agreed_share"]
    if agreed is None:
        return measure
    enough = share >= settings.share
    reason = measure["reason"]
    if not enough:
        reason = "; ".join(filter(None, [f"fewer than {float(settings.share):.0%} of the trees were audited", reason]))
    return measure | {"passed": enough and agreed >= settings.agreed_share, "reason": reason}


def _empty(measure: str, unit: str) -> dict[str, Any]:
    nothing = ("mean_difference", "mean_absolute_difference", "rmse", "agreed_share", "tolerance", "passed", "reason")
    return {"measure": measure, "unit": unit, **dict.fromkeys(nothing)}


def _share(count: int, of: int) -> Decimal:
    return to_factor(Decimal(count) / Decimal(of))
