"""The share of one reward's orbit as a function of the discount: a step function with exact breakpoints.

For an element of the orbit, h_A - h_B is a continuous, piecewise rational function of the discount g. It changes its
sign only at roots of the numerators of x(g).r - y(g).r, x an outcome of A and y one of B. These are isolated exactly;
between two of them one rational discount shows the signs of all these differences. At a breakpoint itself those with a
root there are 0 and the others have the sign that they have beside it.

Where no policy of a side must enter or end somewhere only vertices are needed, the same ones at every discount (OPTS,
Lemma E.33). Where outcomes cannot be listed, or there is too much to do, the share is sampled at a few discounts with
the same permutations at each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_poly, fmpz_poly

from orbitwise.compute.real_roots import Root, find_roots, separate
from orbitwise.errors import NotSupported
from orbitwise.evidence.counts_implicit import iter_parts
from orbitwise.evidence.counts_work import count_assignments
from orbitwise.evidence.kinds import Estimate, NotAffordable, OrbitCount, Witness
from orbitwise.evidence.witnesses import find_witness
from orbitwise.outcomes.criteria import ALL_DISCOUNTS
from orbitwise.outcomes.question import Question
from orbitwise.outcomes.vertices import find_vertices
from orbitwise.outcomes.visit_functions import VisitFunction
from orbitwise.rewards.distributions import Distribution
from orbitwise.rewards.orbits import iter_orbit, orbit_of
from orbitwise.solvers.arena import Arena
from orbitwise.typing import ObjectArray

__all__ = ["DiscountCurve", "Sample", "Step", "find_discount_curve", "find_worst_discount", "sample_discounts"]

WORK_LIMIT = 10_000  # polynomials whose roots are isolated, about 0.1 ms each
SAMPLED = tuple(map(Fraction, ("1/10", "1/2", "9/10", "99/100")))
SEARCHED = (Fraction(1, 10), Fraction(9, 10))  # discounts at which the worst reward is searched


@dataclass(frozen=True)
class Step:
    """The count on an open interval of discounts, or at a breakpoint (then ``low`` is ``high``)."""

    low: Root | Fraction
    high: Root | Fraction
    count: OrbitCount

    @property
    def is_point(self) -> bool:
        """Whether it is one discount."""
        return self.low is self.high

    @property
    def inside(self) -> Root | Fraction:
        """A discount of the step."""
        if self.is_point:
            return self.low
        ends = self.low if isinstance(self.low, Fraction) else self.low.high
        return (ends + (self.high if isinstance(self.high, Fraction) else self.high.low)) / 2


@dataclass(frozen=True)
class Sample:
    """The sampled share at one discount."""

    discount: Fraction
    estimate: Estimate


@dataclass(frozen=True)
class DiscountCurve:
    """The share as a function of the discount.

    Parameters
    ----------
    low, high
        The discounts asked about: all inside (0, 1), or a closed interval.
    steps
        Intervals and the breakpoints between them, in order; exact. Empty when sampled.
    samples
        Sampled shares; empty when exact.
    reason
        Why the curve is not exact, or "".
    """

    low: Fraction
    high: Fraction
    steps: tuple[Step, ...]
    samples: tuple[Sample, ...] = ()
    reason: str = ""

    @property
    def lowest(self) -> Step | None:
        """The step with the smallest share."""
        return min(self.steps, key=lambda step: step.count.share, default=None)


def find_discount_curve(
    question: Question, reward: Sequence[Fraction], *, work_limit: int = WORK_LIMIT
) -> DiscountCurve | NotAffordable:
    """The exact share of a reward's orbit at every discount that the question asks about.

    **Guarantee:** exact, breakpoints included.
    **Cost:** the roots of one polynomial for each outcome of A, each of B and each placement of the reward's values on
    the states that they visit; known and compared with ``work_limit`` before.

    Parameters
    ----------
    question
        With a criterion of many discounts.
    reward
        Shape (d,), exact.
    work_limit
        How many polynomials may be isolated.
    """
    functions = question.visit_functions
    low, high = question.criterion.discounts or ALL_DISCOUNTS
    if isinstance(functions, NotSupported) or question.play is None:
        return NotAffordable(0, work_limit, f"the outcomes were not listed: {functions}")
    listed = question.proof_outcomes
    sides = list(functions)
    if not isinstance(listed, NotSupported):
        arenas = (question.play.prefer_arena, question.play.over_arena)
        sides = [
            [side[k] for k in find_vertices(outcomes)] if _is_free(arena) and len(side) == len(outcomes) else side
            for side, outcomes, arena in zip(sides, listed, arenas, strict=True)
        ]
    visited = sorted({s for side in sides for f in side for s in f.numerators})
    orbit = orbit_of(reward, question.permutable)
    moving = np.intersect1d(np.array(visited, dtype=np.int64), orbit.permutable)
    placements = count_assignments((1,) * len(moving), orbit.multiplicities)
    work = placements * len(sides[0]) * len(sides[1])
    if work > work_limit:
        return NotAffordable(
            work,
            work_limit,
            f"the exact curve needs the roots of {work:,} polynomials, more than {work_limit:,}; use a reward with "
            "fewer values, or permute fewer states",
        )
    roots = _Roots(low, high)
    signs: list[tuple[_Signs, int]] = []
    for part, weight in iter_parts(orbit, moving):
        for batch in iter_orbit(part, rows=1024):
            for row in range(len(batch)):
                signs.append((_find_signs(sides, [_flint(x) for x in batch.exact(row)], roots), weight))
    return DiscountCurve(low, high, _gather(signs, low, high))


def sample_discounts(
    question: Question,
    population: Sequence[Fraction] | Distribution,
    reason: str,
    sample: Callable[[Sequence[Fraction] | Distribution, Question], Estimate],
) -> DiscountCurve:
    """The share at a few discounts, sampled with the same rewards at each.

    **Guarantee:** each interval covers the share at its discount with its level. **Cost:** that of each sample.
    """
    low, high = question.criterion.discounts or ALL_DISCOUNTS
    chosen = SAMPLED if (low, high) == ALL_DISCOUNTS else (low, (low + high) / 2, high)
    samples = tuple(Sample(g, sample(population, question.at_discount(g))) for g in chosen)
    return DiscountCurve(low, high, (), samples, reason)


def find_worst_discount(question: Question, *, seed: int, bound: Fraction | None) -> Witness | None:
    """A reward, and a discount among those asked about, with the smallest weak share found.

    **Guarantee:** as of :func:`~orbitwise.evidence.witnesses.find_witness` at that discount: no bound for all discounts
    can be larger than its share there. **Cost:** that of two searches.
    """
    low, high = question.criterion.discounts or ALL_DISCOUNTS
    found: list[tuple[float, int, Witness]] = []
    for g in SEARCHED if (low, high) == ALL_DISCOUNTS else (low, high):
        witness = find_witness(question.at_discount(g), seed=seed, bound=bound)
        if witness is not None:
            share = witness.share if witness.estimate is None else witness.estimate.share
            found.append((float(share or 0), len(found), replace(witness, discount=g)))
            if bound is not None and witness.share == bound:
                break
    return min(found)[2] if found else None


def _is_free(arena: Arena) -> bool:
    return arena.full_memory == 0 and arena.end_nodes is None


class _Roots:
    """Roots inside an interval, remembered by polynomial."""

    def __init__(self, low: Fraction, high: Fraction) -> None:
        self.low, self.high = low, high
        self._known: dict[str, list[Root]] = {}

    def find(self, polynomial: fmpq_poly) -> list[Root]:
        """The roots of a polynomial that is not zero."""
        whole = fmpz_poly(polynomial.numer())
        whole = whole // (whole.content() if whole.leading_coefficient() > 0 else -whole.content())
        key = str(whole)
        if key not in self._known:
            self._known[key] = find_roots(whole, self.low, self.high)
        return self._known[key]


@dataclass(frozen=True)
class _Signs:
    """The sign of h_A - h_B: at first, and at and after each breakpoint where it changes, at the end."""

    first: int
    changes: tuple[tuple[Root, int, int], ...]  # (breakpoint, sign there, sign after)


def _find_signs(sides: Sequence[Sequence[VisitFunction]], reward: list[fmpq], roots: _Roots) -> _Signs:
    worth = [[(f.worth(reward), f.denominator) for f in side] for side in sides]
    crossings = [[x * q - y * p for y, q in worth[1]] for x, p in worth[0]]
    known = [[roots.find(crossing) if crossing != 0 else [] for crossing in row] for row in crossings]
    met = [[{root.key for root in each} for each in row] for row in known]
    breaks = separate(root for row in known for each in row for root in each)
    tables = [_compare(worth, place) for place in _between(breaks, roots.low, roots.high)]
    found = [_sign(table) for table in tables]
    changes = []
    for root, table, before, after in zip(breaks, tables, found, found[1:], strict=False):
        at = _sign(
            [
                [0 if root.key in keys else s for keys, s in zip(*rows, strict=True)]
                for rows in zip(met, table, strict=True)
            ]
        )
        if (before, at) != (at, after):
            changes.append((root, at, after))
    return _Signs(found[0], tuple(changes))


def _between(breaks: Sequence[Root], low: Fraction, high: Fraction) -> list[Fraction]:
    """A discount in each of the intervals that the breakpoints leave."""
    ends = [low, *(end for root in breaks for end in (root.low, root.high)), high]
    return [(a + b) / 2 for a, b in zip(ends[::2], ends[1::2], strict=True)]


def _compare(worth: Sequence[Sequence[tuple[fmpq_poly, fmpq_poly]]], discount: Fraction) -> list[list[int]]:
    """The sign of x.r - y.r at a discount for each outcome x of A (rows) and y of B (columns)."""
    at = _flint(discount)
    mine, theirs = ([above(at) / below(at) for above, below in side] for side in worth)
    return [[(x > y) - (x < y) for y in theirs] for x in mine]


def _sign(table: Sequence[Sequence[int]]) -> int:
    """The sign of h_A - h_B: some outcome of A is no worse than all of B, or the other way round, or both."""
    holds = any(all(sign >= 0 for sign in row) for row in table)
    return holds - any(all(sign <= 0 for sign in column) for column in zip(*table, strict=True))


def _gather(signs: Sequence[tuple[_Signs, int]], low: Fraction, high: Fraction) -> tuple[Step, ...]:
    """The counts between and at the breakpoints of all elements together."""
    breaks = separate(root for each, _ in signs for root, _, _ in each.changes)
    place = {root.key: k for k, root in enumerate(breaks)}
    changes = np.zeros((len(breaks), 2, 3), dtype=object)  # per breakpoint: at it and after it, by sign
    current = np.zeros(3, dtype=object)
    for each, weight in signs:
        sign = each.first
        current[sign] += weight
        for root, at, after in each.changes:
            for k, (old, new) in enumerate(((sign, at), (at, after))):
                changes[place[root.key], k, old] -= weight
                changes[place[root.key], k, new] += weight
            sign = after
    ends: list[Root | Fraction] = [low, *breaks, high]
    steps = [Step(ends[0], ends[1], _count(current))]
    for k, root in enumerate(breaks):
        current = current + changes[k, 0]
        steps.append(Step(root, root, _count(current)))
        current = current + changes[k, 1]
        steps.append(Step(root, ends[k + 2], _count(current)))
    return tuple(steps)


def _count(by_sign: ObjectArray) -> OrbitCount:
    return OrbitCount(prefer_only=int(by_sign[1]), over_only=int(by_sign[-1]), both=int(by_sign[0]))


def _flint(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)
