"""Proofs of unsatisfiability: the only module that names the SAT solver which writes them."""

from __future__ import annotations

from importlib.util import find_spec

from asever.certify.clauses import Clauses

EXTRA = "certificate"


def is_installed() -> bool:
    """Whether there is a solver that writes proofs."""
    return find_spec("pysat") is not None


def proof_of(clauses: Clauses) -> str | None:
    """A proof in DRAT format that the clauses are unsatisfiable; None when they are satisfiable."""
    from pysat.solvers import Solver  # noqa: PLC0415 - an extra

    # CaDiCaL deletes no clause that its proof needs later, however a checker takes the deletion of units.
    with Solver(name="cadical195", bootstrap_with=clauses.clauses, with_proof=True) as solver:
        if solver.solve():
            return None
        return "".join(f"{line}\n" for line in solver.get_proof())
