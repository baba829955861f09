"""What must be unsatisfiable for a claim to hold: one function for each quantifier, its comment the theorem.

`perhaps` and `surely` are about what nobody can know (tags of unknown content, doubts); `flow` stands for a packet of the
scope with every choice made on its way and every open assumption read one way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from asever.model.effective import Quantifier
from asever.record import record
from asever.solve.encode import Branch, Encoding, ScopeText
from asever.solve.guide import Aim
from asever.solve.terms import FALSE, conjunction, disjunction, negation

Pick = Callable[[Branch], str]


def somewhere(text: ScopeText, pick: Pick) -> str:
    """Some flow of the scope for which `pick` holds."""
    return conjunction((text.domain, disjunction(conjunction((one.where, pick(one))) for one in text.branches)))


def fails(one: Branch) -> str:
    """Whatever is open, the flow or its reply is lost."""
    return negation(one.perhaps_succeeds)


def perhaps_fails(one: Branch) -> str:
    """The flow or its reply may be lost."""
    return negation(one.surely_succeeds)


def perhaps_lost(one: Branch) -> str:
    """The packet may not be delivered as the claim says."""
    return negation(one.surely_arrives)


def arrives(one: Branch) -> str:
    """Whatever is open, the packet is delivered."""
    return one.surely_arrives


def perhaps_arrives(one: Branch) -> str:
    """The packet may be delivered."""
    return one.perhaps_arrives


def surely_lost(one: Branch) -> str:
    """Whatever is open, the packet is not delivered as the claim says."""
    return negation(one.perhaps_arrives)


def succeeds(one: Branch) -> str:
    """Whatever is open, the packet is delivered and its reply comes back."""
    return one.surely_succeeds


def perhaps_succeeds(one: Branch) -> str:
    """The packet may be delivered and its reply may come back."""
    return one.perhaps_succeeds


AIMS: Mapping[Pick, Aim] = {
    fails: Aim(arrives=False, surely=False, replies=True),
    perhaps_fails: Aim(arrives=False, surely=True, replies=True),
    perhaps_lost: Aim(arrives=False, surely=True, replies=False),
    surely_lost: Aim(arrives=False, surely=False, replies=False),
    arrives: Aim(arrives=True, surely=True, replies=False),
    perhaps_arrives: Aim(arrives=True, surely=False, replies=False),
    succeeds: Aim(arrives=True, surely=True, replies=True),
    perhaps_succeeds: Aim(arrives=True, surely=False, replies=True),
}
"""What each pick asks for, for an engine that has no formulas."""


@record
class Queries:
    """What is asked of a claim.

    `decisive`: a flow that settles it (a counterexample; for `can reach` a flow that succeeds). `open`: a flow that may
    do so. `otherwise`: a flow that may not. `settled`: a flow that surely does not.
    """

    decisive: Pick
    open: Pick
    otherwise: Pick
    settled: Pick


def all_arrive() -> Queries:
    """`decisive` is unsatisfiable iff no flow surely fails; `open` is unsatisfiable iff every flow surely succeeds."""
    return Queries(decisive=fails, open=perhaps_fails, otherwise=perhaps_succeeds, settled=succeeds)


def none_arrives() -> Queries:
    """`decisive` is unsatisfiable iff no packet is surely delivered; `open` is unsatisfiable iff surely none is."""
    return Queries(decisive=arrives, open=perhaps_arrives, otherwise=perhaps_lost, settled=surely_lost)


def some_arrives() -> Queries:
    """`decisive` is satisfiable iff some flow surely succeeds; `open` is unsatisfiable iff surely none does.

    Both in one reading of every open assumption: the claim holds iff `decisive` is satisfiable in each reading.
    """
    return Queries(decisive=succeeds, open=perhaps_succeeds, otherwise=perhaps_fails, settled=fails)


def queries(quantifier: Quantifier) -> Queries:
    """The queries of a quantifier."""
    match quantifier:
        case Quantifier.ALL_ARRIVE:
            return all_arrive()
        case Quantifier.NONE_ARRIVES:
            return none_arrives()
        case Quantifier.SOME_ARRIVES:
            return some_arrives()


def asked(encoding: Encoding, pick: Pick) -> str:
    """Some flow of any scope for which `pick` holds."""
    return disjunction(somewhere(one, pick) for one in encoding.scopes) if encoding.scopes else FALSE
