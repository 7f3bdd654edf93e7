"""A small report with every kind of block and with texts that try to be more than text. Run as a script, it writes its PDF."""

import sys
from decimal import Decimal
from io import BytesIO

from PIL import Image

from mrv.package.charts import Series, bars
from mrv.package.monitoring.blocks import (
    Bullets,
    Column,
    DataTable,
    Document,
    Heading,
    Language,
    Paragraph,
    Picture,
    Reference,
    Strong,
)
from mrv.package.monitoring.pdf import to_pdf
from mrv.package.wording import Text

HOSTILE = 'a "b" </style><script>x</script> & \\ <b>c</b> \x07end'
LONG_WORD = "superficie" * 30


def chart() -> bytes:
    series = [
        Series(Text("Project", "Proyecto"), "fill-project", [Decimal(10), Decimal(4)]),
        Series(Text("Belt", "Cinturón"), "fill-belt", [Decimal(7), None]),
    ]
    drawn = bars(
        title=Text("Loss", "Pérdida"),
        unit="ha",
        groups=["2023", "2024"],
        series=series,
        labels=True,
        bands=[False, True],
    )
    assert drawn
    return drawn.encode()


def png() -> bytes:
    stream = BytesIO()
    Image.new("RGB", (60, 40), (23, 105, 76)).save(stream, "PNG")
    return stream.getvalue()


def wide_table(rows: int = 30) -> DataTable:
    columns = tuple(Column(f"Columna_larga_{place}", "right" if place % 2 else "left") for place in range(12))
    cells = tuple(
        tuple((f"{row * 1_000_000 + place:,}",) if (row + place) % 5 else () for place in range(12))
        for row in range(rows)
    )
    return DataTable("Doce columnas", columns, cells, landscape=True)


def report(language: Language = "es") -> Document:
    narrow = (Column("Indicador", share=2), Column("Valor", "right"), Column("Unidad"))
    return Document(
        language,
        "Informe de monitoreo",
        HOSTILE,
        (("Título del proyecto", "Concesión Ñandú"), ("Contacto", "Nombre\nCalle 1\ncorreo@example.org")),
        (
            Heading(1, "1", "Resumen de los beneficios"),
            Paragraph(
                (
                    "¿Cuánto se evitó? ",
                    Reference("er.vcu.total", "244\u202f057 VCU"),
                    ", ",
                    Strong("según"),
                    " la regla.",
                )
            ),
            Paragraph((HOSTILE,), "warning"),
            Paragraph(("Por redactar por el proyecto",), "missing"),
            Bullets(((LONG_WORD,), ("dos",))),
            DataTable("Sin nada", narrow, ()),
            Heading(2, "1.1", "Métricas"),
            DataTable(
                "Métricas (benefit_metrics)",
                narrow,
                tuple(
                    ((f"área {row} en la tabla data/tables/una_tabla.csv",), (f"{row},5",), ("ha",))
                    for row in range(60)
                ),
            ),
            Heading(2, "1.2", "Cuadros anchos"),
            wide_table(),
            Paragraph(("Más filas en data/tables/csv/x.csv",), "note"),
            Heading(1, "2", "Clima"),
            Picture(chart(), "image/svg+xml", "Pérdida por año", "Barras: 10 y 4 ha"),
            Picture(png(), "image/png", "Mapa", "Un rectángulo verde", 0.4),
        ),
        "DATOS SIMULADOS: no describen un bosque real.",
        "2026-11-20T12:00:00+00:00",
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(to_pdf(report()))
