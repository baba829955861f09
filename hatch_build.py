"""Makes the parser's tables when the package is built, so that no run has to: a hook for hatchling."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildHook(BuildHookInterface[Any]):
    """Writes them into the package, also of a checkout that is installed as it stands. Without lark there are none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - as hatchling calls it
        """Called before files are gathered."""
        if find_spec("lark") is None:
            return
        root = Path(self.root)
        sys.path.insert(0, str(root))
        from asever import resources  # noqa: PLC0415 - found by the line above
        from asever.syntax import lalr  # noqa: PLC0415

        lalr.generate(resources.tables())
