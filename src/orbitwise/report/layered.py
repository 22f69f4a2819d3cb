"""Where the units of a picture go: in layers by the number of moves from the start, left to right.

The order within a layer, which keeps crossings few, and the first heights come from igraph's Sugiyama layout; units are
then pushed apart until they fit. An environment that brings its own layout keeps it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from statistics import mean

from orbitwise.environments.mdp import MDP
from orbitwise.report.drawing import Box, Edge, Node, corner
from orbitwise.report.lettering import label, shorten, text_width, visible
from orbitwise.report.units import Link, Unit, UnitGraph

__all__ = ["draw_units"]

CHARACTER = 7.6  # pixels a character takes in a node
NODE_HEIGHT = 36.0
LABEL_WIDTH = 16  # columns of a node's label
CELL_LABEL_WIDTH = 9
ROW_GAP = 34.0
LAYER_GAP = 64.0
MARGIN = 34.0
CELL_GAP = 8.0
MOST_LABELS = 40
SWEEPS = 12
LEVELING = 0.8  # below 1, so that long chains run level instead of down a staircase


def draw_units(mdp: MDP, graph: UnitGraph) -> tuple[list[Node], list[Edge], float, float]:
    """Nodes, edges, width and height of a picture of units."""
    sizes = [_size(mdp, unit) for unit in graph.units]
    labeled = len(graph.links) <= MOST_LABELS
    own = _own_places(mdp, graph.units, sizes)
    boxes = own if own is not None else _layer_places(graph, sizes, labeled=labeled)
    boxes = _move_to_margin(boxes)
    nodes: list[Node] = []
    for index, (unit, box) in enumerate(zip(graph.units, boxes, strict=True)):
        nodes.extend(_nodes(mdp, unit, box, is_start=index == graph.start))
    edges = _route(graph, boxes, labeled=labeled)
    width = max(box.right for box in boxes) + MARGIN
    height = max(box.bottom for box in boxes) + MARGIN
    return nodes, edges, width, height


def _size(mdp: MDP, unit: Unit) -> tuple[float, float]:
    if not unit.states:
        return 12.0, 12.0
    if unit.is_cluster:
        columns, rows, width = _cluster_shape(mdp, unit)
        return columns * (width + CELL_GAP) + CELL_GAP, rows * (28.0 + CELL_GAP) + CELL_GAP
    short = shorten(unit.label, LABEL_WIDTH)
    tag = 10 + 7 * len(unit.tag) if unit.tag else 0
    return max(52.0, CHARACTER * text_width(short) + 22 + tag), NODE_HEIGHT


def _cluster_shape(mdp: MDP, unit: Unit) -> tuple[int, int, float]:
    """Columns, rows and cell width of a cluster."""
    widest = max(text_width(shorten(visible(mdp.states[state]), CELL_LABEL_WIDTH)) for state in unit.states)
    width = max(30.0, 7.0 * widest + 12)
    columns = max(1, round(math.sqrt(len(unit.states) * 36 * 1.5 / (width + CELL_GAP))))
    return columns, math.ceil(len(unit.states) / columns), width


def _nodes(mdp: MDP, unit: Unit, box: Box, *, is_start: bool) -> list[Node]:
    faded = not unit.is_reached
    if not unit.states:
        return [Node("choice", box, (), "", unit.title)]
    if not unit.is_cluster:
        kind = "state" if len(unit.states) == 1 else "group"
        short = shorten(unit.label, LABEL_WIDTH)
        return [Node(kind, box, unit.states, short, unit.title, unit.side, unit.tag, is_start, faded)]  # type: ignore[arg-type]
    columns, _, width = _cluster_shape(mdp, unit)
    nodes = [Node("frame", box, unit.states, "", unit.title, unit.side, unit.tag, is_faded=faded)]
    for k, state in enumerate(unit.states):
        row, column = divmod(k, columns)
        x = box.left + CELL_GAP + width / 2 + column * (width + CELL_GAP)
        y = box.top + CELL_GAP + 14 + row * (28 + CELL_GAP)
        name = visible(mdp.states[state])
        cell = Box(x, y, width, 28.0)
        title = f"{name}; {unit.tag}" if unit.tag else name
        nodes.append(Node("cell", cell, (state,), shorten(name, CELL_LABEL_WIDTH), title, unit.side, is_faded=faded))
    return nodes


def _own_places(mdp: MDP, units: Sequence[Unit], sizes: Sequence[tuple[float, float]]) -> list[Box] | None:
    """The environment's own layout, if it places every unit apart from the others."""
    if any(len(unit.states) != 1 or unit.states[0] not in mdp.layout for unit in units):
        return None
    places = [mdp.layout[unit.states[0]] for unit in units]
    if len(set(places)) < len(places):
        return None
    columns = sorted({x for x, _ in places})
    rows = sorted({y for _, y in places})
    across = min((b - a for a, b in pairwise(columns)), default=1.0)
    down = min((b - a for a, b in pairwise(rows)), default=1.0)
    step_x = (max(width for width, _ in sizes) + LAYER_GAP + 20) / across
    step_y = (NODE_HEIGHT + ROW_GAP - 10) / down
    if (columns[-1] - columns[0]) / across > 60 or (rows[-1] - rows[0]) / down > 60:
        return None
    return [Box(x * step_x, y * step_y, *size) for (x, y), size in zip(places, sizes, strict=True)]


