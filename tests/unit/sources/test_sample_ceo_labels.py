"""Labels from Collect Earth Online's downloads: what its layouts mean, and what is refused with its unit."""

from __future__ import annotations

from datetime import date

import pytest

from mrv.errors import InputError
from tests.unit.sources.label_reading import ANA, BEN, CEO, CEO_HEADER, ceo_row, read, refused
from tests.unit.sources.sample_folder import unit


def test_a_sample_download(request_) -> None:
    rows = [
        ceo_row(1, label="Forest loss", year="2023"),
        ceo_row(2, email=BEN, when="2026-02-01 09:00", label="Stable"),
        ceo_row(3, flagged="TRUE", label=""),
        ceo_row(4, email="", when="", label=""),
    ]
    parsed, _ = read(
        request_,
        {"ceo.csv": "\n".join([CEO_HEADER, *rows])},
        CEO,
        legend={"Forest loss": "loss", "Stable": "stable_forest"},
    )
    labels = parsed["sample_labels"]
    assert labels.rejected == []
    assert labels.rows_read == 3, "a plot that waits for its interpreter is no label"
    found = [
        tuple(
            row[name]
            for name in ("unit_id", "interpreter", "label", "usable", "reference_class", "loss_year", "reason")
        )
        for row in labels.table.to_pylist()
    ]
    assert found == [
        (unit(1), "interpreter-2", "Forest loss", True, "loss", 2023, None),
        (unit(2), "interpreter-1", "Stable", True, "stable_forest", None, None),
        (unit(3), "interpreter-2", "flagged", False, None, None, "flagged by the interpreter"),
    ], "who began first is the first"
    assert labels.table["labelled_on"].to_pylist()[0] == date(2026, 3, 1)
    assert labels.table["confidence"].to_pylist() == ["80"] * 3


def test_an_older_sample_download_names_its_plots_otherwise(request_) -> None:
    header = "PLOT_ID,SAMPLE_ID,LON,LAT,EMAIL,FLAGGED,COLLECTION_TIME,Class\n"
    parsed, _ = read(
        request_,
        {"ceo.csv": header + f"1,1,-76.999875,-7.000125,{ANA},false,2026-03-01 10:05,loss\n"},
        CEO | {"columns": {"label": "Class"}},
    )
    assert parsed["sample_labels"].table["unit_id"].to_pylist() == [unit(1)]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (ceo_row(1, place=(-76.9, -7.000125)), "place_of_another_unit"),
        (ceo_row(1).replace(unit(1), "other-00001"), "unit_of_another_design"),
        (ceo_row(9), "unit_of_another_design"),
        (ceo_row(1, flagged="perhaps"), "unreadable_value"),
    ],
)
def test_labels_of_another_project_do_not_slip_in_by_their_numbers(request_, row, rule) -> None:
    parsed, _ = read(request_, {"ceo.csv": f"{CEO_HEADER}\n{row}\n"}, CEO)
    assert refused(parsed["sample_labels"])[0] == rule


def test_several_points_of_a_plot_are_refused_with_the_way_out(request_) -> None:
    parsed, _ = read(request_, {"ceo.csv": f"{CEO_HEADER}\n{ceo_row(1)}\n{ceo_row(1)}\n"}, CEO)
    assert parsed["sample_labels"].table.num_rows == 0
    assert "take the plot download" in parsed["sample_labels"].rejected[0]["reason"]


def plots(request_, *rows, header="Class:loss,Class:stable_forest,Year:2022,Year:2023,Image before:date"):
    base = "plotid,center_lon,center_lat,shape,size_m,sample_points,email,flagged,flagged_reason,collection_time"
    file = {
        "path": "plots.csv",
        "format": "ceo_plot",
        "columns": {"label": "Class", "loss_year": "Year", "image_before_date": "Image before"},
    }
    parsed, _ = read(request_, {"plots.csv": "\n".join([f"{base},{header}", *rows])}, file)
    return parsed["sample_labels"]


def test_a_plot_download(request_) -> None:
    start = "-7.000125,square,30,1"
    parsed = plots(
        request_,
        f"1,-76.999875,{start},{ANA},false,,2026-03-01 10:05,100.00,0,0,100%,2022-07-01",
        f"2,-76.999125,{start},{ANA},true,cloud,2026-03-01 10:07,50,50,0,0,",
        f"3,-76.998375,{start},,false,,,0,0,0,0,",
    )
    assert [
        (
            row["unit_id"],
            row["reference_class"],
            row["loss_year"],
            row["usable"],
            row["reason"],
            row["image_before_date"],
        )
        for row in parsed.table.to_pylist()
    ] == [
        (unit(1), "loss", 2023, True, None, 2022 + 181.5 / 365),
        (unit(2), None, None, False, "flagged by the interpreter", None),
    ]
    assert parsed.rows_read == 2


def test_a_plot_whose_points_differ_is_refused_with_its_unit(request_) -> None:
    rule, reason = refused(
        plots(request_, f"1,-76.999875,-7.000125,square,30,4,{ANA},false,,2026-03-01 10:05,75.00,25.00,0,0,")
    )
    assert rule == "answers_of_a_plot_differ"
    assert (
        f"unit {unit(1)}: its points have different answers to Class (loss: 75.00 %, stable_forest: 25.00 %)" in reason
    )


@pytest.mark.parametrize(("typed", "year"), [("2022", 2022), ("0", None), ("", None)])
def test_a_year_that_was_typed_is_no_share_of_points(request_, typed, year) -> None:
    parsed = plots(
        request_,
        f"1,-76.999875,-7.000125,square,30,4,{ANA},false,,2026-03-01 10:05,99.9999,0,{typed},2022.5",
        header="Class:loss,Class:stable_forest,Year:Year of loss,Image before:date",
    )
    assert parsed.rejected == []
    [row] = parsed.table.to_pylist()
    assert (row["reference_class"], row["loss_year"], row["image_before_date"]) == ("loss", year, 2022.5)


def test_a_question_that_the_download_has_not_is_refused(request_) -> None:
    with pytest.raises(InputError, match="lacks the column Year"):
        plots(request_, header="Class:loss,Class:stable_forest,X,Image before:date")
