-- The standardised benefit metrics of the CCB Standards, in their order, with the rule by which each is counted here.
-- Those of which nothing is recorded stand with what is missing.
with final (
    position, metric, category, is_standard, of_which_of, unit, label_en, label_es, rule_en, rule_es, unmeasured
) as (
    values
    (
        1, 'net_emission_reductions', 'emissions', true, null, 'tCO2e',
        'Net emission reductions', 'Reducciones netas de emisiones',
        'Sum of net_tco2e of the vintages of the period.',
        'Suma de net_tco2e de las añadas del período.',
        'the ledger of the period is not complete'
    ),
    (
        2, 'net_removals', 'emissions', true, null, 'tCO2e',
        'Net removals', 'Remociones netas',
        'Not counted: the project credits avoided deforestation; growth is not credited.',
        'No se cuenta: el proyecto acredita deforestación evitada; el crecimiento no se acredita.',
        'removals are not credited'
    ),
    (
        3, 'reduced_forest_loss', 'forest_cover', true, null, 'ha',
        'Reduced forest loss in the project area', 'Pérdida de bosque evitada en el área del proyecto',
        'Deforestation of the baseline less that monitored, in the project area, by the days of each year.',
        'Deforestación de la línea base menos la monitoreada, en el área del proyecto, por los días de cada año.',
        'no area of the project area is known'
    ),
    (
        4, 'improved_land_production_forest', 'land_management', true, null, 'ha',
        'Production forest under improved management', 'Bosque productivo con manejo mejorado',
        'Not recorded by this platform.', 'La plataforma no lo registra.',
        'management of production forest is not recorded'
    ),
    (
        5, 'improved_land_non_forest', 'land_management', true, null, 'ha',
        'Land that is no forest under improved management', 'Tierras sin bosque con manejo mejorado',
        'Area of the sites planted in the period, each once; without those of enrichment, which lie in forest.',
        'Superficie de los sitios plantados en el período, cada uno una vez; sin los de enriquecimiento, que están en '
        || 'bosque.',
        'no planting is recorded'
    ),
    (
        6, 'people_trained', 'training', true, null, 'people',
        'People trained', 'Personas capacitadas',
        'Different people named in activities of type training that began in the period; each counts once.',
        'Personas distintas registradas en actividades de tipo capacitación iniciadas en el período; cada una cuenta '
        || 'una vez.',
        'no training is recorded'
    ),
    (
        7, 'women_trained', 'training', true, 'people_trained', 'people',
        'of them women', 'de ellas mujeres',
        'Of the people trained, those recorded as women.', 'De las personas capacitadas, las registradas como mujeres.',
        'no training is recorded'
    ),
    (
        8, 'training_person_events', 'training', false, null, 'person-events',
        'Participations in trainings that name nobody', 'Participaciones en capacitaciones sin nombres',
        'People in groups that were only counted; somebody in two trainings counts twice, and may be among the people '
        || 'trained: not to be added to them.',
        'Personas en grupos solo contados; quien estuvo en dos capacitaciones cuenta dos veces y puede estar entre las '
        || 'personas capacitadas: no se suman a ellas.',
        'no training is recorded'
    ),
    (
        9, 'people_employed_fte', 'employment', true, null, 'FTE',
        'People employed, as full-time employees', 'Personas empleadas, en equivalentes a tiempo completo',
        'Full-time years worked in the period over its length in years; days worked over full_time_days_per_year, or '
        || 'the share of full time.',
        'Años de tiempo completo trabajados en el período entre su duración en años; días trabajados entre '
        || 'full_time_days_per_year, o la fracción de tiempo completo.',
        'no job is recorded'
    ),
    (
        10, 'women_employed_fte', 'employment', true, 'people_employed_fte', 'FTE',
        'of them women', 'de ellas mujeres',
        'The same of the jobs of women.', 'Lo mismo de los empleos de mujeres.',
        'no job is recorded'
    ),
    (
        11, 'people_improved_livelihoods', 'livelihoods', true, null, 'people',
        'People with improved livelihoods or income', 'Personas con medios de vida o ingresos mejorados',
        'Not measured: records tell of households and what they produce, not whether they live better than before.',
        'No se mide: los registros hablan de hogares y de lo que producen, no de si viven mejor que antes.',
        'improvement against a state before is not measured; see households_benefiting'
    ),
    (
        12, 'women_improved_livelihoods', 'livelihoods', true, 'people_improved_livelihoods', 'people',
        'of them women', 'de ellas mujeres',
        'Not measured, as above.', 'No se mide, como arriba.',
        'improvement against a state before is not measured; see households_benefiting'
    ),
    (
        13, 'households_benefiting', 'livelihoods', false, null, 'households',
        'Households that took part in a livelihood, planting or sharing of benefits',
        'Hogares que participaron en un medio de vida, una plantación o una distribución de beneficios',
        'Different households by their code; each counts once, whatever it took part in.',
        'Hogares distintos por su código; cada uno cuenta una vez, en lo que haya participado.',
        'no household is recorded'
    ),
    (
        14, 'people_health', 'health', true, null, 'people',
        'People with improved health services', 'Personas con mejores servicios de salud',
        'Not recorded by this platform.', 'La plataforma no lo registra.',
        'health services are not recorded'
    ),
    (
        15, 'women_health', 'health', true, 'people_health', 'people',
        'of them women', 'de ellas mujeres',
        'Not recorded by this platform.', 'La plataforma no lo registra.',
        'health services are not recorded'
    ),
    (
        16, 'people_education', 'education', true, null, 'people',
        'People with improved access to education', 'Personas con mejor acceso a la educación',
        'Not recorded by this platform; trainings of the project are counted above.',
        'La plataforma no lo registra; las capacitaciones del proyecto se cuentan arriba.',
        'access to education is not recorded'
    ),
    (
        17, 'women_education', 'education', true, 'people_education', 'people',
        'of them women', 'de ellas mujeres',
        'Not recorded by this platform.', 'La plataforma no lo registra.',
        'access to education is not recorded'
    ),
    (
        18, 'people_water', 'water', true, null, 'people',
        'People with better water', 'Personas con mejor agua',
        'Not recorded by this platform.', 'La plataforma no lo registra.',
        'water is not recorded'
    ),
    (
        19, 'women_water', 'water', true, 'people_water', 'people',
        'of them women', 'de ellas mujeres',
        'Not recorded by this platform.', 'La plataforma no lo registra.',
        'water is not recorded'
    ),
    (
        20, 'people_well_being', 'well_being', true, null, 'people',
        'People whose well-being improved', 'Personas cuyo bienestar mejoró',
        'Not measured: nobody asked the same people before and after.',
        'No se mide: nadie preguntó a las mismas personas antes y después.',
        'well-being is not measured'
    ),
    (
        21, 'women_well_being', 'well_being', true, 'people_well_being', 'people',
        'of them women', 'de ellas mujeres',
        'Not recorded by this platform.', 'La plataforma no lo registra.',
        'well-being is not measured'
    ),
    (
        22, 'biodiversity_area', 'biodiversity', true, null, 'ha',
        'Area significantly better managed for biodiversity',
        'Superficie significativamente mejor manejada para la biodiversidad',
        'Not measured: which area is better managed than without the project is for people to say.',
        'No se mide: qué superficie está mejor manejada que sin el proyecto lo deben decir personas.',
        'better management is not recorded'
    ),
    (
        23, 'threatened_species', 'biodiversity', true, null, 'species',
        'Globally Critically Endangered or Endangered species that benefit',
        'Especies en peligro crítico o en peligro a nivel mundial que se benefician',
        'Species of category CR or EN on the list of the project that were detected in the project area in the period.',
        'Especies de categoría CR o EN en la lista del proyecto detectadas en el área del proyecto en el período.',
        'no detection of species is known'
    )
)

select * from final
