"""The best long-run average reward from where an arena starts, for batches of rewards, with certified bounds.

Deterministic arenas need a maximum cycle mean (``cycles``), random ones the gain of each end component
(``gain_mixed``) and the best way to reach them (``gain_reaching``). ``gain_problem`` finds out which, once for all
rewards. Exact values are in ``gain_exact``, exact comparisons in ``gain_signs``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orbitwise.compute.pieces import run_pieces
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.cycles import bound_cycle_means
from orbitwise.solvers.gain_mixed import bound_mixed_gains
from orbitwise.solvers.gain_problem import CyclePart, GainProblem, MixedPart, prepare_gain
from orbitwise.solvers.gain_reaching import ReachingOrder, bound_reaching, order_quotient
from orbitwise.solvers.gain_rewards import check_rewards, is_moderate, parse_shape
from orbitwise.typing import FloatArray

__all__ = ["GainBounds", "bound_gain", "bound_parts"]

CHUNK_ENTRIES = 2**16  # rewards x states solved together
CHUNK = 32, 1024  # rewards solved together at least (two blocks of lanes) and at most
UNIT = 2.0**-52


@dataclass(frozen=True, eq=False)
class GainBounds:
    """Certified bounds on the best average reward, one pair for each reward."""

    low: FloatArray  # (n_rewards,) in units of the reward
    high: FloatArray  # (n_rewards,)
    method: str  # how the bounds were found, for reports


def bound_gain(
    arena: Arena | GainProblem, rewards: FloatArray, *, tolerance: float = 1e-8, n_threads: int = 1
) -> GainBounds:
    """Bounds on the best long-run average reward from the arena's initial distribution, for each reward.

    **Guarantee:** the exact gain, for the arena's exact probabilities and the exact binary values of the rewards, lies
    in [low, high]: float rounding is included. The width aims at ``tolerance`` times the range of the reward; where a
    chain mixes or absorbs so slowly that floats cannot certify that, the interval is wider, and still right.
    **Cost:** deterministic: about a scan of the rewards; random: some tens of sweeps over the transitions. The same
    bits for every number of threads.

    Parameters
    ----------
    arena
        The arena, or ``prepare_gain(arena)`` to save the preparation when there are many batches.
    rewards
        Reward of each state, shape (n_rewards, n_states), finite.
    tolerance
        Width to aim at, relative to the range of each reward.
    n_threads
        Chunks of rewards are solved on this many threads.

    Raises
    ------
    InvalidInput
        The rewards have the wrong shape or are not finite; or no policy of the arena ends where it must.
    NotSupported
        See ``prepare_gain``.

    References
    ----------
    Puterman, *Markov Decision Processes* (1994), chapters 8 and 9; de Alfaro (1997), chapter 3.
    """
    problem = prepare_gain(arena) if isinstance(arena, Arena) else arena
    rewards = parse_shape(rewards, problem.n_states)
    order = None if problem.quotient.graph.n_choices == 0 else order_quotient(problem.quotient)
    size = min(max(CHUNK[0], CHUNK_ENTRIES // problem.n_states // CHUNK[0] * CHUNK[0]), CHUNK[1])

    def solve(piece: int) -> tuple[FloatArray, FloatArray]:
        first = piece * size
        chunk, sizes = check_rewards(rewards[first : first + size], problem.n_states, first=first)
        return _bound_chunk(problem, order, chunk, sizes, tolerance)

    solved = run_pieces(solve, -(-len(rewards) // size), n_threads=n_threads)
    empty = np.zeros(0)
    return GainBounds(
        low=np.concatenate([empty, *(low for low, _ in solved)]),
        high=np.concatenate([empty, *(high for _, high in solved)]),
        method=_method(problem),
    )


def _method(problem: GainProblem) -> str:
    if problem.is_deterministic:
        return "maximum cycle mean"
    inside = (
        "relative value iteration" if any(isinstance(p, MixedPart) for p in problem.parts) else "maximum cycle mean"
    )
    return inside if problem.quotient.graph.n_choices == 0 else f"{inside}, optimal reaching"


def _bound_chunk(
    problem: GainProblem, order: ReachingOrder | None, rewards: FloatArray, sizes: FloatArray, tolerance: float
) -> tuple[FloatArray, FloatArray]:
    """Bounds for one chunk; rewards of extreme size are scaled by a power of two first."""
    if not is_moderate(sizes).all():
        exponents = np.frexp(sizes)[1]
        low, high = _bound_moderate(problem, order, np.ldexp(rewards, -exponents[:, None]), tolerance)
        low = np.nextafter(np.ldexp(low - UNIT, exponents), -np.inf)
        high = np.nextafter(np.ldexp(high + UNIT, exponents), np.inf)
        return np.where(sizes == 0, 0.0, low), np.where(sizes == 0, 0.0, high)
    return _bound_moderate(problem, order, rewards, tolerance)


def _bound_moderate(
    problem: GainProblem, order: ReachingOrder | None, rewards: FloatArray, tolerance: float
) -> tuple[FloatArray, FloatArray]:
    quotient = problem.quotient
    lows, highs = bound_parts(problem, rewards, tolerance=tolerance / (2 if order is None else 3))
    if len(problem.parts) == 1 and quotient.graph.n_nodes == 1:
        return lows[0], highs[0]
    stay_low = np.full((len(rewards), quotient.graph.n_nodes), -np.inf)
    stay_high = np.full((len(rewards), quotient.graph.n_nodes), -np.inf)
    for part, low, high in zip(problem.parts, lows, highs, strict=True):
        np.maximum(stay_low[:, part.stays], low, out=stay_low[:, part.stays])
        np.maximum(stay_high[:, part.stays], high, out=stay_high[:, part.stays])
    if order is not None:
        return bound_reaching(quotient, order, stay_low, stay_high)
    if quotient.graph.n_nodes == 1:
        return stay_low[:, 0], stay_high[:, 0]
    slack = (
        (quotient.graph.n_nodes + 4) * UNIT * np.maximum(np.abs(stay_low).max(axis=1), np.abs(stay_high).max(axis=1))
    )
    return stay_low @ quotient.initial - slack, stay_high @ quotient.initial + slack


def bound_parts(problem: GainProblem, rewards: FloatArray, *, tolerance: float) -> tuple[FloatArray, FloatArray]:
    """Certified bounds on the gain of each part, of shape (n_parts, n_rewards); rewards of moderate size."""
    lows, highs = np.empty((len(problem.parts), len(rewards))), np.empty((len(problem.parts), len(rewards)))
    for k, part in enumerate(problem.parts):
        if isinstance(part, CyclePart):
            lows[k], highs[k] = bound_cycle_means(part.cycles, rewards)
        else:
            lows[k], highs[k] = bound_mixed_gains(part, rewards, tolerance=tolerance)
    return lows, highs
