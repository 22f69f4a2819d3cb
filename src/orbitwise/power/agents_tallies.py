"""Sampling reward pairs in chunks: of each chunk only moments are kept, for every correlation and both agents.

The samples come in 32 groups of nearly equal size, whose means tell how certain the alignment is; each group is cut
into chunks. Groups, chunks and the order in which they are merged depend on the problem alone, so the results do not
depend on where they run, and memory does not grow with the samples.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise

import numpy as np

from orbitwise.compute.executors import Executor, iter_results
from orbitwise.power.agents_protocol import Protocol, iter_worths
from orbitwise.power.moments import Moments, measure, merge
from orbitwise.rewards.agreement import draw_agreeing
from orbitwise.rewards.distributions import Distribution
from orbitwise.typing import FloatArray

__all__ = ["AgentSampling", "AgentTally", "group_sizes", "run_agents"]

GROUPS = 32
CHUNK_VALUES = 2**16  # rewards x states of a chunk
UNIT = 2.0**-53


@dataclass(frozen=True, eq=False)
class AgentTally:
    """What some chunks contribute to one agent's POWER at one correlation."""

    power: Moments
    width: float  # largest certified error
    size: float  # largest |p|
    largest_chunk: int
    n_chunks: int
    resolved: int

    @property
    def numerical_error(self) -> float:
        """How far the mean of p is from that of the exact p at most."""
        return self.width + (self.largest_chunk + 8 * self.n_chunks + 4) * UNIT * self.size


Both = tuple[AgentTally, AgentTally]


@dataclass(frozen=True, eq=False)
class AgentSampling:
    """The work on one chunk: the reward pairs ``start`` to ``start + n - 1``, for every correlation."""

    protocol: Protocol
    reward: Distribution
    correlations: tuple[Fraction, ...]
    n_states: int
    seed: int
    support: tuple[float, float]

    def __call__(self, task: tuple[int, int]) -> list[Both]:
        """Of each correlation, the tallies of both agents."""
        start, n = task
        human, others = draw_agreeing(self.reward, self.correlations, n, self.n_states, seed=self.seed, start=start)
        return [
            (
                self.tally(worth.human, worth.human_error, worth.resolved),
                self.tally(worth.ai, worth.ai_error, worth.resolved),
            )
            for worth in iter_worths(self.protocol, human, others)
        ]

    def tally(self, power: FloatArray, error: float, resolved: int) -> AgentTally:
        """One agent's; rounding may not lead out of the support."""
        np.clip(power, *self.support, out=power)
        return AgentTally(measure(power), error, float(np.abs(power).max()), len(power), 1, resolved)


def run_agents(work: AgentSampling, samples: int, executor: Executor | None) -> tuple[list[Both], FloatArray]:
    """All chunks together, and the mean of each group, shape (n_groups, n_correlations, 2, n_states)."""
    longest = max(1, CHUNK_VALUES // work.n_states)
    tasks: list[tuple[int, int]] = []
    counts = []
    start = 0
    for size in group_sizes(samples):
        chunks = [(first, min(longest, start + size - first)) for first in range(start, start + size, longest)]
        tasks += chunks
        counts.append(len(chunks))
        start += size
    totals: list[Both] = []
    means = []
    with contextlib.closing(iter_results(work, tasks, executor=executor)) as results:
        for count in counts:
            group: list[Both] = []
            for found in islice(results, count):
                group = _add(group, found)
            totals = _add(totals, group)
            means.append([[tally.power.mean for tally in pair] for pair in group])
    return totals, np.array(means)


def group_sizes(samples: int) -> list[int]:
    """Samples of each group, nearly equal."""
    n_groups = min(GROUPS, samples)
    ends = [samples * k // n_groups for k in range(n_groups + 1)]
    return [b - a for a, b in pairwise(ends)]


def _add(old: list[Both], new: list[Both]) -> list[Both]:
    if not old:
        return new
    return [(_merge(a, c), _merge(b, d)) for (a, b), (c, d) in zip(old, new, strict=True)]


def _merge(first: AgentTally, second: AgentTally) -> AgentTally:
    return AgentTally(
        power=merge(first.power, second.power),
        width=max(first.width, second.width),
        size=max(first.size, second.size),
        largest_chunk=max(first.largest_chunk, second.largest_chunk),
        n_chunks=first.n_chunks + second.n_chunks,
        resolved=first.resolved + second.resolved,
    )
