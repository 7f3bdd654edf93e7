"""Who makes the submissions of which form: a table that the world asks, and how they reach either server of forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from mrv.boundaries import Zone
from mrv.periods import Span
from mrv.project import LoadedProject
from mrv.project_field import Layout
from mrv.project_sources import Kobo, OdkCentral
from mrv.simulator import livelihoods, patrol_forms, people, plot_pools, plots
from mrv.simulator.odata import as_odata
from mrv.sources.form_definition import load_form

Submission = dict[str, Any]
Maker = Callable[[int, Sequence[Zone], Span], list[Submission]]
"""From seed, zones and days to submissions as KoboToolbox gives them, sorted by `_id`; the same arguments give the same ones."""

MAKERS: Mapping[str, Maker] = {
    "patrol_and_threat": patrol_forms.make_patrol_and_threat,
    "hcv_visit": patrol_forms.make_hcv_visit,
    "community_activity": people.make_community_activities,
    "employment": people.make_employment,
    "grievance": people.make_grievances,
    "consent": people.make_consent,
    "livelihoods": livelihoods.make_livelihoods,
    "nursery_and_planting": livelihoods.make_nursery_and_planting,
}
CENSUS_FORMS = frozenset({"forest_plot_census", "plot_audit"})
"""Forms of plots: their days are those in which a census may lie; those of other forms are all monitoring periods."""


def make_form_answers(
    seed: int, project: LoadedProject, zones: Sequence[Zone], *, census_window: Span
) -> dict[str, dict[str, list[Submission]]]:
    """Make what the sources of forms serve: by `kobo` and asset, and by `odk` and `<project number>/<form id>`.

    A form that nobody makes submissions of has none.
    """
    periods = project.definition.monitoring_periods
    whole = Span(min(period.start for period in periods), max(period.end for period in periods))
    kobo: dict[str, list[Submission]] = {}
    odk: dict[str, list[Submission]] = {}
    for source in project.definition.sources:
        if not isinstance(source, Kobo | OdkCentral):
            continue
        maker = MAKERS.get(source.form)
        if source.form in CENSUS_FORMS:
            maker = partial(_of_plots, source.form, project.definition.field_carbon.layouts)
        made = maker(seed, zones, census_window if source.form in CENSUS_FORMS else whole) if maker else []
        if isinstance(source, Kobo):
            kobo[source.asset] = made
        else:
            form = load_form(source.form, folder=project.folder)
            odk[f"{source.project_number}/{source.form_id}"] = as_odata(made, form)
    return {"kobo": kobo, "odk": odk}


def _of_plots(form: str, layouts: Sequence[Layout], seed: int, zones: Sequence[Zone], window: Span) -> list[Submission]:
    censuses = plots.make_submissions(seed, zones, census_window=window, layouts=layouts)
    if form == "plot_audit":
        return plot_pools.make_plot_audits(seed, censuses, window)
    return plot_pools.with_pools(seed, censuses)
