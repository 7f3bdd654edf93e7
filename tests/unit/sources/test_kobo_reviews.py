"""What a reviewer said in KoboToolbox counts in whatever way it is written, and what cannot be read is no approval."""

from __future__ import annotations

import pytest

from mrv.errors import InputError
from tests.unit.sources.test_kobo_parsing import parse, submission


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        ("validation_status_not_approved", "validation_status_not_approved"),
        ({"uid": "validation_status_not_approved", "by_whom": "somebody"}, "validation_status_not_approved"),
        ({"uid": "validation_status_of_another_version"}, "validation_status_on_hold"),
        ("Not Approved", "validation_status_on_hold"),
    ],
)
def test_a_review_that_is_no_approval_sets_the_submission_aside(request_, artifact_of, status, rule) -> None:
    plots, trees, _ = parse(request_, artifact_of, [submission(1, _validation_status=status), submission(2)])
    assert [item["rule"] for item in plots.rejected] == [rule]
    assert plots.table["plot_id"].to_pylist() == ["P2"]
    assert {item["rule"] for item in trees.rejected} == {rule}


@pytest.mark.parametrize("status", [{}, "", None, ..., "validation_status_approved"])
def test_a_submission_that_nobody_refused_counts(request_, artifact_of, status) -> None:
    plots, _, _ = parse(request_, artifact_of, [submission(1, _validation_status=status)])
    assert plots.table["plot_id"].to_pylist() == ["P1"]


@pytest.mark.parametrize("status", [{"label": "Not Approved"}, {"uid": 3}, ["validation_status_not_approved"], 7])
def test_a_review_of_another_shape_is_refused(request_, artifact_of, status) -> None:
    with pytest.raises(InputError, match="review of a submission has another shape"):
        parse(request_, artifact_of, [submission(1, _validation_status=status)])
