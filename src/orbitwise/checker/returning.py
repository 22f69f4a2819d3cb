"""T5, the return form: A can do whatever B can, because from A's first action one can come back.

Average reward, and sets that differ in ``take`` only: they allow the same choices and the same ends. If A surely gets
to the state asked about, or to B's only initial node, it can go on as any policy of B does; the transients before do
not count. So B's outcomes are those of policies with memory that begin like A and keep its conditions.

Memory gains nothing: for a reward r, such a policy settles in end components that lie in ``end``, and is worth at most
the mean of their best averages. To settle with the best mean is a stochastic shortest path problem, which a policy
that makes one choice per state solves, and within an end component one choice per state attains the best average. So
h_A >= h_B for every reward, whatever is permuted: the weak share is 1. (If B is empty there is nothing to compare.)
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from orbitwise.checker.case import Case, Proved
from orbitwise.checker.document import Rejected, column, fields
from orbitwise.checker.graph import check_policy
from orbitwise.checker.sets import PolicySet

__all__ = ["prove_return"]


def prove_return(proof: Any, case: Case) -> Proved:
    """Check a proof of kind ``return``."""
    prefer, over = case.prefer, case.over
    if case.kind != "average" or not isinstance(prefer, PolicySet) or not isinstance(over, PolicySet):
        raise Rejected(f"the return form is for average reward, not for the criterion {case.kind}", where="criterion")
    found = fields(proof, ("kind", "goal", "policy"), "proof")
    if prefer.full or over.full:
        raise Rejected("the return form is for sets without enter", where="question")
    if prefer.allowed != over.allowed or prefer.end != over.end:
        raise Rejected("the return form is for sets that differ in take only", where="question")
    (goal,) = column([found["goal"]], "proof.goal", low=0, high=len(case.coordinates) - 1)
    if goal != over.at and list(over.initial()) != [(goal, 0)]:
        raise Rejected(
            "the goal is neither the state asked about nor where B surely is after its action", where="proof.goal"
        )
    policy = fields(found["policy"], ("state", "memory", "action", "rank"), "proof.policy")
    check_policy(policy, (goal, 0), prefer, case, "proof.policy")
    case.steps.append("A surely gets where B begins, and may go on as B does")
    return Proved(Fraction(1), None, False)
