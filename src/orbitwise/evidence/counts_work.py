"""How many assignments there are, before any is made.

Groups of sizes g_1, g_2, ... draw multisets from values that occur m_1, m_2, ... times. The assignments are the
matrices of non-negative integers whose rows sum to the g_l and whose columns sum to at most the m_j. With single
coordinates only, their number is m! [z^m] prod_j sum_{i <= m_j} z^i / i!.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from math import comb, prod

__all__ = ["ENDLESS", "count_assignments", "count_prefixes"]

ENDLESS = 10**30  # stands for "more than anybody enumerates"
LARGEST_DEGREE = 200
STEPS = 20_000  # allowed to the exact count with groups


@lru_cache(maxsize=10_000)
def count_assignments(sizes: tuple[int, ...], multiplicities: tuple[int, ...]) -> int:
    """The number of distinct assignments of values to groups of coordinates that matter alike.

    **Guarantee:** exact when no group is larger than 1 or the groups are few; else an upper bound. At least 10^30 is
    reported as 10^30.
    **Cost:** at most about 0.1 s; remembered.

    Parameters
    ----------
    sizes
        Sorted sizes of the groups.
    multiplicities
        How often each value occurs; their sum is at least that of the sizes.

    Examples
    --------
    >>> count_assignments((1, 1, 1), (1, 1, 1)), count_assignments((3, 3), (1, 1, 1, 1, 1, 1))
    (6, 20)
    """
    single = _count_words(sum(sizes), multiplicities, prefixes=False)
    if not sizes or sizes[-1] == 1:
        return single
    exact = _count_matrices(sizes, multiplicities)
    if exact is not None:
        return min(exact, ENDLESS)
    return min(single, prod(count_multisets(size, multiplicities) for size in sizes), ENDLESS)


@lru_cache(maxsize=10_000)
def count_prefixes(sizes: tuple[int, ...], multiplicities: tuple[int, ...], n_groups: int) -> int:
    """Beginnings of assignments, coordinate by coordinate, that reach into the first groups; the empty one included.

    **Guarantee:** exact when no group is larger than 1, else an upper bound. At least 10^30 is reported as 10^30.

    Parameters
    ----------
    sizes
        Sizes of the groups, the largest first.
    """
    sizes = sizes[:n_groups]
    if not sizes or sizes[0] == 1:
        return _count_words(len(sizes), multiplicities, prefixes=True)
    n_large = sum(size > 1 for size in sizes)
    found = 1 + (len(sizes) - n_large) * count_assignments(sizes[::-1], multiplicities)
    for k in range(1, n_large + 1):
        found += sizes[k - 1] * count_assignments(sizes[:k][::-1], multiplicities)
    return min(found, ENDLESS)


def _count_words(length: int, multiplicities: tuple[int, ...], *, prefixes: bool) -> int:
    """Words of a length (or of every length up to it) in which letter j occurs at most m_j times."""
    *rarer, most = sorted(multiplicities)
    degree = min(length, sum(rarer))
    if degree > LARGEST_DEGREE:
        return ENDLESS
    words = [1] + [0] * degree  # words[n]: of length n, in the rarer letters
    for multiplicity, times in Counter(min(m, degree) for m in rarer).items():
        factor = [1] * (multiplicity + 1) + [0] * (degree - multiplicity)
        while times:
            if times & 1:
                words = _shuffle(words, factor)
            factor = _shuffle(factor, factor)
            times >>= 1
    if prefixes:  # the most frequent letter fills up to every length from n to n + most
        ways = sum(comb(min(length, n + most) + 1, n + 1) * words[n] for n in range(degree + 1))
    else:
        ways = sum(comb(length, n) * words[n] for n in range(max(0, length - most), degree + 1))
    return min(ways, ENDLESS)


def count_multisets(size: int, multiplicities: tuple[int, ...]) -> int:
    """Multisets of a size in which value j occurs at most m_j times."""
    ways = [1] + [0] * size
    for multiplicity in multiplicities:
        ways = [sum(ways[max(0, n - multiplicity) : n + 1]) for n in range(size + 1)]
    return ways[size]


def _shuffle(first: list[int], second: list[int]) -> list[int]:
    """The product of two exponential generating functions, each given by its numbers of words, up to one degree."""
    degree = len(first) - 1
    found = [0] * (degree + 1)
    for i, x in enumerate(first):
        if x:
            for j in range(degree + 1 - i):
                if second[j]:
                    found[i + j] += comb(i + j, i) * x * second[j]
    return found


def _count_matrices(sizes: tuple[int, ...], multiplicities: tuple[int, ...]) -> int | None:
    """The exact number, value by value over what is still needed; None when that would take too long."""
    large = tuple(size for size in sizes if size > 1)
    states = {(len(sizes) - len(large), large): 1}  # single coordinates without a value, needs of the larger groups
    steps = 0
    *rarer, most = sorted(multiplicities)
    for multiplicity in rarer:
        following: dict[tuple[int, tuple[int, ...]], int] = {}
        for (single, needs), ways in states.items():
            for rest in _iter_fills(needs, multiplicity):
                left = tuple(sorted(n for n in rest if n))
                for k in range(min(single, multiplicity - sum(needs) + sum(rest)) + 1):
                    key = (single - k, left)
                    following[key] = following.get(key, 0) + ways * comb(single, k)
                    steps += 1
            if steps > STEPS:
                return None
        states = following
    return sum(ways for (single, needs), ways in states.items() if single + sum(needs) <= most)


def _iter_fills(needs: tuple[int, ...], multiplicity: int) -> Iterator[tuple[int, ...]]:
    """What the groups may still need after at most ``multiplicity`` copies of a value went to some of them."""
    if not needs:
        yield ()
        return
    for given in range(min(needs[0], multiplicity) + 1):
        for rest in _iter_fills(needs[1:], multiplicity - given):
            yield (needs[0] - given, *rest)
