"""Every router of the data room, in one list. A route that is in none of them does not exist."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter

from mrv.dataroom.api import access_log as access_log_api
from mrv.dataroom.api import account as account_api
from mrv.dataroom.api import admin as admin_api
from mrv.dataroom.api import figures as figures_api
from mrv.dataroom.api import files as files_api
from mrv.dataroom.api import findings as findings_api
from mrv.dataroom.api import health, metrics
from mrv.dataroom.api import map as map_api
from mrv.dataroom.api import packages as packages_api
from mrv.dataroom.api import projects as projects_api
from mrv.dataroom.api import sql as sql_api
from mrv.dataroom.api import visits as visits_api
from mrv.dataroom.pages import access_log, account, admin, files, home, language, oidc, packages, projects, sign_in
from mrv.dataroom.pages import changes as changes_pages
from mrv.dataroom.pages import checks as checks_pages
from mrv.dataroom.pages import figures as figures_pages
from mrv.dataroom.pages import findings as findings_pages
from mrv.dataroom.pages import map as map_pages
from mrv.dataroom.pages import sql as sql_pages

STATIC = Path(__file__).with_name("static")
ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    metrics.router,
    home.router,
    sign_in.router,
    account.router,
    account_api.router,
    admin.router,
    admin_api.router,
    language.router,
    projects.router,
    packages.router,
    files.router,
    projects_api.router,
    packages_api.router,
    files_api.router,
    access_log.router,
    access_log_api.router,
    visits_api.router,
    oidc.router,
    sql_api.router,
    sql_pages.router,
    findings_api.router,
    findings_pages.router,
    figures_api.router,
    figures_pages.router,
    map_api.router,
    map_pages.router,
    changes_pages.router,
    checks_pages.router,
)
