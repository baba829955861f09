"""The baseline: plain Z3 on SMT-LIB text, as whoever needs the answer once would write it.

A bit-vector for each field, a nested `ite` over the rules in order, and `(check-sat)` on a default solver. Nothing of the tool.
"""

from __future__ import annotations

from workloads import FIELDS, Rule, Span, Spans, Workload

_BITS = {"protocol": 8, "source": 32, "source_port": 16, "target": 32, "target_port": 16}


def text(workload: Workload) -> str:
    """The query: satisfiable if and only if some packet of the box is not permitted."""
    lines = [f"(declare-const {name} (_ BitVec {bits}))" for name, bits in _BITS.items()]
    for number, rule in enumerate(workload.rules):
        lines.append(f"(define-fun m{number} () Bool {_matches(rule)})")
    worth = "false"
    for number in reversed(range(len(workload.rules))):
        worth = f"(ite m{number} {'true' if workload.rules[number].permits else 'false'} {worth})"
    lines.append(f"(assert (not {worth}))")
    lines.extend(f"(assert {_within(name, (span,))})" for name, span in zip(FIELDS, workload.asked, strict=True))
    return "\n".join(lines)


def _matches(rule: Rule) -> str:
    return f"(and true {' '.join(_within(name, spans) for name, spans in zip(FIELDS, rule.spans(), strict=True))})"


def _within(name: str, spans: Spans) -> str:
    if any(_is_all(name, span) for span in spans):
        return "true"
    parts = [f"(and (bvuge {name} (_ bv{low} {_BITS[name]})) (bvule {name} (_ bv{high} {_BITS[name]})))" for low, high in spans]
    return parts[0] if len(parts) == 1 else f"(or {' '.join(parts)})"


def _is_all(name: str, span: Span) -> bool:
    return span == (0, 2 ** _BITS[name] - 1)


def refuted(query: str) -> bool:
    """Whether Z3 finds a packet that is not permitted."""
    import z3  # noqa: PLC0415 - the import is part of what a process costs

    solver = z3.Solver()
    solver.from_string(query)
    answer = solver.check()
    if answer == z3.unknown:
        raise RuntimeError("Z3 gave up")
    return bool(answer == z3.sat)
