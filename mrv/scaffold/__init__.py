"""`mrv init`: a project definition that `mrv check` accepts as it is, and that says what to replace."""

from __future__ import annotations

from pathlib import Path

from mrv.errors import UsageError

TEMPLATE = Path(__file__).parent / "template"


def scaffold(folder: Path) -> list[Path]:
    """Write the template into a folder that is empty or does not exist.

    Raises:
        UsageError: The folder holds something already; nothing is overwritten.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            "the folder is not empty", where=str(folder), remedy="choose a new folder: nothing is overwritten"
        )
    written = []
    for source in sorted(path for path in TEMPLATE.rglob("*") if path.is_file()):
        target = folder / source.relative_to(TEMPLATE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
        written.append(target)
    return written
