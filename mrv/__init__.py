"""REDD+ MRV: everything except when it runs (`flows`), the checks (`expectations`), pixels (`raster`) and SQL (`dbt_project`)."""
