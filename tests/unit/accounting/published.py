"""The worked example of methodology.md, section 2.0, as a team would fill the four sheets."""

from __future__ import annotations

from mrv.accounting.layout import STOCKS, TIME_PERIODS, TRANSITIONS, USER_INPUTS
from mrv.accounting.to_four_sheets import Sheets

CHANGES = (
    ("DF", "EV", "Crop", 22455, 2055),
    ("DF", "M", "Crop", 11327, 2107),
    ("DF", "EVdeg", "Crop", 55074, 6029),
    ("DF", "Mdeg", "Crop", 16734, 6195),
    ("DG", "EV", "EVdeg", 316681, 44939),
    ("DG", "M", "Mdeg", 22954, 5633),
)
"""Activity, land uses, hectares of 2016 to 2020 and of 2021 to 2022."""
ELEMENTS = (
    ("AGB", "EV", 274.959),
    ("RS", "EV", 0.333),
    ("AGB", "M", 195.58),
    ("RS", "M", 0.407),
    ("DG_ratio", "EVdeg", 0.72),
    ("DG_ratio", "Mdeg", 0.72),
    ("ALL", "Crop", 0),
)


def published_sheets() -> Sheets:
    """Return the four sheets; each call gives rows of its own."""
    return {
        USER_INPUTS: [
            {
                "trunc_pdf": "FALSE",
                "c_unit": "DM",
                "c_fraction": 0.47,
                "dg_ext": "deg",
                "dg_pool": "AGB, BGB",
                "ad_annual": "FALSE",
                "conf_level": 0.9,
                "round_digits": 3,
            }
        ],
        TIME_PERIODS: [
            {"period_no": "T1", "year_start": 2016, "year_end": 2020, "period_type": "REF"},
            {"period_no": "T2", "year_start": 2021, "year_end": 2022, "period_type": "MON"},
        ],
        TRANSITIONS: [
            {
                "trans_no": at,
                "trans_id": f"T{at}",
                "trans_period": period,
                "redd_activity": change[0],
                "lu_initial_id": change[1],
                "lu_final_id": change[2],
                "trans_area": change[column],
            }
            for period, column, first in (("T1", 3, 1), ("T2", 4, 7))
            for at, change in enumerate(CHANGES, start=first)
        ],
        STOCKS: [
            {"c_no": at, "c_id": f"C{at}", "c_period": "ALL", "c_element": element, "c_lu_id": use, "c_value": value}
            for at, (element, use, value) in enumerate(ELEMENTS, start=1)
        ],
    }
