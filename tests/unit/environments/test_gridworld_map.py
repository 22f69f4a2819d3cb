"""The arrays of a gridworld are those that walking over the map cell by cell gives."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orbitwise.environments.checks import check
from orbitwise.environments.gridworld import gridworld
from orbitwise.environments.mdp import MDP
from orbitwise.errors import InvalidInput

STEPS = {
    "up": (-1, 0), "up-right": (-1, 1), "right": (0, 1), "down-right": (1, 1),
    "down": (1, 0), "down-left": (1, -1), "left": (0, -1), "up-left": (-1, -1),
}  # fmt: skip


def walk(lines: list[str], *, stay: bool, moves: int, slip: Fraction, bump: str) -> dict:
    """The transitions of a map, written down cell by cell: {state: {action: {successor: probability}}}."""
    cells = {(r, c): char for r, line in enumerate(lines) for c, char in enumerate(line) if char not in "# "}
    names = list(STEPS)[:: 1 if moves == 8 else 2]

    def land(cell: tuple[int, int], action: str) -> tuple[int, int]:
        moved = (cell[0] + STEPS[action][0], cell[1] + STEPS[action][1])
        return moved if moved in cells else cell

    rows: dict = {}
    for cell, char in cells.items():
        choices: dict = {}
        for i, action in enumerate(names):
            blocked = land(cell, action) == cell
            if char == "H" or (bump == "missing" and blocked):
                continue
            row: dict = {}
            quarter = len(names) // 4
            for turn, chance in ((0, 1 - slip), (quarter, slip / 2), (-quarter, slip / 2)):
                target = land(cell, names[(i + turn) % len(names)])
                row[target] = row.get(target, 0) + chance
            choices[action] = {f"{r},{c}": p for (r, c), p in row.items() if p}
        if stay or char == "H" or not choices:
            choices["stay"] = {f"{cell[0]},{cell[1]}": Fraction(1)}
        rows[f"{cell[0]},{cell[1]}"] = choices
    return rows


def written(mdp: MDP) -> dict:
    """The transitions of an environment as nested dictionaries."""
    exact = mdp.graph.exact_probabilities.tolist()
    rows: dict = {}
    for state, name in enumerate(mdp.states):
        rows[name] = {}
        for action, choice in zip(mdp.action_names(state), mdp.choices(state), strict=True):
            i, j = mdp.graph.entry_offsets[choice : choice + 2].tolist()
            rows[name][action] = {
                mdp.states[s]: p for s, p in zip(mdp.graph.successors[i:j].tolist(), exact[i:j], strict=True)
            }
    return rows


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(st.text(alphabet="#..H S".replace("S", ""), min_size=0, max_size=5), min_size=1, max_size=5),
    stay=st.booleans(),
    moves=st.sampled_from([4, 8]),
    slip=st.sampled_from([Fraction(0), Fraction(1, 10), Fraction(2, 3), Fraction(1)]),
    bump=st.sampled_from(["stay", "missing"]),
)
def test_the_arrays_are_those_of_a_walk_over_the_map(lines, stay, moves, slip, bump):
    """Every state, action, successor and exact probability agrees with the plain definition."""
    if not any(char in ".H" for line in lines for char in line):
        with pytest.raises(InvalidInput, match="expected"):
            gridworld(lines, legend={"H": "hole absorbing"}, stay=stay, moves=moves, slip=slip, bump=bump)
        return
    mdp = gridworld(lines, legend={"H": "hole absorbing"}, stay=stay, moves=moves, slip=slip, bump=bump)
    expected = walk(lines, stay=stay, moves=moves, slip=slip, bump=bump)
    assert written(mdp) == expected
    assert list(mdp.states) == list(expected)
    assert [p for p in check(mdp) if p.severity == "error"] == []
    np.testing.assert_allclose(mdp.graph.probabilities, [float(p) for p in mdp.graph.exact_probabilities], rtol=0)


def test_states_labels_start_and_places_come_from_the_map():
    """Names are row,column; the layout is (column, row); S is the start."""
    mdp = gridworld(["#.#", ".SK"], legend={"K": "key,shiny"})
    assert mdp.states == ("0,1", "1,0", "1,1", "1,2")
    assert mdp.states[mdp.start] == "1,1"
    assert mdp.labels == {"start": (2,), "key": (3,), "shiny": (3,)}
    assert dict(mdp.layout) == {0: (1.0, 0.0), 1: (0.0, 1.0), 2: (1.0, 1.0), 3: (2.0, 1.0)}


def test_without_a_start_the_first_cell_starts():
    """The start defaults to the first cell in reading order."""
    assert gridworld(["#.", ".."]).start == 0


def test_cells_without_a_way_out_can_stay_and_a_note_says_so():
    """A model needs an action in every state."""
    mdp = gridworld([".#.."], stay=False, bump="missing")
    assert mdp.action_names(0) == ("stay",)
    assert mdp.notes == ("1 cells had no action left and can only stay",)


def test_decimal_slips_keep_their_digits():
    """0.1 is 1/10."""
    mdp = gridworld(["...", "...", "..."], slip=0.1)
    assert set(mdp.graph.exact_probabilities) >= {Fraction(9, 10), Fraction(1, 20)}


def test_the_legend_may_make_walls_and_starts():
    """A character can be a wall, a start, or plain floor without a label."""
    mdp = gridworld("~@,", legend={"~": "wall", "@": "home start", ",": "absorbing"})
    assert mdp.states == ("0,1", "0,2")
    assert mdp.labels == {"home": (0,), "start": (0,)}
    assert mdp.action_names(1) == ("stay",)


@pytest.mark.parametrize(
    ("arguments", "where", "message"),
    [
        ({"grid": ["##"]}, "map", "expected an open cell, found only walls"),
        ({"grid": []}, "map", "expected a map, found none"),
        ({"grid": "\n\n"}, "map", "expected a map, found none"),
        ({"grid": [".", ".x"]}, "map row 1, column 1", "found 'x'; add its meaning to the legend"),
        ({"grid": ["S.", ".S"]}, "map", "expected one start, found 2, such as 0,0 and 1,1"),
        ({"grid": ["."], "moves": 6}, "moves", "expected 4 or 8 directions, found 6"),
        ({"grid": ["."], "bump": "bounce"}, "bump", "expected 'stay' or 'missing', found 'bounce'"),
        ({"grid": ["."], "slip": 1.5}, "slip", "expected a probability between 0 and 1, found 1.5"),
        ({"grid": ["."], "slip": "-1/2"}, "slip", "expected a probability between 0 and 1"),
        ({"grid": ["."], "slip": float("nan")}, "slip", "expected a finite number"),
        ({"grid": ["."], "legend": {"HH": "hole"}}, "legend['HH']", "expected a single character"),
        ({"grid": ["."], "legend": {"H": "hole sticky"}}, "legend['H']", "expected a label, then absorbing, wall or"),
        ({"grid": ["."], "legend": {"H": ""}}, "legend['H']", "expected a label"),
    ],
)
def test_bad_maps_and_rules_are_refused_with_their_place(arguments: dict, where: str, message: str):
    """Each mistake is named with its place."""
    with pytest.raises(InvalidInput) as caught:
        gridworld(**arguments)
    assert caught.value.where == where
    assert message in caught.value.message


def test_a_hundred_thousand_cells_take_no_loop_over_cells():
    """An open square of n x n cells has n^2 states, 5 n^2 choices and 4 n bumps."""
    n = 320
    graph = gridworld(["." * n] * n).graph
    assert graph.n_nodes == n * n
    assert graph.n_choices == 5 * n * n
    assert int((graph.successors == graph.choice_nodes).sum()) == n * n + 4 * n
