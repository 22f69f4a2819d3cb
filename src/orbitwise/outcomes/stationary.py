"""The deterministic stationary policies of an arena, each once, as the Markov chain on the nodes that it reaches.

Two policies that differ only where they never come are one play. Plays are found depth first: take the first node that
was reached and has no choice yet, try each of its choices, go on; so no play is met twice and none is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import prod

import numpy as np

from orbitwise.errors import NotSupported
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.reachability import find_reachable

__all__ = ["Chain", "check_plays", "count_policies", "iter_plays", "recurrent_classes"]

Row = tuple[tuple[int, Fraction], ...]  # (successor, probability), by successor
Chain = Mapping[int, Row]  # node -> its row, for all nodes reached


def count_policies(arena: Arena) -> int:
    """The number of stationary policies on the reachable nodes: an upper bound on the number of plays."""
    reached = find_reachable(arena.graph, arena.initial_nodes)
    return prod(np.diff(arena.graph.choice_offsets)[reached].tolist())


def iter_plays(arena: Arena, *, limit: int) -> Iterator[Chain]:
    """Each play of the arena, as its Markov chain with exact probabilities.

    **Cost:** quadratic in the play's nodes for each play.

    Raises
    ------
    NotSupported
        There are more than ``limit`` plays; raised when play number ``limit + 1`` is met.
    """
    choices = _exact_choices(arena)
    found = 0
    stack: list[tuple[dict[int, Row], tuple[int, ...]]] = [({}, tuple(dict.fromkeys(arena.initial_nodes.tolist())))]
    while stack:
        chain, waiting = stack.pop()
        if not waiting:
            found += 1
            if found > limit:
                raise NotSupported(f"more than {limit:,} plays (at most {_short(count_policies(arena))})")
            yield chain
            continue
        node, rest = waiting[0], waiting[1:]
        for row in reversed(choices(node)):
            new = tuple(v for v, _ in row if v not in chain and v != node and v not in rest)
            stack.append(({**chain, node: row}, rest + new))


def check_plays(arena: Arena, *, limit: int) -> None:
    """Refuse, before anything is solved, an arena with too many plays.

    **Cost:** that of going through ``limit`` plays; constant when there are fewer policies.

    Raises
    ------
    NotSupported
        There are more than ``limit`` plays.
    """
    if count_policies(arena) > limit:
        for _ in iter_plays(arena, limit=limit):
            pass


def recurrent_classes(chain: Chain) -> list[list[int]]:
    """The closed communicating classes of a chain, by one depth-first search per class found."""
    import networkx

    graph = networkx.DiGraph((u, v) for u, row in chain.items() for v, _ in row)
    return [
        sorted(members)
        for members in networkx.strongly_connected_components(graph)
        if all(v in members for u in members for v, _ in chain[u])
    ]


def _exact_choices(arena: Arena) -> Callable[[int], list[Row]]:
    """A function from a node to its choices' exact rows; distinct rows only."""
    graph = arena.graph
    exact = None if graph.is_deterministic else graph.exact_probabilities
    known: dict[int, list[Row]] = {}

    def rows(node: int) -> list[Row]:
        if node not in known:
            found = []
            for choice in range(int(graph.choice_offsets[node]), int(graph.choice_offsets[node + 1])):
                start, stop = int(graph.entry_offsets[choice]), int(graph.entry_offsets[choice + 1])
                weights = [Fraction(1)] if exact is None else exact[start:stop].tolist()
                found.append(tuple(sorted(zip(graph.successors[start:stop].tolist(), weights, strict=True))))
            known[node] = list(dict.fromkeys(found))
        return known[node]

    return rows


def _short(count: int) -> str:
    return f"{count:,}" if count < 10**9 else f"10^{len(str(count)) - 1}"
