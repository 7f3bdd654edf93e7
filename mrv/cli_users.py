"""The commands `mrv user ...` and `mrv token ...`: thin, and each imports what it needs only when it runs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa

    from mrv.settings import Settings

ROLES = click.Choice(["verifier", "preparer", "analyst", "registry_reader"])


@contextmanager
def _writing(settings: Settings | None = None) -> Iterator[sa.Connection]:
    from mrv.dataroom.database import Database
    from mrv.settings import read_settings

    database = Database((settings or read_settings()).dataroom_address)
    try:
        database.migrate()
        with database.writing() as connection:
            yield connection
    finally:
        database.close()


@click.group()
def user() -> None:
    """Users of the data room: list, invite, disable, give and take roles."""


@user.command("list")
def list_users() -> None:
    """List users with their roles."""
    from mrv.dataroom import directory, engagements
    from mrv.terminal import print_table

    with _writing() as connection:
        rows = directory.listed(connection)
        held = engagements.listed(connection)
    lines = []
    for row in rows:
        roles = [
            f"{grant['role']} of {grant['project']}{'/' + grant['period'] if grant['period'] else ''}"
            f" {grant['starts_on']}..{grant['ends_on'] or ''} [{grant['grant_id']}]"
            for grant in held
            if grant["user_id"] == row["user_id"]
        ]
        lines.append(
            {
                "e-mail": row["email"],
                "name": row["name"],
                "state": "active" if row["is_active"] else "disabled",
                "second factor": "yes" if row["has_second_factor"] else "no",
                "roles": "; ".join((["administrator"] if row["is_administrator"] else []) + roles) or "none",
            }
        )
    print_table(lines, title="Users")


@user.command()
@click.argument("email")
@click.option("--administrator", is_flag=True, help="Invite as an administrator of the installation.")
@click.option("--role", type=ROLES, help="Role in the project.")
@click.option("--project", default="", help="Project of the role.")
@click.option("--period", help="Period of the role; default: every one.")
@click.option("--from", "starts_on", help="First day, as 2026-01-31; default: today.")
@click.option("--to", "ends_on", help="Last day; verifiers need one.")
def invite(
    email: str,
    administrator: bool,
    role: str | None,
    project: str,
    period: str | None,
    starts_on: str | None,
    ends_on: str | None,
) -> None:
    """Invite EMAIL and print the link, which works once, within seven days."""
    from mrv.dataroom import doers, engagements, invitations
    from mrv.dataroom.inviting import link_to
    from mrv.settings import read_settings

    settings = read_settings()
    wishes = [engagements.Wish(project, role, period, starts_on, ends_on)] if role else []
    with _writing(settings) as connection:
        secret = invitations.invite(connection, doers.System(), invitations.Invited(email, wishes, administrator))
    _warn_of_unknown(settings, project)
    click.echo(link_to(settings.dataroom_base_url or "", secret))
    if settings.dataroom_base_url is None:
        # The server may listen anywhere.
        click.echo(
            "note: put the data room's address before it, or set MRV_DATAROOM_BASE_URL, such as http://127.0.0.1:8080",
            err=True,
        )


@user.command()
@click.argument("email")
def disable(email: str) -> None:
    """Disable EMAIL: their sessions end at once and their tokens are dead."""
    _set_active(email, is_active=False)


@user.command()
@click.argument("email")
def enable(email: str) -> None:
    """Let EMAIL in again."""
    _set_active(email, is_active=True)


def _set_active(email: str, *, is_active: bool) -> None:
    from mrv.dataroom import directory, doers

    with _writing() as connection:
        directory.set_active(connection, doers.System(), directory.by_email(connection, email), is_active=is_active)
    click.echo(f"{email}: {'active' if is_active else 'disabled'}")


@user.command("reset-password")
@click.argument("email")
def reset_password(email: str) -> None:
    """Print a link by which EMAIL sets a new password, once, within seven days; the second factor stays."""
    from mrv.dataroom import doers, invitations
    from mrv.dataroom.inviting import link_to
    from mrv.settings import read_settings

    settings = read_settings()
    with _writing(settings) as connection:
        secret = invitations.password_link(connection, doers.System(), email.strip().lower())
    click.echo(link_to(settings.dataroom_base_url or "", secret))


@user.command("reset-second-factor")
@click.argument("email")
def reset_second_factor(email: str) -> None:
    """Take the second factor of EMAIL away, so that they set up another at the next sign-in."""
    from mrv.dataroom import accounts, directory, doers

    with _writing() as connection:
        accounts.remove_second_factor(connection, doers.System(), directory.by_email(connection, email))
    click.echo(f"{email}: second factor removed")


@user.command()
@click.argument("email")
@click.argument("role", type=ROLES)
@click.argument("project")
@click.option("--period", help="Period of the role; default: every one.")
@click.option("--from", "starts_on", help="First day, as 2026-01-31; default: today.")
@click.option("--to", "ends_on", help="Last day; verifiers need one.")
def grant(email: str, role: str, project: str, period: str | None, starts_on: str | None, ends_on: str | None) -> None:
    """Give EMAIL a ROLE in PROJECT and print the id of the grant."""
    from mrv.dataroom import directory, doers, engagements
    from mrv.settings import read_settings

    settings = read_settings()
    wish = engagements.Wish(project, role, period, starts_on, ends_on)
    with _writing(settings) as connection:
        user_id = directory.by_email(connection, email)
        click.echo(engagements.grant(connection, doers.System(), user_id, wish))
    _warn_of_unknown(settings, project)


def _warn_of_unknown(settings: Settings, project: str) -> None:
    """Say that nothing of a project is published: its name may be mistyped, or its first package may be to come."""
    from mrv.dataroom.catalogues import catalogue_of

    known = catalogue_of(settings).projects()
    if project and project not in known:
        click.echo(
            f"warning: nothing of {project!r} has been published yet; published: {', '.join(known) or 'nothing'}",
            err=True,
        )


@user.command()
@click.argument("grant_id")
def revoke(grant_id: str) -> None:
    """Take the role GRANT_ID back; `mrv user list` names them."""
    from mrv.dataroom import doers, engagements

    with _writing() as connection:
        engagements.revoke(connection, doers.System(), grant_id)
    click.echo(f"{grant_id}: revoked")


@click.group()
def token() -> None:
    """Tokens by which programs use the data room."""


@token.command("new")
@click.argument("email")
@click.option("--name", required=True, help="What it is for.")
@click.option("--scope", "scopes", multiple=True, required=True, help="What it may do, such as download; repeatable.")
@click.option("--days", default=30, show_default=True, help="Days until it ends, at most 90.")
def new_token(email: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token of EMAIL and print it, this once."""
    from mrv.dataroom import directory, doers, tokens
    from mrv.dataroom.permissions import Action
    from mrv.errors import UsageError

    unknown = sorted(set(scopes) - {str(action) for action in Action})
    if unknown:
        raise UsageError(
            "a token cannot be made for that",
            expected=", ".join(Action),
            found=", ".join(unknown),
            remedy="name one of them with --scope",
        )
    with _writing() as connection:
        owner = directory.principal_of(connection, directory.by_email(connection, email))
        wish = tokens.Wish(name, [Action(scope) for scope in scopes], days)
        click.echo(tokens.new(connection, doers.System(), owner, wish))


@token.command("list")
@click.argument("email", required=False)
def list_tokens(email: str | None) -> None:
    """List the tokens of EMAIL, or all of them."""
    from mrv.dataroom import directory, tokens
    from mrv.terminal import print_table

    with _writing() as connection:
        rows = tokens.listed(connection, directory.by_email(connection, email) if email else None)
    lines = [
        {
            "token": row["token_id"],
            "e-mail": row["email"],
            "name": row["name"],
            "scopes": row["scopes"],
            "ends": row["expires_at"][:16],
            "last used": (row["last_used_at"] or "never")[:16],
        }
        for row in rows
    ]
    print_table(lines, title="Tokens")


@token.command("revoke")
@click.argument("token_id")
def revoke_token(token_id: str) -> None:
    """Revoke TOKEN_ID; it is dead at the next request."""
    from mrv.dataroom import doers, tokens

    with _writing() as connection:
        tokens.revoke(connection, doers.System(), token_id)
    click.echo(f"{token_id}: revoked")
