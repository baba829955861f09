"""Reads a program: a file, what it imports, and everything that is wrong with them.

Each file is read once. Imported under several names (`import "net.asev" as a`, `import "net.asev" as b`) it still defines its
things once, and each name leads to them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asever import reads, resources
from asever.diagnostics import Diagnostic, Diagnostics, Label, Severity
from asever.model.claims import Check
from asever.model.program import Program
from asever.model.things import Network
from asever.record import replace
from asever.semantics import files
from asever.semantics.build import Build, Mounted, Sources
from asever.semantics.foreign import Foreigner, Unread, is_foreign, refused_suffix, settle, unread_file, with_settings
from asever.semantics.names import Excuses
from asever.semantics.problems import Problems
from asever.semantics.validate import validate
from asever.source import SourceFile, Span
from asever.syntax import nodes
from asever.syntax.parser import parse

if TYPE_CHECKING:
    from asever.importers.network.sheet import Sheet
    from asever.semantics.memory import Memory
    from asever.semantics.quiet import QuietGroups

MOST_IMPORTS = 2000
"""Imports that are followed in one program. A file may be reached on many ways, and their number may double with each file."""

DEEPEST = 100
"""How many files one import may lead through."""

LARGE = 100_000
"""Characters of a program whose NSGs are worth knowing from one run to the next."""

VERSIONS = (1, 2, 3)
SUFFIX = ".asev"


class _File:
    """One file and the prefixes under which its names are reached, its own first."""

    def __init__(self, path: Path, source: SourceFile, tree: nodes.FileNode) -> None:
        self.path = path
        self.source = source
        self.tree = tree
        self.prefixes: list[str] = []
        self.foreign: Unread | None = None  # what a file of Azure's or of Terraform's is, until all files are known


class _Loading:
    """What has been read so far; `files` is in the order of their checks, what is imported first."""

    def __init__(
        self, diagnostics: Diagnostics, texts: Mapping[str, str], settings: Mapping[str, str], memory: Memory | None = None
    ) -> None:
        self.diagnostics = diagnostics
        self.texts = texts
        self.settings = settings
        self.parse = parse if memory is None else memory.trees.parse
        self.memory = memory
        self.read: dict[tuple[Path, Path | None], _File] = {}
        self.files: list[_File] = []
        self.broken: list[Span] = []
        self.failed: set[str] = set()  # prefixes of imports that could not be followed
        self.sealed: set[str] = set()
        self.followed = 0
        self.sheets: list[tuple[Sheet, tuple[nodes.Item, ...]]] = []
        self.home = Path()  # the folder of the program


def load_program(
    path: Path,
    *,
    text: str | None = None,
    texts: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    memory: Memory | None = None,
) -> tuple[Program | None, Diagnostics]:
    """The program of a file with everything it imports; None when there are errors.

    With `text` the file is not read (standard input); imports are still relative to its folder. Of imported files, those that
    `texts` has by name are not read either: what they would hold after an edit. `settings` are values for what the
    imported files leave open, by name. With `memory`, what has not changed since it was read before is the same value.
    """
    loading = _Loading(Diagnostics(), texts or {}, settings or {}, memory)
    return _program(loading, path, text), loading.diagnostics


def load_imports(
    sources: Sequence[Path], parameters: Path | None, settings: Mapping[str, str]
) -> tuple[Sequence[tuple[Sheet, tuple[nodes.Item, ...]]], Diagnostics]:
    """What foreign files become, each with its items, as one program would import them; nothing when there are errors."""
    loading = _Loading(Diagnostics(), {}, settings)
    given = f' with "{parameters.as_posix()}"' if parameters is not None else ""
    text = "".join(f'import "{one.as_posix()}"{given}\n' for one in sources)
    program = _program(loading, Path("import"), text)
    return (loading.sheets if program is not None else ()), loading.diagnostics


def load_names(
    path: Path, *, texts: Mapping[str, str], settings: Mapping[str, str], memory: Memory
) -> tuple[Sources, Sequence[SourceFile]]:
    """What a program is built from, and its files, also of one with errors: for whoever looks for names in it."""
    loading = _Loading(Diagnostics(), texts, settings, memory)
    found = _sources(loading, path, texts.get(str(path)))
    return (Sources(files=[]), ()) if found is None else (found[0], [one.source for one in loading.files])


def _program(loading: _Loading, path: Path, text: str | None) -> Program | None:
    found = _sources(loading, path, text)
    if found is None:
        return None
    sources, read = found
    diagnostics, memory = loading.diagnostics, loading.memory
    # What is remembered of a program is good again as soon as it can be read again.
    if memory is not None and sources.excuses.is_empty:
        network, checks = memory.build_of(path).build(sources, diagnostics)
    else:
        network, checks = _built(sources, diagnostics, _quiet(loading, sources, path) if text is None else None)
    if diagnostics.errors:
        return None
    warnings = tuple(one for one in diagnostics if one.severity is Severity.WARNING)
    return Program(network=network, checks=checks, warnings=warnings, files=read, settings=loading.settings)


def _sources(loading: _Loading, path: Path, text: str | None) -> tuple[Sources, tuple[SourceFile, ...]] | None:
    """What a program is built from, and its files; None, after a diagnostic, where nothing is."""
    diagnostics = loading.diagnostics
    source = files.read(path, str(path), None) if text is None else _given(str(path), text)
    if isinstance(source, Diagnostic):
        diagnostics.add(source)
        return None
    resolved = _resolved(path)
    loading.home = _resolved(path.parent)
    main = loading.read[resolved, None] = _parsed(loading, resolved, SourceFile(str(path), source))
    if not main.tree.items and not diagnostics.errors:
        diagnostics.add(files.empty(str(path)))
        return None
    _mount(loading, main, path, "", ())
    homes = _settle(loading)
    health, packs = _health(loading)
    sources = Sources(
        files=[Mounted(items=one.tree.items, prefix=one.prefixes[0], aliases=tuple(one.prefixes[1:])) for one in loading.files],
        homes=homes,
        sealed=frozenset(loading.sealed),
        excuses=_excuses(loading),
        health=packs,
    )
    return sources, (main.source, *(one.source for one in loading.files if one is not main), *health)


def _quiet(loading: _Loading, sources: Sources, path: Path) -> QuietGroups | None:
    """What is known of the NSGs of a large program, where its files, and nothing else, decide what they are."""
    made_up = loading.texts or loading.settings or any(one.foreign for one in loading.files)
    if made_up or not sources.excuses.is_empty or sum(len(one.source.text) for one in loading.files) < LARGE:
        return None
    from asever.semantics.quiet import QuietGroups  # noqa: PLC0415 - most programs are small

    return QuietGroups(path, sources)


def _built(sources: Sources, diagnostics: Diagnostics, quiet: QuietGroups | None) -> tuple[Network, tuple[Check, ...]]:
    """The network and the checks of a program, with all that is to be said of them."""
    build = Build(sources, Problems(diagnostics), quiet.known if quiet is not None else {})
    network, checks = build.run()
    validate(network, diagnostics)
    if quiet is not None and build.is_independent:
        quiet.keep(network, diagnostics)
    return network, checks


def _given(name: str, text: str) -> str | Diagnostic:
    return files.too_large(name, None) if len(text) > files.LARGEST else files.clean(text)


def _resolved(path: Path) -> Path:
    """The one name of a file, however it is written; raises nothing for names that no file can have."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path


