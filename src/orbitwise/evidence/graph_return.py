"""T5 in its return form: A can do whatever B can, because from A's first action one can come back.

Under average reward transients do not count. When the sets differ in their first action only and A surely gets to the
state asked about, or to where B's action leads, every outcome of B is one of A's, and the weak share is 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orbitwise.evidence.graph_form import TargetPolicy, find_policy, policy_document
from orbitwise.outcomes.question import Question
from orbitwise.solvers.reachability import find_incoming

__all__ = ["ReturnProof", "find_return_proof", "return_proof_document"]


@dataclass(frozen=True, eq=False)
class ReturnProof:
    """A policy of A that surely gets where B begins."""

    policy: TargetPolicy


def find_return_proof(question: Question) -> ReturnProof | None:
    """The proof that A can do whatever B can; None when the sets differ otherwise or A cannot surely come back.

    **Guarantee:** exact. **Cost:** linear in the transitions, up to twice.
    """
    play = question.play
    if play is None or question.criterion.kind != "average":
        return None
    mine, theirs = play.prefer, play.over
    if mine.enter or theirs.enter or (mine.always, mine.avoid, mine.end) != (theirs.always, theirs.avoid, theirs.end):
        return None
    prefer, over = play.prefer_arena, play.over_arena
    goals = [play.at, *(over.initial_nodes.tolist() if len(over.initial_nodes) == 1 else [])]
    incoming = find_incoming(prefer.graph)
    for goal in goals:
        policy = find_policy(prefer, goal, incoming)
        if policy is not None:
            return ReturnProof(policy)
    return None


def return_proof_document(proof: ReturnProof, action_names: tuple[str, ...]) -> dict[str, Any]:
    """The ``proof`` object of the certificate."""
    policy = policy_document(proof.policy, action_names)
    return {"kind": "return", "goal": policy.pop("target"), "policy": policy}
