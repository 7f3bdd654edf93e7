"""Where a source is read from, what of that may be shown, and where its secrets may go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus, urlsplit, urlunsplit

from mrv.errors import UsageError

HIDDEN = "<secret>"
ASSETS_MIRROR = ".assets"
"""What is added to a source's name for the mirror of its images: they lie elsewhere than the API."""
NO_SECRET = "mirror"  # noqa: S105 - what a mirror is shown in place of a secret that is not set
SHORTEST_HIDDEN_VALUE = 4
"""Values of a query shorter than this are no signature; hiding `1` everywhere would leave no message readable."""
_PORTS = {"http": 80, "https": 443}
_SCHEMES = "http://, https://, s3:// or file://, or a folder"

Origin = tuple[str, str, int | None]
"""Scheme, host and port."""


@dataclass(frozen=True)
class Base:
    """The address of a source, or the mirror set for it: a URL, perhaps with user, password and query, or a folder.

    Attributes:
        text: The address that is asked.
        mirror: Whether it is set as the source's mirror.
        bucket: `s3://bucket/prefix` of object storage, whose requests are signed.
    """

    text: str = field(repr=False)
    mirror: bool
    bucket: str | None = None

    @property
    def folder(self) -> Path | None:
        """The folder of a local mirror, or None for a network address."""
        if self.text.startswith("file://"):
            return Path(unquote(urlsplit(self.text).path))
        return None if "://" in self.text else Path(self.text)

    def url(self, path: str) -> str:
        """Return the address to ask for a path, with all that the base carries and a secret's place still open."""
        if self.bucket is not None:
            return f"{self.text}/{quote(path, safe='/~{}')}"
        return self._join(path, netloc=urlsplit(self.text).netloc, query=urlsplit(self.text).query)

    def shown(self, path: str = "") -> str:
        """Return the address of a path as it may be shown and kept: without the base's user, password and query."""
        if self.folder is not None:
            return self.text
        if self.bucket is not None:
            return f"{self.bucket}/{path}".rstrip("/")
        return self._join(path, netloc=host_of(self.text), query="")

    def _join(self, path: str, *, netloc: str, query: str) -> str:
        parts = urlsplit(self.text)
        path, _, own = path.partition("?")
        joined = "&".join(part for part in (own, query) if part)
        return urlunsplit((parts.scheme, netloc, f"{parts.path.rstrip('/')}/{path}", joined, ""))

    def path_of(self, link: str, *, own: str) -> str | None:
        """Return the path of a link that the source gave, to be asked at this base: a key goes nowhere else.

        What the base's own query holds, for example a signature, is asked with every path and so left out here.

        Args:
            link: The whole address.
            own: Address of the source itself, which a mirror's copies still name.

        Returns:
            Path and query, or None if the link leads to another host.
        """
        try:
            host = host_of(link)
        except ValueError:
            return None
        if host not in {host_of(own), host_of(self.text)}:
            return None
        parts, root = urlsplit(link), urlsplit(own if host == host_of(own) else self.text)
        path = parts.path.removeprefix(root.path.rstrip("/")).lstrip("/")
        query = (
            part for part in parts.query.split("&") if unquote_plus(part.partition("=")[0]) not in self.query_names
        )
        return f"{path}?{'&'.join(query)}"

    @property
    def query_names(self) -> frozenset[str]:
        """Names in the base's own query."""
        return frozenset(name for name, _ in parse_qsl(urlsplit(self.text).query, keep_blank_values=True))

    @property
    def secrets(self) -> tuple[str, ...]:
        """What of the base must not be shown: user, password and the values of its query."""
        if self.folder is not None:
            return ()
        parts = urlsplit(self.text)
        values = (value for _, value in parse_qsl(parts.query) if len(value) >= SHORTEST_HIDDEN_VALUE)
        return tuple(value for value in (parts.username, parts.password, *values) if value)


def check_base(base: Base, *, source: str) -> None:
    """Make sure that an address can be taken apart and asked; one that cannot is not shown: it may hold a password.

    Raises:
        UsageError: It cannot.
    """
    if base.folder is not None:
        return
    try:
        parts = urlsplit(base.text)
        origin_of(base.text)
        # In http://bob:1/2@host the password, not the host, comes first: what seems the path holds the rest of it.
        sound = bool(parts.hostname) and ("@" in parts.netloc or ":" not in parts.netloc or "@" not in parts.path)
    except ValueError:
        sound = False
    if not sound:
        raise UsageError(
            f"the address of source {source} cannot be read",
            expected="scheme://user:password@host:port/path, the last five as needed, or a folder",
            where="MRV_MIRRORS" if base.mirror else "project.yaml",
            remedy="mend the address; write special characters of user and password as %-codes",
        )
    if parts.scheme not in _PORTS:
        raise UsageError(
            f"the address of source {source} has a scheme that nothing here speaks",
            expected=_SCHEMES,
            found=f"{parts.scheme}://",
            where="MRV_MIRRORS" if base.mirror else "project.yaml",
            remedy="take another address of the source, or bring its files into a folder",
        )


def stray_mirrors(mirrors: Iterable[str], sources: Mapping[str, str]) -> list[str]:
    """Say which names in MRV_MIRRORS are of no source of a project: one mistyped leaves its source where it was.

    Args:
        mirrors: Names in MRV_MIRRORS.
        sources: Connector of each source of the project, by its name.
    """
    known = [*sources, *(f"{name}{ASSETS_MIRROR}" for name, connector in sources.items() if connector == "stac")]
    return [
        f"MRV_MIRRORS names {name}, no source of this project; its sources are {', '.join(sorted(known)) or 'none'}"
        for name in sorted(set(mirrors) - set(known))
    ]


def host_of(url: str) -> str:
    """Return host and port of an address as written there, without user and password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def origin_of(url: str) -> Origin:
    """Return scheme, host and port of an address.

    Raises:
        ValueError: It is no address.
    """
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def is_private(url: str) -> bool:
    """Tell whether nobody on the way can read what is sent: over https, or within this machine."""
    scheme, host, _ = origin_of(url)
    if scheme == "https" or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def secret_or_mirror(value: str | None, *, base: Base, variable: str, source: str) -> str:
    """Return a secret that may be sent to the base; a mirror does without.

    Raises:
        UsageError: The source itself is asked and the secret is not set, or it would travel in the open to an address
            that is not set as the source's mirror.
    """
    if value is None:
        if base.mirror:
            return NO_SECRET
        raise UsageError(
            f"source {source} needs a key",
            expected=f"the environment variable {variable}",
            found="not set",
            where=base.shown(),
            remedy=f"set {variable}, or point the source to a mirror with MRV_MIRRORS",
        )
    if not base.mirror and not is_private(base.text):
        raise UsageError(
            f"the key of source {source} would be sent in the open",
            expected="an address with https://",
            found=base.shown(),
            where=f"source {source}",
            remedy=f"use https in base_url of the source, or name the address for {source} in MRV_MIRRORS to trust it",
        )
    return value


def redact(text: str, secrets: Iterable[str]) -> str:
    """Take secrets out of a text, as they are and as parts of an address."""
    forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    for form in sorted(forms, key=lambda item: (-len(item), item)):
        text = text.replace(form, HIDDEN)
    return text
