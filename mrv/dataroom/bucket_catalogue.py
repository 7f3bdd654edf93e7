"""The catalogue over object storage: small files are kept here by their hash, large ones go to readers by a short link."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from mrv.dataroom.catalogue import NAME, NotFoundError, PackageFile
from mrv.errors import DataRoomError, PackageError, UsageError
from mrv.files import CHUNK, hash_file, replacing
from mrv.package import bag
from mrv.package.zipped import SUFFIX
from mrv.settings import Settings

LINK_S = 60
"""Seconds for which a link to a file is good."""
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})


class Bucket:
    """Objects below one prefix of a bucket.

    Args:
        client: botocore's S3 client.
        bucket: Its name.
        prefix: Empty, or ending in a slash.
    """

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix

    def folders(self, key: str) -> Iterator[str]:
        """Yield the names of the folders in a folder (`key` is empty or ends in a slash)."""
        for answer in self._pages(key, Delimiter="/"):
            for found in answer.get("CommonPrefixes", ()):
                yield found["Prefix"].removeprefix(self._prefix + key).rstrip("/")

    def objects(self, key: str, *, inside: bool = True) -> Iterator[tuple[str, int, str]]:
        """Yield key, bytes and ETag of the objects whose key begins so; only of the folder itself where not `inside`."""
        for answer in self._pages(key, **({} if inside else {"Delimiter": "/"})):
            for found in answer.get("Contents", ()):
                yield found["Key"].removeprefix(self._prefix), found["Size"], found["ETag"]

    def _pages(self, key: str, **more: str) -> Iterator[Mapping[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2")
        with _storage(key):
            yield from pages.paginate(Bucket=self._bucket, Prefix=self._prefix + key, **more)

    def pieces(self, key: str) -> Iterator[bytes]:
        """Yield the bytes of an object."""
        with _storage(key):
            answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)
            with closing(answer["Body"]) as body:
                yield from body.iter_chunks(CHUNK)

    def size(self, key: str) -> int:
        """Return the bytes of an object."""
        with _storage(key):
            return int(self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)["ContentLength"])

    def link(self, key: str, **answer: str) -> str:
        """Return an address that gives an object to whoever has it, for a short time."""
        asked = {"Bucket": self._bucket, "Key": self._prefix + key, **answer}
        return str(self._client.generate_presigned_url("get_object", Params=asked, ExpiresIn=LINK_S))


@contextmanager
def _storage(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _MISSING:
            raise NotFoundError("a file of a package is no longer there", found=key) from error
        raise _unreachable(key, code) from error
    except BotoCoreError as error:
        raise _unreachable(key, type(error).__name__) from error


def _unreachable(key: str, found: str) -> DataRoomError:
    return DataRoomError(
        "object storage does not answer as it should",
        found=found,
        where=key,
        remedy="check MRV_PACKAGES_S3, MRV_S3_ENDPOINT_URL, MRV_S3_REGION and the key, and that the key may list and read",
    )


class BucketPlace:
    """A package in a bucket, with its archive beside it.

    Args:
        bucket: Where.
        folder: Key of the folder that holds it, ending in a slash.
        name: Name of the package.
        cache: Folder of this machine where small files are kept by their sha256.
    """

    def __init__(self, bucket: Bucket, folder: str, name: str, cache: Path) -> None:
        self._bucket, self._folder, self._cache = bucket, folder, cache
        self.name = name

    @property
    def _archive(self) -> str:
        return f"{self.name}{SUFFIX}"

    def _listing(self) -> dict[str, tuple[int, str]]:
        inside = f"{self._folder}{self.name}/"
        found = {key.removeprefix(inside): (size, tag) for key, size, tag in self._bucket.objects(inside)}
        return found | self._beside()

    def _beside(self) -> dict[str, tuple[int, str]]:
        key = f"{self._folder}{self._archive}"
        listed = [(size, tag) for found, size, tag in self._bucket.objects(key, inside=False) if found == key]
        return dict.fromkeys([self._archive], listed[0]) if listed else {}

    def sizes(self) -> Mapping[str, int]:
        """List the files with their sizes."""
        listing = self._listing()
        for path in listing:
            if reason := bag.unsafe(path):
                raise PackageError(
                    "something lies in a package that has no business there",
                    found=f"{path}: {reason}",
                    where=self.name,
                    remedy="upload the package again",
                )
        return {path: size for path, (size, _) in listing.items()}

    def glance(self) -> str:
        """Return text that differs when a time stamp was added since, or the archive made anew."""
        return repr((self._beside(), list(self._bucket.objects(f"{self._folder}{self.name}/attestations/"))))

    def stamp(self) -> str:
        """Return text that differs when any file was put in place of another since."""
        return hashlib.sha256(repr(sorted(self._listing().items())).encode()).hexdigest()

    def pieces(self, path: str) -> Iterator[bytes]:
        """Yield the bytes of a file."""
        return self._bucket.pieces(self._key(path))

    def local(self, path: str, sha256: str) -> Path:
        """Return a file, fetched and checked where it is not kept."""
        kept = self._cache / sha256[:2] / sha256
        if kept.is_file() and hash_file(kept) == sha256:
            return kept
        digest = hashlib.sha256()
        with replacing(kept) as temporary:
            with temporary.open("wb") as stream:
                for piece in self.pieces(path):
                    digest.update(piece)
                    stream.write(piece)
            if digest.hexdigest() != sha256:
                raise PackageError(
                    "a file is not what the manifest says",
                    expected=sha256,
                    found=digest.hexdigest(),
                    where=f"{self.name}, {path}",
                    remedy="upload the package again",
                )
        return kept

    def served(self, file: PackageFile, disposition: str) -> str:
        """Return a link that is good for a minute."""
        size = self._bucket.size(self._key(file.path))
        if size != file.bytes:
            raise PackageError(
                "a file of a package was changed after it was published",
                expected=f"{file.bytes} bytes",
                found=f"{size} bytes",
                where=f"{self.name}, {file.path}",
                remedy="upload the package again",
            )
        return self._bucket.link(
            self._key(file.path), ResponseContentDisposition=disposition, ResponseContentType=file.media_type
        )

    @contextmanager
    def whole(self) -> Iterator[Path]:
        """Give a folder with the package, fetched for as long as the block lasts."""
        self._cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".whole-", dir=self._cache) as parent:
            folder = Path(parent) / self.name
            for path in self.sizes():
                if path == self._archive:
                    continue
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as stream:
                    for piece in self.pieces(path):
                        stream.write(piece)
            yield folder

    def _key(self, path: str) -> str:
        return f"{self._folder}{path}" if path == self._archive else f"{self._folder}{self.name}/{path}"


class BucketPlaces:
    """The packages of a bucket: `<prefix>/<project>/<period>/VP-<project>-<period>-v<version>/`."""

    look_again_s = 30.0

    def __init__(self, bucket: Bucket, cache: Path) -> None:
        self._bucket, self._cache = bucket, cache

    def names(self) -> Iterator[str]:
        """Yield the names of what looks like a package."""
        for project in self._bucket.folders(""):
            for period in self._bucket.folders(f"{project}/"):
                for name in self._bucket.folders(f"{project}/{period}/"):
                    match = NAME.fullmatch(name)
                    if match and (match["project"], match["period"]) == (project, period):
                        yield name

    def place(self, name: str) -> BucketPlace:
        """Return where one lies."""
        match = NAME.fullmatch(name)
        assert match is not None  # noqa: S101 - `names` yields none else
        return BucketPlace(self._bucket, f"{match['project']}/{match['period']}/", name, self._cache)


def bucket_places(settings: Settings) -> BucketPlaces:
    """Return the packages of the bucket that MRV_PACKAGES_S3 names.

    Raises:
        UsageError: It names none, or the key is not whole.
    """
    parts = urlsplit(settings.packages_s3 or "")
    if parts.scheme != "s3" or not parts.netloc or set("@:") & set(parts.netloc) or parts.query or parts.fragment:
        raise UsageError(
            "the address of the packages is no bucket",
            expected="s3://bucket/prefix",
            where="MRV_PACKAGES_S3",
            remedy="mend the address; the key goes into MRV_S3_ACCESS_KEY_ID and MRV_S3_SECRET_ACCESS_KEY",
        )
    key, secret = settings.s3_access_key_id, settings.s3_secret_access_key
    if key is None or secret is None:
        raise UsageError(
            "packages in object storage need a key to sign links with",
            expected="MRV_S3_ACCESS_KEY_ID and MRV_S3_SECRET_ACCESS_KEY",
            remedy="set both",
        )
    client = Session().create_client(
        "s3",
        region_name=settings.s3_region,
        endpoint_url=settings.s3_endpoint_url,
        aws_access_key_id=key,
        aws_secret_access_key=secret.get_secret_value(),
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=10,
            read_timeout=settings.http_timeout_s,
            retries={"max_attempts": settings.http_attempts, "mode": "standard"},
        ),
    )
    prefix = parts.path.strip("/")
    return BucketPlaces(Bucket(client, parts.netloc, f"{prefix}/" if prefix else ""), settings.dataroom_dir / "objects")
