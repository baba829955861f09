"""The string functions, and those that work on strings and arrays alike (`length`, `take`, `contains` …)."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, unquote

from asever.importers import json_text
from asever.importers.arm.functions.kinds import array, has_symbol, integer, kind_of, members, text, values
from asever.importers.arm.functions.logic import same
from asever.importers.arm.mistakes import FailureError
from asever.importers.arm.symbols import Mixed, call_of, joined, pieces, text_of
from asever.importers.tree import Plain, Symbol, Value
from asever.source import SourceFile

LONGEST: Final = 1_000_000
"""Letters of the longest string that a function makes; Azure's own limit is 131,072."""

LONGEST_JSON: Final = 200_000
"""Letters of the longest string that is read as JSON: every second may be a value."""

# -- Joining and taking apart -------------------------------------------------------------------------------------------


def concat(*parts: Plain) -> Plain:
    """Strings as one string, or arrays as one array."""
    if parts and all(isinstance(part, tuple) for part in parts):
        return tuple(item for part in parts for item in array(part))
    if any(isinstance(part, tuple) for part in parts):
        return _unknown_or_refused("concat", parts)
    return _joined([written(part) for part in parts])


def _unknown_or_refused(function: str, parts: tuple[Plain, ...]) -> Plain:
    """Some of the parts are of another kind than the others; a symbol may still be of the right one."""
    if any(isinstance(part, Symbol) for part in parts):
        return call_of(function, parts)
    raise FailureError("arrays and other values do not go together")


_HOLE: Final = re.compile(r"\{\{|\}\}|\{(\d{1,3})(?:,(-?\d{1,3}))?(?::([^{}]*))?\}")


def form(pattern: Plain, *parts: Plain) -> Plain:
    """A pattern with its holes (`{0}`) filled."""
    if isinstance(pattern, Symbol):
        return call_of("format", (pattern, *parts))
    made: list[Plain] = []
    at = letters = 0
    for hole in _HOLE.finditer(text(pattern)):
        made.append(text(pattern)[at : hole.start()])
        at = hole.end()
        letters += int((hole[2] or "0").lstrip("-"))
        if letters > LONGEST:
            raise FailureError(f"the string is longer than {LONGEST} letters")
        if hole[1] is None:
            made.append(hole[0][0])
        elif int(hole[1]) < len(parts):
            made.append(_aligned(_shaped(parts[int(hole[1])], hole[3]), hole[2]))
        else:
            raise FailureError(f"`{hole[0]}` has no argument")
    return _joined([*made, text(pattern)[at:]])


def _shaped(part: Plain, shape: str | None) -> Plain:
    if shape is None or isinstance(part, Symbol | str):
        return written(part)
    digits = re.fullmatch(r"(?:[dD](\d{0,2})|(0{1,20}))", shape)
    if digits is None:
        raise FailureError(f"the number format `{shape}` is not known here")
    number = integer(part)
    width = int(digits[1] or 0) if digits[2] is None else len(digits[2])
    return ("-" if number < 0 else "") + str(abs(number)).zfill(width)


def _aligned(part: Plain, width: str | None) -> Plain:
    if width is None or not isinstance(part, str):
        return part
    return part.rjust(int(width)) if int(width) > 0 else part.ljust(-int(width))


def written(part: Plain) -> Plain:
    """A value as it stands in a joined string; a symbol stays one."""
    return part if isinstance(part, str | Symbol) else string(part)


def string(value: Plain) -> Plain:
    """A value as a string; arrays and objects as JSON."""
    match value:
        case str() | Symbol():
            return value
        case None:
            return ""
        case bool():
            return "True" if value else "False"
        case int() | float():
            return repr(value)
        case _:
            return call_of("string", (value,)) if has_symbol(value) else _bounded(json_of(value))


