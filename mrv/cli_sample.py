"""The commands `mrv sample ...`: thin, and each imports what it needs only when it runs."""

from __future__ import annotations

import click


@click.group()
def sample() -> None:
    """Estimate areas from a sample of labelled map units: design, labels, estimates."""