def _parsed(loading: _Loading, resolved: Path, source: SourceFile) -> _File:
    found = Diagnostics()
    tree = loading.parse(source, found)
    loading.broken.extend(one.primary.span for one in found if one.primary is not None)
    loading.diagnostics.extend(found)
    if _in_library(resolved):
        loading.sealed.add(source.name)
    return _File(resolved, source, tree)


# -- Imports ------------------------------------------------------------------------------------------------------------


def _mount(loading: _Loading, file: _File, path: Path, prefix: str, chain: tuple[Path, ...]) -> None:
    """Makes the names of a file, and of what it imports, known under a prefix. `chain` are the files that led here."""
    first = not file.prefixes
    file.prefixes.append(prefix)
    chain = (*chain, file.path)
    for item in file.tree.items:
        if isinstance(item, nodes.Import):
            _follow(loading, item, path, prefix, chain)
    if first:
        loading.files.append(file)


def _follow(loading: _Loading, node: nodes.Import, importing: Path, prefix: str, chain: tuple[Path, ...]) -> None:
    inner = f"{prefix}{node.alias.text}." if node.alias is not None else prefix
    loading.followed += 1
    if loading.followed > MOST_IMPORTS + 1:
        return  # one message about their number is enough
    problem = _refused(loading, node, chain)
    if problem is not None:
        loading.diagnostics.add(problem)
        loading.failed.add(inner)
        return
    path = located(importing, node.path.text)
    resolved = _resolved(path)
    wanted = [(node.path, resolved)]
    if node.parameters is not None:
        wanted.append((node.parameters, _resolved(importing.parent / node.parameters.text)))
    outside = next((name for name, file in wanted if _climbs_out(loading, importing, name.text, file)), None)
    if outside is not None:
        loading.diagnostics.add(_outside(outside))
        loading.failed.add(inner)
        return
    if resolved in chain:
        loading.diagnostics.add(_cycle(node, (*chain[chain.index(resolved) :], resolved)))
        return
    file = _file(loading, node, path, resolved)
    if file is None:
        loading.failed.add(inner)
    elif inner not in file.prefixes:
        _mount(loading, file, path, inner, chain)


