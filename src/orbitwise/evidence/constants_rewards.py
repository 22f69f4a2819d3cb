"""From a point of the search to rewards a reader can use: more values where needed, then smaller numbers.

A pattern is the values of the permutable coordinates, descending, and those of fixed coordinates by their position.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product

import numpy as np

__all__ = ["Pattern", "iter_extended", "iter_rounded", "iter_simple", "iter_untied"]

Pattern = tuple[list[int], dict[int, int]]
SPREADS = (2, 50, 1_000)
LARGEST = 60
FEW = 6
GAPS = (0, 1, 3)
CHANGE = 10**6
SEED = 2


def iter_extended(values: Sequence[int], fixed: Mapping[int, int], n_values: int) -> Iterator[Pattern]:
    """Patterns with more values: ladders, then the old values with new ones close to one of them, above or below."""
    more = n_values - len(values)
    if more == 0:
        yield list(values), dict(fixed)
        return
    if not fixed:
        yield list(reversed(range(n_values))), {}
        for base in (2, 4):
            yield [base**i for i in reversed(range(n_values))], {}
            yield [-(base**i) for i in range(n_values)], {}
    for spread in SPREADS:
        scale = spread * n_values
        stretched = [scale * value for value in values]
        for value in stretched:
            for direction in (-1, 1):
                added = [value + direction * (i + 1) for i in range(more)]
                yield sorted([*stretched, *added], reverse=True), {i: scale * x for i, x in fixed.items()}


def iter_untied(patterns: Iterable[Pattern], largest: int) -> Iterator[Pattern]:
    """Each pattern, and then the same with small random changes, which leave no accidental ties.

    ``largest`` is the largest integer that a value is multiplied by when outcomes are compared.
    """
    rng = np.random.default_rng(SEED)
    for values, fixed in patterns:
        yield values, fixed
        for scale in (CHANGE * SPREADS[1], 4 * CHANGE * largest * (len(values) + len(fixed))):
            moved = [scale * x + int(y) for x, y in zip(values, rng.integers(0, CHANGE, len(values)), strict=True)]
            yield sorted(moved, reverse=True), {i: scale * x + int(rng.integers(0, CHANGE)) for i, x in fixed.items()}


def iter_simple(n_values: int, fixed: Mapping[int, int]) -> Iterator[Pattern]:
    """Patterns of a few values with gaps of 0, 1 and 3, the smallest first."""
    if fixed or n_values > FEW:
        return
    for gaps in sorted(product(GAPS, repeat=n_values - 1), key=lambda gaps: (sum(gaps), gaps)):
        yield [sum(gaps[i:]) for i in range(n_values)], {}


def iter_rounded(values: Sequence[int], fixed: Mapping[int, int]) -> Iterator[Pattern]:
    """Patterns of small numbers that are nearly proportional to this one, the smallest first, then the pattern."""
    largest = max(map(abs, [*values, *fixed.values()]))
    for top in range(1, min(LARGEST, largest - 1) + 1):
        ratio = Fraction(top, largest)
        yield [round(ratio * x) for x in values], {i: round(ratio * x) for i, x in fixed.items()}
    yield list(values), dict(fixed)
