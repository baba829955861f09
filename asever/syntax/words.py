"""Which texts are names without quotes."""

from __future__ import annotations

import re

_BARE = re.compile(r"[A-Za-z][\w-]*(\.[A-Za-z][\w-]*)*\Z", re.ASCII)


def is_bare(text: str) -> bool:
    """Whether a name may be written without quotes."""
    return _BARE.match(text) is not None
