"""What every test shares: the examples of property tests are drawn anew by hand and the same each time in CI."""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
