"""Counting by enumeration: every way in which the coordinates that matter can get their values, each once, weighted.

The coordinates that matter form groups that matter alike; an assignment gives each group a multiset of values and
stands for all elements of the orbit that do so: (K - m)! prod_l g_l! / prod_j (left_j! prod_l c_lj!) of them, where
value j goes to group l c_lj times and left_j times to the K - m coordinates that do not matter.

All sums are exact: one 64-bit integer each when that suffices, else several (limbs, lowest first, all but the highest
in [0, 2^52)); which it is follows from a bound on every sum. Assignments are gone through depth first, so memory does
not grow with their number; the first positions are filled here with unbounded weights until the weights of what
follows fit into 64 bits, and the compiled loop does the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, factorial, perm, prod

import numpy as np

from orbitwise.evidence.counts_kernel import LIMB_BITS, enumerate_assignments
from orbitwise.evidence.counts_reduction import Reduction, Values
from orbitwise.evidence.counts_work import ENDLESS, count_assignments, count_prefixes
from orbitwise.evidence.kinds import NotAffordable, OrbitCount
from orbitwise.typing import IntArray, ObjectArray

__all__ = ["count_by_enumeration", "enumeration_work"]

SAFE = 2**62
MAX_TABLE = 2**25  # entries, 256 MB
MAX_WIDE_TABLE = 2**21  # entries that are made as unbounded integers first
PREFIX_STEP = 30_000  # elementary steps that a beginning made here costs, against about 30 in the compiled loop
MAX_PREFIX = 300


@dataclass(frozen=True, eq=False)
class _Table:
    """What each value adds to each outcome at each position; one position for each coordinate of each group."""

    products: IntArray  # (n_positions, n_values, n_limbs, n_rows)
    offset: IntArray  # (n_limbs, n_rows), what the fixed coordinates add
    sizes: tuple[int, ...]  # of the groups, in order
    to_come: IntArray  # (n_positions,) positions of the same group that follow
    in_group: IntArray  # (n_positions,) place within the group, from 1
    n_prefer: int
    n_over: int


def count_by_enumeration(reduction: Reduction, values: Values, *, work_limit: int) -> OrbitCount | NotAffordable:
    """The four-way count for any outcomes.

    **Guarantee:** exact. **Cost:** the number of distinct assignments times the number of outcomes; it is computed
    first and compared with ``work_limit`` (elementary steps, about 10^9 a second).
    """
    assignments, work = enumeration_work(reduction, values)
    if work > work_limit:
        return NotAffordable(
            work,
            work_limit,
            f"the exact count has to go through {_short(assignments)} assignments of values to the "
            f"{reduction.n_mattering} coordinates that matter and compare {reduction.n_rows:,} outcomes on each, more "
            f"{'memory' if work >= ENDLESS else 'work'} than is allowed; permute fewer coordinates, use fewer distinct "
            "values, or an estimate",
        )
    table = _make_table(reduction, values)
    totals = [0, 0, 0, 0]
    _walk(table, list(values.multiplicities), table.offset, (), values.orbit_size, totals)
    return OrbitCount(*totals)


def enumeration_work(reduction: Reduction, values: Values) -> tuple[int, int]:
    """The number of assignments, and the elementary steps that going through them takes; upper bounds.

    What would need too much memory or recursion is reported as endless work.
    """
    sizes = tuple(sorted(map(len, reduction.groups), reverse=True))
    assignments = count_assignments(sizes[::-1], values.multiplicities)
    n_limbs = _n_limbs(reduction, values)
    entries = reduction.n_mattering * len(values.distinct) * n_limbs * reduction.n_rows
    here = _groups_filled_here(sizes, values)
    if entries > (MAX_TABLE if n_limbs == 1 else MAX_WIDE_TABLE) or sum(sizes[:here]) > MAX_PREFIX:
        return assignments, ENDLESS
    nodes = count_prefixes(sizes, values.multiplicities, len(sizes))
    beginnings = count_prefixes(sizes, values.multiplicities, here) if here else 1
    row_step = 1 if n_limbs == 1 else 3 * n_limbs
    return assignments, nodes * (20 + reduction.n_rows * row_step) + beginnings * PREFIX_STEP


def _groups_filled_here(sizes: tuple[int, ...], values: Values) -> int:
    """How many groups the compiled loop may leave to this file because weights do not fit into 64 bits."""
    left = sum(values.multiplicities)
    if _fits(values.orbit_size, left):
        return 0
    for k in range(len(sizes)):
        if _fits(_largest_labeled(sizes[k:], left - sum(sizes[:k])), left):
            return k
    return len(sizes)


def _fits(weight: int, left: int) -> bool:
    """Whether weights up to this one stay within 64 bits, with the factors of one step."""
    return weight * (left + 1) ** 2 < SAFE


def _largest_labeled(sizes: Sequence[int], left: int) -> int:
    """A bound on the ways to choose labeled values for groups, and for parts of groups."""
    single = sum(size == 1 for size in sizes)
    return perm(left, single) * prod(comb(left, min(size, left // 2)) for size in sizes if size > 1)


def _n_limbs(reduction: Reduction, values: Values) -> int:
    """How many 64-bit integers every sum needs: one if no partial sum can leave 64 bits."""
    ends = max(1, abs(values.distinct[0]), abs(values.distinct[-1]))
    bound = reduction.largest * (reduction.n_mattering * ends + sum(max(1, abs(x)) for x in values.fixed))
    return 1 if bound < SAFE else 1 + bound.bit_length() // LIMB_BITS


def _make_table(reduction: Reduction, values: Values) -> _Table:
    order = sorted(range(len(reduction.groups)), key=lambda g: (-len(reduction.groups[g]), -len(reduction.columns[g])))
    sizes = [len(reduction.groups[g]) for g in order]
    n_limbs = _n_limbs(reduction, values)
    dtype = np.int64 if n_limbs == 1 else object
    dense = reduction.dense(dtype)
    columns = dense[[g for g, size in zip(order, sizes, strict=True) for _ in range(size)]]
    products = np.array(values.distinct, dtype=dtype)[:, np.newaxis] * columns[:, np.newaxis, :]
    offset = np.zeros(reduction.n_rows, dtype=dtype)
    for column, value in zip(dense[len(reduction.columns) :], values.fixed, strict=True):
        offset = offset + column * value
    return _Table(
        products=np.ascontiguousarray(np.moveaxis(_limbs(products, n_limbs), 0, 2)),
        offset=_limbs(offset, n_limbs),
        sizes=tuple(sizes),
        to_come=np.array([size - 1 - i for size in sizes for i in range(size)], dtype=np.int64),
        in_group=np.array([i + 1 for size in sizes for i in range(size)], dtype=np.int64),
        n_prefer=reduction.n_prefer,
        n_over=reduction.n_over,
    )


def _limbs(numbers: ObjectArray, n_limbs: int) -> IntArray:
    """The numbers as limbs, lowest first, the highest signed; shape (n_limbs, ...)."""
    found = []
    for _ in range(n_limbs - 1):
        found.append((numbers & ((1 << LIMB_BITS) - 1)).astype(np.int64))
        numbers = numbers >> LIMB_BITS
    return np.array([*found, numbers.astype(np.int64)])


def _walk(
    table: _Table, counts: list[int], sums: IntArray, chosen: tuple[int, ...], weight: int, totals: list[int]
) -> None:
    """Add to the totals all assignments that begin with the chosen values; ``weight`` orbit elements begin so."""
    p = len(chosen)
    if _enumerate_rest(table, counts, sums, p, weight, totals):
        return
    left = sum(counts)
    first = chosen[-1] if table.in_group[p] > 1 else 0
    for value in range(first, len(counts)):
        if counts[value] and sum(counts[value:]) > table.to_come[p]:
            run = 1
            while run < table.in_group[p] and chosen[-run] == value:
                run += 1
            share = weight * counts[value] // left * int(table.in_group[p]) // run
            counts[value] -= 1
            _walk(table, counts, sums + table.products[p, value], (*chosen, value), share, totals)
            counts[value] += 1


def _enumerate_rest(table: _Table, counts: list[int], sums: IntArray, p: int, weight: int, totals: list[int]) -> bool:
    """Let the compiled loop do the positions from p on, if a group begins there and the weights fit into 64 bits."""
    n_positions, left = len(table.products), sum(counts)
    if p < n_positions and table.in_group[p] > 1:
        return False
    rest = table.sizes[len(table.sizes) - int((table.to_come[p:] == 0).sum()) :]
    labeled = _fits(_largest_labeled(rest, left), left)  # these weights need no division, so they are the faster ones
    if not labeled and not _fits(weight, left):
        return False
    scratch = np.empty((n_positions - p + 1, *sums.shape), dtype=np.int64)
    scratch[0] = sums
    found = np.zeros(4, dtype=np.int64)
    enumerate_assignments(
        table.products[p:],
        scratch,
        np.array(counts, dtype=np.int64),
        table.to_come[p:],
        table.in_group[p:],
        table.n_prefer,
        table.n_over,
        labeled,
        1 if labeled else weight,
        found,
    )
    labeled_ways = perm(left, n_positions - p) // prod(map(factorial, rest))
    for case, count in enumerate(found.tolist()):
        totals[case] += weight * count // labeled_ways if labeled else count
    return True


def _short(count: int) -> str:
    return f"{count:,}" if count < 10**9 else f"over 10^{len(str(count)) - 1}"
