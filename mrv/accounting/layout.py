"""The four-sheet layout of REDD+ teams: names of its sheets and columns, their words, and what they say (English, Spanish).

The layout is that of the open tool mocaredd (periods, land use transitions, carbon stocks, settings). Columns that only this
platform knows stand at the right; other readers skip them.
"""

from __future__ import annotations

from dataclasses import dataclass

from mrv.accounting.vocabulary import SCOPES

USER_INPUTS, TIME_PERIODS, TRANSITIONS, STOCKS = "user_inputs", "time_periods", "AD_lu_transitions", "c_stocks"
SHEETS = (USER_INPUTS, TIME_PERIODS, TRANSITIONS, STOCKS)
ACCOUNT, PARAMETERS = "account", "parameters"
"""Two sheets of ours that a workbook may have besides: whose account it is, and parameters that the project declares."""
OLDER_SHEETS = {"c_stock": STOCKS}
OLDER_COLUMNS = {"c_pool": "c_element", "lu_id": "c_lu_id", "lu_name": "c_lu_name"}
"""Names of earlier versions of the layout."""

ACTIVITIES = {
    "DF": "deforestation",
    "DG": "degradation",
    "EN": "enhancement",
    "EN_AF": "enhancement",
    "EN_RE": "enhancement",
}
ELEMENTS = {
    "AGB": "above_ground",
    "BGB": "below_ground",
    "RS": "below_ground",
    "DW": "dead_wood",
    "LI": "litter",
    "SOC": "soil",
    "ALL": "total",
    "C_all": "total",
    "DG_ratio": "total",
    "CF": "",
}
"""Carbon element to its pool; CF, the carbon fraction, belongs to several."""
DISTRIBUTIONS = ("normal", "truncated_normal", "beta", "triangular", "lognormal", "fixed")


@dataclass(frozen=True)
class Column:
    """A column of a sheet.

    Attributes:
        name: Its name.
        en: What it holds, for people.
        es: The same in Spanish.
        is_needed: Whether a file without it is refused.
        choices: Words that it may hold.
    """

    name: str
    en: str
    es: str
    is_needed: bool = False
    choices: tuple[str, ...] = ()


