"""Reads a program: the file, what it imports, and everything that is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from asever import resources
from asever.diagnostics import Diagnostic, Diagnostics, Label, Severity, nearest
from asever.model import things
from asever.model.numbers import union
from asever.model.program import Program
from asever.semantics.build import Builder, Item
from asever.semantics.validate import validate
from asever.source import SourceFile, Span
from asever.syntax import nodes
from asever.syntax.parser import parse

LARGEST = 64 * 1024 * 1024
HEALTH_PACKS = ("ase-v1", "ase-v2", "ase-v3")


@dataclass
class _Loading:
    diagnostics: Diagnostics
    items: list[Item] = field(default_factory=list)
    files: list[SourceFile] = field(default_factory=list)
    loaded: set[tuple[Path, str]] = field(default_factory=set)
    parsed: dict[Path, nodes.FileNode] = field(default_factory=dict)
    chain: list[tuple[Path, Span | None]] = field(default_factory=list)


def load_program(path: Path, *, text: str | None = None) -> tuple[Program | None, Diagnostics]:
    """The program of a file with everything it imports; None when there are errors.

    With `text` the file is not read (standard input); imports are still relative to its folder.
    """
    diagnostics = Diagnostics()
    loading = _Loading(diagnostics)
    source = text if text is not None else _read(path, str(path), None, diagnostics)
    if source is None:
        return None, diagnostics
    _take_in(loading, path, str(path), source, "")
    _health_packs(loading)
    builder = Builder(loading.items, diagnostics)
    builder.define()
    builder.build_things()
    checks = builder.build_checks()
    network = _network(builder)
    validate(network, diagnostics)
    if diagnostics.errors:
        return None, diagnostics
    warnings = tuple(one for one in diagnostics if one.severity is Severity.WARNING)
    return Program(network=network, checks=checks, warnings=warnings, files=tuple(loading.files)), diagnostics


def _read(path: Path, name: str, at: Span | None, diagnostics: Diagnostics) -> str | None:
    """The text of a file, or a diagnostic and None."""
    try:
        if path.is_dir():
            raise OSError("it is a folder")
        if path.stat().st_size > LARGEST:
            raise OSError(f"it is larger than {LARGEST // 1024 // 1024} MiB")
        data = path.read_bytes()
    except (OSError, ValueError) as problem:
        diagnostics.add(_unreadable(path, name, at, problem))
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        diagnostics.add(
            Diagnostic(
                code="not-utf-8",
                message=f"`{name}` is not a text in UTF-8 (byte {problem.start})",
                primary=Label(at or _nowhere(name), "this file") if at else None,
                help="save it as UTF-8; a compiled or compressed file is not a specification",
            )
        )
        return None
    return text.replace("\r\n", "\n")


def _nowhere(name: str) -> Span:
    return Span(SourceFile(name, ""), 0, 0)


def _unreadable(path: Path, name: str, at: Span | None, problem: Exception) -> Diagnostic:
    missing = not path.exists()
    reason = getattr(problem, "strerror", None) or str(problem)
    close = None
    if missing and path.parent.is_dir():
        close = nearest(path.name, [one.name for one in path.parent.iterdir()])
    return Diagnostic(
        code="no-such-file" if missing else "unreadable-file",
        message=f"there is no file `{name}`" if missing else f"`{name}` cannot be read: {reason.lower()}",
        primary=Label(at or _nowhere(name), "imported here" if at else ""),
        help=f"did you mean `{close}`?" if close else None,
    )


def _take_in(loading: _Loading, path: Path, name: str, text: str, prefix: str) -> None:
    resolved = path.resolve()
    loading.loaded.add((resolved, prefix))
    tree = loading.parsed.get(resolved)
    if tree is None:
        file = SourceFile(name, text)
        loading.files.append(file)
        tree = loading.parsed[resolved] = parse(file, loading.diagnostics)
    loading.chain.append((resolved, None))
    for item in tree.items:
        if isinstance(item, nodes.Import):
            _follow(loading, path, item, prefix)
        else:
            loading.items.append(Item(item, prefix))
    loading.chain.pop()


def _follow(loading: _Loading, importing: Path, node: nodes.Import, prefix: str) -> None:
    written = node.path.text
    path = _locate(importing, written)
    at = node.path.span
    if path.suffix.lower() == ".json" or written.lower().endswith(".json"):
        loading.diagnostics.add(
            Diagnostic(
                code="unsupported-import",
                message=f"`{written}` is not a specification",
                primary=Label(at, "this version reads .asev files only"),
                help="declare what it holds in a .asev file",
            )
        )
        return
    inner = f"{prefix}{node.alias.text}." if node.alias is not None else prefix
    resolved = path.resolve()
    chain = [one for one, _ in loading.chain]
    if resolved in chain:
        names = [one.name for one in (*chain[chain.index(resolved) :], resolved)]
        loading.diagnostics.add(
            Diagnostic(
                code="import-cycle",
                message=f"`{written}` imports itself: {' -> '.join(names)}",
                primary=Label(at, "this closes the circle"),
                help="move what both need into a third file",
            )
        )
        return
    if (resolved, inner) in loading.loaded:
        return
    shown = written if written.startswith("std/") else _shown(path)
    text = (
        loading.parsed[resolved].file.text
        if resolved in loading.parsed
        else _read(path, written if written.startswith("std/") else shown, at, loading.diagnostics)
    )
    if text is not None:
        _take_in(loading, path, shown, text, inner)


def _shown(path: Path) -> str:
    return str(path)


def _locate(importing: Path, written: str) -> Path:
    if written.startswith("std/"):
        path = resources.library() / written.removeprefix("std/")
    else:
        path = importing.parent / written
    return path if path.suffix or path.exists() else path.with_suffix(".asev")


def _health_packs(loading: _Loading) -> None:
    """The shipped health packs, which `is healthy` needs whether they are imported or not."""
    wanted = any(
        isinstance(check.claim, nodes.IsHealthy)
        for item in loading.items
        for check in ((item.node,) if isinstance(item.node, nodes.Check) else getattr(item.node, "checks", ()))
    )
    if not wanted:
        return
    for name in HEALTH_PACKS:
        path = resources.library() / f"{name}.asev"
        if (path.resolve(), "") not in loading.loaded:
            text = _read(path, f"std/{name}", None, loading.diagnostics)
            if text is not None:
                _take_in(loading, path, f"std/{name}", text, "")


_TABLES = {
    things.Vnet: "vnets",
    things.Subnet: "subnets",
    things.Environment: "environments",
    things.Machine: "machines",
    things.SecurityGroup: "groups",
    things.ApplicationGroup: "application_groups",
    things.RouteTable: "route_tables",
    things.Gateway: "gateways",
    things.OnPremises: "on_premises",
    things.LoadBalancer: "load_balancers",
    things.NatGateway: "nat_gateways",
    things.Firewall: "firewalls",
    things.PrivateEndpoint: "private_endpoints",
    things.AdminRules: "admin_rules",
    things.Tag: "tags",
}


def _network(builder: Builder) -> things.Network:
    tables: dict[str, dict[str, things.Thing]] = {name: {} for name in _TABLES.values()}
    for thing in builder.things.values():
        tables[_TABLES[type(thing)]][thing.name] = thing
    return things.Network(**tables, named_addresses=union(builder.public_literals))  # type: ignore[arg-type]
