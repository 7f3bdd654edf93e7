"""How tests of labels write, pull and parse files of labels beside a small frozen design."""

from __future__ import annotations

from dataclasses import replace

from mrv.sources import sample
from tests.unit.sources.sample_folder import freeze, source, unit

PLAIN = {"path": "labels.csv", "format": "csv"}
CEO = {"path": "ceo.csv", "format": "ceo_sample", "columns": {"label": "Class", "loss_year": "Year, of loss"}}
CEO_HEADER = (
    "\ufeffplotid,sampleid,sample_internal_id,lon,lat,email,flagged,collection_time,analysis_duration,imagery_title,"
    'imagery_attributions,sample_geom,confidence,pl_unit_id,Class,"Year, of loss", Guest Interpreters'
)
ANA, BEN = "ana.perez@example.org", "ben@example.org"


def read(request_, files, *labels, **changes):
    """Write files of labels beside a frozen design, pull and parse them."""
    request = replace(request_, period_id="mp4")
    folder = request.project_folder / "sample"
    if not folder.exists():
        freeze(folder)
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    spec = source(*labels, **changes)
    artifacts = sample.pull(spec, request)
    return sample.parse(spec, artifacts, request), artifacts


def plain(request_, text, **changes):
    parsed, _ = read(request_, {"labels.csv": text}, PLAIN | changes.pop("file", {}), **changes)
    return parsed["sample_labels"]


def refused(parsed) -> tuple[str, str]:
    [item] = parsed.rejected
    assert parsed.table.num_rows == 0
    assert parsed.rows_read == 1
    return item["rule"], item["reason"]


def ceo_row(number, *, email=ANA, flagged="false", when="2026-03-01 10:05", label="loss", year="", place=None):
    longitude, latitude = place or (-77 + (3 * (number - 1) + 0.5) * 0.00025, -7.000125)
    return (
        f"{number},{number},{number + 900},{longitude},{latitude},{email},{flagged},{when},12.5 secs,Mosaic,"
        f'"(c) A, B",POINT({longitude} {latitude}),80,{unit(number)},{label},{year},'
    )