def json_of(value: Plain) -> str:
    """A value as JSON."""
    match value:
        case tuple():
            return "[" + ",".join(json_of(item.plain) for item in value) + "]"
        case Mapping():
            return "{" + ",".join(f"{_quoted(name)}:{json_of(member.plain)}" for name, member in value.items()) + "}"
        case str():
            return _quoted(value)
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case _:
            return repr(value)


_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _quoted(raw: str) -> str:
    return '"' + re.sub(r'["\\\x00-\x1f]', lambda found: _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}", raw) + '"'


def _joined(parts: list[Plain]) -> Plain:
    """Parts as one string, after a look at how long it will be."""
    known = (piece for part in parts for piece in (part.parts if isinstance(part, Mixed) else (part,)))
    if sum(len(piece) for piece in known if isinstance(piece, str)) > LONGEST:
        raise FailureError(f"the string is longer than {LONGEST} letters")
    return joined(*parts)


def _bounded(plain: Plain) -> Plain:
    if isinstance(plain, str) and len(plain) > LONGEST:
        raise FailureError(f"the string is longer than {LONGEST} letters")
    return plain


def split(whole: Plain, separators: Plain) -> Plain:
    """A string taken apart at one separator or several. A resource id is taken apart at its slashes, whatever its names are."""
    if isinstance(whole, Mixed) and separators == "/" and str(whole.parts[0]).startswith("/"):
        return values(pieces(whole, "/"))
    if isinstance(whole, Symbol) or has_symbol(separators):
        return call_of("split", (whole, separators))
    marks = [text(separators)] if isinstance(separators, str) else [text(item.plain) for item in array(separators)]
    marks = [mark for mark in marks if mark]
    if len(text(whole)) > LONGEST:
        raise FailureError(f"the string is longer than {LONGEST} letters")
    return values(re.split("|".join(map(re.escape, marks)), text(whole))) if marks else values([text(whole)])


def join(items: Plain, separator: Plain) -> Plain:
    """The items of an array as one string."""
    if isinstance(items, Symbol):
        return call_of("join", (items, separator))
    made: list[Plain] = []
    for index, item in enumerate(array(items)):
        made.extend((separator if index else "", written(item.plain)))
    return _joined(made)


def lower(value: Plain) -> Plain:
    """Small letters."""
    return _cased("toLower", str.lower, value)


def upper(value: Plain) -> Plain:
    """Capital letters."""
    return _cased("toUpper", str.upper, value)


def _cased(function: str, change: Callable[[str], str], value: Plain) -> Plain:
    parts = value.parts if isinstance(value, Mixed) else (value,)
    return joined(*(call_of(function, (part,)) if isinstance(part, Symbol) else change(text(part)) for part in parts))


def replace(whole: Plain, old: Plain, new: Plain) -> Plain:
    """A string with every part of one spelling replaced."""
    if not text(old):
        raise FailureError("there is nothing to replace")
    whole, old, new = text(whole), text(old), text(new)
    if len(whole) + whole.count(old) * len(new) > 2 * LONGEST:
        raise FailureError(f"the string is longer than {LONGEST} letters")
    return _bounded(whole.replace(old, new))


def substring(whole: Plain, start: Plain, length: Plain = None) -> Plain:
    """A part of a string."""
    letters, first = text(whole), integer(start)
    many = len(letters) - first if length is None else integer(length)
    if first < 0 or many < 0 or first + many > len(letters):
        raise FailureError("the part lies outside of the string")
    return letters[first : first + many]


def pad_left(whole: Plain, width: Plain, letter: Plain = " ") -> Plain:
    """A string filled up from the left."""
    wide = integer(width)
    if not 0 <= wide <= LONGEST or len(text(letter)) != 1:
        raise FailureError("a string is filled up to a length with one letter")
    return str(written(whole)).rjust(wide, text(letter))


def trim(whole: Plain) -> Plain:
    """A string without white space around it."""
    return text(whole).strip()


def starts_with(whole: Plain, start: Plain) -> Plain:
    """Whether a string begins with another, whatever the letter case."""
    return text(whole).lower().startswith(text(start).lower())


