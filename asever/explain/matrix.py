"""The table of who can reach whom, decided by exact sets and confirmed by the solver."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from asever.azure.effective import effective
from asever.azure.questions import Unanswerable
from asever.exact.boxes import TooMany
from asever.exact.flows import FlowSets, Tables, breaks, flow_sets
from asever.exact.regions import difference
from asever.explain.parties import Party, asked, parties
from asever.explain.plain import plain
from asever.explain.twins import twins
from asever.explain.witness import ReadingsDisagree
from asever.model.answers import Proved, Refuted, Undecided
from asever.model.claims import EndpointKind, Service, Verb
from asever.model.effective import EffectiveNetwork, FlowQuestion, Packets, Quantifier
from asever.model.matrix import Cell, Hinge, Matrix, Part, Reach
from asever.model.program import Program
from asever.model.regions import FIELDS, Region
from asever.record import field, record, replace
from asever.solve.answer import Depth, answer

MOST_PROVED = 40
"""So many cells the solver confirms: all of a small table, a sample of a large one."""
MOST_PARTED = 400
"""A table with more cells of `some` than this says neither which part arrives nor what it hangs on."""
FEW = 24
"""A network with more ends than this shows those that nothing tells apart in one row."""
_SECONDS = 10.0
_OUTSIDE = {EndpointKind.INTERNET, EndpointKind.MANAGEMENT}
_UNSETTLED = {reach: Cell(origin="", target="", reach=reach) for reach in (Reach.SOME, Reach.UNKNOWN)}


@record
class Wanted:
    """What the table is about: the traffic, chosen readings, and the seed of the sample that the solver confirms.

    `each` gives every end a row of its own, in a large network too.
    """

    services: tuple[Service, ...]
    readings: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    prove: int = MOST_PROVED
    each: bool = False


def matrix(program: Program, wanted: Wanted) -> Matrix:
    """The table of a program's network; raises `ReadingsDisagree` when the solver comes to another answer."""
    table = _Table(program, wanted)
    groups = table.groups()
    rows = tuple(one for one in groups if one[0].calls)
    columns = tuple(one for one in groups if one[0].answers)
    reaches = table.lines(rows, columns)
    told: dict[tuple[int, int], Cell] = {}
    if sum(line.count(reach) for line in reaches for reach in _UNSETTLED) <= MOST_PARTED:
        for row, line in enumerate(reaches):
            for column, reach in enumerate(line):
                if reach in _UNSETTLED:
                    told[row, column] = table.told(*_first(rows[row], columns[column]), _UNSETTLED[reach])
    chance = random.Random(wanted.seed)  # noqa: S311 - a sample, no secret
    for row, column, reach in _sample(reaches, wanted.prove, chance):
        cell = told.get((row, column)) or Cell(origin="", target="", reach=reach)
        told[row, column] = table.confirmed(*_some(rows[row], columns[column], chance), cell)
    return Matrix(
        rows=tuple(one[0].title for one in rows),
        columns=tuple(one[0].title for one in columns),
        services=wanted.services,
        reaches=reaches,
        told={
            (row, column): replace(cell, origin=rows[row][0].title, target=columns[column][0].title)
            for (row, column), cell in sorted(told.items())
        },
        alike={one[0].title: tuple(other.title for other in one[1:]) for one in groups if len(one) > 1},
        seed=wanted.seed,
    )


Group = tuple[Party, ...]


def _sample(reaches: Sequence[Sequence[Reach | None]], most: int, chance: random.Random) -> Iterator[tuple[int, int, Reach]]:
    """Some cells by chance, in the order of the table."""
    sizes = [len(line) - line.count(None) for line in reaches]
    wanted = sorted(chance.sample(range(sum(sizes)), min(sum(sizes), most)), reverse=True)
    before = 0
    for row, (line, size) in enumerate(zip(reaches, sizes, strict=True)):
        if wanted and wanted[-1] < before + size:
            cells = [(column, reach) for column, reach in enumerate(line) if reach is not None]
            while wanted and wanted[-1] < before + size:
                column, reach = cells[wanted.pop() - before]
                yield row, column, reach
        before += size


def _first(origins: Group, targets: Group) -> tuple[Party, Party]:
    """The pair that stands for all pairs of two groups; two different ends of one group."""
    return origins[0], targets[1] if origins == targets and len(targets) > 1 else targets[0]


def _some(origins: Group, targets: Group, chance: random.Random) -> tuple[Party, Party]:
    """A pair of two groups by chance, so that a sample puts to the test that the ends of a group are alike."""
    origin = chance.choice(origins)
    others = tuple(one for one in targets if one != origin) or targets
    return origin, chance.choice(others)


def header(packets: Packets) -> Region:
    """Packets as a region."""
    return tuple(getattr(packets, name) for name in FIELDS)


