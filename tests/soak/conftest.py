"""Long tests, run by `make soak`; they share the demo of the end-to-end tests."""

from tests.e2e.conftest import demo_home

__all__ = ["demo_home"]
