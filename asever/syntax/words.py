"""How names and ports are written."""

from __future__ import annotations

import re

from asever.syntax import nodes

_BARE = re.compile(r"[A-Za-z][\w-]*(\.[A-Za-z][\w-]*)*\Z", re.ASCII)


def is_bare(text: str) -> bool:
    """Whether a name may be written without quotes."""
    return _BARE.match(text) is not None


def port_text(port: nodes.Ports) -> str:
    """A port, a port range or `*`."""
    if port.any:
        return "*"
    return str(port.low) if port.low == port.high else f"{port.low}-{port.high}"
