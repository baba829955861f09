"""A second, different solver for the queries of a check: the only module that names cvc5."""

from __future__ import annotations

from importlib.util import find_spec

NAME = "cvc5"
EXTRA = "cross-check"


def is_installed() -> bool:
    """Whether it is there."""
    return find_spec("cvc5") is not None


def answers(query: str, seconds: float | None) -> list[str]:
    """What it says to each `check-sat` of a query: `sat`, `unsat` or `unknown`; an error in its words."""
    import cvc5  # noqa: PLC0415 - an extra

    solver = cvc5.Solver(cvc5.TermManager())
    if seconds is not None:
        solver.setOption("tlimit-per", str(max(1, int(seconds * 1000))))
    solver.setOption("strict-parsing", "true")
    parser = cvc5.InputParser(solver)
    # Nobody reads its models, and there are none where a query is unsatisfiable.
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, query.replace("\n(get-model)\n", "\n"), "query")
    said: list[str] = []
    try:
        while not (command := parser.nextCommand()).isNull():
            said.extend(command.invoke(solver, parser.getSymbolManager()).split("\n"))
    except RuntimeError as error:
        said.append(" ".join(str(error).split()))
    return [one for one in said if one]
