"""Mappings whose values are made when somebody first asks for them."""

import pytest

from asever.model.later import Later


def test_a_value_is_made_when_it_is_first_asked_for_and_stays_the_same():
    made = []

    def make(name):
        made.append(name)
        return object()

    found = Later({name: lambda name=name: make(name) for name in ("b", "a", "c")})
    assert list(found) == ["b", "a", "c"]
    assert len(found) == 3
    assert "a" in found
    assert "d" not in found
    assert made == []
    assert found["a"] is found["a"]
    assert found.get("d") is None
    assert made == ["a"]
    assert [*found.values()][1] is found["a"]
    assert made == ["a", "b", "c"]


def test_what_is_not_there_is_a_key_error():
    with pytest.raises(KeyError):
        Later({})["a"]