def _layer_places(graph: UnitGraph, sizes: Sequence[tuple[float, float]], *, labeled: bool) -> list[Box]:
    layers = _layers(graph)
    order = _order_in_layers(graph, layers)
    heights = _settle(graph, order, [height for _, height in sizes])
    places: dict[int, Box] = {}
    left = 0.0
    for layer, column in enumerate(order):
        width = max(sizes[unit][0] for unit in column)
        for unit in column:
            places[unit] = Box(left + width / 2, heights[unit], *sizes[unit])
        left += width + LAYER_GAP + (_label_room(graph, layers, layer) if labeled else 0)
    return [places[unit] for unit in range(len(layers))]


def _layers(graph: UnitGraph) -> list[int]:
    """Moves from the start; what cannot be reached starts again in layer 0."""
    after: dict[int, list[int]] = {}
    for link in graph.links:
        after.setdefault(link.source, []).append(link.target)
    layer: dict[int, int] = {}
    for root in (graph.start, *range(len(graph.units))):
        if root in layer:
            continue
        layer[root] = 0
        queue = deque([root])
        while queue:
            unit = queue.popleft()
            for target in after.get(unit, []):
                if target not in layer:
                    layer[target] = layer[unit] + 1
                    queue.append(target)
    return [layer[unit] for unit in range(len(graph.units))]


def _order_in_layers(graph: UnitGraph, layers: Sequence[int]) -> list[list[int]]:
    """The units of each layer from top to bottom, in igraph's order of few crossings."""
    import igraph

    forward = sorted({(s.source, s.target) for s in graph.links if layers[s.target] == layers[s.source] + 1})
    drawn = igraph.Graph(n=len(layers), edges=forward, directed=True)
    height = [float(x) for x, _ in drawn.layout_sugiyama(layers=list(layers)).coords]
    order: list[list[int]] = [[] for _ in range(max(layers) + 1)]
    for unit in sorted(range(len(layers)), key=lambda unit: (height[unit], unit)):
        order[layers[unit]].append(unit)
    return order


def _settle(graph: UnitGraph, order: Sequence[Sequence[int]], sizes: Sequence[float]) -> dict[int, float]:
    """Heights: every unit near the mean of its neighbors, in the order given, without overlaps."""
    near: dict[int, set[int]] = {}
    for link in graph.links:
        if link.source != link.target:
            near.setdefault(link.source, set()).add(link.target)
            near.setdefault(link.target, set()).add(link.source)
    heights: dict[int, float] = {}
    for column in order:
        heights.update(zip(column, _push_apart([0.0] * len(column), [sizes[unit] for unit in column]), strict=True))
    for sweep in range(SWEEPS):
        for column in order if sweep % 2 == 0 else reversed(order):
            wanted = [LEVELING * mean(heights[other] for other in sorted(near.get(unit, {unit}))) for unit in column]
            heights.update(zip(column, _push_apart(wanted, [sizes[unit] for unit in column]), strict=True))
    return heights


