"""Foreign files in a program: which ones are read, and what becomes of them once every file of the program is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asever.diagnostics import Diagnostic, Diagnostics, Label, Severity, nearest
from asever.model.azure_tags import canonical_tag
from asever.record import record, replace
from asever.semantics import files
from asever.source import SourceFile, Span
from asever.syntax import nodes

# A program without foreign files must not pay for their readers, so what runs imports them where it needs them.
if TYPE_CHECKING:
    from asever.importers.foreign import Foreign
    from asever.importers.network.sheet import LeftOut, Sheet

SUFFIXES = frozenset({".json", ".jsonc", ".template", ".tfplan", ".tfstate"})
"""What the names of foreign files end with."""

_ADVICE = {
    ".bicep": "compile it: az bicep build",
    ".bicepparam": "compile it: az bicep build-params",
    ".tf": "import what Terraform makes of it: terraform show -json",
    ".yaml": "import JSON",
    ".yml": "import JSON",
    ".xml": "import JSON",
}


@record
class Unread:
    """A foreign file as a text, with its parameter file; `tags` says that it is Azure's list of service tags."""

    file: SourceFile
    parameters: SourceFile | None
    folder: Path
    tags: bool
    at: Span


@record
class Foreigner:
    """A foreign file and the prefix of its names."""

    unread: Unread
    prefix: str


@record
class Settled:
    """The items of each foreign file, in order, with what else was made of it.

    `homes` are the prefixes of files by name, `failed` those prefixes under which a file was refused.
    """

    items: tuple[tuple[nodes.Item, ...], ...]
    sheets: tuple[Sheet, ...]
    homes: Mapping[str, str]
    failed: tuple[str, ...]


# -- Which files --------------------------------------------------------------------------------------------------------


def is_foreign(path: Path) -> bool:
    """Whether a file is one of Azure's or of Terraform's, by its name."""
    return path.suffix.lower() in SUFFIXES


def refused_suffix(node: nodes.Import) -> Diagnostic | None:
    """Why a file is not even opened: what it is, by its name, cannot be imported."""
    written, at = node.path.text, node.path.span
    suffix = Path(written).suffix.lower()
    if suffix in _ADVICE:
        return Diagnostic(
            code="unsupported-import",
            message=f"`{written}` cannot be imported as it is",
            primary=Label(at, "neither .asev nor JSON"),
            help=_ADVICE[suffix],
        )
    if node.parameters is not None and not is_foreign(Path(written)):
        return Diagnostic(
            code="unsupported-import",
            message="only templates take parameters",
            primary=Label(node.parameters.span, "not with a .asev file"),
        )
    return None


def unread_file(node: nodes.Import, path: Path, name: str, parameters: Path | None) -> Unread | Diagnostic:
    """A foreign file as a text, with its parameter file."""
    from asever.importers import service_tags  # noqa: PLC0415

    file = _text(path, name, node.path.span)
    if isinstance(file, Diagnostic):
        return file
    given = None
    if parameters is not None and node.parameters is not None:
        found = _text(parameters, node.parameters.text, node.parameters.span)
        if isinstance(found, Diagnostic):
            return found
        given = found
    tags = service_tags.is_list(file.text)
    return Unread(file=file, parameters=given, folder=path.parent, tags=tags, at=node.path.span)


def _text(path: Path, name: str, at: Span | None) -> SourceFile | Diagnostic:
    from asever.importers import json_text  # noqa: PLC0415

    data = files.read_bytes(path, name, at, largest=json_text.LARGEST)
    return data if isinstance(data, Diagnostic) else json_text.source_file(name, data, at)


# -- What becomes of them -----------------------------------------------------------------------------------------------


def settle(
    imports: Sequence[Foreigner],
    written: Iterable[nodes.Item],
    settings: Mapping[str, str],
    diagnostics: Diagnostics,
) -> Settled:
    """The items of all foreign files. `written` are the items of the program's own files, which may name service tags."""
    from asever.importers import foreign, service_tags  # noqa: PLC0415
    from asever.importers.network.sheet import Part  # noqa: PLC0415
    from asever.importers.network.whole import network  # noqa: PLC0415

    parts: list[Part] = []
    failed: list[str] = []
    unused: list[set[str]] = []
    homes: dict[str, str] = {}
    for one in imports:
        read = (
            foreign.Foreign(file=one.unread.file)
            if one.unread.tags
            else foreign.read(one.unread.file, one.unread.parameters, settings, one.unread.folder)
        )
        diagnostics.extend(read.problems)
        if read.problems:
            failed.append(one.prefix)
        if not one.unread.tags:
            unused.append(set(read.unused))
        homes |= {each.span.file.name: one.prefix for each in read.resources if each.span is not None}
        parts.append(Part(file=one.unread.file, resources=read.resources, prefix=one.prefix, made=read.made))
        _tell_left(one, read, diagnostics)
    sheets = network(parts) if parts else ()
    for one, sheet in zip(imports, sheets, strict=True):
        _tell(one, sheet, diagnostics)
    items = [with_settings(sheet.items, settings) for sheet in sheets]
    every = [*written, *(item for each in items for item in each)]
    _tell_unused(settings, unused, every, diagnostics)
    names = set(_names(every))
    listed = [service_tags.tags(one.unread.file, names, diagnostics) if one.unread.tags else () for one in imports]
    defined = {tag.name.text.casefold() for tags in listed for tag in tags}
    whole = [
        (
            *tags,
            *(
                item
                for item in own
                if not (isinstance(item, nodes.Tag) and not item.addresses and item.name.text.casefold() in defined)
            ),
        )
        for tags, own in zip(listed, items, strict=True)
    ]
    return Settled(items=tuple(whole), sheets=sheets, homes=homes, failed=tuple(failed))


