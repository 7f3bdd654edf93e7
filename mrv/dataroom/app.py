"""The data room's application: its parts put together, and the answer to each kind of error."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from mrv.dataroom import checkpoints, finding_tasks
from mrv.dataroom.catalogues import catalogue_of, warm
from mrv.dataroom.database import Database
from mrv.dataroom.errors_as_answers import API, RESPONSES, add_handlers
from mrv.dataroom.metrics import Metrics, Observed
from mrv.dataroom.permissions import Action
from mrv.dataroom.room import Room, actions_of
from mrv.dataroom.routes import ROUTERS, STATIC
from mrv.dataroom.security import Guard, base_of, networks
from mrv.dataroom.static_files import PackedFiles
from mrv.errors import DataRoomError
from mrv.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """Return the application, its tables in their newest form.

    Raises:
        DataRoomError: The database cannot be used, or a route says not exactly once what it does.
    """
    database = Database(settings.dataroom_address)
    database.migrate()
    app = FastAPI(
        title="REDD+ MRV data room",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{API}/openapi.json",
        responses=RESPONSES,
        lifespan=_running,
    )
    app.state.room = Room(settings, database, catalogue_of(settings))
    warm(app.state.room.catalogue)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", PackedFiles(directory=STATIC), name="static")
    add_handlers(app)
    app.state.metrics = Metrics()
    # The last one added is the outermost.
    app.add_middleware(Guard, base=base_of(settings), proxies=networks(settings.dataroom_trusted_proxies))
    app.add_middleware(Observed, metrics=app.state.metrics)
    list(declared_routes())
    return app


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    """Do in the background, while the application runs, what is due: mail, reminders, checkpoints of the access log."""
    room: Room = app.state.room
    tasks = (finding_tasks.start(room), checkpoints.start(room.database, room.settings))
    yield
    for task in tasks:
        task.close()
    room.sandbox.close()
    room.database.close()


def declared_routes() -> Iterator[tuple[str, str, Action]]:
    """Give method, path and action of every route.

    Raises:
        DataRoomError: A route says not exactly once what it does.
    """
    # The application's own list holds the routers whole, so theirs are walked.
    for router in ROUTERS:
        for route in router.routes:
            action = _action_of(route)
            assert isinstance(route, APIRoute)  # noqa: S101 - told apart in `_action_of`
            for method in sorted(route.methods or ()):
                yield method, route.path, action


def _action_of(route: BaseRoute) -> Action:
    actions = actions_of(route.dependant) if isinstance(route, APIRoute) else []
    if len(actions) != 1:
        raise DataRoomError(
            "a route does not say what it does",
            expected="one `access` parameter of a type from mrv.dataroom.room",
            where=f"{sorted(getattr(route, 'methods', None) or ())} {getattr(route, 'path', route)}",
            remedy="declare it",
        )
    return actions[0]
