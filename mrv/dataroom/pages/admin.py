"""Administration: users, invitations, roles and engagements, and projects that are open to the public."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from mrv.dataroom import accounts, directory, engagements, invitations, inviting, tokens
from mrv.dataroom.database import moment
from mrv.dataroom.pages.sign_in import status_of
from mrv.dataroom.phrased import Refused
from mrv.dataroom.rendering import page
from mrv.dataroom.room import Access, Administer, today

router = APIRouter(include_in_schema=False, prefix="/admin")
Text = Annotated[str, Form()]


def _page(access: Access, *, error: Refused | None = None, made: inviting.Made | None = None) -> Response:
    with access.room.database.reading() as connection:
        open_ones = {row["project"] for row in engagements.open_projects(connection)}
        values: dict[str, Any] = {
            "users": directory.listed(connection),
            "invitations": [
                {**row, "grants": engagements.from_json(row["grants"])} for row in invitations.listed(connection)
            ],
        }
    projects = sorted({*access.room.catalogue.projects(), *open_ones})
    return page(
        access.request,
        "admin.html",
        status=status_of(error),
        access=access,
        error=error,
        made=made,
        projects=projects,
        open_projects=open_ones,
        roles=engagements.GRANTED,
        days=invitations.LIFE.days,
        **values,
    )


def _user_page(access: Access, user_id: str, error: Refused | None = None) -> Response:
    with access.room.database.reading() as connection:
        values: dict[str, Any] = {
            "user": directory.one(connection, user_id),
            "grants": engagements.listed(connection, user_id),
            "tokens": tokens.listed(connection, user_id),
        }
    return page(
        access.request,
        "admin_user.html",
        status=status_of(error),
        access=access,
        error=error,
        projects=access.room.catalogue.projects(),
        roles=engagements.GRANTED,
        now=moment(),
        state=lambda row: engagements.state(row, today()),
        **values,
    )


def _of_user(access: Access, user_id: str, act: Callable[[sa.Connection], object]) -> Response:
    try:
        with access.room.database.writing() as connection:
            act(connection)
    except Refused as error:
        return _user_page(access, user_id, error)
    return RedirectResponse(f"/admin/users/{quote(user_id)}", status_code=303)


@router.get("")
def admin(access: Administer) -> Response:
    """Show users, open invitations and public projects."""
    return _page(access)


@router.post("/invitations")
def invite(
    access: Administer,
    email: Text = "",
    role: Text = "",
    project: Text = "",
    period: Text = "",
    starts_on: Text = "",
    ends_on: Text = "",
) -> Response:
    """Invite somebody; the link is shown on the page that answers and never again."""
    wishes = [engagements.Wish(project, role, period, starts_on, ends_on)] if role not in {"", "administrator"} else []
    invited = invitations.Invited(email, wishes, is_administrator=role == "administrator")
    try:
        made = inviting.invite(access, invited)
    except Refused as error:
        return _page(access, error=error)
    return _page(access, made=made)


@router.post("/invitations/{invitation_id}/withdraw")
def withdraw(access: Administer, invitation_id: str) -> Response:
    """Take an invitation back."""
    with access.room.database.writing() as connection:
        invitations.withdraw(connection, access, invitation_id)
    return RedirectResponse("/admin", status_code=303)


@router.get("/users/{user_id}")
def user(access: Administer, user_id: str) -> Response:
    """Show a user with roles and tokens."""
    return _user_page(access, user_id)


@router.post("/users/{user_id}/active")
def set_active(access: Administer, user_id: str, active: Text = "") -> Response:
    """Disable a user, or let them in again."""
    return _of_user(
        access,
        user_id,
        lambda connection: directory.set_active(connection, access, user_id, is_active=active == "yes"),
    )


@router.post("/users/{user_id}/second-factor/reset")
def reset_second_factor(access: Administer, user_id: str) -> Response:
    """Take a user's second factor away, so that they set up another."""
    return _of_user(access, user_id, lambda connection: accounts.remove_second_factor(connection, access, user_id))


@router.post("/users/{user_id}/grants")
def grant(
    access: Administer,
    user_id: str,
    role: Text = "",
    project: Text = "",
    period: Text = "",
    starts_on: Text = "",
    ends_on: Text = "",
) -> Response:
    """Give a user a role."""
    wish = engagements.Wish(project, role, period, starts_on, ends_on)
    return _of_user(access, user_id, lambda connection: engagements.grant(connection, access, user_id, wish))


@router.post("/users/{user_id}/grants/{grant_id}/revoke")
def revoke_grant(access: Administer, user_id: str, grant_id: str) -> Response:
    """Take a role back."""
    return _of_user(access, user_id, lambda connection: engagements.revoke(connection, access, grant_id))


@router.post("/users/{user_id}/grants/{grant_id}/end")
def end_grant(access: Administer, user_id: str, grant_id: str, ends_on: Text = "") -> Response:
    """Set the last day of a role."""
    return _of_user(access, user_id, lambda connection: engagements.end(connection, access, grant_id, ends_on))


@router.post("/users/{user_id}/tokens/{token_id}/revoke")
def revoke_token(access: Administer, user_id: str, token_id: str) -> Response:
    """Revoke a user's token."""
    return _of_user(access, user_id, lambda connection: tokens.revoke(connection, access, token_id, user_id))


@router.get("/engagements")
def overview(access: Administer) -> Response:
    """Show every role in every project."""
    with access.room.database.reading() as connection:
        rows = engagements.listed(connection)
    return page(
        access.request,
        "admin_engagements.html",
        access=access,
        grants=rows,
        state=lambda row: engagements.state(row, today()),
    )


@router.post("/public-projects/{project}")
def set_public(access: Administer, project: str, public: Text = "") -> Response:
    """Open a project to the public, or close it."""
    with access.room.database.writing() as connection:
        act = engagements.open_to_all if public == "yes" else engagements.close_to_all
        act(connection, access, project)
    return RedirectResponse("/admin", status_code=303)
