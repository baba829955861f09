"""The table of who can reach whom, decided by exact sets and confirmed by the solver."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from asever.azure.effective import effective
from asever.azure.questions import Unanswerable
from asever.exact.boxes import TooMany
from asever.exact.flows import Tables, breaks, flow_sets
from asever.exact.regions import difference
from asever.explain.parties import Party, asked, parties
from asever.explain.witness import ReadingsDisagree
from asever.model.answers import Proved, Refuted
from asever.model.claims import EndpointKind, Service, Verb
from asever.model.effective import EffectiveNetwork, FlowQuestion, Packets, Quantifier
from asever.model.matrix import Cell, Hinge, Matrix, Part, Reach
from asever.model.program import Program
from asever.model.regions import FIELDS, Region
from asever.solve.answer import answer

MOST_PROVED = 40
"""So many cells the solver confirms: all of a small table, a sample of a large one."""
MOST_PARTED = 400
"""A table with more cells of `some` than this says neither which part arrives nor what it hangs on."""
_SECONDS = 10.0
_OUTSIDE = {EndpointKind.INTERNET, EndpointKind.MANAGEMENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the table is about: the traffic, chosen readings, and the seed of the sample that the solver confirms."""

    services: tuple[Service, ...]
    readings: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    prove: int = MOST_PROVED


def matrix(program: Program, wanted: Wanted) -> Matrix:
    """The table of a program's network; raises `ReadingsDisagree` when the solver comes to another answer."""
    table = _Table(program, wanted)
    rows = tuple(one for one in table.parties if one.calls)
    columns = tuple(one for one in table.parties if one.answers)
    decided = [(pair, cell) for pair in table.pairs(rows, columns) if (cell := table.cell(*pair)) is not None]
    unsettled = sum(cell.reach in (Reach.SOME, Reach.UNKNOWN) for _, cell in decided)
    if unsettled <= MOST_PARTED:
        decided = [(pair, table.told(*pair, cell)) for pair, cell in decided]
    sample = _sample(len(decided), wanted)
    cells = tuple(
        table.confirmed(*pair, cell) if number in sample else cell for number, (pair, cell) in enumerate(decided)
    )
    return Matrix(
        rows=tuple(one.title for one in rows),
        columns=tuple(one.title for one in columns),
        services=wanted.services,
        cells=cells,
        seed=wanted.seed,
    )


def header(packets: Packets) -> Region:
    """Packets as a region."""
    return tuple(getattr(packets, name) for name in FIELDS)


def _sample(number: int, wanted: Wanted) -> frozenset[int]:
    if number <= wanted.prove:
        return frozenset(range(number))
    return frozenset(random.Random(wanted.seed).sample(range(number), wanted.prove))  # noqa: S311 - a sample, no secret


