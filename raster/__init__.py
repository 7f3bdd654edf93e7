"""Pixels to area tables: grids, the only reader of rasters, coverage of zones, patches and the crosstab."""
