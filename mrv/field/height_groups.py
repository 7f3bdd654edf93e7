"""Which trees share a height-diameter model: all of a project, or those of a stratum."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mrv.errors import InputError
from mrv.field.height_curves import AnyHeights, height_model
from mrv.project_field import FieldCarbon

logger = logging.getLogger(__name__)

FloatArray = npt.NDArray[np.float64]
Sample = Sequence[tuple[float, float]]
"""Diameter in cm and height in m of measured trees."""

POOLED = "*"
"""Group of all trees together."""
MIN_OF_STRATUM = 30
"""A stratum with fewer measured trees takes the model of all."""


@dataclass(frozen=True)
class HeightGroups:
    """The height models of a project.

    Attributes:
        models: Model of each group; `POOLED` is always among them.
        samples: What each was fitted to.
    """

    models: Mapping[str, AnyHeights]
    samples: Mapping[str, Sample]

    @property
    def pooled(self) -> AnyHeights:
        """The model of all trees together."""
        return self.models[POOLED]

    def of(self, stratum_id: str) -> str:
        """Return the group of a stratum."""
        return stratum_id if stratum_id in self.models else POOLED

    def predict_m(self, dbh_cm: FloatArray, strata: Sequence[str], stratum: npt.NDArray[np.int64]) -> FloatArray:
        """Return heights in m.

        Args:
            dbh_cm: Diameters in cm, shape (n,).
            strata: Names of the strata.
            stratum: Position of each tree's stratum among them, shape (n,).
        """
        heights = np.empty(dbh_cm.shape)
        for place, name in enumerate(strata):
            chosen = stratum == place
            heights[chosen] = self.models[self.of(name)].predict_m(dbh_cm[chosen])
        return heights

    def beyond(
        self, dbh_cm: FloatArray, strata: Sequence[str], stratum: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """Return whether each diameter lies outside those of its model's sample; arguments as of `predict_m`."""
        least, most = (
            np.array([getattr(self.models[self.of(name)], limit) for name in strata])[stratum]
            for limit in ("dbh_min_cm", "dbh_max_cm")
        )
        outside: npt.NDArray[np.bool_] = (dbh_cm < least) | (dbh_cm > most)
        return outside


def height_groups(
    settings: FieldCarbon, measured: Iterable[tuple[str, float, float]], *, apart: Sample | None = None
) -> HeightGroups:
    """Fit the height models that a project asks for.

    Args:
        settings: Of the project.
        measured: Stratum, diameter in cm and height in m of each measured tree of the plots, in any order.
        apart: A height-diameter sample of its own, which says nothing of strata; it is then the pooled sample.

    Raises:
        InputError: A sample cannot be used, or models by stratum are wanted of a sample that does not tell strata.
    """
    listed = list(measured)
    by_stratum = settings.height_model_by == "stratum"
    if by_stratum and apart is not None:
        raise InputError(
            "height models by stratum need heights that were measured in the plots",
            expected="no table heights, or height_model_by: all",
            found="a height-diameter sample of its own, which does not tell strata",
            where="field_carbon.height_model_by",
            remedy="leave the table heights out, or take one model for all",
        )
    samples: dict[str, Sample] = {POOLED: apart if apart is not None else [(dbh, height) for _, dbh, height in listed]}
    if by_stratum:
        for name in sorted({stratum for stratum, _, _ in listed}):
            own = [(dbh, height) for stratum, dbh, height in listed if stratum == name]
            if len(own) >= MIN_OF_STRATUM:
                samples[name] = own
            else:
                logger.warning("stratum %s has %d measured heights: it takes the height model of all", name, len(own))
    return HeightGroups({name: height_model(settings, sample) for name, sample in samples.items()}, samples)
