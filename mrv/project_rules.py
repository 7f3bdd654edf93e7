"""Rules of a project definition: parameters that it sets or confirms, and its approved baselines."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from mrv.periods import Span
from mrv.project_base import Identifier, Strict

BaselineMode = Literal["annual_table", "reference_average", "crediting_level", "emissions_table"]


class ParameterOverride(Strict):
    """A parameter that the project sets itself, with its reason."""

    name: Identifier
    rule_set: Identifier | None = Field(
        None,
        description="Rule set that it is for. Without it: the primary one, and every other that takes the same common row; "
        "or else the only one that has the parameter.",
    )
    value: Decimal | None = None
    choice: str | None = None
    source: str

    @model_validator(mode="after")
    def _one(self) -> ParameterOverride:
        if (self.value is None) == (self.choice is None):
            raise ValueError("give either value or choice")
        return self


class Confirmation(Strict):
    """Somebody has looked a parameter up in its document and found what is in force here."""

    parameter_id: str
    value: Decimal | None = Field(None, description="The number that was seen in the document.")
    choice: str | None = Field(None, description="The word of the rule that was seen in the document.")
    confirmed_by: str = Field(min_length=1, description="Who looked; the name is published with the parameter.")
    confirmed_on: date
    document: str = Field(min_length=1, description="Document, version and page where it was seen.")

    @model_validator(mode="after")
    def _one(self) -> Confirmation:
        if (self.value is None) == (self.choice is None):
            raise ValueError("give what was seen: either value or choice")
        return self


class ReferenceYears(Strict):
    """The years that a reference level is made of; both belong to it."""

    first_year: int = Field(ge=1900, le=2200)
    last_year: int = Field(ge=1900, le=2200)

    @model_validator(mode="after")
    def _ordered(self) -> ReferenceYears:
        if self.last_year < self.first_year:
            raise ValueError(f"last_year {self.last_year} is before first_year {self.first_year}")
        return self


class BaselineVersion(Strict):
    """An approved baseline with its validity."""

    version: Identifier
    valid_from: date
    valid_to: date
    mode: BaselineMode = Field(
        "annual_table",
        description="annual_table: areas by calendar year. reference_average: areas of the reference years, their mean in "
        "each year. crediting_level: mean of the declared emissions of the reference years. emissions_table: declared "
        "emissions by year.",
    )
    reference: ReferenceYears | None = Field(
        None, description="Needed by reference_average and crediting_level, and only there."
    )
    file: str | None = Field(
        None, description="Table of areas; without it the rows come with the tables of `accounting`."
    )
    document: str
    illustrative: bool = False

    @model_validator(mode="after")
    def _complete(self) -> BaselineVersion:
        if self.valid_to < self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} is before valid_from {self.valid_from}")
        by_reference = self.mode in ("reference_average", "crediting_level")
        if by_reference != (self.reference is not None):
            raise ValueError(f"mode {self.mode} {'needs' if by_reference else 'takes no'} reference years")
        if self.file and self.mode in ("crediting_level", "emissions_table"):
            raise ValueError(f"mode {self.mode} has no areas: give its emissions with accounting.emissions")
        return self

    @property
    def span(self) -> Span:
        """The days on which the baseline holds."""
        return Span(self.valid_from, self.valid_to)

    @property
    def years(self) -> tuple[int, int]:
        """The first and last calendar year that rows of its table may have."""
        if self.reference is not None:
            return self.reference.first_year, self.reference.last_year
        return self.valid_from.year, self.valid_to.year
