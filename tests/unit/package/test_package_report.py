"""The report: numbers come from the tables, gaps are said to be gaps, nothing is fetched from elsewhere."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from mrv.boundaries import GEOD
from mrv.package import wording
from mrv.package.charts import HEIGHT, Scale, Series, bars
from mrv.package.map import zone_map
from mrv.package.report import render_report
from mrv.package.wording import Text, number
from tests.unit.package.package_samples import sample_contents, sample_marts, sample_zones, write_marts


@pytest.fixture
def contents(tmp_path):
    return sample_contents(tmp_path / "s")


def with_marts(contents, tmp_path, **changes):
    return replace(contents, **write_marts(tmp_path / "s", {**sample_marts(), **changes}))


class Structure(HTMLParser):
    """Collects tags that are left open, and every address."""

    def __init__(self):
        super().__init__()
        self.open, self.problems, self.addresses, self.links, self.tags = [], [], [], [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name in {"src", "action", "srcset", "data"}]
        self.links += [value for name, value in attrs if name == "href"]
        if tag not in {"meta", "input", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(tag)


def test_the_page_is_whole_and_fetches_nothing(contents):
    page = render_report(contents)
    structure = Structure()
    structure.feed(page)
    assert structure.open == structure.problems == []
    assert structure.addresses == []
    assert not structure.tags & {"script", "link", "img", "iframe", "object"}
    assert "default-src 'none'" in page
    assert "url(" not in page and "@import" not in page


def test_what_the_page_links_to_is_in_the_package(built):
    report = built / "data/report/summary.html"
    structure = Structure()
    structure.feed(report.read_text(encoding="utf-8"))
    assert {"../trace/trace.html", "../VERIFY.md"} <= set(structure.links)
    assert [link for link in structure.links if not (report.parent / link).is_file()] == []


@pytest.mark.parametrize(("languages", "count"), [((), 0), (("es",), 2), (("en", "es"), 4)])
def test_the_page_links_the_monitoring_report_in_the_languages_it_has(contents, languages, count):
    structure = Structure()
    structure.feed(render_report(replace(contents, report_languages=languages)))
    found = [link for link in structure.links if link.startswith("monitoring_report_")]
    assert len(found) == count
    assert {link[18:20] for link in found} == set(languages)


def test_names_are_escaped(contents):
    page = render_report(contents)
    assert "El Breo &amp; &lt;co&gt;" in page
    assert "<co>" not in page


def test_totals_are_those_of_the_mart(contents):
    rows = sample_marts()["emission_reductions"]
    page = render_report(contents)
    for column in ("baseline_tco2e", "net_tco2e", "buffer_tco2e", "credits"):
        assert number(sum(row[column] for row in rows)).en in page


def test_a_vintage_that_could_not_be_computed_has_a_dash_a_reason_and_no_total(contents, tmp_path):
    rows = sample_marts()["emission_reductions"]
    rows[1] |= {"net_tco2e": None, "credits": None, "uncertainty_u90": None, "reason": "no baseline for 2023"}
    figures = [
        figure | ({"value": None, "reason": "no baseline for 2023"} if figure["figure_id"] == "er.net.total" else {})
        for figure in sample_marts()["figures"]
    ]
    page = render_report(with_marts(contents, tmp_path, emission_reductions=rows, figures=figures))
    assert "no baseline for 2023" in page
    assert "could not be computed" in page
    footer = re.search(r"<tfoot>.*?</tfoot>", page, re.DOTALL).group()
    assert footer.count(f">{wording.NOT_MEASURED}<") == 2
    assert number(rows[0]["credits"] + rows[2]["credits"]).en not in footer


def test_empty_and_missing_marts_are_said_to_be_so(contents, tmp_path):
    empty = replace(with_marts(contents, tmp_path, **{name: [] for name in sample_marts()}), headline=[], zones=[], inputs=[],
                    check_results=[], quarantine=[], parameters=[])  # fmt: skip
    missing = replace(empty, marts_folder=tmp_path / "absent")
    for page in (render_report(empty), render_report(missing)):
        for sentence in (
            "No emission reductions",
            "No emissions were",
            "No deforestation",
            "no zones",
            "No dataset",
            "No input",
        ):
            assert sentence in page


def test_the_banner_stands_only_where_something_is_not_real(contents):
    assert "Simulated data" in render_report(contents)
    real = replace(contents.project, simulated=False, illustrative=())
    zones = [replace(zone, illustrative=False) for zone in contents.zones]
    page = render_report(replace(contents, project=real, zones=zones))
    assert 'class="banner"' not in page
    assert "Illustrative boundaries" in render_report(replace(contents, project=real))


def test_waivers_open_parameters_and_hashes_are_printed(contents):
    page = render_report(contents)
    assert "M. Ruiz: archive gap" in page
    assert "buffer_rate" in page and "uncertainty_rule" in page
    for item in contents.inputs:
        assert item.sha256 in page
    assert "Rosa Paredes" not in page


def test_first_stand_the_totals_and_the_newest_year_of_the_project_area(contents, tmp_path):
    more = [
        {
            "figure_id": f"defor.{zone}.{year}", "label_en": f"Loss in {zone} {year}", "label_es": "-", "value": Decimal(year),
            "unit": "ha", "mart": "deforestation_annual", "mart_column": "area_ha", "row_key": "x=1", "reason": None,
        }
        for zone in ("lb", "pa") for year in (2022, 2023)
    ]  # fmt: skip
    changed = with_marts(contents, tmp_path, figures=[*sample_marts()["figures"], *more])
    ids = [figure["figure_id"] for figure in [*sample_marts()["figures"], *more]]
    cards = re.findall(r"<code>((?:er|defor)\.[^<]+)</code> *</p>", render_report(replace(changed, headline=ids)))
    assert cards == ["er.vcu.total", "er.net.total", "defor.pa.2023"]


def test_both_languages_stand_side_by_side(contents):
    page = render_report(contents)
    assert page.count('lang="en"') == page.count('lang="es"') + 1  # the page's own


# --- numbers ---------------------------------------------------------------------------------------------------


@given(value=st.decimals(-(10**12), 10**12, places=6), digits=st.integers(0, 6))
def test_a_number_can_be_read_back_in_both_languages(value, digits):
    text = number(value, digits)
    english = Decimal(text.en.replace(",", "").replace(wording.MINUS, "-"))
    spanish = Decimal(text.es.replace(wording.NARROW_SPACE, "").replace(",", ".").replace(wording.MINUS, "-"))
    assert english == spanish
    assert abs(english - value) <= Decimal("0.5").scaleb(-digits)


@pytest.mark.parametrize(
    ("value", "shown"), [("0.5", "1"), ("2.5", "3"), ("-2.5", "−3"), ("-0.2", "0"), ("1234567", "1,234,567")]
)
def test_halves_are_rounded_up_and_there_is_no_minus_zero(value, shown):
    assert number(Decimal(value)).en == shown


def test_null_is_a_dash_not_zero():
    assert number(None) == Text(wording.NOT_MEASURED, wording.NOT_MEASURED)
    assert wording.percent(None).en == wording.NOT_MEASURED


def test_dates_and_sizes_in_words():
    assert wording.day(date(2022, 7, 1)) == Text("1 July 2022", "1 de julio de 2022")
    assert wording.size(1_234_567).es == "1,2 MB"
    assert wording.size(12).en == "12 B"


# --- drawings --------------------------------------------------------------------------------------------------


@given(values=st.lists(st.decimals(-(10**9), 10**9, places=3), min_size=1, max_size=8))
def test_a_scale_holds_every_value_and_few_marks(values):
    scale = Scale.covering(values)
    assert scale.low <= min(float(value) for value in values) and scale.high >= max(float(value) for value in values)
    assert scale.low <= 0 <= scale.high
    assert 2 <= len(scale.marks) <= 8
    assert all(0 <= scale.y(float(value)) <= HEIGHT for value in values)


def parsed(svg):
    return ElementTree.fromstring(svg)  # noqa: S314 - our own drawing


def drawn(values, **changes):
    series = [Series(Text("A & B", "A y B"), "fill-project", values)]
    groups = [str(year) for year in range(len(values))]
    return bars(title=Text("T <", "T"), unit="ha", groups=groups, series=series, **changes)


def test_a_chart_is_well_formed_and_a_gap_is_no_bar():
    tree = parsed(drawn([Decimal(3), None, Decimal(0), Decimal("-2.5")], labels=True, bands=[True] * 4))
    bars_drawn = [node for node in tree.iter() if node.get("class") == "fill-project"]
    assert len(bars_drawn) == 3
    assert len([node for node in tree.iter() if node.get("class") == "middle none"]) == 1


def test_without_values_there_is_no_chart():
    assert drawn([None, None]) is None
    assert drawn([]) is None


def test_the_map_is_well_formed_and_shows_every_zone_but_strata():
    zones = sample_zones()
    stratum = replace(zones[0], zone_id="montane", kind="stratum", name="Montane")
    tree = parsed(zone_map([*zones, stratum]))
    paths = [node for node in tree.iter() if (node.get("class") or "").startswith("zone ")]
    assert len(paths) == len(zones)
    assert zone_map([stratum]) is None
    assert zone_map(zones) == zone_map(list(reversed(zones)))


def test_the_scale_bar_is_as_long_as_it_says():
    zone = replace(sample_zones()[0], geometry=box(-77, -7.5, -76, -6.5))
    tree = parsed(zone_map([zone]))
    (bar,) = [node.get("d") for node in tree.iter() if node.get("class") == "scale"]
    (said,) = [float(node.text.split()[0]) for node in tree.iter() if node.get("class") == "middle scale-text"]
    left, right = (float(value) for value in re.match(r"M([\d.]+) .*H([\d.]+)", bar).groups())
    outline = next(node.get("d") for node in tree.iter() if node.get("class") == "zone reference-region")
    xs = [float(point.split()[0]) for point in re.split("[MLZ]", outline) if point]
    km_per_degree = GEOD.inv(-77, -7, -76, -7)[2] / 1000
    assert said == pytest.approx((right - left) / (max(xs) - min(xs)) * km_per_degree, rel=0.01)


def test_maps_for_a_gis_are_named_in_both_languages(contents):
    path = contents.rasters["forest_2024"]
    assert ">Maps<" not in render_report(contents)
    names = ("forest_loss_year", "alerts_gfw_integrated_alerts", "fires")
    page = render_report(replace(contents, rasters={**contents.rasters, **dict.fromkeys(names, path)}))
    assert ">Maps<" in page
    for name in names:
        assert f"<code>data/rasters/{name}.tif</code>" in page
    assert "data/rasters/forest_2024.tif</code>" not in page
    assert "alerts by month and confidence, gfw_integrated_alerts" in page
    assert "número de focos por celda" in page


def test_values_that_were_put_right_are_told_by_column(contents, tmp_path):
    def repair(rule, count, sha256="a"):
        return {"dataset": "trees", "column_name": "plot_id", "rule": rule, "sha256": sha256, "value_count": count}

    assert "Values put right" not in render_report(contents)
    rows = [repair("trimmed_blanks", 1200), repair("trimmed_blanks", 34, "b"), repair("not_named_yet", 1)]
    page = render_report(with_marts(contents, tmp_path, data_repairs=rows))
    assert "<code>trees.plot_id</code>: " in page
    assert "se quitaron espacios alrededor del texto" in page
    assert f"({number(1234).__html__()})" in page, "of all files together"
    assert "not_named_yet" in page
