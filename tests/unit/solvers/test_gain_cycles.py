"""Maximum cycle means against Karp's algorithm in exact fractions, and against closed forms."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from orbitwise.solvers import cycles_howard
from orbitwise.solvers.cycles import bound_cycle_means, make_cycle_graph
from orbitwise.solvers.cycles_exact import find_best_cycle_mean
from orbitwise.solvers.cycles_ties import compare_means, find_exact_means, read_mean


def graph_of(n, edges):
    """The cycle graph of an edge list, or None when no edge lies on a cycle."""
    tails, heads = (np.array(side, dtype=np.int64) for side in zip(*edges, strict=True))
    _, label = connected_components(coo_array((np.ones(len(tails)), (tails, heads)), shape=(n, n)), connection="strong")
    sizes = np.bincount(label)
    looped = np.isin(np.arange(n), tails[tails == heads])
    component = np.where((sizes[label] > 1) | looped, label, -1).astype(np.int64)
    graph = make_cycle_graph(np.arange(n), component, tails, heads)
    return graph if len(graph.states) else None


def karp(n, edges, reward):
    """The maximum cycle mean by Karp's theorem, in exact fractions."""
    best = [[Fraction(0)] * n]
    for _ in range(n):
        longer = [None] * n
        for u, v in edges:
            if best[-1][u] is not None and (longer[v] is None or best[-1][u] + reward[u] > longer[v]):
                longer[v] = best[-1][u] + reward[u]
        best.append(longer)
    ratios = [
        min((best[n][v] - best[k][v]) / (n - k) for k in range(n) if best[k][v] is not None)
        for v in range(n)
        if best[n][v] is not None
    ]
    return max(ratios)


def torus(side, steps):
    """Edges of a torus of cells, one for each step from each cell."""
    return [
        (i * side + j, (i + a) % side * side + (j + b) % side)
        for i in range(side)
        for j in range(side)
        for a, b in steps
    ]


ROOK = [(1, 0), (-1, 0), (0, 1), (0, -1)]
DOWN_RIGHT = [(1, 0), (0, 1)]


def random_edges(rng):
    n = int(rng.integers(1, 9))
    codes = np.unique(rng.integers(0, n * n, int(rng.integers(1, 3 * n + 1))))
    return n, [divmod(int(code), n) for code in codes]


def random_rewards(rng, trial, shape):
    return (
        rng.random(shape),
        rng.integers(0, 3, shape).astype(float),
        -1e12 * rng.random(shape),
        1e9 + rng.integers(0, 2, shape) * 1e-6,
        1 + rng.integers(0, 2, shape) * 2.0**-52,
        np.exp(50 * rng.standard_normal(shape)),
    )[trial % 6]


@pytest.mark.parametrize("searching", [True, False], ids=["search", "Howard"])
def test_bounds_hold_karps_value_and_exact_means_equal_it(searching):
    """Both ways to a cycle mean agree with Karp's on random graphs, ties and near-ties included."""
    rng = np.random.default_rng(0)
    for trial in range(1500):
        n, edges = random_edges(rng)
        graph = graph_of(n, edges)
        if graph is None:
            continue
        rewards = random_rewards(rng, trial, (2, n))
        low, high = bound_cycle_means(graph, rewards) if searching else howard_bounds(graph, rewards)
        exact = find_exact_means(graph, rewards)
        for i, reward in enumerate(rewards):
            value = karp(n, edges, [Fraction(r) for r in reward.tolist()])
            assert low[i] <= value <= high[i]
            assert high[i] - low[i] <= 1e-11 * np.abs(reward).max()
            assert exact.known[i] or trial % 6 == 5  # numbers of very different size are left to big integers
            assert not exact.known[i] or read_mean(exact, i) == value


def howard_bounds(graph, rewards):
    bounds = []
    for reward in rewards:
        x = reward[graph.states]
        step = 1e-12 * (np.ptp(x) + np.abs(x).max())
        bounds.append(
            cycles_howard.iterate_policies(
                graph.loops, graph.offsets, graph.successors, graph.back_offsets, graph.predecessors, graph.blocks,
                x, step, np.zeros(len(x)), np.zeros(len(x), dtype=np.int64),
            )[:2]
        )  # fmt: skip
    return np.array(bounds).T


def test_integers_give_karps_value():
    """The search in big integers is exact, far beyond the range of floats too."""
    rng = np.random.default_rng(1)
    for _ in range(300):
        n, edges = random_edges(rng)
        graph = graph_of(n, edges)
        if graph is not None:
            reward = [int(v) * 10**60 + int(w) for v, w in rng.integers(-3, 4, (n, 2))]
            assert find_best_cycle_mean(graph, [reward[s] for s in graph.states]) == karp(n, edges, reward)


