"""Rules whose name says something else than the rule does: a port or an address in the name that the rule leaves out.

Names are for people and decide nothing, so this can only be a warning (ase-network-semantics section 9, P20). It reads what
cannot be meant otherwise: well-known ports, addresses and prefixes.
"""

from __future__ import annotations

import re

from asever.model.addresses import parse_prefix
from asever.model.numbers import NumberSet, union
from asever.model.things import AddressTerm, DeclaredRule, TermKind

# What a number in a name has to be to be read as a port: those of environments (ase-network-semantics 2) and of common
# services. Other numbers count rules, networks and years.
_PORTS = NumberSet.of(
    [
        *((one, one) for one in (21, 22, 25, 53, 80, 443, 445, 454, 455, 990, 1433, 3306, 3389, 5432, 6379, 8080, 8172, 16001)),
        *((one, one) for one in (4016, 4018, 4020, 4022, 4024, 4026)),
        (10001, 10020),
    ]
)
_NUMBER = r"(?<![A-Za-z0-9./:])\d{2,5}(?![A-Za-z0-9./:])"
_PREFIX = r"(?<![\w.:/])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?![\w.:/])"


def contradiction(rule: DeclaredRule) -> str | None:
    """What the name of a rule says and the rule does not do, as words for a message; None where they agree."""
    if rule.name in (f"rule {rule.priority}", str(rule.priority)):  # one without a name of its own is called by its priority
        return None
    ports = rule.target_port | (rule.source_port if _some(rule.source_port) else NumberSet())
    numbers = (int(found) for found in re.findall(_NUMBER, rule.name))
    port = next((one for one in numbers if one in _PORTS and one not in ports and one != rule.priority), None)
    if port is not None:
        return f"port {port}"
    ends = [_addresses(terms) for terms in (rule.sources, rule.targets)]
    for found in re.finditer(_PREFIX, rule.name):
        text: str = found[0]
        meant = _prefix(text)
        # Where a tag or a group stands, nobody can say what it holds.
        if meant is not None and all(end is not None and not meant <= end for end in ends):
            return text
    return None


def _some(ports: NumberSet) -> bool:
    return ports.size < 1 << 16


def _addresses(terms: tuple[AddressTerm, ...]) -> NumberSet | None:
    if any(one.kind is not TermKind.ADDRESSES for one in terms):
        return None
    found = union(one.addresses for one in terms)
    # `*` is the end that a name does not speak of.
    return NumberSet() if parse_prefix("0.0.0.0/0") <= found else found


def _prefix(text: str) -> NumberSet | None:
    try:
        return parse_prefix(text)
    except ValueError:
        return None
