"""Asking in many start states at once: which states are situations, and what is refused."""

from __future__ import annotations

import pytest

import orbitwise as ow
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.evidence.situations import distinct_situations

LAKE = ["SF", "HG"]


@pytest.fixture
def lake():
    """Four cells: s0 and s1 are joined, s2 is a hole, s3 the goal behind s1."""
    builder = ow.Builder("lake", start="s0")
    for state, action, successor in [
        ("s0", "right", "s1"),
        ("s0", "down", "s2"),
        ("s1", "left", "s0"),
        ("s1", "down", "s3"),
        ("s2", "stay", "s2"),
        ("s3", "stay", "s3"),
    ]:
        builder.add(state, action, successor)
    builder.label("hole", ["s2"])
    return builder.build()


def test_all_means_every_state_where_both_sets_are_non_empty(lake):
    """The hole cannot be avoided from inside, and cannot be entered from the goal."""
    question = ow.ask(lake, prefer="avoid:@hole", over="enter:@hole", situations="all")
    assert [name for name, _ in question.named_situations] == ["s0", "s1"]
    assert [name for name, _ in question.left_out] == ["s2", "s3"]
    assert "avoids 's2'" in question.left_out[0][1]
    assert "can enter" in question.left_out[1][1]


def test_states_are_named_in_a_list_in_text_or_by_a_label(lake):
    """Each once, in the order given."""
    for situations in (["s1", "s0", "s1"], "s1,s0", '["s1", "s0"]'):
        question = ow.ask(lake, prefer="avoid:@hole", over="enter:@hole", situations=situations)
        assert [name for name, _ in question.named_situations] == ["s1", "s0"]


def test_one_situation_is_an_ordinary_question(lake):
    """Then there is nothing joint about it."""
    question = ow.ask(lake, prefer="avoid:@hole", over="enter:@hole", situations=["s1"])
    assert not question.situations
    assert question.coordinates[question.play.at] == "s1"
    assert not isinstance(question.outcomes, NotSupported)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"situations": ["s0", "s2"]}, r"in 's2': no policy avoids 's2'.*leave the state out"),
        ({"situations": ["s0", "moon"]}, "moon"),
        ({"situations": ""}, "at least one state"),
        ({"situations": "[1"}, "JSON array"),
        ({"situations": "all", "at": "s0"}, "found both"),
        (
            {"situations": "all", "over": "enter:s0", "prefer": "avoid:s0,s1,s2,s3"},
            "both sets are non-empty, found none",
        ),
        ({"situations": "all", "prefer": "take:fly"}, "both sets are non-empty, found none.*fly"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_place(lake, how, words):
    """An empty set is named with its state; no state at all is refused."""
    with pytest.raises(InvalidInput, match=words):
        ow.ask(lake, **{"prefer": "avoid:@hole", "over": "enter:@hole", **how})


def test_an_action_must_exist_in_every_situation(lake):
    """``all`` leaves out the states without it; here one state is left, and that is an ordinary question."""
    question = ow.ask(lake, prefer="take:down", over="avoid:s0", situations="all")
    assert not question.situations
    assert [name for name, _ in question.left_out] == ["s0", "s2", "s3"]


def test_states_that_can_reach_each_other_are_compared_once(lake):
    """Under average reward s0 and s1 have the same outcomes; discounted they have not."""
    average = ow.ask(lake, prefer="avoid:@hole", over="enter:@hole", situations="all")
    assert len(distinct_situations(average)) == 1
    discounted = ow.ask(lake, prefer="avoid:@hole", over="enter:@hole", situations="all", discount="1/2")
    assert len(distinct_situations(discounted)) == 2


def test_start_states_in_one_end_component_are_one_even_when_nothing_is_listed(lake):
    """The end components tell it where a list would be too long."""
    question = ow.ask(lake, prefer="avoid:@hole", over="enter:@hole", situations="all", limit=2)
    assert all(isinstance(part.outcomes, NotSupported) for part in question.situations)
    assert len(distinct_situations(question)) == 1
