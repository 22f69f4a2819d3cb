"""Averaging a sampled verdict over symmetries of the outcomes: the same mean, less variance (Rao and Blackwell).

Let X be the vertices of conv(A u B) and G the permutations of permutable coordinates that map X onto itself: the
group of a T2 certificate, when its A' and B' are all of A and B that can be best. If r is uniform on an orbit, or its
values are independent with one law, then g r has the law of r for every g in G. So the verdict [h_A(r) >= h_B(r)] may
be replaced by its mean over g r, g in G. Where x is the only best outcome for r, g x is the only best one for g r, and
that mean is |Gx n A| / |Gx|: a table gives it. To have an only best outcome is a property of the whole G-orbit of r,
so where several are best the plain verdict may be kept.

Only listed outcomes are averaged, and only where some orbit Gx lies partly in A: elsewhere the mean is the verdict
itself and nothing is gained.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from orbitwise.errors import NotSupported
from orbitwise.evidence.comparison import Comparison, Joint
from orbitwise.evidence.comparison_listed import Listed, UnitVectors, compare_listed, find_only_best
from orbitwise.evidence.comparison_solved import Solved
from orbitwise.evidence.symmetries import Vector, find_symmetries, vector_orbits
from orbitwise.outcomes.question import Question
from orbitwise.outcomes.vertices import find_vertices
from orbitwise.rewards.batches import RewardBatch
from orbitwise.typing import IntArray

__all__ = ["Averaging", "count_means", "find_averaging"]

MAX_OUTCOMES = 3_000
MAX_PROGRAMS = 100  # outcomes for which linear programs tell the vertices; of more all are kept, with fewer symmetries


@dataclass(frozen=True, eq=False)
class Averaging:
    """The mean verdict over the symmetries, for each outcome that can be the only best one.

    Parameters
    ----------
    listed
        The comparison.
    outcomes
        Shape (n_outcomes,), those outcomes as :func:`find_only_best` takes them.
    values
        The different means, ascending, with 0 and 1.
    value_of
        Shape (n_outcomes,), positions in ``values``.
    """

    listed: Listed
    outcomes: IntArray
    values: tuple[float, ...]
    value_of: IntArray


def find_averaging(question: Question, comparison: Comparison) -> Averaging | None:
    """How the verdicts of a question can be averaged; None where that is not known or gains nothing.

    **Guarantee:** exact. **Cost:** a graph automorphism computation; up to 100 outcomes also a linear program each.
    """
    sides, union = question.outcomes, question.all_outcomes
    if isinstance(sides, NotSupported) or isinstance(union, NotSupported) or max(map(len, sides)) > MAX_OUTCOMES:
        return None
    if isinstance(comparison, Solved | Joint):
        return None
    prefer, over = sides
    members = set(prefer.vectors)
    rows: dict[Vector, int] = {}
    for row, vector in enumerate((*prefer.vectors, *over.vectors)):
        rows.setdefault(vector, row)
    vectors = union.vectors
    if not isinstance(comparison, UnitVectors) and len(vectors) <= MAX_PROGRAMS:
        vectors = tuple(vectors[k] for k in find_vertices(union))
    generators = find_symmetries(vectors, is_permutable=lambda i: bool(question.permutable_mask[i]))
    shares = [Fraction(0)] * len(vectors)
    for orbit in vector_orbits(vectors, generators):
        share = Fraction(sum(vectors[k] in members for k in orbit), len(orbit))
        for k in orbit:
            shares[k] = share
    values = sorted({Fraction(0), Fraction(1), *shares})
    if len(values) == 2:
        return None
    place = {value: k for k, value in enumerate(values)}
    return Averaging(
        listed=comparison,
        outcomes=_as_listed(comparison, vectors, rows),
        values=tuple(map(float, values)),
        value_of=np.array([place[share] for share in shares]),
    )


def count_means(averaging: Averaging, rewards: RewardBatch) -> IntArray:
    """How many rewards have each of the mean verdicts, shape (n_values,).

    **Guarantee:** exact. **Cost:** that of comparing once.
    """
    best = find_only_best(averaging.listed, rewards, averaging.outcomes)
    alone = best >= 0
    found = averaging.value_of[best[alone]]
    tied = compare_listed(averaging.listed, rewards.rows(np.flatnonzero(~alone))).at_least
    verdicts = np.where(tied, len(averaging.values) - 1, 0)
    return np.bincount(np.concatenate([found, verdicts]), minlength=len(averaging.values))


def _as_listed(listed: Listed, vectors: tuple[Vector, ...], rows: dict[Vector, int]) -> IntArray:
    """Each outcome's coordinate among unit vectors, or else its row."""
    if not isinstance(listed, UnitVectors):
        return np.array([rows[vector] for vector in vectors])
    coordinates = {*listed.prefer.tolist(), *listed.over.tolist()}
    return np.array([next(i for i, _ in vector if i in coordinates) for vector in vectors])
