"""Exact four-way counts over the whole orbit of a reward: only A, only B, both, neither.

Three ways, each exact: a closed form when every outcome is the same multiple of a unit vector, enumeration of the
assignments of values to the coordinates that matter when the outcomes are listed, and solving every element of a small
orbit when they are not. What a way costs is known before it starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from orbitwise.errors import NotSupported
from orbitwise.evidence.comparison import prepare_comparison
from orbitwise.evidence.counts_enumeration import count_by_enumeration, enumeration_work
from orbitwise.evidence.counts_implicit import count_by_solving
from orbitwise.evidence.counts_reduction import Reduction, Values, reduce_outcomes, reduce_values
from orbitwise.evidence.counts_unit import count_unit_vectors, unit_work
from orbitwise.evidence.kinds import NotAffordable, OrbitCount
from orbitwise.outcomes.question import Question
from orbitwise.outcomes.vectors import Outcomes

__all__ = ["WORK_LIMIT", "count_orbit", "count_reduced", "count_work"]

WORK_LIMIT = 2 * 10**10  # elementary steps, about 20 s


def count_orbit(
    question: Question,
    reward: Sequence[Fraction],
    *,
    within: Outcomes | None = None,
    work_limit: int = WORK_LIMIT,
) -> OrbitCount | NotAffordable:
    """The four-way count over the orbit of a reward.

    **Guarantee:** exact. **Cost:** at most ``work_limit`` elementary steps (10^9 take about a second), computed
    before the count starts; memory does not grow with the orbit.

    Parameters
    ----------
    question
        Which sets are compared, and which coordinates permute.
    reward
        Shape (d,), exact.
    within
        All outcomes C when they are more than A u B; outcomes of A and B need not be repeated.
    work_limit
        Elementary steps allowed.

    Examples
    --------
    >>> from orbitwise.outcomes.question import ask_vectors
    >>> question = ask_vectors(prefer=[[0, 1, 0], [0, 0, 1]], over=[[1, 0, 0]])
    >>> count_orbit(question, [Fraction(3), Fraction(2), Fraction(1)])
    OrbitCount(prefer_only=4, over_only=2, both=0, neither=0)
    """
    sides = question.outcomes_for(reward)
    if isinstance(sides, NotSupported):
        if within is not None:
            return NotAffordable(0, work_limit, f"outcomes inside a larger set are only counted when listed: {sides}")
        return count_by_solving(question, prepare_comparison(question), reward, work_limit=work_limit)
    reduction = reduce_outcomes(*sides, within, question.permutable)
    return count_reduced(reduction, reward, question.permutable, work_limit=work_limit)


def count_reduced(
    reduction: Reduction, reward: Sequence[Fraction], permutable: Sequence[int], *, work_limit: int = WORK_LIMIT
) -> OrbitCount | NotAffordable:
    """The count for outcomes that were reduced before, as when many rewards are tried.

    **Guarantee:** exact. **Cost:** as :func:`count_orbit`, without the reduction.
    """
    values = reduce_values(reduction, reward, permutable)
    if not reduction.groups:
        return _count_unmoved(reduction, values)
    if reduction.unit is not None:
        return count_unit_vectors(reduction, values, work_limit=work_limit)
    return count_by_enumeration(reduction, values, work_limit=work_limit)


def count_work(reduction: Reduction, values: Values) -> int:
    """Elementary steps that a count takes at most, about a nanosecond each, without counting."""
    if not reduction.groups:
        return reduction.n_rows
    if reduction.unit is not None:
        return unit_work(reduction, values)
    return enumeration_work(reduction, values)[1]


def _count_unmoved(reduction: Reduction, values: Values) -> OrbitCount:
    """The count when no permutation changes any comparison: the whole orbit is one case."""
    sums = [0] * reduction.n_rows
    for column, value in zip(reduction.fixed_columns, values.fixed, strict=True):
        for row, x in column:
            sums[row] += x * value
    best = max(sums)
    prefer = best in sums[: reduction.n_prefer]
    over = best in sums[reduction.n_prefer : reduction.n_prefer + reduction.n_over]
    cases = [prefer and not over, over and not prefer, prefer and over, not prefer and not over]
    return OrbitCount(*(values.orbit_size * case for case in cases))
