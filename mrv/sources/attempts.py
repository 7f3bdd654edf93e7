"""Asking a source again: which faults may pass, how long to wait in between, and when to give up."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from secrets import SystemRandom
from typing import TypeVar

import httpx

from mrv.errors import InputError, SourceError
from mrv.sources.addresses import redact
from mrv.sources.sniff import Kind, answer_words

log = logging.getLogger(__name__)
T = TypeVar("T")

BACKOFF_S = 0.5
LONGEST_WAIT_S = 120.0
"""A source that asks for more patience than this (`Retry-After`) is left alone: the run ends and says when to come back."""
LONGEST_TOLD_S = 365 * 86_400
"""More than a year is told as a year: what a source asks for may be any number."""
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that may be others the next time."""
REFUSED_KEY = frozenset({401, 403})


@dataclass(frozen=True)
class Policy:
    """How hard to try, and how much to accept."""

    attempts: int
    max_bytes: int
    sleep: Callable[[float], None] = time.sleep
    too_large: str = "look at what the source sends; raise MRV_MAX_FILE_BYTES if it is right"
    """What to do about a file of more than `max_bytes`."""


@dataclass(frozen=True)
class Target:
    """What to fetch: the address with its secrets, the one that may be shown, and what must come.

    Attributes:
        failure: What is raised if it is unusable: it came from outside, or lies in a folder of the reader.
    """

    url: str
    shown: str
    kind: Kind
    remedy: str
    secrets: tuple[str, ...] = ()
    validators: Mapping[str, str] = field(default_factory=dict)
    failure: type[SourceError] | type[InputError] = SourceError

    def redact(self, text: str) -> str:
        """Take the secrets out of a text."""
        return redact(text, self.secrets)

    def error(
        self, message: str, *, found: str, expected: str | None = None, remedy: str | None = None
    ) -> SourceError | InputError:
        """Build the error for this target, without secrets."""
        return self.failure(
            message,
            expected=expected,
            found=self.redact(found),
            where=self.shown,
            remedy=remedy or self.remedy,
        )


class AgainError(SourceError):
    """This attempt failed in a way that may pass."""

    wait_s: float | None = None


def again(target: Target, message: str, found: str, *, wait_s: float | None = None) -> AgainError:
    """Build the error of an attempt that may go well the next time, after `wait_s` where the source said so."""
    error = AgainError(message, found=target.redact(found), where=target.shown)
    error.wait_s = wait_s
    return error


def attempts(target: Target, policy: Policy, attempt: Callable[[], T], *, keeps: Callable[[], bool]) -> T:
    """Do what may fail in passing until it goes well.

    Args:
        target: What is asked.
        policy: How often, and how to wait.
        attempt: What is tried; raises AgainError where another try is worth it.
        keeps: Says whether something of the failed attempts is kept for the next run.

    Raises:
        SourceError: All attempts failed, or the source asks for more patience than a run has.
    """
    for number in range(1, policy.attempts + 1):
        try:
            return _asking(target, attempt)
        except AgainError as error:
            kept = "; what was received is kept, and the next run goes on from there" if keeps() else ""
            if error.wait_s is not None and error.wait_s > LONGEST_WAIT_S:
                raise _later(error, kept) from error
            if number == policy.attempts:
                raise SourceError(
                    f"{error.message}, in {number} attempt(s)",
                    expected=error.expected,
                    found=error.found,
                    where=error.where,
                    remedy=f"try again later{kept}",
                ) from error
            wait_s = error.wait_s
            if wait_s is None:
                wait_s = BACKOFF_S * 2 ** (number - 1) * (1 + SystemRandom().random())
            log.warning("%s (%s): attempt %d of %d failed", target.shown, error.found, number, policy.attempts)
            policy.sleep(wait_s)
    raise AssertionError("a policy has at least one attempt")


def _asking(target: Target, attempt: Callable[[], T]) -> T:
    try:
        return attempt()
    except httpx.TransportError as error:
        raise again(target, "the source broke off or did not answer", _words(error)) from error
    except (httpx.RequestError, httpx.InvalidURL) as error:
        raise target.error("the source cannot be asked", found=f"{type(error).__name__}: {error}") from error


def _words(error: httpx.TransportError) -> str:
    text = str(error)
    if isinstance(error, httpx.RemoteProtocolError) and text.startswith("illegal "):
        # What stands where an answer should begin is the rest of the one before, on the same connection.
        return "something else than an answer of HTTP: the source sent more bytes than announced before, or is no web server"
    return f"{type(error).__name__}: {text}"


def _later(error: AgainError, kept: str) -> SourceError:
    wait = timedelta(seconds=round(min(error.wait_s or 0, LONGEST_TOLD_S)))
    moment = datetime.now(UTC) + wait
    return SourceError(
        "the source asks to come back later than a run waits",
        expected=f"a wait of at most {LONGEST_WAIT_S:.0f} s",
        found=f"{error.found}, come back in {wait} (h:mm:ss)",
        where=error.where,
        remedy=f"run again after {moment:%Y-%m-%d %H:%M} UTC{kept}",
    )


def refusal(target: Target, response: httpx.Response, body: bytes) -> SourceError | InputError:
    """Say why a source did not give what was asked: a fault that may pass, or a refusal that will stay."""
    status = response.status_code
    if status in PASSING:
        return again(target, "the source is busy or broken", f"status {status}", wait_s=retry_after(response))
    why = ": the key is missing, wrong or expired, or the address is not for everybody" if status in REFUSED_KEY else ""
    return target.error(
        f"the source refused{why}",
        expected="status 200",
        found=f"status {status}: {answer_words(body)}",
    )


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds that a source asks to wait, given as such or as a date; None if it does not say."""
    text: str | None = response.headers.get("Retry-After")
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
