"""How a refusal names files: as their sources do, each once, though files of the same bytes share one place in the store."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mrv.errors import InputError, SourceError
from mrv.stages.measure import naming_files
from mrv.store import Store


def artifact(address: str, sha256: str, url: str = "file:x") -> Any:
    return SimpleNamespace(address=address, sha256=sha256, url=url)


def where(tmp_path: Path, text: str, *artifacts: Any, kind: type[Exception] = InputError) -> str:
    context: Any = SimpleNamespace(store=Store(tmp_path))
    with pytest.raises(kind) as caught, naming_files(context, artifacts):
        raise InputError("two tiles overlap", where=text)
    return str(getattr(caught.value, "where")).replace(f"{tmp_path}/", "")  # noqa: B009 - of two kinds of errors


def test_two_files_of_the_same_bytes_are_each_named_once(tmp_path: Path) -> None:
    path = str(Store(tmp_path).path("aa1"))
    twins = artifact("files/own/a.tif", "aa1"), artifact("files/own/b.tif", "aa1"), artifact("files/own/a.tif", "aa1")
    named = where(tmp_path, f"{path} and {path}, rows 1 to 2", *twins)
    assert named == "files/own/a.tif (aa/aa1) and files/own/b.tif (aa/aa1), rows 1 to 2"
    assert where(tmp_path, path, *twins) == "files/own/a.tif and files/own/b.tif (aa/aa1)"


def test_files_of_other_bytes_are_named_as_often_as_they_stand(tmp_path: Path) -> None:
    paths = [str(Store(tmp_path).path(name)) for name in ("aa1", "bb2")]
    files = artifact("a", "aa1"), artifact("b", "bb2", "https://h/b"), artifact("c", "cc3")
    named = where(tmp_path, f"{paths[0]}, {paths[1]}, {paths[0]}", *files, kind=SourceError)
    assert named == "a (aa/aa1), b (bb/bb2), a (aa/aa1)"
