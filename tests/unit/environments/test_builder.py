"""The builder makes exactly the model that was said, or names what is wrong with it and where."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbitwise.environments.builder import Builder
from orbitwise.errors import InvalidInput


def lake() -> Builder:
    return Builder("lake").add("lake", "left", {"lake": "1/3", "hole": "2/3"}).add("hole", "stay", "hole")


def test_states_are_in_the_order_of_their_first_action():
    """A successor named earlier does not come earlier: the order is that of origins."""
    mdp = Builder("m").add("b", "go", "a").add("c", "stay", "c").add("a", "stay", "a").build()
    assert mdp.states == ("b", "c", "a")
    assert mdp.start == 0


def test_choices_of_a_state_stay_together_even_when_added_apart():
    """Choices are grouped by state, actions keep their order within a state."""
    mdp = Builder("m").add("a", "x", "b").add("b", "stay", "b").add("a", "y", "a").build()
    assert mdp.action_names(0) == ("x", "y")
    assert mdp.graph.choice_offsets.tolist() == [0, 2, 3]
    assert [mdp.states[int(mdp.successors(c)[0])] for c in mdp.choices(0)] == ["b", "a"]


def test_fractions_are_kept_exactly():
    """Texts such as 1/3 are exact, and the floats beside them are their nearest."""
    graph = lake().build().graph
    assert graph.exact_probabilities.tolist() == [Fraction(1, 3), Fraction(2, 3), Fraction(1)]
    np.testing.assert_array_equal(graph.probabilities, [1 / 3, 2 / 3, 1.0])


def test_a_deterministic_model_keeps_no_fractions():
    """When every choice has one successor, the exact array is left out."""
    assert Builder("m").add("a", "stay", {"a": "1"}).build().graph.exact is None


@given(st.lists(st.integers(1, 50), min_size=2, max_size=8))
def test_float_rows_are_read_as_the_fractions_they_come_from(weights: list[int]):
    """The floats w / sum(w) are read as exactly w / sum(w), and a note says so unless the floats were exact."""
    total = sum(weights)
    names = [f"s{i}" for i in range(len(weights))]
    builder = Builder("m").add("start", "go", {name: w / total for name, w in zip(names, weights, strict=True)})
    for name in names:
        builder.add(name, "stay", name)
    mdp = builder.build()
    assert mdp.graph.exact is not None
    assert mdp.graph.exact.tolist()[: len(weights)] == [Fraction(w, total) for w in weights]
    exact_floats = all(Fraction(w / total) == Fraction(w, total) for w in weights)
    assert bool(mdp.notes) == (not exact_floats)


def test_zero_probabilities_are_left_out():
    """A successor with probability 0 is no successor, and need not be a state."""
    mdp = Builder("m").add("a", "stay", {"a": 1, "nowhere": 0}).build()
    assert mdp.n_states == 1
    assert mdp.is_deterministic


def test_normalize_divides_by_the_sum():
    """2 and 1 become 2/3 and 1/3."""
    mdp = Builder("m", normalize=True).add("a", "go", {"a": 2, "b": 1}).add("b", "stay", "b").build()
    assert mdp.graph.exact is not None
    assert mdp.graph.exact.tolist()[:2] == [Fraction(2, 3), Fraction(1, 3)]


def test_rows_alike_are_checked_alike():
    """A row of wrong probabilities is refused the second time as well as the first."""
    builder = Builder("m")
    for state in ("a", "b"):
        with pytest.raises(InvalidInput, match=r"sums to 0\.9, expected 1; write the missing 0.1"):
            builder.add(state, "go", {"a": "1/2", "b": "2/5"})


def test_equal_numbers_of_different_types_are_not_confused():
    """True equals 1 in Python, but is no probability, also after a row with 1 was accepted."""
    builder = Builder("m").add("a", "go", {"a": 1})
    with pytest.raises(InvalidInput, match="expected a number, found True"):
        builder.add("a", "stay", {"a": True})


def test_a_wrong_sum_names_the_choice_the_sum_and_the_remedy():
    """The three parts of the message are there."""
    with pytest.raises(InvalidInput) as caught:
        Builder("m").add("lake", "left", {"lake": "0.5", "hole": "0.47"})
    assert caught.value.where == "transition['lake', 'left']"
    assert caught.value.message == "sums to 0.97, expected 1; write the missing 0.03 or use normalize=True"


@pytest.mark.parametrize(
    ("successor", "where", "message"),
    [
        ({"a": "1/2", "b": "3/4"}, "transition['s', 'go']", "sums to 1.25, expected 1; take away 0.25"),
        ({"a": "1/3", "b": "1/3"}, "transition['s', 'go']", "sums to 2/3, expected 1; write the missing 1/3"),
        ({"a": -0.5, "b": 1.5}, "transition['s', 'go']['a']", "expected a probability, found -0.5"),
        ({"a": float("nan")}, "transition['s', 'go']['a']", "expected a finite number, found nan"),
        ({"a": float("inf")}, "transition['s', 'go']['a']", "expected a finite number, found inf"),
        ({"a": "half"}, "transition['s', 'go']['a']", "expected a number, found 'half'"),
        ({"a": "1/0"}, "transition['s', 'go']['a']", "expected a number, found '1/0'"),
        ({"a": "1e999999999"}, "transition['s', 'go']['a']", "expected a number"),
        ({"a": None}, "transition['s', 'go']['a']", "expected a number, found None"),
        ({"a": [1]}, "transition['s', 'go']['a']", "expected a number"),
        ({}, "transition['s', 'go']", "expected a state name or a non-empty mapping"),
        (["a"], "transition['s', 'go']", "expected a state name or a non-empty mapping"),
        (3, "transition['s', 'go']", "expected a state name or a non-empty mapping"),
        ({"": 1}, "transition['s', 'go']", "expected a non-empty text as state name, found ''"),
        ({7: 1}, "transition['s', 'go']", "expected a non-empty text as state name, found 7"),
        ({"a": 0}, "transition['s', 'go']", "sums to 0, expected 1; write the missing 1"),
    ],
)
def test_bad_rows_are_refused_with_their_place(successor: object, where: str, message: str):
    """Every kind of bad row names the choice, and the successor where there is one."""
    with pytest.raises(InvalidInput) as caught:
        Builder("m").add("s", "go", successor)  # type: ignore[arg-type]
    assert caught.value.where == where
    assert message in caught.value.message


def test_small_misses_are_only_forgiven_to_floats():
    """0.333333 three times misses 1 by 1e-6: exact texts are refused, floats are divided by their sum."""
    names = ("a", "b", "c")
    with pytest.raises(InvalidInput, match=r"sums to 0\.999999"):
        Builder("m").add("s", "go", dict.fromkeys(names, "0.333333"))
    builder = Builder("m").add("s", "go", dict.fromkeys(names, 0.333333))
    for name in names:
        builder.add(name, "stay", name)
    exact = builder.build().graph.exact
    assert exact is not None
    assert exact.tolist()[:3] == [Fraction(1, 3)] * 3


@pytest.mark.parametrize(
    ("builder", "where", "message"),
    [
        (Builder("m"), "m", "expected at least one transition, found none"),
        (Builder("m").add("a", "go", "b"), "transition['a', 'go']", "leads to 'b', which has no action"),
        (Builder("m", start="x").add("a", "stay", "a"), "start", "expected a state, found 'x'"),
        (lake().label("deep", ["hole", "hol"]), "labels['deep']", "found 'hol'; did you mean 'hole'?"),
        (lake().place("shore", 0, 0), "layout['shore']", "expected a state, found 'shore'"),
        (Builder("m").add("\ud800", "stay", "\ud800"), "'\\ud800'", "expected a name of Unicode characters"),
    ],
)
def test_a_model_that_does_not_hang_together_is_refused(builder: Builder, where: str, message: str):
    """Unknown successors, starts, labeled and placed states are named."""
    with pytest.raises(InvalidInput) as caught:
        builder.build()
    assert caught.value.where == where
    assert message in caught.value.message


@pytest.mark.parametrize("name", ["", None, 5, b"a"])
def test_names_are_non_empty_texts(name: object):
    """States, actions, labels and the environment have names."""
    for attempt in (
        lambda: Builder(name),
        lambda: Builder("m").add(name, "stay", "a"),
        lambda: Builder("m").add("a", name, "a"),
        lambda: Builder("m").label(name, ["a"]),
        lambda: Builder("m").label("l", [name]),
        lambda: Builder("m").place(name, 0, 0),
    ):
        with pytest.raises(InvalidInput, match="expected a non-empty text"):
            attempt()


def test_an_action_is_added_once():
    """The same action of the same state twice is refused."""
    with pytest.raises(InvalidInput, match="expected each action of a state once") as caught:
        lake().add("lake", "left", "hole")
    assert caught.value.where == "transition['lake', 'left']"


def test_one_name_may_be_given_as_a_label():
    """A single state is not taken apart into letters."""
    assert lake().label("wet", "lake").build().labels == {"wet": (0,)}


def test_places_are_finite():
    """A layout with NaN is refused."""
    with pytest.raises(InvalidInput, match="finite column and row"):
        lake().place("lake", float("nan"), 0)