def ends_with(whole: Plain, end: Plain) -> Plain:
    """Whether a string ends with another, whatever the letter case."""
    return text(whole).lower().endswith(text(end).lower())


# -- Strings and arrays alike --------------------------------------------------------------------------------------------


def length(value: Plain) -> Plain:
    """How many letters, items or members."""
    if isinstance(value, str | tuple | Mapping):
        return len(value)
    raise FailureError(f"{kind_of(value)} has no length")


def empty(value: Plain) -> Plain:
    """Whether there is nothing in it. A string with a known part is never empty."""
    if isinstance(value, Mixed):
        return False
    if isinstance(value, Symbol):
        return call_of("empty", (value,))
    return value is None or (isinstance(value, str | tuple | Mapping) and not value)


def first(value: Plain) -> Plain:
    """The first letter or item."""
    return _end(value, 0)


def last(value: Plain) -> Plain:
    """The last letter or item."""
    return _end(value, -1)


def _end(value: Plain, index: int) -> Plain:
    if isinstance(value, str):
        return value[index] if value else ""
    items = array(value)
    return items[index].plain if items else None


def take(value: Plain, count: Plain) -> Plain:
    """The first letters or items."""
    many = max(0, integer(count))
    return value[:many] if isinstance(value, str) else array(value)[:many]


def skip(value: Plain, count: Plain) -> Plain:
    """All but the first letters or items."""
    many = max(0, integer(count))
    return value[many:] if isinstance(value, str) else array(value)[many:]


def contains(value: Plain, part: Plain) -> Plain:
    """Whether a string has a part, an array an item, an object a member."""
    if isinstance(value, Mapping) and isinstance(part, str):
        return Value(plain=value).get(part) is not None
    if isinstance(value, tuple):
        if any(same(item.plain, part) for item in value):
            return True
        return call_of("contains", (value, part)) if has_symbol(value) or has_symbol(part) else False
    if isinstance(value, Symbol) or isinstance(part, Symbol):
        return call_of("contains", (value, part))
    return str(written(part)) in text(value)


def index_of(value: Plain, part: Plain) -> Plain:
    """The place of a part of a string (whatever the letter case) or of an item; -1 where there is none."""
    if isinstance(value, str):
        return value.lower().find(text(part).lower())
    if has_symbol(value):
        return call_of("indexOf", (value, part))
    return next((index for index, item in enumerate(array(value)) if same(item.plain, part)), -1)


def last_index_of(value: Plain, part: Plain) -> Plain:
    """The last place of a part of a string (whatever the letter case) or of an item; -1 where there is none."""
    if isinstance(value, str):
        return value.lower().rfind(text(part).lower())
    if has_symbol(value):
        return call_of("lastIndexOf", (value, part))
    return max((index for index, item in enumerate(array(value)) if same(item.plain, part)), default=-1)


# -- Other spellings of a string ------------------------------------------------------------------------------------------


def base64(value: Plain) -> Plain:
    """A string in base 64."""
    return b64encode(text(value).encode("utf-8", "replace")).decode("ascii")


def from_base64(value: Plain) -> Plain:
    """The string that base 64 spells."""
    try:
        return b64decode(text(value)).decode("utf-8")
    except ValueError:
        raise FailureError("the string is no base 64") from None


def parsed(value: Plain) -> Plain:
    """The value that a JSON text is. Symbols inside its strings stay there; one that stands elsewhere makes all unknown."""
    parts = value.parts if isinstance(value, Mixed) else (value,)
    if isinstance(value, Symbol) and (len(parts) == 1 or len(parts) > LAST_MARK - FIRST_MARK):
        return call_of("json", (value,))
    whole = "".join(chr(FIRST_MARK + at) if isinstance(part, Symbol) else text(part) for at, part in enumerate(parts))
    if isinstance(value, Mixed) and len(_MARK.findall(whole)) != sum(isinstance(part, Symbol) for part in parts):
        return call_of("json", (value,))
    if len(whole) > LONGEST_JSON:
        raise FailureError(f"the string is longer than {LONGEST_JSON} letters")
    read = json_text.parse(SourceFile("json()", whole))
    if isinstance(read, Value):
        return _placeless(read, parts if isinstance(value, Mixed) else ()).plain
    if isinstance(value, Symbol):
        return call_of("json", (value,))
    raise FailureError("the string is no JSON")


