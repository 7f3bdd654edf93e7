"""Published examples, from their sample units through the command: Olofsson 2013 and 2014, Stehman 2014."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mrv.cli import main

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared"
SAMPLES = SHARED / "data" / "accuracy_samples"
TABLE_8 = ("Deforestation", "Forest gain", "Stable forest", "Stable non-forest")


@pytest.fixture
def oracle() -> dict[str, Any]:
    path = SHARED / "oracles" / "area.json"
    if not path.is_file():
        pytest.skip("the oracles do not lie beside the project")
    # Floats as they are written, so that the last printed digit is known.
    loaded: dict[str, Any] = json.loads(path.read_text(), parse_float=Decimal)
    return loaded


def estimate(tmp_path: Path, name: str, pixels: dict[str, int], *options: str) -> dict[str, Any]:
    """Run the command on a published sample and return its JSON."""
    units = SAMPLES / f"{name}_samples.csv"
    if not units.is_file():
        pytest.skip("the sample units do not lie beside the project")
    strata = tmp_path / "strata.csv"
    strata.write_text("stratum,pixel_count\n" + "".join(f"{label},{count}\n" for label, count in pixels.items()))
    done = CliRunner().invoke(main, ["sample", "estimate", str(units), "--strata", str(strata), "--json", *options])
    assert done.exit_code == 0, done.output
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def close(found: float, printed: Decimal | int) -> None:
    """Compare with a printed number: to 1e-6 of it, or half a unit of its last digit, whichever is larger."""
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int)
    half = 0.5 * 10.0**exponent if exponent < 0 else 0.0
    assert found == pytest.approx(float(printed), rel=1e-6, abs=half * (1 + 1e-9))


def column(rows: list[dict[str, Any]], name: str, **where: str) -> list[Any]:
    return [row[name] for row in rows if all(row[key] == value for key, value in where.items())]


def matrix(name: str, pixels: dict[str, int]) -> list[list[int]]:
    """Count the published units."""
    with (SAMPLES / f"{name}_samples.csv").open() as file:
        counts = Counter((row["map_class"], row["reference_class"]) for row in csv.DictReader(file))
    return [[counts[one, other] for other in pixels] for one in pixels]


def exact_olofsson(n: list[list[int]], pixels: list[int]) -> dict[str, list[float]]:
    """Return the estimates by the formulas of the paper as they are printed, in fractions up to the square root."""
    size, total = range(len(n)), sum(pixels)
    rows = [sum(row) for row in n]
    ua = [Fraction(n[i][i], rows[i]) for i in size]
    area = [sum(Fraction(pixels[i] * n[i][j], rows[i]) for i in size) for j in size]
    pa = [pixels[j] * ua[j] / area[j] for j in size]

    def spread(i: int, j: int) -> Fraction:
        return pixels[i] ** 2 * Fraction(n[i][j], rows[i]) * (1 - Fraction(n[i][j], rows[i])) / (rows[i] - 1)

    pa_variance = [
        (
            pixels[j] ** 2 * (1 - pa[j]) ** 2 * ua[j] * (1 - ua[j]) / (rows[j] - 1)
            + pa[j] ** 2 * sum(spread(i, j) for i in size if i != j)
        )
        / area[j] ** 2
        for j in size
    ]
    return {
        "area": [float(value) for value in area],
        "area_se": [math.sqrt(sum(spread(i, j) for i in size)) for j in size],
        "oa": [float(sum(Fraction(pixels[i], total) * ua[i] for i in size))],
        "oa_se": [math.sqrt(sum(spread(i, i) for i in size)) / total],
        "ua": [float(value) for value in ua],
        "ua_se": [math.sqrt(ua[i] * (1 - ua[i]) / (rows[i] - 1)) for i in size],
        "pa": [float(value) for value in pa],
        "pa_se": [math.sqrt(value) for value in pa_variance],
    }


def all_of(result: dict[str, Any], unit: str) -> dict[str, list[float]]:
    (domain,) = result["domains"]
    found = {"area": column(domain["areas"], f"area_{unit}"), "area_se": column(domain["areas"], f"se_{unit}")}
    for short, measure in (("oa", "overall"), ("ua", "user"), ("pa", "producer")):
        found[short] = column(domain["accuracy"], "accuracy", measure=measure)
        found[f"{short}_se"] = column(domain["accuracy"], "se", measure=measure)
    return found


def test_olofsson_2013_example_1(tmp_path: Path, oracle: dict[str, Any]) -> None:
    published = oracle["olofsson2013_ex1"]
    pixels = {str(number): count for number, count in enumerate(published["N_px"], start=1)}
    result = estimate(tmp_path, "olofsson2013_ex1", pixels)
    found = all_of(result, "px")
    names = {"area_px": "area", "se_px": "area_se", "ua": "ua", "ua_se": "ua_se", "pa": "pa", "pa_se": "pa_se"}
    for name, ours in names.items():
        for value, printed in zip(found[ours], published[name], strict=True):
            close(value, printed)
    close(found["oa"][0], published["oa"])
    close(found["oa_se"][0], published["oa_se"])
    counts = matrix("olofsson2013_ex1", pixels)
    assert counts == published["n"]
    assert column(result["domains"][0]["error_matrix"], "unit_count") == [n for row in counts for n in row]
    for name, values in exact_olofsson(counts, list(pixels.values())).items():
        assert found[name] == pytest.approx(values, rel=1e-12), name
    # Methodology 3.1a: the matrix as shares of the area, and the 95 % intervals.
    shares = column(result["domains"][0]["error_matrix"], "area_share")
    expected = [0.01235378, 0, 0.00038208, 0.0063958, 0.59480982, 0.03837483, 0.00695367, 0.00347684, 0.33725319]
    assert shares == pytest.approx(expected, abs=0.5e-8)
    half_widths = column(result["domains"][0]["areas"], "ci95_half_width_px")
    assert half_widths == pytest.approx([21072.37, 34597.37, 36525.61], abs=0.005)


def test_olofsson_2014_table_8(tmp_path: Path, oracle: dict[str, Any]) -> None:
    published = oracle["olofsson2014_table8"]
    pixels = dict(zip(TABLE_8, published["N_px"], strict=True))
    result = estimate(tmp_path, "olofsson2014_table8", pixels, "--pixel-area-ha", str(published["px_ha"]))
    found = all_of(result, "ha")
    for name, ours in {"area_ha": "area", "se_ha": "area_se", "ua": "ua", "pa": "pa"}.items():
        for value, printed in zip(found[ours], published[name], strict=True):
            close(value, printed)
    areas, accuracy = result["domains"][0]["areas"], result["domains"][0]["accuracy"]
    for value, printed in zip(column(areas, "ci95_half_width_ha"), published["ci95_ha"], strict=True):
        close(value, printed)
    close(found["oa"][0], published["oa"])
    close(column(accuracy, "ci95_half_width", measure="overall")[0], published["oa_ci95"])
    counts = matrix("olofsson2014_table8", pixels)
    assert counts == published["n"]
    exact = exact_olofsson(counts, list(pixels.values()))
    for name in ("area", "area_se"):
        exact[name] = [0.09 * value for value in exact[name]]
    for name, values in exact.items():
        assert found[name] == pytest.approx(values, rel=1e-12), name
    # Methodology 3.1c: half-widths of the producer's accuracies; 18,000 ha on the map stand beside the estimate.
    half_widths = column(accuracy, "ci95_half_width", measure="producer")
    assert half_widths == pytest.approx([0.2133059, 0.2544037, 0.0343238, 0.0183612], abs=0.5e-7)
    assert areas[0]["map_area_ha"] == pytest.approx(18_000)


def test_stehman_2014(tmp_path: Path, oracle: dict[str, Any]) -> None:
    published = oracle["stehman2014"]
    result = estimate(tmp_path, "stehman2014", published["strata_N"], "--fpc")
    (domain,) = result["domains"]
    for row in domain["areas"]:
        close(row["area_px"] / 100_000, published["area"][row["reference_class"]])
        close(row["se_px"] / 100_000, published["se"][row["reference_class"]])
    measured = {(row["measure"], row["map_class"]): row for row in domain["accuracy"]}
    for key, value, se in (
        (("overall", "*"), "oa", "oa_se"),
        (("user", "B"), "ua_B", "ua_B_se"),
        (("producer", "B"), "pa_B", "pa_B_se"),
    ):
        close(measured[key]["accuracy"], published[value])
        close(measured[key]["se"], published[se])
    cells = {(row["map_class"], row["reference_class"]): row["area_share"] for row in domain["error_matrix"]}
    close(cells["B", "C"], published["p_BC"])
    assert domain["areas"][0]["map_area_px"] is None, "the strata are not the classes of the map"


def test_the_published_files_are_those_of_the_oracle(oracle: dict[str, Any]) -> None:
    path = SAMPLES / "stehman2014_samples.csv"
    if not path.is_file():
        pytest.skip("the sample units do not lie beside the project")
    with path.open() as file:
        rows = list(csv.DictReader(file))
    for name, key in (("stratum", "stratum"), ("map_class", "map"), ("reference_class", "ref")):
        assert [row[name] for row in rows] == oracle["stehman2014"][key]
