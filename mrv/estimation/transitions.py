"""Transition classes of VMD0055: forest or not at three dates."""

from __future__ import annotations

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


def transition_class(t1: bool | None, t2: bool | None, t3: bool | None) -> int | None:
    """Return the class from 1 to 8 of forest at T1, T2 and T3; None where one of them is not known.

    Source: VMD0055 v1.1, Table 15.
    """
    if t1 is None or t2 is None or t3 is None:
        return None
    return _CLASSES[t1, t2, t3]
