"""Relative value iteration for a random end component, with rewards in lanes: single precision first, then double.

A step is ``T h - h`` with ``(T h)(u) = r(u) + max over choices of P h``; the extreme steps of any ``h`` bound the gain
(``gain_mixed``), so nothing that happens on the way has to be exact: single precision brings the span to a few
millionths of the reward's range, double precision does the rest and delivers the bounds. Where the span stops
shrinking, because a best chain is periodic, half a step at a time is taken.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.gain_coarse import (
    DENSE_NODES,
    LONG_PATIENCE,
    MAX_SWEEPS,
    LaneFlow,
    iterate_coarsely,
    make_lane_flow,
)
from orbitwise.solvers.gain_policies import improve_bounds
from orbitwise.solvers.gain_problem import Flow, as_flow
from orbitwise.solvers.lanes import (
    LANES,
    add,
    aligned_rows,
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

__all__ = ["UNIT", "sweep_to_bounds"]

PATIENCE = 24  # sweeps in which the span must halve, besides those that a reward needs to cross the component
COARSE_SPAN = 4e-6  # where single precision hands over to double, for rewards in [0, 1]
UNIT = 2.0**-52


def sweep_to_bounds(
    graph: ChoiceGraph, states: IntArray, rewards: FloatArray, tolerance: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Certified bounds on the gain for each reward, as narrow as ``tolerance`` times its range where sweeps get there.

    Parameters
    ----------
    graph
        An end component: from every node every other can be reached, and every choice stays inside.
    states
        Shape (n_nodes,), the reward coordinate of each node.
    rewards
        Shape (n_rewards, n_states), contiguous.

    Returns
    -------
    low, high : shape (n_rewards,)
    values : shape (n_rewards, n_nodes) where the component is too large for dense solves, else (n_rewards, 0)
        The last relative values, filled in where the bounds stayed wide.
    """
    low, high = np.empty(len(rewards)), np.empty(len(rewards))
    n = len(states)
    values = np.empty((len(rewards), n if n > DENSE_NODES else 0))
    _bound_batch(
        as_flow(graph),
        make_lane_flow(graph, 1, np.float64),
        make_lane_flow(graph, 2, np.float32),
        rewards,
        states,
        tolerance,
        aligned_rows(4 * n),
        aligned_rows(6 * n, np.float32),
        low,
        high,
        values,
    )
    return low, high, values


@numba.njit(cache=True, nogil=True)
def _bound_batch(
    flow: Flow,
    precise: LaneFlow,
    coarse: LaneFlow,
    rewards: FloatArray,
    states: IntArray,
    tolerance: float,
    rows: FloatArray,
    coarse_rows: ObjectArray,
    low: FloatArray,
    high: FloatArray,
    last: FloatArray,
) -> None:
    """Bounds for all rewards, two blocks of lanes at a time."""
    n = len(states)
    patience = PATIENCE + 2 * _depth(flow)
    size = n * LANES
    work, values = rows[:size], rows[size : 2 * size]
    reward = (rows[2 * size : 3 * size], rows[3 * size : 4 * size])
    base = np.empty((2, LANES))
    scale = np.empty((2, LANES))
    ends = np.empty(2 * LANES)
    bounds = np.empty((2, LANES))  # low, high, for rewards in [0, 1]
    width = 0
    for c in range(len(precise.entry_offsets) - 1):
        width = max(width, precise.entry_offsets[c + 1] - precise.entry_offsets[c])
    for first in range(0, len(rewards), 2 * LANES):
        n_blocks = 2 if first + LANES < len(rewards) else 1
        for block in range(2):
            _load_block(rewards, first + block * LANES, states, reward[block], base[block], scale[block])
        start, half, settled = iterate_coarsely(
            coarse, reward[0], reward[1], coarse_rows, max(tolerance, COARSE_SPAN), patience
        )
        for block in range(n_blocks):
            for u in range(n):
                for lane in range(LANES):
                    values[u * LANES + lane] = start[(2 * u + block) * LANES + lane]
            n_lanes = min(LANES, len(rewards) - first - block * LANES)
            bounds[0], bounds[1] = -np.inf, np.inf
            if not settled and n <= DENSE_NODES:
                _narrow_densely(flow, reward[block], values, tolerance, n_lanes, bounds)
            if settled or _is_wide(bounds, n_lanes, tolerance):
                ends[:] = 0.0
                found = _iterate(precise, reward[block], values, work, ends, half, tolerance, patience)
                _narrow(bounds, found, ends, n_lanes, width)
                if n <= DENSE_NODES:
                    _narrow_densely(flow, reward[block], found, tolerance, n_lanes, bounds)
                elif _is_wide(bounds, n_lanes, tolerance):
                    for lane in range(n_lanes):
                        last[first + block * LANES + lane] = found[lane::LANES]
            for lane in range(n_lanes):
                i = first + block * LANES + lane
                slack = 4.0 * (abs(base[block, lane]) + scale[block, lane]) * UNIT
                low[i] = base[block, lane] + scale[block, lane] * bounds[0, lane] - slack
                high[i] = base[block, lane] + scale[block, lane] * bounds[1, lane] + slack


@numba.njit(cache=True, nogil=True)
def _is_wide(bounds: FloatArray, n_lanes: int, tolerance: float) -> bool:
    wide = False
    for lane in range(n_lanes):
        wide = wide or bounds[1, lane] - bounds[0, lane] > 2.0 * tolerance
    return wide


