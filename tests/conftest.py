"""One profile for every drawn test: in CI the examples are the same on every run, so that a red run is about the change."""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
