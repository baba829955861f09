"""Reads texts from disk. Whatever is wrong with a file becomes a diagnostic, never an exception."""

from __future__ import annotations

from pathlib import Path

from asever import reads
from asever.diagnostics import Diagnostic, Edit, Label, nearest
from asever.source import SourceFile, Span

LARGEST = 32_000_000
"""Bytes of the largest file that is read: half a million rules, as a network of two thousand subnets has. More take minutes."""


def read(path: Path, name: str, at: Span | None) -> str | Diagnostic:
    """The text of a file. `name` is what messages call it, `at` where it was imported."""
    data = read_bytes(path, name, at)
    return data if isinstance(data, Diagnostic) else text_of(data, name, at)


def read_bytes(path: Path, name: str, at: Span | None, largest: int = LARGEST) -> bytes | Diagnostic:
    """What a file holds, of a file that is too large no more than shows that it is."""
    reads.note(path)
    try:
        if path.is_dir():
            return _unreadable(name, at, "it is a folder")
        with path.open("rb") as file:
            return file.read(largest + 1)
    except FileNotFoundError:
        return _missing(path, name, at)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        return _unreadable(name, at, reason[:1].lower() + reason[1:])


def text_of(data: bytes, name: str, at: Span | None) -> str | Diagnostic:
    """The text that bytes are, with line ends of one kind and without a byte order mark."""
    if len(data) > LARGEST:
        return too_large(name, at)
    try:
        return clean(data.decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        return _not_text(name, at, data, problem.start)


def clean(text: str) -> str:
    """A text without a byte order mark, with line ends of one kind."""
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def too_large(name: str, at: Span | None) -> Diagnostic:
    """The diagnostic for a text that is larger than `LARGEST`."""
    return Diagnostic(
        code="file-too-large",
        message=f"`{name}` is larger than {LARGEST // 1_000_000} MB",
        primary=_place(name, at),
        help="split it into several files with `import`",
    )


def empty(name: str) -> Diagnostic:
    """The diagnostic for a program that says nothing: more likely a file that was cut off than one that is meant so."""
    return Diagnostic(
        code="empty-file",
        message=f"`{name}` is empty: it declares nothing and checks nothing",
        primary=_place(name, None),
        help="`asever init` writes a specification to start from",
    )


def _missing(path: Path, name: str, at: Span | None) -> Diagnostic:
    near = _beside(path)
    if near is not None and at is not None:
        written = at.text.strip('"')
        near = written[: len(written) - len(written.rpartition("/")[2])] + near + (".asev" if written.endswith(".asev") else "")
    elif near is not None:
        near = str(path.with_name(f"{near}.asev"))
    return Diagnostic(
        code="no-such-file",
        message=f"there is no file `{name}`",
        primary=_place(name, at),
        help=f"did you mean `{near}`?" if near is not None else None,
        edits=(Edit(at, f'"{near}"'),) if near is not None and at is not None else (),
    )


def _beside(path: Path) -> str | None:
    """The file in the same folder whose name is nearest, without its suffix."""
    try:
        beside = [one.stem for one in path.parent.iterdir() if one.suffix == ".asev"]
    except OSError:
        return None  # the folder does not exist either
    return nearest(path.name.removesuffix(".asev"), beside)


def _unreadable(name: str, at: Span | None, reason: str) -> Diagnostic:
    return Diagnostic(code="unreadable-file", message=f"`{name}` cannot be read: {reason}", primary=_place(name, at))


def _not_text(name: str, at: Span | None, data: bytes, offset: int) -> Diagnostic:
    binary = b"\0" in data[:4096]
    line = data.count(b"\n", 0, offset) + 1
    what = "a binary file" if binary else "not written in UTF-8"
    return Diagnostic(
        code="not-utf-8",
        message=f"`{name}` is {what}: line {line} holds the byte {data[offset]:#04x}",
        primary=_place(name, at),
        help=None if binary else "save it as UTF-8",
    )


def _place(name: str, at: Span | None) -> Label:
    if at is not None:
        return Label(at, "imported here")
    return Label(Span(SourceFile(name, ""), 0, 0), "")
