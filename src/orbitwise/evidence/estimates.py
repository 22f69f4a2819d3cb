"""Shares by sampling, with an interval that is right whenever one stops.

Each sampled reward is a success when A is at least as good as B. For successes s and failures f in any order, the
mixture M(p) = B(s + 1/2, f + 1/2) / B(1/2, 1/2) / (p^s (1 - p)^f) is a non-negative martingale of mean 1 if p is the
true share, so it ever exceeds 1/alpha with probability at most alpha (Ville). The p with M(p) < 1/alpha form an
interval, valid at every sample size at once: sampling may stop as soon as it is narrow enough.

Where a comparison stays undecided the share lies between two: that of proved successes and that of all but proved
failures. Each then gets an interval of its own with half of alpha, and the estimate spans both.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from math import inf, lgamma, log, nextafter

from orbitwise.compute.executors import Executor, iter_results
from orbitwise.errors import InvalidInput
from orbitwise.evidence.comparison import Comparison, always_decides, compare_support, prepare_comparison
from orbitwise.evidence.kinds import Estimate
from orbitwise.outcomes.question import Question
from orbitwise.rewards.distributions import Distribution, draw_rewards
from orbitwise.rewards.orbits import draw_permutations, orbit_of

__all__ = ["confidence_interval", "estimate_prepared", "estimate_share"]

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
    **Cost:** about 4 / precision^2 comparisons for a share near 1/2, fewer near 0 or 1; memory does not grow.

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

    References
    ----------
    Robbins, *Statistical methods related to the law of the iterated logarithm* (1970); Ville (1939).

    Examples
    --------
    >>> from orbitwise.outcomes.question import ask_vectors
    >>> from orbitwise.rewards import parse_distribution
    >>> question = ask_vectors(prefer=[[0, 1, 0], [0, 0, 1]], over=[[1, 0, 0]])
    >>> estimate = estimate_share(question, parse_distribution("uniform"), precision=0.05)
    >>> estimate.low < 2 / 3 < estimate.high
    True
    """
    for name, value in (("precision", precision), ("level", level)):
        if not 0 < value < 1:
            raise InvalidInput(f"expected a number inside (0, 1), found {value}; try 0.01 or 0.95", where=name)
    if max_samples < 1:
        raise InvalidInput(f"expected at least 1 sample, found {max_samples}", where="max_samples")
    comparison = prepare_comparison(question)
    estimate, _ = estimate_prepared(
        question,
        comparison,
        reward,
        precision=precision,
        level=level,
        seed=seed,
        max_samples=max_samples,
        executor=executor,
        progress=progress,
    )
    return estimate


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
    executor: Executor | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> tuple[Estimate, int]:
    """The estimate for a comparison that was prepared before, and the elementary steps it took."""
    work = _Sampling(question, comparison, reward if isinstance(reward, Distribution) else tuple(reward), seed)
    tasks = _cut(question.n_coordinates, max_samples)
    proved = refuted = samples = steps = 0
    low, high = 0.0, 1.0
    with contextlib.closing(iter_results(work, tasks, executor=executor)) as results:
        for found in results:
            samples, steps = samples + found.samples, steps + found.steps
            proved, refuted = proved + found.proved, refuted + found.refuted
            low, high = _interval(proved, refuted, samples, level, always_decides(comparison))
            if progress is not None:
                progress(samples, high - low)
            if high - low - (samples - proved - refuted) / samples <= precision or steps > max_steps:
                break
    undecided = samples - proved - refuted
    estimate = Estimate(
        share=(proved + undecided / 2) / samples,
        low=low,
        high=high,
        level=level,
        samples=samples,
        population=str(reward) if isinstance(reward, Distribution) else "orbit",
        undecided=undecided,
    )
    return estimate, steps


def confidence_interval(successes: int, failures: int, level: float) -> tuple[float, float]:
    """The anytime-valid interval of a success probability after so many successes and failures.

    **Guarantee:** intervals computed at any number of stages all cover the probability, together, with probability at
    least ``level``; ends are rounded outward.

    Examples
    --------
    >>> low, high = confidence_interval(60, 40, 0.95)
    >>> round(low, 2), round(high, 2)
    (0.43, 0.75)
    """
    if successes + failures == 0:
        return 0.0, 1.0
    budget = -log(1 - level) + 1e-9 * (1 + successes + failures)  # the slack covers the rounding of the logarithms
    mixture = lgamma(successes + 0.5) + lgamma(failures + 0.5) - lgamma(successes + failures + 1.0) - 2 * lgamma(0.5)

    def covered(p: float) -> bool:
        likelihood = (successes * log(p) if successes else 0.0) + (failures * log(1 - p) if failures else 0.0)
        return mixture - likelihood < budget

    center = successes / (successes + failures)
    low = 0.0 if successes == 0 else _last_uncovered(covered, nextafter(0.0, 1.0), center)
    high = 1.0 if failures == 0 else _last_uncovered(covered, nextafter(1.0, 0.0), center)
    return low, high


def _last_uncovered(covered: Callable[[float], bool], outside: float, inside: float) -> float:
    """A point outside the interval, next to its end between ``outside`` and ``inside``."""
    if covered(outside):
        return 0.0 if outside < inside else 1.0
    for _ in range(100):
        middle = (outside + inside) / 2
        if middle in (outside, inside):
            break
        if covered(middle):
            inside = middle
        else:
            outside = middle
    return nextafter(outside, -inf if outside < inside else inf)


def _interval(proved: int, refuted: int, samples: int, level: float, decides: bool) -> tuple[float, float]:
    if decides:
        return confidence_interval(proved, refuted, level)
    each = 1 - (1 - level) / 2
    low, _ = confidence_interval(proved, samples - proved, each)
    _, high = confidence_interval(samples - refuted, refuted, each)
    return low, high


@dataclass(frozen=True)
class _Tally:
    """What one task found."""

    samples: int
    proved: int
    refuted: int
    steps: int


@dataclass(frozen=True, eq=False)
class _Sampling:
    """The work on one task: draw the rewards ``start`` to ``start + n_rewards - 1`` and compare A with B on each."""

    question: Question
    comparison: Comparison
    reward: tuple[Fraction, ...] | Distribution
    seed: int

    def __call__(self, task: tuple[int, int]) -> _Tally:
        start, n_rewards = task
        d = self.question.n_coordinates
        if isinstance(self.reward, Distribution):
            batch = draw_rewards(self.reward, n_rewards, d, seed=self.seed, start=start)
        else:
            orbit = orbit_of(self.reward, self.question.permutable)
            batch = draw_permutations(orbit, n_rewards, seed=self.seed, start=start)
        signs = compare_support(self.comparison, batch)
        steps = signs.steps + n_rewards * (SAMPLE_STEPS + ENTRY_STEPS * d)
        return _Tally(n_rewards, int(signs.at_least.sum()), int(signs.worse.sum()), steps)


def _cut(n_coordinates: int, max_samples: int) -> Iterator[tuple[int, int]]:
    """Tasks (start, n_rewards): small ones first, so that easy questions stop early; fixed by the problem alone."""
    largest = max(1, min(LARGEST_CHUNK, CHUNK_ENTRIES // n_coordinates))
    start = 0
    for k in count():
        n_rewards = min(largest, 64 << min(k, 10), max_samples - start)
        if n_rewards <= 0:
            return
        yield start, n_rewards
        start += n_rewards
