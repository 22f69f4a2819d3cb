"""One symbolic elimination for all policies of a graph.

A policy's values solve (I - g P) v = r. Whatever the policy, the pattern of I - g P lies in the union of the patterns
of all choices, so one order of elimination (Markowitz: least product of remaining row and column lengths) serves every
policy of every reward. I - g P is strictly diagonally dominant, hence no pivoting for size is needed.

References
----------
H. M. Markowitz, *The elimination form of the inverse and its application to linear programming*, Management Science 3
(1957).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from orbitwise.solvers.lanes import LANES

__all__ = ["NO_ELIMINATION", "Elimination", "plan_elimination"]

OffsetArray = npt.NDArray[np.int32]


class Elimination(NamedTuple):
    """Gaussian elimination as a list of updates; slots are offsets of rows (LANES times a position)."""

    pivots: OffsetArray  # (n_nodes,) LANES times the node eliminated at each step
    pivot_slots: OffsetArray  # (n_nodes,)
    lower_starts: OffsetArray  # (n_nodes + 1,)
    lower_rows: OffsetArray  # LANES times the nodes whose equations still mention the pivot
    lower_slots: OffsetArray
    upper_starts: OffsetArray  # (n_nodes + 1,)
    upper_rows: OffsetArray  # LANES times the nodes that the pivot's equation still mentions
    upper_slots: OffsetArray
    update_slots: OffsetArray  # one slot per (lower, upper) pair, in the order of the loops
    entry_slots: OffsetArray  # (n_entries,) the slot that each entry of the backups adds to
    n_slots: int


_NO = np.zeros(0, dtype=np.int32)
NO_ELIMINATION = Elimination(_NO, _NO, _NO, _NO, _NO, _NO, _NO, _NO, _NO, _NO, 0)


def plan_elimination(n_nodes: int, sources: list[int], targets: list[int], *, max_updates: int) -> Elimination | None:
    """The shared elimination of the arcs ``sources[k] -> targets[k]``; None: more than ``max_updates`` updates."""
    rows: list[set[int]] = [{u} for u in range(n_nodes)]
    columns: list[set[int]] = [{u} for u in range(n_nodes)]
    for u, v in zip(sources, targets, strict=True):
        rows[u].add(v)
        columns[v].add(u)
    slots: dict[tuple[int, int], int] = {}

    def slot(u: int, v: int) -> int:
        return slots.setdefault((u, v), LANES * len(slots))

    entry_slots = [slot(u, v) for u, v in zip(sources, targets, strict=True)]
    remaining = set(range(n_nodes))
    pivots: list[int] = []
    lower: list[list[int]] = []
    upper: list[list[int]] = []
    updates: list[int] = []
    while remaining:
        pivot = min(remaining, key=lambda u: ((len(rows[u]) - 1) * (len(columns[u]) - 1), u))
        remaining.discard(pivot)
        below, right = sorted(columns[pivot] - {pivot}), sorted(rows[pivot] - {pivot})
        if len(updates) + len(below) * len(right) > max_updates:
            return None
        for u in below:
            rows[u].discard(pivot)
            rows[u].update(right)
            updates.extend(slot(u, v) for v in right)
        for v in right:
            columns[v].discard(pivot)
            columns[v].update(below)
        pivots.append(pivot)
        lower.append(below)
        upper.append(right)
    return Elimination(
        pivots=_rows(pivots),
        pivot_slots=np.array([slot(p, p) for p in pivots], dtype=np.int32),
        lower_starts=np.cumsum([0, *map(len, lower)]).astype(np.int32),
        lower_rows=_rows([u for below in lower for u in below]),
        lower_slots=np.array(
            [slot(u, p) for p, below in zip(pivots, lower, strict=True) for u in below], dtype=np.int32
        ),
        upper_starts=np.cumsum([0, *map(len, upper)]).astype(np.int32),
        upper_rows=_rows([v for right in upper for v in right]),
        upper_slots=np.array(
            [slot(p, v) for p, right in zip(pivots, upper, strict=True) for v in right], dtype=np.int32
        ),
        update_slots=np.array(updates, dtype=np.int32),
        entry_slots=np.array(entry_slots, dtype=np.int32),
        n_slots=len(slots),
    )


def _rows(nodes: list[int]) -> npt.NDArray[np.int32]:
    return np.array(nodes, dtype=np.int32) * np.int32(LANES)
