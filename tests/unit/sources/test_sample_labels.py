"""Labels from their files to landed rows: what each layout means, what is refused with its unit, and nobody's name."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mrv.errors import InputError, ProjectError
from mrv.sources import sample
from mrv.sources.records import UnusableValueError
from mrv.sources.sample_design_files import UNITS_FILE
from mrv.sources.sample_labels import decimal_year, year_of
from mrv.sources.sample_people import codes_of
from tests.unit.sources.label_reading import ANA, BEN, CEO, CEO_HEADER, PLAIN, ceo_row, plain, read, refused
from tests.unit.sources.sample_folder import DESIGN, freeze, source, unit


# --- the design ---------------------------------------------------------------------------------------------------
def test_a_design_and_its_labels_land_together(request_) -> None:
    parsed, artifacts = read(
        request_, {"labels.csv": f"unit_id,label,interpreter\n{unit(1)},loss,Ana\n"}, PLAIN, simulated=True
    )
    [design] = parsed["sample_designs"].table.to_pylist()
    assert (design["design_id"], design["unit_count"], design["first_year"]) == (DESIGN, 8, 2022)
    assert parsed["sample_strata"].table.num_rows == 3
    assert parsed["sample_units"].table["unit_id"].to_pylist() == [unit(number) for number in range(1, 9)]
    assert parsed["sample_labels"].table["_artifact"].to_pylist() == [artifacts[3].sha256]
    assert [item.address for item in artifacts] == [
        "sample/labels_mp4/design.json",
        "sample/labels_mp4/strata.csv",
        "sample/labels_mp4/units.csv",
        "labels/labels_mp4/file-1",
    ]
    assert all(item.simulated for item in artifacts)
    assert all(part.rows_read == part.table.num_rows for part in parsed.values())


def test_a_design_without_labels_lands_with_an_empty_table(request_) -> None:
    parsed, artifacts = read(request_, {})
    assert parsed["sample_labels"].table.num_rows == 0
    assert not any(item.simulated for item in artifacts)


def test_runs_of_another_period_do_not_see_it(request_) -> None:
    freeze(request_.project_folder / "sample")
    assert sample.pull(source(), replace(request_, period_id="mp1")) == []


@pytest.mark.parametrize("drawn", [{"period": "mp1"}, {"project": "q"}])
def test_a_design_of_something_else_is_refused(request_, drawn) -> None:
    freeze(request_.project_folder / "sample", **drawn)
    with pytest.raises(ProjectError, match="drawn for something else") as caught:
        read(request_, {})
    assert next(iter(drawn.values())) in caught.value.found


def test_an_edited_unit_is_refused_with_its_row(request_) -> None:
    folder = request_.project_folder / "sample"
    freeze(folder)
    text = (folder / UNITS_FILE).read_text()
    (folder / UNITS_FILE).write_text(text.replace(f"{unit(2)},1,pa.stable_forest", f"{unit(2)},1,pa.loss"))
    with pytest.raises(InputError, match="was edited") as caught:
        read(request_, {})
    assert f"sample/labels_mp4/{UNITS_FILE}, row 2, {unit(2)}" in caught.value.where


# --- plain CSV ----------------------------------------------------------------------------------------------------
def test_a_filled_form_lands_with_all_that_it_says(request_) -> None:
    parsed = plain(
        request_,
        "unit_id,longitude,latitude,label,loss_year,forest_t1,forest_t2,forest_t3,confidence,image_before_id,"
        "image_before_date,image_after_id,image_after_date,labelled_on,interpreter,reason\n"
        f"{unit(1)},-76.999875,-7.000125,loss,2023,yes,yes,no,high,LC08,2022-07-01,S2A,2024.25,2026-03-04,Ana,roads\n"
        f"{unit(2)},,,,,,,,,,,,,,Ana,\n",
    )
    [row] = parsed.table.to_pylist()
    assert parsed.rows_read == 1, "a line that nobody filled in is no label"
    assert {name: value for name, value in row.items() if not name.startswith("_")} == {
        "design_id": DESIGN,
        "unit_id": unit(1),
        "role": "interpreter",
        "interpreter": "interpreter-1",
        "label": "loss",
        "usable": True,
        "reference_class": "loss",
        "loss_year": 2023,
        "forest_t1": True,
        "forest_t2": True,
        "forest_t3": False,
        "confidence": "high",
        "image_before_id": "LC08",
        "image_before_date": 2022 + 181.5 / 365,
        "image_after_id": "S2A",
        "image_after_date": 2024.25,
        "labelled_on": date(2026, 3, 4),
        "reason": None,
    }


def test_columns_legend_missing_and_semicolons(request_) -> None:
    parsed = plain(
        request_,
        f"Punto;Clase\n1;Deforestación\n{unit(2)};Bosque  Estable\n3;-\n4;nube\n",
        file={
            "columns": {"unit_id": "Punto", "label": "Clase"},
            "interpreter": "interpreter-7",
            "delimiter": ";",
            "missing": ["-"],
        },
        legend={"deforestación": "loss", "bosque estable": "stable_forest", "Nube": "unusable"},
    )
    rows = parsed.table.to_pylist()
    assert [(row["unit_id"], row["reference_class"], row["usable"], row["reason"]) for row in rows] == [
        (unit(1), "loss", True, None),
        (unit(2), "stable_forest", True, None),
        (unit(4), None, False, "labelled as unusable"),
    ]
    assert {row["interpreter"] for row in rows} == {"interpreter-7"}


@pytest.mark.parametrize(
    ("cells", "rule", "told"),
    [
        ({"label": "lost"}, "outside_legend", "the label is 'lost', not one of: gain, loss"),
        ({"label": "", "loss_year": "2023"}, "missing_value", "it has no label"),
        ({"unit_id": "cover-00009"}, "unit_of_another_design", "is no unit of design cover, which has 8"),
        ({"unit_id": "other-00001"}, "unit_of_another_design", "other-00001"),
        ({"loss_year": "2021"}, "year_outside_design", "loss_year is 2021; the design is about 2022 to 2024"),
        ({"loss_year": "23"}, "year_outside_design", "23"),
        ({"loss_year": "2023.5"}, "unreadable_value", "loss_year is '2023.5', not a whole number"),
        ({"label": "stable_forest", "loss_year": "2023"}, "year_without_loss", "means stable_forest"),
        ({"image_before_date": "2023"}, "unreadable_value", "not a date as 2023-07-01 or a decimal year"),
        ({"image_before_date": "1/7/2023"}, "unreadable_value", "image_before_date is '1/7/2023'"),
        ({"image_before_date": "2023-02-30"}, "unreadable_value", "not a day that exists"),
        ({"image_before_date": "1900-01-01"}, "unreadable_value", "image_before_date is '1900-01-01'"),
        ({"image_after_date": "9999-12-31"}, "unreadable_value", "image_after_date is '9999-12-31'"),
        (
            {"image_after_date": "2023-01-10xyz"},
            "unreadable_value",
            "image_after_date is '(free text is kept in the house)'",
        ),
        ({"image_before_date": "2025-01-01"}, "dates_outside_design", "the design ends with 2024"),
        ({"image_after_date": "2021-12-31"}, "dates_outside_design", "the design begins with 2022"),
        (
            {"image_before_date": "2024-01-02", "image_after_date": "2024-01-01"},
            "dates_out_of_order",
            "the image before is of 2024",
        ),
        (
            {"forest_t1": "forest"},
            "unreadable_value",
            "forest_t1 is '(free text is kept in the house)', not true or false",
        ),
        ({"interpreter": ""}, "missing_value", "it does not say who labelled"),
        ({"labelled_on": "yesterday"}, "unreadable_value", "labelled_on is '(free text is kept in the house)'"),
        ({"labelled_on": "2026-03-01 soon"}, "unreadable_value", "labelled_on is '(free text is kept in the house)'"),
        ({"unit_id": "9" * 80}, "unit_of_another_design", "is no unit of design cover"),
        ({"label": "", "reason": "cloud all the time"}, "missing_value", "it has no label"),
        ({"label": "", "image_before_date": "2022-05-01"}, "missing_value", "it has no label"),
        ({"longitude": "-76.9"}, "place_of_another_unit", "it lies at longitude -76.9; the unit lies at"),
        ({"longitude": "west"}, "unreadable_value", "its place is not a number"),
    ],
)
def test_what_is_refused_names_file_row_unit_and_remedy(request_, cells, rule, told) -> None:
    row = {"unit_id": unit(1), "label": "loss", "interpreter": "Ana"} | cells
    parsed = plain(request_, ",".join(row) + "\n" + ",".join(row.values()) + "\n")
    found, reason = refused(parsed)
    assert (found, told in reason) == (rule, True), reason
    assert reason.startswith(f"labels/labels_mp4/file-1, row 1, unit {row['unit_id']}: ")
    assert "Remedy: correct the row" in reason


def test_a_row_of_another_width_is_set_aside(request_) -> None:
    parsed = plain(request_, f"unit_id,label,interpreter\n{unit(1)},loss\n")
    rule, reason = refused(parsed)
    assert rule == "ragged_row"
    assert "2 cells" in reason
    assert json.loads(parsed.rejected[0]["record"])["unit_id"] == unit(1), "so that the unit waits for it"


def test_a_row_of_another_width_names_nobody_by_its_moved_cells(request_) -> None:
    parsed = plain(request_, "unit_id,label,interpreter\nAna Perez,loss\nAna Perez,1,loss,x\n")
    assert [item["rule"] for item in parsed.rejected] == ["ragged_row"] * 2
    assert "ana" not in json.dumps(parsed.rejected).casefold()


def test_a_file_that_is_there_twice_is_refused(request_) -> None:
    text = f"unit_id,label\n{unit(1)},loss\n"
    files = [{**PLAIN, "path": f"{name}.csv", "interpreter": f"interpreter-{name}"} for name in "12"]
    with pytest.raises(InputError, match="two files of labels are the same") as caught:
        read(request_, {"1.csv": text, "2.csv": text}, *files)
    assert "labels/labels_mp4/file-1 and labels/labels_mp4/file-2" in caught.value.found


@pytest.mark.parametrize("who", ["101", "1", "2022", DESIGN, "loss", "stable_forest", "2022-05-01"])
def test_a_person_called_like_a_value_changes_no_value(request_, who) -> None:
    parsed = plain(
        request_,
        "unit_id,label,interpreter,loss_year,image_before_date,reason\n"
        f"1,loss,{who},2022,2022-05-01,by {who}\n{unit(2)},stable_forest,Ben,,,\n",
    )
    assert parsed.rejected == []
    first, second = parsed.table.to_pylist()
    assert (first["unit_id"], first["label"], first["loss_year"]) == (unit(1), "loss", 2022)
    assert first["image_before_date"] == 2022 + 120.5 / 365
    assert (second["reference_class"], second["interpreter"]) == ("stable_forest", "interpreter-2")


def test_names_and_words_are_the_same_however_their_accents_are_written(request_) -> None:
    composed = "María Peña"
    apart = unicodedata.normalize("NFD", composed)
    assert composed != apart
    parsed = plain(
        request_,
        "unit_id,label,interpreter,reason\n"
        f"1,{unicodedata.normalize('NFD', 'Deforestación')},{composed},\n2,loss,{apart},{composed} said\n",
        legend={"Deforestación": "loss"},
    )
    rows = parsed.table.to_pylist()
    assert [(row["reference_class"], row["interpreter"]) for row in rows] == [("loss", "interpreter-1")] * 2


def test_a_flag_goes_before_a_label_of_no_legend(request_) -> None:
    parsed, _ = read(request_, {"ceo.csv": f"{CEO_HEADER}\n{ceo_row(1, flagged='true', label='?')}\n"}, CEO)
    [row] = parsed["sample_labels"].table.to_pylist()
    assert (row["usable"], row["label"], row["reason"]) == (
        False,
        "(free text is kept in the house)",
        "flagged by the interpreter",
    )


@pytest.mark.parametrize(
    "cells",
    [{}, {"interpreter": "Ana"}, {"interpreter": "Ana", "labelled_on": "2026-03-01", "confidence": "80"}],
)
def test_a_line_that_says_nothing_of_the_unit_is_no_label(request_, cells) -> None:
    row = {"unit_id": unit(1), "label": "", "interpreter": ""} | cells
    parsed = plain(request_, ",".join(row) + "\n" + ",".join(row.values()) + "\n")
    assert (parsed.rows_read, parsed.rejected) == (0, [])


def test_labels_of_a_unit_that_one_person_labelled_twice_are_set_aside(request_) -> None:
    parsed, _ = read(
        request_,
        {
            "labels.csv": f"unit_id,label,interpreter\n{unit(1)},loss,Ana\n{unit(2)},loss,Ana\n",
            "more.csv": f"unit_id,label,interpreter\n1,stable_forest,ANA \n{unit(2)},loss,Ben\n",
        },
        PLAIN,
        PLAIN | {"path": "more.csv"},
    )
    labels = parsed["sample_labels"]
    assert [(row["unit_id"], row["interpreter"]) for row in labels.table.to_pylist()] == [
        (unit(2), "interpreter-1"),
        (unit(2), "interpreter-2"),
    ]
    assert [item["rule"] for item in labels.rejected] == ["labelled_twice"] * 2
    assert f"interpreter-1 labelled unit {unit(1)} 2 times" in labels.rejected[0]["reason"]
    assert "(labels/labels_mp4/file-1 row 1, labels/labels_mp4/file-2 row 1)" in labels.rejected[0]["reason"]


def test_a_column_that_is_mapped_wrongly_does_not_fill_the_disk(request_) -> None:
    parsed = plain(request_, "unit_id,label,interpreter\n" + "1,loss,Ana\n" * 2000)
    assert len(parsed.rejected) == 2000
    assert "labelled unit cover-00001 2000 times" in parsed.rejected[0]["reason"]
    assert "file-1 row 5 and 1,995 more): keep one" in parsed.rejected[0]["reason"]


def test_more_people_than_can_be_are_refused(request_) -> None:
    text = "unit_id,label,interpreter\n" + "".join(f"1,loss,person {number}\n" for number in range(1001))
    with pytest.raises(ProjectError, match="more people would have labelled") as caught:
        plain(request_, text)
    assert caught.value.found == "1,001"


def test_a_resolution_is_no_second_label(request_) -> None:
    form = "unit_id,label,interpreter\n{},{},{}\n"
    parsed, _ = read(
        request_,
        {"labels.csv": form.format(unit(1), "loss", "Ana"), "solved.csv": form.format(unit(1), "gain", "Ana")},
        PLAIN,
        PLAIN | {"path": "solved.csv", "role": "resolution"},
    )
    rows = parsed["sample_labels"].table.to_pylist()
    assert [(row["role"], row["reference_class"]) for row in rows] == [("interpreter", "loss"), ("resolution", "gain")]
    parsed, _ = read(
        request_,
        {"solved.csv": form.format(unit(1), "gain", "")},
        PLAIN | {"path": "solved.csv", "role": "resolution"},
    )
    assert "it does not say who resolved" in refused(parsed["sample_labels"])[1]


@pytest.mark.parametrize(
    ("header", "lacking"),
    [("unit_id,interpreter,x", "label"), ("label,interpreter", "unit_id"), ("unit_id,label", "interpreter")],
)
def test_a_file_without_a_needed_column_is_refused(request_, header, lacking) -> None:
    with pytest.raises(InputError, match=f"lacks the column {lacking}"):
        plain(request_, f"{header}\n")


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ({"columns": {"class": "Class"}}, "class"),
        ({"format": "ceo_sample"}, "no columns"),
        ({"format": "ceo_plot", "columns": {"loss_year": "Year"}}, "loss_year"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(request_, file, told) -> None:
    with pytest.raises(ProjectError, match="do not fit") as caught:
        plain(request_, "unit_id,label,interpreter\n", file=file)
    assert caught.value.found == told


# --- people -------------------------------------------------------------------------------------------------------
def test_nobody_is_named_in_what_lands_or_is_set_aside(request_) -> None:
    """Colleagues write each other's names in any form, so no free text lands at all."""
    said = "Ana Lopez: asked ana.perez@example.org and Pedro"
    rows = [
        ceo_row(1, label="loss").replace(",80,", f",{said},"),
        ceo_row(2, email=BEN, label=f"ask {ANA}"),
        ceo_row(3, email=BEN, label="stable_forest", year=said),
        ceo_row(4, flagged=said),
        ceo_row(5, label="loss", when=said),
    ]
    header = "unit_id,longitude,label,interpreter,reason,image_before_id,image_before_date,forest_t1\n"
    texts = [
        f"{unit(6)},,loss,Carla Quispe,{said},{said},,",
        f"{unit(7)},,loss,Carla Quispe,,,{said},{said}",
        f"{unit(8)},{said},loss,Carla Quispe,,,,",
        f"{said},,loss,Carla Quispe,,,,",
    ]
    parsed, _ = read(
        request_,
        {"ana.perez.csv": "\n".join([CEO_HEADER, *rows]), "labels.csv": header + "\n".join(texts)},
        CEO | {"path": "ana.perez.csv"},
        PLAIN,
    )
    labels = parsed["sample_labels"]
    assert labels.table["unit_id"].to_pylist() == [unit(1), unit(6)]
    assert len({(item["artifact"], item["row"]) for item in labels.rejected}) == 7
    text = json.dumps([labels.table.to_pylist(), labels.rejected], default=str).casefold()
    for name in ("ana", "perez", "lopez", "pedro", "ben@", "carla", "quispe", "@"):
        assert name not in text, name


