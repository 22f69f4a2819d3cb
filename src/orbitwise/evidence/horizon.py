"""T5 for discounted reward: bounds for every reward up to an epsilon that shrinks as A settles sooner.

A' = {t: A can stay in t, and gets there by n certain steps at most}, D_B: all states in which B can be after the
present one. On at least the share |A'| / |A' u D_B| of every orbit, in normalized values,

    (1 - g) h_A >= (1 - g) h_B - (g - g^n) (max r - min r).

With n the bound grows, and the epsilon g - g^n with it; n = 1 loses nothing, at any discount: for many discounts at
once only n = 1 is tried. Graph search only, nothing is listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from orbitwise.evidence.graph_form import find_ratio, find_staying_nodes
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.reachability import find_reachable
from orbitwise.solvers.sure_tree import SureTree, find_sure_tree
from orbitwise.typing import BoolArray, IntArray

__all__ = ["HorizonProof", "find_horizon_proofs"]

MOST_PROOFS = 6  # points of the trade-off between bound and epsilon that are kept
LONGEST = 4_000  # digits of g^n


@dataclass(frozen=True, eq=False)
class HorizonProof:
    """A bound for one number of steps; the checker finds everything else again.

    Parameters
    ----------
    steps
        n.
    targets, visited
        A' and D_B, sorted states.
    bound
        On at least this share of every orbit A is at least as good as B, up to epsilon.
    ratio
        As in the graph form, for n = 1 only.
    epsilon
        g - g^n in units of max r - min r, for values times 1 - g; 0 for n = 1.
    shares_no_state
        Whether A' and D_B are disjoint.
    """

    steps: int
    targets: IntArray
    visited: IntArray
    bound: Fraction
    ratio: Fraction | None
    epsilon: Fraction
    shares_no_state: bool


def find_horizon_proofs(
    prefer: Arena, over: Arena, discount: Fraction | None, *, permutable: BoolArray | None = None
) -> tuple[HorizonProof, ...] | str:
    """The trade-off between bound and epsilon, by increasing n; or the condition that failed in plain words.

    **Guarantee:** exact; of more than six bounds the first, the last and four between them are kept.
    **Cost:** linear in the transitions.

    Parameters
    ----------
    prefer, over
        What A and B may do, from the same state of the same environment.
    discount
        0 < g < 1; None: every discount, and the limit at 1.
    permutable
        Shape (n_states,), the coordinates that the group permutes; None: all.
    """
    may_move = np.ones(prefer.n_states, dtype=np.bool_) if permutable is None else permutable
    if len(prefer.initial_nodes) > 1:
        return "the first action of A has a random successor, so no state is reached by certain steps"
    staying = find_staying_nodes(prefer)
    tree = find_sure_tree(prefer.graph, int(prefer.initial_nodes[0]), staying)
    depths = np.maximum(_depths(tree) + len(prefer.prefix), 1)
    wanted = np.isin(tree.nodes, staying) & ((depths == 1) | (discount is not None))
    states, depths = prefer.node_states[tree.nodes[wanted]], depths[wanted]  # each state once: memory is full
    if len(states) == 0:
        how = "one certain step, as it must for many discounts at once," if discount is None else "certain steps"
        return f"A reaches no state by {how} in which it can stay for good"
    is_visited = _visited_states(over)
    order = np.argsort(depths, kind="stable")
    states, depths = states[order], depths[order]
    good = np.cumsum(may_move[states], dtype=np.int64)
    others = int(is_visited.sum()) - np.cumsum(is_visited[states])
    fixed = int((is_visited & ~may_move).sum()) - np.cumsum(is_visited[states] & ~may_move[states])
    last = np.append(np.flatnonzero(np.diff(depths)), len(depths) - 1)  # the last target of each depth
    fits = (fixed[last] == 0) & ((good[last] > 0) | (others[last] == 0))
    if discount is not None:
        fits &= depths[last] * len(str(discount.denominator)) <= LONGEST
    found: list[HorizonProof] = []
    for k in _thin(_growing(last[fits].tolist(), good, others)):
        targets, n = np.sort(states[: k + 1]), int(depths[k])
        proof = HorizonProof(
            steps=n,
            targets=targets,
            visited=np.flatnonzero(is_visited),
            bound=Fraction(int(good[k]), int(good[k] + others[k])) if others[k] else Fraction(1),
            ratio=find_ratio(targets, np.flatnonzero(is_visited), may_move) if n == 1 else None,
            epsilon=Fraction(0) if discount is None else discount - discount**n,
            shares_no_state=not bool(is_visited[targets].any()),
        )
        found.append(proof)
    if not found:
        return "B visits states whose rewards are not permuted and in which A cannot settle by certain steps"
    return tuple(found)


def _depths(tree: SureTree) -> IntArray:
    """Moves from the root to each node of a tree; parents come before their children."""
    depths = [0] * len(tree.nodes)
    for k, parent in enumerate(tree.parents.tolist()):
        if parent >= 0:
            depths[k] = depths[parent] + 1
    return np.array(depths, dtype=np.int64)


def _visited_states(over: Arena) -> BoolArray:
    """Shape (n_states,), where B can be after the present state."""
    met = find_reachable(over.graph, over.initial_nodes)
    graph = over.graph
    later = graph.successors[met[graph.choice_nodes][graph.entry_choices]]
    if len(over.prefix):
        later = np.append(later, over.initial_nodes)
    visited = np.zeros(over.n_states, dtype=np.bool_)
    visited[over.node_states[later]] = True
    return visited


def _growing(last: list[int], good: IntArray, others: IntArray) -> list[int]:
    """Those depths at which the bound is larger than at all smaller ones."""
    kept: list[int] = []
    for k in last:
        if not kept or good[k] * (good[kept[-1]] + others[kept[-1]]) > good[kept[-1]] * (good[k] + others[k]):
            kept.append(k)
    return kept


def _thin(kept: list[int]) -> list[int]:
    """At most six of them, evenly, with the first and the last."""
    if len(kept) <= MOST_PROOFS:
        return kept
    return [kept[round(i * (len(kept) - 1) / (MOST_PROOFS - 1))] for i in range(MOST_PROOFS)]
