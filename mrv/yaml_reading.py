"""Reading YAML that people write: a key that stands twice is refused, since YAML would keep the last one silently."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from mrv.errors import ProjectError
from mrv.refusals import problem_of


class _UniqueKeyLoader(yaml.SafeLoader):
    """Refuses a key that stands twice."""


def _unique_mapping(loader: _UniqueKeyLoader, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=deep)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
        seen.add(key)
    return loader.construct_mapping(node, deep=deep)


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)


def read_yaml(path: Path) -> Any:
    """Return what a YAML file says.

    Raises:
        ProjectError: It is missing, or is no YAML.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, OSError, ValueError, TypeError, RecursionError) as error:
        raise ProjectError(
            f"{path.name} cannot be read", found=problem_of(error), where=str(path), remedy="mend the YAML"
        ) from error
