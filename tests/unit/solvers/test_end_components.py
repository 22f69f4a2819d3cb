"""End components against the definition, over all subsets of nodes."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.end_components import find_end_components, rank_components


def make_graph(rows: list[list[list[int]]]) -> ChoiceGraph:
    """The graph in which node u has one choice for each list of successors in rows[u]."""
    choices = [successors for row in rows for successors in row]
    return ChoiceGraph(
        choice_offsets=np.cumsum([0] + [len(row) for row in rows]),
        entry_offsets=np.cumsum([0] + [len(successors) for successors in choices]),
        successors=np.array([v for successors in choices for v in successors], dtype=np.int64),
        probabilities=np.array([1 / len(successors) for successors in choices for _ in successors], dtype=np.float64),
    )


def is_end_component(rows, members: frozenset[int]) -> bool:
    """Every member has a choice that stays inside, and those choices connect every member to every other."""
    links = {u: {v for successors in rows[u] if members >= set(successors) for v in successors} for u in members}
    if not all(links.values()):
        return False
    for start in members:
        found = {start}
        for _ in members:
            found |= {v for u in found for v in links[u]}
        if found != members:
            return False
    return True


def maximal_end_components(rows) -> set[frozenset[int]]:
    """By enumeration of all subsets of nodes."""
    sets = [frozenset(s) for k in range(1, len(rows) + 1) for s in combinations(range(len(rows)), k)]
    found = [s for s in sets if is_end_component(rows, s)]
    return {s for s in found if not any(s < other for other in found)}


@pytest.fixture(params=[1, 2, 3])
def samples(request):
    """Random graphs with at most 1 (deterministic), 2 or 3 successors a choice, some with dead ends."""
    rng = np.random.default_rng(request.param)
    found = []
    for k in range(300):
        n = int(rng.integers(1, 6))
        found.append(
            [
                [
                    sorted(rng.choice(n, size=rng.integers(1, min(request.param, n) + 1), replace=False).tolist())
                    for _ in range(rng.integers(k % 2, 4))
                ]
                for _ in range(n)
            ]
        )
    return found


def test_components_are_the_maximal_end_components_by_definition(samples):
    """Against all subsets of at most five nodes."""
    for rows in samples:
        found = find_end_components(make_graph(rows))
        sets = {frozenset(np.flatnonzero(found.component == k).tolist()) for k in range(found.n_components)}
        assert sets == maximal_end_components(rows)


def test_components_are_numbered_by_their_smallest_nodes(samples):
    """First members increase, so the numbering does not depend on how components were found."""
    for rows in samples:
        found = find_end_components(make_graph(rows))
        firsts = [int(np.flatnonzero(found.component == k)[0]) for k in range(found.n_components)]
        assert firsts == sorted(firsts)
        assert found.component.max() == found.n_components - 1


def test_internal_choices_are_those_that_surely_stay_in_their_component(samples):
    """Compared choice by choice."""
    for rows in samples:
        found = find_end_components(make_graph(rows))
        home = found.component
        expected = [
            home[u] >= 0 and all(home[v] == home[u] for v in successors)
            for u, row in enumerate(rows)
            for successors in row
        ]
        assert found.internal.tolist() == expected


def test_ranks_satisfy_the_condition_of_the_certificate_format(samples):
    """A choice stays in its class, or has a successor of smaller rank; equal classes have equal ranks."""
    for rows in samples:
        graph = make_graph(rows)
        found = find_end_components(graph)
        rank = rank_components(graph, found)
        assert (rank >= 0).all()
        for u, row in enumerate(rows):
            for successors in row:
                stays = found.component[u] >= 0 and all(found.component[v] == found.component[u] for v in successors)
                assert stays or rank[successors].min() < rank[u]
        for k in range(found.n_components):
            assert len(set(rank[found.component == k])) == 1


def test_a_node_that_may_slip_away_is_no_component_although_it_has_a_loop():
    """Staying with probability 1/2 is not staying for ever."""
    found = find_end_components(make_graph([[[0, 1]], [[1]]]))
    assert found.component.tolist() == [-1, 0]


def test_a_component_that_breaks_again_and_again_is_found_empty():
    """A ladder in which each round of removal frees the next: node k may fall to k - 1 whenever it climbs."""
    n = 60
    rows = [[[0]]] + [[[k - 1, min(k + 1, n - 1)]] for k in range(1, n)]
    graph = make_graph(rows)
    found = find_end_components(graph)
    assert found.component.tolist() == [0] + [-1] * (n - 1)
    assert rank_components(graph, found).tolist() == list(range(n))


def test_traps_that_spread_leave_lone_nodes():
    """Node k may stay, or try to climb and perhaps fall to k - 1, from where there is no way back."""
    n = 60
    graph = make_graph([[[0]]] + [[[k], [k - 1, min(k + 1, n - 1)]] for k in range(1, n)])
    found = find_end_components(graph)
    assert found.component.tolist() == list(range(n))
    assert rank_components(graph, found).tolist() == list(range(n))


def test_a_graph_without_choices_has_no_component():
    """Dead ends hold no play."""
    assert find_end_components(make_graph([[], []])).n_components == 0
