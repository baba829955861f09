"""What programs were read last, for somebody who reads them again and again while they are edited."""

from __future__ import annotations

from pathlib import Path

from asever.semantics.rebuild import LastBuild
from asever.syntax.parser import parse, parse_once
from asever.syntax.retained import Originals, Retained


class Memory:
    """What was read last, for `asever.semantics.loading` to read no more than what has changed.

    The places of what was read before move with the texts (`asever.source.Excerpt`); with `Originals` for `trees`, they stay.
    """

    def __init__(self, trees: Retained | Originals | None = None) -> None:
        self.trees = Retained() if trees is None else trees
        self._builds: dict[Path, LastBuild] = {}

    def build_of(self, path: Path) -> LastBuild:
        """The build of one program."""
        return self._builds.setdefault(path, LastBuild())


def originals(*, made_up: bool = False) -> Memory:
    """A memory for somebody who tries edits of what is read first, and asks nothing but whether they are errors.

    `made_up` texts do not take the place of what is kept of their files (`asever.syntax.kept`).
    """
    return Memory(Originals(parse_once if made_up else parse))
