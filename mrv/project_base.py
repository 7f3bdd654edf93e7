"""What the parts of a project definition share: strictness, ids, kinds of zones and spans of days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator

from mrv.periods import Span


def _decodes(name: str) -> str:
    try:
        b"a,b".decode(name)
    except UnicodeDecodeError:
        # Of two or four bytes a letter: an encoding all the same.
        return name
    except (LookupError, ValueError) as error:
        raise ValueError(f"there is no encoding {name!r} of texts; old exports are often cp1252") from error
    return name


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}; they are named as America/Lima") from error
    return name


Encoding = Annotated[str, AfterValidator(_decodes)]
"""Name of an encoding that texts can be read in."""
Delimiter = Annotated[str, StringConstraints(pattern=r'^[^"\r\n]$')]
"""What separates the cells of a CSV: one character that is not its quote."""
TimeZone = Annotated[str, AfterValidator(_zone)]
"""Name of a time zone, such as America/Lima."""
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
ZoneKind = Literal[
    "project_area", "leakage_belt", "reference_region", "concession", "hcv", "community", "stratum", "exclusion"
]


class Strict(BaseModel):
    """Base of every part of the definition: no unknown keys, no silent conversions, no later changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DateRange(Strict):
    """A span of days; both belong to it."""

    start: date
    end: date

    @model_validator(mode="after")
    def _ordered(self) -> DateRange:
        if self.end < self.start:
            raise ValueError(f"end {self.end} is before start {self.start}")
        return self

    @property
    def span(self) -> Span:
        """The same as a plain span."""
        return Span(self.start, self.end)
