"""Administration as JSON: users, invitations, roles and engagements, public projects."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from mrv.dataroom import accounts, directory, engagements, invitations, inviting, tokens
from mrv.dataroom.api.account import Grant, Token, token_of
from mrv.dataroom.room import Administer

router = APIRouter(prefix="/api/v1/admin", tags=["administration"])


class User(BaseModel):
    """A user, without secrets."""

    user_id: str
    email: str
    name: str
    organisation: str
    language: str
    is_administrator: bool
    is_active: bool
    is_local: bool
    has_second_factor: bool
    created_at: str
    last_seen_at: str | None


class Active(BaseModel):
    """Whether a user is let in."""

    is_active: bool


class Wish(BaseModel):
    """A role that somebody shall have; days as 2026-12-31, both included."""

    project: str = Field(max_length=200)
    role: str = Field(max_length=50)
    period: str | None = Field(None, max_length=200, description="Null: every period.")
    starts_on: str | None = Field(None, max_length=20, description="Null: today.")
    ends_on: str | None = Field(None, max_length=20, description="Null: no end; verifiers need one.")

    def plain(self) -> engagements.Wish:
        """Return it as the data room's own kind."""
        return engagements.Wish(**self.model_dump())


class End(BaseModel):
    """The last day of a role."""

    ends_on: str = Field(max_length=20)


class NewGrant(BaseModel):
    """The name of a new grant."""

    grant_id: str


class Invited(BaseModel):
    """Who is invited, and as what."""

    email: str = Field(max_length=400)
    is_administrator: bool = False
    grants: list[Wish] = Field(default_factory=list, max_length=50)


class Invitation(BaseModel):
    """An invitation that lets in, without its secret."""

    invitation_id: str
    email: str
    is_administrator: bool
    grants: list[Wish]
    invited_by: str
    created_at: str
    expires_at: str


class Made(BaseModel):
    """A new invitation's link, told this once."""

    email: str
    link: str
    is_mailed: bool


class PublicProject(BaseModel):
    """A project that is open to the public."""

    project: str
    opened_by: str
    opened_at: str


@router.get("/users", summary="Every user")
def users(access: Administer) -> list[User]:
    """Tell every user, without secrets."""
    with access.room.database.reading() as connection:
        return [User.model_validate(dict(row)) for row in directory.listed(connection)]


@router.get("/users/{user_id}", summary="One user")
def user(access: Administer, user_id: str) -> User:
    """Tell a user, without secrets."""
    with access.room.database.reading() as connection:
        return User.model_validate(dict(directory.one(connection, user_id)))


@router.put("/users/{user_id}/active", summary="Disable a user, or let them in again", status_code=204)
def set_active(access: Administer, user_id: str, active: Active) -> None:
    """Disable a user, whose sessions end at once, or let them in again."""
    with access.room.database.writing() as connection:
        directory.set_active(connection, access, user_id, is_active=active.is_active)


@router.delete("/users/{user_id}/second-factor", summary="Reset a second factor", status_code=204)
def reset_second_factor(access: Administer, user_id: str) -> None:
    """Take a user's second factor away, so that they set up another."""
    with access.room.database.writing() as connection:
        accounts.remove_second_factor(connection, access, user_id)


@router.get("/users/{user_id}/tokens", summary="Tokens of a user")
def user_tokens(access: Administer, user_id: str) -> list[Token]:
    """Tell the tokens of a user, without their secrets."""
    with access.room.database.reading() as connection:
        return [token_of(row) for row in tokens.listed(connection, accounts.user_of(connection, user_id)["user_id"])]


@router.delete("/users/{user_id}/tokens/{token_id}", summary="Revoke a user's token", status_code=204)
def revoke_token(access: Administer, user_id: str, token_id: str) -> None:
    """Revoke a user's token."""
    with access.room.database.writing() as connection:
        tokens.revoke(connection, access, token_id, user_id)


@router.post("/users/{user_id}/grants", summary="Give a role", status_code=201)
def grant(access: Administer, user_id: str, wish: Wish) -> NewGrant:
    """Give a user a role in a project."""
    with access.room.database.writing() as connection:
        return NewGrant(grant_id=engagements.grant(connection, access, user_id, wish.plain()))


@router.get("/grants", summary="Every role in every project")
def grants(access: Administer) -> list[Grant]:
    """Tell every grant that nobody took back."""
    with access.room.database.reading() as connection:
        return [Grant.model_validate(dict(row)) for row in engagements.listed(connection)]


@router.put("/grants/{grant_id}/end", summary="Set the last day of a role", status_code=204)
def end_grant(access: Administer, grant_id: str, end: End) -> None:
    """Set the last day of a role."""
    with access.room.database.writing() as connection:
        engagements.end(connection, access, grant_id, end.ends_on)


@router.delete("/grants/{grant_id}", summary="Take a role back", status_code=204)
def revoke_grant(access: Administer, grant_id: str) -> None:
    """Take a role back."""
    with access.room.database.writing() as connection:
        engagements.revoke(connection, access, grant_id)


@router.get("/invitations", summary="Open invitations")
def open_invitations(access: Administer) -> list[Invitation]:
    """Tell the invitations that still let in."""
    with access.room.database.reading() as connection:
        rows = invitations.listed(connection)
    held = [{**row, "grants": [vars(wish) for wish in engagements.from_json(row["grants"])]} for row in rows]
    return [Invitation.model_validate(row) for row in held]


@router.post("/invitations", summary="Invite somebody", status_code=201)
def invite(access: Administer, invited: Invited) -> Made:
    """Invite somebody; the link is told this once, and mailed where a mail server is set."""
    wishes = [wish.plain() for wish in invited.grants]
    made = inviting.invite(access, invitations.Invited(invited.email, wishes, invited.is_administrator))
    return Made(email=made.email, link=made.link, is_mailed=made.is_mailed)


@router.delete("/invitations/{invitation_id}", summary="Withdraw an invitation", status_code=204)
def withdraw(access: Administer, invitation_id: str) -> None:
    """Take an invitation back."""
    with access.room.database.writing() as connection:
        invitations.withdraw(connection, access, invitation_id)


@router.get("/public-projects", summary="Projects open to the public")
def public_projects(access: Administer) -> list[PublicProject]:
    """Tell the projects that anybody may read."""
    with access.room.database.reading() as connection:
        return [PublicProject.model_validate(dict(row)) for row in engagements.open_projects(connection)]


@router.put("/public-projects/{project}", summary="Open a project to the public", status_code=204)
def open_project(access: Administer, project: str) -> None:
    """Let everybody read a project."""
    with access.room.database.writing() as connection:
        engagements.open_to_all(connection, access, project)


@router.delete("/public-projects/{project}", summary="Close a project to the public", status_code=204)
def close_project(access: Administer, project: str) -> None:
    """Let only those read a project who have a role in it."""
    with access.room.database.writing() as connection:
        engagements.close_to_all(connection, access, project)
