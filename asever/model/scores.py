"""What is said about the checks of a program as a whole: which parts of the network they rest on, which faults they catch."""

from __future__ import annotations

from enum import Enum

from asever.model.answers import Verdict
from asever.model.packets import Packet
from asever.record import field, record
from asever.source import Span

# -- Coverage -----------------------------------------------------------------------------------------------------------


class PartKind(Enum):
    """What a part of the network is."""

    RULE = "rule"
    ROUTE = "route"
    SETTING = "setting"


@record
class Part:
    """A rule, a route or a setting of the program. `by` are the checks that rest on it; without any it is not tested."""

    kind: PartKind
    resource: str
    text: str
    span: Span | None = field(default=None, compare=False)
    by: tuple[str, ...] = ()


@record
class Coverage:
    """Every part, resource by resource. `met` of `checks` checks are as expected; the others cover nothing."""

    parts: tuple[Part, ...]
    met: int
    checks: int

    @property
    def covered(self) -> int:
        """How many parts some check rests on."""
        return sum(bool(one.by) for one in self.parts)

    @property
    def percent(self) -> float:
        """The covered parts of all; a network without any has nothing that is not tested."""
        return 100 * self.covered / len(self.parts) if self.parts else 100.0


# -- Mutation -----------------------------------------------------------------------------------------------------------


@record
class Fault:
    """One change of the program: `what` of `resource` reads `after` where it read `before`. `kind` is a word for the change."""

    kind: str
    resource: str
    what: str
    before: str
    after: str
    span: Span | None = field(default=None, compare=False)


@record
class Caught:
    """A fault that a check notices: it is met without the fault, and `verdict` is what it says with it."""

    fault: Fault
    check: str
    verdict: Verdict


@record
class Survivor:
    """A fault that no check notices, and why.

    `packet` is one that fares otherwise with the fault: `fares` says how, as far as one flow of it shows. `checks` cover such
    flows and are met either way.
    """

    fault: Fault
    why: str
    checks: tuple[str, ...] = ()
    packet: Packet | None = None
    fares: str = ""


@record
class Harmless:
    """A fault that is none: `why` says what was proved of it."""

    fault: Fault
    why: str


@record
class Score:
    """What became of the faults that were seeded, `tried` of all `possible` ones. `met` of `checks` checks are as expected."""

    caught: tuple[Caught, ...]
    survivors: tuple[Survivor, ...]
    harmless: tuple[Harmless, ...]
    possible: int
    met: int
    checks: int

    @property
    def tried(self) -> int:
        """How many faults were seeded."""
        return len(self.caught) + len(self.survivors) + len(self.harmless)

    @property
    def percent(self) -> float:
        """The faults caught of those that change anything."""
        counted = len(self.caught) + len(self.survivors)
        return 100 * len(self.caught) / counted if counted else 100.0
