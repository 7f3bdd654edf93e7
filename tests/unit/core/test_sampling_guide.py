"""The examples of the guide to sampling hold: somebody will copy them."""

import re

import yaml

from mrv.parameters import load_parameters
from mrv.project_rules import ParameterOverride
from mrv.project_sampling import SampleSource, Sampling
from mrv.settings import REPOSITORY
from mrv.sources.sample_label_files import FIELDS


def examples():
    """Return the YAML of the guide by its first key."""
    text = (REPOSITORY / "docs" / "guide" / "sampling.md").read_text(encoding="utf-8")
    found = {}
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        found |= yaml.safe_load(block)
    return found


def test_the_examples_of_the_guide_hold_and_fit_each_other():
    shown = examples()
    assert {*shown} == {"sampling", "sources", "parameters"}
    (sample,) = (Sampling.model_validate(item) for item in shown["sampling"])
    (source,) = (SampleSource.model_validate(item) for item in shown["sources"])
    (parameter,) = (ParameterOverride.model_validate(item) for item in shown["parameters"])
    assert (source.period, source.folder) == (sample.period, sample.folder)
    names = {name for file in source.labels for name in file.columns}
    assert names <= {*FIELDS}
    known = {(row.name, choice) for row in load_parameters() for choice in row.choices}
    assert (parameter.name, parameter.choice) in known
