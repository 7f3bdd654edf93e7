"""Connector `occurrences`: records of species as Darwin Core, or as GBIF or iNaturalist export them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mrv.errors import ProjectError
from mrv.ledger import Artifact
from mrv.project_sources import OccurrenceFile, Occurrences
from mrv.sources.contract import Parsed, Request
from mrv.sources.coordinates import refuse_swapped
from mrv.sources.fetch import Wanted, base_of, fetching
from mrv.sources.occurrence_dates import event_days
from mrv.sources.occurrence_tables import GBIF, PLAIN, TextRow, archive_table, read_rows
from mrv.sources.records import Record, Records, UnusableValueError, merge, truth

_DATASET = "occurrences"
_REMEDY = "mend the record where it is kept, and export it again"
_MISSING = ("", "NA", "null")
_BASES = (
    "HumanObservation",
    "MachineObservation",
    "PreservedSpecimen",
    "LivingSpecimen",
    "FossilSpecimen",
    "MaterialSample",
    "MaterialCitation",
    "MaterialEntity",
    "Observation",
    "Occurrence",
)
BASIS = {basis.lower(): basis for basis in _BASES}
"""Basis of a record without underscores and in lower case (GBIF writes HUMAN_OBSERVATION) to the term of Darwin Core."""
_STATUS = {"": "present", "present": "present", "absent": "absent"}
_DARWIN_CORE = {
    "taxon_rank": "taxonRank",
    "kingdom": "kingdom",
    "longitude": "decimalLongitude",
    "latitude": "decimalLatitude",
    "coordinate_uncertainty_m": "coordinateUncertaintyInMeters",
    "individual_count": "individualCount",
    "country_code": "countryCode",
    "sampling_protocol": "samplingProtocol",
    "licence": "license",
    "source_dataset": "datasetName",
    "locality": "locality",
    "recorded_by": "recordedBy",
    "identified_by": "identifiedBy",
    "remarks": "occurrenceRemarks",
}
"""Landed column to term."""
_INATURALIST = {
    "coordinate_uncertainty_m": "positional_accuracy",
    "licence": "license",
    "locality": "place_guess",
    "recorded_by": "user_name",
    "remarks": "description",
}
_NEEDED = {
    "darwin_core_archive": ("occurrenceID", "basisOfRecord", "scientificName"),
    "darwin_core_csv": ("occurrenceID", "basisOfRecord", "scientificName"),
    "gbif": ("gbifID", "basisOfRecord", "scientificName", "occurrenceStatus", "eventDate"),
    "inaturalist": ("id", "observed_on", "quality_grade", "scientific_name", "latitude", "longitude"),
}
_CONFIRMED = "research"
_OBSCURED = frozenset({"obscured", "private", "obscured_private"})
_DATUMS = frozenset({"", "wgs84", "epsg4326", "wgs1984", "worldgeodeticsystem1984", "notrecorded", "unknown"})
"""Datums that are WGS84, or not told, as letters and digits."""


def pull(spec: Occurrences, request: Request) -> list[Artifact]:
    """See `Connector.pull`."""
    wanted = [
        Wanted(
            dataset=_DATASET,
            product=item.format,
            address=_address(spec, item),
            path=item.path,
            kind="zip" if item.format == "darwin_core_archive" else "csv",
            licence=item.licence,
            citation=item.citation,
        )
        for item in spec.files
    ]
    with fetching(
        request,
        source=spec.name,
        base=base_of(spec.name, str(request.project_folder / spec.root), request.settings),
        remedy="check root and path of the source in project.yaml",
    ) as fetcher:
        return fetcher.fetch_all(wanted, label=f"{spec.name}: species records")


def parse(spec: Occurrences, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """See `Connector.parse`.

    Raises:
        InputError: A file is not of the format that the project names, or lacks a needed column.
    """
    by_address = {item.address: item for item in artifacts}
    parts = []
    for item in spec.files:
        artifact = by_address.get(_address(spec, item))
        if artifact is None:
            raise ProjectError(
                "a declared file was not pulled",
                expected=_address(spec, item),
                found=", ".join(sorted(by_address)),
                remedy="pull the source again after a change of project.yaml",
            )
        parts.append((_DATASET, _parsed(item, artifact, request)))
    return merge(parts)


def _address(spec: Occurrences, item: OccurrenceFile) -> str:
    return f"occurrences/{spec.name}/{item.path}"


def _parsed(item: OccurrenceFile, artifact: Artifact, request: Request) -> Parsed:
    path = request.store.get(artifact.sha256)
    if item.format == "darwin_core_archive":
        content, layout = archive_table(path, label=artifact.address, max_bytes=request.settings.max_file_bytes)
    else:
        content, layout = path.read_bytes(), GBIF if item.format == "gbif" else PLAIN
    records = Records(_DATASET)
    for row in read_rows(content, layout, label=artifact.address, required=_NEEDED[item.format]):
        record = records.record(
            row.cells,
            artifact=artifact.sha256,
            row=row.number,
            where=f"{artifact.address}, row {row.number}",
            remedy=_REMEDY,
        )
        if row.problem is not None:
            record.reject(*row.problem)
        elif item.format == "inaturalist":
            _read_inaturalist(record, row)
        else:
            _read_darwin_core(record, row, gbif=item.format == "gbif")
        refuse_swapped(record, request.bounds)
        record.done()
    return records.parsed()


def _read_darwin_core(record: Record, row: TextRow, *, gbif: bool) -> None:
    cells = row.cells
    # GBIF gives records the id that their publisher gave them, which is how one finds a record again that came twice.
    own = cells.get("occurrenceID", "")
    record.read(
        "occurrence_id",
        own if own.strip() else (f"gbif:{cells['gbifID'].strip()}" if gbif else ""),
        name="occurrenceID",
    )
    _read_choice(record, "basis_of_record", cells["basisOfRecord"].replace("_", "").strip(), BASIS, "basisOfRecord")
    _read_choice(record, "occurrence_status", cells.get("occurrenceStatus", "").strip(), _STATUS, "occurrenceStatus")
    name = (gbif and cells.get("species", "").strip()) or cells["scientificName"]
    record.read("scientific_name", name, missing=_MISSING, name="scientificName")
    for column, term in _DARWIN_CORE.items():
        if term in cells:
            record.read(column, cells[term], missing=_MISSING, name=term)
    _read_days(record, cells.get("eventDate", "").strip() or _parts(cells), "eventDate")
    datum = "".join(letter for letter in cells.get("geodeticDatum", "").casefold() if letter.isalnum())
    if datum not in _DATUMS:
        record.reject("unknown_datum", "geodeticDatum is not WGS84: the place may be hundreds of metres away")
    withheld = any(cells.get(term, "").strip() for term in ("informationWithheld", "dataGeneralizations"))
    record.set("coordinates_generalised", withheld)
    record.set("obscured_at_source", withheld)


def _parts(cells: Mapping[str, str]) -> str:
    """Return year, month and day as one date, as older records give them."""
    parts = [cells.get(name, "").strip() for name in ("year", "month", "day")]
    known = parts[: parts.index("")] if "" in parts else parts
    return "-".join(known)


def _read_inaturalist(record: Record, row: TextRow) -> None:
    """Read a record of an iNaturalist export; of an obscured one the true place, where the export has it."""
    cells = row.cells
    number = cells["id"].strip()
    record.read("occurrence_id", f"https://www.inaturalist.org/observations/{number}" if number else "", name="id")
    record.set("basis_of_record", "HumanObservation")
    record.set("occurrence_status", "present")
    record.set("source_dataset", "iNaturalist")
    record.read("scientific_name", cells["scientific_name"], missing=_MISSING)
    for column, name in _INATURALIST.items():
        if name in cells:
            record.read(column, cells[name], missing=_MISSING, name=name)
    place, generalised = _place(cells)
    for column, value in place.items():
        record.read(column, value, missing=_MISSING)
    record.set("coordinates_generalised", generalised)
    record.set("obscured_at_source", _is_obscured(cells))
    _read_days(record, cells["observed_on"], "observed_on")
    if cells["quality_grade"].strip() != _CONFIRMED:
        record.reject("identification_not_confirmed", "its quality_grade is not research: nobody confirmed the species")
    if _is_true(cells.get("captive_cultivated", "")):
        record.reject("captive_or_cultivated", "the animal is captive or the plant cultivated")


def _place(cells: Mapping[str, str]) -> tuple[dict[str, str], bool]:
    private = {column: cells.get(f"private_{column}", "").strip() for column in ("longitude", "latitude")}
    if all(private.values()):
        return private, False
    return {column: cells[column] for column in private}, _is_true(cells.get("coordinates_obscured", ""))


def _is_obscured(cells: Mapping[str, str]) -> bool:
    """Tell whether iNaturalist hides the place from others, by the wish of the observer or for what the taxon is there."""
    hidden = any(cells.get(name, "").strip().lower() in _OBSCURED for name in ("geoprivacy", "taxon_geoprivacy"))
    return hidden or _is_true(cells.get("coordinates_obscured", ""))


def _is_true(text: str) -> bool:
    try:
        return truth(text.strip())
    except UnusableValueError:
        return False


def _read_choice(record: Record, column: str, text: str, choices: Mapping[str, str], name: str) -> None:
    found = choices.get(text.lower())
    if found is None:
        rule = "unknown_choice" if text else "missing_value"
        record.reject(rule, f"{name} is {text[:40]!r}, not one of {', '.join(dict.fromkeys(choices.values()))}")
    record.set(column, found)


def _read_days(record: Record, text: str, name: str) -> None:
    try:
        first, last = event_days(text)
    except UnusableValueError as error:
        record.reject(error.rule, f"{name} is {text[:40]!r}, not {error.expected}")
        return
    record.set("observed_on", first)
    record.set("observed_to", last)