_TRUTH = ("TRUE", "FALSE")
COLUMNS: dict[str, tuple[Column, ...]] = {
    USER_INPUTS: (
        Column("trunc_pdf", "Cut distributions at 0", "Cortar las distribuciones en 0", choices=_TRUTH),
        Column("n_iter", "Draws of the Monte Carlo", "Sorteos del Monte Carlo"),
        Column("ran_seed", "Seed of the draws", "Semilla de los sorteos"),
        Column(
            "c_unit",
            "Unit of AGB and BGB: DM (t of dry matter per ha) or C (t of carbon per ha)",
            "Unidad de AGB y BGB: DM (t de materia seca por ha) o C (t de carbono por ha)",
            choices=("DM", "C"),
        ),
        Column("c_fraction", "Carbon fraction, where c_unit is DM", "Fracción de carbono, si c_unit es DM"),
        Column("c_fraction_se", "Its standard error", "Su error estándar"),
        Column("c_fraction_pdf", "Its distribution", "Su distribución", choices=DISTRIBUTIONS),
        Column("dg_ext", "Ending of degraded land uses, such as _deg", "Terminación de usos degradados, como _deg"),
        Column("dg_pool", "Pools that the degradation ratio is of", "Reservorios a los que aplica la razón"),
        Column(
            "ad_annual",
            "TRUE: areas are per year; FALSE: of the whole period",
            "TRUE: áreas por año; FALSE: de todo el período",
            is_needed=True,
            choices=_TRUTH,
        ),
        Column("conf_level", "Level of the intervals (here always 0.9)", "Nivel de los intervalos (aquí siempre 0.9)"),
        Column("round_digits", "Digits of rounded stocks and factors", "Decimales de existencias y factores"),
    ),
    TIME_PERIODS: (
        Column("period_no", "Id of the time period", "Identificador del período", is_needed=True),
        Column("year_start", "First year", "Primer año", is_needed=True),
        Column("year_end", "Last year", "Último año", is_needed=True),
        Column(
            "period_type",
            "REF: reference; MON, MON1, MON2, ...: monitored; BSL: expected without the project (this platform only)",
            "REF: referencia; MON, MON1, MON2, ...: monitoreado; BSL: esperado sin el proyecto (solo esta plataforma)",
            is_needed=True,
        ),
        Column(
            "baseline_version", "Version of a REF or BSL period (this platform only)", "Versión (solo esta plataforma)"
        ),
        Column(
            "valid_from",
            "First day of its validity (this platform only)",
            "Primer día de validez (solo esta plataforma)",
        ),
        Column(
            "valid_to", "Last day of its validity (this platform only)", "Último día de validez (solo esta plataforma)"
        ),
        Column("document", "Document that approves it", "Documento que la aprueba"),
    ),
    TRANSITIONS: (
        Column("trans_no", "Number of the row", "Número de la fila"),
        Column("trans_id", "Id of the row", "Identificador de la fila"),
        Column("trans_period", "Id of the time period", "Identificador del período", is_needed=True),
        Column(
            "redd_activity",
            "DF deforestation, DG degradation, EN enhancement",
            "DF deforestación, DG degradación, EN aumento",
            is_needed=True,
            choices=tuple(ACTIVITIES),
        ),
        Column("lu_initial_id", "Land use before", "Uso de la tierra antes", is_needed=True),
        Column("lu_initial", "Its name", "Su nombre"),
        Column("lu_final_id", "Land use after", "Uso de la tierra después", is_needed=True),
        Column("lu_final", "Its name", "Su nombre"),
        Column(
            "trans_area", "Area, ha or ha per year (ad_annual)", "Área, ha o ha por año (ad_annual)", is_needed=True
        ),
        Column("trans_se", "Standard error of the area, ha", "Error estándar del área, ha"),
        Column("trans_pdf", "Distribution of its error", "Distribución de su error", choices=DISTRIBUTIONS),
        Column("trans_pdf_a", "First shape", "Primera forma"),
        Column("trans_pdf_b", "Second shape", "Segunda forma"),
        Column("trans_pdf_c", "Third shape", "Tercera forma"),
        Column("scope", "Where (this platform only)", "Dónde (solo esta plataforma)", choices=SCOPES),
        Column("zone_id", "Zone (this platform only)", "Zona (solo esta plataforma)"),
        Column("stratum_id", "Stratum (this platform only)", "Estrato (solo esta plataforma)"),
        Column(
            "error_group", "Rows with one error (this platform only)", "Filas con un mismo error (solo esta plataforma)"
        ),
        Column("source", "Where the number comes from", "De dónde viene el número"),
    ),
    STOCKS: (
        Column("c_no", "Number of the row", "Número de la fila"),
        Column("c_id", "Id of the row", "Identificador de la fila"),
        Column("c_period", "ALL, or the time period", "ALL, o el período"),
        Column(
            "c_element",
            "AGB, BGB, DW, LI, SOC: pools; RS: root-to-shoot ratio; ALL: whole stock; DG_ratio: share of the intact forest; "
            "CF: carbon fraction",
            "AGB, BGB, DW, LI, SOC: reservorios; RS: razón raíz-tallo; ALL: existencia total; DG_ratio: parte del bosque "
            "intacto; CF: fracción de carbono",
            is_needed=True,
            choices=tuple(ELEMENTS),
        ),
        Column("c_lu_id", "Land use", "Uso de la tierra", is_needed=True),
        Column("c_lu_name", "Its name", "Su nombre"),
        Column(
            "c_value",
            "Value: tC/ha, t d.m./ha (AGB, BGB of unit DM), or a ratio",
            "Valor: tC/ha, t m.s./ha o razón",
            is_needed=True,
        ),
        Column("c_se", "Standard error", "Error estándar"),
        Column("c_pdf", "Distribution of its error", "Distribución de su error", choices=DISTRIBUTIONS),
        Column("c_pdf_a", "First shape", "Primera forma"),
        Column("c_pdf_b", "Second shape", "Segunda forma"),
        Column("c_pdf_c", "Third shape", "Tercera forma"),
        Column("stratum_id", "Stratum (this platform only)", "Estrato (solo esta plataforma)"),
        Column(
            "c_unit_own",
            "Unit, where it is not that of user_inputs (this platform only)",
            "Unidad, si no es la de user_inputs (solo esta plataforma)",
            choices=("tC/ha", "tCO2e/ha", "t d.m./ha"),
        ),
        Column(
            "c_method_own",
            "ratio, where DW or LI is a ratio of AGB (this platform only)",
            "ratio, si DW o LI es una razón de AGB (solo esta plataforma)",
            choices=("ratio",),
        ),
        Column(
            "c_base_id",
            "Intact land use of a DG_ratio (this platform only)",
            "Uso intacto de DG_ratio (solo esta plataforma)",
        ),
        Column(
            "c_fraction_own",
            "Carbon fraction of the row (this platform only)",
            "Fracción de carbono de la fila (solo esta plataforma)",
        ),
        Column(
            "c_fraction_own_se", "Its standard error (this platform only)", "Su error estándar (solo esta plataforma)"
        ),
        Column("source", "Where the number comes from", "De dónde viene el número"),
    ),
    ACCOUNT: (
        Column(
            "project_id",
            "Id of the project: small letters, digits, _ and -",
            "Identificador: minúsculas, dígitos, _ y -",
        ),
        Column("period_id", "Id of the period", "Identificador del período"),
        Column("crediting_start", "First day of the crediting period", "Primer día del período de acreditación"),
        Column("crediting_end", "Last day of the crediting period", "Último día del período de acreditación"),
        Column("period_start", "First day, where not 1 January", "Primer día, si no es 1 de enero"),
        Column("period_end", "Last day, where not 31 December", "Último día, si no es 31 de diciembre"),
        Column(
            "document", "Document that approves the reference level", "Documento que aprueba el nivel de referencia"
        ),
    ),
    PARAMETERS: (
        Column("name", "Name of the parameter", "Nombre del parámetro", is_needed=True),
        Column("value", "Its value, a fraction and not per cent", "Su valor, una fracción y no por ciento"),
        Column("choice", "Its choice, where it is one", "Su opción, si es una"),
        Column("rule_set", "Only under this rule set", "Solo bajo estas reglas"),
        Column("source", "Document, or why", "Documento o por qué", is_needed=True),
    ),
}
