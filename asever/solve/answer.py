"""Answers questions: builds the text, asks Z3, and turns models into flows that look like real traffic."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from asever.model.answers import (
    Answer,
    CoreRow,
    NoneArrives,
    Proved,
    Refuted,
    Shown,
    Undecided,
)
from asever.model.effective import EffectiveNetwork, FilterQuestion, FlowQuestion, Quantifier, Question
from asever.model.numbers import NumberSet
from asever.model.packets import TCP, Flow, Packet
from asever.solve.encode import Branch, Encoding, encode, tracked
from asever.solve.filters import answer_filters
from asever.solve.paths import FIELDS, Var
from asever.solve.solver import Session, TimeOut
from asever.solve.terms import FALSE, TRUE, conjunction, disjunction, negation

EPHEMERAL = 49152
MOST_TRACKED = 40
Part = Callable[[Branch], str]


def answer(network: EffectiveNetwork, question: Question, *, seconds: float | None, core: bool = True) -> Answer:
    """The answer to a question; `seconds` bounds the solver, and a time-out is `Undecided`.

    Without `core` a proof does not say what it rests on, which is the larger half of its cost.
    """
    started = time.monotonic()
    try:
        if isinstance(question, FilterQuestion):
            return answer_filters(network, question, seconds=seconds, started=started)
        return _Asked(network, question, seconds, started, core).answer()
    except TimeOut:
        limit = f"the solver stopped at the time limit of {seconds:g} s" if seconds else "the solver gave up"
        return Undecided(reasons=(limit,), seconds=time.monotonic() - started)


def _not_perhaps(one: Branch) -> str:
    return negation(one.perhaps_and_back)


def _not_sure(one: Branch) -> str:
    return negation(one.sure_and_back)


def _not_sure_arrival(one: Branch) -> str:
    return negation(one.sure)


def _sure(one: Branch) -> str:
    return one.sure


def _perhaps(one: Branch) -> str:
    return one.perhaps


def _sure_and_back(one: Branch) -> str:
    return one.sure_and_back


def _perhaps_and_back(one: Branch) -> str:
    return one.perhaps_and_back


# What each kind of question asks about, so that no more is written down.
NEEDED: Mapping[Quantifier, tuple[str, ...]] = {
    Quantifier.ALL_ARRIVE: ("not-perhaps", "not-sure", "perhaps-back"),
    Quantifier.NONE_ARRIVES: ("sure", "perhaps", "not-sure-arrival"),
    Quantifier.SOME_ARRIVES: ("sure-back", "perhaps-back", "not-perhaps"),
}
PARTS: Mapping[str, Part] = {
    "not-perhaps": _not_perhaps,
    "not-sure": _not_sure,
    "not-sure-arrival": _not_sure_arrival,
    "sure": _sure,
    "perhaps": _perhaps,
    "sure-back": _sure_and_back,
    "perhaps-back": _perhaps_and_back,
}


@dataclass
class _Asked:
    network: EffectiveNetwork
    question: FlowQuestion
    seconds: float | None
    started: float
    wants_core: bool

    def __post_init__(self) -> None:
        self.text = encode(self.network, self.question)
        self._register_wishes()
        self.session = Session(self._script(self.text), self.seconds)

    # -- The text -------------------------------------------------------------------------------------------------------

    def _register_wishes(self) -> None:
        """Cut points for what a counterexample should look like."""
        variables = self.text.variables
        variables.inside("source_port", NumberSet.single(EPHEMERAL))
        variables.inside("protocol", NumberSet.single(TCP))
        for scope in self.question.scopes:
            for port in scope.preferred_ports:
                variables.inside("target_port", NumberSet.single(port))
        for address in self.network.names:
            for name in ("source", "target"):
                if any(address in getattr(scope.packets, name) for scope in self.question.scopes):
                    variables.inside(name, NumberSet.single(address))

    def _script(self, text: Encoding) -> str:
        names = []
        for part in NEEDED[self.question.quantifier]:
            pick = PARTS[part]
            members = []
            for branch in text.branches:
                formula = conjunction((branch.case, pick(branch)))
                if formula == FALSE:
                    continue
                name = f"|{part} {branch.index}|"
                names.append(f"(declare-fun {name} () Bool)")
                names.append(f"(assert (= {name} {formula}))")
                members.append(name)
            names.append(f"(declare-fun |{part}| () Bool)")
            names.append(f"(assert (= |{part}| {disjunction(members)}))")
        readings = [f"(declare-fun |reading {name}| () Bool)" for name in sorted(text.readings)]
        fixed = [
            f"(assert {'' if value == self.network.assumptions[name][0] else '(not '}|reading {name}|"
            f"{'' if value == self.network.assumptions[name][0] else ')'})"
            for name, value in sorted(self.question.fixed.items())
            if name in text.readings
        ]
        rows = [f"(declare-fun {name} () Bool)" for name in (*text.tracked, *text.free)]
        return "\n".join([*text.variables.declarations(), *readings, *fixed, *rows, *text.definitions, *names])

    # -- The theorems ---------------------------------------------------------------------------------------------------

    def answer(self) -> Answer:
        match self.question.quantifier:
            case Quantifier.ALL_ARRIVE:
                return self._universal("not-perhaps", "not-sure")
            case Quantifier.NONE_ARRIVES:
                return self._universal("sure", "perhaps")
            case Quantifier.SOME_ARRIVES:
                return self._existential()

    def _universal(self, broken: str, doubtful: str) -> Answer:
        """Refuted iff `broken` is satisfiable for certain; proved iff `doubtful` is unsatisfiable."""
        undecided: tuple[Flow, Branch] | None = None
        if self.session.satisfiable([f"|{broken}|"]):
            for flow, branch in self._flows(broken):
                if self._certain(branch, flow):
                    whole = None
                    if self.question.quantifier is Quantifier.ALL_ARRIVE:
                        whole = not self.session.satisfiable(["|perhaps-back|"])
                    return Refuted(flow=flow, scope=branch.scope, whole_scope=whole, seconds=self._spent())
                undecided = undecided or (flow, branch)
        if undecided is None and self.session.satisfiable([f"|{doubtful}|"]):
            undecided = next(self._flows(doubtful))
        if undecided is not None:
            flow, branch = undecided
            return Undecided(reasons=self._reasons(branch), flow=flow, scope=branch.scope, seconds=self._spent())
        core, minimal = self._core(doubtful) if self.wants_core else ((), False)
        return Proved(core=core, minimal=minimal, seconds=self._spent())

    def _existential(self) -> Answer:
        """Holds iff in each combination of readings some flow surely arrives and its reply returns."""
        names = [name for name in sorted(self.text.readings) if name not in self.question.fixed]
        shown: Shown | None = None
        for values in product(*(self.network.assumptions[name] for name in names)):
            readings = dict(zip(names, values, strict=True))
            literals = [self._reading(name, value) for name, value in readings.items()]
            if self.session.satisfiable(["|sure-back|", *literals]):
                if shown is None:
                    flow, branch = next(self._flows("sure-back", literals))
                    shown = Shown(flow=flow, scope=branch.scope, seconds=self._spent())
                continue
            if self.session.satisfiable(["|perhaps-back|", *literals]):
                flow, branch = next(self._flows("perhaps-back", literals))
                return Undecided(reasons=self._reasons(branch), flow=flow, scope=branch.scope, seconds=self._spent())
            flow, branch = next(self._flows("not-perhaps", literals))
            fixed = {**self.question.fixed, **readings}
            return NoneArrives(readings=fixed, example=flow, scope=branch.scope, seconds=self._spent())
        assert shown is not None  # noqa: S101 - there is at least the empty combination
        return shown

    def _spent(self) -> float:
        return time.monotonic() - self.started

    # -- Certainty ------------------------------------------------------------------------------------------------------

    def _certain(self, branch: Branch, flow: Flow) -> bool:
        """Whether the flow breaks the claim whatever the addresses are that nobody can know."""
        unknown = set(branch.path.case.unknown_constants)
        if branch.scope.partial_source:
            unknown.add("source")
        if branch.scope.partial_target:
            unknown.add("target")
        if not unknown:
            return True
        rescue = "perhaps-back" if self.question.quantifier is Quantifier.ALL_ARRIVE else "not-sure-arrival"
        pins = self._pins(flow, unknown)
        same = [one for one in self.text.branches if one.scope is branch.scope]
        rescued = any(self.session.satisfiable([f"|{rescue} {one.index}|", *pins]) for one in same if self._exists(rescue, one))
        if not rescued:
            return True
        # Another header may do better: if nothing in scope can succeed, every address breaks the claim.
        return self.question.quantifier is Quantifier.ALL_ARRIVE and not self.session.satisfiable(["|perhaps-back|"])

    @staticmethod
    def _exists(part: str, branch: Branch) -> bool:
        return conjunction((branch.case, PARTS[part](branch))) != FALSE

    def _pins(self, flow: Flow, unknown: set[str]) -> list[str]:
        """Literals that keep every known part of a flow as it is."""
        literals = []
        for name, value in _values(flow).items():
            if name in unknown:
                continue
            for cut in sorted(self.text.variables.cuts.get(name, ())):
                literal = f"|{name}>={cut}|"
                literals.append(literal if value >= cut else negation(literal))
        literals.extend(
            self._reading(name, value) for name, value in flow.readings.items() if name in self.text.readings
        )
        return literals

    def _reading(self, name: str, value: str) -> str:
        literal = f"|reading {name}|"
        return literal if value == self.network.assumptions[name][0] else negation(literal)

    # -- Flows ----------------------------------------------------------------------------------------------------------

    def _flows(self, part: str, literals: Sequence[str] = ()) -> Iterator[tuple[Flow, Branch]]:
        """For each branch that has one, in order, the flow that looks most like real traffic."""
        base = [*literals]
        for name in sorted(self.text.readings):
            if name not in self.question.fixed:
                wish = self._reading(name, self.network.assumptions[name][0])
                if self.session.satisfiable([f"|{part}|", *base, wish]):
                    base.append(wish)
                else:
                    base.append(negation(wish) if not wish.startswith("(not") else wish[5:-1])
        for branch in self.text.branches:
            if not self._exists(part, branch):
                continue
            chosen = [f"|{part} {branch.index}|", *base]
            if self.session.satisfiable(chosen):
                yield self._flow(branch, chosen), branch

    def _flow(self, branch: Branch, literals: list[str]) -> Flow:
        case = branch.path.case
        chosen = list(literals)
        granted = {name for name, numbers in case.where.items() if numbers.size == 1}
        for name, (low, high) in self._wishes(branch):
            if name in granted:
                continue
            variables = self.text.variables
            wish = [one for one in (variables.at_least(name, low), negation(variables.at_least(name, high + 1))) if one != TRUE]
            if FALSE not in wish and self.session.satisfiable([*chosen, *wish]):
                chosen.extend(wish)
                granted.add(name)
        values: dict[str, int] = {}
        for name in _ORDER:
            if name in case.where:
                values[name] = self._least(name, case.where[name], chosen)
        # The readings of the flow are among the literals it was found under.
        readings = dict(self.question.fixed)
        for name, both in self.text.readings.items():
            if name not in readings:
                readings[name] = both[0] if self._reading(name, both[0]) in chosen else both[1]
        readings.update(case.readings)
        packets = branch.scope.packets
        return Flow(
            origin=branch.scope.origin,
            packet=Packet(
                protocol=values["protocol"],
                source=values["source"],
                source_port=values["source_port"],
                target=values["target"],
                target_port=values["target_port"],
                source_tags=packets.source_tags,
                target_tags=packets.target_tags,
            ),
            choices={name: values[name] for name in ("egress", "relay", "instance") if name in values},
            readings=readings,
        )

    def _wishes(self, branch: Branch) -> Iterator[tuple[str, tuple[int, int]]]:
        scope = branch.scope
        yield "protocol", (TCP, TCP)
        for port in scope.preferred_ports:
            yield "target_port", (port, port)
        yield "source_port", (EPHEMERAL, EPHEMERAL)
        yield "source_port", (EPHEMERAL, 65535)
        for name in ("target", "source"):
            named = [address for address in self.network.names if address in branch.path.case.where[name]]
            yield from ((name, (address, address)) for address in sorted(named))

    def _least(self, name: str, domain: NumberSet, chosen: list[str]) -> int:
        """The least value the variable can take, which it keeps from then on."""
        variables = self.text.variables
        cuts = [0, *sorted(variables.cuts.get(name, ()))]
        low, high = bisect_right(cuts, domain.first) - 1, bisect_right(cuts, domain.ranges[-1][1]) - 1
        if low == high:
            return domain.first
        while low < high:
            middle = (low + high) // 2
            if self.session.satisfiable([*chosen, negation(variables.at_least(name, cuts[middle + 1]))]):
                high = middle
            else:
                low = middle + 1
        if low + 1 < len(cuts):
            chosen.append(negation(variables.at_least(name, cuts[low + 1])))
        if cuts[low]:
            chosen.append(variables.at_least(name, cuts[low]))
        top = cuts[low + 1] - 1 if low + 1 < len(cuts) else domain.ranges[-1][1]
        return (domain & NumberSet.span(cuts[low], top)).first

    # -- Reasons and cores ----------------------------------------------------------------------------------------------

    def _reasons(self, branch: Branch) -> tuple[str, ...]:
        case = branch.path.case
        reasons = [branch.path.unmodelled] if branch.path.unmodelled else []
        reasons.extend((*case.doubts, *case.unknown_because))
        tags = {
            tag
            for filters, _, _, _ in case.filters
            for one in filters
            for row in one.rows
            for tag in (*row.source.unknown_tags, *row.target.unknown_tags)
        }
        if not reasons:
            reasons.extend(f"the addresses of service tag {tag} are not known" for tag in sorted(tags))
        return tuple(dict.fromkeys(reasons)) or ("nothing in the documentation decides it",)

    def _core(self, part: str) -> tuple[tuple[CoreRow, ...], bool]:
        """The filter rows that the proof needs, minimised by leaving out one after the other."""
        text = tracked(self.network, self.question, self.text)
        if not text.tracked or len(text.tracked) > MOST_TRACKED * 5:
            return (), False
        session = Session(self._script(text), self.seconds)
        needed = list(text.tracked)
        if session.satisfiable([f"|{part}|", *needed]):
            return (), False
        core = session.core()
        needed = [name for name in needed if name in core]
        minimal = len(needed) <= MOST_TRACKED
        if minimal:
            for name in list(reversed(needed)):
                fewer = [one for one in needed if one != name]
                if not session.satisfiable([f"|{part}|", *fewer]):
                    needed = fewer
        return tuple(CoreRow(*text.tracked[name]) for name in needed), minimal


_ORDER = ("protocol", "target", "target_port", "source", "source_port", "egress", "relay", "instance")


def _values(flow: Flow) -> dict[str, int]:
    packet = flow.packet
    return {**{name: getattr(packet, name) for name in FIELDS}, **flow.choices}
