"""Keys `patches` and `fragmentation` of a project definition: how patches of loss and the shape of forest are measured."""

from __future__ import annotations

from pydantic import Field

from mrv.project_base import Strict


class FeatureFile(Strict):
    """A file of lines, points or polygons to which patches of loss have a distance."""

    file: str
    layer: str | None = Field(None, description="Layer of a GeoPackage with several.")
    version: str
    source: str
    licence: str
    illustrative: bool = False


class Patches(Strict):
    """What is said of each patch of lost forest."""

    roads: FeatureFile | None = None
    rivers: FeatureFile | None = None
    settlements: FeatureFile | None = None
    earlier_loss_within_m: int = Field(1000, ge=0, le=10_000, description="How far earlier loss is looked for.")
    rules: str | None = Field(None, description="YAML with the project's own rules for driver hints.")
    labels: str | None = Field(None, description="CSV with what a reviewer found a patch to be.")

    @property
    def features(self) -> dict[str, FeatureFile]:
        """The declared files by what they hold."""
        named = {"roads": self.roads, "rivers": self.rivers, "settlements": self.settlements}
        return {name: file for name, file in named.items() if file is not None}

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that these keys name."""
        tables = [name for name in (self.rules, self.labels) if name is not None]
        return (*(item.file for item in self.features.values()), *tables)


class Fragmentation(Strict):
    """How the shape of forest is measured."""

    edge_depth_m: int = Field(100, ge=0, le=5000, description="How deep the edge reaches into the forest.")
