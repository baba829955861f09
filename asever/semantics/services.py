"""Named services: protocols and ports, services that are made of others taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from asever.model.claims import Service
from asever.semantics.names import Names
from asever.semantics.order import in_order
from asever.semantics.problems import Problems
from asever.semantics.rules import PROTOCOLS, known_word, ports, protocol_numbers
from asever.source import Span
from asever.syntax import nodes
from asever.syntax.words import port_text

Member = nodes.ProtocolPorts | nodes.Ref


class Services:
    """Reads service lists. `read_all` comes first: it reads the program's own services."""

    def __init__(self, problems: Problems, names: Names) -> None:
        self.problems = problems
        self.names = names
        self._known: dict[str, tuple[Service, ...]] = {}

    def read_all(self, written: Mapping[str, nodes.Service]) -> None:
        """Every named service, by its full name; they may name each other."""
        inner = {
            name: [
                (symbol.name, one.span)
                for one in node.members
                if isinstance(one, nodes.Ref) and (symbol := self.names.service(one))
            ]
            for name, node in written.items()
        }

        def closes(chain: Sequence[str], place: Span) -> None:
            message = f"service `{chain[0]}` is made of itself: {' -> '.join(chain)}"
            self.problems.error("service-cycle", message, place, "this closes the circle")

        for name in in_order(written, inner.__getitem__, closes):
            self._known[name] = self.read(written[name].members)

    def read(self, members: Iterable[Member | nodes.Addresses]) -> tuple[Service, ...]:
        """The parts of a list after `on` or `=`, each under the name that the list uses, each once."""
        found: dict[Service, None] = {}
        for one in members:
            match one:
                case nodes.ProtocolPorts():
                    part = self._inline(one)
                    if part is not None:
                        found[part] = None
                case nodes.Ref():
                    symbol = self.names.service(one)
                    for each in self._known.get(symbol.name, ()) if symbol is not None else ():
                        found[Service(name=one.text, protocol=each.protocol, port=each.port)] = None
                case nodes.Addresses():  # the argument of a pack
                    self.problems.error(
                        "wrong-kind", f"`{one.text}` is an address, where a service is needed", one.span, "an address"
                    )
        return tuple(found)

    def _inline(self, one: nodes.ProtocolPorts) -> Service | None:
        word = known_word(self.problems, one.protocol, PROTOCOLS, "a protocol is", "unknown-protocol")
        if word is None:
            return None
        if word in ("icmp", "esp", "ah") and not all(port.any for port in one.ports):
            self.problems.error("no-ports", f"{word} has no ports", one.ports[0].span, "leave this out")
        name = f"{word} {', '.join(port_text(port) for port in one.ports)}".strip()
        return Service(name=name, protocol=protocol_numbers(word), port=ports(one.ports))
