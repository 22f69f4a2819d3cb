"""A random climb towards the worst reward: gaps between sorted values, changed a little, many candidates at a time.

Over an orbit only the sorted values count. A candidate is the gaps between them, the level of the lowest value where it
matters, and the values of fixed coordinates. Which coordinate gets which value is a case; B's wins are counted over all
cases where they are few, else over a random sample of them, the same for all candidates. In every round the best
candidates are kept, and children are put beside them: a few gaps stretched, closed, exchanged, or mixed from two
parents. When nothing has improved for long the climb begins again elsewhere. Floats decide here; what is found is
rounded to simple patterns, which the caller counts exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import perm

import numpy as np

from orbitwise.evidence.counts_reduction import Reduction
from orbitwise.evidence.witness_kernel import count_won
from orbitwise.evidence.witness_patterns import Pattern, make_pattern
from orbitwise.typing import FloatArray, IntArray

__all__ = ["Found", "climb_gaps", "iter_rounded_patterns"]

MOST_CASES = 720
SAMPLED_CASES = 500
MOST_VALUES = 60  # permutable coordinates
MOST_STEPS = 10**6  # of one candidate: beyond that too few can be compared
CHILDREN = 256
KEPT = 48
PATIENCE = 40  # rounds without a better candidate
PER_ROUND = 2 * 10**6  # elementary steps beside the comparisons
TOLERANCE = 1e-9
TOPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 70, 100, 200, 500, 1_000, 10_000, 1_000_000)
HOW = "gaps improved at random"


@dataclass(frozen=True)
class Found:
    """Candidates of a climb, the best first.

    Parameters
    ----------
    values
        (n, n_permutable), descending.
    fixed
        (n, n_fixed).
    shares
        (n,), the share of cases that B does not win.
    exhaustive
        Whether all cases were looked at.
    steps
        Elementary steps taken.
    """

    values: FloatArray
    fixed: FloatArray
    shares: FloatArray
    exhaustive: bool
    steps: int


@dataclass(frozen=True, eq=False)
class _Cases:
    assigned: IntArray  # (n_cases, m), the value that each coordinate gets
    rows: FloatArray  # (n_rows, m), the outcomes
    fixed: FloatArray  # (n_fixed, n_rows)
    n_prefer: int
    exhaustive: bool

    @property
    def steps(self) -> int:
        """Of one candidate."""
        return int(len(self.assigned) * (self.rows.size + len(self.rows)))

    def shares(self, values: FloatArray, fixed: FloatArray) -> FloatArray:
        """The share of cases that B does not win, shape (n_candidates,)."""
        won = count_won(values, fixed @ self.fixed, self.assigned, self.rows, self.n_prefer, TOLERANCE)
        return np.asarray(1 - won / len(self.assigned))


def climb_gaps(
    reduction: Reduction,
    n_permutable: int,
    starts: Sequence[tuple[Sequence[int], Sequence[int]]],
    *,
    signed: bool,
    seed: int,
    max_steps: int,
    bound: float,
) -> Found | None:
    """The best candidates found, different from each other.

    **Guarantee:** none; shares are computed in floats, and from sampled cases where there are more than 720.
    **Cost:** ``max_steps``.

    Parameters
    ----------
    reduction
        The outcomes.
    n_permutable
        Number of permutable coordinates.
    starts
        Known good rewards to begin with: their sorted values, and those of fixed coordinates that matter.
    signed
        Whether the level matters.
    seed
        Of the random changes and sampled cases.
    max_steps
        Elementary steps, about a nanosecond each.
    bound
        The climb ends when a share is no larger.
    """
    if not 0 < reduction.n_mattering <= n_permutable <= MOST_VALUES:
        return None
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0x636C,)))
    cases = _list_cases(reduction, n_permutable, rng)
    if cases.steps > MOST_STEPS or max_steps < PER_ROUND + 16 * cases.steps:
        return None
    size = max(16, min(CHILDREN, max_steps // (8 * cases.steps)))
    per_round = size * cases.steps + PER_ROUND
    pools: list[tuple[FloatArray, FloatArray]] = []  # of climbs that have ended
    steps, least = 0, 2.0
    while steps + per_round <= max_steps and least > bound:
        pool = _first(starts if not pools else [], n_permutable, len(reduction.fixed), size, signed, rng)
        shares = cases.shares(*_split(pool, n_permutable))
        steps, idle, here = steps + per_round, 0, float(shares.min())
        while idle < PATIENCE and steps + per_round <= max_steps and here > bound:
            kept = _best(pool, shares)
            pool, shares = pool[kept], shares[kept]
            children = _change(pool, size, n_permutable, signed, rng)
            pool = np.concatenate([children, pool])  # children first: among equals the newer stay
            shares = np.concatenate([cases.shares(*_split(children, n_permutable)), shares])
            idle = idle + 1 if shares.min() >= here else 0
            steps, here = steps + per_round, float(shares.min())
        kept = _best(pool, shares)
        pools.append((pool[kept], shares[kept]))
        least = min(least, here)
    pool, shares = (np.concatenate(parts) for parts in zip(*pools, strict=True))
    order = np.argsort(shares, kind="stable")
    values, fixed = _split(pool[order], n_permutable)
    return Found(values, fixed, shares[order], cases.exhaustive, steps)


def iter_rounded_patterns(found: Found, n: int) -> Iterator[tuple[float, Pattern]]:
    """Patterns near the n best candidates, in ever larger numbers, each with the share of its candidate."""
    for values, fixed, share in zip(found.values[:n], found.fixed[:n], found.shares[:n], strict=True):
        largest = max(float(np.abs(values).max()), float(np.abs(fixed).max(initial=0)), 1e-300)
        for top in TOPS:
            levels: dict[int, int] = {}
            for value in np.rint(values * (top / largest)).astype(np.int64).tolist():
                levels[value] = levels.get(value, 0) + 1
            placed = tuple(np.rint(fixed * (top / largest)).astype(np.int64).tolist())
            if len(levels) > 1 or placed:
                yield float(share), make_pattern(levels, placed, HOW)


def _list_cases(reduction: Reduction, n_permutable: int, rng: np.random.Generator) -> _Cases:
    m = reduction.n_mattering
    exhaustive = perm(n_permutable, m) <= MOST_CASES
    if exhaustive:
        assigned = np.array(list(permutations(range(n_permutable), m)), dtype=np.int64)
    else:
        assigned = rng.permuted(np.tile(np.arange(n_permutable), (SAMPLED_CASES, 1)), axis=1)[:, :m]
    table = reduction.dense(object)
    scale = max(reduction.largest, 1)
    floats: FloatArray = (table / scale).astype(np.float64)
    groups = [g for g, group in enumerate(reduction.groups) for _ in group]
    return _Cases(
        assigned,
        np.ascontiguousarray(floats[groups].T),
        floats[len(reduction.groups) :],
        reduction.n_prefer,
        exhaustive,
    )


def _first(
    starts: Sequence[tuple[Sequence[int], Sequence[int]]],
    n: int,
    n_fixed: int,
    size: int,
    signed: bool,
    rng: np.random.Generator,
) -> FloatArray:
    """Candidates to begin with, shape (size, n - 1 + 1 + n_fixed): gaps, level, fixed values."""
    pool = 10 ** rng.uniform(-3, 1, (size, n + n_fixed))
    pool[:, : n - 1] *= rng.random((size, n - 1)) < rng.uniform(0.3, 1, (size, 1))
    pool[:, n:] *= rng.choice([-1.0, 1.0], (size, n_fixed))
    pool[:, n - 1] = rng.normal(size=size) * 10 ** rng.uniform(-1, 1.5, size) if signed else 0
    for row, (values, fixed) in zip(pool, starts, strict=False):
        ordered = np.sort(np.array(values, dtype=np.float64))[::-1]
        row[: n - 1] = ordered[:-1] - ordered[1:]
        row[n - 1] = ordered[-1]
        row[n:] = fixed
    return _scaled(pool, n)


def _split(pool: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
    """The sorted values and the fixed ones."""
    gaps = pool[:, : n - 1]
    above = np.cumsum(gaps[:, ::-1], axis=1)[:, ::-1]
    values = np.concatenate([above, np.zeros((len(pool), 1))], axis=1) + pool[:, n - 1 : n]
    return values, pool[:, n:]


def _scaled(pool: FloatArray, n: int) -> FloatArray:
    """Each candidate divided by its largest part."""
    largest = np.abs(pool).max(axis=1, keepdims=True)
    return np.asarray(pool / np.maximum(largest, 1e-300))


def _best(pool: FloatArray, shares: FloatArray) -> IntArray:
    """The best candidates, at most half of them with the smallest share."""
    order = np.argsort(shares, kind="stable")
    leaders = order[: int((shares == shares.min()).sum())][: KEPT // 2]
    return np.concatenate([leaders, order[~np.isin(order, leaders)][: KEPT - len(leaders)]])


def _change(pool: FloatArray, size: int, n: int, signed: bool, rng: np.random.Generator) -> FloatArray:
    """Children: a parent, often crossed with another, some of whose parts are stretched, closed or exchanged."""
    rows = np.arange(size)
    parents = (len(pool) * rng.random(size) ** 2).astype(np.int64)  # the better ones more often
    children = pool[parents]
    crossed = rng.random(size) < 0.25
    other = pool[rng.integers(0, len(pool), size)]
    children = np.where(crossed[:, np.newaxis] & (rng.random(children.shape) < 0.5), other, children)
    moved = rng.random(children.shape) < rng.choice([0.15, 0.4, 1.0], (size, 1))
    spread = 10 ** rng.uniform(-2, 0.7, (size, 1))
    children = np.where(moved, children * np.exp(spread * rng.normal(size=children.shape)), children)
    if n > 1:
        place, source = rng.integers(0, n - 1, (2, size))
        kind = rng.random(size)
        closed, copied, opened = kind < 0.1, (kind >= 0.1) & (kind < 0.25), (kind >= 0.25) & (kind < 0.4)
        children[rows[closed], place[closed]] = 0
        children[rows[copied], place[copied]] = children[rows[copied], source[copied]]
        children[rows[opened], place[opened]] = 10 ** rng.uniform(-3, 0.5, int(opened.sum()))
        swapped = rows[kind > 0.85]
        first, second = children[swapped, place[swapped]], children[swapped, source[swapped]]
        children[swapped, place[swapped]], children[swapped, source[swapped]] = second, first
    free = [n - 1] * signed + list(range(n, children.shape[1]))
    for column in free:
        jumped = rng.random(size) < 0.2
        children[jumped, column] = rng.normal(size=int(jumped.sum())) * 10 ** rng.uniform(-1, 1.5, int(jumped.sum()))
    return _scaled(children, n)
