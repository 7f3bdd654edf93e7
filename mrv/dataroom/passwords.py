"""Passwords: what is accepted, and argon2id with the library's settings of the day."""

from __future__ import annotations

import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mrv.dataroom.phrased import Refused

SHORTEST, LONGEST = 12, 256
_AT_ONCE = 2
"""Hashes that are computed together: each takes 64 MiB, and a crowd at the door must not take all memory."""
_FEW = 5
REFUSED = frozenset(
    {
        "123456789012", "1234567890123", "123123123123", "password1234", "password12345", "passwordpassword",
        "qwertyuiop12", "qwertyuiop123", "qwertyqwerty", "1q2w3e4r5t6y", "1qaz2wsx3edc", "administrator",
        "administrator1", "adminadminadmin", "iloveyou1234", "welcome12345", "letmein12345", "letmeinplease",
        "changeme1234", "changemechangeme", "contraseña123", "contraseña1234", "contrasena123", "contrasena1234",
        "administrador", "administrador1", "bienvenido123", "bienvenidos123", "teamomucho123", "correcthorsebatterystaple",
        "trustno1trustno1", "monkeymonkey", "dragondragon", "abcdefghijkl", "abcd12345678", "sanmartin123",
        "sanmartin1234", "datarooms123", "dataroom1234", "saladedatos1", "saladedatos123", "verificador1",
        "verificador123", "amazonas1234", "bosquebosque", "peruperuperu",
    }
)  # fmt: skip
"""Long enough, and among the first that somebody tries."""


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _turn() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(_AT_ONCE)


@cache
def _nobody() -> str:
    return hashed("the password of no account")


def normal(password: str) -> str:
    """Return a password as it is hashed, so that an accent typed on another keyboard is the same accent."""
    return unicodedata.normalize("NFKC", password)


def hashed(password: str) -> str:
    """Return what is stored of a password."""
    with _turn():
        return _hasher().hash(normal(password))


def matches(stored: str | None, password: str) -> bool:
    """Return whether a password is the stored one; where none is stored, no, after the same work."""
    if len(password) > LONGEST:
        return False
    try:
        with _turn():
            same = _hasher().verify(stored or _nobody(), normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return same and stored is not None


def is_outdated(stored: str) -> bool:
    """Return whether the library hashes harder today than when this was stored."""
    return _hasher().check_needs_rehash(stored)


def check(password: str, email: str) -> None:
    """Refuse a password that somebody could guess.

    Raises:
        Refused: It is too short or too long, or too easy.
    """
    text = normal(password)
    if len(text) < SHORTEST:
        raise Refused("account.password_short", shortest=SHORTEST)
    if len(text) > LONGEST:
        raise Refused("account.password_long", longest=LONGEST)
    plain, mine = text.casefold().strip(), email.casefold()
    # What is left beside one's own address must be a password by itself.
    rest = plain.replace(mine, "").replace(mine.partition("@")[0], "") if mine else plain
    if plain in REFUSED or len(set(plain)) < _FEW or len(rest) < SHORTEST // 2:
        raise Refused("account.password_easy")


def accepted(password: str, repeated: str, email: str) -> str:
    """Return what is stored of a new password that was typed twice.

    Raises:
        Refused: The two differ, or somebody could guess it.
    """
    if password != repeated:
        raise Refused("account.password_differs")
    check(password, email)
    return hashed(password)
