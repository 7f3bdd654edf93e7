"""Programs that are copied into every package and run there by themselves."""
