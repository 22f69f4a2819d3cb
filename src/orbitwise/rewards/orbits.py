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
from itertools import combinations
from math import factorial, prod

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

    **Cost:** linear in the size of the orbit times d.
    """
    found: list[IntArray] = []
    for codes in _iter_codes(orbit):
        found.append(codes)
        if len(found) == rows:
            yield RewardBatch.of_codes(orbit.values, np.array(found))
            found = []
    if found:
        yield RewardBatch.of_codes(orbit.values, np.array(found))


def _iter_codes(orbit: Orbit) -> Iterator[IntArray]:
    """Place the rarest value first, the next on what is free, and so on; the most frequent value fills the rest."""
    counts = orbit.multiplicities
    ranked = sorted((i for i, m in enumerate(counts) if m), key=lambda i: counts[i])
    background = orbit.codes.copy()
    if ranked:
        background[orbit.permutable] = ranked[-1]
    yield from _place(ranked[:-1], counts, background, tuple(orbit.permutable.tolist()))


def _place(
    ranked: list[int], counts: tuple[int, ...], background: IntArray, free: tuple[int, ...]
) -> Iterator[IntArray]:
    if not ranked:
        yield background
        return
    for places in combinations(free, counts[ranked[0]]):
        codes = background.copy()
        codes[list(places)] = ranked[0]
        taken = set(places)
        yield from _place(ranked[1:], counts, codes, tuple(i for i in free if i not in taken))
