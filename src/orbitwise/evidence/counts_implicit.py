"""Counting a small orbit when outcomes cannot be listed: every element is solved.

Only coordinates that a play of A or B can visit matter (under average reward: visit for ever). Elements of the orbit
that agree there are compared once, weighted by how many they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import factorial, prod

import numpy as np

from orbitwise.evidence.comparison import Comparison, compare_support, steps_of_solving
from orbitwise.evidence.comparison_solved import find_visited_states
from orbitwise.evidence.counts_work import count_assignments
from orbitwise.evidence.kinds import NotAffordable, OrbitCount
from orbitwise.outcomes.question import Question
from orbitwise.rewards.orbits import Orbit, iter_orbit, orbit_of
from orbitwise.typing import IntArray

__all__ = ["Tally", "count_by_solving", "iter_parts", "tally_orbit"]

PLACEMENT_STEPS = 1_000  # elementary steps of making one reward and counting its verdict
BATCH_ENTRIES = 2**20


@dataclass(frozen=True)
class Tally:
    """What is known about every element of an orbit; ``steps`` is what it took."""

    prefer_only: int = 0
    over_only: int = 0
    both: int = 0
    at_least: int = 0  # A is at least as good; whether it is better is open
    undecided: int = 0
    steps: int = 0

    @property
    def share(self) -> Fraction | None:
        """The exact weak share; None when something is undecided."""
        if self.undecided:
            return None
        proved = self.prefer_only + self.both + self.at_least
        return Fraction(proved, proved + self.over_only)


def count_by_solving(
    question: Question, comparison: Comparison, reward: Sequence[Fraction], *, work_limit: int
) -> OrbitCount | NotAffordable:
    """The four-way count (C is A u B) over a small orbit.

    **Guarantee:** exact. **Cost:** one solve for each way to place the values on the visited states; computed first.

    Parameters
    ----------
    comparison
        From ``prepare_comparison``.
    reward
        Shape (d,), exact.
    """
    visited = np.union1d(*find_visited_states(question))
    tally = tally_orbit(question, comparison, visited, reward, work_limit=work_limit)
    if isinstance(tally, NotAffordable):
        return tally
    if tally.undecided or tally.at_least:
        return NotAffordable(
            tally.steps,
            work_limit,
            "some comparisons cannot be decided: the best value of policies that must enter or end somewhere is only "
            "known within bounds; an estimate says what follows from these",
        )
    return OrbitCount(tally.prefer_only, tally.over_only, tally.both)


def tally_orbit(
    question: Question, comparison: Comparison, visited: IntArray, reward: Sequence[Fraction], *, work_limit: int
) -> Tally | NotAffordable:
    """What the solvers say about every element of a small orbit.

    **Guarantee:** exact. **Cost:** as :func:`count_by_solving`.
    """
    orbit = orbit_of(reward, question.permutable)
    moving = np.intersect1d(visited, orbit.permutable)
    placements = count_assignments((1,) * len(moving), orbit.multiplicities)
    work = placements * (PLACEMENT_STEPS + steps_of_solving(comparison))
    if work > work_limit:
        return NotAffordable(
            work,
            work_limit,
            f"the outcomes cannot be listed ({question.outcomes}), and the exact count would have to solve "
            f"{_short(placements)} rewards, more than is allowed; use a reward with fewer values, or an estimate",
        )
    totals = {(low, high): 0 for low in (-1, 0, 1) for high in (-1, 0, 1)}
    steps = 0
    for part, weight in iter_parts(orbit, moving):
        for batch in iter_orbit(part, rows=max(1, BATCH_ENTRIES // question.n_coordinates)):
            signs = compare_support(comparison, batch)
            steps += signs.steps + PLACEMENT_STEPS * len(batch)
            for ends in totals:
                totals[ends] += weight * int(np.count_nonzero((signs.low == ends[0]) & (signs.high == ends[1])))
    return Tally(
        prefer_only=totals[1, 1],
        over_only=totals[-1, -1],
        both=totals[0, 0],
        at_least=totals[0, 1],
        undecided=totals[-1, 0] + totals[-1, 1],
        steps=steps,
    )


def iter_parts(orbit: Orbit, moving: IntArray) -> Iterator[tuple[Orbit, int]]:
    """The orbit in parts: each the permutations of some of the values over the visited states, and their weight."""
    rest = np.setdiff1d(orbit.permutable, moving)
    for used in _iter_submultisets(orbit.multiplicities, len(moving)):
        left = [m - u for m, u in zip(orbit.multiplicities, used, strict=True)]
        codes = orbit.codes.copy()
        codes[moving] = np.repeat(np.arange(len(used)), used)
        codes[rest] = np.repeat(np.arange(len(left)), left)
        yield Orbit(orbit.values, codes, moving), factorial(len(rest)) // prod(map(factorial, left))


def _iter_submultisets(multiplicities: tuple[int, ...], size: int) -> Iterator[tuple[int, ...]]:
    if not multiplicities:
        if size == 0:
            yield ()
        return
    later = sum(multiplicities[1:])
    for used in range(max(0, size - later), min(size, multiplicities[0]) + 1):
        for rest in _iter_submultisets(multiplicities[1:], size - used):
            yield (used, *rest)


def _short(count: int) -> str:
    return f"{count:,}" if count < 10**9 else f"over 10^{len(str(count)) - 1}"
