"""NSGs whose rules are read when somebody asks for them."""

from __future__ import annotations

import copy
import pickle

import pytest

from asever.model.numbers import NumberSet
from asever.model.things import AddressTerm, DeclaredRule, SecurityGroup, TermKind, rules_later, rules_so_far
from asever.record import replace

EVERYBODY = (AddressTerm(kind=TermKind.ADDRESSES, text="*", addresses=NumberSet.span(0, 9)),)
RULE = DeclaredRule(
    priority=100,
    name="one",
    access="allow",
    protocol=NumberSet.single(6),
    any_protocol=False,
    sources=EVERYBODY,
    source_port=NumberSet.span(0, 9),
    targets=EVERYBODY,
    target_port=NumberSet.single(4),
)
READ = SecurityGroup(name="web", inbound=(RULE,), outbound=(RULE, RULE))


def later(make=lambda: (READ.inbound, READ.outbound)):
    asked = []

    def counted():
        asked.append(True)
        return make()

    return rules_later(SecurityGroup(name="web"), 3, counted), asked


def test_rules_are_made_once_and_not_to_be_counted():
    one, asked = later()
    assert (one.name, one.size, rules_so_far(one), asked) == ("web", 3, (), [])
    assert one.outbound is READ.outbound
    assert one.inbound is READ.inbound
    assert asked == [True]
    assert (one.size, rules_so_far(one)) == (3, (RULE, RULE, RULE))
    assert (READ.size, rules_so_far(READ)) == (3, (RULE, RULE, RULE))
    assert SecurityGroup(name="empty").size == 0


@pytest.mark.parametrize("same", [lambda one: one, lambda one: pickle.loads(pickle.dumps(one)), copy.copy])  # noqa: S301
def test_such_an_nsg_is_equal_to_one_that_had_its_rules_from_the_start(same):
    assert same(later()[0]) == READ
    assert hash(later()[0]) == hash(READ)
    assert repr(later()[0]) == repr(READ)


def test_one_with_other_rules_has_these():
    changed = replace(later()[0], inbound=())
    assert (changed.size, changed.outbound) == (2, READ.outbound)


def test_it_has_no_other_fields():
    one, asked = later()
    with pytest.raises(AttributeError, match="has no 'rules'"):
        one.rules  # noqa: B018
    assert getattr(one, "subnet", None) is None
    assert not asked


def test_what_goes_wrong_while_they_are_read_is_told_each_time():
    def make():
        raise KeyError("rule")

    one, asked = later(make)
    for _ in range(2):
        with pytest.raises(KeyError):
            one.inbound  # noqa: B018
    assert asked == [True, True]
