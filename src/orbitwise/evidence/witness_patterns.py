"""Rewards worth trying as witnesses, and the small changes that turn one into another.

Over all permutations only the multiset of values matters, so a pattern says which values occur how often on the
permutable coordinates, and what the others get. First come k ones and zeros otherwise, for all k; then few levels; then
arithmetic and geometric ladders, upright (a few large values, many alike) and upside down (a few very small ones).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import gcd

import numpy as np

__all__ = [
    "Pattern",
    "iter_ladders",
    "iter_neighbors",
    "iter_patterns",
    "iter_random_patterns",
    "iter_simpler",
    "make_pattern",
    "reward_of",
]

ALL_COUNTS = 150  # up to so many permutable coordinates every number of ones is tried
LARGEST_VALUE = 10**15
IMPROVED = "improved step by step"


@dataclass(frozen=True)
class Pattern:
    """A reward up to the order of its permutable values.

    Parameters
    ----------
    levels
        Distinct values, descending, each with its number of occurrences on permutable coordinates.
    fixed
        Values of the fixed coordinates that matter, in their order.
    how
        What it is, in a few words.
    """

    levels: tuple[tuple[int, int], ...]
    fixed: tuple[int, ...]
    how: str

    @property
    def key(self) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
        """What makes two patterns the same."""
        return self.levels, self.fixed

    @property
    def n_values(self) -> int:
        """How many distinct values occur."""
        return len({*(value for value, _ in self.levels), *self.fixed})

    @property
    def largest(self) -> int:
        """The largest value, signs aside."""
        return max(map(abs, (*(value for value, _ in self.levels), *self.fixed)), default=0)


def reward_of(
    pattern: Pattern, n_coordinates: int, order: tuple[int, ...], fixed: tuple[int, ...]
) -> tuple[Fraction, ...]:
    """A reward with this pattern, shape (d,); coordinates that are neither permuted nor in ``fixed`` get 0.

    Parameters
    ----------
    order
        The permutable coordinates; the first get the largest values.
    fixed
        The fixed coordinates that matter.
    """
    values = [Fraction(0)] * n_coordinates
    row = [value for value, times in pattern.levels for _ in range(times)]
    for i, value in zip((*order, *fixed), (*row, *pattern.fixed), strict=True):
        values[i] = Fraction(value)
    return tuple(values)


def iter_patterns(n_permutable: int, leanings: tuple[int, ...], *, signed: bool) -> Iterator[Pattern]:
    """Patterns in the order in which they are tried, simple ones first.

    Parameters
    ----------
    n_permutable
        Number of permutable coordinates.
    leanings
        For each fixed coordinate that matters 1 if it speaks for B, -1 if for A, else 0.
    signed
        Whether adding a constant to a reward can change the comparison, so that signs matter.
    """
    for high, low in ((0, 0), (2, -2), (1, 0), (0, -1)) if leanings else ((0, 0),):
        fixed = tuple(high if leaning > 0 else low if leaning < 0 else 0 for leaning in leanings)
        for k in _counts(n_permutable):
            yield make_pattern(
                {1: k, 0: n_permutable - k}, fixed, "a single 1, else 0" if k == 1 else f"{k} ones, else 0"
            )
        if signed:
            for k in _counts(n_permutable):
                yield make_pattern({-1: k, 0: n_permutable - k}, fixed, f"{k} times -1, else 0")
    fixed = tuple(3 * leaning for leaning in leanings)
    yield from _iter_three_levels(n_permutable, fixed)
    yield from iter_ladders(n_permutable, leanings)


def iter_ladders(n_permutable: int, leanings: tuple[int, ...]) -> Iterator[Pattern]:
    """Patterns with many different values, which seldom tie; parameters as in :func:`iter_patterns`."""
    n, fixed = n_permutable, tuple(3 * leaning for leaning in leanings)
    for steps in dict.fromkeys(min(n, s) for s in (3, 4, 5, 6, 8, n)):
        if steps < 2 and not fixed:
            continue
        rest, end = n - steps, "" if steps == n else ", else 0"
        yield make_pattern(_ladder([i + 1 for i in range(steps)], rest), fixed, f"1 to {steps}, one of each{end}")
        for base in (2, 4, 10):
            if base**steps > LARGEST_VALUE:
                continue
            powers = [base**i for i in range(steps)]
            below = [power - base**steps for power in powers]
            yield make_pattern(_ladder(powers, rest), fixed, f"{steps} powers of {base}{end}")
            yield make_pattern(
                _ladder([-x for x in below], rest), fixed, f"{steps} values just below a power of {base}{end}"
            )
            yield make_pattern(_ladder([-x for x in powers], rest), fixed, f"{steps} negative powers of {base}{end}")


def iter_random_patterns(n_permutable: int, n_fixed: int, *, seed: int, number: int) -> Iterator[Pattern]:
    """Random patterns: few levels or many, even or heavy tailed."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0x7761,)))
    for _ in range(number):
        n_levels = int(rng.integers(2, 7))
        values = rng.integers(-4, 5, n_levels) if rng.random() < 0.5 else np.rint(4 ** rng.uniform(0, 5, n_levels))
        sign = -1 if rng.random() < 0.3 else 1
        drawn = sign * rng.choice(values.astype(np.int64), n_permutable)
        fixed = tuple((sign * rng.choice(values.astype(np.int64), n_fixed)).tolist())
        found: dict[int, int] = {}
        for value in drawn.tolist():
            found[value] = found.get(value, 0) + 1
        if len(found) > 1:
            yield make_pattern(found, fixed, "random values")


