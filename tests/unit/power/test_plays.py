"""One sampled reward: which actions are optimal is exact, and the play is one of them, by seed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import orbitwise as ow
from brute_force import random_mdp
from orbitwise.environments.gridworld import gridworld
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.power import plays
from orbitwise.power.plays import play_sample
from orbitwise.rewards.distributions import draw_rewards, parse_distribution

GRID = gridworld(["...", "...", "..."])  # walls keep the agent in place: three actions of a corner are the same


def iterate(mdp, reward, g, sweeps):
    """Value iteration in floats, written down state by state; the values and each action's worth."""
    graph = mdp.graph
    values = np.zeros(mdp.n_states)
    for _ in range(sweeps):
        ahead = np.array([
            sum(
                float(graph.exact_probabilities[k]) * values[graph.successors[k]]
                for k in range(graph.entry_offsets[c], graph.entry_offsets[c + 1])
            )
            for c in range(graph.n_choices)
        ])  # fmt: skip
        best = [max(ahead[list(mdp.choices(s))]) for s in range(mdp.n_states)]
        values = reward + g * np.array(best)
    return values, ahead


@pytest.mark.parametrize("stochastic", [False, True])
def test_optimal_actions_are_those_of_value_iteration(stochastic):
    """On random environments with few reward values, hence ties: no other action is named, none is left out."""
    rng = np.random.default_rng(5)
    ties = 0
    for trial in range(25):
        mdp = random_mdp(rng, 5, stochastic=stochastic)
        play = play_sample(mdp, discount="1/2", sample=trial, reward="bernoulli(1/2)")
        values, ahead = iterate(mdp, play.reward, 0.5, 70)
        assert np.all(play.low <= values / 2 + 1e-12)
        assert np.all(values / 2 - 1e-12 <= play.high)
        for state in range(mdp.n_states):
            choices = list(mdp.choices(state))
            top = max(ahead[choices])
            expected = [mdp.actions[mdp.choice_actions[c]] for c in choices if ahead[c] > top - 1e-9]
            assert list(play.optimal[state]) == expected
            assert play.undecided[state] == ()
            ties += len(expected) > 1
    assert ties > 10


def test_the_reward_is_the_one_that_power_was_estimated_with():
    """Averaging p over the plays of all samples gives the estimate."""
    candy = ow.gallery.load("candy")
    estimate = ow.estimate_power(candy, discount="1/2", samples=64, at="Start")
    found = [play_sample(candy, discount="1/2", sample=i, samples=64) for i in range(64)]
    for i, play in enumerate(found):
        assert np.array_equal(play.reward, draw_rewards(parse_distribution("uniform"), 64, 5, seed=0).floats[i])
    values = [(play.low[0] + play.high[0]) / 2 for play in found]
    assert np.mean(values) == pytest.approx(estimate.optimal.mean[0], abs=2e-6)


def test_a_play_takes_optimal_actions_and_real_moves():
    """Each step's action may be optimal there, and leads to the next step's state with positive probability."""
    for mdp in (GRID, ow.gallery.load("powerplay-grid", noise=40)):
        play = play_sample(mdp, discount=0.6, sample=7, steps=40)
        ends = [step.state for step in play.steps[1:]] + [play.end]
        for step, end in zip(play.steps, ends, strict=True):
            state = mdp.state(step.state)
            assert step.action in play.optimal[state]
            assert mdp.state(end) in mdp.successors(mdp.choice(state, step.action)).tolist()
        assert len(play.steps) == 40
        assert play.steps[0].state == "0,0"


def test_a_play_is_repeated_by_its_seed_and_only_by_it():
    """The same seed and sample give the same play; another seed gives another reward."""
    noisy = ow.gallery.load("powerplay-grid", noise=80)
    first, again, other = (play_sample(noisy, discount=0.9, sample=2, seed=seed) for seed in (1, 1, 2))
    assert first.steps == again.steps
    assert first.end == again.end
    assert first.steps != other.steps
    assert not np.array_equal(first.reward, other.reward)


def test_actions_that_do_the_same_tie_without_exact_arithmetic(monkeypatch):
    """In a corner, bumping into either wall and staying are one action; all are named when one is optimal."""
    monkeypatch.setattr(plays, "solve_kept", None)
    found = play_sample(GRID, discount=0.6, sample=1)
    staying = [s for s in range(9) if "stay" in found.optimal[s]]
    assert staying
    corners = [s for s in staying if s in (0, 2, 6, 8)]
    assert all(len(found.optimal[s]) == 3 for s in corners)
    assert all(not names for names in found.undecided)


def test_what_exact_arithmetic_cannot_reach_is_called_undecided(monkeypatch):
    """Ties by equal rewards, with exact arithmetic switched off, are listed as undecided and may be played."""

    def refuse(*_, **__):
        raise NotSupported("too large")

    monkeypatch.setattr(plays, "solve_kept", refuse)
    mdp = ow.Builder("two").add("s", "l", "a").add("s", "r", "b").add("a", "stay", "a").add("b", "stay", "b").build()
    table = {"table": [{"weight": 1, "reward": {"a": "1/3", "b": "1/3"}}]}
    play = play_sample(mdp, discount=Fraction(1, 2), sample=0, reward=table)
    assert play.optimal[0] == ()
    assert play.undecided[0] == ("l", "r")
    monkeypatch.undo()
    assert play_sample(mdp, discount="1/2", sample=0, reward=table).optimal[0] == ("l", "r")


def test_fractions_of_a_table_tie_as_fractions():
    """Two ways worth the same in fractions are tied, though the floats nearest to the rewards are not."""
    builder = ow.Builder("three").add("s", "a", "a").add("s", "b", "b")
    mdp = builder.add("a", "go", "c").add("c", "stay", "c").add("b", "stay", "b").build()
    ties = 0
    for n in (3, 7, 10, 11, 13, 17, 19):
        for k in range(1, n):
            # r(a) + r(c) = 2 r(b) at discount 1/2: both ways are worth the same
            reward = {"a": f"{k}/{n}", "c": f"1/{n + 1}", "b": str((Fraction(k, n) + Fraction(1, n + 1)) / 2)}
            table = {"table": [{"weight": 1, "reward": reward}]}
            ties += play_sample(mdp, discount="1/2", sample=0, reward=table).optimal[0] == ("a", "b")
    assert ties == 2 + 6 + 9 + 10 + 12 + 16 + 18


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sample": -1}, "sample: expected a sample from 0 to 9,999"),
        ({"sample": 100, "samples": 100}, "sample: expected a sample from 0 to 99, found 100"),
        ({"sample": 0, "steps": 0}, "steps: expected at least 1 step"),
        ({"sample": 0, "at": "nowhere"}, "at: expected a state"),
        ({"sample": 0, "discount": 1}, "estimate_power_limit"),
    ],
)
def test_bad_requests_are_refused(settings, message):
    """Each message names the parameter."""
    with pytest.raises(InvalidInput, match=message):
        play_sample(ow.gallery.load("candy"), **{"discount": 0.5, **settings})