def _push_apart(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Places near the wanted ones, in the same order, that do not overlap."""
    found: list[float] = []
    for k, (y, height) in enumerate(zip(wanted, heights, strict=True)):
        found.append(y if k == 0 else max(y, found[-1] + (heights[k - 1] + height) / 2 + ROW_GAP))
    shift = sum(wanted) / len(wanted) - sum(found) / len(found)
    return [y + shift for y in found]


def _label_room(graph: UnitGraph, layers: Sequence[int], layer: int) -> float:
    """Room for the labels of the links that leave a layer."""
    widths = [text_width(s.label) for s in graph.links if layers[s.source] == layer and s.source != s.target]
    return 6.4 * max(widths, default=0)


def _move_to_margin(boxes: Sequence[Box]) -> list[Box]:
    left = min(box.left for box in boxes) - MARGIN - 26
    top = min(box.top for box in boxes) - MARGIN - 4
    return [Box(box.x - left, box.y - top, box.width, box.height) for box in boxes]


def _route(graph: UnitGraph, boxes: Sequence[Box], *, labeled: bool) -> list[Edge]:
    pairs = {(link.source, link.target) for link in graph.links}
    edges = []
    for link in graph.links:
        source, target = graph.units[link.source], graph.units[link.target]
        if link.source == link.target:
            edges.append(_loop(boxes[link.source], link, is_faded=not source.is_reached))
            continue
        has_return = (link.target, link.source) in pairs
        floor = _floor(boxes, boxes[link.source], boxes[link.target])
        points = _curve(boxes[link.source], boxes[link.target], has_return=has_return, floor=floor)
        x, y = _point_on(points, 0.4 if has_return else 0.5)
        a, b, c, d = points
        edges.append(
            Edge(
                path=f"M{corner(*a)} C{corner(*b)} {corner(*c)} {corner(*d)}",
                title=f"{_end(source)} to {_end(target)}: {link.title}",
                label=link.label if labeled else "",
                x=x,
                y=y + (10 if points[3][0] < points[0][0] else -8) * has_return,
                has_arrow=bool(target.states),
                is_faded=not source.is_reached,
            )
        )
    return edges


def _end(unit: Unit) -> str:
    """An end of a link in words."""
    return label(unit.label) if unit.states else "the action"


def _loop(box: Box, link: Link, *, is_faded: bool) -> Edge:
    x, y = box.right - 16, box.top
    path = f"M{corner(x - 7, y)} C{corner(x - 15, y - 24)} {corner(x + 15, y - 24)} {corner(x + 7, y - 1)}"
    return Edge(path, title=f"stays: {link.title}" if link.title else "stays", is_faded=is_faded)


Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]


def _floor(boxes: Sequence[Box], source: Box, target: Box) -> float:
    """The lowest point of what lies between two boxes and on them."""
    left, right = min(source.x, target.x), max(source.x, target.x)
    return max(box.bottom for box in boxes if left <= box.x <= right)


def _curve(source: Box, target: Box, *, has_return: bool, floor: float) -> Curve:
    """Control points of a cubic curve between two boxes.

    A move and its return take different sides; a long way back goes below ``floor``.
    """
    apart = (source.width + target.width) / 2
    dx, dy = target.x - source.x, target.y - source.y
    if dx > apart + 10:
        shift = -5.0 if has_return else 0.0
        pull = (target.left - source.right) / 2
        a, d = (source.right, source.y + shift), (target.left - 3, target.y + shift)
        return a, (a[0] + pull, a[1]), (d[0] - pull, d[1]), d
    if dx < -apart - 10:
        shift = 5.0 if has_return else 0.0
        pull = (source.left - target.right) / 2
        if pull > 90:
            a, d = (source.x, source.bottom), (target.x, target.bottom + 3)
            ends = (a[1] + d[1]) / 2
            low = ends + (floor + 20 - ends) * 4 / 3  # a cubic reaches three quarters of the way to its controls
            return a, (a[0], low), (d[0], low), d
        a, d = (source.left, source.y + shift), (target.right + 3, target.y + shift)
        return a, (a[0] - pull, a[1]), (d[0] + pull, d[1]), d
    side = 1.0 if dy > 0 else -1.0
    if abs(dy) < 2.4 * (NODE_HEIGHT + ROW_GAP):
        shift = 6.0 * side if has_return else 0.0
        a = (source.x + shift, source.bottom if dy > 0 else source.top)
        d = (target.x + shift, target.top - 3 if dy > 0 else target.bottom + 3)
        pull = abs(d[1] - a[1]) / 2
        return a, (a[0], a[1] + side * pull), (d[0], d[1] - side * pull), d
    a, d = (source.right, source.y + 6 * side), (target.right + 3, target.y - 6 * side)
    bulge = max(a[0], d[0]) + 30 + 0.05 * abs(dy)
    return a, (bulge, a[1]), (bulge, d[1]), d


def _point_on(curve: Curve, t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    return (
        sum(w * point[0] for w, point in zip(weights, curve, strict=True)),
        sum(w * point[1] for w, point in zip(weights, curve, strict=True)),
    )
