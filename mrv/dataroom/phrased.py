"""Refusals that people read beside the form that they filled in, in their language."""

from __future__ import annotations

from mrv.dataroom.language import translator
from mrv.errors import DataRoomError


class Refused(DataRoomError):  # noqa: N818 - it is an answer to a person, as `Denied` is
    """What somebody asked for is refused, and a phrase says why.

    Args:
        phrase: Key of the phrase.
        **values: What it names.
    """

    def __init__(self, phrase: str, **values: object) -> None:
        super().__init__(translator("en")(phrase, **values))
        self.phrase = phrase
        self.values = values
