"""Which cases exclude each other: no reward lets B win both.

B wins a case where some difference form b - a is positive for all a. Two forms p and q are never positive together on
the cone of non-negative coordinates when m p + q <= 0 for some m >= 0, that is when no coordinate has both positive and
p_i q_j <= p_j q_i wherever p_j <= 0 < q_j and q_i <= 0 < p_i. Two cases exclude each other when every way to win the
one excludes every way to win the other. In a set of cases that exclude each other pairwise B wins one at most, so a
partition into such sets (cliques) bounds what B can win. The copies of T1 are such sets.
"""

from __future__ import annotations

import numpy as np

from orbitwise.evidence.constants_planes import Planes
from orbitwise.typing import BoolArray, IntArray, ObjectArray

__all__ = ["exclusion_work", "find_cliques"]

MAX_FORMS = 10_000  # the table of exclusions has its square, in bytes
SMALL = 2**31


def find_cliques(planes: Planes, weights: IntArray) -> IntArray:
    """A partition of the cases into sets that exclude each other pairwise, shape (n_cases,), the number of its set.

    **Guarantee:** exact; that no better partition exists is not claimed. With more than 10,000 forms
    each case is alone.
    **Cost:** the squares of the numbers of forms and of cases.
    """
    n_planes, n_cases = len(planes.normals), len(weights)
    codes = np.where(planes.side > 0, planes.index, planes.index + n_planes)
    table = _integers(planes)
    signed = np.concatenate([table, -table])
    rising: BoolArray = np.any(signed > 0, axis=1)
    falling: BoolArray = np.any(signed < 0, axis=1)
    used = np.zeros(len(signed), dtype=np.bool_)
    used[codes] = True
    mixed = np.flatnonzero(used & rising & falling)
    if len(mixed) > MAX_FORMS:
        return np.arange(n_cases)
    place = np.full(len(signed), len(mixed))  # the last place stands for forms that exclude nothing by themselves
    place[mixed] = np.arange(len(mixed))
    lost: BoolArray = ~np.all(rising[codes], axis=2)  # (n_cases, n_over): ways to win that no reward allows
    excluded = _excluded_cases(_excluded_forms(signed[mixed]), place[codes], lost)
    return _partition(excluded, ~np.all(lost, axis=1))


def exclusion_work(n_cases: int, n_over: int, n_prefer: int, k: int) -> int:
    """Elementary steps, about a nanosecond each, at most; many of the forms in k variables may be equal."""
    n_forms = n_cases * n_over * n_prefer
    distinct = min(2 * n_forms, MAX_FORMS)
    return distinct**2 * k + n_forms * (distinct + n_over * n_cases) + 100 * n_cases**2


def _integers(planes: Planes) -> ObjectArray:
    """The normals as 64-bit integers where products of two entries fit, else as unbounded ones."""
    table: ObjectArray = np.array(planes.normals, dtype=object)
    return table.astype(np.int64) if abs(table).max() < SMALL else table


def _excluded_forms(forms: ObjectArray) -> BoolArray:
    """Which forms are never positive together, shape (n_forms + 1, n_forms + 1); the last row and column are empty."""
    n = len(forms)
    found = np.zeros((n + 1, n + 1), dtype=np.bool_)
    columns = [np.ascontiguousarray(column) for column in forms.T]
    rising = [column > 0 for column in columns]
    for row, form in enumerate(forms.tolist()):
        excluded = np.ones(n, dtype=np.bool_)
        positive = [i for i, x in enumerate(form) if x > 0]
        for i in positive:
            excluded &= ~rising[i]
        for j in (j for j, x in enumerate(form) if x <= 0):
            for i in positive:
                excluded &= ~rising[j] | (columns[j] * form[i] <= columns[i] * form[j]).astype(np.bool_)
        found[row, :n] = excluded
    return found


def _excluded_cases(forms: BoolArray, place: IntArray, lost: BoolArray) -> BoolArray:
    """Which cases exclude each other, shape (n_cases, n_cases)."""
    by_pair = np.ascontiguousarray(place.transpose(2, 1, 0))  # (n_prefer, n_over, n_cases)
    lost_ways = np.ascontiguousarray(lost.T)
    found = np.ones((len(place), len(place)), dtype=np.bool_)
    for case, ways in enumerate(place):
        for way in ways[~lost[case]]:
            reach = forms[way].any(axis=0)  # (n_forms + 1,)
            excluded = lost_ways.copy()
            for way_there in by_pair:
                excluded |= reach[way_there]
            found[case] &= excluded.all(axis=0)
    np.fill_diagonal(found, False)
    return found


def _partition(excluded: BoolArray, winnable: BoolArray) -> IntArray:
    """Cliques, greedily: begin at the case that excludes fewest, add the one that excludes most of what remains."""
    label = np.zeros(len(winnable), dtype=np.int64)
    left = winnable.copy()
    excluded = excluded & left & left[:, np.newaxis]
    degree = excluded.sum(axis=1)
    number = 0
    while left.any():
        first = int(np.argmin(np.where(left, degree, len(left))))
        clique = [first]
        candidates = np.flatnonzero(excluded[first] & left)
        while len(candidates):
            inside = excluded[np.ix_(candidates, candidates)].sum(axis=1)
            best = candidates[np.lexsort((degree[candidates], -inside))[0]]
            clique.append(int(best))
            candidates = candidates[excluded[best, candidates]]
        label[clique] = number
        number += 1
        left[clique] = False
        degree = degree - excluded[:, clique].sum(axis=1)
    return label
