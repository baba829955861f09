"""Our own checker accepts what follows and nothing else."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import product
from random import Random

import pytest

from asever.certify.clauses import Clauses
from asever.certify.drat import NotProved, check_proof
from asever.certify.prover import proof_of

# Every clause over two variables: the smallest set whose refutation needs a step.
SQUARE = [(1, 2), (1, -2), (-1, 2), (-1, -2)]
NEEDS_SOLVER = pytest.mark.skipif(find_spec("pysat") is None, reason="needs asever[certificate]")


def accepts(variables, clauses, proof):
    try:
        check_proof(variables, clauses, proof)
    except NotProved:
        return False
    return True


def clauses_at_random(random, variables, number):
    return tuple(
        tuple(one * random.choice((-1, 1)) for one in random.sample(range(1, variables + 1), min(3, variables)))
        for _ in range(number)
    )


def is_satisfiable(variables, clauses):
    return any(
        all(any(bits[abs(one) - 1] == (one > 0) for one in clause) for clause in clauses)
        for bits in product((False, True), repeat=variables)
    )


def test_steps_that_follow_are_accepted():
    assert accepts(2, SQUARE, "1 0\n0\n")


def test_clauses_that_refute_themselves_need_no_step():
    assert accepts(1, [(1,), (-1,)], "")


def test_a_proof_without_the_empty_clause_is_none():
    assert not accepts(3, [*SQUARE[:3], (3, 1)], "1 0\n")
    assert not accepts(2, SQUARE, "")


def test_a_step_that_does_not_follow_is_refused():
    assert not accepts(2, SQUARE[:3], "-1 0\n0\n")


def test_a_deleted_clause_is_gone():
    assert not accepts(2, SQUARE, "d 1 2 0\n1 0\n0\n")
    assert accepts(2, [*SQUARE, (2, 1)], "d 1 2 0\n1 0\n0\n")


def test_a_deleted_unit_takes_back_what_followed_from_it():
    clauses = [(1,), (-1, 2), (-2, 3, 4), (-2, 3, -4), (-2, -3, 4), (-2, -3, -4)]
    assert accepts(4, clauses, "3 0\n0\n")
    assert not accepts(4, clauses, "d 1 0\n3 0\n0\n")


def test_what_is_not_there_cannot_be_deleted():
    assert not accepts(2, SQUARE, "d 1 0\n1 0\n0\n")


def test_a_clause_that_is_only_redundant_is_accepted_on_its_first_literal():
    # Nothing says anything of 3, so 3 may be taken to be true; what holds of it already does not allow that.
    assert accepts(3, SQUARE, "3 0\n1 0\n0\n")
    assert not accepts(4, [(-3, 4)], "3 0\n")
    with pytest.raises(NotProved, match="line 1 "):
        check_proof(4, [*SQUARE, (-3, 4)], "3 0\n1 0\n0\n")


@pytest.mark.parametrize("proof", ["1\n", "x 0\n", "1 0 0\n", "1  0\n", "+1 0\n", "e 1 0\n", "3 0\n1 0\n0\n", "1 0 \n"])
def test_what_is_no_proof_is_refused(proof):
    assert not accepts(2, SQUARE, proof)


@pytest.mark.parametrize("seed", range(200))
def test_no_proof_whatever_refutes_what_has_a_model(seed):
    random = Random(seed)
    variables = random.randint(2, 5)
    clauses = clauses_at_random(random, variables, random.randint(3, 12))
    added, lines = list(clauses), []
    for _ in range(30):
        if random.random() < 0.3:
            gone = random.choice(added)
            lines.append(f"d {' '.join(map(str, gone))} 0")
        else:
            picked = random.sample(range(1, variables + 1), random.randint(1, variables))
            added.append(tuple(one * random.choice((-1, 1)) for one in picked))
            lines.append(f"{' '.join(map(str, added[-1]))} 0")
        # A proof is refused as a whole, so each step that is not accepted is taken out again.
        try:
            check_proof(variables, clauses, "\n".join(lines))
        except NotProved as problem:
            if "ends before" not in str(problem):
                lines.pop()
        else:
            assert not is_satisfiable(variables, clauses)
            return


@NEEDS_SOLVER
@pytest.mark.parametrize("seed", range(40))
def test_the_solver_s_proofs_are_accepted_and_cut_short_they_are_not(seed):
    random = Random(seed)
    variables = 30
    clauses = Clauses(names=(), variables=variables, clauses=clauses_at_random(random, variables, 240))
    proof = proof_of(clauses)
    assert proof is not None
    check_proof(variables, clauses.clauses, proof)
    lines = [one for one in proof.splitlines() if not one.startswith("d ")]
    assert len(lines) > 3
    assert not accepts(variables, clauses.clauses, "\n".join(lines[:2]))


def refutes(clauses):
    """Whether unit propagation alone refutes clauses, worked out from nothing."""
    true = set()
    while True:
        left = [[one for one in clause if -one not in true] for clause in clauses if not true & set(clause)]
        if [] in left:
            return True
        units = {clause[0] for clause in left if len(set(clause)) == 1}
        if not units:
            return False
        true.add(min(units))


def may_be_added(there, step):
    if refutes([*there, *((-one,) for one in step)]):
        return True
    resolvents = [(*step, *(other for other in one if other != -step[0])) for one in there if -step[0] in one]
    return all(refutes([*there, *((-one,) for one in clause)]) for clause in resolvents)


@pytest.mark.parametrize("seed", range(300))
def test_it_accepts_exactly_what_the_definitions_do(seed):
    random = Random(seed)
    variables = random.randint(2, 5)
    clauses = [
        *clauses_at_random(random, variables, random.randint(4, 14)),
        *(tuple(one * random.choice((-1, 1)) for one in random.sample(range(1, variables + 1), 2)) for _ in range(4)),
        *((random.choice((-1, 1)) * random.randint(1, variables),) for _ in range(random.randint(0, 2))),
    ]
    there, text = list(clauses), ""
    for _ in range(40):
        if refutes(there):
            assert accepts(variables, clauses, text)
            return
        assert not accepts(variables, clauses, text)
        if random.random() < 0.4 and there:
            gone = there.pop(random.randrange(len(there)))
            text += f"d {' '.join(map(str, gone))} 0\n"
            continue
        picked = random.sample(range(1, variables + 1), random.randint(1, 2))
        step = tuple(one * random.choice((-1, 1)) for one in picked)
        line = f"{' '.join(map(str, step))} 0\n"
        if may_be_added(there, step):
            there.append(step)
            text += line
        else:
            with pytest.raises(NotProved, match="does not follow"):
                check_proof(variables, clauses, text + line)
