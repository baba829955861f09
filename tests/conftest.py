"""One profile for every drawn test: in CI the examples are the same on every run, so that a red run is about the change.

And one cache for all of them, apart from the user's.
"""

import os

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory):
    """What the tests keep between runs of the tool is theirs, and gone with them."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
