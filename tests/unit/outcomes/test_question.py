"""Questions: what is asked, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

import orbitwise as ow
from orbitwise.errors import InvalidInput, NotSupported


def candy():
    return ow.gallery.load("candy")


def test_the_start_and_average_reward_are_the_defaults():
    """``at`` is the start state, the criterion average reward, all states permute."""
    question = ow.ask(candy(), prefer="Wait!", over="candy")
    assert question.coordinates[question.play.at] == "Start"
    assert question.criterion.kind == "average"
    assert question.permutes_all


def test_a_discount_alone_means_discounted():
    """And it is exact: 0.1 is 1/10."""
    assert ow.ask(candy(), prefer="Wait!", over="candy", discount=0.1).criterion.discount == Fraction(1, 10)


def test_take_fixes_the_first_action_only():
    """A loop that can be left later: taking it first leaves everything open, taking it always does not."""
    mdp = ow.Builder("loop").add("a", "loop", "a").add("a", "go", "b").add("b", "stay", "b").build()
    outcomes = {
        kind: {tuple(i for i, _ in v) for v in ow.ask(mdp, prefer=f"{kind}:loop", over="go").outcomes[0].vectors}
        for kind in ("take", "always")
    }
    assert outcomes == {"take": {(0,), (1,)}, "always": {(0,)}}


def test_enter_is_the_complement_of_avoid_in_a_deterministic_environment():
    """Every outcome belongs to a policy that avoids the state or to one that enters it."""
    mdp = ow.gallery.load("opts-figure-1")
    question = ow.ask(mdp, prefer="avoid:r", over="enter:r")
    together = {v for side in question.outcomes for v in side.vectors}
    from orbitwise.outcomes.listing import find_outcomes

    assert together == set(find_outcomes(mdp).vectors)


def test_conditions_are_joined_by_plus_only_before_a_condition():
    """An action may have a plus in its name."""
    mdp = ow.Builder("plus").add("a", "left+right", "b").add("a", "up", "a").add("b", "stay", "b").build()
    question = ow.ask(mdp, prefer="take:left+right", over="take:up+avoid:b")
    assert question.play.prefer.take == "left+right"
    assert question.play.over.avoid == {1}


def test_names_with_commas_are_given_as_a_json_array():
    """avoid:["0,1","0,2"]."""
    builder = ow.Builder("grid").add("0,0", "stay", "0,0").add("0,0", "right", "0,1").add("0,1", "stay", "0,1")
    question = ow.ask(builder.build(), prefer='avoid:["0,1"]', over="enter:0,1")
    assert question.play.prefer.avoid == question.play.over.enter[0] == {1}


def test_conditions_that_no_policy_meets_together_are_refused():
    """Each alone is possible, both together are not; listing the outcomes finds out."""
    mdp = ow.Builder("fork").add("a", "l", "b").add("a", "r", "c").add("b", "s", "b").add("c", "s", "c").build()
    with pytest.raises(InvalidInput, match="no policy"):
        _ = ow.ask(mdp, prefer="l", over="enter:b+end:c").outcomes


def test_many_discounts_and_blackwell_have_no_single_list_of_outcomes():
    """They compare functions of the discount; the refusal is a value of the question, proofs have their own list."""
    for how in ({"criterion": "blackwell"}, {"discount": "all"}, {"discount": "1/2..9/10"}):
        question = ow.ask(candy(), prefer="Wait!", over="candy", **how)
        assert isinstance(question.outcomes, NotSupported)
        assert [len(side) for side in question.proof_outcomes] == [2, 1]


def test_discounts_are_one_or_all_or_an_interval():
    """What is between is refused with the form that is expected."""
    intervals = [ow.ask(candy(), prefer="Wait!", over="candy", discount=d).criterion for d in ("all", ".5..9/10")]
    assert [each.discounts for each in intervals] == [(0, 1), (Fraction(1, 2), Fraction(9, 10))]
    assert [str(each) for each in intervals] == [
        "discounted reward, every discount",
        "discounted reward, every discount from 1/2 to 9/10",
    ]
    for wrong in ("9/10..1/2", "1/2..1", "0..1/2", "1/4..1/2..3/4", "1/2..", "every"):
        with pytest.raises(InvalidInput):
            ow.ask(candy(), prefer="Wait!", over="candy", discount=wrong)
    with pytest.raises(InvalidInput, match="no discount with blackwell"):
        ow.ask(candy(), prefer="Wait!", over="candy", discount="all", criterion="blackwell")


def test_too_many_outcomes_are_refused_with_a_count():
    """The refusal is a value of the question and names the limit."""
    question = ow.ask(ow.gallery.load("powerplay-grid"), prefer="enter:0,1", over="avoid:0,1", limit=5)
    assert isinstance(question.outcomes, NotSupported)
    assert "simple cycles" in question.outcomes.message


def test_a_list_that_would_explode_is_refused_with_what_to_use_instead():
    """The message has the count and points to compare."""
    from orbitwise.outcomes.listing import find_outcomes

    with pytest.raises(NotSupported, match=r"more than [\d,]+ simple cycles.*use compare"):
        find_outcomes(ow.formats.load("gallery:powerplay-grid?n=6"))
