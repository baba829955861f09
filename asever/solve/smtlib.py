"""The query of a question as standard SMT-LIB 2, for any solver: the same formulas that `answer` uses, with comments."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from asever.model.addresses import format_address
from asever.model.effective import (
    EffectiveNetwork,
    FilterContext,
    FilterQuestion,
    FilterRelation,
    FlowQuestion,
    Quantifier,
    Question,
)
from asever.model.packets import PROTOCOL_NAMES, Flow
from asever.solve.encode import Encoding, ScopeText, encode
from asever.solve.flows import branch_of, unknown_numbers
from asever.solve.groups import Deciders, compare
from asever.solve.paths import FIELDS
from asever.solve.queries import Pick, queries, somewhere
from asever.solve.terms import FALSE, TRUE, Terms, disjunction, negation, symbol

_VARIABLES = {
    "protocol": "the IP protocol number",
    "source": "the source address that the sender writes",
    "source_port": "the source port, 0 for protocols without ports",
    "target": "the destination address that the sender writes",
    "target_port": "the destination port, 0 for protocols without ports",
    "egress": "the address that source translation chooses",
    "relay": "the source address that a relay on the way gives the packet",
    "instance": "the address of the machine that it is handed to",
    "recipient": "the address of the machine that it is handed to, of several",
    "member": "1 if the destination is in the service tag that a route is for, else 0",
}
"""What a variable stands for; choices that come up again are numbered (`egress 2`)."""
_ENCODING = """\
; Numbers are order-encoded: the Boolean |x>=c| says that variable x is at least c, and only the cut points c that the network
; tells apart are there. An IPv4 address is its 32-bit value, an IPv6 address its 128-bit value plus 2^128."""
_MEANINGS = {
    Quantifier.ALL_ARRIVE: """\
; Satisfiable if and only if some flow that the check covers fails: it, or its reply, is lost whatever is left open.
; Unsatisfiable: the check is not violated. (Doubts and service tags of unknown content count as if the flow arrived.)""",
    Quantifier.NONE_ARRIVES: """\
; Satisfiable if and only if some packet that the check covers is delivered, whatever is left open.
; Unsatisfiable: the check is not violated. (Doubts and service tags of unknown content count as if the packet were lost.)""",
    Quantifier.SOME_ARRIVES: """\
; Satisfiable if and only if some flow that the check covers arrives, and its reply comes back, whatever is left open.
; The check holds if this is satisfiable in each reading: assert each |reading ...| and its negation in turn.""",
}
_OPEN_MEANINGS = {
    Quantifier.ALL_ARRIVE: """\
; Satisfiable if and only if some flow that the check covers perhaps fails: it, or its reply, may be lost.
; Unsatisfiable: the check holds. (Doubts and service tags of unknown content count as if the flow were lost.)""",
    Quantifier.NONE_ARRIVES: """\
; Satisfiable if and only if some packet that the check covers is perhaps delivered.
; Unsatisfiable: the check holds. (Doubts and service tags of unknown content count as if the packet were delivered.)""",
    Quantifier.SOME_ARRIVES: """\
