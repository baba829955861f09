"""Builds syntax nodes out of values: names, addresses, ports, attributes. Every node keeps its place in the user's file."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping

from asever.importers.tree import Value
from asever.model.addresses import parse_addresses, parse_prefix
from asever.model.numbers import NumberSet
from asever.source import Span
from asever.syntax import nodes
from asever.syntax.words import is_bare


def name(text: str, span: Span) -> nodes.Name:
    """A name as people read it. What no quoted name can hold is replaced: quotes, line ends, and the slash between names."""
    clean = " ".join(text.replace('"', "'").replace("/", "-").split()) or "unnamed"
    return nodes.Name(span=span, text=clean, quoted=not is_bare(clean))


def word(text: str, span: Span) -> nodes.Name:
    """A word of the language."""
    return nodes.Name(span=span, text=text)


def label(text: str, span: Span) -> nodes.Name:
    """The name of a rule or a route: any text on one line without quotes."""
    return nodes.Name(span=span, text=" ".join(text.replace('"', "'").split()), quoted=True)


def ref(text: str, span: Span) -> nodes.Ref:
    """Names with slashes between them: a thing by its full name (a subnet has its vnet's before it), or a type of Azure's."""
    return nodes.Ref(span=span, names=tuple(name(one, span) for one in text.split("/")))


def part(text: str, suffix: str, span: Span) -> nodes.Ref:
    """A reference to a part of a thing: `one.vip`."""
    base = name(text, span)
    return nodes.Ref(span=span, names=(nodes.Name(span=span, text=f"{base.text}.{suffix}", quoted=base.quoted),))


def attribute(text: str, span: Span, *values: nodes.Value, body: nodes.Body | None = None) -> nodes.Attribute:
    """An attribute with its values."""
    return nodes.Attribute(span=span, word=word(text, span), values=values, body=body)


def block(text: str, called: nodes.Ref, items: Iterable[nodes.Attribute | None]) -> nodes.Attribute:
    """A block inside a declaration: `subnet NAME { … }`."""
    span = called.span
    body = nodes.Body(span=span, items=tuple(item for item in items if item is not None))
    return attribute(text, span, called, body=body)


def unknown(span: Span) -> nodes.Ref:
    """`unknown`: what only Azure knows."""
    return ref("unknown", span)


def boolean(value: Value | None) -> bool | None:
    """A truth value; templates write some of them as texts."""
    if value is None:
        return None
    if isinstance(value.plain, bool):
        return value.plain
    return {"true": True, "false": False}.get((value.text or "").casefold())


def whole(value: Value | None) -> int | None:
    """A whole number; templates write some of them as texts."""
    if value is None or isinstance(value.plain, bool):
        return None
    if isinstance(value.plain, (int, float)) and value.plain == int(value.plain):
        return int(value.plain)
    text = (value.text or "").strip()
    return int(text) if text.isascii() and text.isdigit() else None


def said(value: Value) -> str:
    """A value as a message shows it."""
    if value.symbol is not None:
        return value.symbol.name
    if isinstance(value.plain, Mapping):
        return "an object"
    return "a list" if isinstance(value.plain, tuple) else str(value.plain)


def number(value: int, span: Span) -> nodes.Ports:
    """A whole number where the language takes one."""
    return nodes.Ports(span=span, low=value, high=value)


# -- Addresses ----------------------------------------------------------------------------------------------------------


_PLAIN = re.compile(r"[0-9.]+(/[0-9]+)?")


def address_text(text: str) -> str | None:
    """An address, a prefix or a range as the language writes it; None for everything else. Azure ignores host bits."""
    text = text.strip()
    if _PLAIN.fullmatch(text):
        try:
            parse_prefix(text)
        except ValueError:
            pass
        else:
            return text.removesuffix("/32")
    if text.casefold() in ("*", "any"):
        return "*"
    first, dash, last = text.partition("-")
    try:
        if dash:
            low, high = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
            return f"{low}-{high}" if low.version == high.version and int(low) <= int(high) else None
        if "/" in text:
            network = ipaddress.ip_network(text, strict=False)
            return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def addresses(text: str, span: Span) -> nodes.Addresses | None:
    """An address literal; None for a text that is none."""
    written = address_text(text)
    if written is None:
        return None
    return nodes.Addresses(span=span, text=written, value=parse_addresses(written))


def prefix(text: str, span: Span) -> nodes.Addresses | None:
    """A prefix literal; every address is written as the prefix that it is."""
    found = addresses("0.0.0.0/0" if text.strip() == "*" else text, span)
    return found if found is not None and "-" not in found.text else None


def every_address(span: Span) -> nodes.Addresses:
    """`*`."""
    return nodes.Addresses(span=span, text="*", value=parse_addresses("*"))


def literal(numbers: NumberSet, text: str, span: Span) -> nodes.Addresses:
    """An address literal whose value is at hand."""
    return nodes.Addresses(span=span, text=text, value=numbers)


# -- Ports --------------------------------------------------------------------------------------------------------------


def ports(text: str, span: Span) -> Iterator[nodes.Ports | None]:
    """The ports of `*`, `80`, `80-90`, and of lists of these with commas; None for each that is none of them."""
    for one in text.split(","):
        part_ = one.strip()
        if part_ in ("*", "0-65535") or part_.casefold() == "any":
            yield nodes.Ports(span=span, low=0, high=65535, any=True)
            continue
        low, dash, high = (piece.strip() for piece in part_.partition("-"))
        high = high if dash else low
        if (
            not (low.isascii() and high.isascii() and low.isdigit() and high.isdigit())
            or int(low) > int(high)
            or int(high) > 65535
        ):
            yield None
        else:
            yield nodes.Ports(span=span, low=int(low), high=int(high))


# -- Shapes of values ---------------------------------------------------------------------------------------------------


def inner(value: Value | None) -> Value:
    """The properties of a thing inside another: nested under `properties`, as the REST API has them, or flattened."""
    if value is None:
        return Value(plain={})
    nested = value.get("properties")
    return nested if nested is not None and nested.plain is not None else value


def prop(value: Value | None, *path: str) -> Value | None:
    """The value at the end of a path, whether each step is nested under `properties` or not; None for null too."""
    here = value
    for step in path:
        if here is None:
            return None
        nested = here.get("properties")
        found = nested.get(step) if nested is not None else None
        here = found if found is not None else here.get(step)
    return None if here is None or here.plain is None else here


def several(value: Value, one: str, many: str) -> Iterator[Value]:
    """A field of Azure's that may be single or plural: the values of both, each text once."""
    seen: set[str] = set()
    for field in (many, one):
        found = prop(value, field)
        for each in _members(found):
            text = each.text
            if (text is not None and (not text.strip() or text in seen)) or each.plain is None:
                continue
            seen.add(text or "")
            yield each


def _members(found: Value | None) -> Iterable[Value]:
    if found is None:
        return ()
    return found.items if isinstance(found.plain, tuple) else (found,)
