"""The raster files of a run, put in order: which layers they are, of which year, and which measurement each belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mrv.errors import ProjectError
from mrv.ledger import Artifact
from mrv.sources.product_layers import Layer, Role, Text
from mrv.sources.product_rows import Product
from mrv.sources.tiling import LatticeSpec, as_decimal
from mrv.stages.context import Context
from raster.grid import Lattice


@dataclass(frozen=True)
class RasterLayer:
    """One layer of one product version and year, of one or several tiles.

    Attributes:
        product: The product's row of the catalogue.
        version: Version of the product.
        layer: The layer's entry in that row: kind, pixel type, nodata, classes.
        year: Year that the raster shows: of an annual layer, or of a version that shows one year; else None.
        artifacts: Its files, by address.
    """

    product: Product
    version: str
    layer: Layer
    year: int | None
    artifacts: tuple[Artifact, ...]

    @property
    def name(self) -> str:
        """Name for people: product, version, layer and year."""
        year = "" if self.year is None or not self.layer.annual else f" {self.year}"
        return f"{self.product.product} {self.version} {self.layer.layer}{year}"

    @property
    def band(self) -> int | None:
        """1-based band of the year in files that have a band for each; None where files have one band."""
        return self.layer.band(self.year)

    @property
    def class_names(self) -> dict[int, Text]:
        """What the codes mean, in both languages; empty where the attribute table of the file says it."""
        return self.product.class_names(self.layer.layer, version=self.version)

    @property
    def inputs(self) -> dict[str, Any]:
        """Everything a measurement of the layer depends on, as JSON: its files and the product's row."""
        return {
            "files": [f"{item.address} {item.sha256}" for item in self.artifacts],
            "version": self.version,
            "layer": self.layer.layer,
            "year": self.year,
            "product": self.product.model_dump(mode="json"),
        }

    def paths(self, context: Context) -> list[Path]:
        """Return the files in the store."""
        return [context.store.get(item.sha256) for item in self.artifacts]

    def lattice(self, context: Context) -> Lattice:
        """Return the grid of the layer; where the row leaves its origin open, the first file says it.

        Raises:
            InputError: That file cannot be used.
        """
        return lattice_of(self.product.lattice, self.paths(context)[:1])


def lattice_of(spec: LatticeSpec, files: Sequence[Path] = ()) -> Lattice:
    """Return a grid of the catalogue; where the row leaves its origin open, the first of the files says it.

    Raises:
        InputError: That file cannot be used.
    """
    if spec.west is not None and spec.north is not None:
        west, north = as_decimal(spec.west), as_decimal(spec.north)
    else:
        from raster.reading import grid_origin

        west, north = grid_origin(files[0])
    width, height = as_decimal(spec.pixel_width), as_decimal(spec.pixel_height)
    return Lattice(west, north, width, height, spec.crs, spec.transformation)


@dataclass(frozen=True)
class RasterSet:
    """The rasters of a run by the measurement that they belong to.

    Attributes:
        loss: Layers of the forest loss series by their role in it.
        classes: Layers of classes outside that series, by product, layer and year.
        measures: Layers of measured values outside that series, in the same order.
        alerts: Layers of dated alerts, in the same order.
    """

    loss: Mapping[Role, RasterLayer]
    classes: tuple[RasterLayer, ...]
    measures: tuple[RasterLayer, ...]
    alerts: tuple[RasterLayer, ...]


def group_rasters(context: Context, artifacts: Sequence[Artifact]) -> RasterSet:
    """Put the raster files of a run in order.

    Args:
        context: The run.
        artifacts: Every pulled file; those that are no rasters are passed over.

    Returns:
        The layers by measurement; the order of `artifacts` does not matter.

    Raises:
        ProjectError: Two versions of one product are mixed, two sources give one layer, or the catalogue lacks a product,
            version or layer.
    """
    rasters = sorted((item for item in artifacts if item.dataset == "raster"), key=lambda item: item.address)
    _refuse_mixed_versions(rasters)
    parts: dict[tuple[str, str, str, int | None], list[Artifact]] = {}
    for item in rasters:
        parts.setdefault((item.product, item.version or "", item.layer or "", item.year), []).append(item)
    layers = [_layer(context, key, items) for key, items in sorted(parts.items(), key=lambda part: _order(part[0]))]
    loss = {layer.layer.role: layer for layer in layers if layer.layer.role is not None}
    others = [layer for layer in layers if layer.layer.role is None]
    return RasterSet(
        loss=loss,
        classes=tuple(layer for layer in others if layer.layer.kind == "class"),
        measures=tuple(layer for layer in others if layer.layer.kind == "measure"),
        alerts=tuple(layer for layer in others if layer.layer.kind == "alert"),
    )


def _order(key: tuple[str, str, str, int | None]) -> tuple[str, str, str, int]:
    product, version, layer, year = key
    return product, version, layer, -1 if year is None else year


def _layer(context: Context, key: tuple[str, str, str, int | None], items: Sequence[Artifact]) -> RasterLayer:
    name, version, layer_name, year = key
    product = context.catalogue.product(name)
    spec, layer = product.version(version), product.layer(layer_name)
    product.check_years(version=version, layer=layer_name, years=() if year is None else (year,))
    sources = sorted({item.source for item in items})
    if len(sources) > 1:
        raise ProjectError(
            "two sources give the same layer",
            expected="each layer from one source",
            found=f"{name} {version} {layer_name}{'' if year is None else f' {year}'} from {', '.join(sources)}",
            where=f"{context.project.file}, sources",
            remedy="take the layer out of one of them",
        )
    return RasterLayer(product, version, layer, spec.year if year is None else year, tuple(items))


def _refuse_mixed_versions(rasters: Sequence[Artifact]) -> None:
    """Refuse two versions of a product: their classes and years are not comparable."""
    versions: dict[str, set[str]] = {}
    for item in rasters:
        versions.setdefault(item.product, set()).add(item.version or "no version")
    for name, found in sorted(versions.items()):
        if len(found) > 1:
            raise ProjectError(
                "two versions of a product are mixed in one series",
                found=", ".join(f"{name} {version}" for version in sorted(found)),
                remedy="declare one version; what different versions map is not comparable",
            )
