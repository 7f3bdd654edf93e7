"""Every router of the data room, in one list. A route that is in none of them does not exist."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter

from mrv.dataroom.api import health
from mrv.dataroom.pages import home, language, packages, projects

STATIC = Path(__file__).with_name("static")
ROUTERS: tuple[APIRouter, ...] = (health.router, home.router, language.router, projects.router, packages.router)