@numba.njit(cache=True, nogil=True)
def _narrow(bounds: FloatArray, values: FloatArray, ends: FloatArray, n_lanes: int, width: int) -> None:
    """Bounds narrowed by the extreme steps of the values, with room for their rounding."""
    for lane in range(n_lanes):
        top = 1.0
        for k in range(lane, len(values), LANES):
            top = max(top, abs(values[k]))
        error = (width + 8) * top * UNIT
        bounds[0, lane] = max(bounds[0, lane], ends[lane] - error)
        bounds[1, lane] = min(bounds[1, lane], ends[LANES + lane] + error)


@numba.njit(cache=True, nogil=True)
def _narrow_densely(
    flow: Flow, reward: FloatArray, values: FloatArray, tolerance: float, n_lanes: int, bounds: FloatArray
) -> None:
    """Bounds narrowed by policy iteration, for the lanes where they are wide."""
    for lane in range(n_lanes):
        if bounds[1, lane] - bounds[0, lane] > 2.0 * tolerance:
            low, high = improve_bounds(flow, reward[lane::LANES].copy(), values[lane::LANES].copy(), tolerance)
            bounds[0, lane], bounds[1, lane] = max(bounds[0, lane], low), min(bounds[1, lane], high)


@numba.njit(cache=True, nogil=True)
def _depth(flow: Flow) -> int:
    """The largest distance from the first node."""
    n = len(flow.choice_offsets) - 1
    distance = np.full(n, -1, dtype=np.int64)
    queue = np.zeros(n, dtype=np.int64)
    distance[0] = 0
    count = 1
    for head in range(n):
        u = queue[head]
        for e in range(flow.entry_offsets[flow.choice_offsets[u]], flow.entry_offsets[flow.choice_offsets[u + 1]]):
            v = flow.successors[e]
            if distance[v] < 0:
                distance[v] = distance[u] + 1
                queue[count] = v
                count += 1
    return int(distance.max())


@numba.njit(cache=True, nogil=True)
def _load_block(
    rewards: FloatArray, first: int, states: IntArray, reward: FloatArray, base: FloatArray, scale: FloatArray
) -> None:
    """One block of rewards as ``base + scale * reward`` with ``scale`` a power of two (0 for a constant reward)."""
    for lane in range(LANES):
        row = rewards[min(first + lane, len(rewards) - 1)]
        least = np.inf
        most = -np.inf
        for u in range(len(states)):
            least = min(least, row[states[u]])
            most = max(most, row[states[u]])
        base[lane] = least
        exponent = math.frexp(most - least)[1]
        scale[lane] = math.ldexp(1.0, exponent) if most > least else 0.0
        inverse = math.ldexp(1.0, -exponent) if most > least else 0.0
        for u in range(len(states)):
            reward[u * LANES + lane] = (row[states[u]] - least) * inverse


@numba.njit(cache=True, nogil=True)
def _iterate(
    flow: LaneFlow,
    reward: FloatArray,
    values: FloatArray,
    work: FloatArray,
    ends: FloatArray,
    half: bool,
    width: float,
    patience: int,
) -> FloatArray:
    """Sweep until every lane's span is at most ``width`` or stops shrinking.

    Returns
    -------
    The values whose extreme steps are left in ``ends``.
    """
    n = len(flow.choice_offsets) - 1
    goal = np.inf
    waited = 0
    if half:
        patience += min(LONG_PATIENCE, n**3 // len(flow.rows))
    for _ in range(MAX_SWEEPS):
        _sweep(flow, reward, values, work, half, ends)
        worst = 0.0
        for lane in range(LANES):
            worst = max(worst, ends[LANES + lane] - ends[lane])
        if worst <= width:
            break
        waited += 1
        if worst <= goal:
            goal = 0.5 * worst
            waited = 0
        elif waited > patience:
            if half:
                break
            half = True
            patience += min(LONG_PATIENCE, n**3 // len(flow.rows))
            goal = np.inf
            waited = 0
        values, work = work, values
    return values


@numba.njit(cache=True, nogil=True)
def _sweep(
    flow: LaneFlow, reward: FloatArray, values: FloatArray, work: FloatArray, half: bool, ends: FloatArray
) -> None:
    """One step of value iteration from ``values`` to ``work``; the extreme steps go to ``ends``."""
    zero = spread(load(values, 0), 0.0)
    share = spread(zero, 0.5 if half else 1.0)
    center = times(share, load(ends, 0))
    least = spread(zero, np.inf)
    most = spread(zero, -np.inf)
    for u in range(len(flow.choice_offsets) - 1):
        best = spread(zero, -np.inf)
        for c in range(flow.choice_offsets[u], flow.choice_offsets[u + 1]):
            total = zero
            for e in range(flow.entry_offsets[c], flow.entry_offsets[c + 1]):
                total = multiply_add(spread(zero, flow.probabilities[e]), load(values, flow.rows[e]), total)
            best = largest(best, total)
        old = load(values, u * LANES)
        step = subtract(add(best, load(reward, u * LANES)), old)
        least = smallest(least, step)
        most = largest(most, step)
        store(work, u * LANES, multiply_add(share, step, subtract(old, center)))
    store(ends, 0, least)
    store(ends, LANES, most)
