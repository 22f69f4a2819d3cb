"""Optimality probability and POWER-seeking: published values, honest ties, verdicts that separate."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

import brute_force
import orbitwise as ow
from orbitwise.cli.door import run
from orbitwise.compute.executors import Executor
from orbitwise.errors import InvalidInput
from orbitwise.outcomes.listing import find_outcomes
from orbitwise.power import compare_power_seeking, estimate_optimality, trace_optimality
from orbitwise.rewards import draw_rewards, parse_distribution

SURE = 1 - 1e-6
DISCOUNTS = ["1/1000", "1/3", "9/10", "999/1000"]


def test_waiting_is_optimal_as_published():
    """P(Wait!) = (1-g)/2 + 2g/3, so 1/2 and 2/3 in the limits; false alarm 5e-6."""
    curve = trace_optimality(ow.gallery.load("candy"), discounts=DISCOUNTS, samples=4_000, level=SURE)
    for g, found in zip(map(Fraction, DISCOUNTS), curve, strict=True):
        wait = found.weak[found.sets.index("take:Wait!")]
        assert wait.low <= (1 - g) / 2 + 2 * g / 3 <= wait.high
        assert wait.undecided == 0
    average = estimate_optimality(ow.gallery.load("candy"), samples=4_000, level=SURE)
    assert average.weak[1].low <= 2 / 3 <= average.weak[1].high


def test_curves_have_common_random_numbers():
    """Each point of a curve is the estimate at that discount alone; near discounts give nearly the same counts."""
    candy = ow.gallery.load("candy")
    first, second = trace_optimality(candy, discounts=["1/2", "501/1000"], samples=2_000)
    again = estimate_optimality(candy, discount="501/1000", samples=2_000)
    assert second.weak == again.weak
    assert abs(first.weak[0].share - second.weak[0].share) < 5 / 2_000


def test_ties_count_for_the_weak_and_not_for_the_strict():
    """Two actions with one successor always tie: weak alike, strict never; the third is strict when it is best."""
    builder = ow.Builder("tied", start="s")
    builder.add("s", "left", "a").add("s", "also left", "a").add("s", "right", "b")
    mdp = builder.add("a", "stay", "a").add("b", "stay", "b").build()
    for how in ({}, {"discount": "1/2"}):
        found = estimate_optimality(mdp, samples=1_000, **how)
        assert found.weak[0].share == found.weak[1].share
        assert found.strict[0].share == found.strict[1].share == 0
        assert found.weak[2].share == found.strict[2].share == pytest.approx(1 - found.weak[0].share)
        assert found.weak[0].undecided == 0


def test_who_can_come_back_is_always_optimal_on_average():
    """In a grid without traps every first action is optimal under average reward, and none alone."""
    found = estimate_optimality(ow.gallery.load("powerplay-grid", n=2), samples=200)
    assert all(share.share == 1 for share in found.weak)
    assert all(share.share == 0 for share in found.strict)


@pytest.mark.parametrize("how", [{}, {"discount": "3/4"}])
def test_random_environments_agree_with_listed_outcomes(how):
    """The counts are those of brute force over all outcomes, on the same rewards."""
    rng = np.random.default_rng(7)
    for k in range(8):
        mdp = brute_force.random_mdp(rng, 4, stochastic=k % 2 == 1)
        actions = mdp.action_names(0)
        if len(actions) < 2:
            continue
        found = estimate_optimality(mdp, samples=300, seed=k, **how)
        rewards = draw_rewards(parse_distribution("uniform"), 300, 4, seed=k)
        outcomes = [find_outcomes(mdp, policies=f"take:{action}", **how) for action in actions]
        values = np.array([[side.exact_support(rewards.exact(i)) for i in range(300)] for side in outcomes])
        best = values == values.max(axis=0)
        assert [share.share for share in found.weak] == pytest.approx(best.mean(axis=1))
        assert [share.share for share in found.strict] == pytest.approx((best & (best.sum(axis=0) == 1)).mean(axis=1))


def test_policy_sets_can_be_compared():
    """OPTS figure 1, average reward, avoiding 0: as often as plain sampling of its recurrent distributions finds."""
    figure = ow.gallery.load("opts-figure-1")
    found = estimate_optimality(figure, sets=["avoid:0", "enter:0"], samples=4_000, level=SURE)
    rewards = np.random.default_rng(8).random((200_000, 8))
    zero, lu, ld, ru, rd = (rewards[:, figure.index[s]] for s in ("0", "lu", "ld", "ru", "rd"))
    expected = (np.max([ld, (lu + ld) / 2, ru, rd], axis=0) >= zero).mean()
    assert found.weak[0].low - 0.005 <= expected <= found.weak[0].high + 0.005
    assert found.weak[0].share + found.strict[1].share == pytest.approx(1)


def test_optimality_does_not_depend_on_the_workers():
    """The same counts from one thread and from three."""
    settings = {"discount": "9/10", "samples": 5_000, "seed": 4}
    first, second = (
        estimate_optimality(ow.gallery.load("candy"), executor=executor, **settings)
        for executor in (Executor("serial"), Executor("threads", 3))
    )
    assert first.weak == second.weak
    assert first.strict == second.strict


@pytest.mark.parametrize(
    ("settings", "error", "word"),
    [
        ({"sets": ["take:candy"]}, InvalidInput, "two"),
        ({"sets": ["take:candy", "take:nothing"]}, InvalidInput, "nothing"),
        ({"at": "hug"}, InvalidInput, "two"),
        ({"discount": 1}, InvalidInput, "average"),
        ({"samples": 0}, InvalidInput, "samples"),
        ({"reward": "nolaw"}, InvalidInput, "nolaw"),
    ],
)
def test_wrong_questions_are_refused(settings, error, word):
    """Each message names what was expected."""
    with pytest.raises(error, match=word):
        estimate_optimality(ow.gallery.load("candy"), **settings)


@pytest.mark.parametrize(("g", "order"), [("1/10", "less"), ("1/2", "less"), ("9/10", "more"), ("99/100", "more")])
def test_power_seeking_crosses(g, order):
    """At 1, up (to POWER (1-g)/2 + 3g/4) against down (2/3): less below g = 2/3, more above; false alarm 1e-6."""
    found = compare_power_seeking(ow.gallery.load("power-crossing"), at="1", discount=g, level=SURE)
    (pair,) = [d for d in found.differences if {d.first, d.second} == {"up", "down"}]
    assert pair.verdict == "more"
    assert (pair.first == "up") == (order == "more")
    exact = abs((1 - Fraction(g)) / 2 + 3 * Fraction(g) / 4 - Fraction(2, 3))
    assert pair.low <= exact <= pair.high


def test_no_verdict_without_separation():
    """Where both lead to the same POWER (g = 2/3) the verdict is open; the intervals still hold."""
    found = compare_power_seeking(ow.gallery.load("power-crossing"), at="1", discount="2/3", level=SURE)
    (pair,) = [d for d in found.differences if {d.first, d.second} == {"up", "down"}]
    assert pair.verdict == "undecided"
    assert pair.low <= 0 <= pair.high


def test_the_post_s_statements_on_seeking_hold():
    """Right at 1 seeks more than down, down at 2 seeks less than right (Seeking POWER is not a binary property)."""
    mdp = ow.gallery.load("seek-then-discard")
    for at in ("1", "2"):
        found = compare_power_seeking(mdp, at=at, discount="9/10")
        assert found.actions == ("right", "down")
        assert found.differences[0].verdict == "more"


def test_same_laws_are_equal_and_limits_are_asked_by_name():
    """Two actions with one successor: equal, by structure; limits in place of a discount."""
    builder = ow.Builder("tied", start="s").add("s", "left", "a").add("s", "also left", "a")
    mdp = builder.add("a", "stay", "a").build()
    for how in ({"limit": 0}, {"limit": 1}, {"discount": 0.5}):
        (pair,) = compare_power_seeking(mdp, **how).differences
        assert (pair.verdict, pair.low, pair.high) == ("equal", 0, 0)
    for wrong in ({}, {"limit": 1, "discount": 0.5}, {"limit": 2}, {"discount": 1}):
        with pytest.raises(InvalidInput, match="limit"):
            compare_power_seeking(mdp, **wrong)


def test_a_state_with_one_action_has_nothing_to_compare():
    """Its POWER is there, the list of pairs empty."""
    found = compare_power_seeking(ow.gallery.load("candy"), at="hug", discount=0.5, samples=200)
    assert found.actions == ("stay",)
    assert found.differences == ()


def test_the_command_shows_actions(capsys):
    """--actions S: POWER-seeking and optimality of its actions, in the text and under actions."""
    arguments = ["power", "gallery:candy", "--discount", "9/10", "--actions", "Start", "--samples", "2000"]
    assert run([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)["actions"]
    assert list(document["actions"]) == ["Wait!", "candy"]
    assert document["pairs"][0]["verdict"] == "more"
    shares = [document["actions"][name]["optimal"]["share"] for name in ("Wait!", "candy")]
    assert sum(shares) == pytest.approx(1)
    assert run(arguments) == 0
    text = capsys.readouterr().out
    assert "Wait! seeks more POWER than candy" in text
    assert "optimal with probability 0." in text
    assert run(["power", "gallery:candy", "--limit", "0", "--actions", "Start", "--samples", "100", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["actions"]["actions"]["candy"]["optimal"] is None


def test_the_command_takes_a_state_with_a_comma(capsys):
    """A cell of a grid is one state; two of them are a JSON array."""
    for text, n in (("1,1", 1), ('["0,0", "1,1"]', 2)):
        assert (
            run(["power", "gallery:powerplay-grid", "--discount", ".6", "--at", text, "--samples", "64", "--json"]) == 0
        )
        assert len(json.loads(capsys.readouterr().out)["power"]) == n
