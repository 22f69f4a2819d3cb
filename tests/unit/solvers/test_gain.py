"""Gains with known values: slow chains, periodic chains, several components, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.gain import bound_gain
from orbitwise.solvers.gain_exact import gain_exactly
from orbitwise.solvers.gain_problem import prepare_gain
from orbitwise.solvers.gain_signs import compare_gains

HALF = Fraction(1, 2)


def arena_of(choices, initial, *, end=None, memory=None, full_memory=0):
    """An arena from a list, for each node, of its choices as {successor: probability}."""
    rows = [row for node in choices for row in node]
    exact = np.array([Fraction(p) for row in rows for p in row.values()], dtype=object)
    n = len(choices)
    weights = tuple(Fraction(p) for p in initial.values())
    return Arena(
        graph=ChoiceGraph(
            np.cumsum([0, *(len(node) for node in choices)]),
            np.cumsum([0, *(len(row) for row in rows)]),
            np.array([v for row in rows for v in row]),
            exact.astype(float),
            exact,
        ),
        node_states=np.arange(n),
        n_states=n,
        prefix=np.zeros(0, dtype=np.int64),
        initial_nodes=np.array(list(initial)),
        initial_probabilities=np.array([float(p) for p in weights]),
        initial_exact=weights,
        node_memory=np.zeros(n, dtype=np.int64) if memory is None else np.array(memory),
        full_memory=full_memory,
        choice_labels=np.zeros(len(rows), dtype=np.int64),
        end_nodes=None if end is None else np.isin(np.arange(n), end),
    )


def haddad_monmege(n):
    """A gambler's chain on which value iteration stops far too early: from 0, win at n with probability 1/2 exactly.

    Nodes 1..n-1 on the one side and n+1..2n-1 on the other climb with probability 1/2 and fall back to 0 otherwise;
    n wins, 2n loses. By symmetry the probability of winning is 1/2, after about 2^n steps.
    """
    choices = [[{1: HALF, n + 1: HALF}]]
    for first, goal in ((1, n), (n + 1, 2 * n)):
        for k in range(first, goal):
            choices.append([{k + 1: HALF, 0: HALF}])
        choices.append([{goal: 1}])
    return choices


@pytest.mark.parametrize("n", [10, 20, 30, 40, 60])
def test_haddad_monmege_chains_keep_their_value_inside_the_interval(n):
    """The win is reached with probability 1/2 after 2^n steps; floats that cannot tell say so by a wide interval."""
    arena = arena_of(haddad_monmege(n), {0: 1})
    reward = np.zeros((1, 2 * n + 1))
    reward[0, n] = 1
    bounds = bound_gain(arena, reward)
    assert bounds.low[0] <= 0.5 <= bounds.high[0]
    assert bounds.high[0] - bounds.low[0] <= 2e-14 * 2**n  # rounding, times the steps that the play takes
    assert gain_exactly(arena, [Fraction(r) for r in reward[0].tolist()]) == HALF


@pytest.mark.parametrize("n", [10, 20, 40])
def test_a_slow_way_to_win_is_compared_exactly_with_a_quick_one(n):
    """Winning with probability 1/2 slowly ties with a coin flip, and beats a coin that is worse by 2^-60."""
    slow = arena_of(haddad_monmege(n), {0: 1})
    fair = arena_of(haddad_monmege(n), {n: HALF, 2 * n: HALF})
    worse = arena_of(haddad_monmege(n), {n: HALF - Fraction(1, 2**60), 2 * n: HALF + Fraction(1, 2**60)})
    reward = np.zeros((1, 2 * n + 1))
    reward[0, n] = 1
    assert compare_gains(slow, fair, reward).signs.tolist() == [0]
    assert compare_gains(slow, worse, reward).signs.tolist() == [1]
    assert compare_gains(worse, slow, reward).signs.tolist() == [-1]


def test_the_slow_component_of_a_random_walk_has_its_exact_gain():
    """Inside one component that mixes in 2^30 steps the gain is the stationary share of the rewarded node."""
    n = 30
    climb = [[{k + 1: HALF, 0: HALF}] for k in range(n)] + [[{0: 1}]]
    reward = np.zeros((1, n + 1))
    reward[0, n] = 1
    visits = [Fraction(1, 2**k) for k in range(n + 1)]  # expected visits in one round from 0
    value = visits[n] / sum(visits)
    bounds = bound_gain(arena_of(climb, {0: 1}), reward)
    assert bounds.low[0] <= value <= bounds.high[0]
    assert bounds.high[0] - bounds.low[0] <= 1e-8
    assert gain_exactly(arena_of(climb, {0: 1}), [Fraction(r) for r in reward[0].tolist()]) == value


def test_periodic_random_chains_converge():
    """A chain of period two, on which plain value iteration oscillates for ever, has the mean of its two halves."""
    chain = [[{1: HALF, 2: HALF}], [{0: 1}], [{0: 1}]]
    rewards = np.array([[1.0, 0.0, 0.0], [0.0, 3.0, 1.0]])
    bounds = bound_gain(arena_of(chain, {0: 1}), rewards)
    assert bounds.method == "relative value iteration"
    np.testing.assert_allclose(bounds.low, [0.5, 1.0], atol=1e-8)
    np.testing.assert_allclose(bounds.high, [0.5, 1.0], atol=1e-8)


def test_the_best_of_several_recurrent_classes_is_found_inside_one_component():
    """In a component whose policies split it, the policy that gives up the poorer class wins."""
    choices = [
        [{0: 1}, {1: HALF, 0: HALF}],
        [{2: HALF, 0: HALF}],
        [{2: HALF, 1: HALF}, {1: 1}],
    ]
    rewards = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    bounds = bound_gain(arena_of(choices, {1: 1}), rewards)
    exact = [gain_exactly(arena_of(choices, {1: 1}), [Fraction(r) for r in row.tolist()]) for row in rewards]
    assert exact[0] == 1
    assert all(low <= value <= high for low, value, high in zip(bounds.low, exact, bounds.high, strict=True))
    assert (bounds.high - bounds.low <= 1e-8).all()


def test_a_component_reached_with_probability_below_one_counts_with_that_probability():
    """A gamble for 9 that succeeds one time in three is worth 3, and better than a sure 2, worse than a sure 4."""
    choices = [[{1: Fraction(1, 3), 2: Fraction(2, 3)}, {3: 1}], [{1: 1}], [{2: 1}], [{3: 1}]]
    arena = arena_of(choices, {0: 1})
    rewards = np.array([[7.0, 9.0, 0.0, 2.0], [7.0, 9.0, 0.0, 4.0]])
    bounds = bound_gain(arena, rewards)
    assert bounds.method.endswith("optimal reaching")
    for row, low, high, value in zip(rewards, bounds.low, bounds.high, (3, 4), strict=True):
        assert low <= value <= high
        assert gain_exactly(arena, [Fraction(r) for r in row.tolist()]) == value


def test_the_reward_of_states_that_are_left_for_ever_does_not_count():
    """A single loop decides, however large the reward on the way to it."""
    arena = arena_of([[{1: 1}], [{2: 1}], [{2: 1}]], {0: 1})
    bounds = bound_gain(arena, np.array([[1e300, -1e300, 0.25]]))
    assert (bounds.low[0], bounds.high[0]) == (0.25, 0.25) or bounds.low[0] <= 0.25 <= bounds.high[0]
    assert bound_gain(arena, np.array([[1.0, -1.0, 0.25]])).low[0] == 0.25


def test_play_must_end_in_the_end_nodes():
    """Cycles through other nodes are forbidden in the long run, also where they pay more."""
    choices = [[{0: 1}, {1: 1}], [{0: 1}, {2: 1}], [{2: 1}, {1: 1}]]
    reward = np.array([[3.0, 2.0, 1.0]])
    for end, value in ((None, 3.0), ([1, 2], 1.5), ([2], 1.0)):
        bounds = bound_gain(arena_of(choices, {0: 1}, end=end), reward)
        assert bounds.low[0] <= value <= bounds.high[0]
        assert bounds.high[0] - bounds.low[0] < 1e-12


def test_an_end_that_cannot_be_kept_to_is_refused():
    """Where no policy surely ends in the given nodes, the error says so."""
    arena = arena_of([[{0: HALF, 1: HALF}], [{1: 1}]], {0: 1}, end=[0])
    with pytest.raises(InvalidInput, match="surely ends"):
        prepare_gain(arena)


def test_what_must_be_entered_is_remembered_by_deterministic_arenas():
    """Only nodes that remember everything may hold the play; random arenas with that condition are refused."""
    choices = [[{0: 1}, {1: 1}], [{1: 1}]]
    bounds = bound_gain(arena_of(choices, {0: 1}, memory=[0, 1], full_memory=1), np.array([[5.0, 1.0]]))
    assert bounds.low[0] == bounds.high[0] == 1.0
    gamble = [[{0: HALF, 1: HALF}], [{1: 1}]]
    with pytest.raises(NotSupported, match="deterministic"):
        prepare_gain(arena_of(gamble, {0: 1}, memory=[0, 1], full_memory=1))


def test_wrong_rewards_are_refused_with_their_place():
    """Shape and finiteness are checked at the door."""
    arena = arena_of([[{0: 1}]], {0: 1})
    with pytest.raises(InvalidInput, match=r"expected shape \(n_rewards, 1\)"):
        bound_gain(arena, np.zeros((2, 3)))
    with pytest.raises(InvalidInput, match=r"rewards\[1, 0\]"):
        bound_gain(arena, np.array([[0.0], [np.nan]]))
    wide = arena_of([[{k: 1}] for k in range(40)], {0: 1})
    spoiled = np.zeros((1, 40))
    spoiled[0, 7] = -np.inf
    with pytest.raises(InvalidInput, match=r"rewards\[0, 7\]"):
        bound_gain(wide, spoiled)
    with pytest.raises(InvalidInput, match="same states"):
        compare_gains(arena, wide, np.zeros((1, 1)))
    with pytest.raises(InvalidInput, match="expected 1 rewards"):
        gain_exactly(arena, [Fraction(1), Fraction(2)])


def test_no_rewards_give_no_bounds():
    """An empty batch is a batch."""
    bounds = bound_gain(arena_of([[{0: 1}]], {0: 1}), np.zeros((0, 1)))
    assert bounds.low.shape == bounds.high.shape == (0,)


def test_ties_on_a_component_too_large_for_exact_solves_are_proved_or_left_undecided():
    """Two starts in one large component tie; two large components that differ are undecided where bounds meet."""
    rng = np.random.default_rng(0)
    n = 300
    ring = [[{(u + 1) % n: HALF, u: HALF}] for u in range(n)]
    rewards = rng.random((3, n))
    tied = compare_gains(arena_of(ring, {0: 1}), arena_of(ring, {5: 1}), rewards)
    assert tied.decided.all()
    assert (tied.signs == 0).all()
    slower = [[{(u + 1) % n: Fraction(1, 3), u: Fraction(2, 3)}] for u in range(n)]
    other = compare_gains(arena_of(ring, {0: 1}), arena_of(slower, {0: 1}), rewards)
    assert not other.decided.any()
