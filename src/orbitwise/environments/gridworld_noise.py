"""Noise on a gridworld: with probability n an action does not do what it was meant to.

What happens instead is drawn uniformly from staying and the moves to open neighbors, k results in all: the intended one
then has 1 - n + n/k and each other one n/k (``"anywhere"``). Or it is a move in one direction, such as ``"left"``, that
keeps the agent in place before a wall. Every action is noisy, staying too; an absorbing cell is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from orbitwise.errors import InvalidInput
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.typing import BoolArray, IntArray, ObjectArray

__all__ = ["add_noise", "check_toward"]


def check_toward(toward: str, directions: Sequence[str]) -> None:
    """Refuse a direction in which nothing moves."""
    if toward != "anywhere" and toward not in directions:
        raise InvalidInput(
            f"expected anywhere or a direction ({', '.join(directions)}), found {toward!r}; write one of these",
            where="toward",
        )


def add_noise(
    graph: ChoiceGraph, targets: IntArray, directions: Sequence[str], calm: BoolArray, *, noise: Fraction, toward: str
) -> ChoiceGraph:
    """The graph in which each action fails with probability ``noise``.

    **Guarantee:** exact. **Cost:** some microseconds an entry.

    Parameters
    ----------
    graph
        The gridworld without noise.
    targets
        Shape (n_states, n_directions): where each move leads, -1 for a wall.
    directions
        Names of the moves.
    calm
        Shape (n_states,): the states without noise.
    noise
        In (0, 1].
    toward
        ``"anywhere"`` or one of the directions.
    """
    noisy = np.flatnonzero(~calm[graph.choice_nodes])
    here = graph.choice_nodes[noisy]
    if toward == "anywhere":
        results = np.concatenate([targets, np.arange(len(targets))[:, None]], axis=1)
        open_results = results >= 0
        place, column = np.nonzero(open_results[here])
        added = noisy[place], results[here[place], column], _shares(noise, open_results.sum(axis=1)[here[place]])
    else:
        moved = targets[here, directions.index(toward)]
        added = noisy, np.where(moved >= 0, moved, here), np.full(len(noisy), noise, dtype=object)
    kept = np.full(len(graph.successors), Fraction(1), dtype=object)
    kept[~calm[graph.choice_nodes[graph.entry_choices]]] = 1 - noise
    return _merge(
        graph,
        np.concatenate([graph.entry_choices, added[0]]),
        np.concatenate([graph.successors, added[1]]),
        np.concatenate([graph.exact_probabilities * kept, added[2]]),
    )


def _shares(noise: Fraction, counts: IntArray) -> ObjectArray:
    """``noise`` divided by each count; equal counts share one fraction."""
    known = np.array([noise / max(1, k) for k in range(int(counts.max(initial=0)) + 1)], dtype=object)
    shares: ObjectArray = known[counts]
    return shares


def _merge(graph: ChoiceGraph, choices: IntArray, successors: IntArray, weights: ObjectArray) -> ChoiceGraph:
    """Weights of the same successor of a choice added up, successors in order, those without weight left out."""
    codes, place = np.unique(choices * graph.n_nodes + successors, return_inverse=True)
    total = np.full(len(codes), Fraction(0), dtype=object)
    np.add.at(total, place, weights)
    positive = total > 0
    codes, total = codes[positive], total[positive]
    counts = np.bincount(codes // graph.n_nodes, minlength=graph.n_choices)
    return ChoiceGraph(
        choice_offsets=graph.choice_offsets,
        entry_offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        successors=codes % graph.n_nodes,
        probabilities=total.astype(np.float64),
        exact=total,
    )
