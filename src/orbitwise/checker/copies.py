"""T1: n copies of B' inside A.

Involutions phi_1 .. phi_n send B' to sets A_i of outcomes of A, and phi_i sends A_j to A_j for j != i. Where B beats
A, the n variants phi_i r of the reward are distinct for all such r and i, and at each of them A beats B. So #(A > B)
>= n #(B > A) on every orbit, and A is at least as good on n/(n+1) of it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from orbitwise.checker.case import Case, Proved, check_dominated, check_outcomes, read_vectors
from orbitwise.checker.document import Rejected, fields, items
from orbitwise.checker.group import move_all, read_involution

__all__ = ["prove_copies"]


def prove_copies(proof: Any, case: Case) -> Proved:
    """Check a proof of kind ``copies``."""
    found = fields(proof, ("kind", "over", "dominated", "involutions"), "proof")
    over = frozenset(listed := read_vectors(found["over"], case.index, "proof.over"))
    involutions = [
        read_involution(each, case, f"proof.involutions[{i}]")
        for i, each in enumerate(items(found["involutions"], "proof.involutions"))
    ]
    n = len(involutions)
    if not n:
        raise Rejected("expected at least one involution", where="proof.involutions")
    copies = [move_all(over, involution, case) for involution in involutions]
    for i, involution in enumerate(involutions):
        for j, copy in enumerate(copies):
            if j != i and move_all(copy, involution, case) != copy:
                raise Rejected(f"this involution does not leave copy {j} where it is", where=f"proof.involutions[{i}]")
    case.steps.append(f"{n} involutions, each leaves the copies made by the others where they are")
    prefer = frozenset[Any]().union(*copies)
    check_outcomes(prefer, case, "proof.involutions")
    check_dominated(listed, found["dominated"], case)
    return Proved(Fraction(n, n + 1), Fraction(n), prefer.isdisjoint(over))
