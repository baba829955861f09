"""Exact sets and the solver say the same of the rules of a filter, question by question; and what is not so is caught."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from asever.exact import covers
from asever.exact.effects import Fate, RuleSets
from asever.explain.witness import ReadingsDisagree
from asever.lint.effects import Effects
from asever.model.numbers import NumberSet
from asever.model.rule_keys import Part
from asever.solve.effects import Proofs
from tests.lint.test_effects_against_every_packet import RULES, Brute

PART = Part(field="target_port", numbers=NumberSet.single(443))


@given(RULES)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_both_answer_every_question_alike(drawn):
    brute = Brute(drawn)
    for place in brute.places:
        sets = RuleSets(brute.tables, place, brute.fixed)
        proofs = Proofs(brute.tables, place, brute.fixed, range(len(place.rows)), [PART], None)
        for key in brute.every:
            others = [one for one in brute.every if one != key]
            for part in (None, PART):
                assert sets.decides(key, part, None) is proofs.decides(key, part, None)
                assert sets.decides(key, part, others[:2]) is proofs.decides(key, part, others[:2])
            if sets.decides_each(key, PART.field, PART.numbers.ranges):  # what is seen at first sight
                assert proofs.decides(key, PART, None)
            for gone in ((), others[:1], others[1:3]):
                assert (sets.fate(key, sets.boxes(gone)) is Fate.NEEDED) is proofs.differs(key, gone)
            assert (sets.fate(key) is not Fate.DEAD) is proofs.decides(key, None, None)
            for other in others:
                assert sets.meets(key, other) is proofs.meets(key, other)
            for index in range(len(place.rows)):
                assert sets.follows(key, index) is proofs.follows(key, index)


@given(RULES)
@settings(max_examples=15, deadline=None, derandomize=True)
def test_the_findings_do_not_depend_on_who_answers(drawn):
    brute = Brute(drawn)

    def told():
        effects = brute.effects({key: [PART] for key in brute.every})
        dead = [key for key in brute.every if not effects.decides(key)]
        redundant = effects.redundant(dead)
        rest = [key for key in brute.every if key not in dead]
        return (
            dead,
            redundant,
            [effects.instead(key) for key in dead],
            [effects.after(key, 5) for key in redundant],
            [effects.decides(key, PART) for key in rest],
            [(one, other, effects.meets(one, other)) for one in rest for other in rest if one < other],
        ), effects.confirm()

    quick, few = told()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(covers, "STEPS", 0)
        patch.setattr(covers.Covers, "point", lambda *_: None)  # nothing is seen at first sight
        slow, many = told()
    assert quick == slow
    assert few.solver == 0
    assert many.solver > 0


def test_a_claim_that_the_solver_breaks_is_no_finding(monkeypatch):
    brute = Brute([("allow", "tcp", "10.0.0.0/24", "*", "443"), ("allow", "tcp", "10.0.0.0/25", "*", "443")])
    effects: Effects = brute.effects({})
    dead = [key for key in brute.every if not effects.decides(key)]
    assert [effects.instead(key) for key in dead]
    assert effects.confirm().confirmed == len(brute.places)
    monkeypatch.setattr(Proofs, "decides", lambda *_: True)
    with pytest.raises(ReadingsDisagree):
        effects.confirm()
