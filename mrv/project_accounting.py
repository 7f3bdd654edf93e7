"""Key `accounting` of a project definition: files with what the arithmetic takes beside or instead of measurements."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field, model_validator

from mrv.project_base import Strict

TABLES = {
    "activity": "account_activity",
    "stocks": "account_stocks",
    "emissions": "account_emissions",
    "burnt_areas": "account_burnt_areas",
    "area_samples": "account_area_samples",
    "leakage_measures": "leakage_measures",
    "risk_scores": "risk_scores",
    "prior_vintages": "prior_vintages",
    "ex_ante_reductions": "ex_ante_reductions",
    "loss_events": "loss_events",
}
"""Key to the landed table that its file fills."""


class StockRange(Strict):
    """Stocks of forest that are plausible in the project; outside of it a unit was probably mistaken."""

    least_tc_ha: Decimal = Field(gt=0, description="Least above-ground or total stock of forest, tC/ha.")
    most_tc_ha: Decimal = Field(gt=0, description="Most, tC/ha.")
    source: str = Field(min_length=1, description="Document that says so: dry forest, peat, giant trees.")

    @model_validator(mode="after")
    def _ordered(self) -> StockRange:
        if self.most_tc_ha <= self.least_tc_ha:
            raise ValueError(f"most_tc_ha {self.most_tc_ha} is not more than least_tc_ha {self.least_tc_ha}")
        return self


class Accounting(Strict):
    """Files of input tables: one CSV for each, and a workbook in the four-sheet layout for areas and stocks."""

    activity: str | None = Field(None, description="CSV of areas that changed, baseline and monitored.")
    stocks: str | None = Field(None, description="CSV of stocks by stratum, state of the land and pool.")
    emissions: str | None = Field(None, description="CSV of emissions that were computed elsewhere.")
    burnt_areas: str | None = Field(None, description="CSV of forest burnt.")
    area_samples: str | None = Field(None, description="CSV of the units of a sample and those that lost their forest.")
    leakage_measures: str | None = Field(None, description="CSV of fuel, fertiliser and livestock against leakage.")
    risk_scores: str | None = Field(None, description="CSV of the non-permanence rating, item by item.")
    prior_vintages: str | None = Field(None, description="CSV of vintages verified in earlier periods.")
    ex_ante_reductions: str | None = Field(None, description="CSV of net reductions expected at validation, by year.")
    loss_events: str | None = Field(None, description="CSV of events that destroyed carbon stock.")
    workbook: str | None = Field(None, description="Workbook in the four-sheet layout, instead of activity and stocks.")
    stock_range: StockRange | None = None

    @model_validator(mode="after")
    def _once(self) -> Accounting:
        if self.workbook and (self.activity or self.stocks):
            raise ValueError("workbook gives areas and stocks: name either it, or activity and stocks")
        return self

    @property
    def tables(self) -> dict[str, str]:
        """Landed table to its file, for those that are declared."""
        named = {table: getattr(self, key) for key, table in TABLES.items()}
        return {table: file for table, file in named.items() if file is not None}

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that the key names."""
        return (*self.tables.values(), *([self.workbook] if self.workbook else ()))
