"""Discounted visits as functions of the discount, exactly: one polynomial over another for each state.

For a play with transition matrix P and initial distribution mu, det(I - g P) is the characteristic polynomial of P with
its coefficients in reverse. It is a denominator of all entries of mu (I - g P)^-1 = sum of g^t mu P^t, whose numerators
have a degree below the number n of nodes: so the first n terms of the sum give them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpq_mat, fmpq_poly

from orbitwise.outcomes.recurrent import meets_conditions
from orbitwise.outcomes.stationary import Chain, check_plays, iter_plays, recurrent_classes
from orbitwise.solvers.arena import Arena

__all__ = ["VisitFunction", "list_visit_functions"]


@dataclass(frozen=True, eq=False)
class VisitFunction:
    """The discounted visits of one play: the polynomial of each state over one denominator, which is 1 at 0."""

    numerators: dict[int, fmpq_poly]  # state -> numerator, without zeros
    denominator: fmpq_poly

    def worth(self, reward: list[fmpq]) -> fmpq_poly:
        """The numerator of the value of a reward of shape (d,)."""
        return sum((p * reward[s] for s, p in self.numerators.items()), fmpq_poly([0]))


def list_visit_functions(arena: Arena, *, limit: int = 20_000) -> list[VisitFunction]:
    """The visits of every play of an arena, each function once, in the order of ``list_visit_distributions``.

    **Guarantee:** exact and complete.
    **Cost:** one characteristic polynomial, cubic in the nodes of a play, for each play.

    Parameters
    ----------
    arena
        What the policies may do.
    limit
        Four times the largest number of plays to go through.

    Raises
    ------
    NotSupported
        There are more plays; the message says how many at least.
    """
    check_plays(arena, limit=limit // 4)
    found: dict[object, VisitFunction] = {}
    for chain in iter_plays(arena, limit=limit // 4):
        if meets_conditions(arena, chain, recurrent_classes(chain)):
            function = _visit_function(arena, chain)
            numerators = sorted((s, tuple(p.coeffs())) for s, p in function.numerators.items())
            found.setdefault(str((numerators, function.denominator)), function)
    return list(found.values())


def _visit_function(arena: Arena, chain: Chain) -> VisitFunction:
    place = {node: i for i, node in enumerate(chain)}
    n = len(chain)
    step = fmpq_mat(n, n)
    for node, row in chain.items():
        for successor, p in row:
            step[place[node], place[successor]] = _rational(p)
    below = fmpq_poly(step.charpoly().coeffs()[::-1])
    mass = fmpq_mat(1, n)
    for node, p in zip(arena.initial_nodes.tolist(), arena.initial_exact, strict=True):
        mass[0, place[node]] = mass[0, place[node]] + _rational(p)
    series: dict[int, list[fmpq]] = {int(arena.node_states[node]): [fmpq(0)] * n for node in chain}
    for t in range(n):
        for node, i in place.items():
            series[int(arena.node_states[node])][t] += mass[0, i]
        mass = mass * step
    above = {s: fmpq_poly((fmpq_poly(terms) * below).coeffs()[:n]) for s, terms in series.items()}
    for state in reversed(arena.prefix.tolist()):
        above = {s: p * fmpq_poly([0, 1]) for s, p in above.items()}
        above[state] = above.get(state, fmpq_poly([0])) + below
    return _reduce(above, below)


def _reduce(above: dict[int, fmpq_poly], below: fmpq_poly) -> VisitFunction:
    """In lowest terms, so that equal functions look alike."""
    shared = below
    for p in above.values():
        shared = shared.gcd(p)
    below = below // shared
    scale = 1 / below[0]
    return VisitFunction({s: p // shared * scale for s, p in above.items() if p != 0}, below * scale)


def _rational(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)
