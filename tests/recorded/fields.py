"""The fields of rules and routes in Azure's answers: addresses, ports, protocols, ids."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from asever.model.addresses import ALL_ADDRESSES, parse_prefix
from asever.model.numbers import NumberSet
from asever.model.packets import ANY_PORT, ANY_PROTOCOL, PROTOCOL_NUMBERS
from asever.model.things import AddressTerm, TermKind
from tests.recorded.sessions import Body, path_of


def id_of(reference: Any) -> str | None:
    """The id in `{"id": …}`, or the id itself."""
    text = reference.get("id") if isinstance(reference, dict) else reference
    return path_of(text) if isinstance(text, str) and text else None


def parent_of(identity: str) -> str:
    """The id of the resource that this one is inside."""
    return identity.rsplit("/", 2)[0]


def last(identity: str) -> str:
    """The last name in an id."""
    return identity.rsplit("/", 1)[-1]


def prefix(text: str) -> NumberSet:
    """The addresses of a prefix, whatever its host bits."""
    return parse_prefix(str(ipaddress.ip_network(text, strict=False)))


def port_set(texts: Iterable[str]) -> NumberSet:
    """The ports of `*`, `80`, `80-90` and lists of these."""
    parts = [part.strip() for text in texts for part in str(text).split(",")]
    if "*" in parts:
        return ANY_PORT
    pairs = (part.split("-") for part in parts)
    return NumberSet.of((int(pair[0]), int(pair[-1])) for pair in pairs)


def protocol_set(text: str) -> NumberSet:
    """The protocols of a rule: a name, a number, `*`, `All` or `Any`."""
    word = text.casefold()
    if word in ("*", "all", "any"):
        return ANY_PROTOCOL
    return NumberSet.single(PROTOCOL_NUMBERS[word] if word in PROTOCOL_NUMBERS else int(word))


def several(content: Body, one: str, many: str) -> list[str]:
    """A field of Azure's that may be single or plural: both, without empty ones and each once."""
    single = content.get(one)
    texts = [*(content.get(many) or ()), *(single if isinstance(single, list) else [single])]
    return list(dict.fromkeys(text for text in texts if isinstance(text, str) and text))


def address_term(text: str) -> AddressTerm:
    """A member of a rule's address list."""
    if text in ("*", "Any"):
        return AddressTerm(kind=TermKind.ADDRESSES, text="*", addresses=ALL_ADDRESSES)
    try:
        return AddressTerm(kind=TermKind.ADDRESSES, text=text, addresses=prefix(text))
    except ValueError:
        return AddressTerm(kind=TermKind.TAG, text=text)
