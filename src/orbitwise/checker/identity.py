"""Claims about many discounts: one discount at which outcomes agree only if they agree at every discount.

An entry of an outcome is a rational function of the discount g. With n nodes at most, L_u the largest common
denominator of a choice's probabilities at node u, and L_0 that at the state asked about, Cramer's rule writes an entry
as p(g) / q(g) with integer polynomials whose coefficients sum, in absolute value, to at most 2 3^n L_0 prod L_u and
2^n L_0 prod L_u. So p q' - p' q for two entries of any two policies has coefficients that sum to at most
H = 4 6^n (L_0 prod L_u)^2. If it is not zero its lowest coefficient is at least 1 in size, and at g = 1/M with M >= H
the others together weigh less: it is not zero there. So vectors written at 1/M stand for functions, and a permutation
that carries one to another does so at every discount; the proofs T1, T2 and T3 then hold at every discount. (Outcomes
that happen to coincide at some discount do no harm: the proofs count names, not values.) They hold for Blackwell
optimality, too: on a finite orbit its verdicts are those of all discounts near enough to 1.

Convex weights depend on the discount, and are taken only for what does not (OPTS, Lemma E.33). Let B be all policies of
a part of the environment that keep no memory and may end anywhere. For a reward r with best values V at g, the reward
r'(u) = V(u) - g' max_a E_a[V] has the best values V at g', hence the same best policies. If all of these have one
outcome at g, then no best choice can be exchanged for one with another law, so they make the same chain, and have one
outcome at g'. So a policy's outcome is a vertex of B at every discount or at none: if at 1/M every outcome of B lies in
B' or in the convex hull of B', and B' consists of outcomes of B, then B' has all vertices of B at every discount.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import lcm

from orbitwise.checker.document import Rejected
from orbitwise.checker.exact import ZERO, Budget
from orbitwise.checker.sets import Environment

__all__ = ["identity_discount"]

LONGEST = 10_000  # binary digits of M


def identity_discount(environment: Environment, at: int, full_memories: Iterable[int], budget: Budget) -> Fraction:
    """The discount 1/M, M the smallest power of ten that is at least H for every policy from the state ``at``."""
    reached = {at: None}
    waiting = [at]
    while waiting:
        for choice in environment.choices[waiting.pop()].values():
            budget.spend(1 + len(choice))
            for successor, _ in choice:
                if successor not in reached:
                    reached[successor] = None
                    waiting.append(successor)
    memories = max(full_memories) + 1
    scales = dict.fromkeys(reached, 1)
    for state in reached:
        for choice in environment.choices[state].values():
            scale = 1
            for _, p in choice:
                scale = budget.add(ZERO, Fraction(lcm(scale, p.denominator))).numerator
            scales[state] = max(scales[state], scale)
    if memories * sum(3 + 2 * scale.bit_length() for scale in scales.values()) > LONGEST:
        raise Rejected(f"the discount that speaks for all has more than {LONGEST} binary digits", where="criterion")
    root = scales[at]
    for scale in scales.values():
        root *= scale**memories
    bound = 4 * 6 ** (memories * len(scales)) * root**2
    power = 1
    while power < bound:
        power *= 10
    return Fraction(1, power)
