"""One discount that speaks for all: where two outcomes agree there, they agree at every discount.

An entry of a discounted outcome is a rational function of the discount g. Let n be the number of nodes that a play can
visit, L_u a common denominator of the probabilities of the choice taken at node u, L_0 one of the initial
probabilities. By Cramer's rule on the bordered system, an entry is p(g) / q(g) with integer polynomials whose
coefficients sum, in absolute value, to at most 2 3^n L_0 prod L_u and 2^n L_0 prod L_u. So two entries of any two
policies differ by a polynomial over a product of such q, and the polynomial's coefficients sum to at most

    H = 4 6^n (L_0 prod L_u)^2.

An integer polynomial that is not zero has a lowest coefficient of size 1 at least; at g = 1/M with M >= H all others
together weigh less. So it is not zero at 1/M: entries that agree at 1/M are the same function (Kronecker
substitution). M is the smallest power of ten from H on, so that the digits of a certificate can be read.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

import numpy as np

from orbitwise.environments.mdp import MDP
from orbitwise.errors import NotSupported
from orbitwise.solvers.reachability import find_reachable

__all__ = ["find_identity_discount"]

LONGEST = 10_000  # binary digits of M; outcomes at 1/M have several times as many


def find_identity_discount(mdp: MDP, at: int, n_memories: int) -> Fraction:
    """The discount 1/M at which outcomes agree only if they agree at every discount.

    **Guarantee:** exact, for all policies from the state and any forced first action.
    **Cost:** linear in the transitions.

    Parameters
    ----------
    mdp, at
        The environment, and the index of the state asked about.
    n_memories
        How many memories a policy may distinguish: 2 for each ``enter`` condition, multiplied.

    Raises
    ------
    NotSupported
        M has more than 10,000 binary digits.

    Examples
    --------
    >>> import orbitwise as ow
    >>> mdp = ow.gallery.load("candy")
    >>> find_identity_discount(mdp, mdp.start, 1)
    Fraction(1, 100000)
    """
    graph = mdp.graph
    reached = find_reachable(graph, np.array([at]))
    scales = [1] * graph.n_nodes
    if not graph.is_deterministic:
        exact = graph.exact_probabilities
        for choice in np.flatnonzero(np.diff(graph.entry_offsets) > 1).tolist():
            first, last = graph.entry_offsets[choice : choice + 2].tolist()
            node = int(graph.choice_nodes[choice])
            scales[node] = max(scales[node], lcm(*(p.denominator for p in exact[first:last])))
    bits = n_memories * sum(3 + 2 * scales[u].bit_length() for u in np.flatnonzero(reached).tolist())
    if bits > LONGEST:
        raise NotSupported(
            f"expected so few states that a discount of {LONGEST:,} binary digits speaks for all, found "
            f"{int(reached.sum()):,} states; ask for one discount"
        )
    product = 1
    for u in np.flatnonzero(reached).tolist():
        product *= scales[u]
    bound = 4 * 6 ** (n_memories * int(reached.sum())) * (scales[at] * product**n_memories) ** 2
    return Fraction(1, 10 ** len(str(bound - 1)))
