"""Forest plots to carbon: names, wood density, heights, tree biomass, plots and strata, as pure functions."""
