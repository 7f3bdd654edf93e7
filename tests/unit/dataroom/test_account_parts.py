"""Passwords, codes, limits, grants, invitations and tokens on a database of their own."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa

from mrv.dataroom import attempts, directory, doers, engagements, invitations, passwords, secret, tokens, totp
from mrv.dataroom import models as tables
from mrv.dataroom.catalogue import NotFoundError
from mrv.dataroom.database import Database, moment
from mrv.dataroom.engagements import Wish
from mrv.dataroom.permissions import Action
from mrv.dataroom.phrased import Refused
from mrv.settings import Settings

SYSTEM = doers.System()


@pytest.fixture
def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'room.sqlite'}")
    tables.metadata.create_all(made.engine)
    yield made
    made.close()


def user(connection, email="ana@example.org", *, administrator=False) -> str:
    invited = invitations.Invited(email, [] if administrator else [Wish("p", "analyst")], administrator)
    row = invitations.opened(connection, invitations.invite(connection, SYSTEM, invited))
    return invitations.accept(connection, SYSTEM, row, invitations.Answer("Ana", "", "hash"))


@pytest.mark.parametrize(
    ("password", "phrase"),
    [
        ("short", "account.password_short"),
        ("x" * 300, "account.password_long"),
        ("passwordpassword", "account.password_easy"),
        ("aaaabbbbaaaabbbb", "account.password_easy"),
        ("ana.quispe@example.org", "account.password_easy"),
        ("ana.quispe1234", "account.password_easy"),
    ],
)
def test_passwords_that_can_be_guessed_are_refused(password, phrase):
    with pytest.raises(Refused) as refused:
        passwords.check(password, "ana.quispe@example.org")
    assert refused.value.phrase == phrase


def test_a_password_matches_however_its_accents_were_typed_and_no_account_matches_nothing():
    stored = passwords.accepted("canción de la selva", "canción de la selva", "ana@example.org")
    assert stored.startswith("$argon2id$")
    assert passwords.matches(stored, "cancio\u0301n de la selva")
    assert not passwords.matches(stored, "cancion de la selva")
    assert not passwords.matches(None, "the password of no account")
    assert not passwords.is_outdated(stored)
    with pytest.raises(Refused, match="differ"):
        passwords.accepted("canción de la selva", "otra", "ana@example.org")


def test_a_code_counts_once_and_a_minute_of_drift_is_too_much():
    seed, now = totp.new_seed(), datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)
    code = pyotp.TOTP(seed).at(now)
    step = totp.step_of(seed, f"{code[:3]} {code[3:]}", None, now)
    assert step is not None
    assert totp.step_of(seed, code, step, now) is None
    assert totp.step_of(seed, code, None, now + timedelta(seconds=25)) == step
    assert totp.step_of(seed, code, None, now + timedelta(seconds=75)) is None
    assert totp.step_of(seed, "ñ", None, now) is None
    assert "style" not in totp.picture(totp.uri(seed, "ana@example.org"))


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path):
    settings = Settings(home=tmp_path)
    kept = secret.sealed(settings, "seed")
    path = settings.dataroom_dir / secret.NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret.opened(settings, kept) == "seed"
    assert [file.name for file in settings.dataroom_dir.iterdir()] == [secret.NAME]


def test_failures_are_limited_per_account_and_address_and_the_window_passes(database):
    with database.writing() as connection:
        for _ in range(attempts.PER_ACCOUNT):
            last = attempts.begin(connection, "a@example.org", None, "10.0.0.1")
        with pytest.raises(attempts.TooManyError) as refused:
            attempts.begin(connection, "a@example.org", None, "10.0.0.2")
        assert 0 < refused.value.wait_s <= attempts.WINDOW.total_seconds() + 1
        attempts.right(connection, last, is_complete=False)
        attempts.begin(connection, "a@example.org", None, "10.0.0.2")
        for number in range(attempts.PER_ADDRESS):
            attempts.begin(connection, f"b{number}@example.org", None, "10.0.0.3")
        with pytest.raises(attempts.TooManyError):
            attempts.begin(connection, "c@example.org", None, "10.0.0.3")
        connection.execute(tables.attempts.update().values(failed_at=moment(datetime.now(UTC) - attempts.WINDOW)))
        attempts.begin(connection, "c@example.org", None, "10.0.0.3")


@pytest.mark.parametrize(
    ("wish", "phrase"),
    [
        (Wish("", "analyst"), "admin.grant_needs_project"),
        (Wish("../p", "analyst"), "admin.grant_needs_project"),
        (Wish("p", "administrator"), "admin.grant_needs_role"),
        (Wish("p", "verifier"), "admin.grant_needs_end"),
        (Wish("p", "analyst", None, "2026-02-30"), "admin.grant_days"),
        (Wish("p", "verifier", None, "2026-03-02", "2026-03-01"), "admin.grant_days"),
    ],
)
def test_grants_that_do_not_hold_are_refused(wish, phrase):
    with pytest.raises(Refused) as refused:
        engagements.checked(wish)
    assert refused.value.phrase == phrase


def test_an_invitation_lets_in_once_and_until_its_time_is_over(database):
    with database.writing() as connection:
        invited = invitations.Invited(" Vera@Example.org ", [Wish("p", "verifier", ends_on="2099-01-01")])
        text = invitations.invite(connection, SYSTEM, invited)
        row = invitations.opened(connection, text)
        assert invitations.live_for(connection, "vera@example.org")["invitation_id"] == row["invitation_id"]
        user_id = invitations.accept(
            connection, SYSTEM, row, invitations.Answer("Vera", "", "hash", email="other@x.org")
        )
        assert directory.one(connection, user_id)["email"] == "vera@example.org"
        assert [grant["role"] for grant in engagements.listed(connection, user_id)] == ["verifier"]
        with pytest.raises(NotFoundError):
            invitations.opened(connection, text)
        with pytest.raises(Refused, match="has an account"):
            invitations.invite(connection, SYSTEM, invited)
        late = invitations.invite(connection, SYSTEM, invitations.Invited("late@example.org", [], True))
        connection.execute(tables.invitations.update().values(expires_at=moment()))
        with pytest.raises(NotFoundError):
            invitations.opened(connection, late)


def test_the_first_administrators_link_is_new_at_each_start_and_ends_with_the_first_account(database):
    with database.writing() as connection:
        first = invitations.first_administrator(connection)
        second = invitations.first_administrator(connection)
        assert first and second
        with pytest.raises(NotFoundError):
            invitations.opened(connection, first)
        answer = invitations.Answer("Root", "", "hash", email="root@example.org")
        invitations.accept(connection, SYSTEM, invitations.opened(connection, second), answer)
        assert invitations.first_administrator(connection) is None


def test_the_last_administrator_stays(database):
    with database.writing() as connection:
        root = user(connection, "root@example.org", administrator=True)
        with pytest.raises(Refused, match="Nobody would be left"):
            directory.set_active(connection, SYSTEM, root, is_active=False)
        user(connection, "second@example.org", administrator=True)
        directory.set_active(connection, SYSTEM, root, is_active=False)


def test_a_token_is_never_for_more_than_its_owner_may_nor_for_long(database):
    with database.writing() as connection:
        owner = directory.principal_of(connection, user(connection))
        for wish, phrase in (
            (tokens.Wish("", [Action.QUERY], 1), "account.token_needs_name"),
            (tokens.Wish("t", [Action.QUERY], 91), "account.token_days"),
            (tokens.Wish("t", [], 1), "account.token_needs_scope"),
            (tokens.Wish("t", [Action.ADMINISTER], 1), "account.token_beyond"),
        ):
            with pytest.raises(Refused) as refused:
                tokens.new(connection, SYSTEM, owner, wish)
            assert refused.value.phrase == phrase
        text = tokens.new(connection, SYSTEM, owner, tokens.Wish("t", [Action.OWN], 90))
        holder = tokens.principal_of(connection, text)
        assert holder is not None and holder.scopes == {Action.OWN}
        assert tokens.scopes_of(holder) == (Action.OWN,)
        assert tokens.principal_of(connection, text[:-1]) is None
        assert tokens.principal_of(connection, text.replace("mrv_", "abc_")) is None
        assert text.rpartition("_")[2] not in str(connection.execute(sa.select(tables.tokens)).all())
        directory.set_active(connection, SYSTEM, holder.user_id, is_active=False)
        assert tokens.principal_of(connection, text) is None
