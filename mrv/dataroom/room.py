"""What every route works with: the data room's parts, and `guarded`, the one door that each route declares."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Depends, Request

from mrv.dataroom import access_log, sessions, tokens
from mrv.dataroom.catalogue import Catalogue, NotFoundError
from mrv.dataroom.database import Database
from mrv.dataroom.models import public_projects
from mrv.dataroom.permissions import PUBLIC, Action, Decision, Principal, decide
from mrv.errors import DataRoomError
from mrv.settings import Settings
from mrv.warehouse.sandbox import Sandbox


@dataclass(frozen=True)
class Room:
    """The parts of a running data room; `app.state.room` holds it."""

    settings: Settings
    database: Database
    catalogue: Catalogue
    sandbox: Sandbox = field(default_factory=Sandbox)


class DeniedError(DataRoomError):
    """Somebody may not do what they asked for; the page or JSON says why."""

    def __init__(self, decision: Decision, action: Action) -> None:
        super().__init__("not allowed", found=decision, remedy="sign in, or ask an administrator")
        self.decision = decision
        self.action = action


@dataclass(frozen=True)
class Access:
    """A request that was allowed: who asks, for what, and the parts of the data room."""

    room: Room
    request: Request
    principal: Principal
    action: Action
    project: str | None = None
    period: str | None = None
    public: frozenset[str] = field(default_factory=frozenset)

    def may(self, action: Action, project: str | None = None, period: str | None = None) -> bool:
        """Return whether the same person may do something else too; by default to the same project and period."""
        asked = (project, period) if project is not None else (self.project, self.period)
        said = decide(self.principal, action, project=asked[0], period=asked[1], today=today(), public=self.public)
        return said is Decision.ALLOWED

    @property
    def visible_projects(self) -> tuple[str, ...]:
        """Projects of the catalogue that the person may read."""
        return tuple(name for name in self.room.catalogue.projects() if self.may(Action.READ_PROJECT, name))

    def act(self, what: str, target: str, *, outcome: str = "done", **detail: Any) -> access_log.Act:
        """Return an entry for the access log."""
        return access_log.Act(
            user_id=self.principal.user_id,
            actor=self.principal.email,
            address=address_of(self.request),
            action=what,
            object=target,
            project=self.project,
            period=self.period,
            session_id=self.principal.session_id,
            token_id=self.principal.token_id,
            outcome=outcome,
            detail=detail,
        )

    def log(self, connection: sa.Connection, what: str, target: str, **detail: Any) -> None:
        """Write an act to the access log, in the transaction of the act."""
        access_log.append(connection, self.act(what, target, **detail))

    def log_first(self, what: str, target: str, **detail: Any) -> None:
        """Write to the access log what is read again and again: once for a session (or token) and day."""
        act = self.act(what, target, **detail)
        with self.room.database.reading() as connection:
            if access_log.is_noted(connection, act):
                return
        with self.room.database.writing() as connection:
            access_log.append(connection, act)


def today() -> date:
    """Return the day by which grants hold, in UTC."""
    return datetime.now(UTC).date()


def address_of(request: Request) -> str:
    """Return the address that a request came from."""
    return request.client.host if request.client else "unknown"


def room_of(request: Request) -> Room:
    """Return the data room that serves a request."""
    room: Room = request.app.state.room
    return room


def identify(request: Request, connection: sa.Connection) -> Principal:
    """Return who makes a request: by a token, by a session, or the public.

    Raises:
        DeniedError: The request has a token that does not let in; a session beside it does not help.
    """
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        holder = tokens.principal_of(connection, token.strip())
        if holder is None:
            raise DeniedError(Decision.SIGN_IN, Action.OWN)
        return holder
    cookie = request.cookies.get(sessions.COOKIE)
    return (sessions.principal_of(connection, cookie) if cookie else None) or PUBLIC


def guarded(action: Action) -> Any:
    """Return the dependency that lets a route's caller in, or not; routes use the names at the end of this file.

    The path parameters `project` and `period` of the route, where it has them, are what the decision is about.
    """

    def door(request: Request) -> Access:
        room = room_of(request)
        request.state.route = request.scope["route"].path  # for the log: the address itself may hold a secret
        project, period = request.path_params.get("project"), request.path_params.get("period")
        with room.database.reading() as connection:
            principal = identify(request, connection)
            public: frozenset[str] = frozenset(connection.scalars(sa.select(public_projects.c.project)))
        _note_use(room, principal)
        request.state.principal = principal
        said = decide(principal, action, project=project, period=period, today=today(), public=public)
        request.state.decision = said
        if said in {Decision.REFUSED, Decision.HIDDEN}:
            refused = Access(room, request, principal, action, project, period, public)
            refused.log_first("refused", action, outcome="refused")
        if said is Decision.HIDDEN:
            raise NotFoundError("there is no such project, or it is not open to you", found=str(project))
        if said is not Decision.ALLOWED:
            raise DeniedError(said, action)
        return Access(room, request, principal, action, project, period, public)

    door.action = action  # type: ignore[attr-defined]  # read by `actions_of`: a route without one does not start
    return Depends(door)


def _note_use(room: Room, principal: Principal) -> None:
    note: sa.Update | None = None
    with room.database.reading() as connection:
        if principal.token_id is not None:
            note = tokens.due_note(connection, principal.token_id)
        elif principal.session_id is not None:
            note = sessions.due_note(connection, principal.session_id)
    if note is not None:
        with room.database.writing() as connection:
            connection.execute(note)


def actions_of(dependant: Any) -> list[Action]:
    """Return the actions that a route declares, found in FastAPI's description of it (`route.dependant`)."""
    own = getattr(dependant.call, "action", None)
    return ([own] if own else []) + [action for part in dependant.dependencies for action in actions_of(part)]


Open = Annotated[Access, guarded(Action.OPEN)]
SecondFactor = Annotated[Access, guarded(Action.SECOND_FACTOR)]
Own = Annotated[Access, guarded(Action.OWN)]
ReadProject = Annotated[Access, guarded(Action.READ_PROJECT)]
ReadPackage = Annotated[Access, guarded(Action.READ_PACKAGE)]
Download = Annotated[Access, guarded(Action.DOWNLOAD)]
ReadFindings = Annotated[Access, guarded(Action.READ_FINDINGS)]
RaiseFinding = Annotated[Access, guarded(Action.RAISE_FINDING)]
AnswerFinding = Annotated[Access, guarded(Action.ANSWER_FINDING)]
CloseFinding = Annotated[Access, guarded(Action.CLOSE_FINDING)]
Query = Annotated[Access, guarded(Action.QUERY)]
ReadAccessLog = Annotated[Access, guarded(Action.READ_ACCESS_LOG)]
Administer = Annotated[Access, guarded(Action.ADMINISTER)]
