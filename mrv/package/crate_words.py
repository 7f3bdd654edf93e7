"""What the parts of a package are called and what they are, in two languages, for its RO-Crate."""

from __future__ import annotations

from collections.abc import Mapping

from mrv.package.wording import Text

TOP = (
    Text("The package", "El paquete"),
    Text("Where to begin, and how to verify the package.", "Por dónde empezar y cómo verificar el paquete."),
)
SECTIONS: Mapping[str, tuple[Text, Text]] = {
    "report/": (
        Text("Reports and maps", "Informes y mapas"),
        Text(
            "The monitoring report and its summary, for people.",
            "El informe de monitoreo y su resumen, para las personas.",
        ),
    ),
    "workbook/": (
        Text("Workbook", "Libro de cálculo"),
        Text(
            "The calculation of emission reductions in formulas.",
            "El cálculo de las reducciones de emisiones en fórmulas.",
        ),
    ),
    "tables/": (
        Text("Tables", "Tablas"),
        Text(
            "All published tables as Parquet and CSV, described by datapackage.json.",
            "Todas las tablas publicadas como Parquet y CSV, descritas por datapackage.json.",
        ),
    ),
    "landed/": (
        Text("Accepted rows", "Filas aceptadas"),
        Text("Rows that passed the checks, before any SQL.", "Filas que pasaron los controles, antes de todo SQL."),
    ),
    "vectors/": (
        Text("Boundaries", "Límites"),
        Text(
            "The zones of the project as GeoPackage, GeoJSON, GeoParquet and KML.",
            "Las zonas del proyecto como GeoPackage, GeoJSON, GeoParquet y KML.",
        ),
    ),
    "rasters/": (
        Text("Rasters", "Ráster"),
        Text(
            "The pixels behind the areas, as cloud-optimised GeoTIFF.",
            "Los píxeles tras las áreas, como GeoTIFF optimizado.",
        ),
    ),
    "stac/": (
        Text("Catalogue of rasters", "Catálogo de ráster"),
        Text("One STAC item per raster.", "Un elemento STAC por ráster."),
    ),
    "calc/": (
        Text("Calculation", "Cálculo"),
        Text("The SQL that ran and the parameters in force.", "El SQL ejecutado y los parámetros vigentes."),
    ),
    "trace/": (
        Text("Trace", "Rastro"),
        Text(
            "Each figure traced back to the files it comes from.",
            "Cada cifra rastreada hasta los archivos de los que viene.",
        ),
    ),
    "quality/": (
        Text("Quality", "Calidad"),
        Text("What was checked, set aside and waived.", "Lo que se controló, se apartó y se dispensó."),
    ),
    "provenance/": (
        Text("Provenance", "Procedencia"),
        Text("What each input is and how it was fetched.", "Qué es cada insumo y cómo se obtuvo."),
    ),
    "inputs/": (
        Text("Inputs", "Insumos"),
        Text("The received files, named by their SHA-256.", "Los archivos recibidos, nombrados por su SHA-256."),
    ),
    "project/": (
        Text("Definition of the project", "Definición del proyecto"),
        Text("The definition and the files that it names.", "La definición y los archivos que nombra."),
    ),
    "code/": (
        Text("Code", "Código"),
        Text("Which program and libraries computed the figures.", "Qué programa y bibliotecas calcularon las cifras."),
    ),
    "findings/": (
        Text("Findings", "Hallazgos"),
        Text("Findings of verifiers and their answers.", "Hallazgos de los verificadores y sus respuestas."),
    ),
    "changes/": (
        Text("Changes", "Cambios"),
        Text("What differs from the version before.", "Lo que difiere de la versión anterior."),
    ),
}
"""Folder below `data/` to its name and what it holds, in the order in which people read them."""

OF_FILES: Mapping[str, Text] = {
    "package.json": Text("Name, period and headline figures.", "Nombre, período y cifras principales."),
    "VERIFY.md": Text("How to verify the package.", "Cómo verificar el paquete."),
    "verify.py": Text(
        "Verifies the package with Python alone.",
        "Verifica el paquete con Python solamente.",
    ),
    "tables/datapackage.json": Text(
        "Columns, units, keys and codes of the tables (Data Package 2).",
        "Columnas, unidades, claves y códigos de las tablas (Data Package 2).",
    ),
    "inputs/fetch.csv": Text(
        "Inputs whose bytes are not here, and why.", "Insumos cuyos bytes no están aquí, y por qué."
    ),
    "provenance/openlineage.ndjson": Text(
        "The steps of the calculation as OpenLineage events.", "Los pasos del cálculo como eventos de OpenLineage."
    ),
    "calc/lineage.json": Text("Which table is made of which.", "Qué tabla está hecha de cuáles."),
}
"""Path below `data/` to what the file is, where its folder does not say it."""

UNKNOWN_FORMAT = "application/octet-stream"
FORMATS: Mapping[str, str] = {
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "html": "text/html",
    "json": "application/json",
    "kml": "application/vnd.google-earth.kml+xml",
    "lock": "text/plain",
    "md": "text/markdown",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
    "png": "image/png",
    "py": "text/x-python",
    "sql": "application/sql",
    "tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    "txt": "text/plain",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "yaml": "application/yaml",
    "yml": "application/yaml",
}
"""End of a file's name to its media type."""
