"""The query of a question as standard SMT-LIB 2, for any solver."""

from __future__ import annotations

from asever.model.effective import EffectiveNetwork, FlowQuestion, Quantifier, Question
from asever.solve.encode import encode
from asever.solve.terms import FALSE, conjunction, disjunction, negation

_HEADER = """\
; Written by ASEver. Satisfiable exactly when {meaning}.
; Each Boolean |x>=c| says that variable x is at least c: protocol is the IP protocol number, ports are numbers, an IPv4
; address is its 32-bit value and an IPv6 address its 128-bit value plus 2^128. source, source_port, target and target_port
; are those of the packet as its sender makes it; egress, relay and instance are addresses chosen on the way.
; |reading N| is true in the recommended reading of assumption N.
(set-logic QF_UF)"""


def query_text(network: EffectiveNetwork, question: Question) -> str:
    """The counterexample query of a question about flows; raises `ValueError` for questions about filters alone."""
    if not isinstance(question, FlowQuestion):
        raise ValueError("only checks about flows have one query; `nsg` checks ask one for each place and rule")
    text = encode(network, question)
    match question.quantifier:
        case Quantifier.ALL_ARRIVE:
            meaning = "some flow in scope surely fails, for some value of every free choice: the check is violated"
            parts = [conjunction((one.case, negation(one.perhaps_and_back))) for one in text.branches]
        case Quantifier.NONE_ARRIVES:
            meaning = "some packet in scope is surely delivered: the check is violated"
            parts = [conjunction((one.case, one.sure)) for one in text.branches]
        case Quantifier.SOME_ARRIVES:
            meaning = "some flow in scope surely arrives: the check holds if this is so in every reading"
            parts = [conjunction((one.case, one.sure_and_back)) for one in text.branches]
    readings = [f"(declare-fun |reading {name}| () Bool)" for name in sorted(text.readings)]
    fixed = []
    for name, value in sorted(question.fixed.items()):
        if name in text.readings:
            literal = f"|reading {name}|"
            fixed.append(f"(assert {literal if value == network.assumptions[name][0] else negation(literal)})")
    goal = disjunction(part for part in parts if part != FALSE)
    lines = [
        _HEADER.format(meaning=meaning),
        *text.variables.declarations(),
        *readings,
        *fixed,
        *text.definitions,
        f"(assert {goal})",
        "(check-sat)",
    ]
    return "\n".join(lines) + "\n"
