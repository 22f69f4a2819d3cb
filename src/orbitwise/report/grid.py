"""A gridworld as a grid: one cell for each state, a connector wherever one can walk between neighbors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from orbitwise.environments.mdp import MDP
from orbitwise.report.drawing import Box, Edge, Node, arc_between, corner
from orbitwise.report.lettering import label, shorten, text_width, visible
from orbitwise.report.roles import Role
from orbitwise.report.units import state_title
from orbitwise.solvers.reachability import find_reachable

__all__ = ["MOST_CELLS", "draw_grid", "is_grid"]

MOST_CELLS = 400
MOST_FAR = 40
MARGIN = 24.0


def is_grid(mdp: MDP) -> bool:
    """Whether the layout is a grid of at most :data:`MOST_CELLS` cells in which most moves go to neighbors."""
    if not 4 <= mdp.n_states <= MOST_CELLS or len(mdp.layout) < mdp.n_states:
        return False
    places = [mdp.layout[state] for state in range(mdp.n_states)]
    if len(set(places)) < len(places) or any(x != int(x) or y != int(y) for x, y in places):
        return False
    columns, rows = ({place[axis] for place in places} for axis in (0, 1))
    if (max(columns) - min(columns) + 1) * (max(rows) - min(rows) + 1) > 2 * MOST_CELLS:
        return False
    pairs = _moves(mdp)
    near = sum(_distance(mdp, a, b) == 1 for a, b in pairs)
    return len(pairs) > 0 and near >= 0.6 * len(pairs)


def draw_grid(
    mdp: MDP, at: int, roles: Mapping[int, Role]
) -> tuple[list[Node], list[Edge], float, float, tuple[str, ...]]:
    """Nodes, edges, width, height and captions of a grid."""
    columns = [mdp.layout[state][0] for state in range(mdp.n_states)]
    rows = [mdp.layout[state][1] for state in range(mdp.n_states)]
    left, top = min(columns), min(rows)
    n_columns = int(max(columns) - left) + 1
    size = max(30.0, min(64.0, 860.0 / n_columns))
    reached = find_reachable(mdp.graph, np.array([at]))
    nodes = []
    boxes = []
    for state in range(mdp.n_states):
        x = MARGIN + (columns[state] - left + 0.5) * size
        y = MARGIN + (rows[state] - top + 0.5) * size
        box = Box(x, y, size - 8, size - 8)
        boxes.append(box)
        nodes.append(_cell(mdp, state, box, roles, is_start=state == at, is_faded=not reached[state]))
    edges, captions = _connectors(mdp, boxes)
    height = 2 * MARGIN + (int(max(rows) - top) + 1) * size
    return nodes, edges, 2 * MARGIN + n_columns * size, height, captions


def _cell(mdp: MDP, state: int, box: Box, roles: Mapping[int, Role], *, is_start: bool, is_faded: bool) -> Node:
    role = roles.get(state)
    tag = role.tag if role else ""
    name = visible(mdp.states[state])
    room = int((box.width - 6) / 5.6)
    short = name if text_width(name) <= room else shorten(name, room) if room >= 4 else ""
    side = role.side if role else ""
    return Node("cell", box, (state,), short, state_title(mdp, state, tag), side, tag, is_start, bool(is_faded))


def _moves(mdp: MDP) -> list[tuple[int, int]]:
    """Distinct (state, other state) moves, sorted."""
    graph = mdp.graph
    sources = graph.choice_nodes[graph.entry_choices]
    moves = sources != graph.successors
    codes = np.unique(sources[moves] * mdp.n_states + graph.successors[moves])
    return list(zip((codes // mdp.n_states).tolist(), (codes % mdp.n_states).tolist(), strict=True))


def _distance(mdp: MDP, a: int, b: int) -> float:
    (x, y), (u, v) = mdp.layout[a], mdp.layout[b]
    return abs(x - u) + abs(y - v)


def _connectors(mdp: MDP, boxes: list[Box]) -> tuple[list[Edge], tuple[str, ...]]:
    """Short lines between neighbors (arrows where one cannot return), bent arrows for far moves."""
    pairs = _moves(mdp)
    both = set(pairs)
    edges: list[Edge] = []
    far = [(a, b) for a, b in pairs if _distance(mdp, a, b) != 1]
    for a, b in pairs:
        if _distance(mdp, a, b) != 1 or (a > b and (b, a) in both):
            continue
        ux = (boxes[b].x - boxes[a].x) / max(1.0, abs(boxes[b].x - boxes[a].x))
        uy = (boxes[b].y - boxes[a].y) / max(1.0, abs(boxes[b].y - boxes[a].y))
        half = boxes[a].width / 2
        path = f"M{corner(boxes[a].x + ux * half, boxes[a].y + uy * half)} "
        path += f"L{corner(boxes[b].x - ux * half, boxes[b].y - uy * half)}"
        one_way = (b, a) not in both
        edges.append(Edge(path, _move_title(mdp, a, b, one_way=one_way), has_arrow=one_way))
    if len(far) > MOST_FAR:
        return edges, (f"{len(far):,} moves between cells that are not neighbors are not drawn.",)
    edges += [Edge(arc_between(boxes[a], boxes[b]), _move_title(mdp, a, b, one_way=True)) for a, b in far]
    return edges, ()


def _move_title(mdp: MDP, a: int, b: int, *, one_way: bool) -> str:
    word = "to" if one_way else "and"
    return f"{label(mdp.states[a])} {word} {label(mdp.states[b])}"
