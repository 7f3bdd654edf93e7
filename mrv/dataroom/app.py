"""The data room's application: its parts put together, and the answer to each kind of error."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from mrv.dataroom.catalogue import NotFoundError
from mrv.dataroom.database import Database
from mrv.dataroom.folder_catalogue import FolderCatalogue
from mrv.dataroom.permissions import Decision
from mrv.dataroom.rendering import page
from mrv.dataroom.room import DeniedError, Room, actions_of
from mrv.dataroom.routes import ROUTERS, STATIC
from mrv.errors import DataRoomError, MrvError
from mrv.settings import Settings

API = "/api/v1"


def create_app(settings: Settings) -> FastAPI:
    """Return the application, its tables in their newest form.

    Raises:
        DataRoomError: The database cannot be used, or a route says not exactly once what it does.
    """
    database = Database(settings.dataroom_address)
    database.migrate()
    app = FastAPI(
        title="REDD+ MRV data room", version="1", docs_url=None, redoc_url=None, openapi_url=f"{API}/openapi.json"
    )
    app.state.room = Room(settings, database, FolderCatalogue(settings.packages_dir))
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(DeniedError, _denied)
    app.add_exception_handler(NotFoundError, _not_found)
    app.add_exception_handler(MrvError, _refused)
    _require_actions(app)
    return app


def _require_actions(app: FastAPI) -> None:
    for route in app.routes:
        if isinstance(route, APIRoute) and len(actions_of(route.dependant)) != 1:
            raise DataRoomError(
                "a route does not say what it does",
                expected="one `access` parameter of a type from mrv.dataroom.room",
                where=f"{sorted(route.methods or ())} {route.path}",
                remedy="declare it",
            )


def _wants_json(request: Request) -> bool:
    return request.url.path.startswith(f"{API}/")


def _denied(request: Request, error: Exception) -> Response:
    assert isinstance(error, DeniedError)  # noqa: S101 - registered for it alone
    status = 401 if error.decision is Decision.SIGN_IN else 403
    if _wants_json(request):
        return JSONResponse({"error": error.decision, "detail": error.message}, status_code=status)
    if error.decision is Decision.SIGN_IN and request.method == "GET":
        return RedirectResponse("/sign-in", status_code=303)
    if error.decision is Decision.SECOND_FACTOR and request.method == "GET":
        return RedirectResponse("/second-factor", status_code=303)
    return page(request, "denied.html", status=status)


def _not_found(request: Request, error: Exception) -> Response:
    if _wants_json(request):
        return JSONResponse({"error": "not_found", "detail": str(error)}, status_code=404)
    return page(request, "not_found.html", status=404)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, MrvError)  # noqa: S101 - registered for it alone
    if _wants_json(request):
        names = ("message", "expected", "found", "where", "remedy")
        return JSONResponse({"error": "refused", **{name: getattr(error, name) for name in names}}, status_code=422)
    return page(request, "refused.html", status=422, error=error)
