"""Who may what: every role and action, days of engagements, periods, scopes of tokens, incomplete sessions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from mrv.dataroom.permissions import PUBLIC, Action, Decision, Grant, Principal, Role, decide

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
# One column a role: administrator, preparer, analyst, verifier, registry reader, public of an open project.
REVIEWED = {
    Action.READ_PROJECT: "yyyyyy",
    Action.READ_PACKAGE: "yyyyyy",
    Action.DOWNLOAD: "yyyyyy",
    Action.READ_FINDINGS: "yynyyn",
    Action.RAISE_FINDING: "nnnynn",
    Action.ANSWER_FINDING: "nynnnn",
    Action.CLOSE_FINDING: "nnnynn",
    Action.QUERY: "yyyynn",
    Action.READ_ACCESS_LOG: "yynynn",
    Action.ADMINISTER: "ynnnnn",
}
SIX = (Role.ADMINISTRATOR, Role.PREPARER, Role.ANALYST, Role.VERIFIER, Role.REGISTRY_READER, Role.PUBLIC)


def person(*grants: Grant, administrator: bool = False) -> Principal:
    return Principal("u", "a@example.org", "A", "en", administrator, True, grants)


def granted(
    role: Role, *, period: str | None = None, starts_on: date = TODAY, ends_on: date | None = TODAY
) -> Principal:
    return person(Grant(role, "p", period, starts_on, ends_on))


def said(
    principal: Principal, action: Action, project: str | None = "p", period: str | None = None, **more
) -> Decision:
    asked = {"today": TODAY, "public": frozenset(), **more}
    return decide(principal, action, project=project, period=period, **asked)


@pytest.mark.parametrize("action", REVIEWED)
def test_every_role_and_action(action):
    for role, letter in zip(SIX, REVIEWED[action], strict=True):
        who = (
            person(administrator=True)
            if role is Role.ADMINISTRATOR
            else PUBLIC
            if role is Role.PUBLIC
            else granted(role)
        )
        opened = frozenset({"p"}) if role is Role.PUBLIC else frozenset()
        assert (said(who, action, public=opened) is Decision.ALLOWED) == (letter == "y"), role


def test_every_action_was_reviewed():
    assert set(REVIEWED) | {Action.OPEN, Action.OWN, Action.SECOND_FACTOR} == set(Action)


def test_an_engagement_holds_from_its_first_day_to_its_last():
    days = [(TODAY - 9 * DAY, TODAY - DAY, False), (TODAY - DAY, TODAY, True), (TODAY, TODAY + DAY, True)]
    for starts_on, ends_on, holds in [*days, (TODAY + DAY, TODAY + 9 * DAY, False)]:
        got = said(granted(Role.VERIFIER, starts_on=starts_on, ends_on=ends_on), Action.DOWNLOAD)
        assert got is (Decision.ALLOWED if holds else Decision.HIDDEN)


def test_a_grant_of_one_period_opens_no_other():
    who = granted(Role.VERIFIER, period="mp4")
    assert said(who, Action.DOWNLOAD, period="mp4") is Decision.ALLOWED
    assert said(who, Action.DOWNLOAD, period="mp5") is Decision.HIDDEN
    assert said(who, Action.DOWNLOAD, project="other", period="mp4") is Decision.HIDDEN


def test_the_public_signs_in_and_an_open_project_does_not_open_its_findings():
    assert said(PUBLIC, Action.READ_PROJECT) is Decision.SIGN_IN
    assert said(PUBLIC, Action.READ_FINDINGS, public=frozenset({"p"})) is Decision.SIGN_IN
    assert said(PUBLIC, Action.READ_PROJECT, "other", public=frozenset({"p"})) is Decision.SIGN_IN
    assert said(person(), Action.READ_PROJECT, public=frozenset({"p"})) is Decision.ALLOWED
    assert said(person(), Action.READ_FINDINGS, public=frozenset({"p"})) is Decision.REFUSED


def test_without_the_second_factor_nothing_is_open_but_giving_it():
    who = replace(person(administrator=True), is_complete=False)
    assert {action for action in Action if said(who, action) is Decision.ALLOWED} == {Action.OPEN, Action.SECOND_FACTOR}
    assert said(who, Action.DOWNLOAD) is Decision.SECOND_FACTOR


def test_a_token_does_what_it_is_for_and_only_while_its_owner_may():
    token = replace(granted(Role.VERIFIER), scopes=frozenset({Action.DOWNLOAD, Action.ADMINISTER}))
    assert {action for action in Action if said(token, action) is Decision.ALLOWED} == {Action.OPEN, Action.DOWNLOAD}
    assert said(replace(token, grants=()), Action.DOWNLOAD) is Decision.HIDDEN


def test_the_public_may_ask_for_the_list_of_projects_once_one_is_open_and_for_nothing_else_without_a_project():
    opened = frozenset({"p"})
    assert said(PUBLIC, Action.READ_PROJECT, None) is Decision.SIGN_IN
    listed = {action for action in Action if said(PUBLIC, action, None, public=opened) is Decision.ALLOWED}
    assert listed == {Action.OPEN, Action.READ_PROJECT}
