"""The sections that people write, as the report has them: their text, or that nobody has written it."""

from __future__ import annotations

from collections.abc import Iterator

from mrv.package.contents import Contents
from mrv.package.monitoring.blocks import Block, Heading, Inline
from mrv.package.monitoring.narrative import blocks_of
from mrv.package.monitoring.outline import LANGUAGES, PROSE, Prose
from mrv.package.monitoring.writing import Writer


def prose(writer: Writer, number: str) -> Iterator[Block]:
    """Yield a section that people write.

    Args:
        writer: Writes the language.
        number: Number of the section.

    Raises:
        ProjectError: Its file holds what a report cannot, or names a figure that does not exist.
    """
    section = PROSE[number]
    yield Heading(len(number.split(".")), number, writer.pick(section.title))
    yield from written(writer, section)


def written(writer: Writer, section: Prose) -> Iterator[Block]:
    """Yield the text of a section, or that it is missing and what it must tell."""
    name = section.file(writer.language)
    path = writer.contents.project_files.get(name)
    if path is None:
        task = writer.pick(section.task)
        yield writer.paragraph("general.to_be_written", style="missing", file=name, task=task)
        return

    def resolve(figure_id: str) -> Inline | None:
        return writer.figure(figure_id) if writer.has(figure_id) else None

    yield from blocks_of(path, name=name, number=section.number, resolve=resolve)


def missing(contents: Contents) -> list[tuple[Prose, str]]:
    """Return the sections that nobody has written, with the language."""
    return [
        (section, language)
        for section in PROSE.values()
        for language in LANGUAGES
        if section.file(language) not in contents.project_files
    ]
