"""Every router of the data room, in one list. A route that is in none of them does not exist."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter

from mrv.dataroom.api import access_log as access_log_api
from mrv.dataroom.api import health, metrics
from mrv.dataroom.api import sql as sql_api
from mrv.dataroom.api import visits as visits_api
from mrv.dataroom.pages import access_log, home, language, oidc, packages, projects
from mrv.dataroom.pages import sql as sql_pages

STATIC = Path(__file__).with_name("static")
ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    metrics.router,
    home.router,
    language.router,
    projects.router,
    packages.router,
    access_log.router,
    access_log_api.router,
    visits_api.router,
    oidc.router,
    sql_api.router,
    sql_pages.router,
)
