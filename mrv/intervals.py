"""Quantiles that make a standard error a confidence interval."""

from __future__ import annotations

from scipy.special import ndtri, stdtrit


def normal_z(*, confidence: float) -> float:
    """Return the two-sided quantile of the normal distribution, for example 1.959964 at confidence 0.95."""
    return float(ndtri((1 + confidence) / 2))


def student_t(*, confidence: float, degrees_of_freedom: float) -> float:
    """Return the two-sided quantile of Student's t, for example 1.8945786 at confidence 0.90 and 7 degrees of freedom."""
    return float(stdtrit(degrees_of_freedom, (1 + confidence) / 2))
