"""T5, the graph form: what A can settle in against where B can end up, under average reward.

A' = {e_t : t a target}: states in which A can settle almost surely. D_B: states that contain everything that B can
visit infinitely often, so every outcome of B is a mixture of the e_t with t in D_B. All e_t of permutable t are
interchangeable, and T2 gives |A' n P| / |(A' u D_B) n P|, as long as P contains what is in D_B and not in A'.

The ratio, by the argument of T3: let a = |(A' without D_B) n P| be at least b = |D_B without A'|. On the rewards got by
permuting the values on (A' u D_B) n P, let m places hold the largest value; if a fixed coordinate is as large, B never
wins. B wins when the m places lie in D_B without A', which is so for (b)_m / (n)_m of them, with (b)_m = b (b-1) ...;
A wins at least when they lie in A' without D_B, for (a)_m / (n)_m, and each (a-i)/(b-i) is at least a/b.

Why ranks and classes catch every end component of B: in a recurrent class take a node of least rank. Its choice leads
to no smaller rank, so it stays inside the node's class, in which all ranks are equal; so the same holds at its
successors, and at all the rest. Everything here is linear in the document.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from orbitwise.checker.case import Case, Proved
from orbitwise.checker.document import Rejected, column, fields, integer, items, names, show
from orbitwise.checker.sets import Node, PolicySet

__all__ = ["check_policy", "check_target", "compare_units", "prove_graph"]


def prove_graph(proof: Any, case: Case) -> Proved:
    """Check a proof of kind ``graph``."""
    if case.kind != "average" or not isinstance(case.prefer, PolicySet) or not isinstance(case.over, PolicySet):
        raise Rejected(f"the graph form is for average reward, not for the criterion {case.kind}", where="criterion")
    found = fields(proof, ("kind", "targets", "reach", "over_nodes"), "proof")
    for first, side in ((case.prefer, case.prefers), (case.over, case.overs)):
        if any(isinstance(each, PolicySet) and each.allowed != first.allowed for each in side):
            raise Rejected("the graph form needs the same allowed choices in every situation", where="situations")
    targets = [case.coordinate(each, "proof.targets") for each in names(found["targets"], "proof.targets")]
    if not targets:
        raise Rejected("expected at least one target", where="proof.targets")
    for target in targets:
        check_target(target, case.prefer, case)
    _check_reach(found["reach"], targets, case.prefer, case)
    case.steps.append(f"A': {len(targets)} targets, each reached almost surely and kept by a policy of A")
    ends = _find_ends(found["over_nodes"], case.over, case)
    case.steps.append(f"B: visits no states infinitely often but {len(ends)}")
    return compare_units(set(targets), ends, case)


def compare_units(mine: set[int], ends: set[int], case: Case) -> Proved:
    """What holds for every reward when A is worth the best of ``mine`` at least, and B the best of ``ends`` at most."""
    theirs = ends - mine
    if not theirs <= case.permutable:
        raise Rejected(f"B can get to {show(case.coordinates[min(theirs - case.permutable)])}, which is not permutable")
    good = len(mine & case.permutable)
    bound = Fraction(good, good + len(theirs)) if theirs else Fraction(1)
    own = len((mine - ends) & case.permutable)
    ratio = Fraction(own, len(theirs)) if own >= len(theirs) > 0 else None
    return Proved(bound, ratio, mine.isdisjoint(ends))


def check_target(target: int, prefer: PolicySet, case: Case) -> None:
    """Check that A may stay in the target for ever."""
    if not any(choice[0][0] == target and len(choice) == 1 for choice in prefer.allowed[target].values()):
        raise Rejected(f"no allowed choice stays in {show(case.coordinates[target])}", where="proof.targets")
    if not prefer.may_end_in(target):
        raise Rejected(f"A may not end in {show(case.coordinates[target])}", where="proof.targets")


def _check_reach(reach: Any, targets: list[int], prefer: PolicySet, case: Case) -> None:
    """Check that each target is reached almost surely, and with full memory."""
    kind = reach.get("kind") if type(reach) is dict else None
    if kind == "tree":
        reached = _reached_by_tree(reach, prefer, case)
        for target in targets:
            if target not in reached:
                raise Rejected(f"the tree does not reach {show(case.coordinates[target])}", where="proof.reach")
    elif kind == "policies":
        policies = items(fields(reach, ("kind", "policies"), "proof.reach")["policies"], "proof.reach.policies")
        if len(policies) != len(targets):
            raise Rejected(f"expected one policy per target, found {len(policies)}", where="proof.reach.policies")
        left = set(targets)
        for i, policy in enumerate(policies):
            where = f"proof.reach.policies[{i}]"
            found = fields(policy, ("target", "state", "memory", "action", "rank"), where)
            target = integer(found["target"], f"{where}.target")
            if target not in left:
                raise Rejected("this is no target, or one that has a policy already", where=f"{where}.target")
            left.remove(target)
            check_policy(found, (target, prefer.full), prefer, case, where)
    else:
        raise Rejected(f"expected an object of the kind tree or policies, found {show(kind)}", where="proof.reach")


def _reached_by_tree(reach: dict[str, Any], prefer: PolicySet, case: Case) -> set[int]:
    """The states that a tree of certain moves reaches with full memory."""
    fields(reach, ("kind", "state", "memory", "parent", "action"), "proof.reach")
    nodes = _nodes(reach, prefer, "proof.reach")
    parents = column(items(reach["parent"], "proof.reach.parent", length=len(nodes)), "proof.reach.parent", low=-1)
    actions = items(reach["action"], "proof.reach.action", length=len(nodes))
    for k, (node, parent, action) in enumerate(zip(nodes, parents, actions, strict=True)):
        if parent == -1:
            if action is not None or case.starts[0] != {node}:
                raise Rejected(
                    f"node {k} has no parent, but is not the sure start, or has an action", where="proof.reach"
                )
        elif parent >= k:
            raise Rejected(f"the parent of node {k} does not come before it", where="proof.reach.parent")
        elif _successors(nodes[parent], action, prefer) != [node]:
            raise Rejected(f"the action of node {k} does not surely lead there from its parent", where="proof.reach")
    return {state for state, memory in nodes if memory == prefer.full}


def check_policy(found: dict[str, Any], goal: Node, prefer: PolicySet, case: Case, where: str) -> None:
    """Check that a policy reaches the goal node almost surely: it stays on its nodes, and comes nearer from each."""
    nodes = _nodes(found, prefer, where)
    ranks = column(items(found["rank"], f"{where}.rank", length=len(nodes)), f"{where}.rank", low=1)
    actions = items(found["action"], f"{where}.action", length=len(nodes))
    rank = dict(zip(nodes, ranks, strict=True))
    if len(rank) < len(nodes) or goal in rank:
        raise Rejected("a node is listed twice, or the node to be reached is listed", where=where)
    rank[goal] = 0
    case.budget.spend(len(case.starts[0]))
    if not all(node in rank for node in case.starts[0]):
        raise Rejected("an initial node is not listed", where=where)
    for k, (node, action) in enumerate(zip(nodes, actions, strict=True)):
        successors = _successors(node, action, prefer)
        case.budget.spend(1 + len(successors))
        if not all(each in rank for each in successors):
            raise Rejected(f"the policy leaves the listed nodes at node {k}", where=where)
        if not any(rank[each] < rank[node] for each in successors):
            raise Rejected(f"node {k} has no successor of smaller rank by an allowed action", where=where)


def _successors(node: Node, action: Any, prefer: PolicySet) -> list[Node]:
    """The successors of a node under an allowed action; none if there is no such action."""
    state, memory = node
    choice = prefer.allowed[state].get(action) if type(action) is str else None
    return [prefer.enter(successor, memory) for successor, _ in choice or ()]


def _find_ends(value: Any, over: PolicySet, case: Case) -> set[int]:
    """D_B: the states of the nodes of class >= 0, after checking that these contain every end component of B."""
    where = "proof.over_nodes"
    found = fields(value, ("state", "memory", "rank", "class"), where)
    nodes = _nodes(found, over, where)
    ranks = column(items(found["rank"], f"{where}.rank", length=len(nodes)), f"{where}.rank")
    labels = items(found["class"], f"{where}.class", length=len(nodes))
    classes = column(labels, f"{where}.class", low=-1, high=len(nodes) - 1)
    number = {node: k for k, node in enumerate(nodes)}
    if len(number) < len(nodes):
        raise Rejected("a node is listed twice", where=where)
    if not all(node in number for node in case.starts[1]):
        raise Rejected("an initial node of B is not listed", where=where)
    rank_of_class: dict[int, int] = {}
    for k, (rank, label) in enumerate(zip(ranks, classes, strict=True)):
        if label >= 0 and rank_of_class.setdefault(label, rank) != rank:
            raise Rejected(f"node {k} has another rank than its class", where=f"{where}.rank")

    sure = all(isinstance(each, PolicySet) and len(each.initial()) == 1 for each in case.overs)
    for k, (state, memory) in enumerate(nodes):
        for choice in over.allowed[state].values():
            case.budget.spend(1 + len(choice))
            successors = [number.get(over.enter(successor, memory), -1) for successor, _ in choice]
            if -1 in successors:
                raise Rejected(f"an allowed choice of node {k} leads to a node that is not listed", where=where)
            sure = sure and len(successors) == 1
            if not over.may_end_in(state) or not all(over.may_end_in(successor) for successor, _ in choice):
                continue  # no recurrent class of a policy of B uses this choice
            stays = classes[k] >= 0 and all(classes[each] == classes[k] for each in successors)
            if not stays and all(ranks[each] >= ranks[k] for each in successors):
                raise Rejected(f"a choice of node {k} neither stays in its class nor can lower the rank", where=where)
    # A sure play has entered all it has to enter before it repeats itself for ever.
    ends = {
        state
        for (state, memory), label in zip(nodes, classes, strict=True)
        if label >= 0 and over.may_end_in(state) and (memory == over.full or not sure)
    }
    if not ends:
        raise Rejected("B visits nothing infinitely often, so no policy belongs to it", where=where)
    return ends


def _nodes(found: dict[str, Any], policies: PolicySet, where: str) -> list[Node]:
    """The listed nodes."""
    states = column(found["state"], f"{where}.state", low=0, high=len(policies.environment.states) - 1)
    items(found["memory"], f"{where}.memory", length=len(states))
    memories = column(found["memory"], f"{where}.memory", low=0, high=policies.full)
    return list(zip(states, memories, strict=True))
