"""What the documentation says of rasters is what the catalogue holds, and its examples are accepted."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml
from pydantic import BaseModel

from mrv.project_sources import Files, RasterTiles
from mrv.scaffold import TEMPLATE, scaffold
from mrv.settings import REPOSITORY
from mrv.sources.catalogue_page import TARGET, catalogue_page
from mrv.sources.product_layers import Layer
from mrv.sources.product_rows import Product
from mrv.sources.products import with_own
from mrv.stages.validate import check_project

GUIDE = REPOSITORY / "docs" / "guide" / "rasters.md"


def examples() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_page_of_the_catalogue_is_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == catalogue_page(), "run: make dictionary"


def test_the_example_of_sources_names_what_the_catalogue_has() -> None:
    tiles, files = yaml.safe_load(examples()[0])["sources"]
    assert RasterTiles.model_validate(tiles).years == (2010, 2024)
    assert Files.model_validate(files).rasters[0].product == "geobosques"


def test_the_example_of_own_products_is_accepted(tmp_path) -> None:
    (tmp_path / "products.yaml").write_text(examples()[1], encoding="utf-8")
    catalogue = with_own(tmp_path / "products.yaml")
    assert catalogue.own == {"park_map"}
    assert catalogue.product("park_map").layer("height").kind == "measure"


def keys(model: type[BaseModel]) -> Iterator[str]:
    yield from model.model_fields


def test_the_guide_names_every_key_of_a_row() -> None:
    words = set(re.findall(r"[a-z][a-z0-9_]+", GUIDE.read_text(encoding="utf-8")))
    assert {key for model in (Product, Layer) for key in keys(model) if key not in words} == set()


def test_the_commented_examples_of_the_template_hold_once_uncommented(tmp_path) -> None:
    folder = tmp_path / "project"
    scaffold(folder)
    text = (TEMPLATE / "project.yaml").read_text(encoding="utf-8")
    head, mark, tail = text.partition("  # Any raster of classes or values")
    first, _, rest = tail.partition("\n")
    rest = re.sub(r"^  # ", "  ", rest, flags=re.MULTILINE)
    text = f"{head}{mark}{first}\n{rest}".replace("# products: products.yaml", "products: products.yaml")
    (folder / "project.yaml").write_text(text, encoding="utf-8")
    findings = check_project(folder)
    assert [str(item) for item in findings.problems] == []
    sources = {source.name for source in findings.project.definition.sources}
    assert sources == {"hansen", "cover", "park_map"}
