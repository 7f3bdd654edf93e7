"""What was made of a package is kept, because a package never changes."""

from __future__ import annotations

from dataclasses import dataclass, field

from mrv.dataroom.catalogue import Package


@dataclass(frozen=True)
class Kept:
    """A package as a key of what is kept: two objects of the same signed content are equal."""

    name: str
    manifest_sha512: str
    package: Package = field(compare=False, repr=False)


def kept(package: Package) -> Kept:
    """Return a package as a key."""
    return Kept(package.name, package.manifest_sha512, package)
