"""What every connector to an outside system offers, and what it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from mrv.boundaries import Zone
from mrv.ledger import Artifact, Ledger
from mrv.periods import Span
from mrv.progress import SILENT, Progress
from mrv.settings import Settings
from mrv.sources.products import Catalogue, builtin
from mrv.sources.tiling import Bounds
from mrv.store import Store


@dataclass(frozen=True)
class Request:
    """What a stage wants from a source.

    Attributes:
        project_id: The project that asks.
        window: Days wanted; both ends belong to it.
        bounds: Extent of all zones.
        zones: The zones themselves, for sources that can be asked for a shape.
        project_folder: Folder of the definition, from which relative paths of `files` sources are read.
        store: Where the bytes are kept.
        ledger: Where each retrieval is noted.
        settings: Mirrors, secrets and limits.
        catalogue: Raster products that the project may name.
        progress: Who shows how far it is.
        settle_days: Days after the window for which a file that changes in place is asked again.
        period_id: Monitoring period of the run, for sources that belong to one.
    """

    project_id: str
    window: Span
    bounds: Bounds
    project_folder: Path
    store: Store
    ledger: Ledger
    settings: Settings
    progress: Progress = SILENT
    catalogue: Catalogue = field(default_factory=builtin)
    zones: Sequence[Zone] = ()
    settle_days: int = 0
    period_id: str = ""


@dataclass(frozen=True)
class Parsed:
    """Records of one landed table, as read from the artifacts of one source.

    Attributes:
        table: Rows that could be typed, by `mrv.schemas.DATASETS`.
        rejected: Rows of the table `quarantine`: one per record that could not be typed and rule it broke.
        rows_read: Records read; equal to the rows of `table` plus the distinct records of `rejected`.
        repairs: Rows of the table `repairs`: how many values of the kept rows were put right, and by which rule.
    """

    table: pa.Table
    rejected: list[dict[str, Any]] = field(default_factory=list)
    rows_read: int = 0
    repairs: list[dict[str, Any]] = field(default_factory=list)


class Connector(Protocol):
    """A kind of source. `spec` is the model of the same name in `mrv.project`."""

    def pull(self, spec: Any, request: Request) -> list[Artifact]:
        """Fetch what the request needs, in a fixed order; what is unchanged is not fetched or stored twice.

        Raises:
            SourceError: The source cannot be reached or sends something unusable.
        """
        ...

    def parse(self, spec: Any, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
        """Turn artifacts into landed tables, by dataset; empty for rasters. Needs no network.

        Raises:
            InputError: A file lacks what every record needs, for example a column.
        """
        ...
