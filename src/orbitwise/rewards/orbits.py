"""The orbit of a reward: all distinct rewards that the permutations of some coordinates make of it.

With K permutable coordinates whose values occur m_1, m_2, ... times, the orbit has K! / (m_1! m_2! ...) elements. Every
element has the same number of permutations above it, so a uniform permutation gives a uniform element.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import factorial, prod

import numba
import numpy as np

from orbitwise.rewards import sampling
from orbitwise.rewards.batches import RewardBatch
from orbitwise.typing import IntArray

__all__ = ["Orbit", "draw_permutations", "iter_orbit", "orbit_of", "orbit_size"]


@dataclass(frozen=True, eq=False)
class Orbit:
    """A reward and the coordinates that are permuted.

    Parameters
    ----------
    values
        The distinct values of the reward, ascending.
    codes
        Shape (d,), the position in ``values`` of each coordinate's value.
    permutable
        Shape (K,), sorted coordinates.
    """

    values: tuple[Fraction, ...]
    codes: IntArray
    permutable: IntArray

    @cached_property
    def multiplicities(self) -> tuple[int, ...]:
        """How often each value occurs on the permutable coordinates."""
        return tuple(np.bincount(self.codes[self.permutable], minlength=len(self.values)).tolist())

    @cached_property
    def size(self) -> int:
        """The number of elements."""
        return factorial(len(self.permutable)) // prod(factorial(m) for m in self.multiplicities)


def orbit_of(reward: Sequence[Fraction], permutable: Sequence[int]) -> Orbit:
    """The orbit of a reward of shape (d,) under all permutations of some coordinates."""
    values = sorted(set(reward))
    place = {value: i for i, value in enumerate(values)}
    return Orbit(tuple(values), np.array([place[x] for x in reward]), np.array(permutable, dtype=np.int64))


def orbit_size(reward: Sequence[Fraction], permutable: Sequence[int]) -> int:
    """The number of distinct rewards in the orbit.

    **Guarantee:** exact. **Cost:** a factorial of the number of permutable coordinates.

    Examples
    --------
    >>> orbit_size([Fraction(x) for x in (4, 2, 1, 0, 0)], range(5))
    60
    """
    counts = Counter(reward[i] for i in permutable)
    return factorial(len(permutable)) // prod(factorial(m) for m in counts.values())


def draw_permutations(orbit: Orbit, n_rewards: int, *, seed: int, start: int = 0) -> RewardBatch:
    """Independent uniform elements of an orbit: numbers ``start`` to ``start + n_rewards - 1`` of a seed's stream.

    **Guarantee:** row i depends on the seed and on ``start + i`` only, however the stream is cut.
    **Cost:** linear in ``n_rewards`` x d, a few nanoseconds a value.

    Parameters
    ----------
    n_rewards
        How many.
    seed, start
        Root of the stream, and where in it to begin.
    """
    drawn = sampling.draw_permutations(
        orbit.codes.astype(np.float64), n_rewards, seed=seed, start=start, permutable=orbit.permutable
    )
    return RewardBatch.of_codes(orbit.values, drawn.astype(np.int64))


def iter_orbit(orbit: Orbit, *, rows: int) -> Iterator[RewardBatch]:
    """Each element of an orbit once, in batches of at most ``rows``.

    **Guarantee:** in lexicographic order of the permutable coordinates.
    **Cost:** linear in the size of the orbit times d, a few nanoseconds a value.
    """
    arrangement = np.sort(orbit.codes[orbit.permutable])
    left = orbit.size
    while left:
        found = np.empty((min(rows, left), len(arrangement)), dtype=np.int64)
        _fill_arrangements(found, arrangement)
        left -= len(found)
        codes = np.tile(orbit.codes, (len(found), 1))
        codes[:, orbit.permutable] = found
        yield RewardBatch.of_codes(orbit.values, codes)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba ships no types
def _fill_arrangements(found: IntArray, arrangement: IntArray) -> None:
    """Fill the rows with an arrangement of a multiset and those that follow it; it becomes the one after the last.

    The next one in lexicographic order: the last ascent takes the smallest larger value on its right, the values to
    the right of it are turned round.
    """
    size = len(arrangement)
    for row in range(len(found)):
        found[row] = arrangement
        here = size - 2
        while here >= 0 and arrangement[here] >= arrangement[here + 1]:
            here -= 1
        if here >= 0:
            there = size - 1
            while arrangement[there] <= arrangement[here]:
                there -= 1
            arrangement[here], arrangement[there] = arrangement[there], arrangement[here]
        low, high = here + 1, size - 1
        while low < high:
            arrangement[low], arrangement[high] = arrangement[high], arrangement[low]
            low += 1
            high -= 1
