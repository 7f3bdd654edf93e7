"""The raster catalogue: the platform's products (`catalogue/`, one file each) and those that a project declares itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mrv.errors import ProjectError
from mrv.project import LoadedProject
from mrv.refusals import names_found
from mrv.sources.product_rows import Product, unknown
from mrv.yaml_reading import read_yaml

FOLDER = Path(__file__).with_name("catalogue")


@dataclass(frozen=True)
class Catalogue:
    """Products by name.

    Attributes:
        products: The platform's and the project's.
        own: Names of those that the project declares.
    """

    products: Mapping[str, Product]
    own: frozenset[str] = frozenset()

    def product(self, name: str) -> Product:
        """Return a product.

        Raises:
            ProjectError: There is none of that name.
        """
        if name not in self.products:
            raise unknown("product", name, of="the raster catalogue", known=sorted(self.products))
        return self.products[name]


@cache
def builtin() -> Catalogue:
    """Return the platform's own catalogue.

    Raises:
        ProjectError: A file of it cannot be used.
    """
    rows = [_product(read_yaml(path), where=str(path)) for path in sorted(FOLDER.glob("*.yaml"))]
    return Catalogue(_by_name(rows, where=str(FOLDER)))


def catalogue_of(project: LoadedProject) -> Catalogue:
    """Return the platform's catalogue with the products that a project declares in its own file.

    Raises:
        ProjectError: The file cannot be used, or it declares a product that the platform has.
    """
    name = project.definition.products
    return builtin() if name is None else with_own(project.path(name))


def with_own(path: Path) -> Catalogue:
    """Return the platform's catalogue with the products of a file: `products: [<row>, ...]`.

    Raises:
        ProjectError: The file cannot be used, or it declares a product that the platform has.
    """
    content, known = read_yaml(path), builtin()
    if not isinstance(content, dict) or set(content) != {"products"} or not isinstance(content["products"], list):
        raise ProjectError(
            "the project's products cannot be read",
            expected="one key, products, with a list of rows",
            found=names_found(list(content), {"products"}) if isinstance(content, dict) else type(content).__name__,
            where=str(path),
            remedy="mend the file; docs/guide/rasters.md shows a row",
        )
    own = _by_name(
        [
            _product(row, where=f"{path}, products.{position} ({_name(row)})")
            for position, row in enumerate(content["products"])
        ],
        where=str(path),
    )
    for name, row in own.items():
        if name in known.products:
            raise ProjectError(
                f"product {name} is declared by the platform already",
                where=str(path),
                remedy="give the project's product a name of its own; a mirror of the platform's goes into MRV_MIRRORS",
            )
        if any(layer.role for layer in row.layers):
            raise ProjectError(
                f"product {name} cannot take part in the measurement of forest loss",
                expected="layers without role: their classes are measured as they are",
                where=str(path),
                remedy="take role out of the layers",
            )
    return Catalogue({**known.products, **own}, frozenset(own))


def product(name: str) -> Product:
    """Return a product of the platform's own catalogue.

    Raises:
        ProjectError: There is none of that name.
    """
    return builtin().product(name)


def _product(row: Any, *, where: str) -> Product:
    try:
        return Product.model_validate(row)
    except ValidationError as error:
        found = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'the row'}: {item['msg']}" for item in error.errors(include_url=False)
        )
        raise ProjectError(
            "a row of the raster catalogue cannot be used",
            found=found,
            where=where,
            remedy="mend each key; docs/guide/rasters.md describes them all",
        ) from error


def _name(row: Any) -> str:
    return str(row.get("product", "without a name")) if isinstance(row, dict) else type(row).__name__


def _by_name(rows: Iterable[Product], *, where: str) -> dict[str, Product]:
    result: dict[str, Product] = {}
    for row in rows:
        if row.product in result:
            raise ProjectError(
                "a product stands twice in the raster catalogue",
                found=row.product,
                where=where,
                remedy="keep one of the two rows",
            )
        result[row.product] = row
    return result
