"""Sheets without arithmetic: how to read the workbook, what it rests on, its versions, and the checks."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from mrv.package.contents import Contents
from mrv.package.workbook.book import TOLERANCE, Book, Column, Sheet
from mrv.package.workbook.expressions import Expression

CHECKS, SOURCES, CHANGELOG = "checks", "sources", "changelog"
TEXTS = (
    (
        "This workbook carries the primary account of the project from its inputs to its credits by formulas. Beside each formula, a "
        "column ending in _dbt holds what the published tables have; the sheet checks holds the differences, all zero.",
        "Este libro lleva la cuenta principal del proyecto de sus entradas a sus créditos con fórmulas. Junto a cada fórmula, una "
        "columna que termina en _dbt tiene lo que dicen las tablas publicadas; la hoja checks tiene las diferencias, todas cero.",
    ),
    (
        "Colours: blue, an input; black, a formula; grey italics, as dbt computed it; orange, a number that the ledger computed and "
        "that is no formula here (decay over years, Monte Carlo, declared amounts, net losses of earlier periods).",
        "Colores: azul, una entrada; negro, una fórmula; gris cursiva, según dbt; naranja, un número que calculó el libro y "
        "que aquí no es fórmula (descomposición en años, Monte Carlo, cantidades declaradas, pérdidas netas de períodos anteriores).",
    ),
    (
        "The account of record is that of the tables (data/tables): exact decimals. A spreadsheet holds 15 digits; differences up to "
        "0.000001 count as zero.",
        "La cuenta oficial es la de las tablas (data/tables): decimales exactos. Una hoja de cálculo tiene 15 dígitos; diferencias "
        "hasta 0.000001 cuentan como cero.",
    ),
    (
        "Other accounts of the project, under other rule sets, stand in the tables alone.",
        "Las otras cuentas del proyecto, bajo otras reglas, están solo en las tablas.",
    ),
    (
        "Text that begins with = + - @ carries an apostrophe here, so that no text becomes a formula; the tables hold it as it was.",
        "Un texto que empieza con = + - @ lleva aquí un apóstrofo para que ningún texto sea fórmula; las tablas lo tienen como era.",
    ),
)
NO_ACCOUNT = (
    "This package holds no account: there is nothing to credit in its period.",
    "Este paquete no tiene cuenta: no hay nada que acreditar en su período.",
)


def readme(book: Book, *, has_account: bool) -> Sheet:
    """Add the sheet that says how to read the others."""
    sheet = book.sheet("readme", ("Emission reductions workbook", "Libro de reducciones de emisiones"))
    told = sheet.table(
        [
            Column("english", "How to read it", "Cómo leerlo (inglés)", width=80),
            Column("español", "How to read it (Spanish)", "Cómo leerlo", width=80),
        ]
    )
    for en, es in TEXTS if has_account else (NO_ACCOUNT,):
        told.add(english=en, español=es)
    return sheet


def list_sheets(book: Book, front: Sheet) -> None:
    """Add the names and titles of all sheets to the one that says how to read them."""
    table = front.table(
        [
            Column("english", "Sheet and what it holds", "Hoja y qué contiene (inglés)", width=80),
            Column("español", "Sheet and what it holds (Spanish)", "Hoja y qué contiene", width=80),
        ]
    )
    for sheet in book.sheets[1:]:
        en, es = sheet.title
        table.add(english=f"{sheet.name}: {en}", español=f"{sheet.name}: {es}")


def checks(book: Book) -> None:
    """Add the sheet of differences: one for each formula that dbt has a number for, and how many are not zero."""
    sheet = book.sheet(
        CHECKS,
        ("Checks: formula less dbt, all zero", "Verificaciones: fórmula menos dbt, todo cero"),
        (
            (
                "A difference of at most 0.000001 in absolute terms is shown as 0.",
                "Una diferencia absoluta de hasta 0.000001 se muestra como 0.",
            ),
        ),
    )
    total = sheet.table(
        [
            Column("total", "All checks", "Todas las verificaciones", width=14),
            Column("count", "Number of checks", "Número de verificaciones", "whole", 60),
            Column("not_zero", "Of them not zero", "De ellas no cero", "whole", 18),
        ]
    )
    row = total.add(total="total")
    table = sheet.table(
        [
            Column("sheet", "Sheet", "Hoja", width=14),
            Column("what", "What is compared", "Qué se compara", width=60),
            Column("workbook", "Formula", "Fórmula", "stock", 22),
            Column("dbt", "dbt", "dbt", "stock", 22),
            Column("difference", "Difference", "Diferencia", "difference", 14),
        ]
    )
    for check in book.checks:
        line = table.add(sheet=check.sheet, what=check.what, workbook=check.own, dbt=check.dbt)
        own, dbt = line.cell("workbook"), line.cell("dbt")
        line["difference"] = Expression(
            f"IF(ABS({own.text}-{dbt.text})<=0.000001,0,{own.text}-{dbt.text})", difference(own, dbt)
        )
    span = table.span("difference")
    wrong = sum(1 for check in book.checks if difference(check.own, check.dbt))
    row["count"] = Expression(f"COUNT({span})", float(len(book.checks)))
    row["not_zero"] = Expression(f"ROWS({span})-COUNTIF({span},0)", float(wrong))
    if not book.checks:
        row["count"], row["not_zero"] = 0, 0


def difference(own: Expression, dbt: Expression) -> float:
    """Return how far a formula is from what dbt has: zero within the tolerance."""
    if own.value is None or dbt.value is None:
        return 1.0
    found = own.value - dbt.value
    return 0.0 if abs(found) <= TOLERANCE else found


def sources(book: Book, inputs_csv: Path) -> None:
    """Add the sheet of the received files, as the package lists them.

    Args:
        book: The workbook.
        inputs_csv: The package's list.
    """
    sheet = book.sheet(
        SOURCES,
        ("Sources: received files", "Fuentes: archivos recibidos"),
        (
            (
                "Addresses and licences stand in data/provenance/inputs.csv.",
                "Direcciones y licencias están en data/provenance/inputs.csv.",
            ),
        ),
    )
    shown = (
        Column("dataset", "Dataset", "Conjunto de datos", width=20),
        Column("source", "Source", "Fuente", width=20),
        Column("product", "Product", "Producto", width=20),
        Column("version", "Version", "Versión", width=16),
        Column("address", "Address in the store", "Dirección en el almacén", width=50),
        Column("sha256", "sha256", "sha256", width=66),
        Column("bytes", "Bytes", "Bytes", width=14),
        Column("retrieved_at", "Retrieved at", "Obtenido el", width=26),
        Column("licence", "Licence", "Licencia", width=24),
    )
    table = sheet.table(shown)
    for row in csv.DictReader(io.StringIO(inputs_csv.read_text(encoding="utf-8"))):
        table.add(**{column.name: row.get(column.name) for column in shown})


def changelog(book: Book, contents: Contents) -> None:
    """Add the sheet of the package's version and the one before."""
    sheet = book.sheet(
        CHANGELOG,
        ("Version of the package", "Versión del paquete"),
        (
            (
                "Every changed figure of a later version stands in data/changes.",
                "Cada cifra cambiada de una versión posterior está en data/changes.",
            ),
        ),
    )
    table = sheet.table(
        [
            Column("version", "Version", "Versión", "whole", 10),
            Column("package", "Package", "Paquete", width=50),
            Column("frozen_at", "Frozen at", "Congelado el", width=30),
            Column("approved_by", "Approved by", "Aprobado por", width=24),
            Column("reason", "Reason", "Motivo", width=60),
        ]
    )
    if contents.previous is not None:
        table.add(version=contents.previous.version, package=contents.previous.name)
    approval = contents.approval
    table.add(
        version=contents.version,
        package=contents.name,
        frozen_at=contents.created_at,
        approved_by=None if approval is None else approval.approved_by,
        reason="first version / primera versión" if approval is None else approval.reason,
    )