def _file(loading: _Loading, node: nodes.Import, path: Path, resolved: Path) -> _File | None:
    """The file that an import leads to, read once; None, after a diagnostic, when it cannot be read."""
    parameters = None
    if node.parameters is not None:
        parameters = _resolved(Path(node.path.span.file.name).parent / node.parameters.text)
    key = (resolved, parameters)
    if key in loading.read:
        return loading.read[key]
    name = f"std/{_in_library(resolved)}" if _in_library(resolved) else os.path.normpath(path)
    if is_foreign(path):
        again = any(known == resolved for known, _ in loading.read)
        unread = unread_file(
            node, path, f"{name} with {node.parameters.text}" if again and node.parameters else name, parameters
        )
        if isinstance(unread, Diagnostic):
            loading.diagnostics.add(unread)
            return None
        file = _File(resolved, unread.file, nodes.FileNode(file=unread.file, items=()))
        file.foreign = unread
        loading.read[key] = file
        return file
    text = loading.texts[name] if name in loading.texts else files.read(path, name, node.path.span)
    if isinstance(text, Diagnostic):
        loading.diagnostics.add(text)
        return None
    file = loading.read[key] = _parsed(loading, resolved, SourceFile(name, text))
    return file


def _settle(loading: _Loading) -> dict[str, str]:
    """Turns the foreign files into items, now that all files are known; the prefix of each file by its name."""
    homes = {one.source.name: one.prefixes[0] for one in loading.files}
    every = [one for one in loading.files if one.foreign is not None]
    if not every and not loading.settings:
        return homes
    imports = [Foreigner(unread=one.foreign, prefix=one.prefixes[0]) for one in every if one.foreign is not None]
    written = [item for one in loading.files if one.foreign is None for item in one.tree.items]
    settled = settle(imports, written, loading.settings, loading.diagnostics)
    loading.sheets.extend(zip(settled.sheets, settled.items, strict=True))
    for one, items in zip(every, settled.items, strict=True):
        one.tree = nodes.FileNode(file=one.source, items=items)
    for prefix in settled.failed:
        loading.failed.add(prefix)
    for one in loading.files:
        if one.foreign is None:
            one.tree = replace(one.tree, items=with_settings(one.tree.items, loading.settings))
    return {**settled.homes, **homes}


def _refused(loading: _Loading, node: nodes.Import, chain: tuple[Path, ...]) -> Diagnostic | None:
    """Why an import is not even tried."""
    at = node.path.span
    foreign = refused_suffix(node)
    if foreign is not None:
        return foreign
    if loading.followed > MOST_IMPORTS or len(chain) > DEEPEST:
        limit = f"more than {MOST_IMPORTS} imports" if loading.followed > MOST_IMPORTS else f"imports more than {DEEPEST} deep"
        return Diagnostic(code="too-many-imports", message=f"this program has {limit}", primary=Label(at, "not followed"))
    return None


