"""The doors of forest plots: what field teams measured, and what the platform computes from it."""

from __future__ import annotations

from mrv.schema_types import dataset

# fmt: off
FIELD_RECEIVED = (
    dataset("plots", "One row per census of a forest plot.", "plot_id census_id", {
        "plot_id": "str", "census_id": "str", "census_date": "date?", "latitude": "float?@", "longitude": "float?@", "area_ha": "float",
        "slope_percent": "float?", "slope_corrected": "bool?", "layout_id": "str?", "no_trees": "bool?", "stratum_id": "str?",
        "team": "str?!", "submission_id": "str?", "submitted_at": "timestamp?", "validation_status": "str?",
    }, traced=True),
    dataset("trees", "One row per tree of a plot census.", "plot_id census_id tree_id", {
        "plot_id": "str", "census_id": "str", "tree_id": "str", "dbh_cm": "float", "pom_m": "float?", "dbh_method": "str?",
        "height_m": "float?", "family": "str?", "genus": "str?", "species": "str?", "life_form": "str?", "status": "str?",
        "decay_class": "str?", "submission_id": "str?",
    }, traced=True),
    dataset("heights", "One row per tree of the height-diameter sample.", "sample_id", {
        "sample_id": "str", "dbh_cm": "float", "height_m": "float?", "genus": "str?", "species": "str?",
    }, traced=True),
    dataset("wood_density", "One row per taxon with a wood density.", "level family genus species", {
        "level": "str", "family": "str?", "genus": "str?", "species": "str?", "wood_density_g_cm3": "float", "sd_g_cm3": "float?",
    }, traced=True),
    dataset("name_resolution", "One row per name as collected, with the accepted name.", "genus species", {
        "genus": "str", "species": "str?", "genus_accepted": "str?", "species_accepted": "str?", "family_accepted": "str?",
    }, traced=True),
    dataset("dead_wood_pieces", "One row per piece of lying dead wood that crosses a line, or per line that none crosses.",
            "plot_id census_id line_id piece_id", {
        "plot_id": "str", "census_id": "str", "line_id": "str", "line_length_m": "float", "piece_id": "str", "diameter_cm": "float?",
        "decay_class": "str?", "submission_id": "str?",
    }, traced=True),
    dataset("litter_samples", "One row per frame of litter of a plot census.", "plot_id census_id sample_id", {
        "plot_id": "str", "census_id": "str", "sample_id": "str", "frame_area_m2": "float", "fresh_mass_g": "float",
        "subsample_fresh_g": "float", "subsample_dry_g": "float", "submission_id": "str?",
    }, traced=True),
    dataset("soil_samples", "One row per layer of soil sampled in a plot census.", "plot_id census_id sample_id", {
        "plot_id": "str", "census_id": "str", "sample_id": "str", "depth_from_cm": "float", "depth_to_cm": "float",
        "bulk_density_g_cm3": "float", "coarse_fragment_percent": "float?", "organic_carbon_percent": "float", "submission_id": "str?",
    }, traced=True),
    dataset("audit_trees", "One row per tree that an independent team measured again.", "plot_id census_id tree_id", {
        "plot_id": "str", "census_id": "str", "tree_id": "str", "dbh_cm": "float?", "height_m": "float?", "family": "str?",
        "genus": "str?", "species": "str?", "status": "str?", "audited_on": "date?", "auditor": "str?!", "submission_id": "str?",
    }, traced=True),
)

