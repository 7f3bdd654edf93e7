"""Versions of a raster product that are newer than the declared one: those of the catalogue, and the next by its pattern."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mrv.project_sources import RasterTiles
from mrv.sources.contract import Request
from mrv.sources.product_rows import Product, VersionSpec
from mrv.sources.products import Catalogue

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class NewerVersion:
    """A version to look for.

    Attributes:
        version: Its name.
        catalogued: Whether the catalogue knows it, so that its pixels can be read; else it is only guessed.
        spec: The source as it would be with this version.
        request: The request with a catalogue that knows it.
    """

    version: str
    catalogued: bool
    spec: RasterTiles
    request: Request


def newer_versions(spec: RasterTiles, request: Request) -> list[NewerVersion]:
    """List the versions after the declared one, in the order of the catalogue, and the one that would come next."""
    item = request.catalogue.product(spec.product)
    names = [entry.version for entry in item.versions]
    if spec.version not in names:
        return []
    known = [
        NewerVersion(name, True, spec.model_copy(update={"version": name}), request)
        for name in names[names.index(spec.version) + 1 :]
    ]
    guess = next_name(names)
    if guess is None:
        return known
    guessed = replace(request, catalogue=_with_version(request.catalogue, item, guess))
    return [*known, NewerVersion(guess, False, spec.model_copy(update={"version": guess}), guessed)]


def next_name(names: Sequence[str]) -> str | None:
    """Go on with the numbers in the last two names: after GFC-2024-v1.12 and GFC-2025-v1.13 comes GFC-2026-v1.14."""
    if len(names) < 2:
        return None
    before, last = names[-2:]
    if _NUMBER.split(before) != _NUMBER.split(last):
        return None
    numbers = [
        (text, 2 * int(text) - int(old)) for old, text in zip(*map(_NUMBER.findall, (before, last)), strict=True)
    ]
    if all(int(text) >= number for text, number in numbers):
        return None
    following = iter(numbers)

    def write(_: re.Match[str]) -> str:
        text, number = next(following)
        return str(number).zfill(len(text))

    return _NUMBER.sub(write, last)


def _with_version(catalogue: Catalogue, item: Product, name: str) -> Catalogue:
    last: VersionSpec = item.versions[-1]
    versions = (*item.versions, last.model_copy(update={"version": name}))
    extended = item.model_copy(update={"versions": versions})
    return replace(catalogue, products={**catalogue.products, item.product: extended})
