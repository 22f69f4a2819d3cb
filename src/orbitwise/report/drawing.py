"""What a picture of the environment is made of: shapes with places and words, ready to be printed as SVG or read aloud.

Nothing here is escaped; whoever prints a picture escapes every text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from orbitwise.report.roles import Side

__all__ = ["Box", "DrawnMove", "Edge", "Node", "Picture", "arc_between", "corner"]


@dataclass(frozen=True)
class Box:
    """An axis-parallel rectangle by its center, in pixels; y grows downward."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        """Smallest x."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """Largest x."""
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        """Smallest y."""
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        """Largest y."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Node:
    """A drawn shape.

    Parameters
    ----------
    kind
        ``state``: one state; ``cell``: one state in a grid or cluster; ``group``: several states drawn as one;
        ``frame``: the border of a cluster of cells; ``choice``: an action with several successors.
    states
        The states it stands for (of a large group only the first, see ``n_states``).
    label, title
        Short text inside, full text for hovering and reading aloud.
    side, tag
        The role, see :mod:`orbitwise.report.roles`.
    is_start, is_faded
        Whether the question is asked here; whether it cannot be reached from there.
    """

    kind: Literal["state", "cell", "group", "frame", "choice"]
    box: Box
    states: tuple[int, ...]
    label: str
    title: str
    side: Side = ""
    tag: str = ""
    is_start: bool = False
    is_faded: bool = False


@dataclass(frozen=True)
class Edge:
    """A drawn move of the environment; ``path`` is SVG path data, (x, y) the place of the label."""

    path: str
    title: str
    label: str = ""
    x: float = 0.0
    y: float = 0.0
    has_arrow: bool = True
    is_faded: bool = False


@dataclass(frozen=True)
class DrawnMove:
    """A permutation of the proof: what it does in words, the drawn nodes that it moves and the arcs between them."""

    label: str
    sentence: str
    nodes: tuple[int, ...]
    arcs: tuple[str, ...]
    is_swap: bool


@dataclass(frozen=True)
class Picture:
    """A drawing of the environment (or of the coordinates, when outcomes were given as vectors)."""

    kind: Literal["graph", "grid", "coordinates"]
    width: float
    height: float
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    summary: str
    captions: tuple[str, ...] = ()
    moves: tuple[DrawnMove, ...] = field(default=())


def corner(*values: float) -> str:
    """Coordinates as SVG text, one decimal."""
    return " ".join(f"{round(value, 1):g}" for value in values)


def arc_between(first: Box, second: Box) -> str:
    """A bent path from the border of one box to the border of another."""
    dx, dy = second.x - first.x, second.y - first.y
    distance = max(1.0, (dx * dx + dy * dy) ** 0.5)
    bend = min(60.0, 12.0 + 0.18 * distance)
    control = ((first.x + second.x) / 2 - dy / distance * bend, (first.y + second.y) / 2 + dx / distance * bend)
    start, end = border_point(first, control), border_point(second, control)
    return f"M{corner(*start)} Q{corner(*control)} {corner(*end)}"


def border_point(box: Box, towards: tuple[float, float]) -> tuple[float, float]:
    """Where the ray from the center of a box to a point leaves the box, two pixels outside."""
    dx, dy = towards[0] - box.x, towards[1] - box.y
    if dx == 0 and dy == 0:
        return box.x, box.top
    half_width, half_height = box.width / 2 + 2, box.height / 2 + 2
    scale = min(half_width / abs(dx) if dx else float("inf"), half_height / abs(dy) if dy else float("inf"))
    return box.x + dx * scale, box.y + dy * scale
