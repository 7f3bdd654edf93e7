"""What a finding is about: a figure, a file, a section of the report, or the whole of one version of a package."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from mrv.dataroom.catalogue import Package
from mrv.dataroom.finding_rules import Bound
from mrv.dataroom.phrased import Refused
from mrv.package.monitoring.outline import PROSE
from mrv.package.monitoring.writing import phrases as report_phrases
from mrv.package.wording import Text

_HEADING = "general.s"


@cache
def sections() -> Mapping[str, Text]:
    """Return the numbered sections of a monitoring report, in their order."""
    found = {number: item.title for number, item in PROSE.items()}
    for key, (english, spanish) in report_phrases().items():
        number = key.removeprefix(_HEADING).replace("_", ".")
        if key.startswith(_HEADING) and number.replace(".", "").isdigit():
            found[number] = Text(english, spanish)
    return dict(sorted(found.items(), key=lambda item: [int(part) for part in item[0].split(".")]))


def require(package: Package, kind: Bound, bound_to: str) -> str:
    """Return what a finding is bound to, as it is kept.

    Raises:
        Refused: The version has no such figure or file, or the report no such section.
    """
    known: Mapping[Bound, Mapping[str, object]] = {
        Bound.FIGURE: package.figures if kind is Bound.FIGURE else {},
        Bound.FILE: package.files if kind is Bound.FILE else {},
        Bound.SECTION: sections(),
        Bound.PACKAGE: {package.name: package},
    }
    wanted = package.name if kind is Bound.PACKAGE else bound_to.strip()
    if wanted not in known[kind]:
        raise Refused(f"findings.refused_{kind}", found=wanted[:80], package=package.name)
    return wanted


def label(package: Package | None, kind: str, bound_to: str) -> Text:
    """Return how people call what a finding is bound to; its id where the package is not there to tell."""
    if kind == Bound.SECTION:
        title = sections().get(bound_to, Text("", ""))
        return Text(f"{bound_to} {title.en}".strip(), f"{bound_to} {title.es}".strip())
    if package is not None and kind == Bound.FIGURE and (figure := package.figures.get(bound_to)):
        return Text(figure.label_en, figure.label_es)
    if package is not None and kind == Bound.FILE and (file := package.files.get(bound_to)):
        return Text(file.path, file.path)
    return Text(bound_to, bound_to)
