"""Shares by sampling, with an interval that is right whenever one stops.

Each sampled reward is a success when A is at least as good as B; where the outcomes have symmetries that mix A and B,
the mean verdict over them takes the place of the verdict (``averaging``), with the same mean and less variance. The
interval (``intervals``) is valid at every sample size at once: sampling may stop as soon as it is narrow enough.

Where a comparison stays undecided the share lies between two: that of proved successes and that of all but proved
failures. Each then gets an interval of its own with half of alpha, and the estimate spans both.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Literal

import numpy as np

from orbitwise.compute.executors import Executor, iter_results
from orbitwise.errors import InvalidInput
from orbitwise.evidence.averaging import Averaging, count_means, find_averaging
from orbitwise.evidence.comparison import Comparison, always_decides, compare_support, prepare_comparison
from orbitwise.evidence.intervals import confidence_interval, mean_interval
from orbitwise.evidence.kinds import Estimate
from orbitwise.outcomes.question import Question
from orbitwise.rewards.batches import RewardBatch
from orbitwise.rewards.distributions import Distribution, draw_rewards, is_exchangeable
from orbitwise.rewards.orbits import draw_permutations, orbit_of
from orbitwise.typing import IntArray

__all__ = [
    "MAX_SAMPLES",
    "MAX_STEPS",
    "check_settings",
    "cut_samples",
    "draw_population",
    "estimate_prepared",
    "estimate_share",
    "share_interval",
    "steps_of_drawing",
]

SAMPLE_STEPS = 1_000  # of drawing a reward and comparing listed outcomes,
ENTRY_STEPS = 100  # and for each coordinate
CHUNK_ENTRIES = 2**20  # rewards x coordinates of a full chunk, 8 MB of doubles
LARGEST_CHUNK = 2048
MAX_SAMPLES = 10_000_000
MAX_STEPS = 2 * 10**11  # elementary steps of solving: half a minute where a step is quick, minutes where ties are


def estimate_share(
    question: Question,
    reward: Sequence[Fraction] | Distribution,
    *,
    precision: float = 0.01,
    level: float = 0.95,
    seed: int = 0,
    max_samples: int = MAX_SAMPLES,
    executor: Executor | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> Estimate:
    """The weak share of A over a reward's orbit, or over a distribution of rewards, by sampling.

    **Guarantee:** the interval covers the true share with probability at least ``level``, whenever sampling stops; the
    same seed gives the same estimate.
    **Cost:** about 4 / precision^2 comparisons for a share near 1/2, fewer near 0 or 1 and where listed outcomes have
    symmetries that mix A and B (the estimate's ``variance_ratio``); memory does not grow.

    Parameters
    ----------
    question
        Which sets are compared, and which coordinates permute.
    reward
        Shape (d,), exact: its permutations are sampled. Or the distribution to sample from.
    precision
        Width of the interval at which to stop; dimensionless.
    level
        Coverage, inside (0, 1).
    seed
        Root of the random stream.
    max_samples
        Where to stop at the latest. Where every reward has to be solved, sampling also stops after 2 x 10^11 elementary
        steps, half a minute or, with many ties, minutes; the interval is then wider than asked for.
    executor
        Where the comparisons run, by default threads on all processors; the estimate does not depend on it.
    progress
        Called after each chunk with the number of samples and the width reached.

    Raises
    ------
    InvalidInput
        ``precision`` or ``level`` is outside (0, 1), or ``max_samples`` is not positive.

    Examples
    --------
    >>> from orbitwise.outcomes.question import ask_vectors
    >>> from orbitwise.rewards import parse_distribution
    >>> question = ask_vectors(prefer=[[0, 1, 0], [0, 0, 1]], over=[[1, 0, 0]])
    >>> estimate = estimate_share(question, parse_distribution("uniform"), precision=0.05)
    >>> estimate.low < 2 / 3 < estimate.high
    True

    The bound 2/3 of the two copies is not sharp for this reward law, since a mixture besides them is sometimes best.
    Averaging over the three that can be exchanged leaves a small part of the variance:

    >>> copies, mixture = [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0]], [0, 0, 0, 0.5, 0.5]
    >>> question = ask_vectors(prefer=[*copies, mixture], over=[[1, 0, 0, 0, 0]])
    >>> estimate = estimate_share(question, parse_distribution("uniform"), precision=0.01)
    >>> estimate.low < 35 / 48 < estimate.high, round(estimate.variance_ratio, 1)
    (True, 0.1)
    """
    check_settings(precision, level, max_samples)
    comparison = prepare_comparison(question, None if isinstance(reward, Distribution) else reward)
    estimate, _ = estimate_prepared(
        question,
        comparison,
        reward,
        precision=precision,
        level=level,
        seed=seed,
        max_samples=max_samples,
        max_steps=MAX_STEPS,
        averaging=find_averaging(question, comparison) if permutes(reward) else None,
        executor=executor,
        progress=progress,
    )
    return estimate


def check_settings(precision: float, level: float, max_samples: int) -> None:
    """Refuse settings outside their range, as :func:`estimate_share` says."""
    for name, value in (("precision", precision), ("level", level)):
        if not 0 < value < 1:
            raise InvalidInput(f"expected a number inside (0, 1), found {value}; try 0.01 or 0.95", where=name)
    if max_samples < 1:
        raise InvalidInput(f"expected at least 1 sample, found {max_samples}; allow more", where="max_samples")


def estimate_prepared(
    question: Question,
    comparison: Comparison,
    reward: Sequence[Fraction] | Distribution,
    *,
    precision: float,
    level: float,
    seed: int,
    max_samples: int,
    max_steps: int = MAX_STEPS,
    averaging: Averaging | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> tuple[Estimate, int]:
    """The estimate for a comparison that was prepared before, and the elementary steps it took."""
    population = reward if isinstance(reward, Distribution) else tuple(reward)
    work = _Sampling(question, comparison, averaging, population, seed)
    values = (0.0, 1.0) if averaging is None else averaging.values
    counts = np.zeros(len(values), dtype=np.int64)
    samples = steps = 0
    low, high = 0.0, 1.0
    limit: Literal["", "samples", "steps"] = "samples"
    tasks = cut_samples(question.n_coordinates, max_samples)
    with contextlib.closing(iter_results(work, tasks, executor=executor)) as results:
        for found in results:
            samples, steps, counts = samples + found.samples, steps + found.steps, counts + found.counts
            if averaging is not None:
                low, high = mean_interval(values, counts.tolist(), level)
            else:
                refuted, proved = counts.tolist()
                low, high = share_interval(proved, refuted, samples, level, decides=always_decides(comparison))
            if progress is not None:
                progress(samples, high - low)
            if high - low - (samples - int(counts.sum())) / samples <= precision:
                limit = ""
                break
            if steps > max_steps:
                limit = "steps"
                break
    undecided = samples - int(counts.sum())
    estimate = Estimate(
        share=(sum(n * value for n, value in zip(counts.tolist(), values, strict=True)) + undecided / 2) / samples,
        low=low,
        high=high,
        level=level,
        samples=samples,
        population=str(reward) if isinstance(reward, Distribution) else "orbit",
        undecided=undecided,
        variance_ratio=None if averaging is None else _variance_ratio(values, counts.tolist()),
        limit=limit,
    )
    return estimate, steps


def _variance_ratio(values: Sequence[float], counts: Sequence[int]) -> float:
    """Observed variance of the means over that of a coin with the same share; 1 where neither varies."""
    share = sum(n * value for n, value in zip(counts, values, strict=True)) / sum(counts)
    variance = sum(n * (value - share) ** 2 for n, value in zip(counts, values, strict=True)) / sum(counts)
    return min(1.0, variance / (share * (1 - share))) if 0 < share < 1 else 1.0


def share_interval(proved: int, refuted: int, samples: int, level: float, *, decides: bool) -> tuple[float, float]:
    """The interval of a share after so many proved successes and failures; ``decides``: no other is possible."""
    if decides:
        return confidence_interval(proved, refuted, level)
    each = 1 - (1 - level) / 2
    low, _ = confidence_interval(proved, samples - proved, each)
    _, high = confidence_interval(samples - refuted, refuted, each)
    return low, high


@dataclass(frozen=True, eq=False)
class _Tally:
    """What one task found: how often each value (0: worse, 1: at least as good, or the means between) occurred."""

    samples: int
    counts: IntArray  # (n_values,); the rest was undecided
    steps: int


@dataclass(frozen=True, eq=False)
class _Sampling:
    """The work on one task: draw the rewards ``start`` to ``start + n_rewards - 1`` and compare A with B on each."""

    question: Question
    comparison: Comparison
    averaging: Averaging | None
    population: tuple[Fraction, ...] | Distribution
    seed: int

    def __call__(self, task: tuple[int, int]) -> _Tally:
        batch = draw_population(self.question, self.population, task, self.seed)
        steps = steps_of_drawing(len(batch), self.question.n_coordinates)
        if self.averaging is not None:
            return _Tally(len(batch), count_means(self.averaging, batch), steps)
        signs = compare_support(self.comparison, batch)
        counts = np.array([signs.worse.sum(), signs.at_least.sum()])
        return _Tally(len(batch), counts, signs.steps + steps)


def permutes(reward: Sequence[Fraction] | Distribution) -> bool:
    """Whether permuting the coordinates changes nothing of what is sampled."""
    return not isinstance(reward, Distribution) or is_exchangeable(reward)


def draw_population(
    question: Question, population: tuple[Fraction, ...] | Distribution, task: tuple[int, int], seed: int
) -> RewardBatch:
    """The rewards of a task; they depend on the question only through its coordinates and which of them permute."""
    start, n_rewards = task
    if isinstance(population, Distribution):
        return draw_rewards(population, n_rewards, question.n_coordinates, seed=seed, start=start)
    return draw_permutations(orbit_of(population, question.permutable), n_rewards, seed=seed, start=start)


def steps_of_drawing(n_rewards: int, n_coordinates: int) -> int:
    """Elementary steps of drawing rewards and of comparing listed outcomes, about."""
    return n_rewards * (SAMPLE_STEPS + ENTRY_STEPS * n_coordinates)


def cut_samples(n_coordinates: int, max_samples: int) -> Iterator[tuple[int, int]]:
    """Tasks (start, n_rewards): small ones first, so that easy questions stop early; fixed by the problem alone."""
    largest = max(1, min(LARGEST_CHUNK, CHUNK_ENTRIES // n_coordinates))
    start = 0
    for k in count():
        n_rewards = min(largest, 64 << min(k, 10), max_samples - start)
        if n_rewards <= 0:
            return
        yield start, n_rewards
        start += n_rewards
