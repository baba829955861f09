"""NSGs of which nothing was said when they were last read: while nothing changes, their rules are read when they are met.

Most of a large network is rules of NSGs, and a check meets few of them. What is said of an NSG hangs on its own text and on
what names mean in it: on everything that is declared besides, and on what the other NSGs are called. Both are known by digests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from asever import cache, resources
from asever.diagnostics import Diagnostics
from asever.model.numbers import NumberSet, union
from asever.model.things import Network
from asever.semantics.build import Quiet, Sources, is_group, somebodys
from asever.syntax import nodes

# What has a say in what is said of a rule, and in which addresses are somebody's.
_DECIDING = ("model", "semantics", "syntax")


class QuietGroups:
    """What is known of the NSGs of a program that was read without errors before, and whether all else is still the same."""

    def __init__(self, path: Path, sources: Sources) -> None:
        self._groups = dict(_groups(sources))
        self._digests = {name: cache.digest(name, node.span.text) for name, node in self._groups.items()}
        self._surroundings = _surroundings(sources)
        self._key = _key(path)
        self.known: Mapping[str, Quiet] = {} if self._key is None else self._loaded(self._key)

    def _loaded(self, key: bytes) -> Mapping[str, Quiet]:
        found = cache.load(key)
        if not isinstance(found, tuple) or found[0] != self._surroundings:
            return {}
        kept = ((name, found[1].get(digest)) for name, digest in self._digests.items())
        return {name: Quiet(size=one[0], named=NumberSet(one[1])) for name, one in kept if one is not None}

    def keep(self, network: Network, diagnostics: Diagnostics) -> None:
        """Keeps which NSGs are quiet in a program without errors, where nothing stands for addresses that nobody knows."""
        if self._key is None or diagnostics.errors:
            return
        read = {name: node for name, node in self._groups.items() if name not in self.known}
        quiet = dict(self.known)
        for name in read.keys() - _spoken_of(read, diagnostics):
            quiet[name] = Quiet(size=network.groups[name].size, named=union(somebodys(read[name])))
        if quiet.keys() != self.known.keys():
            groups = {self._digests[name]: (one.size, one.named.ranges) for name, one in quiet.items()}
            cache.save(self._key, (self._surroundings, groups))


def _groups(sources: Sources) -> Iterator[tuple[str, nodes.Declaration]]:
    """The NSGs by their full names."""
    for file in sources.files:
        for item in file.items:
            if is_group(item):
                yield file.prefix + item.name.text, item


def _surroundings(sources: Sources) -> bytes:
    """A digest of all that an NSG can hang on besides its own text."""
    parts = [repr((sorted(sources.homes.items()), sorted(sources.sealed)))]
    for file in sources.files:
        parts.append(repr((file.prefix, file.aliases)))
        for item in file.items:
            if is_group(item):
                parts.append(item.name.text)
            elif isinstance(item, nodes.Declaration | nodes.Tag):
                parts.append(item.span.text)
    return cache.digest(*parts)


def _spoken_of(groups: Mapping[str, nodes.Declaration], diagnostics: Diagnostics) -> set[str]:
    """Those of some NSGs that something is said of."""
    places = [one.primary.span for one in diagnostics if one.primary is not None]
    return {
        name
        for name, node in groups.items()
        if any(one.file is node.span.file and node.span.start <= one.start < node.span.end for one in places)
    }


@lru_cache(maxsize=1)
def _deciding() -> bytes:
    return cache.digest(resources.grammar_text(), *(one for package in _DECIDING for one in resources.sources(package)))


def _key(path: Path) -> bytes | None:
    """What the NSGs of a program are kept under; None when it cannot be told whether what was kept is still right."""
    if cache.folder() is None:
        return None
    try:
        return cache.digest("quiet", str(path.absolute()), _deciding())
    except (OSError, ValueError):  # our own source is not there, or we stand in a folder that is gone
        return None
