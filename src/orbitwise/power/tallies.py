"""Sampling in chunks: of each chunk of rewards only moments and counts are kept.

The chunks, and the order in which they are merged, depend on the problem alone, so the results do not depend on where
they run, and memory does not grow with the samples.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import islice

import numpy as np

from orbitwise.compute.executors import Executor, iter_results
from orbitwise.power.moments import Moments, measure, merge
from orbitwise.power.quantiles import Bins, count_bins, lay_bins
from orbitwise.power.terms import Terms, bound_terms
from orbitwise.rewards.distributions import Distribution, draw_rewards
from orbitwise.typing import FloatArray, IntArray

__all__ = ["REPLICATES", "Sampling", "Tally", "cut_samples", "run_replicated", "run_sampling"]

CHUNK_VALUES = 2**17  # rewards x states of a chunk: 1 MB of doubles, which stays in the cache
LEAST_CHUNK, LARGEST_CHUNK = 64, 2048
REPLICATES = 16  # scrambled Sobol sequences
UNIT = 2.0**-53
Task = tuple[int, int]  # the first reward, and how many


@dataclass(frozen=True, eq=False)
class Tally:
    """What the rewards of some chunks contribute."""

    power: Moments
    optimal: Moments
    width: FloatArray  # (n_states,) largest half width of a solver's interval
    size: FloatArray  # (n_states,) largest |p| or |(1 - g) V*|
    largest_chunk: int
    n_chunks: int
    counts: IntArray | None  # (n_states, n_bins)

    @property
    def numerical_error(self) -> FloatArray:
        """How far the mean of p is from that of the exact p of the same rewards at most, shape (n_states,)."""
        roundings = self.largest_chunk + 8 * self.n_chunks + 4
        error: FloatArray = self.width + roundings * UNIT * self.size
        return error


@dataclass(frozen=True, eq=False)
class Sampling:
    """The work on one chunk: draw the rewards ``start`` to ``start + n - 1``, and tally what they contribute."""

    terms: Terms
    reward: Distribution
    n_coordinates: int
    seed: int
    tolerance: float
    support: tuple[float, float]  # of every reward, hence of p
    run_length: int = 0  # points of one scrambled Sobol sequence; 0: independent rewards
    bins: Bins | None = None

    def __call__(self, task: Task) -> Tally:
        """The tally of one chunk."""
        power, optimal, width = self.solve(task)
        return Tally(
            power=measure(power),
            optimal=measure(optimal),
            width=width,
            size=np.maximum(np.abs(power).max(axis=0), np.abs(optimal).max(axis=0)),
            largest_chunk=len(power),
            n_chunks=1,
            counts=None if self.bins is None else count_bins(self.bins, optimal),
        )

    def solve(self, task: Task) -> tuple[FloatArray, FloatArray, FloatArray]:
        """P and the normalized optimal value, shape (n, n_states), and the largest error of p, shape (n_states,)."""
        start, n = task
        replicate, first = divmod(start, self.run_length) if self.run_length else (None, start)
        rewards = draw_rewards(
            self.reward, n, self.n_coordinates, seed=self.seed, start=first, replicate=replicate
        ).floats
        low, high = bound_terms(self.terms, rewards, tolerance=self.tolerance)
        np.clip(low, *self.support, out=low)
        np.clip(high, *self.support, out=high)
        power = (low + high) / 2
        discount = float(self.terms.discount)
        return power, discount * power + (1 - discount) * rewards[:, self.terms.states], (high - low).max(axis=0) / 2


def run_sampling(
    work: Sampling, samples: int, *, executor: Executor | None, wants_bins: bool = False
) -> tuple[Tally, Bins | None]:
    """All chunks together, and the bins that the first chunk has laid out.

    **Cost:** one solve a sample; at most a few chunks are held at a time.
    """
    tasks = cut_samples(work.n_coordinates, samples)
    if wants_bins:
        first = next(cut_samples(work.n_coordinates, samples))
        work = replace(work, bins=lay_bins(work.solve(first)[1]))
    with contextlib.closing(iter_results(work, tasks, executor=executor)) as results:
        return reduce(_add, results), work.bins


def run_replicated(work: Sampling, *, executor: Executor | None) -> tuple[Tally, FloatArray]:
    """All points of ``REPLICATES`` scrambled Sobol sequences together, and the mean of p over each.

    The means have shape (REPLICATES, n_states); they are independent.
    """
    length = min(1 << (_chunk_size(work.n_coordinates).bit_length() - 1), work.run_length)
    tasks = ((start, length) for start in range(0, REPLICATES * work.run_length, length))
    with contextlib.closing(iter_results(work, tasks, executor=executor)) as results:
        totals = [reduce(_add, islice(results, work.run_length // length)) for _ in range(REPLICATES)]
    return reduce(_add, totals), np.array([total.power.mean for total in totals])


def cut_samples(n_coordinates: int, samples: int) -> Iterator[Task]:
    """Chunks (start, n) of the samples, fixed by the problem alone."""
    size = _chunk_size(n_coordinates)
    for start in range(0, samples, size):
        yield start, min(size, samples - start)


def _chunk_size(n_coordinates: int) -> int:
    return max(LEAST_CHUNK, min(LARGEST_CHUNK, CHUNK_VALUES // n_coordinates) // LEAST_CHUNK * LEAST_CHUNK)


def _add(first: Tally, second: Tally) -> Tally:
    counts = None if first.counts is None or second.counts is None else first.counts + second.counts
    return Tally(
        power=merge(first.power, second.power),
        optimal=merge(first.optimal, second.optimal),
        width=np.maximum(first.width, second.width),
        size=np.maximum(first.size, second.size),
        largest_chunk=max(first.largest_chunk, second.largest_chunk),
        n_chunks=first.n_chunks + second.n_chunks,
        counts=counts,
    )
