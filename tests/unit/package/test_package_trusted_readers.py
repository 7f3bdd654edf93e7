"""Commands that read a package tell nothing of one whose files were changed after it was signed."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner

from mrv.cli import main
from mrv.package.trace.walk import JSON, PAGE
from tests.unit.package.package_samples import reseal, sample_key


@pytest.fixture
def copy(package, tmp_path):
    return shutil.copytree(package, tmp_path / "copies" / package.name)


def mrv(*words):
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_packages_are_compared_only_while_they_are_whole(package, copy):
    assert mrv("diff", package, copy) == (0, f"{package.name} -> {copy.name}\nThe same: no file differs.\n")
    (copy / "data/report/summary.html").write_text("<h1>9,999,999 VCU</h1>")
    code, said = mrv("diff", package, copy)
    assert code == 1
    assert "not whole" in said
    assert "data/report/summary.html" in said


def test_an_altered_trace_is_not_followed_and_its_page_is_not_copied(package, copy, tmp_path):
    assert mrv("trace", package)[0] == 0
    (copy / PAGE).write_text("<script>evil()</script>")
    code, said = mrv("trace", copy, "--html", tmp_path / "page.html")
    assert (code, (tmp_path / "page.html").exists()) == (1, False)
    assert PAGE in said


@pytest.mark.parametrize("record", [{"figures": []}, {"figures": {"a": {}}}, {"figures": {"a": 3}}])
def test_a_signed_trace_of_another_form_ends_in_one_message(copy, record):
    known = json.loads((copy / JSON).read_bytes())
    (copy / JSON).write_text(json.dumps({**known, **record}))
    reseal(copy, sample_key())
    code, said = mrv("trace", copy)
    assert code == 1
    assert "does not hold what it should" in said


def test_what_a_package_says_does_not_steer_the_terminal(copy):
    known = json.loads((copy / JSON).read_bytes())
    name, figure = next(iter(known["figures"].items()))
    known["figures"] = {name: {**figure, "label": ["\x1b[2J gone", "x"]}}
    (copy / JSON).write_text(json.dumps(known))
    reseal(copy, sample_key())
    code, said = mrv("trace", copy)
    assert code == 0
    assert "\x1b" not in said


def test_a_file_that_is_no_package_is_refused(tmp_path):
    (tmp_path / "x.pdf").write_bytes(b"%PDF")
    code, said = mrv("trace", tmp_path / "x.pdf")
    assert code != 0
    assert "error:" in said
