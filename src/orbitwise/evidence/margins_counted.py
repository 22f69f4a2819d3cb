"""All margins h_A - h_B on an orbit, counted exactly.

Unit vectors: h_A is the largest value on A's coordinates and h_B that on B's. With a coordinates of A only, b of B only
and c of both, the ways to fill them so that h_A <= u and h_B <= v are, for u <= v,

    perm(N(u), a + c) perm(N(v) - a - c, b)

with N(u) the number of values up to u, and likewise for v <= u; differences give the ways with h_A = u and h_B = v.
Other outcomes: every distinct placement of values on the coordinates that matter is gone through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from math import lcm, perm

import numpy as np

from orbitwise.evidence.comparison_listed import make_matrix
from orbitwise.evidence.counts_implicit import iter_parts
from orbitwise.evidence.counts_reduction import Reduction, reduce_outcomes
from orbitwise.evidence.counts_work import count_assignments
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.rewards.orbits import Orbit, iter_orbit, orbit_of

__all__ = ["count_margins"]

MOST_PLACEMENTS = 200_000
MOST_PRODUCTS = 10**9
MOST_PAIRS = 250_000  # of distinct values
ROWS = 4_096
SAFE = 2**62


def count_margins(
    prefer: Outcomes, over: Outcomes, reward: Sequence[Fraction], permutable: Sequence[int]
) -> dict[Fraction, int] | None:
    """How many elements of the orbit have each h_A - h_B; None when there are too many placements to go through.

    **Guarantee:** exact. **Cost:** unit vectors: quadratic in the distinct values; else at most 200,000 placements.
    """
    reduction = reduce_outcomes(prefer, over, None, permutable)
    orbit = orbit_of(reward, permutable)
    if reduction.unit is not None and not reduction.fixed:
        counts = [m for m in orbit.multiplicities if m]
        if len(counts) ** 2 <= MOST_PAIRS:
            return _count_units(reduction, orbit)
    return _count_placements(reduction, orbit, reward)


def _count_units(reduction: Reduction, orbit: Orbit) -> dict[Fraction, int]:
    unit = Fraction(reduction.unit or 1, reduction.scale)
    values = sorted((unit * v, m) for v, m in zip(orbit.values, orbit.multiplicities, strict=True) if m)
    upto = list(accumulate(m for _, m in values))
    kinds = Counter(reduction.category(column) for column in reduction.columns)
    a, b, c = kinds["prefer"], kinds["over"], kinds["both"]

    def ways(i: int, j: int) -> int:
        """Ways in which h_A is at most value i and h_B at most value j."""
        if min(i, j) < 0:
            return 0
        if i <= j:
            return perm(upto[i], a + c) * perm(max(0, upto[j] - a - c), b)
        return perm(upto[j], b + c) * perm(max(0, upto[i] - b - c), a)

    scale = Fraction(orbit.size, perm(upto[-1], a + b + c))
    found: dict[Fraction, int] = {}
    n = len(values)
    table = [[ways(i, j) for j in range(-1, n)] for i in range(-1, n)]
    for i in range(n):
        for j in range(n):
            exactly = table[i + 1][j + 1] - table[i][j + 1] - table[i + 1][j] + table[i][j]
            if exactly:
                margin = values[i][0] - values[j][0]
                found[margin] = found.get(margin, 0) + int(scale * exactly)
    return found


def _count_placements(reduction: Reduction, orbit: Orbit, reward: Sequence[Fraction]) -> dict[Fraction, int] | None:
    matrix = make_matrix(reduction)
    moving = np.array(sorted(i for group in reduction.groups for i in group), dtype=np.int64)
    placements = count_assignments((1,) * len(moving), orbit.multiplicities)
    if placements > MOST_PLACEMENTS or placements * max(1, matrix.whole.size) > MOST_PRODUCTS:
        return None
    scale = lcm(1, *(reward[i].denominator for i in range(len(reward))))
    whole = [int(v * scale) for v in orbit.values]
    fits = max(1, *map(abs, whole)) * max(1, matrix.longest) < SAFE
    dtype = np.int64 if fits else object
    values, table = np.array(whole, dtype=dtype), matrix.whole.astype(dtype)
    counts: Counter[int] = Counter()
    for part, weight in iter_parts(orbit, moving):
        for batch in iter_orbit(part, rows=ROWS):
            codes = orbit.codes[np.newaxis, :] if batch.codes is None else batch.codes
            totals = values[codes[:, matrix.coordinates]] @ table
            margins = totals[:, : matrix.n_prefer].max(axis=1) - totals[:, matrix.n_prefer :].max(axis=1)
            for margin, n in Counter(margins.tolist()).items():
                counts[margin] += n * weight
    return {Fraction(margin, scale * reduction.scale): n for margin, n in counts.items()}
