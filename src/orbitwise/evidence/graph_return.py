"""T5 in its return form: A can do whatever B can, because from A's first action one can come back.

Under average reward transients do not count. When the sets differ in their first action only and A surely gets to the
state asked about, or to where B's action leads, every outcome of B is one of A's, and the weak share is 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from orbitwise.evidence.graph_form import TargetPolicy, policy_document
from orbitwise.outcomes.question import Question
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.reachability import find_almost_surely_reaching, find_reachable

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
    goals = [play.at, *(play.over_arena.initial_nodes.tolist() if len(play.over_arena.initial_nodes) == 1 else [])]
    return next((proof for goal in goals if (proof := _reach(play.prefer_arena, goal)) is not None), None)


def return_proof_document(proof: ReturnProof, action_names: tuple[str, ...]) -> dict[str, Any]:
    """The ``proof`` object of the certificate."""
    policy = policy_document(proof.policy, action_names)
    return {"kind": "return", "goal": policy.pop("target"), "policy": policy}


def _reach(prefer: Arena, goal: int) -> ReturnProof | None:
    reaching, choice, rank = find_almost_surely_reaching(prefer.graph, np.array([goal]))
    if not reaching[prefer.initial_nodes].all():
        return None
    chosen = np.zeros(prefer.graph.n_choices, dtype=np.bool_)
    chosen[choice[choice >= 0]] = True
    met = find_reachable(prefer.graph.keep_choices(chosen)[0], prefer.initial_nodes)
    met[goal] = False
    nodes = np.flatnonzero(met)
    policy = TargetPolicy(
        target=goal,
        state=prefer.node_states[nodes],
        memory=prefer.node_memory[nodes],
        action=prefer.choice_labels[choice[nodes]],
        rank=rank[nodes],
    )
    return ReturnProof(policy)
