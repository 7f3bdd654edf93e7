"""Programs that are handed out with exports and run there by themselves."""
