"""Monte Carlo of every account: quantiles of what the ledger computes, and how far each input alone moves it."""


def model(dbt, session):
    """Return one row per account, span and quantity, and one per account and input."""
    from mrv.estimation.account_draws import draw_accounts

    dbt.config(materialized="table")
    return draw_accounts(
        terms=dbt.ref("int_account_draw_terms").arrow().read_all(),
        amounts=dbt.ref("int_account_area_links").arrow().read_all(),
        rules=dbt.ref("int_account_draw_rules").arrow().read_all(),
        stocks=dbt.ref("int_account_stock_inputs").arrow().read_all(),
        units=dbt.ref("int_account_resample_units").arrow().read_all(),
    )
