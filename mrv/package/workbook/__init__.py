"""The emission reductions as a spreadsheet with live formulas."""
