"""Time-based one-time codes as a second factor (RFC 6238); each step of time counts once."""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime

import pyotp
import segno

ISSUER = "REDD+ MRV"
STEP_S = 30
_DRIFT = 1
"""Steps that a telephone's clock may be off."""


def new_seed() -> str:
    """Return a new seed, as telephones take it."""
    return pyotp.random_base32()


def uri(seed: str, email: str) -> str:
    """Return the address that the code for telephones holds."""
    return pyotp.TOTP(seed, interval=STEP_S).provisioning_uri(name=email, issuer_name=ISSUER)


def picture(text: str) -> str:
    """Return the code for telephones as SVG without styles; light behind it, as readers expect, in dark pages too."""
    made: str = segno.make(text, error="m").svg_inline(
        scale=5, omitsize=True, light="#fff", dark="#000", svgclass="qr", lineclass=None
    )
    return made


def step_of(seed: str, code: str, last_step: int | None, at: datetime | None = None) -> int | None:
    """Return the step of time that a code is of, or None where it is wrong or its step was used before.

    Args:
        seed: Seed of the account.
        code: What was typed; spaces between digits do not matter.
        last_step: Newest step that was used.
        at: Moment; default: now.
    """
    typed = re.sub(r"\s", "", code)
    now = int((at or datetime.now(UTC)).timestamp()) // STEP_S
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        right = pyotp.TOTP(seed, interval=STEP_S).generate_otp(step)
        if hmac.compare_digest(right.encode(), typed.encode()) and (last_step is None or step > last_step):
            return step
    return None
