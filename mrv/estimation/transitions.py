"""Transition classes of VMD0055: forest or not at three dates."""

from __future__ import annotations

from typing import Literal

Group = Literal["non_forest", "forest_at_end", "deforested"]
_CLASSES = {
    (False, False, False): 1,
    (False, False, True): 2,
    (False, True, False): 3,
    (False, True, True): 4,
    (True, True, True): 5,
    (True, False, False): 6,
    (True, False, True): 7,
    (True, True, False): 8,
}
_GROUPS: dict[int, Group] = {
    1: "non_forest",
    3: "non_forest",
    2: "forest_at_end",
    4: "forest_at_end",
    5: "forest_at_end",
    6: "deforested",
    7: "deforested",
    8: "deforested",
}


def transition_class(t1: bool | None, t2: bool | None, t3: bool | None) -> int | None:
    """Return the class from 1 to 8 of forest at T1, T2 and T3; None where one of them is not known.

    Source: VMD0055 v1.1, Table 15.
    """
    if t1 is None or t2 is None or t3 is None:
        return None
    return _CLASSES[t1, t2, t3]


def transition_group(transition: int | None) -> Group | None:
    """Return what a transition class counts as when accuracy is assessed; None stays None.

    Source: VMD0055 v1.1, Table 16.
    """
    return None if transition is None else _GROUPS[transition]
