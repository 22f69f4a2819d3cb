"""Strongly connected components and simple cycles of a graph, without recursion.

Cycles through a chosen node are found first; then the node is deleted and the components of what is left are
searched. So each cycle is met once, at the first of its nodes to be chosen. A path is extended only to nodes from
which its start can still be reached without crossing the path: every extension leads to a cycle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from orbitwise.checker.exact import Budget

__all__ = ["iter_simple_cycles", "strongly_connected"]


def iter_simple_cycles(
    nodes: list[int], successors: Mapping[int, Collection[int]], budget: Budget
) -> Iterator[list[int]]:
    """Every simple cycle inside the nodes once, as the list of its nodes; self-loops are cycles of length 1.

    **Cost:** the number of cycles times their length times the size of the graph, in the worst case.
    """
    waiting = strongly_connected(nodes, successors, budget)
    while waiting:
        component = waiting.pop()
        yield from _cycles_through(component[0], set(component), successors, budget)
        if len(component) > 1:
            waiting += strongly_connected(component[1:], successors, budget)


def _cycles_through(
    start: int, alive: set[int], successors: Mapping[int, Collection[int]], budget: Budget
) -> Iterator[list[int]]:
    """The simple cycles through the start inside the strongly connected set ``alive``."""
    predecessors: dict[int, list[int]] = {node: [] for node in alive}
    for node in alive:
        for successor in successors[node]:
            budget.spend()
            if successor in alive:
                predecessors[successor].append(node)

    path: list[int] = []
    ways: list[list[int]] = [[start]]  # per position of the path, the nodes still to be tried there
    off_path = alive
    while ways:
        if not ways[-1]:
            ways.pop()
            if path:
                off_path.add(path.pop())
            continue
        node = ways[-1].pop()
        if node == start and path:
            yield list(path)
            continue
        path.append(node)
        off_path.discard(node)
        onward = [each for each in successors[node] if each == start or each in off_path]
        budget.spend(8 + 2 * len(successors[node]))
        if len(onward) > 1:  # a single way must be the one that leads back
            good = _can_return(start, off_path, predecessors, budget)
            onward = [each for each in onward if each in good]
        ways.append(onward)


def _can_return(start: int, off_path: set[int], predecessors: Mapping[int, list[int]], budget: Budget) -> set[int]:
    """The start and the nodes off the path from which it can be reached off the path."""
    found, waiting = {start}, [start]
    while waiting:
        for node in predecessors[waiting.pop()]:
            budget.spend(2)
            if node in off_path and node not in found:
                found.add(node)
                waiting.append(node)
    return found


def strongly_connected(nodes: list[int], successors: Mapping[int, Collection[int]], budget: Budget) -> list[list[int]]:
    """The strongly connected components of the graph on the nodes, by two depth-first searches.

    **Cost:** linear in nodes and edges.
    """
    budget.spend(6 * (1 + len(nodes)))
    unseen = set(nodes)
    finished: list[int] = []
    backward: dict[int, list[int]] = {node: [] for node in nodes}
    for root in nodes:
        stack = [(root, False)]
        while stack:
            node, done = stack.pop()
            if done:
                finished.append(node)
            elif node in unseen:
                unseen.discard(node)
                stack.append((node, True))
                for successor in successors[node]:
                    budget.spend(4)
                    if successor in backward:
                        backward[successor].append(node)
                        stack.append((successor, False))
    components: list[list[int]] = []
    unseen = set(nodes)
    for root in reversed(finished):
        component = []
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if node in unseen:
                unseen.discard(node)
                component.append(node)
                waiting += backward[node]
        if component:
            components.append(component)
    return components
