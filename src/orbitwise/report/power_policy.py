"""One sampled reward on the grid: its rewards as colors, marks where optimal actions lead, and the play as a line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orbitwise.environments.mdp import MDP
from orbitwise.power.plays import Play
from orbitwise.report.drawing import Box, corner
from orbitwise.report.grid import is_grid
from orbitwise.report.heat import HeatMap, Reading, draw_heat
from orbitwise.report.lettering import label, shorten
from orbitwise.report.power_play import actions_text

__all__ = ["PolicyMark", "PolicyPicture", "draw_policy"]

STEPS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0), "stay": (0, 0)} | {
    f"{vertical}-{side}": (x, y)
    for vertical, y in (("up", -1), ("down", 1))
    for side, x in (("left", -1), ("right", 1))
}


@dataclass(frozen=True)
class PolicyMark:
    """A triangle at the border of a cell, or a disc for staying; hollow if it is not known to be optimal."""

    path: str
    is_bright: bool
    is_open: bool
    title: str


@dataclass(frozen=True)
class PolicyPicture:
    """The picture, with no marks and no line where the environment is not a grid."""

    heat: HeatMap
    marks: tuple[PolicyMark, ...]
    line: str
    start: tuple[float, float] | None


def draw_policy(play: Play) -> PolicyPicture:
    """The picture of a sampled reward and its policy.

    **Cost:** as ``draw_heat``.
    """
    mdp = play.environment
    drawn = mdp.n_states if is_grid(mdp) else 0
    steps = {
        state: {action: _step(mdp, state, action) for action in (*play.optimal[state], *play.undecided[state])}
        for state in range(drawn)
    }
    readings = {
        state: Reading(
            float(play.reward[state]),
            "" if None not in steps.get(state, {}).values() else shorten(actions_text(play, state), 14),
            f"{label(name)}: reward {play.reward[state]:.4f}, normalized optimal value {play.value[state]:.4f}; "
            f"optimal: {actions_text(play, state)}",
        )
        for state, name in enumerate(mdp.states)
    }
    heat = draw_heat(mdp, [readings])
    if not heat.is_grid:
        return PolicyPicture(heat, (), "", None)
    boxes = {cell.node.states[0]: cell for cell in heat.frames[0]}
    marks = []
    for state, cell in boxes.items():
        for actions, is_open in ((play.optimal[state], False), (play.undecided[state], True)):
            for step in dict.fromkeys(steps[state][action] for action in actions):
                if step is not None:
                    title = f"{label(mdp.states[state])}: {actions_text(play, state)}"
                    marks.append(PolicyMark(_mark(cell.node.box, step), cell.is_bright, is_open, title))
    visited = [mdp.state(step.state) for step in play.steps] + [mdp.state(play.end)]
    corners = [_beside_number(boxes[state].node.box) for state in visited]
    kept = [point for k, point in enumerate(corners) if k == 0 or point != corners[k - 1]]
    line = "M" + " L".join(corner(*point) for point in kept)
    return PolicyPicture(heat, tuple(marks), line, kept[0])


def _beside_number(box: Box) -> tuple[float, float]:
    """Where the line of a play passes a cell without covering its number."""
    return box.x - 0.36 * box.width, box.y - 0.3 * box.width


def _step(mdp: MDP, state: int, action: str) -> tuple[int, int] | None:
    """The direction of an action: its name's, else that of the most probable successor, if that is one."""
    if action.lower() in STEPS:
        return STEPS[action.lower()]
    choice = mdp.choice(state, action)
    start, stop = mdp.graph.entry_offsets[choice : choice + 2].tolist()
    chances = mdp.graph.exact_probabilities[start:stop]
    likely = np.flatnonzero(chances == chances.max())
    if len(likely) > 1:
        return None
    target = int(mdp.graph.successors[start + int(likely[0])])
    (x, y), (u, v) = mdp.layout[state], mdp.layout[target]
    return int(np.sign(u - x)), int(np.sign(v - y))


def _mark(box: Box, step: tuple[int, int]) -> str:
    """A triangle that points outward at the side or corner of a box; a disc in its corner for staying."""
    x, y, size = box.x, box.y, box.width / 2
    if step == (0, 0):
        r, left, top = size * 0.16, x + size * 0.56, y + size * 0.7
        there, back = (f"a{corner(r, r)} 0 1 0 {corner(way, 0)}" for way in (2 * r, -2 * r))
        return f"M{corner(left, top)} {there} {back} Z"
    length = (step[0] ** 2 + step[1] ** 2) ** 0.5
    u, v = step[0] / length, step[1] / length
    reach = size - 2 if length == 1 else size * 1.15
    tip = (x + u * reach, y + v * reach)
    base = (x + u * (reach - size * 0.3), y + v * (reach - size * 0.3))
    half = size * 0.3
    return (
        f"M{corner(*tip)} L{corner(base[0] - v * half, base[1] + u * half)} "
        f"L{corner(base[0] + v * half, base[1] - u * half)} Z"
    )
