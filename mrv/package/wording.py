"""Numbers, dates and words as the report shows them, in English and in Spanish side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from markupsafe import Markup, escape

NARROW_SPACE = "\u202f"
MINUS = "\u2212"
NOT_MEASURED = "\u2013"

_MONTHS_EN = tuple(
    "January February March April May June July August September October November December".split()  # noqa: SIM905 - reads better
)
_MONTHS_ES = tuple(
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()  # noqa: SIM905 - the same
)

KINDS = {
    "project_area": ("Project area", "Área del proyecto"),
    "leakage_belt": ("Leakage belt", "Cinturón de fugas"),
    "reference_region": ("Reference region", "Región de referencia"),
    "concession": ("Conservation concession", "Concesión para conservación"),
    "hcv": ("High conservation value", "Alto valor de conservación"),
    "community": ("Community", "Comunidad"),
    "stratum": ("Forest stratum", "Estrato de bosque"),
    "exclusion": ("Excluded area", "Área excluida"),
}
"""Kind of a zone to its names in English and Spanish."""

CLASSES = {
    "loss": ("Forest loss", "Pérdida de bosque"),
    "gain": ("Forest gain", "Ganancia de bosque"),
    "loss_buffer": ("Stable forest near loss", "Bosque estable cerca de pérdida"),
    "stable_forest": ("Stable forest", "Bosque estable"),
    "stable_non_forest": ("Stable non-forest", "No bosque estable"),
}
"""Class of the map, of the reference or of a sampling stratum to its names."""
OUTCOMES = {
    "agreed": ("interpreters agree", "los intérpretes coinciden"),
    "resolved": ("they differed, and it was resolved", "discrepaban y se resolvió"),
    "single": ("one interpreter", "un intérprete"),
    "unusable": ("unusable", "no utilizable"),
    "open": ("they differ, and it is open", "discrepan y está pendiente"),
    "not_labelled": ("not labelled", "sin etiqueta"),
}
"""How the label of a sample unit came about."""
DRAWS = {
    "stratified_random": ("drawn at random within strata", "sorteadas al azar dentro de estratos"),
    "simple_random": ("drawn at random over the whole area", "sorteadas al azar en toda el área"),
    "systematic": ("on a regular grid with a random start", "en una malla regular con inicio al azar"),
}
"""How the units of a sample were drawn."""

REPAIRS = {
    "position_blanked": (
        "a place with latitude and longitude exchanged was left out, the record kept",
        "se omitió un lugar con latitud y longitud intercambiadas y se conservó el registro",
    ),
    "trimmed_blanks": ("spaces around the text were taken off", "se quitaron espacios alrededor del texto"),
    "invisible_characters": (
        "letters were composed, characters that nobody sees taken off",
        "se compusieron letras y se quitaron caracteres invisibles",
    ),
    "thousands_separator": (
        "signs between thousands were taken off, as declared",
        "se quitaron los signos entre millares, según lo declarado",
    ),
    "decimal_comma": ("a decimal comma was read, as declared", "se leyó una coma decimal, según lo declarado"),
    "value_mapped": (
        "a word became the platform's, as declared",
        "una palabra pasó a la de la plataforma, según lo declarado",
    ),
    "case_normalised": ("capitals and small letters were made equal", "se igualaron mayúsculas y minúsculas"),
    "unit_converted": ("a unit was converted, as declared", "se convirtió una unidad, según lo declarado"),
    "date_order_declared": ("a day was read in the declared order", "se leyó una fecha en el orden declarado"),
    "decimal_year": ("a decimal year became the nearest day", "un año decimal pasó al día más cercano"),
    "excel_serial_date": ("a spreadsheet's number became a day", "un número de la hoja de cálculo pasó a fecha"),
    "columns_by_position": (
        "columns of an unknown language were found by their place",
        "columnas de un idioma desconocido se hallaron por su posición",
    ),
    "cached_formula_value": ("the stored value of a formula counts", "cuenta el valor guardado de una fórmula"),
}
"""Rule by which received values were put right to its words."""


@dataclass(frozen=True)
class Text:
    """The same in English and in Spanish."""

    en: str
    es: str

    def __html__(self) -> Markup:
        """Both as HTML; the page shows the reader's choice."""
        if self.en == self.es:
            return escape(self.en)
        return Markup('<span lang="en">{}</span><span lang="es">{}</span>').format(self.en, self.es)


def kind_name(kind: str) -> Text:
    """Return the names of a kind of zone."""
    return Text(*KINDS.get(kind, (kind, kind)))


def class_name(name: str) -> Text:
    """Return the names of a class of the map, the reference or a sampling stratum."""
    return Text(*CLASSES.get(name, (name, name)))


def draw_name(draw: str) -> Text:
    """Return how the units of a sample were drawn, in words."""
    return Text(*DRAWS.get(draw, (draw, draw)))


def number(value: Decimal | int | None, digits: int = 0) -> Text:
    """Write a number with so many decimals, halves rounded up; null as a dash."""
    if value is None:
        return Text(NOT_MEASURED, NOT_MEASURED)
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    sign = MINUS if rounded < 0 else ""
    whole, _, fraction = format(abs(rounded), ",f").partition(".")
    tail_en, tail_es = (f".{fraction}", f",{fraction}") if fraction else ("", "")
    return Text(sign + whole + tail_en, sign + whole.replace(",", NARROW_SPACE) + tail_es)


def signed(value: Decimal | None, digits: int = 0) -> Text:
    """Write a difference: what is above zero has a plus sign."""
    text = number(value, digits)
    rises = value is not None and value > 0
    return Text(f"+{text.en}", f"+{text.es}") if rises else text


def digits_of(unit: str) -> int:
    """Return how many decimals a reader needs in a unit."""
    return {"ha": 1, "%": 2, "1": 3, "tC/ha": 1, "tCO2e/ha": 1}.get(unit, 0)


def percent(fraction: Decimal | None, digits: int = 1) -> Text:
    """Write a fraction as per cent."""
    text = number(None if fraction is None else fraction * 100, digits)
    return text if fraction is None else Text(f"{text.en} %", f"{text.es} %")


def digits_as_written(text: str) -> Text:
    """Return a number that is told with all its digits, with the decimal sign of each language; other text as it is."""
    is_number = re.fullmatch(r"-?\d+\.\d+", text) is not None
    return Text(text, text.replace(".", ",")) if is_number else Text(text, text)


def day(value: date) -> Text:
    """Write a date in words."""
    return Text(
        f"{value.day} {_MONTHS_EN[value.month - 1]} {value.year}",
        f"{value.day} de {_MONTHS_ES[value.month - 1]} de {value.year}",
    )


def day_month(value: date) -> Text:
    """Write a date without its year, with the month cut to three letters."""
    return Text(f"{value.day} {_MONTHS_EN[value.month - 1][:3]}", f"{value.day} {_MONTHS_ES[value.month - 1][:3]}")


def size(count: int) -> Text:
    """Write a number of bytes."""
    for unit, divisor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= divisor:
            text = number(Decimal(count) / divisor, 1)
            return Text(f"{text.en} {unit}", f"{text.es} {unit}")
    return Text(f"{count} B", f"{count} B")


def pretty_unit(unit: str) -> str:
    """Write a unit with its subscript; a bare ratio has none."""
    return "" if unit == "1" else unit.replace("CO2", "CO₂")
