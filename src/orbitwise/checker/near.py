"""T5 with mixtures, and T6, near symmetry: A' need not consist of outcomes of A.

T5: a vector of A' may be a *mixture*, an exact convex combination of outcomes of A. A is worth at least the best of
its outcomes, so at least any mixture of them; the proofs of T1, T2 and T3 ask no more of A'.

T6: it suffices that the combinations come near. Let every vector a' of A' be within the distance delta_A of a
combination of outcomes of A, and every outcome of B within delta_B of one of B'; the distance of x and y is
|x - y|_1 / 2, and x and y must have equal sums. Then (x - y).r is at most the distance times (max r - min r), because a
constant may be added to r. So where A' is at least as good as B', which T2 counts, h_A >= h_B - (delta_A + delta_B)
(max r - min r).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from orbitwise.checker.case import Case, Proved, Slack, iter_combinations
from orbitwise.checker.document import Rejected
from orbitwise.checker.exact import ONE, ZERO, Vector, read_vector
from orbitwise.checker.orbits import prove_orbits

__all__ = ["prove_near", "with_mixtures"]

Prover = Callable[[Any, Case], Proved]


def with_mixtures(prove: Prover) -> Prover:
    """The same proof, in which A' may hold exact mixtures of outcomes of A, at least one."""

    def prove_mixed(proof: Any, case: Case) -> Proved:
        mixed, rest = _read_mixed(proof, case)
        if not mixed:
            raise Rejected("expected at least one mixture; without any, this is another theorem", where="proof.mixed")
        return prove(rest, replace(case, mixed=mixed))

    return prove_mixed


def prove_near(proof: Any, case: Case) -> Proved:
    """Check a proof of kind ``orbits`` whose combinations need only come near."""
    mixed, rest = _read_mixed(proof, case)
    slack = Slack()
    proved = prove_orbits(rest, replace(case, mixed=mixed, slack=slack))
    scale = ONE if case.discount is None else 1 - case.discount  # of values that are normalized
    return Proved(proved.bound, None, False, case.budget.add(ZERO, case.budget.add(slack.prefer, slack.over), scale))


def _read_mixed(proof: dict[str, Any], case: Case) -> tuple[dict[Vector, dict[Vector, Any]], dict[str, Any]]:
    """Each mixture of the proof with its weights as written, by outcome of A; and the rest of the proof."""
    if "mixed" not in proof:
        raise Rejected("the field 'mixed' is missing", where="proof")
    mixed: dict[Vector, dict[Vector, Any]] = {}
    for vector, parts, where in iter_combinations(
        proof["mixed"], case, "proof.mixed", lambda written, place: read_vector(written, case.index, place)
    ):
        if vector in mixed:
            raise Rejected(f"{case.show(vector)} is listed twice", where=f"{where}.vector")
        mixed[vector] = parts
    return mixed, {key: value for key, value in proof.items() if key != "mixed"}
