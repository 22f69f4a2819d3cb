"""Discounted reward: all visit distributions of an arena at a rational discount, exactly (OPTS 3.3).

f = sum over the forced first steps of their discounted indicator, plus g^k (I - g P^T)^{-1} initial after k forced
steps; its entries sum to 1/(1 - g).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from orbitwise.compute.linear import solve_linear
from orbitwise.outcomes.recurrent import meets_conditions
from orbitwise.outcomes.stationary import Chain, check_plays, iter_plays, recurrent_classes
from orbitwise.outcomes.vectors import Outcomes, SparseVector
from orbitwise.solvers.arena import Arena

__all__ = ["list_visit_distributions"]


def list_visit_distributions(arena: Arena, discount: Fraction, *, limit: int = 20_000) -> Outcomes:
    """Every visit distribution of the arena's policies.

    **Guarantee:** exact and complete.
    **Cost:** one exact linear solve for each play.

    Parameters
    ----------
    arena
        What the policies may do.
    discount
        0 < g < 1, dimensionless.
    limit
        Four times the largest number of plays to go through (as for recurrent distributions).

    Raises
    ------
    NotSupported
        There are more plays; the message says how many at least.
    """
    check_plays(arena, limit=limit // 4)
    return Outcomes.of(_iter_visits(arena, discount, limit // 4), arena.n_states)


def _iter_visits(arena: Arena, discount: Fraction, limit: int) -> Iterator[SparseVector]:
    for chain in iter_plays(arena, limit=limit):
        if (arena.full_memory or arena.end_nodes is not None) and not meets_conditions(
            arena, chain, recurrent_classes(chain)
        ):
            continue
        yield _visit_distribution(arena, chain, discount)


def _visit_distribution(arena: Arena, chain: Chain, discount: Fraction) -> SparseVector:
    place = {node: i for i, node in enumerate(chain)}
    rows: list[dict[int, Fraction]] = [{i: Fraction(1)} for i in range(len(chain))]
    for node, successors in chain.items():
        for successor, p in successors:
            row = rows[place[successor]]
            row[place[node]] = row.get(place[node], Fraction(0)) - discount * p
    right = [Fraction(0)] * len(chain)
    for node, mass in zip(arena.initial_nodes.tolist(), arena.initial_exact, strict=True):
        right[place[node]] += mass
    visits: dict[int, Fraction] = {}
    scale = Fraction(1)
    for state in arena.prefix.tolist():
        visits[state] = visits.get(state, Fraction(0)) + scale
        scale *= discount
    for node, value in zip(chain, solve_linear(rows, right), strict=True):
        state = int(arena.node_states[node])
        visits[state] = visits.get(state, Fraction(0)) + scale * value
    return visits
