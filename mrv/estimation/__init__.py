"""Sample design and design-based estimation: how many units, which, and what their labels say of areas and accuracy.

Pure functions on plain data: no files, no tables, no map. The stages bring pixels and labels, and take the estimates away.
"""
