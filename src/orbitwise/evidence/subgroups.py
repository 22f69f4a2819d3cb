"""All subgroups of a small symmetric group, one generating set for each.

From the trivial group, adding one element at a time reaches every subgroup; elements whose order is a power of a prime
are enough, since they generate every group. Conjugate subgroups grow alike, so only one of each conjugacy class is
grown: S_4 has 30 subgroups in 11 classes, S_5 156 in 19, S_6 1,455 in 56.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations

import numpy as np

from orbitwise.typing import IntArray

__all__ = ["list_subgroups"]


@lru_cache(maxsize=8)
def list_subgroups(n: int) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """Generators of each subgroup of the symmetric group on 0..n-1, the largest groups first.

    **Guarantee:** complete. **Cost:** milliseconds up to n = 4, n = 5 0.1 s, n = 6 some seconds; the result is kept.

    Returns
    -------
    For each subgroup its generators; a generator g sends i to g[i].

    Examples
    --------
    >>> [len(list_subgroups(n)) for n in (1, 2, 3, 4)]
    [1, 2, 6, 30]
    """
    elements = np.array(list(permutations(range(n))), dtype=np.int64)  # (n!, n), the identity first
    place = {tuple(row): k for k, row in enumerate(elements.tolist())}
    products = np.array([[place[tuple(row)] for row in left[elements].tolist()] for left in elements])  # left o right
    inverses = np.argmin(products, axis=1)  # the identity has the number 0
    table = products.tolist()
    adders = _prime_power_elements(table)
    known: dict[tuple[int, ...], tuple[int, ...]] = {(0,): ()}  # members -> generators
    grown: list[tuple[int, ...]] = [(0,)]
    for members in grown:  # gets longer while it is read
        for adder in adders:
            if adder in members:
                continue
            generators = (*known[members], adder)
            larger = _generate(members, generators, table)
            if larger in known:
                continue
            grown.append(larger)
            for by in range(len(elements)):
                moved = _conjugates(products, inverses, by)
                known.setdefault(tuple(sorted(moved[list(larger)].tolist())), tuple(moved[list(generators)].tolist()))
    ranked = sorted(known.items(), key=lambda item: (-len(item[0]), item[1]))
    return tuple(tuple(tuple(elements[g].tolist()) for g in generators) for _, generators in ranked)


def _conjugates(products: IntArray, inverses: IntArray, by: int) -> IntArray:
    """By x by^-1 for all elements x."""
    return np.asarray(products[products[by], inverses[by]])


def _generate(members: tuple[int, ...], generators: tuple[int, ...], table: list[list[int]]) -> tuple[int, ...]:
    """The group that the generators generate, as a union of cosets of the group that all but the last generate."""
    found = set(members)
    cosets = [0]
    for representative in cosets:  # gets longer while it is read
        for generator in generators:
            moved = table[generator][representative]
            if moved not in found:
                cosets.append(moved)
                row = table[moved]
                found.update(row[x] for x in members)
    return tuple(sorted(found))


def _prime_power_elements(table: list[list[int]]) -> list[int]:
    """One generator of each cyclic subgroup whose order is a power of a prime."""
    found: list[int] = []
    seen: set[frozenset[int]] = set()
    for element in range(1, len(table)):
        powers = [element]
        while powers[-1]:
            powers.append(table[element][powers[-1]])
        order, cyclic = len(powers), frozenset(powers)
        divisor = next(p for p in range(2, order + 1) if order % p == 0)
        while order % divisor == 0:
            order //= divisor
        if order == 1 and cyclic not in seen:
            seen.add(cyclic)
            found.append(element)
    return found
