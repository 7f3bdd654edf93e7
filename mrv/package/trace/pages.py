"""Writes `data/trace/`: every figure down to the files that it came from, for machines and for people."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import jinja2

from mrv.package.contents import Contents
from mrv.package.staging import Staging
from mrv.package.trace.text import address_text, facts_text, shown
from mrv.package.trace.walk import JSON, PAGE, Trace, trace_package
from mrv.package.trace.windows import zone_windows


def write_trace(staging: Staging, contents: Contents) -> None:
    """Write `data/trace/trace.json` and `trace.html` from the tables, rows and inputs that the package has so far.

    Raises:
        PackageError: A table cannot be read.
    """
    trace = trace_package(staging.root, zone_windows(contents.zones, contents.raster_facts))
    if trace is None:
        return
    # One line: with an indent the file would be mostly blanks.
    staging.write(JSON, trace.json().encode())
    staging.write(PAGE, render_trace(trace, name=contents.name, headline=contents.headline).encode())


def render_trace(trace: Trace, *, name: str, headline: Sequence[str]) -> str:
    """Return the page: figures with their parts, and each part once, linked.

    Args:
        trace: The trace.
        name: Name of the package.
        headline: Ids of the figures that stand first.
    """
    source = files("mrv.package").joinpath("templates/trace.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(address_text=address_text, facts_text=facts_text, shown=shown)
    wanted = [each for each in headline if each in trace.figures]
    order = {node: number for number, node in enumerate(trace.graph.nodes)}
    return environment.from_string(source).render(
        name=name,
        trace=trace,
        nodes=trace.graph.nodes,
        number=order,
        # A figure that no other is made of stands above, whole; it needs no place among the parts.
        figure_nodes={*trace.nodes.values()}
        - {child for node in trace.graph.nodes.values() for child in node.children},
        first=[*wanted, *(each for each in trace.figures if each.startswith("er.") and each not in wanted)],
        rest=[each for each in trace.figures if not each.startswith("er.") and each not in wanted],
    )
