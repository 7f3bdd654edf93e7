"""The data dictionary of the published tables, written from their dbt descriptions: `make dictionary`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import yaml

from mrv.settings import REPOSITORY

MARTS = REPOSITORY / "dbt_project" / "models" / "marts"
TARGET = REPOSITORY / "docs" / "data-dictionary.md"
HEAD = """# Data dictionary

Every published table, as Parquet and CSV in a package's `data/tables/` and in `mrv sql PROJECT`. Made by `make dictionary` from
`dbt_project/models/marts`; do not edit. A null is not a zero: `reason` says why a value could not be computed.
"""


def dictionary(folder: Path = MARTS) -> str:
    """Return the dictionary as Markdown: one section a table, one row a column."""
    models = [model for path in sorted(folder.glob("*.yml")) for model in _models(path)]
    return "\n".join([HEAD, *(_section(model) for model in sorted(models, key=lambda model: model["name"]))])


def _models(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []))


def _section(model: dict[str, Any]) -> str:
    meta = model["config"]["meta"]
    lines = [f"## `{model['name']}`", "", model["description"], "", f"*{meta['description_es']}*", ""]
    lines += [
        f"Key: {', '.join(f'`{name}`' for name in meta['key'])}",
        "",
        "| column | type | unit | meaning |",
        "|---|---|---|---|",
    ]
    return "\n".join([*lines, *_rows(model), ""])


def _rows(model: dict[str, Any]) -> Iterator[str]:
    for column in model["columns"]:
        unit = column.get("config", {}).get("meta", {}).get("unit", "")
        text = column["description"].replace("|", "\\|").replace("\n", " ").strip()
        yield f"| `{column['name']}` | {column['data_type']} | {unit} | {text} |"


@click.command()
def main() -> None:
    """Write docs/data-dictionary.md anew."""
    TARGET.write_text(dictionary(), encoding="utf-8")


if __name__ == "__main__":
    main()
