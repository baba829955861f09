"""Texts compared with what a person has read and accepted: `make accept` takes what they are now as right."""

from __future__ import annotations

import os
from pathlib import Path


def assert_accepted(text: str, path: Path) -> None:
    """The text is what the golden file holds."""
    if os.environ.get("ASEVER_ACCEPT"):
        path.write_text(text, encoding="utf-8")
    accepted = path.read_text(encoding="utf-8") if path.exists() else ""
    assert text == accepted, f"{path.name} differs. If the new text is right: make accept"
