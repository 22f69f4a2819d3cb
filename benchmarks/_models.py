"""The models of the benchmarks: grids, tori, random graphs, Garnet graphs and Gymnasium's toy text."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from orbitwise.solvers.arena import Arena
from orbitwise.solvers.choice_graph import ChoiceGraph

STAY, ROOK, DOWN_RIGHT = (0, 0), ((0, 1), (0, -1), (1, 0), (-1, 0)), ((0, 1), (1, 0))


def grid(size: int) -> ChoiceGraph:
    """A square gridworld: stay, and moves in four directions that stay where they would leave the board."""
    row, column = np.divmod(np.arange(size * size), size)
    heads = [np.clip(row + a, 0, size - 1) * size + np.clip(column + b, 0, size - 1) for a, b in (STAY, *ROOK)]
    return deterministic(np.stack(heads, axis=1))


def torus(side: int, steps: tuple[tuple[int, int], ...] = ROOK) -> ChoiceGraph:
    """A torus of cells with one choice for each step."""
    row, column = np.divmod(np.arange(side * side), side)
    heads = [(row + a) % side * side + (column + b) % side for a, b in steps]
    return deterministic(np.stack(heads, axis=1))


def random_graph(n_nodes: int, n_choices: int) -> ChoiceGraph:
    """Every choice leads to a node drawn uniformly."""
    return deterministic(np.random.default_rng(0).integers(0, n_nodes, (n_nodes, n_choices)))


def deterministic(heads: np.ndarray) -> ChoiceGraph:
    """The graph in which node u's choices lead to ``heads[u]``, shape (n_nodes, n_choices)."""
    n, k = heads.shape
    return ChoiceGraph(np.arange(n + 1) * k, np.arange(n * k + 1), heads.ravel(), np.ones(n * k))


def garnet(n_states: int, n_actions: int, n_successors: int) -> ChoiceGraph:
    """Random sparse transitions (Archibald et al. 1995): successors without replacement, Dirichlet probabilities."""
    rng = np.random.default_rng(0)
    n = n_states * n_actions
    successors = np.concatenate([rng.choice(n_states, n_successors, replace=False) for _ in range(n)])
    probabilities = rng.dirichlet(np.ones(n_successors), n).ravel()
    return ChoiceGraph(np.arange(n_states + 1) * n_actions, np.arange(n + 1) * n_successors, successors, probabilities)


def toy_text(name: str, **settings: object) -> ChoiceGraph:
    """A Gymnasium table; an episode that ends stays where it ended."""
    import gymnasium

    table = gymnasium.make(name, **settings).unwrapped.P
    final = {t for choices in table.values() for rows in choices.values() for _, t, _, done in rows if done}
    nodes: list[list[dict[int, Fraction]]] = []
    for state, choices in table.items():
        merged = []
        for rows in choices.values():
            law: dict[int, Fraction] = {}
            for probability, successor, _, _ in rows:
                exact = Fraction(probability).limit_denominator(1000)
                law[int(successor)] = law.get(int(successor), Fraction(0)) + exact
            merged.append({s: p for s, p in law.items() if p})
        nodes.append([{int(state): Fraction(1)}] if state in final else merged)
    laws = [law for choices in nodes for law in choices]
    exact = np.array([p for law in laws for p in law.values()], dtype=object)
    return ChoiceGraph(
        np.cumsum([0, *map(len, nodes)]),
        np.cumsum([0, *map(len, laws)]),
        np.array([s for law in laws for s in law]),
        exact.astype(float),
        exact,
    )


def frozen_lake() -> ChoiceGraph:
    """FrozenLake 8x8, slippery."""
    return toy_text("FrozenLake-v1", map_name="8x8", is_slippery=True)


def arena(graph: ChoiceGraph, start: int, prefix: tuple[int, ...] = ()) -> Arena:
    """Everything that may follow from one node, after the states of a prefix."""
    return Arena(
        graph=graph,
        node_states=np.arange(graph.n_nodes),
        n_states=graph.n_nodes,
        prefix=np.array(prefix, dtype=np.int64),
        initial_nodes=np.array([start]),
        initial_probabilities=np.ones(1),
        initial_exact=(Fraction(1),),
        node_memory=np.zeros(graph.n_nodes, dtype=np.int64),
        full_memory=0,
        choice_labels=np.zeros(graph.n_choices, dtype=np.int64),
    )
