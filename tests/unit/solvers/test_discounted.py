"""Discounted values in lanes: known values, every lane against scalar solvers, every kernel, threads, errors."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from discounted_models import (
    Model,
    chain,
    grid,
    iterate_values,
    make_graph,
    random_model,
    random_rewards,
    solve_by_fractions,
)
from orbitwise.errors import InvalidInput
from orbitwise.solvers import discounted
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.discounted import bound_discounted, bound_planned
from orbitwise.solvers.discounted_blocks import METHODS
from orbitwise.solvers.discounted_exact import solve_exactly
from orbitwise.solvers.discounted_plan import plan_discounted

DISCOUNTS = ("0", "1/1000", "1/2", "9/10", "99/100", "999/1000")


def bounds_of(model: Model, rewards: np.ndarray, discount: Fraction, **settings):
    return bound_discounted(make_graph(model), np.arange(len(model)), rewards, discount, **settings)


def test_forest_management_has_its_published_values():
    """Waiting has value 26.244 in the youngest state at discount 0.9, where pymdptoolbox's value iteration says 5.05.

    Its rewards belong to actions (4 for waiting and 2 for cutting in the oldest state, 1 for cutting in the middle);
    here each state-action pair is a node of its own that pays the reward and then moves.
    """
    p = Fraction(1, 10)  # fire
    ages = {0: (3, 4), 1: (5, 6), 2: (7, 8)}  # wait, cut
    model: Model = [[{ages[s][0]: Fraction(1)}, {ages[s][1]: Fraction(1)}] for s in range(3)]
    for s in range(3):
        model += [[{0: p, min(s + 1, 2): 1 - p}], [{0: Fraction(1)}]]
    # a step here is half a step there, so V(s) = g' r(pair) + g'^2 V(s'), with g'^2 = 0.9: pay r and divide V by g'
    reward = np.array([0, 0, 0, 0, 0, 0, 1, 4, 2], dtype=float)
    root = np.sqrt(0.9)
    bounds = bounds_of(model, reward[None], root)
    published = np.array([26.2440, 29.4840, 33.4840])
    assert np.allclose(bounds.low[0, :3] / root, published, atol=5e-5)
    assert np.allclose(bounds.high[0, :3] / root, published, atol=5e-5)


def test_two_nodes_have_their_closed_form():
    """Going to and fro between rewards a and b is worth (a + g b) / (1 - g^2)."""
    model: Model = [[{1: Fraction(1)}], [{0: Fraction(1)}]]
    bounds = bounds_of(model, np.array([[3.0, -1.0]]), Fraction(9, 10))
    exact = (3 - Fraction(9, 10)) / (1 - Fraction(81, 100))
    assert bounds.low[0, 0] <= exact <= bounds.high[0, 0]
    assert bounds.high[0, 0] - bounds.low[0, 0] < 1e-7


@pytest.mark.parametrize("discount", DISCOUNTS)
@pytest.mark.parametrize("deterministic", [True, False])
def test_every_lane_holds_the_exact_value(discount, deterministic):
    """Whatever the model and the reward, the exact value of every node lies in its interval, in every lane."""
    rng = np.random.default_rng([17, int(1000 * Fraction(discount)), deterministic])
    for _ in range(12):
        model = random_model(rng, int(rng.integers(1, 8)), deterministic=deterministic)
        rewards = random_rewards(rng, 21, len(model))
        bounds = bounds_of(model, rewards, Fraction(discount))
        for reward, low, high in zip(rewards, bounds.low, bounds.high, strict=True):
            exact = solve_by_fractions(model, [Fraction(x) for x in reward.tolist()], Fraction(discount))
            assert all(
                Fraction(a) <= v <= Fraction(b) for a, v, b in zip(low.tolist(), exact, high.tolist(), strict=True)
            )


@pytest.mark.parametrize("discount", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("stay", [True, False])
def test_every_lane_of_a_grid_agrees_with_plain_value_iteration(discount, stay):
    """On a grid with more rewards than lanes each midpoint is what a scalar solver finds, within the tolerance."""
    model = grid(5, stay=stay)
    rewards = np.random.default_rng(3).normal(size=(37, 25))
    bounds = bounds_of(model, rewards, discount)
    span = rewards.max(axis=1) - rewards.min(axis=1)
    assert ((bounds.high - bounds.low).max(axis=1) <= 1e-8 * span / (1 - discount)).all()
    for i, reward in enumerate(rewards):
        reference = iterate_values(make_graph(model), reward, discount)
        assert np.allclose((bounds.low[i] + bounds.high[i]) / 2, reference, atol=1e-8 / (1 - discount))


@pytest.mark.parametrize("method", range(4))
def test_every_kernel_finds_certified_narrow_intervals(method, monkeypatch):
    """Each kernel alone meets the tolerance and holds the exact values; which one runs is a matter of speed."""
    monkeypatch.setattr(discounted, "rank_methods", lambda *_, **__: ([method], "forced"))
    rng = np.random.default_rng(method)
    model = random_model(rng, 9, deterministic=method == 0)
    if method != 0:
        model[0].append({0: Fraction(1, 2), 8: Fraction(1, 2)})
    rewards = rng.random((20, 9))
    bounds = bounds_of(model, rewards, Fraction(9, 10))
    assert bounds.method.startswith(METHODS[method])
    assert (bounds.high - bounds.low).max() <= 1e-8 / (1 - 0.9)
    for reward, low, high in zip(rewards, bounds.low, bounds.high, strict=True):
        exact = [float(v) for v in solve_by_fractions(model, [Fraction(x) for x in reward.tolist()], Fraction(9, 10))]
        assert (low <= np.array(exact) + 1e-12).all()
        assert (np.array(exact) <= high + 1e-12).all()


@pytest.mark.parametrize("n", [10, 20, 24, 40, 60])
def test_haddad_monmege_chains_are_not_cut_short(n):
    """Chains that plain value iteration leaves too early: the exact value lies in a narrow interval."""
    model = chain(n)
    reward = np.zeros(n + 1)
    reward[n] = 1.0
    for discount in (Fraction(9, 10), Fraction(999, 1000)):
        bounds = bounds_of(model, reward[None], discount)
        exact = solve_by_fractions(model, [Fraction(x) for x in reward.tolist()], discount)
        assert all(
            Fraction(a) <= v <= Fraction(b)
            for a, v, b in zip(bounds.low[0].tolist(), exact, bounds.high[0].tolist(), strict=True)
        )
        assert (bounds.high - bounds.low).max() <= 1e-8 / float(1 - discount)


@pytest.mark.parametrize("start", [0, 24, 12])
def test_a_board_is_swept_from_two_neighboring_corners(start):
    """Whichever cell is asked about, one order begins in a corner and the other in a corner beside it."""
    plan = plan_discounted(make_graph(grid(5)), np.arange(25), 0.9, nodes=np.array([start]))
    first, second = plan.states[0], plan.states[plan.sweeps.crosswise[0]]
    corners = {0, 4, 20, 24}
    assert {first, second} < corners
    assert first + second != 24  # not opposite
    assert sorted(plan.states) == sorted(plan.sweeps.crosswise) == list(range(25))


def test_a_plan_of_all_nodes_keeps_their_order():
    """Exact arithmetic reads values node by node: what asks for all nodes finds them planned as it asked."""
    plan = plan_discounted(make_graph(grid(5)), np.arange(25), 0.9, nodes=np.array([12]))
    again = plan_discounted(plan.local_graph, plan.states.astype(np.int64), 0.9)
    assert again.order.tolist() == again.queries.tolist() == list(range(25))
    assert np.array_equal(again.states, plan.states)
    shuffled = np.random.default_rng(0).permutation(25)
    named = plan_discounted(make_graph(grid(5)), np.arange(25), 0.9, nodes=shuffled)
    assert np.array_equal(named.order, shuffled)


def test_steps_without_a_way_back_are_swept_in_one_order():
    """On a ring the nodes are numbered from the one asked about, and both orders are that of the numbers."""
    model: Model = [[{(i + 1) % 7: Fraction(1)}] for i in range(7)]
    plan = plan_discounted(make_graph(model), np.arange(7), 0.9, nodes=np.array([3]))
    assert plan.states.tolist() == [3, 4, 5, 6, 0, 1, 2]
    assert plan.sweeps.crosswise.tolist() == list(range(7))


def test_a_long_ring_needs_no_thousands_of_sweeps():
    """A directed ring where no node can stay: cycles are evaluated in closed form, and the tolerance is met at .999."""
    n = 300
    model: Model = [[{(i + 1) % n: Fraction(1)}] for i in range(n)]
    reward = np.zeros(n)
    reward[0] = 1.0
    bounds = bounds_of(model, reward[None], 0.999)
    exact = 1 / (1 - 0.999**n)
    assert bounds.low[0, 0] <= exact * (1 + 1e-12)
    assert exact * (1 - 1e-12) <= bounds.high[0, 0]
    assert bounds.high[0, 0] - bounds.low[0, 0] <= 1e-8 / (1 - 0.999)


def test_results_do_not_depend_on_threads_or_memory_order():
    """The same bits for 1, 2 and 4 threads, and for C and Fortran order, where the last block is not full."""
    model = grid(6)
    rewards = np.random.default_rng(5).random((133, 36))
    first = bounds_of(model, rewards, 0.95)
    for other in (
        bounds_of(model, rewards, 0.95, n_threads=2),
        bounds_of(model, rewards, 0.95, n_threads=4),
        bounds_of(model, np.asfortranarray(rewards), 0.95),
    ):
        assert np.array_equal(first.low, other.low)
        assert np.array_equal(first.high, other.high)


def test_only_reachable_nodes_matter_and_queries_keep_their_order():
    """Values of queried nodes come in the order asked, duplicates included; the rest of the graph may be broken."""
    model: Model = [[{1: Fraction(1)}], [{1: Fraction(1)}], [{0: Fraction(1)}]]
    graph = make_graph(model)
    broken = ChoiceGraph(np.array([0, 1, 2, 2]), graph.entry_offsets[:3], graph.successors[:2], np.ones(2))
    bounds = bound_discounted(broken, np.arange(3), np.array([[0.0, 1.0, 5.0]]), 0.5, nodes=np.array([1, 0, 1]))
    assert np.allclose(bounds.low, [[2, 1, 2]])


def test_a_model_in_floats_is_read_as_its_simplest_fractions():
    """Probabilities given as floats, 1/3 say, mean the fraction: the interval holds the value of the exact model."""
    third = 1 / 3
    graph = ChoiceGraph(
        np.array([0, 1, 2, 3]), np.array([0, 3, 4, 5]), np.array([0, 1, 2, 1, 2]), np.array([third, third, third, 1, 1])
    )
    bounds = bound_discounted(graph, np.arange(3), np.array([[0.0, 1.0, 0.0]]), Fraction(9, 10))
    exact = Fraction(9, 10) * Fraction(1, 3) * 10 / (1 - Fraction(3, 10))
    assert Fraction(bounds.low[0, 0]) <= exact <= Fraction(bounds.high[0, 0])


def test_exact_solver_agrees_with_elimination_in_fractions():
    """Two exact solvers that share no code give the same fractions."""
    rng = np.random.default_rng(8)
    for k in range(40):
        model = random_model(rng, int(rng.integers(1, 7)), deterministic=k % 2 == 0)
        reward = [Fraction(int(x), 7) for x in rng.integers(-3, 4, len(model))]
        discount = Fraction(DISCOUNTS[k % len(DISCOUNTS)])
        found = solve_exactly(make_graph(model), np.arange(len(model)), reward, discount)
        assert found == solve_by_fractions(model, reward, discount)


def test_the_plan_serves_batch_after_batch():
    """A plan made once gives what a fresh one gives."""
    model = grid(4)
    plan = plan_discounted(make_graph(model), np.arange(16), 0.9, nodes=np.array([5]))
    rewards = np.random.default_rng(0).random((40, 16))
    whole = bound_planned(plan, rewards)
    assert np.array_equal(whole.low[16:32], bound_planned(plan, rewards[16:32]).low)


@pytest.mark.parametrize("scale", [1e-320, 1e-305, 1e-200, 1e200, 1e305])
def test_extreme_rewards_beside_normal_ones_stay_certified(scale):
    """Rewards near the ends of the range of doubles, in a batch with others, keep true intervals."""
    rng = np.random.default_rng(1)
    model = random_model(rng, 5, deterministic=False)
    rewards = rng.random((4, 5)) - 0.5
    rewards[1] *= scale
    rewards[2, 2] *= scale
    bounds = bounds_of(model, rewards, Fraction(9, 10))
    for reward, low, high in zip(rewards, bounds.low, bounds.high, strict=True):
        exact = solve_by_fractions(model, [Fraction(x) for x in reward.tolist()], Fraction(9, 10))
        assert all(Fraction(a) <= v <= Fraction(b) for a, v, b in zip(low.tolist(), exact, high.tolist(), strict=True))
    width = (bounds.high - bounds.low).max(axis=1)
    assert (width <= 1e-7 * (rewards.max(axis=1) - rewards.min(axis=1)) + 1e-322).all()


def test_a_result_can_be_written_over_an_earlier_one():
    """``out`` receives the same bits in the same memory, also where rewards must be scaled or solved again."""
    plan = plan_discounted(make_graph(grid(4)), np.arange(16), 0.9)
    rng = np.random.default_rng(2)
    first, second = rng.random((40, 16)), rng.random((40, 16))
    second[7] *= 1e-200
    expected = bound_planned(plan, second)
    earlier = bound_planned(plan, first)
    low, high = earlier.low, earlier.high
    again = bound_planned(plan, second, out=earlier)
    assert again.low is low
    assert again.high is high
    assert np.array_equal(low, expected.low)
    assert np.array_equal(high, expected.high)
    with pytest.raises(InvalidInput, match="40, 16"):
        bound_planned(plan, second, out=bound_planned(plan, first[:3]))
    with pytest.raises(InvalidInput, match="contiguous"):
        bound_planned(plan, second[::2], out=replace(earlier, low=low[::2], high=high[::2]))


def test_what_does_not_matter_need_not_be_finite():
    """Coordinates that no queried value depends on are not read."""
    model: Model = [[{1: Fraction(1)}], [{1: Fraction(1)}], [{0: Fraction(1)}]]
    rewards = np.array([[0.0, 1.0, np.nan], [0.0, 1.0, np.inf]])
    bounds = bound_discounted(make_graph(model), np.arange(3), rewards, 0.5, nodes=np.array([0]))
    assert np.allclose(bounds.low, 1.0)


def test_no_rewards_give_no_bounds():
    """An empty batch is answered with empty arrays."""
    assert bounds_of(grid(2), np.zeros((0, 4)), 0.9).low.shape == (0, 4)


@pytest.mark.parametrize(
    ("rewards", "discount", "nodes", "where"),
    [
        (np.zeros((1, 4)), 1.0, None, "discount"),
        (np.zeros((1, 4)), -0.1, None, "discount"),
        (np.zeros((1, 4)), float("nan"), None, "discount"),
        (np.zeros((1, 3)), 0.9, None, "rewards"),
        (np.zeros(4), 0.9, None, "rewards"),
        (np.array([[0, 0, np.nan, 0]]), 0.9, None, "rewards[0, 2]"),
        (np.array([[0, np.inf, 0, 0]]), 0.9, None, "rewards[0, 1]"),
        (np.zeros((1, 4)), 0.9, np.array([4]), "nodes"),
    ],
)
def test_bad_input_is_named(rewards, discount, nodes, where):
    """Discounts outside [0, 1), rewards that are not finite or too short, and unknown nodes are refused by name."""
    with pytest.raises(InvalidInput) as error:
        bounds_of(grid(2), rewards, discount, nodes=nodes)
    assert error.value.where == where


def test_a_reachable_dead_end_is_refused():
    """A node without choices has no value."""
    graph = ChoiceGraph(np.array([0, 1, 1]), np.array([0, 1]), np.array([1]), np.ones(1))
    with pytest.raises(InvalidInput, match="node 1"):
        bound_discounted(graph, np.arange(2), np.zeros((1, 2)), 0.5)


def test_exact_values_of_chosen_nodes_need_no_others():
    """A node that only stays is worth r / (1 - g), whatever nodes before or after it cannot be reached from it."""
    model: Model = [[{1: Fraction(1)}], [{1: Fraction(1)}], [{0: Fraction(1)}], [{3: Fraction(1)}]]
    reward = [Fraction(k, 7) for k in (3, 5, 2, 6)]
    found = solve_exactly(make_graph(model), np.arange(4), reward, Fraction(9, 10), nodes=np.array([1]))
    assert found == [reward[1] * 10]