class _Table:
    """Decides cells; the filters of the network are made ready once."""

    def __init__(self, program: Program, wanted: Wanted) -> None:
        self.network = program.network
        self.tables: EffectiveNetwork = effective(program.network)
        self.wanted = wanted
        self.parties = parties(program.network, self.tables)
        self._filters: Tables = {}

    def pairs(self, rows: Sequence[Party], columns: Sequence[Party]) -> Iterator[tuple[Party, Party]]:
        """Every pair but those of the outside with itself."""
        for origin in rows:
            for target in columns:
                outside = {origin.endpoint.kind, target.endpoint.kind} <= _OUTSIDE
                if not outside and (origin.endpoint != target.endpoint or origin.site is not None):
                    yield origin, target

    def ask(self, verb: Verb, origin: Party, target: Party, readings: Mapping[str, str] | None = None) -> FlowQuestion | Unanswerable:
        chosen = {**self.wanted.readings, **(readings or {})}
        return asked(self.network, self.tables, verb, origin, target, self.wanted.services, chosen)

    # -- Deciding -------------------------------------------------------------------------------------------------------

    def cell(self, origin: Party, target: Party) -> Cell | None:
        """The cell of a pair; None where there is no traffic between the two."""
        reach = self.reach(origin, target, None, self._filters)
        if reach is None:
            return None
        return Cell(origin=origin.title, target=target.title, reach=reach)

    def reach(
        self, origin: Party, target: Party, readings: Mapping[str, str] | None, filters: Tables
    ) -> Reach | None:
        """`none` if no packet arrives, `all` if every flow does with its reply, else `some`."""
        never, reaches = (self.ask(verb, origin, target, readings) for verb in (Verb.NEVER_REACHES, Verb.REACHES))
        if isinstance(never, Unanswerable):
            return None if never.vacuous else Reach.UNKNOWN
        try:
            arrives = breaks(self.tables, never, filters)
            if arrives is False:
                return Reach.NONE
            if isinstance(reaches, Unanswerable):
                return Reach.UNKNOWN
            lost = breaks(self.tables, reaches, filters)
        except TooMany:
            return Reach.UNKNOWN
        if lost is False:
            return Reach.ALL
        return Reach.SOME if arrives and lost else Reach.UNKNOWN

    def _hinges(self, origin: Party, target: Party) -> Iterator[Hinge]:
        """The open assumptions whose readings give different cells."""
        never = self.ask(Verb.NEVER_REACHES, origin, target)
        reaches = self.ask(Verb.REACHES, origin, target)
        try:
            names = {
                name
                for one in (never, reaches)
                if isinstance(one, FlowQuestion)
                for name in flow_sets(self.tables, one).readings
            }
        except TooMany:
            return
        for name in sorted(names):
            found = {value: self.reach(origin, target, {name: value}, {}) for value in self.tables.assumptions[name]}
            known = {value: reach for value, reach in found.items() if reach is not None}
            if len(set(known.values())) > 1:
                yield Hinge(assumption=name, readings=known)

    # -- Which part -----------------------------------------------------------------------------------------------------

    def told(self, origin: Party, target: Party, cell: Cell) -> Cell:
        """With what may arrive where that is a part, and with the assumptions that the cell hangs on."""
        if cell.reach not in (Reach.SOME, Reach.UNKNOWN):
            return cell
        return replace(self._parted(origin, target, cell), hinges=tuple(self._hinges(origin, target)))

    def _parted(self, origin: Party, target: Party, cell: Cell) -> Cell:
        never = self.ask(Verb.NEVER_REACHES, origin, target)
        if cell.reach is not Reach.SOME or isinstance(never, Unanswerable):
            return cell
        try:
            return replace(cell, parts=tuple(self._parts(never)))
        except TooMany:
            return cell

    def _parts(self, question: FlowQuestion) -> Iterator[Part]:
        """What arrives with its reply, then what arrives without."""
        packets = flow_sets(self.tables, question)
        with_reply = flow_sets(self.tables, replace(question, quantifier=Quantifier.SOME_ARRIVES))
        for there, back in zip(packets.scopes, with_reply.scopes, strict=True):
            whole = header(there.scope.packets)
            one_way = difference(there.delivered, (*back.delivered, *back.open))
            if back.delivered:
                yield Part(origin=there.scope.origin, whole=whole, regions=back.delivered)
            if one_way:
                yield Part(origin=there.scope.origin, whole=whole, regions=one_way, returns=False)

    # -- The solver -----------------------------------------------------------------------------------------------------

    def confirmed(self, origin: Party, target: Party, cell: Cell) -> Cell:
        """The cell as proved by the solver; as it is where that takes too long."""
        found = self._by_solver(origin, target)
        if found is None:
            return cell
        if found is not cell.reach:
            raise ReadingsDisagree(
                f"matrix    {origin.title} to {target.title} on {', '.join(one.name for one in self.wanted.services)}\n"
                f"exact     {cell.reach.value}\nsolver    {found.value}"
            )
        return replace(cell, proved=True)

    def _by_solver(self, origin: Party, target: Party) -> Reach | None:
        """The reach that the solver proves; None where it gives no answer in time."""
        answers = []
        for verb in (Verb.NEVER_REACHES, Verb.REACHES):
            question = self.ask(verb, origin, target)
            if isinstance(question, Unanswerable):
                return None
            found = answer(self.tables, question, seconds=_SECONDS, core=False)
            if not isinstance(found, Proved | Refuted):
                return None
            answers.append(found)
            if verb is Verb.NEVER_REACHES and isinstance(found, Proved):
                return Reach.NONE
        return Reach.ALL if isinstance(answers[-1], Proved) else Reach.SOME