; Satisfiable if and only if some flow that the check covers perhaps arrives, and its reply perhaps comes back.
; Unsatisfiable: surely none does.""",
}
_PINNED = """\
; Satisfiable if and only if one flow, whose header is asserted at the end, perhaps fails for some value of what nobody knows.
; Unsatisfiable: it succeeds whatever that is."""
_RELATIONS = {
    FilterRelation.EQUAL: "some packet passes one of the two rule lists and not the other",
    FilterRelation.NO_MORE: "some packet passes the first rule list and not the second",
}


def query_text(network: EffectiveNetwork, question: Question) -> str:
    """The counterexample query of a question. What each `check-sat` means stands in its comments."""
    if isinstance(question, FlowQuestion):
        encoding = encode(network, question)
        lines = _flow_query(network, question, encoding, _decisive(question, encoding), _MEANINGS[question.quantifier])
    else:
        lines = _filter_query(network, question)
    return _text(lines)


def proof_text(network: EffectiveNetwork, question: FlowQuestion) -> str:
    """The query that is unsatisfiable if and only if a claim about all flows holds (of `can reach`: if surely no flow arrives).

    Where nothing is open that is the counterexample query; else what is open counts against the claim.
    """
    encoding = encode(network, question)
    against = _goals(encoding, queries(question.quantifier).open)
    meaning = _MEANINGS if against == _decisive(question, encoding) else _OPEN_MEANINGS
    return _text(_flow_query(network, question, encoding, against, meaning[question.quantifier]))


def pinned_text(network: EffectiveNetwork, question: FlowQuestion, index: int, flow: Flow) -> str | None:
    """The query that is unsatisfiable if and only if a flow succeeds whatever the numbers are that nobody knows.

    `index` is that of the flow's scope. None: there is no such number on its path.
    """
    encoding = encode(network, question)
    asks = queries(question.quantifier)
    unknowns = unknown_numbers(branch_of(encoding, index, flow, asks.decisive).path, encoding.scopes[index].scope)
    if not unknowns:
        return None
    values = {name: getattr(flow.packet, name) for name in FIELDS} | dict(flow.choices)
    terms, rows = encoding.terms, encoding.rows
    pins = [rows.reading(name, value) for name, value in flow.readings.items() if name in rows.open]
    for name, value in values.items():
        if name not in unknowns:
            pins.extend((terms.at_least(name, value), negation(terms.at_least(name, value + 1))))
    goals = [(one, somewhere(one, asks.otherwise) if one.index == index else FALSE) for one in encoding.scopes]
    return _text(_flow_query(network, question, encoding, goals, _PINNED, [pin for pin in pins if pin != TRUE]))


_Goals = list[tuple[ScopeText, str]]


def _text(lines: Iterator[str]) -> str:
    return "\n".join((*lines, ""))


def _goals(encoding: Encoding, pick: Pick) -> _Goals:
    return [(one, somewhere(one, pick)) for one in encoding.scopes]


def _decisive(question: FlowQuestion, encoding: Encoding) -> _Goals:
    return _goals(encoding, queries(question.quantifier).decisive)


def _flow_query(
    network: EffectiveNetwork,
    question: FlowQuestion,
    encoding: Encoding,
    goals: _Goals,
    meaning: str,
    pins: Sequence[str] = (),
) -> Iterator[str]:
    yield "; Written by ASEver."
    yield meaning
    yield from _unknown(encoding)
    yield _ENCODING
    yield from _readings(network, encoding.rows.open, question.fixed)
    yield from _opening()
    yield from _declared(encoding.terms)
    yield ""
    yield "; What is in the scopes, passes the filters, or takes a path."
    yield from encoding.terms.definitions()
    for one, goal in goals:
        yield ""
        yield _comment(
            f"{one.scope.subject or one.scope.origin} -> {one.scope.target or ', '.join(sorted(one.scope.arrives_at))}"
        )
        yield f"(define-fun {symbol(f'scope {one.index}')} () Bool {goal})"
    yield ""
    yield f"(assert {disjunction(symbol(f'scope {one.index}') for one, goal in goals if goal != FALSE)})"
    yield from (f"(assert {pin})" for pin in pins)
    yield from ("(check-sat)", "(get-model)")


def _unknown(encoding: Encoding) -> Iterator[str]:
    """Variables whose true value nobody knows: one satisfying assignment is then no counterexample yet."""
    found = {name: why for one in encoding.scopes for branch in one.branches for name, why in branch.path.unknowns}
    for one in encoding.scopes:
        for name, tag in (("source", one.scope.partial_source), ("target", one.scope.partial_target)):
            if tag is not None:
                found[name] = f"it is some address of {tag}"
    for name, why in found.items():
        yield _comment(f"Nobody knows the true value of {name} ({why}): an assignment counts only if it satisfies with each.")


def _filter_query(network: EffectiveNetwork, question: FilterQuestion) -> Iterator[str]:
    yield "; Written by ASEver."
    if question.relation is FilterRelation.NO_DEAD_ROWS:
        yield "; Each `check-sat` is satisfiable if and only if the rule named before it decides some packet at that place."
        yield "; A rule is dead if it decides none at any place."
    else:
        yield f"; Each `check-sat` is satisfiable if and only if, at the place named above, {_RELATIONS[question.relation]}."
        yield "; The check holds if all are unsatisfiable. |source in T| says that the source is an address of service tag T."
    yield _ENCODING
    yield from _opening()
    for context in question.contexts:
        yield ""
        yield _comment(f"{context.where}, {context.left.direction.value}")
        yield "(push 1)"
        if question.relation is FilterRelation.NO_DEAD_ROWS:
            yield from _dead(network, question, context)
        else:
            yield from _compared(network, question, context)
        yield "(pop 1)"


def _compared(network: EffectiveNetwork, question: FilterQuestion, context: FilterContext) -> Iterator[str]:
    comparison = compare(network, question, context, Terms())
    terms = comparison.terms
    yield from (*_declared(terms), *terms.definitions(), *terms.assertions())
    yield from (f"(assert {comparison.perhaps})", "(check-sat)")


def _dead(network: EffectiveNetwork, question: FilterQuestion, context: FilterContext) -> Iterator[str]:
    deciders = Deciders(network, question, context)
    terms = deciders.terms
    yield from (*_declared(terms), *terms.definitions(), *terms.assertions())
    for (_, priority, name), indexes in deciders.rules().items():
        goal = disjunction(deciders.decides.get(index, FALSE) for index in indexes)
        yield from (_comment(f"rule {priority} {name}"), "(push 1)", f"(assert {goal})", "(check-sat)", "(pop 1)")


# -- Parts --------------------------------------------------------------------------------------------------------------


def _opening() -> Iterator[str]:
    yield from ("", "(set-option :produce-models true)", "(set-logic QF_UF)")


def _readings(network: EffectiveNetwork, open_ones: Mapping[str, None], fixed: Mapping[str, str]) -> Iterator[str]:
    for name in open_ones:
        recommended, other = network.assumptions[name]
        yield _comment(f"{symbol(f'reading {name}')} is true where {name} is `{recommended}`, false where it is `{other}`.")
    for name, value in sorted(fixed.items()):
        yield _comment(f"Taken as given: {name} is `{value}`.")


def _declared(terms: Terms) -> Iterator[str]:
    for variable in sorted(terms.cuts):
        ordered = sorted(terms.cuts[variable])
        yield ""
        yield _comment(f"{variable}: {_VARIABLES[variable.partition(' ')[0]]}")
        yield from (f"(declare-fun |{variable}>={cut}| () Bool){_shown(variable, cut)}" for cut in ordered)
        pairs = itertools.pairwise(ordered)
        yield from (f"(assert (=> |{variable}>={upper}| |{variable}>={lower}|))" for lower, upper in pairs)
    yield ""
    yield from (f"(declare-fun {literal} () Bool)" for literal in terms.booleans)


def _shown(variable: str, cut: int) -> str:
    if variable == "protocol":
        return f" ; {PROTOCOL_NAMES[cut]}" if cut in PROTOCOL_NAMES else ""
    try:
        return "" if variable.endswith("port") else f" ; {format_address(cut)}"
    except ValueError:  # one more than the last address of a family
        return ""


def _comment(text: str) -> str:
    """A comment on one line, whatever names the program chose."""
    return f"; {' '.join(text.split())}"
