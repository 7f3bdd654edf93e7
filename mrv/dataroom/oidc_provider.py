"""An organisation's OpenID Connect provider: what it says of itself, and what it says of a person, checked."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mrv.dataroom.phrased import Refused

SCOPE = "openid email profile"
CACHED_S = 3600
"""How long what a provider says of itself is kept."""
LEEWAY_S = 60
"""How far its clock may be from ours."""
_TIMEOUT_S = 10.0
_MAX_BYTES = 1 << 20
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a public key; what is signed by a shared secret, or not at all, is refused."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Provider:
    """What a provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    secret_in_body: bool


@dataclass(frozen=True)
class Client:
    """The data room, as the provider knows it."""

    client_id: str
    secret: str | None = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True)
class Identity:
    """A person, as the provider says; `email` only where it says that it is verified."""

    issuer: str
    subject: str
    email: str | None
    name: str


def discover(issuer: str) -> Provider:
    """Return what a provider says of itself.

    Raises:
        Refused: It does not answer, or not as it should.
    """
    return _discovered(issuer, int(time.monotonic() // CACHED_S))


@lru_cache(maxsize=4)
def _discovered(issuer: str, _hour: int) -> Provider:
    said = _json("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    try:
        provider = Provider(
            issuer=str(said["issuer"]),
            authorization_endpoint=_safe(said["authorization_endpoint"]),
            token_endpoint=_safe(said["token_endpoint"]),
            jwks_uri=_safe(said["jwks_uri"]),
            userinfo_endpoint=_safe(said["userinfo_endpoint"]) if said.get("userinfo_endpoint") else None,
            secret_in_body="client_secret_basic"
            not in said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Refused("oidc.unusable") from error
    if provider.issuer != issuer:
        raise Refused("oidc.unusable")
    return provider


def _safe(address: object) -> str:
    """Return an address of the provider: encrypted, but for one on this machine."""
    parts = urlsplit(str(address))
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("not encrypted")
    return str(address)


def authorization_url(provider: Provider, client: Client, *, state: str, nonce: str, code_verifier: str) -> str:
    """Return where the browser goes to sign in."""
    url: str = prepare_grant_uri(
        provider.authorization_endpoint,
        client_id=client.client_id,
        response_type="code",
        redirect_uri=client.redirect_uri,
        scope=SCOPE,
        state=state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(code_verifier),
        code_challenge_method="S256",
    )
    return url


def identity(provider: Provider, client: Client, *, code: str, nonce: str, code_verifier: str) -> Identity:
    """Exchange a code for the identity of whoever signed in.

    Raises:
        Refused: The provider does not take the code, or what it says does not hold.
    """
    said = _exchange(provider, client, code, code_verifier)
    keys = _json("GET", provider.jwks_uri)
    try:
        token = jwt.decode(said["id_token"], KeySet.import_key_set(keys), algorithms=list(_ALGORITHMS))  # type: ignore[arg-type]
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": provider.issuer},
                "aud": {"essential": True, "value": client.client_id},
                "nonce": {"essential": True, "value": nonce},
            },
            params={"nonce": nonce, "client_id": client.client_id, "access_token": said.get("access_token")},
        )
        claims.validate(leeway=LEEWAY_S)
        subject = str(claims["sub"])
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise Refused("oidc.untrue") from error
    about = claims if "email" in claims else {**claims, **_userinfo(provider, said, subject)}
    email = str(about.get("email", "")).strip().lower()
    # Some providers write "true" as text; whether that was meant is not ours to guess.
    is_verified = about.get("email_verified") is True and bool(email)
    return Identity(provider.issuer, subject, email if is_verified else None, str(about.get("name") or email))


def _exchange(provider: Provider, client: Client, code: str, code_verifier: str) -> Mapping[str, Any]:
    body = urlencode(
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": client.redirect_uri,
            "code_verifier": code_verifier,
            **({} if client.secret else {"client_id": client.client_id}),
        }
    )
    method = (
        "none"
        if client.secret is None
        else ("client_secret_post" if provider.secret_in_body else "client_secret_basic")
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    uri, headers, body = ClientAuth(client.client_id, client.secret, method).prepare(
        "POST", provider.token_endpoint, headers, body
    )
    return _json("POST", uri, headers=headers, content=body, refusal="oidc.code")


def _userinfo(provider: Provider, said: Mapping[str, Any], subject: str) -> Mapping[str, Any]:
    if provider.userinfo_endpoint is None or "access_token" not in said:
        return {}
    headers = {"Authorization": f"Bearer {said['access_token']}"}
    about = _json("GET", provider.userinfo_endpoint, headers=headers)
    if about.get("sub") != subject:
        raise Refused("oidc.untrue")
    return about


def _json(method: str, url: str, *, refusal: str = "oidc.unusable", **request: Any) -> Mapping[str, Any]:
    """Ask the provider. Its answers hold tokens, so no error repeats them."""
    content = bytearray()
    try:
        with httpx.stream(method, url, timeout=_TIMEOUT_S, follow_redirects=False, **request) as answer:
            for chunk in answer.iter_bytes():
                content += chunk
                if len(content) > _MAX_BYTES:
                    raise Refused("oidc.unusable")
            status = answer.status_code
        if 400 <= status < 500:
            raise Refused(refusal)
        said = json.loads(content) if status == 200 else None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Refused("oidc.away") from error
    except ValueError as error:
        raise Refused("oidc.unusable") from error
    if not isinstance(said, dict):
        raise Refused("oidc.away" if status >= 500 else "oidc.unusable")
    return said
