"""Prose that people write for the monitoring report: a small, safe part of Markdown that may refer to figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mrv.errors import MrvError, ProjectError
from mrv.package.monitoring.blocks import Block, Bullets, Heading, Inline, Line, Paragraph, Strong
from mrv.package.monitoring.outline import FOLDER, LANGUAGES, PROSE

if TYPE_CHECKING:
    from markdown_it.token import Token  # - only the type

Resolve = Callable[[str], Inline | None]
"""Id of a figure to what stands in the text; None where there is no such figure."""

MAX_BYTES = 200_000
_REFERENCE = re.compile(r"\{([^{}\n]*)\}")
_NAME = re.compile(r"[A-Za-z0-9_%-]+(\.[A-Za-z0-9_%-]+)+")
_SAFE_LINK = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
_REMEDY = "write paragraphs, lists, headings and bold words only"
_BREAKS = ("softbreak", "hardbreak")
_KNOWN = frozenset(
    {"bullet_list_open", "bullet_list_close", "ordered_list_open", "ordered_list_close", "list_item_open",
     "list_item_close", "paragraph_open", "paragraph_close", "heading_open", "heading_close", "hr", "inline"}
)  # fmt: skip
_REFUSED = {
    "html_block": "raw HTML",
    "html_inline": "raw HTML",
    "image": "a picture",
    "fence": "a block of code",
    "code_block": "a block of code, or text indented by four spaces",
    "blockquote_open": "a quotation",
    "table_open": "a table",
}


def blocks_of(path: Path, *, name: str, number: str, resolve: Resolve) -> list[Block]:
    """Return the blocks of a file of prose: paragraphs, lists and headings below the section's own.

    Args:
        path: The Markdown file.
        name: What the file is called in refusals.
        number: Number of its section.
        resolve: Looks up a figure that the text names as `{figure_id}`.

    Raises:
        ProjectError: It holds what a report cannot, or names a figure that does not exist; the line is told.
    """
    from markdown_it import MarkdownIt

    text = _text(path, name)
    tokens = MarkdownIt("commonmark").parse(text)
    return list(_blocks(tokens, _Reader(name, resolve), level=len(number.split(".")) + 1))


def problems(files: Mapping[str, Path]) -> list[MrvError]:
    """Return what is wrong with the prose of a project, as far as it can be told before there are figures.

    Args:
        files: Name relative to the project's folder to file.
    """
    found: list[MrvError] = []
    for name, path in sorted(files.items()):
        folder, language, file = (*name.split("/"), "", "")[:3]
        number = file.removesuffix(".md")
        if folder != FOLDER or language not in LANGUAGES or number not in PROSE:
            found.append(
                ProjectError(
                    "a file of prose belongs to no section of the monitoring report",
                    expected=f"{FOLDER}/{{{','.join(LANGUAGES)}}}/<section>.md, sections {', '.join(PROSE)}",
                    found=name,
                    where=str(path),
                    remedy="rename the file after its section, or move it out of the folder",
                )
            )
            continue
        try:
            blocks_of(path, name=str(path), number=number, resolve=lambda figure_id: figure_id)
        except ProjectError as error:
            found.append(error)
    return found


def _text(path: Path, name: str) -> str:
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(
            "a file of prose cannot be read", found=str(error), where=name, remedy="save it as UTF-8"
        ) from error
    if len(content) > MAX_BYTES:
        raise ProjectError(
            "a file of prose is too large", expected=f"at most {MAX_BYTES} bytes", found=f"{len(content)}", where=name,
            remedy="shorten it: what is long belongs into an annex",
        )  # fmt: skip
    return text


class _Reader:
    """Turns the inline parts of a text into those of a report; knows the line for refusals."""

    def __init__(self, name: str, resolve: Resolve) -> None:
        self._name = name
        self._resolve = resolve

    def refuse(self, found: str, line: int, *, remedy: str) -> ProjectError:
        return ProjectError(
            "prose of the report holds what a report cannot",
            found=found,
            where=f"{self._name}, line {line}",
            remedy=remedy,
        )

    def line(self, token: Token) -> Line:
        line, strong = (token.map or [0])[0] + 1, 0
        parts: list[Inline] = []
        links: list[str] = []
        for child in token.children or ():
            if child.type in _REFUSED:
                raise self.refuse(_REFUSED[child.type], line, remedy=_REMEDY)
            if child.type in _BREAKS:
                parts.append(" ")
                line += 1
            elif child.type == "link_open":
                links.append(self._link(str(child.attrs.get("href", "")), line))
            elif child.type == "link_close":
                parts.append(f" ({links.pop()})")
            elif child.type in ("strong_open", "strong_close"):
                strong += 1 if child.type == "strong_open" else -1
            elif child.content:
                parts += self._inlines(child.content, line, strong=strong > 0)
        return tuple(part for part in parts if part)

    def _link(self, address: str, line: int) -> str:
        if not _SAFE_LINK.match(address):
            raise self.refuse(f"a link to {address[:60]}", line, remedy="link to http, https or mailto addresses only")
        return address.removeprefix("mailto:")

    def _inlines(self, text: str, line: int, *, strong: bool) -> Iterator[Inline]:
        at = 0
        for match in _REFERENCE.finditer(text):
            if match.start() > at:
                yield _words(text[at : match.start()], strong=strong)
            yield self._figure(match.group(1), line)
            at = match.end()
        if at < len(text):
            yield _words(text[at:], strong=strong)

    def _figure(self, name: str, line: int) -> Inline:
        found = self._resolve(name) if _NAME.fullmatch(name) else None
        if found is None:
            raise ProjectError(
                "prose of the report names a figure that does not exist",
                expected="the id of a figure between braces, such as {er.net.total}",
                found=f"{{{name}}}",
                where=f"{self._name}, line {line}",
                remedy="choose an id of data/tables/csv/figures.csv; braces stand for nothing else",
            )
        return found


def _words(text: str, *, strong: bool) -> Inline:
    return Strong(text) if strong else text


def _blocks(tokens: Sequence[Token], reader: _Reader, *, level: int) -> Iterator[Block]:
    depth, items, is_heading = 0, [], False
    for token in tokens:
        if token.type not in _KNOWN:
            line = (token.map or [0])[0] + 1
            raise reader.refuse(_REFUSED.get(token.type, token.type), line, remedy=_REMEDY)
        depth += token.type.endswith("_list_open") - token.type.endswith("_list_close")
        if token.type == "inline" and depth:
            items.append(reader.line(token))
        elif token.type == "inline":
            yield _block(reader.line(token), level if is_heading else None)
        elif items and not depth:
            yield Bullets(tuple(items))
            items = []
        is_heading = token.type == "heading_open"


def _block(line: Line, level: int | None) -> Block:
    if level is None:
        return Paragraph(line)
    return Heading(level, "", "".join(part if isinstance(part, str) else part.text for part in line))
