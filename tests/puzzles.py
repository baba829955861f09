"""Texts that no solver of clauses is quick with."""

from __future__ import annotations

from asever.solve.clauses import text_of
from asever.solve.terms import Terms, disjunction, negation


def pigeons(holes):
    """One pigeon more than holes, each in one of its own."""
    terms = Terms()
    ins = [[terms.boolean(f"{pigeon} in {hole}") for hole in range(holes)] for pigeon in range(holes + 1)]
    apart = (
        disjunction((negation(one[hole]), negation(other[hole])))
        for hole in range(holes)
        for number, one in enumerate(ins)
        for other in ins[:number]
    )
    return text_of(terms, [*map(disjunction, ins), *apart])
