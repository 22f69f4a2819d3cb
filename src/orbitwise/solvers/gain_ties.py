"""Ties that need no arithmetic: two arenas whose plays end in the same place.

Where a first action can be undone, both arenas have the same long run, and their gains are equal for every reward. And
where the best end component is the same in both and each start reaches it almost surely, both gains are that
component's, whatever its value is.
"""

from __future__ import annotations

import numpy as np

from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.gain_problem import CyclePart, GainProblem, MixedPart
from orbitwise.solvers.reachability import find_almost_surely_reaching
from orbitwise.typing import BoolArray, FloatArray

__all__ = ["find_shared_ties", "have_equal_gains"]


def have_equal_gains(first: GainProblem, second: GainProblem) -> bool:
    """Whether two problems are the same, so that their gains are equal for every reward."""
    return first.quotient.initial_exact == second.quotient.initial_exact and have_equal_values(first, second)


def have_equal_values(first: GainProblem, second: GainProblem) -> bool:
    """Whether two problems differ at most in their initial distributions."""
    return (
        len(first.parts) == len(second.parts)
        and all(a.stays == b.stays and _are_same(a, b) for a, b in zip(first.parts, second.parts, strict=True))
        and _are_same_graphs(first.quotient.graph, second.quotient.graph)
    )


def _are_same(first: CyclePart | MixedPart, second: CyclePart | MixedPart) -> bool:
    if isinstance(first, CyclePart) and isinstance(second, CyclePart):
        return all(np.array_equal(a, b) for a, b in zip(first.cycles, second.cycles, strict=True))
    if isinstance(first, MixedPart) and isinstance(second, MixedPart):
        return np.array_equal(first.states, second.states) and _are_same_graphs(first.graph, second.graph)
    return False


def _are_same_graphs(first: ChoiceGraph, second: ChoiceGraph) -> bool:
    return (
        np.array_equal(first.choice_offsets, second.choice_offsets)
        and np.array_equal(first.entry_offsets, second.entry_offsets)
        and np.array_equal(first.successors, second.successors)
        and np.array_equal(first.probabilities, second.probabilities)
        and np.array_equal(first.exact_probabilities, second.exact_probabilities)
    )


def find_shared_ties(
    first: GainProblem,
    second: GainProblem,
    ours: tuple[FloatArray, FloatArray],
    theirs: tuple[FloatArray, FloatArray],
) -> BoolArray:
    """Rewards for which both gains are surely that of the same best parts.

    **Guarantee:** exact where True; False says nothing.

    Parameters
    ----------
    first, second
        The problems.
    ours, theirs
        Certified bounds on the gains of their parts, each of shape (n_parts, n_rewards).

    Returns
    -------
    Shape (n_rewards,).
    """
    best, other_best = _SureBest(first), _SureBest(second)
    same: dict[tuple[int, int], bool] = {}
    tied = np.zeros(ours[0].shape[1], dtype=np.bool_)
    for i in range(len(tied)):
        found, other = best.find(ours[0][:, i], ours[1][:, i]), other_best.find(theirs[0][:, i], theirs[1][:, i])
        if found is None or other is None:
            continue
        (part, value), (other_part, other_value) = found, other
        if value is not None or other_value is not None:
            tied[i] = value == other_value
            continue
        if (part, other_part) not in same:
            same[part, other_part] = _are_same(first.parts[part], second.parts[other_part])
        tied[i] = same[part, other_part]
    return tied


class _SureBest:
    """The best parts of one problem, if its start reaches them almost surely; remembers what it has searched."""

    def __init__(self, problem: GainProblem) -> None:
        self.problem = problem
        self.starts = np.array([q for q, _ in problem.quotient.initial_exact])
        self.sure: dict[tuple[int, ...], bool] = {}

    def find(self, low: FloatArray, high: FloatArray) -> tuple[int, float | None] | None:
        """A best part and, where several tie or its bounds meet, the exact gain; None when the bounds do not tell."""
        best = int(np.argmax(low))
        rivals = np.flatnonzero(high >= low[best]).tolist()
        value = float(low[best]) if low[best] == high[best] else None
        if len(rivals) > 1 and (value is None or any(low[k] != value or high[k] != value for k in rivals)):
            return None
        nodes = tuple(sorted({self.problem.parts[k].stays for k in rivals}))
        if nodes not in self.sure:
            reaching = find_almost_surely_reaching(self.problem.quotient.graph, np.array(nodes))[0]
            self.sure[nodes] = bool(reaching[self.starts].all())
        return (best, value) if self.sure[nodes] else None
