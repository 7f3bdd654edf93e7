"""Who may what. One function, `decide`, answers for pages, JSON, downloads and SQL; what no rule allows is denied."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to a project (administrators: to the installation)."""

    ADMINISTRATOR = "administrator"
    PREPARER = "preparer"
    ANALYST = "analyst"
    VERIFIER = "verifier"
    REGISTRY_READER = "registry_reader"
    PUBLIC = "public"


class Action(StrEnum):
    """What a route does; every route names exactly one."""

    OPEN = "open"  # anybody: sign-in, health, styles
    SECOND_FACTOR = "second_factor"  # whoever gave the right password
    OWN = "own"  # whoever is signed in: their own account, sessions, tokens
    READ_PROJECT = "read_project"  # figures, charts, map
    READ_PACKAGE = "read_package"  # checks, lists of files, trace
    DOWNLOAD = "download"
    READ_FINDINGS = "read_findings"
    RAISE_FINDING = "raise_finding"
    ANSWER_FINDING = "answer_finding"
    CLOSE_FINDING = "close_finding"  # and reopen
    QUERY = "query"  # SQL and snapshots
    READ_ACCESS_LOG = "read_access_log"
    ADMINISTER = "administer"


_READ = frozenset({Action.READ_PROJECT, Action.READ_PACKAGE, Action.DOWNLOAD})
ALLOWED: Mapping[Role, frozenset[Action]] = {
    Role.ADMINISTRATOR: _READ | {Action.READ_FINDINGS, Action.QUERY, Action.READ_ACCESS_LOG, Action.ADMINISTER},
    Role.PREPARER: _READ | {Action.READ_FINDINGS, Action.ANSWER_FINDING, Action.QUERY, Action.READ_ACCESS_LOG},
    Role.ANALYST: _READ | {Action.QUERY},
    Role.VERIFIER: _READ
    | {Action.READ_FINDINGS, Action.RAISE_FINDING, Action.CLOSE_FINDING, Action.QUERY, Action.READ_ACCESS_LOG},
    Role.REGISTRY_READER: _READ | {Action.READ_FINDINGS},
    Role.PUBLIC: _READ,  # of projects that an administrator opened
}
"""Role to what it may, in the projects and periods of its grants."""
ENGAGED = frozenset({Role.VERIFIER})
"""Roles that need a last day."""
TWO_FACTORS = frozenset({Role.ADMINISTRATOR, Role.VERIFIER})
"""Roles whose local accounts need a second factor."""


class Decision(StrEnum):
    """The answer of `decide`."""

    ALLOWED = "allowed"
    SIGN_IN = "sign_in"  # nobody is signed in
    SECOND_FACTOR = "second_factor"  # the second factor is missing
    REFUSED = "refused"  # known and not allowed
    HIDDEN = "hidden"  # not allowed to know that it is there


@dataclass(frozen=True)
class Grant:
    """A role in one project, or one period of it, between two days (both included)."""

    role: Role
    project: str
    period: str | None
    starts_on: date
    ends_on: date | None

    def covers(self, project: str, period: str | None, today: date) -> bool:
        """Return whether it holds for a project (and period, where one is asked for) on a day."""
        inside = self.starts_on <= today and (self.ends_on is None or today <= self.ends_on)
        return inside and self.project == project and (self.period is None or period is None or self.period == period)


def asks_for_second_factor(grants: Collection[Grant], today: date, *, is_administrator: bool) -> bool:
    """Return whether a local account with these roles, now or to come, needs a second factor."""
    return is_administrator or any(
        grant.role in TWO_FACTORS and (grant.ends_on is None or grant.ends_on >= today) for grant in grants
    )


@dataclass(frozen=True)
class Principal:
    """Who asks.

    Attributes:
        user_id: Null for the public.
        is_complete: False while a second factor is missing.
        scopes: Actions that the token in use allows; null for sessions.
    """

    user_id: str | None
    email: str
    name: str
    language: str
    is_administrator: bool
    is_complete: bool
    grants: tuple[Grant, ...]
    session_id: str | None = None
    token_id: str | None = None
    scopes: frozenset[Action] | None = None

    @property
    def is_public(self) -> bool:
        """Whether nobody is signed in."""
        return self.user_id is None


PUBLIC = Principal(None, "public", "", "es", False, True, ())


def roles(
    principal: Principal, project: str | None, period: str | None, *, today: date, public: Collection[str]
) -> set[Role]:
    """Return the roles of a principal for a project and period; of any project where none is named."""
    found = {Role.ADMINISTRATOR} if principal.is_administrator else set()
    if project is None:
        return found | {grant.role for grant in principal.grants if grant.covers(grant.project, None, today)}
    found |= {grant.role for grant in principal.grants if grant.covers(project, period, today)}
    return found | ({Role.PUBLIC} if project in public else set())


def decide(
    principal: Principal,
    action: Action,
    *,
    project: str | None,
    period: str | None,
    today: date,
    public: Collection[str],
) -> Decision:
    """Answer whether somebody may do something.

    Args:
        principal: Who asks.
        action: What for.
        project: Project that it concerns; null: none, or the list of those that one may see.
        period: Period that it concerns; null: none in particular.
        today: The day.
        public: Projects that are open to the public.
    """
    if action is Action.OPEN:
        return Decision.ALLOWED
    if principal.is_public:
        lists = project is None and action is Action.READ_PROJECT and len(public) > 0  # each is decided by itself
        open_to_all = lists or (project in public and action in ALLOWED[Role.PUBLIC])
        return Decision.ALLOWED if open_to_all else Decision.SIGN_IN
    if principal.scopes is not None and action not in principal.scopes:
        return Decision.REFUSED
    if not principal.is_complete and action is not Action.SECOND_FACTOR:
        return Decision.SECOND_FACTOR
    if action in {Action.OWN, Action.SECOND_FACTOR}:
        return Decision.ALLOWED
    held = roles(principal, project, period, today=today, public=public)
    if any(action in ALLOWED[role] for role in held):
        return Decision.ALLOWED
    if project is None and action is Action.READ_PROJECT:
        return Decision.ALLOWED  # the list of projects: each is decided by itself
    return Decision.REFUSED if held or project is None else Decision.HIDDEN
