"""The doors of patrols, animals and communities: what was reported, and what the platform measures from it.

`!` marks what names or tells of a person, `@` an exact place, `~` free words: none of these reaches a snapshot or package.
`#` marks ids as people or devices gave them: they reach it as codes such as `deployment-3`, the same in every table of a run.
A personal column whose name ends in `_key` is replaced by a code before any SQL sees it, so that people can still be counted.
"""

from __future__ import annotations

from mrv.schema_types import dataset

_SUBMISSION = {"submission_id": "str?", "submitted_at": "timestamp?", "validation_status": "str?"}

# fmt: off
LIFE_RECEIVED = (
    # --- patrols and protection -------------------------------------------------------------------------------
    dataset("patrol_records", "One row per patrol.", "patrol_id", {
        "patrol_id": "str", "source_system": "str", "patrol_type": "str?", "transport": "str?", "started_at": "timestamp?",
        "ended_at": "timestamp?", "station": "str?~", "community_id": "str?", "member_count": "int?", "leader": "str?!", "team": "str?!",
        "objective": "str?~", **_SUBMISSION,
    }, traced=True),
    dataset("patrol_tracks", "One row per point of a patrol's track.", "patrol_id recorded_at", {
        "patrol_id": "str", "source_system": "str", "leg_id": "str?!", "recorded_at": "timestamp", "longitude": "float?@",
        "latitude": "float?@", "is_junk": "bool?",
    }, traced=True),
    dataset("patrol_events", "One row per event that a patrol or a person reported: a threat, an animal, anything else.", "event_id", {
        "event_id": "str#", "source_system": "str", "patrol_id": "str?", "observed_at": "timestamp?", "event_kind": "str",
        "threat_type": "str?", "source_category": "str", "severity": "str?", "affected_area_ha": "float?", "longitude": "float?@",
        "latitude": "float?@", "community_id": "str?", "action_taken": "str?~", "responded_on": "date?", "resolved_on": "date?",
        "reported_by": "str?!", "description": "str?~", **_SUBMISSION,
    }, traced=True),
    dataset("hcv_visits", "One row per visit to an area of high conservation value and HCV class.", "hcv_visit_id", {
        "hcv_visit_id": "str#", "zone_id": "str", "hcv_class": "int", "visited_on": "date", "condition": "str", "threat_type": "str?",
        "finding": "str?~", "observer": "str?!", **_SUBMISSION,
    }, traced=True),
    # --- animals and plants -----------------------------------------------------------------------------------
    dataset("camera_deployments", "One row per deployment of a camera trap.", "deployment_id", {
        "deployment_id": "str#", "location_id": "str?@", "location_name": "str?~", "longitude": "float?@", "latitude": "float?@",
        "coordinate_uncertainty_m": "float?", "started_at": "timestamp", "ended_at": "timestamp", "failed_days": "float?",
        "camera_id": "str?", "camera_model": "str?", "habitat": "str?", "bait_use": "bool?", "timestamp_issues": "bool?",
        "set_up_by": "str?!", "comments": "str?~", "package_name": "str#",
    }, traced=True),
    dataset("camera_media", "One row per picture or film of a camera trap.", "media_id", {
        "media_id": "str#", "deployment_id": "str#", "captured_at": "timestamp", "file_public": "bool", "media_type": "str",
        "file_path": "str?~", "package_name": "str#",
    }, traced=True),
    dataset("camera_observations", "One row per observation on pictures of a camera trap.", "observation_id", {
        "observation_id": "str#", "deployment_id": "str#", "media_id": "str?#", "event_id": "str?#", "event_start": "timestamp",
        "event_end": "timestamp", "observation_level": "str", "observation_type": "str", "scientific_name": "str?",
        "individual_count": "int?", "life_stage": "str?", "sex": "str?", "classification_method": "str?",
        "classification_probability": "float?", "classified_by": "str?!", "comments": "str?~", "package_name": "str#",
    }, traced=True),
    dataset("occurrences", "One row per record of a species (Darwin Core).", "occurrence_id", {
        "occurrence_id": "str#", "basis_of_record": "str", "scientific_name": "str", "taxon_rank": "str?", "kingdom": "str?",
        "observed_on": "date?", "observed_to": "date?", "longitude": "float?@", "latitude": "float?@", "coordinate_uncertainty_m": "float?",
        "coordinates_generalised": "bool?", "obscured_at_source": "bool?", "individual_count": "int?", "occurrence_status": "str",
        "country_code": "str?", "sampling_protocol": "str?", "licence": "str?", "source_dataset": "str?", "locality": "str?@", "recorded_by": "str?!",
        "identified_by": "str?!", "remarks": "str?~",
    }, traced=True),
    dataset("species_categories", "One row per species, list and day from which its category holds.", "scientific_name list assessed_on", {
        "scientific_name": "str", "list": "str", "category": "str", "criteria": "str?", "assessed_on": "date", "valid_to": "date?",
        "taxon_group": "str?", "family": "str?", "common_name_en": "str?", "common_name_es": "str?", "sensitive": "bool?", "source": "str",
    }, traced=True),
    dataset("species_names", "One row per name as given, with the accepted name of the backbone.", "name_given", {
        "name_given": "str", "name_accepted": "str?", "taxon_rank": "str?", "backbone": "str",
    }, traced=True),
    # --- communities ------------------------------------------------------------------------------------------
    dataset("communities", "One row per community and day from which its entry in the register holds.", "community_id valid_from", {
        "community_id": "str", "community_name": "str", "community_kind": "str", "indigenous_people": "str?", "zone_id": "str?",
        "household_count": "int?", "population": "int?", "partner": "str?", "valid_from": "date", "valid_to": "date?", "source": "str",
    }, traced=True),
    dataset("activity_records", "One row per meeting, assembly, workshop, training or other activity with people.", "activity_id", {
        "activity_id": "str", "activity_type": "str", "field": "str", "topic": "str?", "driver": "str?", "started_on": "date",
        "ended_on": "date?", "hours": "float?", "community_id": "str?", "organiser": "str?~", "decision_count": "int?",
        "counting": "str", "place": "str?~", "decisions": "str?~", "notes": "str?~", **_SUBMISSION,
    }, traced=True),
    dataset("activity_participants", "One row per person who took part in an activity, or per group that was only counted.",
            "activity_id participant_id", {
        "activity_id": "str", "participant_id": "str", "person_key": "str?!", "household_key": "str?!", "participant_name": "str?!",
        "gender": "str?", "age_group": "str?", "participant_count": "int", "benefit_kind": "str?~", "benefit_quantity": "float?",
        "benefit_unit": "str?~", "submission_id": "str?",
    }, traced=True),
    dataset("employment_records", "One row per person, job and span of work.", "employment_id", {
        "employment_id": "str", "person_key": "str?!", "person_name": "str?!", "gender": "str?", "age_group": "str?",
        "community_id": "str?", "job": "str?~", "field": "str?", "work_from": "date", "work_to": "date", "days_worked": "float?",
        "full_time_share": "float?", "employer": "str?~", **_SUBMISSION,
    }, traced=True),
    dataset("livelihood_records", "One row per household, or group of households, activity and span of time.", "livelihood_id", {
        "livelihood_id": "str", "household_key": "str?!", "head_name": "str?!", "head_gender": "str?", "household_count": "int",
        "community_id": "str?", "activity": "str", "product": "str?", "period_from": "date", "period_to": "date", "area_ha": "float?",
        "unit_count": "float?", "unit": "str?", "production": "float?", "production_unit": "str?", "income_pen": "float?",
        "notes": "str?~", **_SUBMISSION,
    }, traced=True),
    dataset("nursery_records", "One row per nursery, species and span of time.", "nursery_record_id", {
        "nursery_record_id": "str#", "nursery_id": "str", "community_id": "str?", "scientific_name": "str", "period_from": "date",
        "period_to": "date", "sown_count": "int?", "produced_count": "int?", "distributed_count": "int?", "lost_count": "int?",
        **_SUBMISSION,
    }, traced=True),
    dataset("planting_records", "One row per site, species and day of planting.", "planting_id", {
        "planting_id": "str#", "site_id": "str", "community_id": "str?", "household_key": "str?!", "purpose": "str",
        "scientific_name": "str", "planted_on": "date", "seedling_count": "int", "area_ha": "float?", "longitude": "float?@",
        "latitude": "float?@", **_SUBMISSION,
    }, traced=True),
    dataset("survival_checks", "One row per site, species and day on which planted seedlings were counted again.", "survival_check_id", {
        "survival_check_id": "str#", "site_id": "str", "scientific_name": "str", "checked_on": "date", "checked_count": "int",
        "alive_count": "int", **_SUBMISSION,
    }, traced=True),
    dataset("grievance_records", "One row per grievance, as it stands in its latest entry.", "grievance_id", {
        "grievance_id": "str", "received_on": "date", "category": "str", "channel": "str?", "community_id": "str?",
        "complainant_gender": "str?", "complainant_name": "str?!", "complainant_contact": "str?!", "acknowledged_on": "date?",
        "responded_on": "date?", "closed_on": "date?", "outcome": "str?", "account": "str?~", **_SUBMISSION,
    }, traced=True),
    dataset("consent_steps", "One row per community and step of free, prior and informed consent.", "consent_step_id", {
        "consent_step_id": "str", "community_id": "str", "step": "str", "held_on": "date", "outcome": "str", "participant_count": "int?",
        "women_count": "int?", "document_reference": "str?~", "notes": "str?~", **_SUBMISSION,
    }, traced=True),
)

