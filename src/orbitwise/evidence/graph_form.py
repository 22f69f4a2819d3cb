"""Theorem T5 for average reward, the graph form: a bound for every reward from graph searches alone.

Let A' be the *targets*: states in which A can stay surely and which it reaches almost surely. Each is a recurrent
state distribution of A, so A is worth at least the largest reward of a target. Let D_B be the states that can be
recurrent under some policy of B: the states of its end components. Every recurrent state distribution of B is a mixture
of them, so B is worth at most the largest reward in D_B. Of the places where the largest reward of A' u D_B may be, A'
has the share

    |A'| / |A' u D_B|,

and a permutation of the rewards sends it to each place equally often: on at least this share of every orbit A is at
least as good as B. Nothing is enumerated. Where only the coordinates P may be permuted, only places in P are counted,
and D_B without A' must lie in P. What is returned can be checked locally, node by node (docs/certificate-format.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from orbitwise.solvers.arena import Arena
from orbitwise.solvers.end_components import find_end_components, rank_components
from orbitwise.solvers.reachability import (
    Incoming,
    find_almost_surely_reaching,
    find_incoming,
    find_reachable,
    find_sure_loops,
    restrict_to_nodes,
)
from orbitwise.solvers.sure_tree import find_sure_tree
from orbitwise.typing import BoolArray, IntArray

__all__ = [
    "GraphProof",
    "PolicyReach",
    "TargetPolicy",
    "TreeReach",
    "find_graph_proof",
    "find_ratio",
    "find_staying_nodes",
    "graph_proof_document",
]

WORK_LIMIT = 20_000_000


@dataclass(frozen=True, eq=False)
class TreeReach:
    """All targets are reached surely, along one tree; parents come before their children."""

    state: IntArray  # (n_tree,)
    memory: IntArray  # (n_tree,)
    parent: IntArray  # (n_tree,) position in the tree, -1 for the root
    action: IntArray  # (n_tree,) index of the action at the parent, -1 for the root


@dataclass(frozen=True, eq=False)
class TargetPolicy:
    """A policy that reaches one target almost surely: some successor of each node has a smaller rank."""

    target: int
    state: IntArray  # (n_met,) the nodes that the policy can meet before the target
    memory: IntArray  # (n_met,)
    action: IntArray  # (n_met,)
    rank: IntArray  # (n_met,), at least 1


@dataclass(frozen=True, eq=False)
class PolicyReach:
    """Each target is reached almost surely, by a policy of its own."""

    policies: tuple[TargetPolicy, ...]


@dataclass(frozen=True, eq=False)
class GraphProof:
    """The proof of a T5 bound, with the arrays of the certificate.

    Parameters
    ----------
    targets
        A', sorted states, shape (n_targets,).
    reach
        Why every target is reached.
    over_state, over_memory, over_rank, over_class
        The nodes that B can meet, shape (n_over,) each; nodes of an end component share a class >= 0.
    recurrent
        D_B, sorted states, shape (n_recurrent,).
    bound
        On at least this share of every orbit A is at least as good as B.
    ratio
        For every reward #(A > B) >= ratio x #(B > A), when as many permutable states are A's alone as B's alone.
    shares_no_state
        Whether A' and D_B are disjoint, so that the bound holds strictly for almost every reward (T4).
    note
        What limits the bound besides the theorem; "" if nothing does.
    """

    targets: IntArray
    reach: TreeReach | PolicyReach
    over_state: IntArray
    over_memory: IntArray
    over_rank: IntArray
    over_class: IntArray
    recurrent: IntArray
    bound: Fraction
    ratio: Fraction | None
    shares_no_state: bool
    note: str = ""


@dataclass(frozen=True, eq=False)
class _Reached:
    """Targets, by node, with the reason why they are reached and what was left untried."""

    nodes: IntArray
    reach: TreeReach | PolicyReach
    note: str = ""


def find_graph_proof(
    prefer: Arena,
    over: Arena,
    *,
    permutable: BoolArray | None = None,
    each_start_alone: bool = False,
    work_limit: int = WORK_LIMIT,
) -> GraphProof | str:
    """The graph form of T5 for average reward, or the condition that failed in plain words.

    **Guarantee:** exact. All targets reached by sure choices are used; where targets reached only almost surely raise
    the bound they are used too, those inside D_B first, as far as ``work_limit`` allows.
    **Cost:** linear time and memory for targets reached by sure choices (always so in a deterministic environment);
    otherwise one almost-sure search over the entries of A for each target.

    Parameters
    ----------
    prefer, over
        What A and B may do, from the same state of the same environment.
    permutable
        Shape (n_states,), the coordinates that the group permutes; None: all.
    each_start_alone
        Whether the initial nodes are starts of their own (situations), not one random start.
    work_limit
        The largest number of targets times entries for targets that need a policy of their own.

    References
    ----------
    Theorem T5 of docs/certificate-format.md.
    """
    may_move = np.ones(prefer.n_states, dtype=np.bool_) if permutable is None else permutable
    met, component, rank = _confine(over)
    recurrent = _recurrent_states(over, met, component, each_start_alone=each_start_alone)
    if len(recurrent) == 0:
        return "no play of B can go on for ever as it must, so B has no policy to compare with"
    in_recurrent = np.zeros(prefer.n_states, dtype=np.bool_)
    in_recurrent[recurrent] = True
    staying = find_staying_nodes(prefer)
    if len(staying) == 0:
        return _nowhere_to_stay(prefer)
    useful = staying[(may_move | in_recurrent)[prefer.node_states[staying]]]
    first = in_recurrent[prefer.node_states[useful]]
    ways = _reach(prefer, np.concatenate([useful[first], useful[~first]]), recurrent, work_limit)
    if all(len(way.nodes) == 0 for way in ways):
        return _unreached(staying, useful, ways)
    found = [_bound(np.sort(prefer.node_states[way.nodes]), in_recurrent, may_move) for way in ways]
    best = max(range(len(ways)), key=lambda i: (isinstance(found[i], Fraction), found[i]))
    bound = found[best]
    if isinstance(bound, str):
        return bound
    nodes = np.flatnonzero(met)
    targets = np.sort(prefer.node_states[ways[best].nodes])
    return GraphProof(
        targets=targets,
        reach=ways[best].reach,
        over_state=over.node_states[nodes],
        over_memory=over.node_memory[nodes],
        over_rank=rank[nodes],
        over_class=component[nodes],
        recurrent=recurrent,
        bound=bound,
        ratio=find_ratio(targets, recurrent, may_move),
        shares_no_state=not bool(in_recurrent[targets].any()),
        note=ways[-1].note,
    )


def graph_proof_document(proof: GraphProof, action_names: Sequence[str], state_names: Sequence[str]) -> dict[str, Any]:
    """The ``proof`` object of the certificate: names of targets and actions, and integers.

    Parameters
    ----------
    proof
        The proof.
    action_names
        The table that ``choice_labels`` of the arenas index.
    state_names
        The coordinates, in order.
    """
    reach: dict[str, Any]
    match proof.reach:
        case TreeReach() as tree:
            reach = {
                "kind": "tree",
                "state": tree.state.tolist(),
                "memory": tree.memory.tolist(),
                "parent": tree.parent.tolist(),
                "action": [action_names[a] if a >= 0 else None for a in tree.action.tolist()],
            }
        case PolicyReach(policies):
            reach = {
                "kind": "policies",
                "policies": [policy_document(policy, action_names) for policy in policies],
            }
    return {
        "kind": "graph",
        "targets": [state_names[t] for t in proof.targets.tolist()],
        "reach": reach,
        "over_nodes": {
            "state": proof.over_state.tolist(),
            "memory": proof.over_memory.tolist(),
            "rank": proof.over_rank.tolist(),
            "class": proof.over_class.tolist(),
        },
    }


def policy_document(policy: TargetPolicy, action_names: Sequence[str]) -> dict[str, Any]:
    """A policy as parallel lists; the target is an index."""
    return {
        "target": policy.target,
        "state": policy.state.tolist(),
        "memory": policy.memory.tolist(),
        "action": [action_names[a] for a in policy.action.tolist()],
        "rank": policy.rank.tolist(),
    }


def _confine(over: Arena) -> tuple[BoolArray, IntArray, IntArray]:
    """Nodes that B can meet, their end components among the choices that count, and ranks; each (n_nodes,)."""
    met = find_reachable(over.graph, over.initial_nodes)
    counting, _ = restrict_to_nodes(over.graph, met if over.end_nodes is None else met & over.end_nodes)
    components = find_end_components(counting)
    return met, components.component, rank_components(counting, components)


def _recurrent_states(over: Arena, met: BoolArray, component: IntArray, *, each_start_alone: bool) -> IntArray:
    """D_B, sorted."""
    nodes = component >= 0
    sure = np.diff(over.graph.entry_offsets)[met[over.graph.choice_nodes]] == 1
    if (
        each_start_alone or len(over.initial_nodes) == 1
    ) and sure.all():  # one play: if it must enter, it has entered when it settles
        nodes &= over.node_memory == over.full_memory
    states = np.zeros(over.n_states, dtype=np.bool_)
    states[over.node_states[nodes]] = True
    return np.flatnonzero(states)


def find_staying_nodes(prefer: Arena) -> IntArray:
    """Nodes that A can meet, where it can stay surely, with everything entered, and where it may end; sorted."""
    graph = prefer.graph
    fit = np.zeros(graph.n_nodes, dtype=np.bool_)
    fit[graph.choice_nodes[find_sure_loops(graph)]] = True
    fit &= find_reachable(graph, prefer.initial_nodes) & (prefer.node_memory == prefer.full_memory)
    if prefer.end_nodes is not None:
        fit &= prefer.end_nodes
    return np.flatnonzero(fit)


def _reach(prefer: Arena, wanted: IntArray, recurrent: IntArray, work_limit: int) -> list[_Reached]:
    """Ways to reach the wanted nodes: by a tree and, if that may reach more and more is needed, by policies."""
    ways: list[_Reached] = []
    if len(prefer.initial_nodes) == 1:
        tree = find_sure_tree(prefer.graph, int(prefer.initial_nodes[0]), wanted)
        actions = np.append(prefer.choice_labels, -1)[tree.choices]
        reach = TreeReach(prefer.node_states[tree.nodes], prefer.node_memory[tree.nodes], tree.parents, actions)
        in_tree = np.zeros(prefer.graph.n_nodes, dtype=np.bool_)
        in_tree[tree.nodes] = True
        surely = wanted[in_tree[wanted]]
        ways.append(_Reached(surely, reach))
        settled = np.zeros(prefer.n_states, dtype=np.bool_)
        settled[prefer.node_states[surely]] = True
        everything = len(surely) == len(wanted) or settled[recurrent].all()
        if everything or prefer.graph.is_deterministic:
            return ways
    return [*ways, _reach_by_policies(prefer, wanted, work_limit)]


def _reach_by_policies(prefer: Arena, wanted: IntArray, work_limit: int) -> _Reached:
    """One policy for each wanted node that is reached almost surely, in the order given, within the work limit."""
    graph, incoming = prefer.graph, find_incoming(prefer.graph)
    n_tried = min(len(wanted), work_limit // max(1, len(graph.successors)))
    policies: dict[int, TargetPolicy] = {}
    for target in wanted[:n_tried].tolist():
        policy = find_policy(prefer, target, incoming)
        if policy is not None:
            policies[target] = policy
    note = ""
    if n_tried < len(wanted):
        note = (
            f"of {len(wanted)} states in which A could stay only {n_tried} were tried, because each needs a search of "
            f"its own and all together exceed the work limit of {work_limit}; the bound may grow with a larger limit"
        )
    by_state = sorted(policies.values(), key=lambda policy: policy.target)
    return _Reached(np.array(list(policies), dtype=np.int64), PolicyReach(tuple(by_state)), note)


def find_policy(prefer: Arena, target: int, incoming: Incoming) -> TargetPolicy | None:
    """A policy of A that reaches a node almost surely, on the nodes that it meets; None when there is none."""
    graph = prefer.graph
    reaching, choice, rank = find_almost_surely_reaching(graph, np.array([target]), incoming=incoming)
    if not reaching[prefer.initial_nodes].all():
        return None
    chosen = np.zeros(graph.n_choices, dtype=np.bool_)
    chosen[choice[choice >= 0]] = True
    met = find_reachable(graph.keep_choices(chosen)[0], prefer.initial_nodes)
    met[target] = False
    nodes = np.flatnonzero(met)
    return TargetPolicy(
        target=int(prefer.node_states[target]),
        state=prefer.node_states[nodes],
        memory=prefer.node_memory[nodes],
        action=prefer.choice_labels[choice[nodes]],
        rank=rank[nodes],
    )


def _bound(targets: IntArray, in_recurrent: BoolArray, may_move: BoolArray) -> Fraction | str:
    """|A' n P| / |(A' u D_B) n P|, or why it says nothing."""
    others = in_recurrent.copy()
    others[targets] = False
    fixed = int((others & ~may_move).sum())
    if fixed:
        return (
            f"B can stay for ever in {fixed} state(s) whose rewards are not permuted and in which A cannot stay; "
            "permute these states too"
        )
    n_others, n_targets = int(others.sum()), int(may_move[targets].sum())
    if n_others == 0:
        return Fraction(1)
    if n_targets == 0:
        return "none of the states that A can reach and stay in is permuted; permute one of them too"
    return Fraction(n_targets, n_targets + n_others)


def find_ratio(targets: IntArray, recurrent: IntArray, may_move: BoolArray) -> Fraction | None:
    """What is A's alone and permuted over what is B's alone, when at least 1."""
    mine, lasting = np.zeros_like(may_move), np.zeros_like(may_move)
    mine[targets], lasting[recurrent] = True, True
    own, theirs = int((mine & ~lasting & may_move).sum()), int((lasting & ~mine).sum())
    return Fraction(own, theirs) if own >= theirs > 0 else None


def _nowhere_to_stay(prefer: Arena) -> str:
    entered = " after entering everything it must enter" if prefer.full_memory else ""
    ends = " among those where it must end" if prefer.end_nodes is not None else ""
    return f"A can reach no state{ends} in which it can stay surely{entered}"


def _unreached(staying: IntArray, useful: IntArray, ways: list[_Reached]) -> str:
    if len(useful) == 0:
        return f"none of the {len(staying)} state(s) in which A can stay is permuted; permute one of them too"
    note = "".join(f"; {way.note}" for way in ways if way.note)
    return f"A reaches none of the {len(useful)} state(s) in which it could stay surely with probability 1{note}"
