"""The first sweeps of relative value iteration (``gain_sweeps``): two blocks of rewards in single precision.

Half the bytes of double precision, and two blocks share the reading of probabilities and indices. It ends where single
precision ends, where the span stops shrinking, or where policy iteration is the cheaper way to go on.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.lanes import (
    LANES,
    add,
    largest,
    load,
    multiply_add,
    smallest,
    spread,
    store,
    subtract,
    times,
)
from orbitwise.typing import FloatArray, IntArray, ObjectArray

__all__ = ["DENSE_NODES", "LONG_PATIENCE", "MAX_SWEEPS", "LaneFlow", "iterate_coarsely", "make_lane_flow"]

MAX_SWEEPS = 10_000
LONG_PATIENCE = 2000  # sweeps for the span to halve by half steps: two good regions of almost equal gain take long
COARSE_PATIENCE = 6  # sweeps in which the span must halve near the rounding of single precision
COARSE_FLOOR = 1e-4
DENSE_NODES = 300  # components up to this size are finished by dense policy iteration,
DENSE_COST = 0.5  # which takes as long as this times n^3 over the entries many sweeps


class LaneFlow(NamedTuple):
    """A component's arrays as the sweeps take them, in single or in double precision."""

    choice_offsets: IntArray  # (n_nodes + 1,)
    entry_offsets: IntArray  # (n_choices + 1,)
    rows: ObjectArray  # (n_entries,) int32, where the successor's row of lanes starts
    probabilities: ObjectArray  # (n_entries,)


def make_lane_flow(graph: ChoiceGraph, n_blocks: int, dtype: type[np.floating[Any]]) -> LaneFlow:
    """The arrays of a graph for ``n_blocks`` blocks whose rows of a node lie side by side."""
    return LaneFlow(
        graph.choice_offsets,
        graph.entry_offsets,
        (graph.successors * (n_blocks * LANES)).astype(np.int32),
        graph.probabilities.astype(dtype),
    )


@numba.njit(cache=True, nogil=True)
def iterate_coarsely(
    flow: LaneFlow, first: FloatArray, second: FloatArray, rows: ObjectArray, width: float, patience: int
) -> tuple[ObjectArray, bool, bool]:
    """Sweep two blocks in single precision until every span is narrow or rests, or policy iteration is cheaper.

    Returns
    -------
    The values, the two blocks' rows of a node side by side; whether half steps were taken; whether it came to rest.
    """
    size = 2 * len(first)
    reward, values, work = rows[:size], rows[size : 2 * size], rows[2 * size : 3 * size]
    for u in range(len(first) // LANES):
        for lane in range(LANES):
            reward[2 * u * LANES + lane] = first[u * LANES + lane]
            reward[(2 * u + 1) * LANES + lane] = second[u * LANES + lane]
    values[:] = reward
    ends = np.zeros(4 * LANES, dtype=np.float32)
    half = False
    n = len(flow.choice_offsets) - 1
    most = MAX_SWEEPS if n > DENSE_NODES else 10 + int(DENSE_COST * n**3 / len(flow.rows))
    goal = np.inf
    waited = 0
    for count in range(MAX_SWEEPS):
        if count == most:
            return values, half, False
        _sweep_two(flow, reward, values, work, half, ends)
        worst = 0.0
        for lane in range(2 * LANES):
            worst = max(worst, ends[2 * LANES + lane] - ends[lane])
        if worst <= width:
            break
        waited += 1
        if worst <= goal:
            goal = 0.5 * worst
            waited = 0
        elif worst <= COARSE_FLOOR and waited > COARSE_PATIENCE:
            break
        elif waited > patience:
            if half:
                break
            half = True
            patience += min(LONG_PATIENCE, n**3 // len(flow.rows))
            goal = np.inf
            waited = 0
        values, work = work, values
    return values, half, True


@numba.njit(cache=True, nogil=True)
def _sweep_two(
    flow: LaneFlow, reward: ObjectArray, values: ObjectArray, work: ObjectArray, half: bool, ends: ObjectArray
) -> None:
    """``_sweep`` for two blocks, which share the reading of probabilities and indices."""
    zero = spread(load(values, 0), 0.0)
    share = spread(zero, 0.5 if half else 1.0)
    center, other_center = times(share, load(ends, 0)), times(share, load(ends, LANES))
    least = other_least = spread(zero, np.inf)
    most = other_most = spread(zero, -np.inf)
    for u in range(len(flow.choice_offsets) - 1):
        best = other_best = spread(zero, -np.inf)
        for c in range(flow.choice_offsets[u], flow.choice_offsets[u + 1]):
            total = other_total = zero
            for e in range(flow.entry_offsets[c], flow.entry_offsets[c + 1]):
                probability = spread(zero, flow.probabilities[e])
                total = multiply_add(probability, load(values, flow.rows[e]), total)
                other_total = multiply_add(probability, load(values, flow.rows[e] + LANES), other_total)
            best, other_best = largest(best, total), largest(other_best, other_total)
        at = 2 * u * LANES
        old, other_old = load(values, at), load(values, at + LANES)
        step = subtract(add(best, load(reward, at)), old)
        other_step = subtract(add(other_best, load(reward, at + LANES)), other_old)
        least, other_least = smallest(least, step), smallest(other_least, other_step)
        most, other_most = largest(most, step), largest(other_most, other_step)
        store(work, at, multiply_add(share, step, subtract(old, center)))
        store(work, at + LANES, multiply_add(share, other_step, subtract(other_old, other_center)))
    store(ends, 0, least)
    store(ends, LANES, other_least)
    store(ends, 2 * LANES, most)
    store(ends, 3 * LANES, other_most)
