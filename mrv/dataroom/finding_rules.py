"""What may be done with a finding: its kinds, its states, who takes it from one to the next, and what its texts may be."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from datetime import date
from enum import StrEnum

from mrv.dataroom.permissions import Action
from mrv.dataroom.phrased import Refused

TITLE_LENGTH = 200
BODY_LENGTH = 10_000


class Kind(StrEnum):
    """What a verifier asks for: clarification, correction, a check at the next verification, or to be noted."""

    CL = "CL"
    CAR = "CAR"
    FAR = "FAR"
    OBSERVATION = "observation"


class State(StrEnum):
    """Whose turn it is: the preparer's, the verifier's, nobody's."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class Bound(StrEnum):
    """What of a version a finding is about."""

    FIGURE = "figure"
    FILE = "file"
    SECTION = "section"
    PACKAGE = "package"


class Act(StrEnum):
    """An entry of a thread, after the one that raised it."""

    ANSWER = "answered"
    COMMENT = "commented"
    CLOSE = "closed"
    REOPEN = "reopened"
    DUE = "due"


RAISED = "raised"
"""Kind of a thread's first entry."""
PREFIX = {Kind.CL: "CL", Kind.CAR: "CAR", Kind.FAR: "FAR", Kind.OBSERVATION: "OBS"}
NEEDS: dict[Act, frozenset[Action]] = {
    Act.ANSWER: frozenset({Action.ANSWER_FINDING}),
    Act.COMMENT: frozenset({Action.ANSWER_FINDING, Action.RAISE_FINDING}),
    Act.CLOSE: frozenset({Action.CLOSE_FINDING}),
    Act.REOPEN: frozenset({Action.CLOSE_FINDING}),
    Act.DUE: frozenset({Action.CLOSE_FINDING}),
}
"""Act to the actions of which one allows it."""
_AFTER: dict[tuple[State, Act], State] = {
    (State.OPEN, Act.ANSWER): State.ANSWERED,
    (State.OPEN, Act.COMMENT): State.OPEN,
    (State.OPEN, Act.CLOSE): State.CLOSED,
    (State.OPEN, Act.DUE): State.OPEN,
    (State.ANSWERED, Act.ANSWER): State.ANSWERED,
    (State.ANSWERED, Act.COMMENT): State.ANSWERED,
    (State.ANSWERED, Act.CLOSE): State.CLOSED,
    (State.ANSWERED, Act.REOPEN): State.OPEN,
    (State.ANSWERED, Act.DUE): State.ANSWERED,
    (State.CLOSED, Act.REOPEN): State.OPEN,
}


def code(kind: str, number: int) -> str:
    """Return how people call a finding, such as CAR-3."""
    return f"{PREFIX[Kind(kind)]}-{number}"


def after(state: State, act: Act) -> State:
    """Return the state that an act leads to.

    Raises:
        Refused: Nothing of the kind can be done in that state.
    """
    try:
        return _AFTER[state, act]
    except KeyError:
        raise Refused(f"findings.refused_{act}_{state}") from None


def possible(state: State, allowed: Collection[Action]) -> tuple[Act, ...]:
    """Return the acts that somebody with these actions may do in a state."""
    return tuple(act for act in Act if (state, act) in _AFTER and NEEDS[act] & set(allowed))


def is_overdue(state: str, due_on: str | None, today: date) -> bool:
    """Return whether a finding that is not closed is past its day."""
    return state != State.CLOSED and due_on is not None and due_on < today.isoformat()


def text_of(said: str, *, most: int, is_line: bool = False) -> str:
    """Return a text as it is kept: composed letters, plain line ends, no space around it.

    Raises:
        Refused: It is empty, too long, or has characters that nobody sees.
    """
    text = unicodedata.normalize("NFC", said).replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise Refused("findings.refused_empty")
    if len(text) > most:
        raise Refused("findings.refused_long", most=most, found=len(text))
    kept = "" if is_line else "\n\t"
    # Direction marks could make a text read otherwise than it is; joiners are part of some letters.
    if any(
        unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co"} and sign not in f"{kept}\u200c\u200d" for sign in text
    ):
        raise Refused("findings.refused_signs")
    return text


def day_of(text: str | None) -> str | None:
    """Return a day as it is kept, or None where none is given.

    Raises:
        Refused: It is no day.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Refused("findings.refused_day", found=text[:40]) from None
