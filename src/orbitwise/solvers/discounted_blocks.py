"""Blocks of rewards through one kernel each, on any number of threads.

A block is ``LANES`` consecutive rewards. Every block is solved on its own: load the rewards, approximate (the method),
then certify, with further synchronous backups while the certified width is above the tolerance, and write what was
found. Which thread solves a block changes nothing, so results do not depend on the number of threads.

Compiled code is cached beside this file and Numba looks at this file alone to see whether it is out of date: after a
change in a kernel, delete ``__pycache__``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np

from orbitwise.compute.pieces import cut_evenly, run_pieces
from orbitwise.solvers.discounted_intervals import UNIT, Found, enclose_values, write_block
from orbitwise.solvers.discounted_kernels import (
    certify,
    is_sign_certain,
    iterate_single,
    load_rewards,
    scale_rows,
)
from orbitwise.solvers.discounted_plan import DiscountedPlan, Model, OffsetArray
from orbitwise.solvers.discounted_policy import iterate_policies
from orbitwise.solvers.discounted_sweeps import sweep_deterministic, sweep_stochastic
from orbitwise.solvers.discounted_workspace import Workspace, make_workspace
from orbitwise.solvers.lanes import (
    LANES,
    add,
    any_greater,
    largest,
    load,
    spread,
    store,
    subtract,
    times,
)
from orbitwise.typing import FloatArray

__all__ = ["LARGEST", "METHODS", "SMALLEST", "UNIT", "Enclosure", "SignQuestion", "solve_blocks"]

METHODS = (
    "in-place sweeps from below",
    "in-place sweeps",
    "synchronous backups with residual bounds, single precision first",
    "policy iteration with a shared elimination order",
)
FIRST_SWEEPS = 4  # before policy iteration, which then needs one or two policies less
PIECE_ROWS = 8192  # entries times blocks that one thread should take at once: some tenths of a millisecond
LARGEST = 2.0**400  # rewards beyond this must be scaled by a power of two first,
SMALLEST = 2.0**-400  # and so must those that are nowhere above this


class SignQuestion(NamedTuple):
    """A weighted sum of values and rewards of which only the sign is wanted; no weights: all values are wanted."""

    rows: OffsetArray  # (n_weighted,) LANES times the planned node
    weights: FloatArray  # (n_weighted,)
    states: OffsetArray  # (n_prefix,) reward coordinates of the fixed part
    state_weights: FloatArray  # (n_prefix,)


class Batch(NamedTuple):
    """Rewards as they lie in memory: ``flat[i * row_stride + state * column_stride]``."""

    flat: FloatArray
    row_stride: int
    column_stride: int
    n_rewards: int


@dataclass(frozen=True, eq=False)
class Enclosure:
    """Centered values with bounds on their error: V* - m / (1 - g) lies in [values + below, values + above]."""

    values: FloatArray  # (n_rewards, n_queries) where bounds were asked for, lower bounds of V*
    high: FloatArray  # (n_rewards, n_queries) upper bounds of V*, where bounds were asked for, else (0, n_queries)
    below: FloatArray  # (n_rewards,)
    above: FloatArray  # (n_rewards,)
    center: FloatArray  # (n_rewards,) m
    span: FloatArray  # (n_rewards,) range of the rewards that matter; NaN: not solved, a reward is not fit for floats
    size: FloatArray  # (n_rewards,) largest |value| of a node that matters
    work: int  # rows read


def solve_blocks(
    plan: DiscountedPlan,
    rewards: FloatArray,
    method: int,
    *,
    tolerance: float,
    n_threads: int,
    max_work: int,
    question: SignQuestion,
    bounds: bool = False,
    out: tuple[FloatArray, FloatArray] | None = None,
) -> Enclosure:
    """Run one method on all rewards.

    Parameters
    ----------
    plan
        The graph, made ready.
    rewards
        Shape (n_rewards, n_coordinates), C or Fortran order.
    method
        Index into ``METHODS``.
    tolerance
        Wanted width of the residuals, relative to the range of the rewards that matter.
    n_threads
        Threads to use.
    max_work
        Rows that one block may read before it is given up.
    question
        Stop a block as soon as all its signs look certain.
    bounds
        Write bounds on the true values in place of centered ones.
    out
        Arrays of shape (n_rewards, n_queries), contiguous, to write the bounds to.
    """
    n_rewards, n_queries = len(rewards), len(plan.queries)
    if out is None:
        out = np.empty((n_rewards, n_queries)), np.empty((n_rewards if bounds else 0, n_queries))
    low, high = out
    found = Found(low.reshape(-1), high.reshape(-1), np.empty((5, n_rewards)))
    batch = _as_batch(rewards)
    least = -(-PIECE_ROWS // len(plan.backups.rows))
    pieces = cut_evenly(-(-n_rewards // LANES), n_threads=n_threads, least=least)
    idle: list[Workspace] = []

    def run(piece: int) -> int:
        space = idle.pop() if idle else make_workspace(plan, method)
        ends = pieces[piece].start, pieces[piece].stop
        work = _run_blocks(batch, *ends, plan.model, method, tolerance, max_work, question, space, found)
        idle.append(space)
        return int(work)

    work = sum(run_pieces(run, len(pieces), n_threads=n_threads))
    below, above, center, span, size = found.stats
    return Enclosure(low, high, below, above, center, span, size, work)


def _as_batch(rewards: FloatArray) -> Batch:
    if not (rewards.flags.c_contiguous or rewards.flags.f_contiguous):
        rewards = np.ascontiguousarray(rewards)
    if rewards.flags.c_contiguous:
        return Batch(rewards.reshape(-1), rewards.shape[1], 1, len(rewards))
    return Batch(rewards.T.reshape(-1), 1, len(rewards), len(rewards))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _run_blocks(
    batch: Batch,
    first_block: int,
    last_block: int,
    model: Model,
    method: int,
    tolerance: float,
    max_work: int,
    question: SignQuestion,
    space: Workspace,
    found: Found,
) -> int:
    total = 0
    for block in range(first_block, last_block):
        first = block * LANES
        last = min(first + LANES, batch.n_rewards)
        load_rewards(
            batch.flat,
            batch.row_stride,
            batch.column_stride,
            first,
            last,
            model.states,
            space.rewards,
            space.lane_stats,
        )
        if not _load_fixed_part(batch, first, last, question, space.lane_stats):
            found.stats[:, first:last] = 0.0
            found.stats[3, first:last] = np.nan
            continue
        work = _approximate(model, method, tolerance, max_work, question, space)
        work += _polish(model, tolerance, max_work - work, question, space)
        total += work
        enclose_values(model, space)
        write_block(model, space, first, last, found)
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _load_fixed_part(batch: Batch, first: int, last: int, question: SignQuestion, lane_stats: FloatArray) -> bool:
    """The part of a sign question that no policy changes; whether all sizes are fit for floats, NaN is not."""
    fit = True
    for lane in range(LANES):
        row = min(first + lane, last - 1) * batch.row_stride
        total = 0.0
        size = lane_stats[2 * LANES + lane]
        for i in range(len(question.states)):
            reward = batch.flat[row + question.states[i] * batch.column_stride]
            size = max(size, abs(reward)) + 0.0 * reward
            total += question.state_weights[i] * (reward - lane_stats[lane])
        lane_stats[3 * LANES + lane] = total
        fit = fit and (size == 0.0 or SMALLEST <= size <= LARGEST)
    return fit


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _approximate(
    model: Model, method: int, tolerance: float, max_work: int, question: SignQuestion, space: Workspace
) -> int:
    """Fill ``space.values`` by one of ``METHODS``; the rows read."""
    backups, sweeps, discount, stats = model.backups, model.sweeps, model.discount, space.lane_stats
    values, rewards = space.values, space.rewards
    work: int
    span = load(stats, LANES)
    store(stats, 2 * LANES, times(spread(span, 0.25 * tolerance), span))
    limits = stats[2 * LANES : 3 * LANES]
    if method == 0:
        fixed = stats[3 * LANES :]
        work = sweep_deterministic(
            sweeps, discount, values, rewards, limits, max_work, question.rows, question.weights, fixed
        )
    elif method == 1:
        horizon = 1.0 / (1.0 - discount)
        for i in range(len(values)):
            values[i] = rewards[i] * horizon if sweeps.stays[i // LANES] else rewards[i]
        work = sweep_stochastic(sweeps, values, rewards, space.dirty, limits, max_work)
    elif method == 2:
        single, other, scaled = space.values_single, space.improved_single, space.rewards_single
        scale_rows(rewards, stats, scaled)
        single[:] = scaled
        work = iterate_single(backups, model.singles, discount, single, other, scaled, tolerance, max_work)
        for i in range(len(values)):
            values[i] = single[i] * stats[LANES + i % LANES]
    else:
        policy, right_side, matrix = space.policy, space.right_side, space.matrix
        values[:] = rewards
        first = sweep_stochastic(sweeps, values, rewards, space.dirty, limits, FIRST_SWEEPS * len(backups.rows))
        work = first + iterate_policies(
            backups, model.elimination, discount, values, rewards, policy, right_side, matrix, stats, max_work
        )
    return work


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _polish(model: Model, tolerance: float, max_work: int, question: SignQuestion, space: Workspace) -> int:
    """Certify ``space.values``; while too wide, replace them by their backup, which is narrower, and certify again."""
    values, improved = space.values, space.improved
    residuals, stats = space.residuals, space.lane_stats
    span = load(stats, LANES)
    store(residuals, 3 * LANES, spread(span, 0.0))
    horizon = spread(span, 1.0 / (1.0 - model.discount))
    n_calls = 0
    while True:
        certify(model.backups, model.deterministic, model.discount, values, space.rewards, improved, residuals)
        n_calls += 1
        lowest, highest = load(residuals, 0), load(residuals, LANES)
        noise = times(spread(span, 2.0 * model.roundings * UNIT), add(load(residuals, 2 * LANES), span))
        wanted = subtract(times(spread(span, tolerance), span), noise)
        too_wide = any_greater(subtract(highest, lowest), largest(wanted, noise))
        if not too_wide or n_calls * len(model.backups.rows) >= max_work:
            break
        if len(question.rows) > 0:
            below, above = stats[4 * LANES :], stats[5 * LANES :]
            store(below, 0, times(horizon, lowest))
            store(above, 0, times(horizon, highest))
            if is_sign_certain(values, question.rows, question.weights, stats[3 * LANES :], below, above):
                break
        values, improved = improved, values
    if n_calls % 2 == 0:  # the certified values ended up in the other rows
        for i in range(len(values)):
            improved[i] = values[i]
    return n_calls * len(model.backups.rows)