LIFE_MEASURED = (
    dataset("record_zones", "One row per located record and zone that holds it.", "dataset record_id zone_id", {
        "dataset": "str", "record_id": "str", "zone_id": "str",
    }),
    dataset("record_cells", "One row per located record: the cell that is told instead of its place, and the rule that says so.",
            "dataset record_id", {
        "dataset": "str", "record_id": "str", "rule": "str", "cell_m": "int?", "cell_id": "str?", "longitude": "float?",
        "latitude": "float?", "reason": "str?",
    }),
    dataset("privacy_log", "One row per table and column that does not leave the house as it was received: rule and number of values.",
            "dataset column_name", {
        "dataset": "str", "column_name": "str", "privacy": "str", "rule": "str", "value_count": "int",
    }),
    dataset("patrol_effort", "One row per patrol: days, distance and what was left out of its track.", "patrol_id", {
        "patrol_id": "str", "started_on": "date?", "ended_on": "date?", "declared_days": "int?", "first_at": "timestamp?",
        "last_at": "timestamp?", "patrol_days": "int?", "hours": "factor?", "distance_km": "factor?", "point_count": "int",
        "outside_count": "int", "junk_count": "int", "duplicate_count": "int", "outlier_count": "int", "gap_count": "int",
        "cell_count": "int?", "same_as": "str?", "method": "str", "reason": "str?",
    }),
    dataset("patrol_event_days", "One row per event of the period: its local day and days until somebody answered.", "event_id", {
        "event_id": "str#", "observed_on": "date", "response_days": "int?", "resolution_days": "int?", "reason": "str?",
    }),
    dataset("patrol_days", "One row per patrol and local day on which it moved.", "patrol_id patrol_day", {
        "patrol_id": "str", "patrol_day": "date", "distance_km": "factor", "point_count": "int",
    }),
    dataset("patrol_coverage", "One row per zone and month (null: the whole period): grid cells, and those a patrol entered.", "zone_id month", {
        "zone_id": "str", "month": "date?", "cell_m": "int", "cell_count": "int", "visited_cell_count": "int", "distance_km": "factor",
    }),
    dataset("camera_effort", "One row per deployment of a camera trap: nights it worked within the period.", "deployment_id", {
        "deployment_id": "str#", "location_code": "str", "first_night": "date?", "last_night": "date?", "deployed_nights": "int",
        "failed_nights": "factor", "camera_nights": "factor", "reason": "str?",
    }),
    dataset("camera_events", "One row per independent event of a species at a location of camera traps.", "camera_event_id", {
        "camera_event_id": "str#", "location_code": "str", "deployment_id": "str#", "scientific_name": "str", "event_date": "date",
        "individual_count": "int?", "observation_count": "int", "independence_minutes": "int",
    }),
    dataset("taxon_matches", "One row per name of an animal or plant as given: the accepted name, and how it was found.", "name_given", {
        "name_given": "str", "name_accepted": "str?", "name_told": "str", "match_level": "str", "backbone": "str?",
    }),
    dataset("taxon_categories", "One row per species and assessment by the list that decides: from when to when its category holds.",
            "scientific_name holds_from", {
        "scientific_name": "str", "list": "str", "category": "str", "criteria": "str?", "holds_from": "date", "holds_to": "date?",
        "superseded_on": "date?", "taxon_group": "str?", "family": "str?", "common_name_en": "str?", "common_name_es": "str?",
        "sensitive": "bool?", "source": "str",
    }),
)
# fmt: on