def iter_neighbors(pattern: Pattern) -> Iterator[Pattern]:
    """Patterns one small change away: one occurrence moves, a level splits off, a gap is doubled or halved."""
    levels = [(2 * value, times) for value, times in pattern.levels]
    doubled = tuple(2 * value for value in pattern.fixed)
    for changed in (*_moved(levels), *_split(levels), *_stretched(levels)):
        yield from _tidied(changed, doubled, pattern.how)
    everything = [*(value for value, _ in levels), *doubled]
    for i, value in enumerate(doubled[:8]):
        for other in (max(everything) + 2, min(everything) - 2, value + 1, value - 1, *(v for v, _ in levels)):
            yield from _tidied(dict(levels), (*doubled[:i], other, *doubled[i + 1 :]), pattern.how)


def iter_simpler(pattern: Pattern) -> Iterator[Pattern]:
    """Simpler patterns: two neighboring levels made one, even steps between the levels, or a gap halved."""
    levels = pattern.levels
    for i in range(len(levels) - 1):
        for value in (levels[i][0], levels[i + 1][0]):
            rest = [level for j, level in enumerate(levels) if j not in (i, i + 1)]
            yield from _tidied(dict([*rest, (value, levels[i][1] + levels[i + 1][1])]), pattern.fixed, pattern.how)
    if not pattern.fixed:
        yield from _tidied({-i: times for i, (_, times) in enumerate(levels)}, (), pattern.how)
    for i, ((upper, _), (lower, _)) in enumerate(pairwise(levels)):
        less = (upper - lower) // 2
        if less:
            narrowed = {value - (less if j <= i else 0): times for j, (value, times) in enumerate(levels)}
            yield from _tidied(narrowed, pattern.fixed, pattern.how)


def _counts(n: int) -> list[int]:
    """Numbers of ones: the small, the large (as n - k), then those between."""
    steps = range(1, n) if n <= ALL_COUNTS else [1, 2, 3, *(4**i for i in range(1, 15))]
    ordered = dict.fromkeys(k for step in steps for k in (step, n - step) if 0 < k < n)
    return list(ordered)


def _iter_three_levels(n: int, fixed: tuple[int, ...]) -> Iterator[Pattern]:
    few = [k for k in (1, 2, 3, 4, 6, 9) if k < n]
    for top in few:
        for middle in few:
            if top + middle < n:
                for high, mid in ((2, 1), (10, 1), (10, 9)):
                    found = {high: top, mid: middle, 0: n - top - middle}
                    yield make_pattern(found, fixed, f"{high} x {top}, {mid} x {middle}, else 0")
                    found = {-high: top, -mid: middle, 0: n - top - middle}
                    yield make_pattern(found, fixed, f"{-high} x {top}, {-mid} x {middle}, else 0")


def _ladder(values: list[int], rest: int) -> dict[int, int]:
    return {**dict.fromkeys(values, 1), 0: rest}


def _moved(levels: list[tuple[int, int]]) -> Iterator[dict[int, int]]:
    for (upper, m), (lower, k) in pairwise(levels):
        yield dict(levels) | {upper: m - 1, lower: k + 1}
        yield dict(levels) | {upper: m + 1, lower: k - 1}


def _split(levels: list[tuple[int, int]]) -> Iterator[dict[int, int]]:
    if not levels:
        return
    top, bottom = levels[0][0], levels[-1][0]
    width = max(top - bottom, 2)
    for i, (value, times) in enumerate(levels):
        if times < 2:
            continue
        new = {top + 2, top + width, bottom - 2, bottom - width}
        new |= {(value + levels[j][0]) // 2 for j in (i - 1, i + 1) if 0 <= j < len(levels)}
        for other in sorted(new - {v for v, _ in levels}):
            yield dict(levels) | {value: times - 1, other: 1}


def _stretched(levels: list[tuple[int, int]]) -> Iterator[dict[int, int]]:
    for i in range(len(levels) - 1):
        gap = levels[i][0] - levels[i + 1][0]
        for shift in (gap, -(gap // 2)):
            if gap + shift > 0:
                yield {value + (shift if j <= i else 0): times for j, (value, times) in enumerate(levels)}


def _tidied(levels: dict[int, int], fixed: tuple[int, ...], how: str) -> Iterator[Pattern]:
    if max(map(abs, (*levels, *fixed)), default=0) > LARGEST_VALUE or min(levels.values(), default=0) < 0:
        return
    found = make_pattern(levels, fixed, how if how.startswith(IMPROVED) else f"{IMPROVED} from: {how}")
    if len(found.levels) > 1 or fixed:
        yield found


def make_pattern(counts: dict[int, int], fixed: tuple[int, ...], how: str) -> Pattern:
    """The pattern of values and how often each occurs, without a common factor."""
    shared = gcd(*counts, *fixed) or 1
    levels = sorted(((value // shared, times) for value, times in counts.items() if times), reverse=True)
    return Pattern(tuple(levels), tuple(value // shared for value in fixed), how)
