"""A certificate of the constant: A' and B' are vertices of A u B, and a tree bounds what B can win anywhere.

It is tried for ever more values, like the constant itself: a bound for fewer values holds for more.
"""

from __future__ import annotations

from fractions import Fraction
from math import perm

from orbitwise.evidence.constants import Constant, compare_vertices
from orbitwise.evidence.constants_cases import find_side_symmetries, list_cases
from orbitwise.evidence.constants_tree import MAX_LEAVES, Cut, find_tree
from orbitwise.evidence.counts_reduction import reduce_outcomes
from orbitwise.evidence.kinds import Certificate, NotCertified
from orbitwise.evidence.proofs import CasesProof, Domination
from orbitwise.evidence.symmetries import Vector
from orbitwise.outcomes.question import Question
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.outcomes.vertices import find_convex_weights

__all__ = ["certify_constant"]

MAX_CASES = 5_040
CHECKING = 2 * 10**7  # steps of the checker, of about 40 x 10^6 that it is willing to do


def certify_constant(question: Question, constant: Constant) -> Certificate | NotCertified:
    """A certificate whose bound is the constant, or why there is none.

    **Guarantee:** can be verified by :mod:`orbitwise.checker`. A certificate of the strict form claims its bound for
    the weak share of every reward, and for the strict share of almost every reward.
    **Cost:** some milliseconds up to four coordinates that matter, up to a second for five; refused where the tree
    would have more than 2,000 leaves, or its check would take longer than the checker is willing to.

    Parameters
    ----------
    question
        Which sets are compared.
    constant
        From :func:`orbitwise.evidence.constants.find_constant`.

    Examples
    --------
    >>> from orbitwise.evidence.constants import find_constant
    >>> from orbitwise.outcomes.question import ask_vectors
    >>> question = ask_vectors(prefer=[["1/2", "1/2", 0], [0, 0, 1]], over=[[1, 0, 0], [0, 1, 0]])
    >>> certify_constant(question, find_constant(question)).bound
    Fraction(1, 3)
    """
    listed = question.outcomes
    if not isinstance(listed, tuple):
        return NotCertified("constant", f"the outcomes were not listed: {listed.message}")
    prefer, over, _ = compare_vertices(question, listed, constant.form)
    if constant.share == 0:
        return NotCertified("constant", "it is 0, and every share is at least 0")
    reduction = reduce_outcomes(
        Outcomes(prefer, question.n_coordinates), Outcomes(over, question.n_coordinates), None, question.permutable
    )
    symmetries = find_side_symmetries(question, prefer, over)
    n_mattering = reduction.n_mattering
    reason = "it depends on too many values"
    for n_values in range(max(n_mattering, 1), max(len(question.permutable), 1) + 1):
        n_cases = perm(n_values, n_mattering)
        if n_cases > MAX_CASES:
            reason = f"{n_cases:,} cases are too many"
            break
        pairs, dimension = len(prefer) * len(over), n_values + len(reduction.fixed)
        per_corner = n_cases * (pairs + (len(prefer) + len(over)) * dimension)
        cases = list_cases(reduction, symmetries, n_values)
        found = find_tree(
            cases, int(cases.total * (1 - constant.share)), max_leaves=min(MAX_LEAVES, CHECKING // per_corner)
        )
        if isinstance(found, tuple):
            return _certificate(question, listed[1], constant, prefer, over, n_values, found)
        reason = found
    return NotCertified("constant", f"{constant.share} was computed, not certified: {reason}")


def _certificate(
    question: Question,
    listed: Outcomes,
    constant: Constant,
    prefer: tuple[Vector, ...],
    over: tuple[Vector, ...],
    n_values: int,
    tree: tuple[Cut | None, ...],
) -> Certificate:
    """With the vertices that count as A's in B' too where the outcomes of B need them."""
    vertices = [*over, *prefer]
    needed: dict[Vector, None] = dict.fromkeys(over)
    weights: dict[Vector, dict[Vector, Fraction]] = {}
    for outcome in listed.vectors:
        if outcome in needed:
            continue
        if outcome in vertices:
            needed[outcome] = None
            continue
        for candidates in (over, vertices):
            found = find_convex_weights(outcome, candidates)
            if found is not None:
                weights[outcome] = {candidates[k]: weight for k, weight in found.items()}
                break
        needed.update(dict.fromkeys(weights[outcome]))
    place = {vector: k for k, vector in enumerate(needed)}
    dominated = tuple(
        Domination(outcome, {place[vector]: weight for vector, weight in parts.items()})
        for outcome, parts in weights.items()
    )
    proof = CasesProof(prefer, tuple(needed), dominated, n_values, tree)
    disjoint = not needed.keys() & set(prefer)
    return Certificate(question, proof, "constant", "weak", constant.share, None, disjoint)