@pytest.mark.parametrize(
    ("column", "text", "landed"),
    [
        ("confidence", "80", "80"),
        ("confidence", "High", "High"),
        ("confidence", "alta", "alta"),
        ("confidence", "ask Pedro", None),
        ("image_before_id", "LC08_L2SP_007065_20220103", "LC08_L2SP_007065_20220103"),
        ("image_before_id", "Pedro's image", None),
        ("image_before_id", "maria_perez", None),
        ("reason", "roads", None),
    ],
)
def test_texts_that_land_are_of_a_closed_kind(request_, column, text, landed) -> None:
    parsed = plain(request_, f"unit_id,label,interpreter,{column}\n1,loss,Ana,{text}\n")
    assert parsed.table[column].to_pylist() == [landed]


def test_codes_stay_when_labels_are_added() -> None:
    first = [("Ana", "2026-03-02", 0, 1), ("ben@x", "2026-03-01", 0, 2)]
    assert codes_of(first) == {"ben@x": "interpreter-1", "ana": "interpreter-2"}
    # A later download brings a third person, before the others in the file.
    later = [("Carl", "2026-03-09", 0, 1), ("BEN@x", "2026-03-01", 0, 2), (" Ana", "2026-03-02", 0, 3)]
    assert codes_of(later) == {"ben@x": "interpreter-1", "ana": "interpreter-2", "carl": "interpreter-3"}


