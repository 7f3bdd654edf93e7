"""What users can set is documented where they look for it."""

import re
from collections.abc import Iterator

from mrv import project
from mrv.settings import REPOSITORY, Settings

GUIDE = REPOSITORY / "docs" / "guide"


def keys() -> Iterator[str]:
    for item in vars(project).values():
        own = isinstance(item, type) and issubclass(item, project.Strict) and item is not project.LoadedProject
        if own:
            yield from (field.alias or name for name, field in item.model_fields.items())


def test_the_guide_names_every_key_of_the_definition() -> None:
    page = (GUIDE / "project-definition.md").read_text(encoding="utf-8")
    linked = [(GUIDE / name).read_text(encoding="utf-8") for name in re.findall(r"\]\(([a-z-]+\.md)\)", page)]
    words = set(re.findall(r"[a-z][a-z0-9_]+", " ".join([page, *linked])))
    assert {key for key in keys() if key not in words} == set()


def test_the_guide_names_every_setting() -> None:
    text = (GUIDE / "settings.md").read_text(encoding="utf-8")
    assert [name for name in Settings.model_fields if f"`MRV_{name.upper()}`" not in text] == []


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, item in Settings.model_fields.items() if not item.description] == []
