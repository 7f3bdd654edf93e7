"""Records of species: Darwin Core archives and tables, GBIF, iNaturalist; dates, vocabularies and places."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import pytest

from mrv.errors import InputError
from mrv.project_sources import OccurrenceFile, Occurrences
from mrv.sources import occurrences
from mrv.sources.contract import Parsed, Request
from mrv.sources.occurrence_dates import event_days
from mrv.sources.records import UnusableValueError

CORE = {
    "occurrenceID": "urn:1",
    "basisOfRecord": "HumanObservation",
    "scientificName": "Panthera onca (Linnaeus, 1758)",
    "eventDate": "2024-03-01/2024-03-05",
    "decimalLatitude": "-7.1",
    "decimalLongitude": "-77.1",
    "coordinateUncertaintyInMeters": "30",
    "individualCount": "1",
    "countryCode": "PE",
    "recordedBy": "Rosa",
}
GBIF = {
    "gbifID": "400",
    "occurrenceID": "https://www.inaturalist.org/observations/7",
    "species": "Panthera onca",
    "scientificName": "Panthera onca (Linnaeus, 1758)",
    "taxonRank": "SPECIES",
    "locality": 'the "big" ford',
    "occurrenceStatus": "PRESENT",
    "decimalLatitude": "-7.1",
    "decimalLongitude": "-77.1",
    "eventDate": "2024-03",
    "basisOfRecord": "HUMAN_OBSERVATION",
}
INATURALIST = {
    "id": "7",
    "observed_on": "2024-03-01",
    "quality_grade": "research",
    "captive_cultivated": "false",
    "place_guess": "Huayabamba",
    "latitude": "-7.1",
    "longitude": "-77.1",
    "positional_accuracy": "20",
    "private_latitude": "",
    "private_longitude": "",
    "coordinates_obscured": "false",
    "scientific_name": "Panthera onca",
    "user_name": "Rosa",
}
META = """<archive xmlns="http://rs.tdwg.org/dwc/text/"><core encoding="UTF-8" rowType="http://rs.tdwg.org/dwc/terms/Occurrence"
 fieldsTerminatedBy="\\t" linesTerminatedBy="\\n" fieldsEnclosedBy="" ignoreHeaderLines="1">