def test_codes_change_with_labels_dated_before_somebody_began() -> None:
    first = [("Ana", "2026-02-01", 0, 1), ("Ben", "2026-03-01", 0, 2)]
    assert codes_of(first) == {"ana": "interpreter-1", "ben": "interpreter-2"}
    earlier = [*first, ("Ben", "2026-01-15", 0, 3)]
    assert codes_of(earlier) == {"ben": "interpreter-1", "ana": "interpreter-2"}, "the guide says how to prevent it"


def test_two_people_of_two_files_are_two(request_) -> None:
    parsed, _ = read(
        request_,
        {"a.csv": "unit_id,label\n1,loss\n", "b.csv": "unit_id,label,interpreter\n1,stable_forest,zoe@x.org\n"},
        {**PLAIN, "path": "a.csv", "interpreter": "interpreter-1"},
        {**PLAIN, "path": "b.csv"},
    )
    rows = parsed["sample_labels"].table.to_pylist()
    assert [(row["interpreter"], row["reference_class"]) for row in rows] == [
        ("interpreter-1", "loss"),
        ("interpreter-2", "stable_forest"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"interpreter": "maria_perez"},
        {"interpreter": "interpreter-0"},
        {"delimiter": ";;"},
        {"delimiter": ""},
        {"delimiter": '"'},
        {"delimiter": "\n"},
        {"encoding": "undefined"},
        {"encoding": "utf\0"},
        {"encoding": "hex"},
        {"encoding": "latin-77"},
    ],
)
def test_what_a_file_of_labels_cannot_be(change) -> None:
    with pytest.raises(ValidationError):
        source({**PLAIN, **change})


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-32", "utf-8-sig"])
def test_encodings_of_a_file_of_labels(encoding) -> None:
    assert source({**PLAIN, "encoding": encoding, "delimiter": "\t"}).labels[0].encoding == encoding


