"""Check samples: estimates add up, and the map of the run is the one that the units were drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from mrv.ledger import Artifact
from mrv.project_sampling import Sampling
from mrv.schemas import DATASETS
from mrv.stages.context import Context
from mrv.stages.rasters import group_rasters
from mrv.stages.sample_map import map_sha256


def sample_results(context: Context, artifacts: Sequence[Artifact], tables: Mapping[str, pa.Table]) -> pa.Table:
    """Check what was estimated from samples across tables; add the outcomes to `check_results`.

    Args:
        context: The run.
        artifacts: Every pulled file.
        tables: Accepted and measured tables, `sample_designs` and `area_estimates` among them.

    Raises:
        CheckError: A critical check fails and nobody waived it.
    """
    from expectations.gate import gate
    from expectations.sample_estimates import check_estimates, check_map

    designs = tables["sample_designs"]
    rasters = group_rasters(context, artifacts)
    specifications = zip(designs["design_id"].to_pylist(), designs["specification"].to_pylist(), strict=True)
    maps = {design: map_sha256(rasters, Sampling.model_validate_json(text)) for design, text in specifications}
    results = [check_estimates(tables["area_estimates"]), check_map(designs, maps)]
    waivers = context.ledger.waivers(context.definition.id, context.period.id)
    found = gate(pa.concat_tables(results), waivers=waivers)
    return DATASETS["check_results"].sort(pa.concat_tables([tables["check_results"], found]))
