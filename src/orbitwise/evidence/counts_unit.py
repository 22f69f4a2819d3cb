"""The closed form for unit-vector outcomes: who holds the largest value, counted threshold by threshold.

Every outcome is the value of one coordinate, so A is optimal when the largest value sits on a coordinate of A. For a
threshold v, let W(S) be the number of ways to fill all coordinates with values at most v such that those of the
categories in S stay strictly below v: perm(N_<, s) perm(N_<= - s, M - s), where s of the M coordinates are in S and
N_<, N_<= are the numbers of values below and at most v. The largest value is v, and only A attains it, in
W(over, both) - W(over, both, prefer) ways; the other cases are alike. Theory: the share of section 6 is the case
without coordinates of both.
"""

from __future__ import annotations

from math import factorial, perm

from orbitwise.evidence.counts_reduction import Category, Reduction, Values
from orbitwise.evidence.kinds import NotAffordable, OrbitCount

__all__ = ["count_unit_vectors", "unit_work"]

CATEGORIES: tuple[Category, ...] = ("prefer", "over", "both", "extra")


def count_unit_vectors(reduction: Reduction, values: Values, *, work_limit: int) -> OrbitCount | NotAffordable:
    """The four-way count when every outcome is the same multiple of a unit vector.

    **Guarantee:** exact. **Cost:** a few falling factorials for each distinct value; none when no value occurs twice.

    Parameters
    ----------
    reduction
        With ``unit`` not None.
    values
        The reward on the coordinates that matter.
    work_limit
        Elementary steps allowed.
    """
    sign = -1 if (reduction.unit or 1) < 0 else 1
    sizes = dict.fromkeys(CATEGORIES, 0)
    for column in reduction.columns:
        sizes[reduction.category(column)] += 1
    tops: dict[Category, int] = {}
    for column, value in zip(reduction.fixed_columns, values.fixed, strict=True):
        category = reduction.category(column)
        tops[category] = max(tops.get(category, sign * value), sign * value)
    total, filled = sum(values.multiplicities), sum(sizes.values())
    size = values.orbit_size
    if not tops and filled and max(values.multiplicities) == 1:
        return OrbitCount(*(size * sizes[category] // filled for category in CATEGORIES))
    work = unit_work(reduction, values)
    if work > work_limit:
        return NotAffordable(
            work,
            work_limit,
            f"the closed form needs about {work:.0e} steps for {len(values.distinct):,} distinct values on {filled:,} "
            f"coordinates, more than {work_limit:.0e}; use fewer distinct values, or an estimate",
        )
    multiset = {sign * v: m for v, m in zip(values.distinct, values.multiplicities, strict=True)}
    ways = _count_ways(multiset, sizes, tops)
    scale = size * factorial(total - filled)
    return OrbitCount(*(scale * ways[category] // factorial(total) for category in CATEGORIES))


def unit_work(reduction: Reduction, values: Values) -> int:
    """Elementary steps of the closed form, about."""
    filled, total = reduction.n_mattering, sum(values.multiplicities)
    return len(values.distinct) * (2_000 + filled * filled * total.bit_length() // 8)


def _count_ways(multiset: dict[int, int], sizes: dict[Category, int], tops: dict[Category, int]) -> dict[Category, int]:
    """Ways to fill the coordinates with labeled values, by who attains the largest one."""
    found = dict.fromkeys(CATEGORIES, 0)
    filled = sum(sizes.values())
    below = 0
    for threshold in sorted({*multiset, *tops.values()}):
        up_to = below + multiset.get(threshold, 0)

        def ways(*strict: Category, v: int = threshold, under: int = below, most: int = up_to) -> int:
            if any(top > v or (top == v and category in strict) for category, top in tops.items()):
                return 0
            s = sum(sizes[category] for category in strict)
            return perm(under, s) * perm(most - s, filled - s) if s <= under else 0

        none = ways("prefer", "over", "both")
        nothing = ways(*CATEGORIES)
        prefer_only = ways("over", "both") - none
        over_only = ways("prefer", "both") - none
        found["prefer"] += prefer_only
        found["over"] += over_only
        found["extra"] += none - nothing
        found["both"] += ways() - nothing - prefer_only - over_only - (none - nothing)
        below = up_to
    return found