# Letters without a meaning of their own, which stand for symbols while a text is read.
FIRST_MARK: Final = 0xE000
LAST_MARK: Final = 0xF8FF
_MARK: Final = re.compile("[\ue000-\uf8ff]")


def _placeless(value: Value, parts: tuple[Plain, ...]) -> Value:
    """A value without places, since it was computed, and with the symbols that its marks stand for."""
    match value.plain:
        case tuple() as items:
            return Value(plain=tuple(_placeless(item, parts) for item in items))
        case Mapping() as inner:
            return Value(plain={text_of(_filled(name, parts)): _placeless(member, parts) for name, member in inner.items()})
        case str() as letters:
            return Value(plain=_filled(letters, parts))
        case plain:
            return Value(plain=plain)


def _filled(letters: str, parts: tuple[Plain, ...]) -> Plain:
    if not parts:
        return letters
    known = _MARK.split(letters)
    symbols = [parts[ord(mark) - FIRST_MARK] for mark in _MARK.findall(letters)]
    return joined(known[0], *(piece for pair in zip(symbols, known[1:], strict=True) for piece in pair))


def data_uri(value: Plain) -> Plain:
    """A string as a data URI."""
    return f"data:text/plain;charset=utf8;base64,{base64(value)}"


def from_data_uri(value: Plain) -> Plain:
    """The string in a data URI."""
    head, comma, body = text(value).partition(",")
    if not head.startswith("data:") or not comma:
        raise FailureError("the string is no data URI")
    return from_base64(body) if head.endswith(";base64") else unquote(body)


def uri(base: Plain, relative: Plain) -> Plain:
    """An address relative to another: what follows the last slash of a base is replaced."""
    if isinstance(relative, str) and re.match(r"[A-Za-z][\w+.-]*://", relative):
        return relative
    if isinstance(base, Symbol):
        known = base.parts[-1] if isinstance(base, Mixed) and isinstance(base.parts[-1], str) else ""
        return joined(base, "" if known.endswith("/") else "/", relative)
    folder = re.sub(r"(?<![:/])/[^/]*$", "", text(base))
    return joined(folder, "" if str(written(relative)).startswith("/") else "/", relative)


def uri_component(value: Plain) -> Plain:
    """A string with every letter escaped that has a meaning in an address."""
    return quote(text(value), safe="", errors="replace")


def from_uri_component(value: Plain) -> Plain:
    """A string without those escapes."""
    return unquote(text(value))


def keys(value: Plain) -> Plain:
    """The names of the members of an object."""
    return values(list(members(value)))


FUNCTIONS: Mapping[str, Callable[..., Plain]] = {
    "replace": replace,
    "substring": substring,
    "padleft": pad_left,
    "trim": trim,
    "startswith": starts_with,
    "endswith": ends_with,
    "length": length,
    "first": first,
    "last": last,
    "take": take,
    "skip": skip,
    "indexof": index_of,
    "lastindexof": last_index_of,
    "base64": base64,
    "base64tostring": from_base64,
    "base64tojson": lambda value: parsed(from_base64(value)),
    "datauri": data_uri,
    "datauritostring": from_data_uri,
    "uricomponent": uri_component,
    "uricomponenttostring": from_uri_component,
    "objectkeys": keys,
}
AWARE: Mapping[str, Callable[..., Plain]] = {
    "concat": concat,
    "format": form,
    "string": string,
    "split": split,
    "join": join,
    "tolower": lower,
    "toupper": upper,
    "empty": empty,
    "contains": contains,
    "uri": uri,
    "json": parsed,
}
