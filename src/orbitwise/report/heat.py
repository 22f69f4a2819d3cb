"""Heat maps: numbers of states as colors on the grid, or on the drawn graph, with the numbers written inside.

The colors are a dark blue to yellow scale of growing lightness (after cividis), which reads the same for people who
see red and green alike, and in print. One scale serves all frames of an animation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orbitwise.environments.mdp import MDP
from orbitwise.report.drawing import Edge, Node
from orbitwise.report.grid import draw_grid, is_grid
from orbitwise.report.layered import draw_units
from orbitwise.report.units import list_units

__all__ = ["Cell", "HeatMap", "Reading", "Scale", "draw_heat", "number_text"]

ANCHORS = ("00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74", "c3b369", "e1cc55", "fee838")
BRIGHT = 0.19  # relative luminance above which dark letters are easier to read
LARGE_CELL, SMALL_CELL = 46.0, 26.0  # pixels that three lines, and one number, need


@dataclass(frozen=True)
class Reading:
    """What is written about a state: a number, a second line such as its interval, and a sentence."""

    value: float
    detail: str
    title: str


@dataclass(frozen=True)
class Scale:
    """Colors from ``low`` to ``high``."""

    low: float
    high: float

    @classmethod
    def over(cls, values: Sequence[float]) -> Scale:
        """The scale from the least to the largest value."""
        return cls(min(values), max(values))

    def color(self, value: float) -> tuple[str, bool]:
        """The color of a value, and whether letters on it are dark."""
        place = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return color_at(place)

    def stops(self, n: int = 5) -> list[tuple[float, float, str]]:
        """Evenly spaced (place in percent, value, color) for the legend."""
        places = [k / (n - 1) for k in range(n)]
        return [(100 * t, self.low + t * (self.high - self.low), color_at(t)[0]) for t in places]


@dataclass(frozen=True)
class Cell:
    """A drawn state: its shape, colors and texts; ``lines`` are (text, y, class)."""

    node: Node
    color: str
    is_bright: bool
    lines: tuple[tuple[str, float, str], ...]
    title: str


@dataclass(frozen=True)
class HeatMap:
    """A drawing with one set of cells for each frame."""

    is_grid: bool
    width: float
    height: float
    zoom: float
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    frames: tuple[tuple[Cell, ...], ...]
    scale: Scale
    captions: tuple[str, ...]

    @property
    def is_dense(self) -> bool:
        """Whether the cells have no room for more than a number."""
        return self.is_grid and self.nodes[0].box.width < LARGE_CELL


def draw_heat(environment: MDP, frames: Sequence[Mapping[int, Reading]]) -> HeatMap:
    """The heat map of some states' readings, one for each frame; the scale is that of all frames together.

    **Cost:** linear in the drawn states (about 400 cells or 60 units) times the frames.
    """
    captions: tuple[str, ...]
    if is_grid(environment):
        nodes, edges, width, height, captions = draw_grid(environment, environment.start, {})
    else:
        units = list_units(environment, environment.start, {})
        nodes, edges, width, height = draw_units(environment, units)
        captions = units.captions
    scale = Scale.over([reading.value for frame in frames for reading in frame.values()])
    is_cells = is_grid(environment)
    cells = tuple(
        tuple(
            _cell(node, frame[node.states[0]], scale, is_cells=is_cells)
            for node in nodes
            if node.kind in ("state", "cell") and node.states[0] in frame
        )
        for frame in frames
    )
    return HeatMap(
        is_grid=is_cells,
        width=width,
        height=height,
        zoom=1.5 if is_cells and width < 400 else 1.0,
        nodes=tuple(nodes),
        edges=tuple(edges),
        frames=cells,
        scale=scale,
        captions=captions,
    )


def number_text(value: float) -> str:
    """A number in at most six characters: ``.862``, ``-.5``, ``12.3``.

    Examples
    --------
    >>> number_text(0.8624), number_text(-0.5), number_text(12.345)
    ('.862', '-.500', '12.3')
    """
    if abs(value) >= 9.9995:
        return f"{value:.1f}" if abs(value) < 999.95 else f"{value:.3g}"
    text = f"{value:.3f}"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def color_at(place: float) -> tuple[str, bool]:
    """The color at a place of the scale, from 0 to 1, and whether it is bright."""
    position = min(1.0, max(0.0, place)) * (len(ANCHORS) - 1)
    k = min(int(position), len(ANCHORS) - 2)
    channels = [
        round(int(ANCHORS[k][i : i + 2], 16) * (1 - position + k) + int(ANCHORS[k + 1][i : i + 2], 16) * (position - k))
        for i in (0, 2, 4)
    ]
    linear = [(c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#" + "".join(f"{c:02x}" for c in channels), luminance > BRIGHT


def _cell(node: Node, reading: Reading, scale: Scale, *, is_cells: bool) -> Cell:
    box = node.box
    number = number_text(reading.value)
    color, is_bright = scale.color(reading.value)
    if not is_cells:
        lines = [(node.label, box.y - 3, "name"), (number, box.y + 12, "number")]
    elif box.width >= LARGE_CELL:
        lines = [
            (node.label, box.top + 13, "name"),
            (number, box.y + 6, "number"),
            (reading.detail, box.bottom - 7, "detail"),
        ]
    else:
        lines = [(number, box.y + 4, "number")] if box.width >= SMALL_CELL else []
    return Cell(node, color, is_bright, tuple(line for line in lines if line[0]), reading.title)