def _climbs_out(loading: _Loading, importing: Path, written: str, resolved: Path) -> bool:
    """Whether a symbolic link leads out of the folder that a path is written for.

    A path may climb by its own words (`../net.json`), and who writes it in full means that file; a link says nothing to the
    reader of the program, so below the folder it has to stay inside, or in the folder of the program.
    """
    if Path(written).is_absolute() or written.startswith("std/"):
        return False
    parts = Path(os.path.normpath(written)).parts
    climbed = importing.parent.joinpath(*(one for one in parts if one == ".."))
    return not any(resolved.is_relative_to(one) for one in (loading.home, _resolved(climbed)))


def _outside(path: nodes.Name) -> Diagnostic:
    return Diagnostic(
        code="link-leads-out",
        message=f"`{path.text}` is a symbolic link that leads out of the folder",
        primary=Label(path.span, "not followed"),
        help="import the file by the path where it is",
    )


def _cycle(node: nodes.Import, chain: Sequence[Path]) -> Diagnostic:
    return Diagnostic(
        code="import-cycle",
        message=f"`{node.path.text}` imports itself: {' -> '.join(one.name for one in chain)}",
        primary=Label(node.path.span, "this closes the circle"),
        help="move what both need into a third file",
    )


def located(importing: Path, written: str) -> Path:
    """Where the file of an import should be: `std/…` is the library, everything else is relative to the importing file."""
    inside = written.removeprefix("std/")
    path = resources.library() / inside if inside != written else importing.parent / written
    return (
        path
        if path.suffix == SUFFIX or is_foreign(path) or _is_file(path)
        else path.with_name(path.name + SUFFIX)
        if path.name
        else path
    )


def _is_file(path: Path) -> bool:
    reads.note(path)
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _in_library(path: Path) -> str:
    """The name of a file of the library, without its suffix; nothing for other files."""
    library = resources.library()
    return path.relative_to(library).as_posix().removesuffix(SUFFIX) if path.is_relative_to(library) else ""


# -- What could not be read ---------------------------------------------------------------------------------------------

# The beginnings of items, in a text that could not be parsed: the kind and the name.
_HEAD = r'^[ \t]*(?P<kind>[A-Za-z][\w-]*)[ \t]+(?P<name>"[^"\n]*"?|[A-Za-z][\w.-]*)'


def _excuses(loading: _Loading) -> Excuses:
    names: set[str] = set()
    failed = set(loading.failed)
    for file in loading.files:
        if any(span.file is file.source for span in loading.broken):
            for head in _heads(file):
                names.add(head["name"].strip('"'))
                if head["kind"] == "import":
                    failed.add(file.prefixes[0])
    return Excuses(names=frozenset(names), imports=frozenset(failed), broken=tuple(loading.broken))


def _heads(file: _File) -> Iterator[re.Match[str]]:
    """What looks like the beginning of an item outside the items that could be read."""
    start = 0
    text = file.source.text
    for item in (*file.tree.items, None):
        end = item.span.start if item is not None else len(text)
        if start < end:
            yield from re.compile(_HEAD, re.MULTILINE).finditer(text, start, end)
        start = item.span.end if item is not None else end


# -- Health packs -------------------------------------------------------------------------------------------------------


def _health(loading: _Loading) -> tuple[list[SourceFile], dict[int, nodes.Pack]]:
    """The shipped packs that `is healthy` needs, by version, and their files, whether they are imported or not."""
    items = [item for file in loading.files for item in file.tree.items]
    checks = (check for item in items for check in ((item,) if isinstance(item, nodes.Check) else getattr(item, "checks", ())))
    sources: list[SourceFile] = []
    packs: dict[int, nodes.Pack] = {}
    if not any(isinstance(check.claim, nodes.IsHealthy) for check in checks):
        return sources, packs
    for version in VERSIONS:
        path = resources.library() / f"ase-v{version}{SUFFIX}"
        file = loading.read.get((_resolved(path), None))
        if file is None:
            text = files.read(path, f"std/{path.stem}", None)
            if isinstance(text, Diagnostic):
                loading.diagnostics.add(text)
                continue
            file = _parsed(loading, _resolved(path), SourceFile(f"std/{path.stem}", text))
            sources.append(file.source)
        for item in file.tree.items:
            if isinstance(item, nodes.Pack) and item.name.text == f"ase-v{version}-health" and len(item.parameters) == 1:
                packs[version] = item
    return sources, packs
