"""The non-permanence rating that the scores of an assessment give, and whether the tool lets it pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from mrv.accounting.raw import InputRow, Tables
from mrv.accounting.rules import plain
from mrv.accounting.vocabulary import CATEGORIES
from mrv.errors import InputError
from mrv.parameters import Parameter


def rating_problems(tables: Tables, *, parameters: Mapping[str, Parameter]) -> Iterator[InputError]:
    """Yield why the latest assessment fails, or cannot be summed: verification makes it, after the period's end.

    Args:
        tables: Input tables of one project.
        parameters: Rows in force by name: limits, and scores of natural risks.
    """
    rows = tables.get("risk_scores", ())
    if not rows:
        return
    latest = max(row["assessed_on"] for row in rows)
    by_category: dict[str, list[InputRow]] = defaultdict(list)
    for row in rows:
        if row["assessed_on"] == latest:
            by_category[row["category"]].append(row)
    missing = [category for category in CATEGORIES if category not in by_category]
    if missing:
        yield InputError(
            f"the rating of {latest} lacks a category",
            expected=", ".join(CATEGORIES),
            found=", ".join(by_category),
            where=rows[0].where,
            remedy=f"add the items of {', '.join(missing)}, with score 0 where there is no risk",
        )
    total, is_known = Decimal(0), True
    for category, items in by_category.items():
        score = Decimal(0)
        for row in items:
            points = item_points(row, parameters)
            if isinstance(points, InputError):
                yield points
                is_known = False
            else:
                score += points
        yield from _over_limit(category, max(score, Decimal(0)), items, parameters)
        total += max(score, Decimal(0))
    limit = _value(parameters, "risk_fail_above")
    if is_known and limit is not None and total > limit:
        worst = max(
            (row for items in by_category.values() for row in items), key=lambda row: row["score"] or Decimal(0)
        )
        yield InputError(
            f"the non-permanence rating of {latest} fails",
            expected=f"at most {plain(limit)} in all",
            found=plain(total),
            where=f"{worst.where}, score",
            remedy="a project above the limit gets no credits: mend the score, or mitigate the risks and assess again",
        )


def item_points(row: InputRow, parameters: Mapping[str, Parameter]) -> Decimal | InputError:
    """Return the points of an item, or why there are none."""
    if row["score"] is not None:
        return Decimal(row["score"])
    name = f"natural_risk_{row['loss_class']}_{row['return_class']}"
    known = sorted(key.removeprefix("natural_risk_") for key in parameters if key.startswith("natural_risk_"))
    parameter = parameters.get(name)
    if parameter is None:
        return InputError(
            "unknown classes of a natural risk",
            expected="loss_class and return_class as one of " + ", ".join(known),
            found=f"{row['loss_class']}, {row['return_class']}",
            where=f"{row.where}, loss_class",
            remedy="use these classes, or give the score",
        )
    if parameter.value is None:
        return InputError(
            "a natural risk alone makes the rating fail",
            expected="a smaller or rarer loss",
            found=f"{row['loss_class']}, {row['return_class']}",
            where=f"{row.where}, loss_class",
            remedy="a project with such a risk gets no credits: mend the classes, or assess again",
        )
    return parameter.value * (row["mitigation"] if row["mitigation"] is not None else Decimal(1))


def _over_limit(
    category: str, score: Decimal, items: Sequence[InputRow], parameters: Mapping[str, Parameter]
) -> Iterator[InputError]:
    limit = _value(parameters, f"risk_limit_{category}")
    if limit is not None and score > limit:
        worst = max(items, key=lambda row: row["score"] or Decimal(0))
        yield InputError(
            f"the {category} risk is above its limit",
            expected=f"at most {plain(limit)}",
            found=plain(score),
            where=f"{worst.where}, score",
            remedy="a project above the limit gets no credits: mend the score, or mitigate the risk and assess again",
        )


def _value(parameters: Mapping[str, Parameter], name: str) -> Decimal | None:
    return parameters[name].value if name in parameters else None