def with_settings(items: tuple[nodes.Item, ...], settings: Mapping[str, str]) -> tuple[nodes.Item, ...]:
    """Tags without content get what the user says that they hold."""
    if not settings:
        return items
    given = {name.casefold(): value for name, value in settings.items()}
    return tuple(
        replace(item, addresses=_literals(given[item.name.text.casefold()], item.name.span) or item.addresses)
        if isinstance(item, nodes.Tag) and not item.addresses and item.name.text.casefold() in given
        else item
        for item in items
    )


def _literals(text: str, span: Span) -> tuple[nodes.Addresses, ...]:
    from asever.importers.network.words import addresses as literal  # noqa: PLC0415

    return tuple(found for one in re.split(r"[,\s]+", text.strip()) if (found := literal(one, span)) is not None)


# -- Names of tags ------------------------------------------------------------------------------------------------------


def _names(items: Iterable[nodes.Item]) -> Iterator[str]:
    """Every name in a place where a service tag may stand, as Azure spells it, in lower case."""
    for item in items:
        for ref in _refs(item):
            text = canonical_tag(ref.text)
            yield text.casefold()
            yield text.rpartition(".")[2].casefold()


def _refs(item: nodes.Item) -> Iterator[nodes.Ref]:
    match item:
        case nodes.Declaration():
            for part in item.body.items if item.body is not None else ():
                yield from _refs_in(part)
        case nodes.Tag():
            yield from _only(item.addresses)
        case nodes.Check():
            yield from _claim(item)
        case nodes.Pack():
            for check in item.checks:
                yield from _claim(check)
        case nodes.Apply():
            yield from _only(item.arguments)
        case _:
            pass


def _refs_in(part: nodes.Attribute | nodes.Rules | nodes.Rule | nodes.Route | nodes.PortMap) -> Iterator[nodes.Ref]:
    match part:
        case nodes.Rules():
            for rule in part.rules:
                yield from _only((*rule.sources, *rule.targets))
        case nodes.Rule():
            yield from _only((*part.sources, *part.targets))
        case nodes.Route():
            yield from _only((part.destination,))
        case nodes.Attribute():
            yield from _only(part.values)
            for inner in part.body.items if part.body is not None else ():
                yield from _refs_in(inner)
        case _:
            pass


def _claim(check: nodes.Check) -> Iterator[nodes.Ref]:
    if isinstance(check.claim, nodes.Reach):
        yield from _only((*check.claim.subjects, check.claim.target))
    for one in check.modifiers:
        match one:
            case nodes.As():
                yield from _only(one.addresses)
            case nodes.ExceptFrom():
                yield from _only(one.endpoints)
            case _:
                pass


def _only(values: Iterable[nodes.Value]) -> Iterator[nodes.Ref]:
    return (value for value in values if isinstance(value, nodes.Ref))


# -- What is told -------------------------------------------------------------------------------------------------------


def _tell(one: Foreigner, sheet: Sheet, diagnostics: Diagnostics) -> None:
    for wrong in sheet.refused:
        diagnostics.add(
            Diagnostic(code="wrong-resource", message=wrong.why, primary=Label(wrong.span, "Azure would refuse this"))
        )
    if sheet.left_out:
        from asever.importers.network.unmodelled import NO_PART  # noqa: PLC0415

        ordered = sorted(sheet.left_out, key=lambda each: each.why == NO_PART)
        diagnostics.add(
            Diagnostic(
                code="not-modelled",
                message=f"`{Path(one.unread.file.name).name}` holds what the network does not have",
                primary=Label(ordered[0].span, "the first one"),
                notes=tuple(_lines(ordered)),
                severity=Severity.WARNING,
            )
        )


def _lines(left_out: Sequence[LeftOut]) -> Iterator[str]:
    """What is left out, resources of one type and reason together; what changes no verdict comes last, all in one."""
    from asever.importers.network.unmodelled import NO_PART  # noqa: PLC0415

    lines: dict[tuple[str, str], dict[str, None]] = {}
    for each in left_out:
        lines.setdefault((each.kind, each.why), {})[each.name] = None
    apart = [f"{kind} {', '.join(names)}" for (kind, why), names in lines.items() if why == NO_PART]
    yield from (f"{kind} {', '.join(names)}: {why}" for (kind, why), names in lines.items() if why != NO_PART)
    if apart:
        yield f"of types that the model does not know, and in no subnet of the file: {'; '.join(apart)}"


def _tell_left(one: Foreigner, read: Foreign, diagnostics: Diagnostics) -> None:
    for each in read.left:
        diagnostics.add(
            Diagnostic(
                code="not-in-the-file",
                message=f"{each.what}: {each.why}",
                primary=Label(each.span or Span(one.unread.file, 0, 0), "not followed"),
                severity=Severity.WARNING,
            )
        )


def _tell_unused(
    settings: Mapping[str, str], unused: Sequence[set[str]], items: Iterable[nodes.Item], diagnostics: Diagnostics
) -> None:
    """A setting that nothing asks for is more likely misspelt than meant so."""
    tags = {item.name.text.casefold(): item.name.text for item in items if isinstance(item, nodes.Tag)}
    for name in settings:
        if name.casefold() in tags or not all(name in one for one in unused):
            continue
        near = nearest(name, tags.values())
        diagnostics.add(
            Diagnostic(
                code="unknown-setting",
                message=f"nothing in the program asks for `{name}`",
                help=f"did you mean `{near}`?" if near else None,
            )
        )
