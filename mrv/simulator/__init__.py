"""A seeded landscape and loopback servers that speak the real sources' protocols, for the demo and the tests only."""
