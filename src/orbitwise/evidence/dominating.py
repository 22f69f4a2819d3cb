"""Choices of B', the finite set whose convex hull contains every outcome of B, with the exact weights that show it.

Two choices are tried: the vertices ND(B); and, where all outcomes are non-negative with one sum c (average reward:
c = 1), the unit vectors c e_t on the coordinates that B uses (T5).

Where outcomes are functions of the discount, the weights depend on it. But which policies' outcomes are vertices does
not, when B is all policies of a part of the environment (OPTS, Lemma E.33; proof in ``checker/identity.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from orbitwise.evidence.proofs import Domination
from orbitwise.evidence.symmetries import Vector
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.outcomes.vertices import find_vertices, iter_dominated

__all__ = ["Dominating", "dominating_sets", "every_discount_sets"]


@dataclass(frozen=True)
class Dominating:
    """B' and, for each outcome of B outside it, convex weights over B'."""

    vectors: tuple[Vector, ...]
    dominated: tuple[Domination, ...]
    what: str


def dominating_sets(over: Outcomes) -> tuple[Dominating, ...]:
    """The choices of B' for an outcome set B, the smallest first.

    **Guarantee:** exact weights. **Cost:** a linear program for each outcome.
    """
    vertices = _vertices(over)
    units = _units(over)
    if units is not None and set(units.vectors) != set(vertices.vectors):
        return vertices, units
    return (vertices,)


def every_discount_sets(over: Outcomes, has_duty: bool) -> tuple[Dominating, ...]:
    """The choices of B' that hold at every discount, for outcomes at the discount that speaks for all.

    **Guarantee:** and **Cost:** as :func:`dominating_sets`.

    Parameters
    ----------
    over
        The outcomes of B.
    has_duty
        Whether B's policies must enter or end somewhere; then nothing is left out.
    """
    return (Dominating(over.vectors, (), "the outcomes of B") if has_duty else _vertices(over),)


def _vertices(over: Outcomes) -> Dominating:
    vertices = find_vertices(over)
    dominated = tuple(Domination(over.vectors[k], weights) for k, weights in iter_dominated(over))
    return Dominating(tuple(over.vectors[k] for k in vertices), dominated, "the vertices of B")


def _units(over: Outcomes) -> Dominating | None:
    sums = {sum((x for _, x in v), Fraction(0)) for v in over.vectors}
    if len(sums) != 1 or any(x < 0 for v in over.vectors for _, x in v):
        return None
    total = sums.pop()
    if total <= 0:
        return None
    support = sorted({i for v in over.vectors for i, _ in v})
    place = {c: k for k, c in enumerate(support)}
    units = tuple(((c, total),) for c in support)
    members = set(units)
    dominated = tuple(Domination(v, {place[i]: x / total for i, x in v}) for v in over.vectors if v not in members)
    return Dominating(units, dominated, "the unit vectors on the states that B can visit for ever")
