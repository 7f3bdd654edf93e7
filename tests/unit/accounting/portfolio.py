"""A portfolio of two small projects as CSV files."""

from __future__ import annotations

from pathlib import Path

_SPAN = "2021-01-01,2022-12-31,2020-01-01,2029-12-31"
_CHANGE = "project_area,pa,s1,deforestation,forest,cropland"


def _lines(*lines: str) -> str:
    return "\n".join(lines) + "\n"


FILES = {
    "accounts.csv": _lines(
        "project_id,period_id,period_start,period_end,crediting_start,crediting_end",
        f"north,p1,{_SPAN}",
        f"south,p1,{_SPAN}",
    ),
    "baseline_versions.csv": _lines(
        "project_id,baseline_version,mode,valid_from,valid_to,document,illustrative",
        "north,b1,annual_table,2020-01-01,2025-12-31,plan,false",
        "south,b1,annual_table,2020-01-01,2025-12-31,plan,false",
    ),
    "activity.csv": _lines(
        "project_id,scenario,baseline_version,scope,zone_id,stratum_id,activity,from_state,to_state,"
        "first_year,last_year,area_ha,source",
        f"north,baseline,b1,{_CHANGE},2021,2021,100,plan",
        f"north,baseline,b1,{_CHANGE},2022,2022,110,plan",
        f"north,monitored,,{_CHANGE},2021,2022,30,map",
        f"south,baseline,b1,{_CHANGE},2021,2021,200,plan",
        f"south,baseline,b1,{_CHANGE},2022,2022,200,plan",
        f"south,monitored,,{_CHANGE},2021,2022,50,map",
    ),
    "stocks.csv": _lines(
        "project_id,stratum_id,state,pool,method,value,unit,source",
        "north,s1,forest,above_ground,stock,120,tC/ha,plots",
        "north,s1,cropland,total,stock,5,tC/ha,table",
        "south,s1,forest,above_ground,stock,120,tC/ha,plots",
        "south,s1,cropland,total,stock,5,tC/ha,table",
    ),
    "parameters.csv": _lines(
        "project_id,rule_set,name,value,choice,source",
        "north,,buffer_rate,0.14,,report",
        "south,,buffer_rate,0.2,,report",
    ),
}


def write_portfolio(folder: Path, **changed: str | None) -> Path:
    """Write the files; a changed one by its stem, None leaves it out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {**FILES, **{f"{stem}.csv": text for stem, text in changed.items()}}.items():
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
    return folder