def test_a_code_stays_itself_and_is_given_to_nobody_else() -> None:
    found = codes_of([("interpreter-1", "", 0, 1), ("Ana", "", 0, 2)])
    assert found == {"interpreter-1": "interpreter-1", "ana": "interpreter-2"}
    assert codes_of([("Ana", "", 0, 1)], taken={"interpreter-1"}) == {"ana": "interpreter-2"}


# --- dates --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [("2023-07-02", 2023.5), ("2024-01-01", 2024 + 0.5 / 366), ("2023-12-31", 2023 + 364.5 / 365), ("2022.0", 2022.0)],
)
def test_days_as_decimal_years(text, expected) -> None:
    assert decimal_year(text) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("text", ["2023", "07/2023", "20230701", "1.5", "soon", "2023-7-1"])
def test_what_is_no_day_is_refused(text) -> None:
    with pytest.raises(UnusableValueError):
        decimal_year(text)


@given(st.dates(date(1972, 1, 1), date(2100, 12, 30)))
def test_a_day_is_a_365th_of_its_year_after_the_day_before(when) -> None:
    days = (date(when.year + 1, 1, 1) - date(when.year, 1, 1)).days
    expected = when.year + Fraction(2 * (when - date(when.year, 1, 1)).days + 1, 2 * days)
    assert abs(Fraction(year_of(when)) - expected) < Fraction(1, 10**9)
