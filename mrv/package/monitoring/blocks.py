"""What a report is made of, whatever file it becomes: those who write sections and those who draw pages agree on this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "es"]


@dataclass(frozen=True)
class Reference:
    """A figure in a text: its value as people read it, and the address that leads to where it comes from."""

    figure_id: str
    text: str


@dataclass(frozen=True)
class Strong:
    """Words that stand out."""

    text: str


Inline = str | Reference | Strong
Line = tuple[Inline, ...]


@dataclass(frozen=True)
class Heading:
    """Title of a section. `number` is that of the template (`3.1`); level 1 begins a new page."""

    level: int
    number: str
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text. `missing` marks prose that only people can write and nobody has."""

    line: Line
    style: Literal["body", "note", "warning", "missing"] = "body"


@dataclass(frozen=True)
class Bullets:
    """A list; each item is a line."""

    items: tuple[Line, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table. `share` is its part of the width, relative to the other columns."""

    name: str
    align: Literal["left", "right"] = "left"
    share: float = 1.0


@dataclass(frozen=True)
class DataTable:
    """A table; a header that repeats on each page. An empty cell is an empty line."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Line, ...], ...]
    landscape: bool = False


@dataclass(frozen=True)
class Picture:
    """A chart or a map for people. `content` is SVG or PNG; `alt` says in words what it shows."""

    content: bytes
    media_type: Literal["image/svg+xml", "image/png"]
    caption: str
    alt: str
    share: float = 1.0


Block = Heading | Paragraph | Bullets | DataTable | Picture


@dataclass(frozen=True)
class Document:
    """One report in one language.

    Attributes:
        title_page: Label and value of each line of the title page, in the template's order.
        draft_note: Said on each page where data are simulated or sections are missing; None where the report is whole.
    """

    language: Language
    title: str
    subtitle: str
    title_page: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    draft_note: str | None
    created_at: str
