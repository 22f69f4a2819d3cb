"""Splitting states: names, choices, and what is refused."""

from __future__ import annotations

import pytest

import orbitwise as ow
from orbitwise.errors import InvalidInput, NotSupported


def pair():
    """A door, and a pair of states to go back and forth in."""
    builder = ow.Builder("pair").add("door", "go", "a").add("a", "forth", "b").add("b", "back", "a")
    return builder.label("both", ["a", "b"]).build()


def test_a_state_keeps_its_name_for_the_first_visit_and_gains_copies():
    """The split state itself is where one arrives; its copies are where one stays."""
    split = ow.refine(pair(), {"a": 2})
    assert split.environment.states == ("door", "a", "a#1", "a#2", "b")
    assert split.map.origin == (0, 1, 1, 1, 2)
    assert split.map.fibers == ((0,), (1, 2, 3), (4,))


def test_a_choice_that_stays_inside_picks_a_copy_and_one_that_enters_keeps_its_name():
    """From b one returns to the copy of one's choice; the door leads to a itself."""
    split = ow.refine(pair(), {"a": 2}).environment
    assert split.action_names(split.state("door")) == ("go",)
    assert split.action_names(split.state("b")) == ("back to a#1", "back to a#2")
    assert split.action_names(split.state("a#2")) == ("forth",)


def test_a_choice_with_two_split_successors_picks_both():
    """Every way to pick is a choice; a successor that is the state itself stays the same copy."""
    builder = ow.Builder("coin").add("a", "toss", {"a": "1/3", "b": "2/3"}).add("b", "back", "a")
    split = ow.refine(builder.build(), 2).environment
    assert split.action_names(split.state("a#1")) == ("toss to b#1", "toss to b#2")
    assert len(split.action_names(split.state("a"))) == 4


def test_one_copy_is_no_split():
    """A state split into one is left alone."""
    assert ow.refine(pair(), 1).environment.states == pair().states


def test_copies_carry_the_labels_of_their_state():
    """A labelled set stays the same question."""
    split = ow.refine(pair(), {"a": 2}).environment
    assert [split.states[s] for s in split.labels["both"]] == ["a", "a#1", "a#2", "b"]


@pytest.mark.parametrize(
    ("into", "words"),
    [
        ({"nowhere": 2}, "expected a state"),
        ({"a": 0}, "at least 1"),
        ({"a": True}, "at least 1"),
        ({"a": 1.5}, "at least 1"),
        ({"door": 2}, "leaves for ever"),
        (0, "at least 1"),
    ],
)
def test_what_cannot_be_split_is_named(into, words):
    """Unknown and transient states and odd numbers are refused."""
    with pytest.raises(InvalidInput, match=words):
        ow.refine(pair(), into)


def test_a_taken_name_is_refused():
    """A copy must not collide with a state."""
    mdp = ow.Builder("taken").add("a", "stay", "a").add("a#1", "go", "a").build()
    with pytest.raises(InvalidInput, match="to be free"):
        ow.refine(mdp, {"a": 2})


def test_an_explosion_is_refused_before_it_happens():
    """A law over many split states has too many ways to pick."""
    builder = ow.Builder("wide")
    names = [f"s{i}" for i in range(30)]
    for name in names:
        builder.add(name, "mix", dict.fromkeys(names, "1/30"))
    with pytest.raises(NotSupported, match="choices"):
        ow.refine(builder.build(), 2)