class _Table:
    """Decides cells; the filters of the network are made ready once."""

    def __init__(self, program: Program, wanted: Wanted) -> None:
        self.network = program.network
        self.tables: EffectiveNetwork = effective(program.network)
        self.wanted = wanted
        self.parties = parties(program.network, self.tables)
        self.plain = plain(program.network, self.tables, self.parties, wanted.services, wanted.readings)
        self._filters: Tables = {}
        self._in_reading: dict[tuple[str, str], Tables] = defaultdict(dict)

    def groups(self) -> tuple[Group, ...]:
        """The ends that have a row or a column; in a large network those that nothing tells apart share one."""
        if self.wanted.each or len(self.parties) <= FEW:
            return tuple((one,) for one in self.parties)
        return tuple(one for group in twins(self.network, self.tables, self.parties) for one in self._kept(group))

    def _kept(self, group: Group) -> Iterator[Group]:
        """A group as it is, or one by one where its ends reach themselves otherwise than each other."""
        if len(group) > 1:
            itself, other = self.cell(group[0], group[0]), self.cell(group[0], group[1])
            if itself is not None and itself is not other:
                yield from ((one,) for one in group)
                return
        yield group

    def ask(
        self, verb: Verb, origin: Party, target: Party, readings: Mapping[str, str] | None = None
    ) -> FlowQuestion | Unanswerable:
        chosen = {**self.wanted.readings, **(readings or {})}
        return asked(self.network, self.tables, verb, origin, target, self.wanted.services, chosen)

    # -- Deciding -------------------------------------------------------------------------------------------------------

    def lines(self, rows: Sequence[Group], columns: Sequence[Group]) -> list[list[Reach | None]]:
        """The table, row by row: what is told of plain ends at once, and the other pairs one by one."""
        among_plain = self.plain.lines([group[0] for group in rows], [group[0] for group in columns])
        own = {id(targets): place for place, targets in enumerate(columns)}
        for origins, line in zip(rows, among_plain, strict=True):
            itself = own.get(id(origins))
            for place in [place for place, reach in enumerate(line) if reach is None or place == itself]:
                line[place] = self.cell(*_first(origins, columns[place]))
        return among_plain

    def cell(self, origin: Party, target: Party) -> Reach | None:
        """What of the traffic of a pair arrives; None where there is none between the two."""
        if {origin.endpoint.kind, target.endpoint.kind} <= _OUTSIDE:
            return None
        itself = origin is target and origin.endpoint.kind is EndpointKind.MACHINE
        ((among_plain,),) = self.plain.lines([origin], [target])
        if among_plain is None or itself:
            return self.reach(origin, target, None, self._filters)
        return among_plain

    def reach(self, origin: Party, target: Party, readings: Mapping[str, str] | None, filters: Tables) -> Reach | None:
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

    def _hinges(self, origin: Party, target: Party, never: FlowSets | None) -> Iterator[Hinge]:
        """The open assumptions whose readings give different cells."""
        reaches = self._sets(self.ask(Verb.REACHES, origin, target))
        for name in sorted({name for sets in (never, reaches) if sets is not None for name in sets.readings}):
            found = {
                value: self.reach(origin, target, {name: value}, self._in_reading[name, value])
                for value in self.tables.assumptions[name]
            }
            known = {value: reach for value, reach in found.items() if reach is not None}
            if len(set(known.values())) > 1:
                yield Hinge(assumption=name, readings=known)

    def _sets(self, question: FlowQuestion | Unanswerable) -> FlowSets | None:
        """The exact sets of a question; None where there are none, or too many."""
        if isinstance(question, Unanswerable):
            return None
        try:
            return flow_sets(self.tables, question, tables=self._filters)
        except TooMany:
            return None

    # -- Which part -----------------------------------------------------------------------------------------------------

    def told(self, origin: Party, target: Party, cell: Cell) -> Cell:
        """A cell with what may arrive where that is a part, and with the assumptions that it hangs on."""
        never = self.ask(Verb.NEVER_REACHES, origin, target)
        sets = self._sets(never)
        hinges = tuple(self._hinges(origin, target, sets))
        if cell.reach is Reach.UNKNOWN:
            return replace(cell, hinges=hinges, reasons=self._reasons(origin, target))
        if sets is None or isinstance(never, Unanswerable):
            return replace(cell, hinges=hinges)
        with_reply = self._sets(replace(never, quantifier=Quantifier.SOME_ARRIVES))
        parts = None if with_reply is None else tuple(_parts(sets, with_reply))
        return replace(cell, hinges=hinges, parts=parts)

    def _reasons(self, origin: Party, target: Party) -> tuple[str, ...]:
        """Why nobody can say."""
        found: list[str] = []
        for verb in (Verb.NEVER_REACHES, Verb.REACHES):
            question = self.ask(verb, origin, target)
            if isinstance(question, Unanswerable):
                found += question.reasons
            elif isinstance(one := answer(self.tables, question, seconds=_SECONDS, core=Depth.NOTHING), Undecided):
                found += one.reasons
        return tuple(dict.fromkeys(found)) or ("its flows fall into too many parts",)

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
            found = answer(self.tables, question, seconds=_SECONDS, core=Depth.NOTHING)
            if not isinstance(found, Proved | Refuted):
                return None
            answers.append(found)
            if verb is Verb.NEVER_REACHES and isinstance(found, Proved):
                return Reach.NONE
        return Reach.ALL if isinstance(answers[-1], Proved) else Reach.SOME


def _parts(packets: FlowSets, with_reply: FlowSets) -> Iterator[Part]:
    """What arrives with its reply, then what arrives without."""
    for there, back in zip(packets.scopes, with_reply.scopes, strict=True):
        whole = header(there.scope.packets)
        one_way = difference(there.delivered, (*back.delivered, *back.open))
        if back.delivered:
            yield Part(origin=there.scope.origin, whole=whole, regions=back.delivered)
        if one_way:
            yield Part(origin=there.scope.origin, whole=whole, regions=one_way, returns=False)
