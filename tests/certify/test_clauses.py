"""The clauses of a query are satisfiable exactly if its assertions are, and whoever makes them again gets the same bytes."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from asever.certify.clauses import NotOurs, clauses_of

SYMBOLS = ("|a|", "|b>=3|", "|c (d)|", "e")


def formula(random, depth, names):
    if depth == 0 or random.random() < 0.2:
        return random.choice((*names, "true", "false") if random.random() < 0.1 else names)
    word = random.choice(("and", "or", "not", "=>", "="))
    number = {"not": 1, "=>": 2, "=": 2}.get(word) or random.randint(2, 4)
    return f"({word} {' '.join(formula(random, depth - 1, names) for _ in range(number))})"


def query(seed):
    """A query of a random shape, and its assertions with the definitions unfolded."""
    random = Random(seed)
    names, meaning = list(SYMBOLS), {}
    lines = ["; a comment (with parentheses", "(set-logic QF_UF)", *(f"(declare-fun {one} () Bool) ; it" for one in SYMBOLS)]
    for number in range(random.randint(0, 3)):
        text = formula(random, 3, names)
        lines.append(f"(define-fun |part #{number}| () Bool {text})")
        names.append(f"|part #{number}|")
        meaning[names[-1]] = text
    asserted = [formula(random, 3, names) for _ in range(random.randint(1, 3))]
    return "\n".join((*lines, *(f"(assert {one})" for one in asserted), "(check-sat)", "(get-model)", "")), asserted, meaning


def value(text, model, meaning):
    """What a formula is in a model, by a reader that shares nothing with the one under test."""
    if text in meaning:
        return value(meaning[text], model, meaning)
    if not text.startswith("("):
        return model[text]
    parts, depth, start, quoted = [], 0, 1, False
    for index, letter in enumerate(text[1:], 1):
        quoted ^= letter == "|"
        depth += 0 if quoted else (letter == "(") - (letter == ")")
        if not quoted and ((letter == " " and depth == 0) or depth < 0):
            parts.append(text[start:index])
            start = index + 1
    word, *operands = parts
    values = [value(one, model, meaning) for one in operands]
    return {
        "and": all(values),
        "or": any(values),
        "not": not values[0],
        "=>": not values[0] or values[-1],
        "=": values[0] == values[-1],
    }[word]


def has_model(clauses):
    """Whether clauses are satisfiable, by trying the first literal both ways."""
    if () in clauses:
        return False
    if not clauses:
        return True
    literal = min(clauses, key=len)[0]
    return any(
        has_model([tuple(other for other in clause if other != -one) for clause in clauses if one not in clause])
        for one in (literal, -literal)
    )


def models(found):
    """The models of clauses, restricted to the symbols."""
    for bits in product((False, True), repeat=len(found.names)):
        if has_model([*found.clauses, *((number if bit else -number,) for number, bit in enumerate(bits, 1))]):
            yield bits


@pytest.mark.parametrize("seed", range(300))
def test_the_clauses_have_the_models_of_the_query(seed):
    text, asserted, meaning = query(seed)
    found = clauses_of(text)
    wanted = {
        bits
        for bits in product((False, True), repeat=len(SYMBOLS))
        if all(value(one, dict(zip(SYMBOLS, bits, strict=True)) | {"true": True, "false": False}, meaning) for one in asserted)
    }
    assert found.names == SYMBOLS
    assert set(models(found)) == wanted


def test_the_same_text_makes_the_same_bytes():
    text = query(7)[0]
    assert clauses_of(text).dimacs() == clauses_of(text).dimacs()


def test_dimacs_names_the_variables_and_counts_the_clauses():
    text = "(declare-fun |x>=1| () Bool)(declare-fun y () Bool)(assert (or |x>=1| (not y)))(assert y)(check-sat)"
    assert clauses_of(text).dimacs() == "c 1 |x>=1|\nc 2 y\np cnf 2 2\n1 -2 0\n2 0\n"


def test_a_formula_as_deep_as_it_is_long_is_read():
    depth = 20_000
    text = f"(declare-fun a () Bool)(assert {'(not ' * depth}a{')' * depth})(check-sat)"
    assert clauses_of(text).clauses == ((1,),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(assert true)",
        "(check-sat)(check-sat)",
        "(check-sat)(assert false)",
        "(assert a)(check-sat)",
        "(declare-fun a () Int)(assert a)(check-sat)",
        "(declare-fun a () Bool)(declare-fun a () Bool)(assert a)(check-sat)",
        "(declare-fun a () Bool)(define-fun a () Bool true)(assert a)(check-sat)",
        "(declare-fun a () Bool)(assert (xor a a))(check-sat)",
        "(declare-fun a () Bool)(assert (not a a))(check-sat)",
        "(declare-fun a () Bool)(assert (and))(check-sat)",
        "(declare-fun a () Bool)(assert a a)(check-sat)",
        "(declare-fun a () Bool)(push 1)(assert a)(pop 1)(check-sat)",
        "(declare-fun a () Bool)(push 2)(assert a)(check-sat)",
        "(declare-fun a () Bool)(assert a)(check-sat",
        "(declare-fun a () Bool)(assert a))(check-sat)",
        "a (check-sat)",
        "(assert |a)(check-sat)",
        "(reset-assertions)(check-sat)",
    ],
)
def test_what_is_no_query_of_ours_is_refused(text):
    with pytest.raises(NotOurs):
        clauses_of(text)
