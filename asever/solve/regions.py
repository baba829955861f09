"""Proves that sets of headers are exactly what they are said to be: everything in them fares so, nothing outside does.

A header fares so *for some* choice, so the proof needs to be told which: a witness names choices and readings, and what is
left to Z3 has no quantifier in it. The sets come from `asever.exact`, which uses no solver.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from asever.model.effective import (
    EffectiveNetwork,
    Filter,
    FilterContext,
    FilterQuestion,
    FilterRelation,
    FlowQuestion,
    Scope,
)
from asever.model.numbers import NumberSet
from asever.model.regions import FIELDS, Region
from asever.record import record, replace
from asever.solve.alike import SetTerms
from asever.solve.clauses import text_of
from asever.solve.encode import Encoding, ScopeText, encode
from asever.solve.groups import compare
from asever.solve.queries import queries, somewhere
from asever.solve.rows import Rows
from asever.solve.solver import Session
from asever.solve.terms import FALSE, TRUE, Terms, conjunction, disjunction, negation


@record
class Shown:
    """Headers of a scope, and choices and readings with which each of them surely fares as is said."""

    scope: Scope
    headers: Sequence[Region]
    choices: Mapping[str, int]
    readings: Mapping[str, str]


@record
class Claimed:
    """A set of headers over some scopes: all of `regions` fare so, of what is outside only `open` perhaps does, `rest` not."""

    scopes: Sequence[Scope]
    regions: Sequence[Region]
    open: Sequence[Region]
    shown: Sequence[Shown]
    rest: Sequence[Region] | None = None


def disagreement(
    network: EffectiveNetwork, question: FlowQuestion, claims: Sequence[Claimed], *, seconds: float | None
) -> str | None:
    """What of the claims is wrong according to Z3, None when they are proved. Raises `TimeOut` when they are neither in time.

    The headers are those that decide the question: the lost ones of `reaches`, the delivered ones of the others.
    """
    deadline = _deadline(seconds)
    encoding = encode(network, question, SetTerms())
    return _wrong(encoding.terms, (goal for claim in claims for goal in _goals(encoding, question, claim)), deadline)


def _deadline(seconds: float | None) -> float | None:
    return None if seconds is None else time.monotonic() + seconds


def _wrong(terms: Terms, goals: Iterable[tuple[str, str]], deadline: float | None) -> str | None:
    """What is wrong by the first of some formulas that can be true; a text for each says all in one direction only."""
    return next((what for formula, what in goals if formula != FALSE and _possible(terms, formula, deadline)), None)


def _possible(terms: Terms, formula: str, deadline: float | None) -> bool:
    return Session(text_of(terms, [formula]), deadline).satisfiable([])


def _goals(encoding: Encoding, question: FlowQuestion, claim: Claimed) -> Iterator[tuple[str, str]]:
    """Formulas that must all be unsatisfiable, each with what is wrong if it is not.

    That no packet is both in `regions` and in `rest` follows: what is listed takes a path and fares so on it, and no flow of
    the rest perhaps does. Asked by itself it is the hardest question of all, of each region with each other one.
    """
    terms, picks = encoding.terms, queries(question.quantifier)
    texts = {id(one.scope): one for one in encoding.scopes}
    scopes = [text for scope in claim.scopes if (text := texts.get(id(scope))) is not None]
    inside, unsure = holds(terms, claim.regions), holds(terms, claim.open)
    others = conjunction((negation(inside), negation(unsure)))
    if claim.rest is not None:
        rest, domain = holds(terms, claim.rest), disjunction(text.domain for text in scopes)
        yield conjunction((rest, unsure)), "a packet is listed twice"
        yield conjunction((rest, negation(domain))), "a packet is listed that the check does not cover"
        yield conjunction((domain, negation(rest), others)), "a packet is listed nowhere"
        others = rest
    for text in scopes:
        missed = conjunction((somewhere(text, picks.open), others))
        yield missed, f"a flow from {text.scope.subject} to {text.scope.target} is missing"
    # If one choice shows all, it is shown of the regions that are listed.
    every = [replace(one, headers=claim.regions) for one in claim.shown] if len(claim.shown) == 1 else claim.shown
    if every is claim.shown:
        unshown = (inside, *(negation(holds(terms, one.headers)) for one in every))
        yield conjunction(unshown), "a packet is listed without a choice that shows why"
    for one in every:
        text = texts[id(one.scope)]
        ends = f"from {one.scope.subject} to {one.scope.target}"
        listed = (holds(terms, one.headers), *_chosen(encoding, text, one))
        yield conjunction((*listed, negation(_taken(encoding, text, one)))), f"a flow {ends} is listed that is not there"
        otherwise = conjunction((*listed, somewhere(text, picks.otherwise)))
        yield otherwise, f"a flow {ends} is listed that may fare otherwise"


def _chosen(encoding: Encoding, text: ScopeText, one: Shown) -> Iterator[str]:
    """That a flow has the choices and readings that are shown."""
    made = {name for branch in text.branches for name in branch.path.region}
    for name, number in sorted(one.choices.items()):
        if name in made:
            yield encoding.terms.inside(name, NumberSet.single(number))
    for name, value in sorted(one.readings.items()):
        if name in encoding.rows.open:
            yield encoding.rows.reading(name, value)


def _taken(encoding: Encoding, text: ScopeText, one: Shown) -> str:
    """That some flow with a header takes a path with these choices and readings; others are then whatever the path offers."""
    terms, rows = encoding.terms, encoding.rows
    paths = [branch.path for branch in text.branches]
    ways = (
        conjunction(
            (
                *(
                    terms.inside(name, numbers)
                    for name, numbers in path.region.items()
                    if name in FIELDS or name in one.choices
                ),
                *(rows.reading(name, value) for name, value in path.readings.items() if name in one.readings),
            )
        )
        for path in paths
    )
    return conjunction((text.domain, disjunction(ways)))


def holds(terms: Terms, regions: Sequence[Region]) -> str:
    """That a packet lies in one of the regions."""
    return terms.named(
        disjunction(
            conjunction(terms.inside(name, numbers) for name, numbers in zip(FIELDS, region, strict=True)) for region in regions
        ),
        "regions",
    )


# -- Filters ------------------------------------------------------------------------------------------------------------


def filters_disagree(
    network: EffectiveNetwork,
    question: FilterQuestion,
    pair: tuple[Filter, Filter],
    names: Sequence[str],
    regions: Sequence[Region],
    *,
    seconds: float | None,
) -> str | None:
    """What is wrong with the claim that `regions` are what the first filter lets pass and the second drops; None if nothing.

    `names` are those of the dimensions: header fields, `reading X`, and `source in Sql`, which is 1 for addresses in the tag.
    Raises `TimeOut` when Z3 finds no answer in time.
    """
    left, right = pair
    context = FilterContext(where="", left=left, right=right)
    asks = FilterQuestion(relation=FilterRelation.NO_MORE, contexts=(context,), fixed=question.fixed)
    comparison = compare(network, asks, context, SetTerms())
    terms, rows = comparison.terms, comparison.rows
    listed = terms.named(
        disjunction(
            conjunction(
                terms.inside(name, numbers) if name in FIELDS else _fact(network, rows, terms, name, numbers)
                for name, numbers in zip(names, region, strict=True)
            )
            for region in regions
        ),
        "regions",
    )
    goals = (
        (conjunction((comparison.perhaps, negation(listed))), "a packet on which the filters differ is missing"),
        (conjunction((listed, negation(comparison.perhaps))), "a packet is listed on which the filters do not differ"),
    )
    return _wrong(terms, goals, _deadline(seconds))


def _fact(network: EffectiveNetwork, rows: Rows, terms: Terms, name: str, numbers: NumberSet) -> str:
    """What a dimension that is no header field says: a reading, or membership in a tag."""
    if name.startswith("reading "):
        values = network.assumptions[name.removeprefix("reading ")]
        return disjunction(rows.reading(name.removeprefix("reading "), values[number]) for number in numbers)
    literal = terms.boolean(name)
    return disjunction(literal if number else negation(literal) for number in numbers) if numbers.size == 1 else TRUE
