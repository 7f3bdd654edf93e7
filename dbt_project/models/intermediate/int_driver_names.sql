-- The words for drivers, hints and labels alike, in their order.
with final (position, driver, driver_en, driver_es) as (
    values
    (1, 'agriculture', 'Agriculture and pasture', 'Agricultura y pastos'),
    (2, 'roads', 'Roads', 'Vías'),
    (3, 'mining', 'Mining', 'Minería'),
    (4, 'fire', 'Fire', 'Incendio'),
    (5, 'river_dynamics', 'River dynamics', 'Dinámica fluvial'),
    (6, 'natural', 'Other natural causes', 'Otras causas naturales'),
    (7, 'unknown', 'Unknown', 'Desconocida'),
    (8, 'no_loss', 'No forest was lost', 'No se perdió bosque'),
    (9, 'not_reviewed', 'Not reviewed', 'Sin revisar')
)

select * from final