def test_larger_graphs_agree_with_a_linear_program():
    """The least m with a potential p, r(u) - m + p(v) <= p(u), found by HiGHS, lies in the interval."""
    rng = np.random.default_rng(2)
    for edges, n in ((torus(5, ROOK), 25), (torus(5, DOWN_RIGHT), 25), (random_regular(rng, 60, 3), 60)):
        reward = rng.random(n)
        tails, heads = np.array(edges).T
        rows = np.arange(len(edges))
        matrix = coo_array(
            (np.r_[-np.ones(len(edges)), np.ones(len(edges)), -np.ones(len(edges))],
             (np.r_[rows, rows, rows], np.r_[np.full(len(edges), n), heads, tails])),
            shape=(len(edges), n + 1),
        )  # fmt: skip
        solved = linprog(np.r_[np.zeros(n), 1.0], A_ub=matrix, b_ub=-reward[tails], bounds=(None, None))
        low, high = bound_cycle_means(graph_of(n, edges), reward[None])
        assert low[0] - 1e-7 <= solved.fun <= high[0] + 1e-7


def random_regular(rng, n, degree):
    return [(u, int(v)) for u in range(n) for v in rng.integers(0, n, degree)]


def test_on_an_undirected_torus_the_best_cycle_is_the_best_pair():
    """Where every edge has its reverse, a cycle's mean is an average of pair means, so the best pair is the value."""
    edges = torus(10, ROOK)
    rewards = np.random.default_rng(3).random((200, 100))
    pairs = np.array(edges)
    best = (rewards[:, pairs[:, 0]] + rewards[:, pairs[:, 1]]).max(axis=1) / 2
    low, high = bound_cycle_means(graph_of(100, edges), rewards)
    assert (low <= best).all()
    assert (best <= high).all()
    assert (high - low <= 1e-12).all()


def test_ties_between_graphs_are_found_among_permuted_integers():
    """Signs between two graphs equal those of Karp's fractions, and many are exact ties."""
    rng = np.random.default_rng(4)
    first, second = random_regular(rng, 12, 2), random_regular(rng, 12, 2)
    graphs = graph_of(12, first), graph_of(12, second)
    rewards = rng.permuted(np.tile(np.repeat([0.0, 1.0, 3.0], 4), (300, 1)), axis=1)
    signs, certain = compare_means(*(find_exact_means(graph, rewards) for graph in graphs))
    assert certain.all()
    for reward, sign in zip(rewards, signs, strict=True):
        exact = [Fraction(r) for r in reward.tolist()]
        difference = karp(12, first, exact) - karp(12, second, exact)
        assert sign == (difference > 0) - (difference < 0)
    assert (signs == 0).sum() > 20


def test_one_long_cycle_is_summed_without_losing_digits():
    """A ring of 5000 nodes has one cycle; its exact mean lies in an interval of a few units in the last place."""
    n = 5000
    edges = [(u, (u + 1) % n) for u in range(n)]
    reward = np.random.default_rng(5).standard_normal(n) * 1e6
    value = sum(Fraction(r) for r in reward.tolist()) / n
    low, high = bound_cycle_means(graph_of(n, edges), reward[None])
    assert low[0] <= value <= high[0]
    assert high[0] - low[0] <= 1e-9 * np.ptp(reward)


def test_long_best_cycles_are_settled_exactly():
    """Where the best cycle is long, policy iteration in pairs agrees with the search in big integers and with Karp."""
    rng = np.random.default_rng(6)
    ring = [(u, (u + 1) % 90) for u in range(90)] + [(int(u), int(v)) for u, v in rng.integers(0, 90, (4, 2))]
    apart = [(u + 90, v + 90) for u, v in ring]
    for edges, n in ((torus(9, DOWN_RIGHT), 81), (ring, 90), (ring + apart, 180)):
        graph = graph_of(n, edges)
        rewards = np.vstack([rng.random((4, n)), rng.integers(0, 3, (4, n))])
        if n == 180:
            rewards[:, 90:] = rewards[:, :90]  # the best cycle exists twice
        exact = find_exact_means(graph, rewards)
        assert exact.known.all()
        for i, reward in enumerate(rewards):
            whole = [int(r * 2**53) for r in reward[graph.states].tolist()]
            assert read_mean(exact, i) == find_best_cycle_mean(graph, whole) / 2**53
        assert read_mean(exact, 0) == karp(n, edges, [Fraction(r) for r in rewards[0].tolist()])
