"""From a figure down to its rows, parameters and artifacts."""