<files><location>occurrence.txt</location></files><id index="0"/>
<field index="1" term="http://rs.tdwg.org/dwc/terms/scientificName"/>
<field index="2" term="http://rs.tdwg.org/dwc/terms/eventDate"/>
<field index="3" term="http://rs.tdwg.org/dwc/terms/dataGeneralizations"/>
<field default="PreservedSpecimen" term="http://rs.tdwg.org/dwc/terms/basisOfRecord"/>{more}</core></archive>"""


def table(row: dict[str, str], delimiter: str = ",") -> bytes:
    cells = [f'"{cell}"' if delimiter in cell else cell for cell in row.values()]
    return (delimiter.join(row) + "\n" + delimiter.join(cells) + "\n").encode()


def archive(**files: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name, text in files.items():
            packed.writestr(name.replace("_", "."), text)
    return stream.getvalue()


def read(request: Request, content: bytes, form: Any, name: str = "records.csv") -> Parsed:
    folder = request.project_folder / "species"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    item = OccurrenceFile(path=name, format=form, licence="CC0-1.0", citation="-")
    spec = Occurrences(connector="occurrences", name="s", root="species", files=(item,))
    return occurrences.parse(spec, occurrences.pull(spec, request), request)["occurrences"]


def only(parsed: Parsed) -> dict[str, Any]:
    assert parsed.rejected == []
    [row] = parsed.table.to_pylist()
    return dict(row)


def test_darwin_core(request_: Request) -> None:
    row = only(read(request_, table(CORE), "darwin_core_csv"))
    assert (row["observed_on"], row["observed_to"]) == (date(2024, 3, 1), date(2024, 3, 5))
    assert (row["occurrence_status"], row["coordinates_generalised"], row["recorded_by"]) == ("present", False, "Rosa")
    assert (row["latitude"], row["longitude"], row["coordinate_uncertainty_m"]) == (-7.1, -77.1, 30.0)


def test_gbif_is_read_without_quotes_by_its_publishers_id(request_: Request) -> None:
    row = only(read(request_, table(GBIF, "\t"), "gbif"))
    assert row["occurrence_id"] == "https://www.inaturalist.org/observations/7"
    assert (row["scientific_name"], row["basis_of_record"]) == ("Panthera onca", "HumanObservation")
    assert row["locality"] == 'the "big" ford'
    assert (row["observed_on"], row["observed_to"]) == (date(2024, 3, 1), date(2024, 3, 31))
    assert only(read(request_, table(GBIF | {"occurrenceID": ""}, "\t"), "gbif"))["occurrence_id"] == "gbif:400"


def test_inaturalist_gives_the_same_id_as_gbif(request_: Request) -> None:
    row = only(read(request_, table(INATURALIST), "inaturalist"))
    assert row["occurrence_id"] == "https://www.inaturalist.org/observations/7"
    assert (row["coordinates_generalised"], row["latitude"]) == (False, -7.1)


def test_obscured_places_are_marked_unless_the_true_one_is_there(request_: Request) -> None:
    obscured = INATURALIST | {"coordinates_obscured": "true"}
    assert only(read(request_, table(obscured), "inaturalist"))["coordinates_generalised"] is True
    known = obscured | {"private_latitude": "-7.2", "private_longitude": "-77.2"}
    row = only(read(request_, table(known), "inaturalist"))
    assert (row["latitude"], row["coordinates_generalised"]) == (-7.2, False)
    assert row["obscured_at_source"] is True


@pytest.mark.parametrize(
    ("geoprivacy", "taxon", "expected"),
    [
        ("", "", False),
        ("open", "open", False),
        ("obscured", "", True),
        ("Private", "open", True),
        ("", "obscured", True),
    ],
)
def test_a_wish_for_privacy_is_kept_with_the_true_place(
    request_: Request, geoprivacy: str, taxon: str, expected: bool
) -> None:
    known = {"private_latitude": "-7.2", "private_longitude": "-77.2"}
    record = INATURALIST | known | {"geoprivacy": geoprivacy, "taxon_geoprivacy": taxon}
    row = only(read(request_, table(record), "inaturalist"))
    assert (row["coordinates_generalised"], row["obscured_at_source"]) == (False, expected)


@pytest.mark.parametrize("term", ["dataGeneralizations", "informationWithheld"])
def test_gbif_says_what_its_publisher_obscured(request_: Request, term: str) -> None:
    assert only(read(request_, table(GBIF, "\t"), "gbif"))["obscured_at_source"] is False
    assert only(read(request_, table(GBIF | {term: "to 0.2 degrees"}, "\t"), "gbif"))["obscured_at_source"] is True


def test_a_darwin_core_archive_is_read_by_its_meta(request_: Request) -> None:
    content = archive(
        meta_xml=META.format(more=""), occurrence_txt="id\tn\td\tg\n9\tTapirus terrestris\t2020\tby 10 km\n"
    )
    row = only(read(request_, content, "darwin_core_archive", "a.zip"))
    assert (row["occurrence_id"], row["basis_of_record"]) == ("9", "PreservedSpecimen")
    assert (row["observed_on"], row["observed_to"]) == (date(2020, 1, 1), date(2020, 12, 31))
    assert row["coordinates_generalised"] is True


SPOILT = [
    ("darwin_core_csv", CORE, {"basisOfRecord": "hearsay"}, "unknown_choice"),
    ("darwin_core_csv", CORE, {"basisOfRecord": ""}, "missing_value"),
    ("darwin_core_csv", CORE, {"occurrenceID": ""}, "missing_value"),
    ("darwin_core_csv", CORE, {"scientificName": "NA"}, "missing_value"),
    ("darwin_core_csv", CORE, {"eventDate": "01/03/2024"}, "unreadable_value"),
    ("darwin_core_csv", CORE, {"eventDate": "2024-02-30"}, "unreadable_value"),
    ("darwin_core_csv", CORE, {"decimalLatitude": "-77.1", "decimalLongitude": "-7.1"}, "swapped_coordinates"),
    ("darwin_core_csv", CORE, {"decimalLatitude": "7°6'S"}, "unreadable_value"),
    ("darwin_core_csv", CORE, {"geodeticDatum": "PSAD56"}, "unknown_datum"),
    ("gbif", GBIF, {"occurrenceStatus": "MAYBE"}, "unknown_choice"),
    ("inaturalist", INATURALIST, {"quality_grade": "needs_id"}, "identification_not_confirmed"),
    ("inaturalist", INATURALIST, {"captive_cultivated": "true"}, "captive_or_cultivated"),
    ("inaturalist", INATURALIST, {"latitude": "-77.1", "longitude": "-7.1"}, "swapped_coordinates"),
]


@pytest.mark.parametrize(("form", "sound", "change", "rule"), SPOILT)
def test_a_spoilt_record_is_set_aside(request_: Request, form: str, sound: Any, change: Any, rule: str) -> None:
    parsed = read(request_, table(sound | change, "\t" if form == "gbif" else ","), form)
    assert (parsed.rows_read, parsed.table.num_rows) == (1, 0)
    assert [item["rule"] for item in parsed.rejected] == [rule]
    assert "77.1" not in parsed.rejected[0]["reason"]


def test_year_month_and_day_stand_in_for_a_date(request_: Request) -> None:
    older = CORE | {"eventDate": "", "year": "1987", "month": "6", "day": "", "geodeticDatum": "EPSG:4326"}
    row = only(read(request_, table(older), "darwin_core_csv"))
    assert (row["observed_on"], row["observed_to"]) == (date(1987, 6, 1), date(1987, 6, 30))
    undated = only(read(request_, table(older | {"year": "", "day": "4"}), "darwin_core_csv"))
    assert (undated["observed_on"], undated["observed_to"]) == (None, None)


def test_records_of_absence_are_kept_as_such(request_: Request) -> None:
    assert (
        only(read(request_, table(GBIF | {"occurrenceStatus": "ABSENT"}, "\t"), "gbif"))["occurrence_status"]
        == "absent"
    )


def test_a_ragged_row_and_one_with_nul_are_set_aside(request_: Request) -> None:
    content = (
        table(CORE) + b"urn:2,HumanObservation\n" + table(CORE | {"occurrenceID": "a\x00"}).split(b"\n")[1] + b"\n"
    )
    parsed = read(request_, content, "darwin_core_csv")
    assert [item["rule"] for item in parsed.rejected] == ["ragged_row", "nul_character"]
    assert parsed.table.num_rows == 1


ARCHIVES = {
    "no meta": (archive(readme_txt="x"), "no Darwin Core archive"),
    "no XML": (archive(meta_xml="<archive", occurrence_txt=""), "cannot be read"),
    "an entity": (
        archive(meta_xml='<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><archive>&x;</archive>'),
        "cannot be read",
    ),
    "a core of events": (
        archive(meta_xml=META.format(more="").replace("terms/Occurrence", "terms/Event"), occurrence_txt=""),
        "holds no occurrences",
    ),
    "no file": (archive(meta_xml=META.format(more="")), "lacks the file"),
    "a file above": (archive(meta_xml=META.format(more="").replace("occurrence.txt", "../x.txt")), "lacks the file"),
    "a field twice": (
        archive(
            meta_xml=META.format(more='<field index="5" term="http://rs.tdwg.org/dwc/terms/eventDate"/>'),
            occurrence_txt="a\n",
        ),
        "stand twice",
    ),
    "a long delimiter": (
        archive(meta_xml=META.format(more="").replace('"\\t"', '"::"'), occurrence_txt="a\n"),
        "cannot be used",
    ),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_that_cannot_be_used_is_refused(request_: Request, name: str) -> None:
    content, words = ARCHIVES[name]
    with pytest.raises(InputError, match=words) as caught:
        read(request_, content, "darwin_core_archive", "a.zip")
    assert caught.value.remedy


def test_a_table_without_a_needed_column_or_in_another_encoding_is_refused(request_: Request) -> None:
    with pytest.raises(InputError, match="lacks columns"):
        read(request_, b"occurrenceID,scientificName\n1,x\n", "darwin_core_csv")
    with pytest.raises(InputError, match="not in its encoding"):
        read(request_, table(CORE | {"countryCode": "Perú"}).decode().encode("cp1252"), "darwin_core_csv")


DATES: list[tuple[str, tuple[str, str]]] = [
    ("2024-03-01", ("2024-03-01", "2024-03-01")),
    ("2024-03-01T23:30:00-05:00", ("2024-03-01", "2024-03-01")),
    ("2024-03-01T23:30Z/2024-03-02T01:00Z", ("2024-03-01", "2024-03-02")),
    ("2024-03-01/05", ("2024-03-01", "2024-03-05")),
    ("2024-03-01/04-02", ("2024-03-01", "2024-04-02")),
    ("2024-02", ("2024-02-01", "2024-02-29")),
    ("2019/2020", ("2019-01-01", "2020-12-31")),
    ("2024-3-1", ("2024-03-01", "2024-03-01")),
]


@pytest.mark.parametrize(("text", "span"), DATES)
def test_dates_of_darwin_core(text: str, span: tuple[str, str]) -> None:
    assert event_days(text) == tuple(date.fromisoformat(day) for day in span)


@pytest.mark.parametrize(
    "text", ["2024-13", "2024-02-30", "2024-03-05/2024-03-01", "03/2024", "yesterday", "2024-00-01"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(UnusableValueError):
        event_days(text)


def test_no_date_is_none() -> None:
    assert event_days(" ") == (None, None)
