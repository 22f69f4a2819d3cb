"""Margins h_A - h_B of sampled rewards, as certified intervals, and shares that hold for all epsilons together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, log, sqrt

import numpy as np

from orbitwise.errors import NotSupported
from orbitwise.evidence.comparison_listed import Matrix, bound_products, make_matrix
from orbitwise.evidence.counts_reduction import reduce_outcomes
from orbitwise.outcomes.question import Question
from orbitwise.rewards.batches import RewardBatch
from orbitwise.rewards.distributions import Distribution, draw_rewards
from orbitwise.rewards.orbits import draw_permutations, orbit_of
from orbitwise.solvers.discounted_difference import DifferencePlan, bound_difference, plan_difference
from orbitwise.solvers.gain import bound_gain
from orbitwise.solvers.gain_problem import GainProblem, prepare_gain
from orbitwise.typing import FloatArray

__all__ = ["Interval", "SampledMargins", "SampledStep", "sample_margins"]

CHUNK = 2_048
MOST_SAMPLES = 1_000_000
MOST_STEPS = 2 * 10**10  # elementary steps, half a minute
SWEEP_STEPS = 40  # of solving, for each transition
UNIT = 2.0**-50


@dataclass(frozen=True)
class Interval:
    """An observed share and the interval of the true one."""

    share: float
    low: float
    high: float


@dataclass(frozen=True)
class SampledStep:
    """Shares with margin > epsilon, < -epsilon, and neither."""

    epsilon: Fraction
    above: Interval
    below: Interval
    between: Interval


@dataclass(frozen=True)
class SampledMargins:
    """Estimated shares; with probability ``level`` all intervals hold at once, for every epsilon.

    Parameters
    ----------
    at
        At the epsilons asked for.
    samples, level
        How many rewards were sampled, fixed beforehand, and the coverage.
    population
        ``"orbit"`` or the name of the reward distribution.
    """

    at: tuple[SampledStep, ...]
    samples: int
    level: float
    population: str


Problem = Matrix | DifferencePlan | tuple[GainProblem, GainProblem]


def sample_margins(
    question: Question,
    reward: Sequence[Fraction] | Distribution,
    epsilons: Sequence[Fraction],
    *,
    scale: Fraction,
    precision: float,
    level: float,
    seed: int,
    progress: Callable[[float], None] | None = None,
) -> SampledMargins:
    """Shares of margins by sampling.

    **Guarantee:** simultaneous over all epsilons, with probability ``level``. **Cost:** about 10 / precision^2 rewards.

    Parameters
    ----------
    scale
        Turns h_A - h_B into the margin: 1 - g under discounting, else 1.

    Raises
    ------
    NotSupported
        The best value of a policy set is not known to the solvers.
    """
    problem, steps = _prepare(question)
    d = question.n_coordinates
    wanted = ceil(2 * log(4 / (1 - level)) / precision**2)
    samples = max(CHUNK, min(wanted, MOST_SAMPLES, MOST_STEPS // steps))
    orbit = None if isinstance(reward, Distribution) else orbit_of(reward, question.permutable)
    limits = np.array([float(epsilon) for epsilon in epsilons])
    counts = np.zeros((4, len(limits)), dtype=np.int64)
    for start in range(0, samples, CHUNK):
        n = min(CHUNK, samples - start)
        if orbit is None:
            batch = draw_rewards(reward, n, d, seed=seed, start=start)  # type: ignore[arg-type]
        else:
            batch = draw_permutations(orbit, n, seed=seed, start=start)
        low, high = _bound_margins(problem, batch, float(scale))
        for k, epsilon in enumerate(limits.tolist()):
            slack = 2 * UNIT * epsilon
            counts[0, k] += int((low > epsilon + slack).sum())
            counts[1, k] += int((high > epsilon - slack).sum())
            counts[2, k] += int((high < -epsilon - slack).sum())
            counts[3, k] += int((low < -epsilon + slack).sum())
        if progress is not None:
            progress((start + n) / samples)
    width = sqrt(log(4 / (1 - level)) / (2 * samples)) + 1e-12
    return SampledMargins(
        at=tuple(_step(epsilon, (counts[:, k] / samples).tolist(), width) for k, epsilon in enumerate(epsilons)),
        samples=samples,
        level=level,
        population=str(reward) if isinstance(reward, Distribution) else "orbit",
    )


def _step(epsilon: Fraction, shares: list[float], width: float) -> SampledStep:
    """``shares``: proved above, not refuted above, proved below, not refuted below."""

    def interval(low: float, high: float) -> Interval:
        return Interval((low + high) / 2, max(0.0, low - width), min(1.0, high + width))

    above, below = interval(*shares[:2]), interval(*shares[2:])
    share = 1 - above.share - below.share
    between = Interval(share, max(0.0, 1 - above.high - below.high), min(1.0, 1 - above.low - below.low))
    return SampledStep(epsilon, above, below, between)


def _prepare(question: Question) -> tuple[Problem, int]:
    """What finds margins, and the elementary steps that it takes for each reward, about."""
    sides = question.outcomes
    if not isinstance(sides, NotSupported):
        matrix = make_matrix(reduce_outcomes(*sides, None, question.permutable))
        return matrix, matrix.floats.size + 100 * question.n_coordinates
    play, discount = question.play, question.criterion.discount
    if play is None:
        raise sides
    first, second = play.prefer_arena, play.over_arena
    steps = SWEEP_STEPS * (len(first.graph.successors) + len(second.graph.successors))
    if discount is not None:
        return plan_difference(first, second, discount), steps
    return (prepare_gain(first), prepare_gain(second)), steps


def _bound_margins(problem: Problem, batch: RewardBatch, scale: float) -> tuple[FloatArray, FloatArray]:
    """Intervals that contain the margins; the rounding of the rewards to doubles is included."""
    if isinstance(problem, Matrix):
        low, high = bound_products(problem, batch)
    elif isinstance(problem, DifferencePlan):
        difference = bound_difference(problem, batch.floats)
        low, high = difference.low, difference.high
    else:
        ours, theirs = (bound_gain(part, batch.floats) for part in problem)
        low, high = ours.low - theirs.high, ours.high - theirs.low
    rounding = UNIT * (np.abs(batch.floats).max(axis=1) + np.maximum(np.abs(low), np.abs(high)) * scale) + 1e-300
    return low * scale - rounding, high * scale + rounding
