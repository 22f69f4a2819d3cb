"""The picture of an environment: a grid, a graph in layers, or bare coordinates, with roles and permutations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from orbitwise.evidence.answer import Answer
from orbitwise.report.drawing import Box, DrawnMove, Edge, Node, Picture, arc_between
from orbitwise.report.grid import draw_grid, is_grid
from orbitwise.report.layered import draw_units
from orbitwise.report.lettering import label, shorten, visible
from orbitwise.report.roles import Move, Role, Roles, find_roles
from orbitwise.report.units import MOST_UNITS, list_units

__all__ = ["draw_picture"]

MOST_PAIRS_NAMED = 6
MOST_ARCS = 60


def draw_picture(answer: Answer) -> tuple[Picture, str]:
    """The picture of an answer, and what its roles were taken from.

    **Cost:** linear in the environment; what is drawn is bounded (about 400 cells or 60 units).
    """
    found = find_roles(answer)
    play = answer.question.play
    names = answer.question.coordinates
    captions: tuple[str, ...] = ()
    edges: list[Edge] = []
    if play is None:
        kind = "coordinates"
        nodes, width, height, captions = _draw_coordinates(names, found.roles)
    elif is_grid(play.environment):
        kind = "grid"
        nodes, edges, width, height, captions = draw_grid(play.environment, play.at, found.roles)
    else:
        kind = "graph"
        units = list_units(play.environment, play.at, found.roles)
        nodes, edges, width, height = draw_units(play.environment, units)
        captions = units.captions
    moves = tuple(_draw_move(k, move, nodes, names) for k, move in enumerate(found.moves, start=1))
    picture = Picture(
        kind=kind,  # type: ignore[arg-type]
        width=width,
        height=height,
        nodes=tuple(nodes),
        edges=tuple(edges),
        summary=_summary(answer, nodes, found),
        captions=(*captions, *_move_captions(found)),
        moves=moves,
    )
    return picture, found.basis


def _draw_coordinates(
    names: Sequence[str], roles: Mapping[int, Role]
) -> tuple[list[Node], float, float, tuple[str, ...]]:
    """Coordinates of given vectors as cells: those of A first, then B, then the others."""
    order = {"a": 0, "ab": 1, "b": 2}
    drawn = sorted(range(len(names)), key=lambda i: (order.get(roles[i].side, 3) if i in roles else 3, i))[:MOST_UNITS]
    columns = max(1, min(10, math.ceil(math.sqrt(2 * len(drawn)))))
    nodes = []
    for k, i in enumerate(drawn):
        row, column = divmod(k, columns)
        box = Box(24 + 46 + column * 100, 40 + row * 74, 88, 36)
        role = roles.get(i)
        tag = role.tag if role else ""
        name = visible(names[i])
        title = f"{name}; {tag}" if tag else name
        nodes.append(Node("state", box, (i,), shorten(name, 8), title, role.side if role else "", tag))
    captions = () if len(drawn) == len(names) else (f"Only {len(drawn)} of {len(names):,} coordinates are drawn.",)
    height = 40 + 74 * math.ceil(len(drawn) / columns)
    return nodes, 24 + 100 * min(columns, len(drawn)) + 12, height, captions


def _draw_move(number: int, move: Move, nodes: Sequence[Node], names: Sequence[str]) -> DrawnMove:
    owner = {state: k for k, node in enumerate(nodes) if node.kind not in ("frame", "choice") for state in node.states}
    arcs: list[str] = []
    touched: dict[int, None] = {}
    for i, j in move.pairs:
        for state in (i, j):
            if state in owner:
                touched[owner[state]] = None
        if i in owner and j in owner and owner[i] != owner[j] and len(arcs) < MOST_ARCS:
            arcs.append(arc_between(nodes[owner[i]].box, nodes[owner[j]].box))
    return DrawnMove(
        label=f"{'φ' if move.is_swap else 'g'}{number}",
        sentence=_move_words(move, names),
        nodes=tuple(touched),
        arcs=tuple(dict.fromkeys(arcs)),
        is_swap=move.is_swap,
    )


def _move_words(move: Move, names: Sequence[str]) -> str:
    """``candy ↔ chocolate``, the first few pairs."""
    if not move.pairs:
        return "moves nothing"
    arrow = " ↔ " if move.is_swap else " → "
    words = [arrow.join(label(names[i], 24) for i in pair) for pair in move.pairs[:MOST_PAIRS_NAMED]]
    more = len(move.pairs) - MOST_PAIRS_NAMED
    return ", ".join(words) + (f" and {more:,} more" if more > 0 else "")


def _move_captions(found: Roles) -> tuple[str, ...]:
    if found.n_moves > len(found.moves):
        return (f"The proof has {found.n_moves:,} permutations; the first {len(found.moves):,} are listed.",)
    return ()


def _summary(answer: Answer, nodes: Sequence[Node], found: Roles) -> str:
    """The picture in one sentence, for those who cannot see it."""
    counts = {letter: sum(letter in role.side for role in found.roles.values()) for letter in ("a", "b")}
    play = answer.question.play
    what = "The coordinates" if play is None else f"The environment {label(play.environment.name, 80)}"
    start = "" if play is None else f"; the start is {label(play.environment.states[play.at], 80)}"
    drawn = sum(node.kind in ("state", "cell", "group") for node in nodes)
    return f"{what}: {drawn} drawn parts, {counts['a']:,} states with role A, {counts['b']:,} with role B{start}."
