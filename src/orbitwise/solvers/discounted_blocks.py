"""Blocks of rewards through one kernel each, on any number of threads.

A block is ``LANES`` consecutive rewards. Every block is solved on its own: load the rewards, approximate (the method),
then certify, with further synchronous backups while the certified width is above the tolerance. Which thread
solves a block changes nothing, so results do not depend on the number of threads.

Compiled code is cached beside this file and Numba looks at this file alone to see whether it is out of date: after a
change in a kernel, delete ``__pycache__``.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from orbitwise.solvers.discounted_elimination import Elimination
from orbitwise.solvers.discounted_kernels import (
    certify,
    is_sign_certain,
    iterate_single,
    load_rewards,
    scale_rows,
)
from orbitwise.solvers.discounted_plan import Backups, DiscountedPlan, OffsetArray, Sweeps
from orbitwise.solvers.discounted_policy import iterate_policies
from orbitwise.solvers.discounted_sweeps import sweep_deterministic, sweep_stochastic
from orbitwise.solvers.lanes import (
    LANES,
    add,
    aligned_rows,
    any_greater,
    largest,
    load,
    spread,
    store,
    subtract,
    times,
)
from orbitwise.typing import FloatArray

__all__ = ["METHODS", "RESERVE", "UNIT", "BlockResults", "SignQuestion", "solve_blocks"]

METHODS = (
    "in-place sweeps from below",
    "in-place sweeps",
    "synchronous backups with residual bounds, single precision first",
    "policy iteration with a shared elimination order",
)
UNIT = 2.0**-53  # relative rounding error of one operation
RESERVE = 12  # roundings of one backup besides those of its weighted sum, with room to spare


class SignQuestion(NamedTuple):
    """A weighted sum of values and rewards of which only the sign is wanted; no weights: all values are wanted."""

    rows: OffsetArray  # (n_weighted,) LANES times the planned node
    weights: FloatArray  # (n_weighted,)
    states: OffsetArray  # (n_prefix,) reward coordinates of the fixed part
    state_weights: FloatArray  # (n_prefix,)


class Workspace(NamedTuple):
    """Rows that one thread works on."""

    values: FloatArray
    improved: FloatArray
    rewards: FloatArray
    values_single: npt.NDArray[np.float32]
    improved_single: npt.NDArray[np.float32]
    rewards_single: npt.NDArray[np.float32]
    policy: FloatArray
    right_side: FloatArray
    matrix: FloatArray
    dirty: npt.NDArray[np.uint8]
    lane_stats: FloatArray  # rows: center, range, threshold, fixed part of a sign question, lower bound, upper bound
    residuals: FloatArray  # rows: lowest, highest, largest value, middle


class Model(NamedTuple):
    """A plan as the kernels take it."""

    states: OffsetArray
    queries: OffsetArray
    backups: Backups
    singles: npt.NDArray[np.float32]  # (n_entries,) the probabilities in single precision
    sweeps: Sweeps
    elimination: Elimination
    deterministic: bool
    discount: float
    roundings: int  # of one backup


class Batch(NamedTuple):
    """Rewards as they lie in memory: ``flat[i * row_stride + state * column_stride]``."""

    flat: FloatArray
    row_stride: int
    column_stride: int
    n_rewards: int


@dataclass(frozen=True, eq=False)
class BlockResults:
    """What the kernels leave behind, for centered rewards."""

    values: FloatArray  # (n_rewards, n_queries) approximate values
    lowest: FloatArray  # (n_rewards,) lowest residual as computed
    highest: FloatArray  # (n_rewards,) highest residual as computed
    size: FloatArray  # (n_rewards,) largest |value|
    center: FloatArray  # (n_rewards,) subtracted from every reward
    span: FloatArray  # (n_rewards,) range of the rewards that matter
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
) -> BlockResults:
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
    """
    n_rewards = len(rewards)
    n_blocks = -(-n_rewards // LANES)
    if not (rewards.flags.c_contiguous or rewards.flags.f_contiguous):
        rewards = np.ascontiguousarray(rewards)
    if rewards.flags.c_contiguous:
        batch = Batch(rewards.reshape(-1), rewards.shape[1], 1, n_rewards)
    else:
        batch = Batch(rewards.T.reshape(-1), 1, n_rewards, n_rewards)
    model = Model(
        states=plan.states,
        queries=plan.queries,
        backups=plan.backups,
        singles=plan.backups.probabilities.astype(np.float32),
        sweeps=plan.sweeps,
        elimination=plan.elimination,
        deterministic=plan.is_deterministic,
        discount=float(plan.discount),
        roundings=RESERVE + plan.widest,
    )
    values = np.empty((n_rewards, len(plan.queries)))
    stats = np.empty((5, n_rewards))

    idle: list[Workspace] = []

    def run(first: int, last: int) -> int:
        space = idle.pop() if idle else _workspace(plan, method)
        work = _run_blocks(batch, first, last, model, method, tolerance, max_work, question, space, values, stats)
        idle.append(space)
        return int(work)

    n_threads = max(1, min(n_threads, n_blocks))
    if n_threads == 1:
        work = run(0, n_blocks)
    else:
        pieces = np.linspace(0, n_blocks, 4 * n_threads + 1).astype(int).tolist()
        with ThreadPoolExecutor(n_threads) as pool:
            work = sum(pool.map(run, pieces[:-1], pieces[1:]))
    return BlockResults(values, stats[0], stats[1], stats[2], stats[3], stats[4], work)


def _workspace(plan: DiscountedPlan, method: int) -> Workspace:
    n, single, policy = plan.n_nodes, method == 2, method == 3
    return Workspace(
        values=aligned_rows(n),
        improved=aligned_rows(n),
        rewards=aligned_rows(n),
        values_single=aligned_rows(n if single else 0, np.float32),
        improved_single=aligned_rows(n if single else 0, np.float32),
        rewards_single=aligned_rows(n if single else 0, np.float32),
        policy=aligned_rows(n if policy else 0),
        right_side=aligned_rows(n if policy else 0),
        matrix=aligned_rows(plan.elimination.n_slots if policy else 0),
        dirty=np.empty(n, dtype=np.uint8),
        lane_stats=aligned_rows(6),
        residuals=aligned_rows(4),
    )


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
    values: FloatArray,
    stats: FloatArray,
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
        _load_fixed_part(batch, first, last, question, space.lane_stats)
        work = _approximate(model, method, tolerance, max_work, question, space)
        work += _polish(model, tolerance, max_work - work, question, space)
        total += work
        for lane in range(last - first):
            for q in range(len(model.queries)):
                values[first + lane, q] = space.values[model.queries[q] * LANES + lane]
            for row in range(3):
                stats[row, first + lane] = space.residuals[row * LANES + lane]
            for row in range(2):
                stats[3 + row, first + lane] = space.lane_stats[row * LANES + lane]
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _load_fixed_part(batch: Batch, first: int, last: int, question: SignQuestion, lane_stats: FloatArray) -> None:
    for lane in range(LANES):
        row = min(first + lane, last - 1) * batch.row_stride
        total = 0.0
        for i in range(len(question.states)):
            reward = batch.flat[row + question.states[i] * batch.column_stride]
            total += question.state_weights[i] * (reward - lane_stats[lane])
        lane_stats[3 * LANES + lane] = total


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
            sweeps, discount, values, rewards, space.dirty, limits, max_work, question.rows, question.weights, fixed
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
        work = iterate_policies(
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
