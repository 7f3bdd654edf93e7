"""Words of the sheets from emissions to credits, English and Spanish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Words = tuple[str, str]
_RULES = (
    "The rule in force decides the formula: other rules have others.",
    "La regla vigente decide la fórmula: otras reglas tienen otras.",
)
SHEETS: Mapping[str, tuple[Words, Sequence[Words]]] = {
    "leakage": (("Leakage", "Fugas"), (_RULES,)),
    "uncertainty": (
        ("Uncertainty and its deduction", "Incertidumbre y su deducción"),
        (
            (
                "The error (U90) comes from propagation, Monte Carlo draws or a declaration: orange cells. The share deducted is a "
                "formula of it.",
                "El error (U90) viene de propagación, de sorteos de Monte Carlo o de una declaración: celdas naranjas. La parte "
                "deducida es una fórmula de él.",
            ),
        ),
    ),
    "buffer": (("Non-permanence buffer", "Reserva de no permanencia"), (_RULES,)),
    "vintages": (
        ("Vintages: from emissions to credits", "Añadas: de las emisiones a los créditos"),
        (
            (
                "Vintages are calendar years' parts of the period. Credits are whole: rounded by the rule in force.",
                "Las añadas son las partes del período en cada año calendario. Los créditos son enteros: según la regla de redondeo.",
            ),
        ),
    ),
}
WORDS: Mapping[str, Words] = {
    "baseline_tco2e": (
        "Baseline emissions of the project area, tCO2e",
        "Emisiones de línea base del área del proyecto, tCO2e",
    ),
    "project_tco2e": ("Emissions of the project area, tCO2e", "Emisiones del área del proyecto, tCO2e"),
    "gross_reduction_tco2e": ("Baseline less project, tCO2e", "Línea base menos proyecto, tCO2e"),
    "fire_tco2e": ("Of that by fire (CH4 and N2O), tCO2e", "De eso por fuego (CH4 y N2O), tCO2e"),
    "stock_change_tco2e": ("Change of carbon stocks, tCO2e", "Cambio de existencias de carbono, tCO2e"),
    "degradation_reduction_tco2e": ("Of that by degradation, tCO2e", "De eso por degradación, tCO2e"),
    "removals_tco2e": ("Of that removals by growth, tCO2e", "De eso remociones por crecimiento, tCO2e"),
    "removals_left_out_tco2e": ("Removals that are not credited, tCO2e", "Remociones que no se acreditan, tCO2e"),
    "counted_tco2e": ("Reduction that counts, tCO2e", "Reducción que cuenta, tCO2e"),
    "counted_removals_tco2e": ("Removals that count, tCO2e", "Remociones que cuentan, tCO2e"),
    "leakage_rule": ("Rule of leakage", "Regla de fugas"),
    "leakage_floor": ("Floor of the belt: each year, or cumulative", "Piso del cinturón: cada año o acumulado"),
    "belt_baseline_tco2e": (
        "Baseline emissions of the leakage belt, tCO2e",
        "Emisiones de línea base del cinturón, tCO2e",
    ),
    "belt_monitored_tco2e": ("Emissions of the leakage belt, tCO2e", "Emisiones del cinturón de fugas, tCO2e"),
    "belt_excess_tco2e": ("Belt above its baseline, tCO2e", "Cinturón sobre su línea base, tCO2e"),
    "belt_excess_so_far_tco2e": (
        "The same, summed up and not below 0, tCO2e",
        "Lo mismo, acumulado y no bajo 0, tCO2e",
    ),
    "belt_leakage_tco2e": ("Leakage in the belt, tCO2e", "Fugas en el cinturón, tCO2e"),
    "reduction_tco2e": ("Reduction that leakage is a share of, tCO2e", "Reducción de la que se toma la parte, tCO2e"),
    "displacement_tco2e": ("Leakage by displacement factor, tCO2e", "Fugas por factor de desplazamiento, tCO2e"),
    "rate_tco2e": ("Leakage by rate, tCO2e", "Fugas por tasa, tCO2e"),
    "market_leakage_tco2e": ("Leakage by the market, tCO2e", "Fugas de mercado, tCO2e"),
    "outside_belt_tco2e": ("Leakage beyond the belt, tCO2e", "Fugas fuera del cinturón, tCO2e"),
    "prevention_tco2e": ("Emissions of leakage prevention, tCO2e", "Emisiones de prevención de fugas, tCO2e"),
    "leakage_tco2e": ("Leakage, tCO2e", "Fugas, tCO2e"),
    "uncertainty_rule": ("Rule of the deduction", "Regla de la deducción"),
    "uncertainty_source": ("Where the error comes from", "De dónde viene el error"),
    "analytic_u90": ("Error by propagation, share", "Error por propagación, fracción"),
    "monte_carlo_u90": ("Error by Monte Carlo, share", "Error por Monte Carlo, fracción"),
    "area_u90": ("Of areas alone, share", "Solo de áreas, fracción"),
    "factor_u90": ("Of emission factors alone, share", "Solo de factores de emisión, fracción"),
    "degrees_of_freedom": ("Degrees of freedom of the sample", "Grados de libertad de la muestra"),
    "error_u90": ("Error that the rule takes (U90), share", "Error que toma la regla (U90), fracción"),
    "t_two_sided_90_used": ("Student's t, two-sided 90 %", "t de Student, bilateral 90 %"),
    "t_one_sided_66_67_used": ("Student's t, one-sided 66.67 %", "t de Student, unilateral 66.67 %"),
    "deduction_fraction": ("Share deducted", "Parte deducida"),
    "eligible": ("Eligible for crediting (1 yes)", "Elegible para acreditar (1 sí)"),
    "net_tco2e": ("Net of leakage, tCO2e", "Neto de fugas, tCO2e"),
    "transferred_tco2e": (
        "Sold or reported elsewhere, or without title, tCO2e",
        "Vendido o reportado en otra parte, o sin título, tCO2e",
    ),
    "error_base_tco2e": ("What the deduction is a share of, tCO2e", "De qué se deduce la parte, tCO2e"),
    "error_share": ("Share deducted, with that of a proxy", "Parte deducida, con la de un indicador"),
    "rule_deduction_tco2e": ("Deduction by the rule, tCO2e", "Deducción según la regla, tCO2e"),
    "deduction_tco2e": ("Deduction for uncertainty, tCO2e", "Deducción por incertidumbre, tCO2e"),
    "adjusted_tco2e": ("Net less deduction, tCO2e", "Neto menos deducción, tCO2e"),
    "rate_source": ("The rate is declared, or from the rating", "La tasa es declarada o de la calificación"),
    "internal_score": ("Internal risk, points", "Riesgo interno, puntos"),
    "external_score": ("External risk, points", "Riesgo externo, puntos"),
    "natural_score": ("Natural risk, points", "Riesgo natural, puntos"),
    "total_score": ("Sum of the points", "Suma de los puntos"),
    "rating_percent": (
        "Rating, rounded up, at least the minimum, %",
        "Calificación, redondeada hacia arriba, al menos el mínimo, %",
    ),
    "passes": ("The rating passes (1 yes)", "La calificación pasa (1 sí)"),
    "buffer_rate": ("Rate of the buffer", "Tasa de la reserva"),
    "base_tco2e": ("What the buffer is a share of, tCO2e", "De qué se toma la reserva, tCO2e"),
    "buffer_tco2e": ("Buffer, tCO2e", "Reserva, tCO2e"),
    "pooled_buffer_tco2e": ("Of that pooled against reversals, tCO2e", "De eso en común contra reversiones, tCO2e"),
    "earned_tco2e": (
        "Earned: net less deduction, transfers and buffer, tCO2e",
        "Ganado: neto menos deducción, transferencias y reserva, tCO2e",
    ),
    "deficit_tco2e": ("Net loss of earlier periods, tCO2e", "Pérdida neta de períodos anteriores, tCO2e"),
    "cumulative_tco2e": ("Earned so far, tCO2e", "Ganado hasta ahora, tCO2e"),
    "credited_so_far_tco2e": ("Creditable so far, tCO2e", "Acreditable hasta ahora, tCO2e"),
    "opening_tco2e": ("Net loss carried from before, tCO2e", "Pérdida neta traída de antes, tCO2e"),
    "creditable_tco2e": ("Creditable in the vintage, tCO2e", "Acreditable en la añada, tCO2e"),
    "carried_tco2e": ("Net loss carried forward, tCO2e", "Pérdida neta que se lleva adelante, tCO2e"),
    "credits": ("Credits (VCU), whole", "Créditos (VCU), enteros"),
    "buffer_credits": ("Buffer credits, whole", "Créditos de reserva, enteros"),
    "removal_credits": ("Credits of removals", "Créditos de remociones"),
    "reduction_credits": ("Credits of reductions", "Créditos de reducciones"),
    "credit_unit": ("Unit of the credits", "Unidad de los créditos"),
    "reason": ("What the ledger says of the vintage", "Qué dice el libro de la añada"),
}