FIELD_MEASURED = (
    dataset("tree_biomass", "One row per accepted living tree, and per standing dead one, with its above-ground biomass.",
            "plot_id census_id tree_id", {
        "plot_id": "str", "census_id": "str", "tree_id": "str", "dbh_cm": "float", "height_m": "float?", "height_method": "str",
        "height_over_model": "float?", "family": "str?", "genus": "str?", "species": "str?", "name_level": "str", "life_form": "str",
        "wood_density_g_cm3": "float", "wood_density_sd_g_cm3": "float?", "wood_density_level": "str",
        "agb_kg": "float?", "allometry": "str", "in_range": "bool?", "trees_per_ha": "float",
    }),
    dataset("plot_biomass", "One row per plot census with its above-ground biomass.", "plot_id census_id", {
        "plot_id": "str", "census_id": "str", "stratum_id": "str", "area_ha": "float", "slope_factor": "float", "layout_id": "str?",
        "tree_count": "int", "species_level_count": "int", "genus_level_count": "int", "family_level_count": "int",
        "plot_mean_level_count": "int", "agb_mg": "factor", "agb_mg_ha": "factor", "trees_set_aside": "int",
        "trees_without_biomass": "int", "complete": "bool", "reason": "str?",
    }),
    dataset("stratum_biomass", "One row per stratum with mean above-ground biomass and its interval.", "stratum_id", {
        "stratum_id": "str", "plot_count": "int", "agb_mg_ha": "factor", "sd_mg_ha": "factor?", "se_mg_ha": "factor?",
        "ci90_half_width_mg_ha": "factor?", "ci95_half_width_mg_ha": "factor?", "precision90_percent": "factor?",
    }),
    dataset("plot_pools", "One row per plot census and carbon pool that was measured in it.", "plot_id census_id pool", {
        "plot_id": "str", "census_id": "str", "stratum_id": "str", "pool": "str", "dry_mass_mg_ha": "factor?", "carbon_tc_ha": "factor?",
        "measurement_count": "int", "method": "str", "complete": "bool", "reason": "str?",
    }),
    dataset("stratum_pools", "One row per stratum and pool: mean over plots, its intervals, and the plots that the precision asks for.",
            "stratum_id pool", {
        "stratum_id": "str", "pool": "str", "unit": "str", "plot_count": "int", "mean": "factor", "sd": "factor?", "se": "factor?",
        "ci90_half_width": "factor?", "ci95_half_width": "factor?", "precision90_percent": "factor?", "precision95_percent": "factor?",
        "target_percent": "factor", "target_confidence": "factor", "meets_target": "bool?", "plots_needed": "int?", "reason": "str?",
    }),
    dataset("landscape_pools", "One row per pool: mean over the strata weighted by their areas (post-stratified).", "pool", {
        "pool": "str", "unit": "str", "stratum_count": "int", "plot_count": "int", "area_ha": "ha?", "mean": "factor?", "se": "factor?",
        "degrees_of_freedom": "factor?", "ci90_half_width": "factor?", "ci95_half_width": "factor?", "precision90_percent": "factor?",
        "reason": "str?",
    }),
    dataset("tree_changes", "One row per tree and pair of successive censuses of its plot.", "plot_id census_from census_to tree_id", {
        "plot_id": "str", "census_from": "str", "census_to": "str", "tree_id": "str", "fate": "str", "dbh_from_cm": "float?",
        "dbh_to_cm": "float?", "growth_cm_yr": "float?", "agb_from_kg": "float?", "agb_to_kg": "float?", "flag": "str?",
    }),
    dataset("plot_changes", "One row per plot and pair of successive censuses: growth, recruits and mortality.",
            "plot_id census_from census_to", {
        "plot_id": "str", "census_from": "str", "census_to": "str", "stratum_id": "str", "years": "factor", "survivor_count": "int",
        "recruit_count": "int", "ongrowth_count": "int", "death_count": "int", "missing_count": "int",
        "doubtful_count": "int", "doubtful_mg_ha": "factor", "agb_from_mg_ha": "factor",
        "agb_to_mg_ha": "factor", "growth_mg_ha": "factor", "recruitment_mg_ha": "factor", "mortality_mg_ha": "factor",
        "change_mg_ha_yr": "factor?", "reason": "str?",
    }),
    dataset("stratum_changes", "One row per stratum: mean annual change over its permanent plots.", "stratum_id", {
        "stratum_id": "str", "plot_count": "int", "change_mg_ha_yr": "factor", "sd_mg_ha_yr": "factor?", "se_mg_ha_yr": "factor?",
        "ci90_half_width_mg_ha_yr": "factor?", "ci95_half_width_mg_ha_yr": "factor?",
    }),
    dataset("carbon_uncertainty", "One row per plot, stratum or the land (*) and source of error: above-ground biomass over the draws.",
            "entity_kind entity_id error_source", {
        "entity_kind": "str", "entity_id": "str", "error_source": "str", "plot_count": "int", "draw_count": "int", "seed": "int",
        "unit": "str", "recorded": "factor",
        "mean": "factor", "median": "factor", "sd": "factor", "q025": "factor", "q05": "factor", "q95": "factor", "q975": "factor",
        "variance_share": "factor?", "reason": "str?",
    }),
    dataset("allometries_used", "One row per equation that gave trees of the plots their biomass.", "allometry", {
        "allometry": "str", "life_form": "str", "document": "str?", "section": "str?", "status": "str", "tree_count": "int",
        "agb_mg": "factor?",
    }),
    dataset("measurement_audit", "One row per plot census and measure: how the second measurement of its trees differs from the first.",
            "plot_id census_id measure", {
        "plot_id": "str", "census_id": "str", "measure": "str", "unit": "str", "tree_count": "int", "audited_count": "int",
        "audited_share": "factor", "mean_difference": "factor?", "mean_absolute_difference": "factor?", "rmse": "factor?",
        "agreed_share": "factor?", "tolerance": "factor?", "passed": "bool?", "reason": "str?",
    }),
)
# fmt: on
