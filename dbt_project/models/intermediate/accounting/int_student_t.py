"""Quantiles of Student's t that rules of deduction ask for, by degrees of freedom."""


def model(dbt, session):
    """Return one row per number of degrees of freedom from 1 to 10,000, beyond which the normal distribution is as good."""
    import pandas as pd
    from scipy.special import stdtrit

    dbt.config(materialized="table")
    degrees = pd.Series(range(1, 10_001), dtype="int64")
    quantiles = pd.DataFrame(  # noqa: F841 DuckDB reads it by its name
        {
            "degrees_of_freedom": degrees,
            "t_two_sided_90": stdtrit(degrees, 0.95),
            "t_one_sided_66_67": stdtrit(degrees, 2 / 3),
        }
    )
    return session.sql(
        "select degrees_of_freedom, cast(t_two_sided_90 as decimal(18, 9)) as t_two_sided_90,"
        " cast(t_one_sided_66_67 as decimal(18, 9)) as t_one_sided_66_67 from quantiles"
    )
