"""Equations that trees went through."""

from __future__ import annotations

from decimal import Decimal

from mrv.field.equations_used import allometries_used


def test_each_equation_has_its_document_status_trees_and_biomass() -> None:
    trees = [
        {"allometry": "goodman_2013_palms", "agb_kg": 250.0},
        {"allometry": "chave_2014_eq4", "agb_kg": 1500.0},
        {"allometry": "none", "agb_kg": None},
        {"allometry": "chave_2014_eq4", "agb_kg": 500.5},
    ]
    tree, palm, nothing = allometries_used(trees)
    assert (tree["allometry"], tree["status"], tree["tree_count"]) == ("chave_2014_eq4", "published", 2)
    assert tree["agb_mg"] == Decimal("2.0005")
    assert "10.1111/gcb.12629" in tree["document"]
    assert (palm["life_form"], palm["status"], palm["agb_mg"]) == ("palm", "unconfirmed", Decimal("0.25"))
    assert (nothing["allometry"], nothing["document"], nothing["agb_mg"]) == ("none", None, None)
    assert allometries_used(trees[::-1]) == [tree, palm, nothing]
