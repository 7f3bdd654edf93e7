"""Object storage by the S3 protocol: where a bucket is asked, and the signature (SigV4) of each request.

The signature travels in headers and is made anew for every attempt, so that no address carries it.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import httpx

from mrv.errors import UsageError
from mrv.settings import Settings
from mrv.sources.addresses import Base

SCHEME = "s3://"
REMEDY = (
    "check MRV_S3_ACCESS_KEY_ID, MRV_S3_SECRET_ACCESS_KEY, MRV_S3_REGION and MRV_S3_ENDPOINT_URL, and that the key may read "
    "the bucket; without the right to list it, a missing file is refused like a wrong key"
)


def is_s3(address: str) -> bool:
    """Tell whether an address is a bucket's: `s3://bucket/prefix`."""
    return address.startswith(SCHEME)


def s3_base(address: str, *, mirror: bool, settings: Settings, source: str) -> Base:
    """Return where a bucket is asked: below the endpoint, by the bucket's name as the first part of the path.

    Raises:
        UsageError: The address names no bucket, or carries more than bucket and prefix.
    """
    parts = urlsplit(address)
    if not parts.netloc or set("@:") & set(parts.netloc) or parts.query or parts.fragment:
        raise UsageError(
            f"the address of source {source} is no bucket",
            expected="s3://bucket/prefix, with the key in MRV_S3_ACCESS_KEY_ID and MRV_S3_SECRET_ACCESS_KEY",
            where="MRV_MIRRORS" if mirror else "the row of its product",
            remedy="mend the address",
        )
    endpoint = settings.s3_endpoint_url or f"https://s3.{settings.s3_region}.amazonaws.com"
    prefix = quote(parts.path.strip("/"), safe="/~")
    url = "/".join(part for part in (endpoint.rstrip("/"), parts.netloc, prefix) if part)
    return Base(url, mirror=mirror, bucket=address.rstrip("/"))


@dataclass(frozen=True)
class Signer(httpx.Auth):
    """Signs requests for one bucket's region."""

    access_key_id: str
    secret_access_key: str
    region: str

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign what is about to be sent: address, body and the headers of the protocol; others, such as Range, need no signature."""
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        own = {name: value for name, value in request.headers.items() if name.startswith("x-amz-")}
        signed = AWSRequest(method=request.method, url=str(request.url), headers=own, data=request.content)
        S3SigV4Auth(Credentials(self.access_key_id, self.secret_access_key), "s3", self.region).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        yield request


def signer_of(settings: Settings) -> Signer | None:
    """Return who signs, or None where no key is set: public buckets are asked anonymously.

    Raises:
        UsageError: Only one half of the key is set.
    """
    key, secret = settings.s3_access_key_id, settings.s3_secret_access_key
    if (key is None) != (secret is None):
        raise UsageError(
            "the key of object storage is not whole",
            expected="both MRV_S3_ACCESS_KEY_ID and MRV_S3_SECRET_ACCESS_KEY, or neither for public buckets",
            found="one of them",
            remedy="set the other",
        )
    if key is None or secret is None:
        return None
    return Signer(key, secret.get_secret_value(), settings.s3_region)
