"""Reachability against searches over sets and over all policies."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.reachability import (
    find_almost_surely_reaching,
    find_incoming,
    find_reachable,
    find_removal_rounds,
    find_sure_loops,
    find_surely_safe,
    restrict_to_nodes,
)
from orbitwise.solvers.sure_tree import find_sure_tree


def make_graph(rows: list[list[list[int]]]) -> ChoiceGraph:
    """The graph in which node u has one choice for each list of successors in rows[u]."""
    choices = [successors for row in rows for successors in row]
    return ChoiceGraph(
        choice_offsets=np.cumsum([0] + [len(row) for row in rows]),
        entry_offsets=np.cumsum([0] + [len(successors) for successors in choices]),
        successors=np.array([v for successors in choices for v in successors], dtype=np.int64),
        probabilities=np.array([1 / len(successors) for successors in choices for _ in successors], dtype=np.float64),
    )


def random_rows(rng: np.random.Generator, n: int, *, dead_ends: bool, most_successors: int) -> list[list[list[int]]]:
    return [
        [
            sorted(rng.choice(n, size=rng.integers(1, min(most_successors, n) + 1), replace=False).tolist())
            for _ in range(rng.integers(0 if dead_ends else 1, 4))
        ]
        for _ in range(n)
    ]


def policies_of(rows: list[list[list[int]]]):
    """Every deterministic stationary policy, as the successors it gives each node (None at dead ends)."""
    yield from product(*[row or [None] for row in rows])


def possible_from(policy, start: int) -> set[int]:
    """Nodes that a policy may meet from a node, by closing a set under successors."""
    found = {start}
    while True:
        more = found | {v for u in found for v in policy[u] or ()}
        if more == found:
            return found
        found = more


def reaches_almost_surely(policy, start: int, targets: set[int]) -> bool:
    """In a finite chain: from wherever the play may get before a target, a target may still be reached."""
    stopped = [None if u in targets else successors for u, successors in enumerate(policy)]
    return all(possible_from(stopped, u) & targets for u in possible_from(stopped, start))


@pytest.fixture(params=[1, 3])
def samples(request):
    """Random graphs, deterministic (at most 1 successor) and stochastic (at most 3), some with dead ends."""
    rng = np.random.default_rng(request.param)
    return [
        (random_rows(rng, int(rng.integers(1, 6)), dead_ends=bool(k % 2), most_successors=request.param), rng)
        for k in range(150)
    ]


def test_reachable_nodes_are_those_of_the_closure_under_all_successors(samples):
    """A node is reachable when a path of entries leads to it."""
    for rows, rng in samples:
        everything = [[v for successors in row for v in successors] for row in rows]
        start = int(rng.integers(len(rows)))
        expected = possible_from(everything, start)
        assert set(np.flatnonzero(find_reachable(make_graph(rows), np.array([start])))) == expected


def test_reachable_from_no_node_is_no_node():
    """Without initial nodes nothing is reached."""
    assert not find_reachable(make_graph([[[0]]]), np.array([], dtype=np.int64)).any()


def test_surely_safe_nodes_are_those_from_which_some_policy_meets_no_dead_end(samples):
    """Against all policies: a node is safe when a policy exists under which every node it may meet has a choice."""
    for rows, _ in samples:
        expected = {
            u
            for policy in policies_of(rows)
            for u in range(len(rows))
            if all(rows[v] for v in possible_from(policy, u))
        }
        assert set(np.flatnonzero(find_surely_safe(make_graph(rows)))) == expected


def test_restriction_keeps_exactly_the_choices_that_start_and_stay_inside(samples):
    """A choice is kept when its node and all its successors are."""
    for rows, rng in samples:
        kept = rng.random(len(rows)) < 0.6
        graph = make_graph(rows)
        restricted, old = restrict_to_nodes(graph, kept)
        flat = [(u, successors) for u, row in enumerate(rows) for successors in row]
        assert old.tolist() == [c for c, (u, successors) in enumerate(flat) if kept[[u, *successors]].all()]
        assert restricted.choice_nodes.tolist() == [flat[c][0] for c in old]
        split = np.split(restricted.successors, restricted.entry_offsets[1:-1]) if len(old) else []
        assert [s.tolist() for s in split] == [flat[c][1] for c in old]


def test_almost_surely_reaching_nodes_are_those_that_some_policy_brings_there(samples):
    """Against all policies, and with the policy found: it reaches the targets almost surely from every node found."""
    for rows, rng in samples:
        targets = np.flatnonzero(rng.random(len(rows)) < 0.4)
        nodes, choice, rank = find_almost_surely_reaching(make_graph(rows), targets)
        expected = {
            u
            for policy in policies_of(rows)
            for u in range(len(rows))
            if reaches_almost_surely(policy, u, set(targets.tolist()))
        }
        assert set(np.flatnonzero(nodes)) == expected
        flat = [successors for row in rows for successors in row]
        found = [flat[c] if c >= 0 else None for c in choice]
        assert all(reaches_almost_surely(found, u, set(targets.tolist())) for u in expected)
        assert set(np.flatnonzero(rank == 0)) == set(targets.tolist())


def test_ranks_of_the_reaching_policy_decrease_somewhere_and_its_choices_stay_inside(samples):
    """The documented condition of a policy proof: successors are all listed, and one has a smaller rank."""
    for rows, rng in samples:
        graph = make_graph(rows)
        targets = np.flatnonzero(rng.random(len(rows)) < 0.4)
        nodes, choice, rank = find_almost_surely_reaching(graph, targets, incoming=find_incoming(graph))
        for u in np.flatnonzero(nodes & (rank > 0)):
            assert graph.choice_nodes[choice[u]] == u
            successors = graph.successors[graph.entry_offsets[choice[u]] : graph.entry_offsets[choice[u] + 1]]
            assert nodes[successors].all()
            assert rank[successors].min() < rank[u]
        assert (choice[~nodes] == -1).all()
        assert (rank[~nodes] == -1).all()


def test_removal_rounds_follow_the_definition(samples):
    """Round by round over sets: a node goes when each of its choices may lead to a node gone in an earlier round."""
    for rows, _ in samples:
        graph = make_graph(rows)
        expected = np.full(len(rows), -1)
        for round_ in range(len(rows) + 1):
            gone = expected >= 0
            goes = [
                u for u, row in enumerate(rows) if not gone[u] and all(gone[successors].any() for successors in row)
            ]
            expected[goes] = round_
        found = find_removal_rounds(graph.n_nodes, graph.choice_nodes, graph.entry_choices, graph.successors)
        assert found.tolist() == expected.tolist()


def test_sure_loops_are_choices_whose_only_successor_is_their_node(samples):
    """Compared choice by choice."""
    for rows, _ in samples:
        expected = [successors == [u] for u, row in enumerate(rows) for successors in row]
        assert find_sure_loops(make_graph(rows)).tolist() == expected


def test_incoming_choices_are_listed_once_for_every_entry(samples):
    """The choices that may lead to a node are those that name it as a successor."""
    for rows, _ in samples:
        graph = make_graph(rows)
        incoming = find_incoming(graph)
        flat = [successors for row in rows for successors in row]
        for v in range(len(rows)):
            listed = incoming.choices[incoming.offsets[v] : incoming.offsets[v + 1]]
            assert listed.tolist() == [c for c, successors in enumerate(flat) if v in successors]


def test_sure_tree_holds_shortest_paths_of_sure_choices_to_the_targets(samples):
    """Depths in the tree are those of a search over sets that uses choices with one successor only."""
    for rows, rng in samples:
        root = int(rng.integers(len(rows)))
        targets = np.flatnonzero(rng.random(len(rows)) < 0.5)
        tree = find_sure_tree(make_graph(rows), root, targets)
        depth, layer, steps = {root: 0}, {root}, 0
        while layer:
            steps += 1
            layer = {s[0] for u in layer for s in rows[u] if len(s) == 1} - depth.keys()
            depth.update(dict.fromkeys(layer, steps))
        flat = [(u, successors) for u, row in enumerate(rows) for successors in row]
        found = {root: 0}
        for node, parent, choice in zip(tree.nodes[1:], tree.parents[1:], tree.choices[1:], strict=True):
            assert flat[choice] == (tree.nodes[parent], [node])
            found[int(node)] = found[int(tree.nodes[parent])] + 1
        assert len(found) == len(tree.nodes)
        assert found.items() <= depth.items()
        assert found.keys() & set(targets.tolist()) == depth.keys() & set(targets.tolist())
        leaves = set(range(1, len(tree.nodes))) - set(tree.parents.tolist())
        assert {int(tree.nodes[k]) for k in leaves} <= set(targets.tolist())
        assert (tree.nodes[0], tree.parents[0], tree.choices[0]) == (root, -1, -1)
