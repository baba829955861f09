"""Records behave as frozen, slotted, keyword-only dataclasses do."""

import copy
import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from asever import record as records
from asever.record import compared_fields, field, fields, maker, record


@record
class Base:
    name: str
    note: str = field(default="", compare=False)


@record
class Derived(Base):
    size: int = 7
    parts: dict[str, int] = field(default_factory=dict, hash=False, compare=False, repr=False)


def test_defaults_are_made_anew_for_every_record():
    one, two = Derived(name="a"), Derived(name="a")
    assert (one.note, one.size, one.parts) == ("", 7, {})
    assert one.parts is not two.parts
    assert fields(one) == ("name", "note", "size", "parts")


def test_what_is_not_compared_makes_no_difference():
    one, two = Derived(name="a", note="x"), Derived(name="a", parts={"b": 1})
    assert one == two
    assert hash(one) == hash(two)
    assert one != replace(one, size=8)
    assert one != Base(name="a")
    assert repr(one) == "Derived(name='a', note='x', size=7)"


@pytest.mark.parametrize("cls", [Derived, maker(Derived)], ids=["class", "maker"])
def test_what_makes_a_class_by_thousands_makes_the_same(cls):
    one = cls(name="a", note="x")
    assert type(one) is Derived
    assert (one.name, one.note, one.size, one.parts) == ("a", "x", 7, {})
    assert cls(name="a").parts is not one.parts
    assert cls(name="a", size=8) == Derived(name="a", size=8)
    with pytest.raises(TypeError):
        cls("a")
    with pytest.raises(TypeError):
        cls(size=7)


@pytest.mark.parametrize("change", [lambda one: setattr(one, "name", "b"), lambda one: setattr(one, "other", 1)])
def test_a_record_cannot_be_changed(change):
    one = Base(name="a")
    with pytest.raises(FrozenInstanceError):
        change(one)
    with pytest.raises(FrozenInstanceError):
        del one.name
    assert one.name == "a"


@pytest.mark.parametrize("wrong", [(), ("a",)])
def test_fields_are_given_by_name(wrong):
    with pytest.raises(TypeError):
        Base(*wrong)
    with pytest.raises(TypeError):
        Base(name="a", nonsense=1)


@record(kw_only=False)
class Ordered:
    low: int
    high: int = 9


def test_fields_of_some_may_be_given_by_order():
    assert Ordered(1) == Ordered(low=1) == Ordered(1, 9) == Ordered(1, high=9)
    for wrong in (Ordered, lambda: Ordered(1, 2, 3), lambda: Ordered(1, low=1)):
        with pytest.raises(TypeError, match=r"Ordered.__init__\(\)"):
            wrong()


def test_a_changed_copy_has_all_other_values_of_the_first():
    one = Derived(name="a", note="x", parts={"b": 1})
    other = records.replace(one, size=8)
    assert [getattr(other, name) for name in fields(one)] == ["a", "x", 8, {"b": 1}]
    assert one.size == 7
    with pytest.raises(TypeError, match="nonsense"):
        records.replace(one, nonsense=1)


def test_those_fields_are_compared_that_say_nothing_else():
    assert list(compared_fields(Derived)) == ["name", "size"]


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])  # noqa: S301
def test_a_copy_is_equal(again):
    one = Derived(name="a", note="x", parts={"b": 1})
    assert again(one) == one
    assert again(one).parts == {"b": 1}
