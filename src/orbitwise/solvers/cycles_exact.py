"""The maximum cycle mean in integers: the search of ``cycles``, without a rounding error.

With the best mean ``S / L`` found so far, the integer weights ``L r(u) - S`` have a positive sum along exactly the
better cycles. Potentials raised along the paths of positive weight either close such a cycle, which replaces ``S / L``,
or come to rest and prove that there is none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from fractions import Fraction

from orbitwise.solvers.cycles import CycleGraph

__all__ = ["find_best_cycle_mean"]


def find_best_cycle_mean(graph: CycleGraph, rewards: Sequence[int]) -> Fraction:
    """The exact maximum cycle mean.

    **Guarantee:** exact.
    **Cost:** a scan and a search near the best rewards; at worst nodes times edges for each better cycle met.

    Parameters
    ----------
    graph
        The edges on cycles, at least one.
    rewards
        Whole reward of each node of the graph.
    """
    successors = [graph.successors[a:b].tolist() for a, b in zip(graph.offsets[:-1], graph.offsets[1:], strict=True)]
    predecessors = [
        graph.predecessors[a:b].tolist() for a, b in zip(graph.back_offsets[:-1], graph.back_offsets[1:], strict=True)
    ]
    best = _start_cycle(graph, rewards, successors)
    while True:
        better = _find_better_cycle(rewards, best, predecessors)
        if better is None:
            return best
        best = better


def _start_cycle(graph: CycleGraph, rewards: Sequence[int], successors: list[list[int]]) -> Fraction:
    """The mean of the best loop, or of where the walk to the best successors closes."""
    loops = [rewards[u] for u in range(len(graph.states)) if graph.loops[u]]
    walkers = [u for u in range(len(graph.states)) if successors[u]]
    if not walkers:
        return Fraction(max(loops))
    u = max(walkers, key=lambda v: rewards[v])
    place: dict[int, int] = {}
    walk: list[int] = []
    while u not in place:
        place[u] = len(walk)
        walk.append(u)
        u = max(successors[u], key=lambda v: rewards[v])
    cycle = [rewards[v] for v in walk[place[u] :]]
    return max([Fraction(sum(cycle), len(cycle)), *(Fraction(value) for value in loops)])


def _find_better_cycle(rewards: Sequence[int], best: Fraction, predecessors: list[list[int]]) -> Fraction | None:
    """The mean of some cycle that is better than ``best``, or None when there is none."""
    weights = [best.denominator * value - best.numerator for value in rewards]
    potential = {u: weight for u, weight in enumerate(weights) if weight > 0}
    follow: dict[int, int] = {}
    queue = deque(potential)
    queued = set(potential)
    while queue:
        v = queue.popleft()
        queued.discard(v)
        ahead = potential[v]
        for u in predecessors[v]:
            raised = weights[u] + ahead
            if raised > potential.get(u, 0):
                w: int | None = v
                while w is not None and w != u:
                    w = follow.get(w)
                follow[u] = v
                if w == u:
                    return _mean_of_cycle(rewards, follow, u)
                potential[u] = raised
                if u not in queued:
                    queued.add(u)
                    queue.append(u)
    return None


def _mean_of_cycle(rewards: Sequence[int], follow: dict[int, int], first: int) -> Fraction:
    total, length, u = rewards[first], 1, follow[first]
    while u != first:
        total, length, u = total + rewards[u], length + 1, follow[u]
    return Fraction(total, length)
