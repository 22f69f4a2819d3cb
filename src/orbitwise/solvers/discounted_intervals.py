"""From what a block's kernels leave behind to what is known of its values.

Residuals become intervals that hold in exact arithmetic: with u = 2^-53, k the longest choice, M the largest |V| and R
the range of the rewards, one backup is computed within (k + 12) u (M + R); that is added to the residuals before they
are divided by 1 - g, and every later operation is rounded outward. The values lie in rows of lanes and are wanted
reward by reward: they are turned on their side in squares that stay in registers.
"""

from __future__ import annotations

from typing import NamedTuple

import numba

from orbitwise.solvers.discounted_plan import Model
from orbitwise.solvers.discounted_workspace import Workspace
from orbitwise.solvers.lanes import (
    LANES,
    add,
    element,
    largest,
    load,
    magnitude,
    multiply_add,
    smallest,
    spread,
    store,
    subtract,
    times,
    transpose,
)
from orbitwise.typing import FloatArray

__all__ = ["UNIT", "Found", "enclose_values", "write_block"]

UNIT = 2.0**-53  # relative rounding error of one operation


class Found(NamedTuple):
    """Where the kernels write what they find."""

    low: FloatArray  # (n_rewards * n_queries,)
    high: FloatArray  # as long; or empty: then ``low`` becomes the centered values
    stats: FloatArray  # (5, n_rewards) the other fields of ``Enclosure``


@numba.njit(cache=True, nogil=True, error_model="numpy")
def enclose_values(model: Model, space: Workspace) -> None:
    """Residuals as computed, turned into bounds on the values that hold in exact arithmetic: rows 4 and 5 of stats."""
    span, size = load(space.lane_stats, LANES), load(space.residuals, 2 * LANES)
    rate = 1.0 / (1.0 - model.discount)
    horizon, room = spread(span, rate), spread(span, UNIT * (6.0 + rate))
    rounding = times(spread(span, model.roundings * UNIT), add(size, span))
    lowest = subtract(load(space.residuals, 0), rounding)
    highest = add(load(space.residuals, LANES), rounding)
    error = add(largest(magnitude(lowest), magnitude(highest)), rounding)
    slack = times(times(room, horizon), error)
    trivial = times(horizon, multiply_add(size, spread(span, 1.0 + 8.0 * UNIT), span))
    trivial = multiply_add(trivial, room, trivial)
    zero = spread(span, 0.0)
    store(space.lane_stats, 4 * LANES, largest(subtract(times(lowest, horizon), slack), subtract(zero, trivial)))
    store(space.lane_stats, 5 * LANES, smallest(add(times(highest, horizon), slack), trivial))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def write_block(model: Model, space: Workspace, first: int, last: int, found: Found) -> None:
    """The values of the queries, or bounds on them, and what else is known of each reward of the block."""
    stats, n_queries, n_lanes = space.lane_stats, len(model.queries), last - first
    center, below, above = load(stats, 0), load(stats, 4 * LANES), load(stats, 5 * LANES)
    rate = 1.0 / (1.0 - model.discount)
    offset = times(center, spread(center, rate))
    fixed = times(spread(center, (14.0 + rate) * UNIT), magnitude(offset))
    fixed = multiply_add(spread(center, 8.0 * UNIT), largest(magnitude(below), magnitude(above)), fixed)
    for start in range(0, n_queries, LANES):
        stop = min(start + LANES, n_queries)
        for q in range(start, stop):
            value = load(space.values, element(model.queries, q) * LANES)
            slack = multiply_add(spread(center, 8.0 * UNIT), magnitude(value), fixed)
            if len(found.high) > 0:
                store(space.tile, (LANES + q - start) * LANES, add(add(add(value, above), offset), slack))
                value = subtract(add(add(value, below), offset), slack)
            store(space.tile, (q - start) * LANES, value)
        _store_columns(space.tile, n_lanes, stop - start, found.low, first * n_queries + start, n_queries)
        if len(found.high) > 0:
            rest = space.tile[LANES * LANES :]
            _store_columns(rest, n_lanes, stop - start, found.high, first * n_queries + start, n_queries)
    for lane in range(n_lanes):
        found.stats[0, first + lane] = stats[4 * LANES + lane]
        found.stats[1, first + lane] = stats[5 * LANES + lane]
        found.stats[2, first + lane] = stats[lane]
        found.stats[3, first + lane] = stats[LANES + lane]
        found.stats[4, first + lane] = space.residuals[2 * LANES + lane]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _store_columns(tile: FloatArray, n_columns: int, n_rows: int, target: FloatArray, at: int, stride: int) -> None:
    """The first columns of a tile of rows, each side by side in ``target``, one after the other by ``stride``."""
    transpose(tile, 0)
    for lane in range(n_columns):
        if n_rows == LANES:
            store(target, at, load(tile, lane * LANES))
        else:
            for k in range(n_rows):
                target[at + k] = tile[lane * LANES + k]
        at += stride
