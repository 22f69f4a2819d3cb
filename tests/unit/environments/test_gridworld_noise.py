"""Noise on gridworlds: POWERplay's two kinds, against tables derived by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

import orbitwise as ow
from orbitwise.environments.gridworld import gridworld
from orbitwise.environments.mdp import MDP
from orbitwise.errors import InvalidInput
from orbitwise.formats.gridworld import parse_gridworld

OPEN = ["...", "...", "..."]


def row(mdp: MDP, state: str, action: str) -> dict[str, Fraction]:
    """Where an action leads, with exact probabilities."""
    choice = mdp.choice(mdp.state(state), action)
    start, stop = mdp.graph.entry_offsets[choice : choice + 2].tolist()
    exact = mdp.graph.exact_probabilities[start:stop].tolist()
    return {mdp.states[s]: p for s, p in zip(mdp.successors(choice).tolist(), exact, strict=True)}


def words(table: dict[str, str]) -> dict[str, Fraction]:
    """Fractions written as text."""
    return {name: Fraction(text) for name, text in table.items()}


# n = 2/5: of k results the intended one has 1 - n + n/k, so 3/5 + 2/15 in a corner, 3/5 + 1/10, 3/5 + 2/25
ANYWHERE = {
    ("0,0", "down"): {"1,0": "11/15", "0,1": "2/15", "0,0": "2/15"},
    ("0,0", "stay"): {"1,0": "2/15", "0,1": "2/15", "0,0": "11/15"},
    ("0,1", "left"): {"0,0": "7/10", "0,2": "1/10", "1,1": "1/10", "0,1": "1/10"},
    ("1,1", "up"): {"0,1": "17/25", "2,1": "2/25", "1,0": "2/25", "1,2": "2/25", "1,1": "2/25"},
}
LEFTWARD = {
    ("0,0", "down"): {"1,0": "3/5", "0,0": "2/5"},
    ("0,0", "stay"): {"0,0": "1"},
    ("0,1", "left"): {"0,0": "1"},
    ("0,1", "right"): {"0,2": "3/5", "0,0": "2/5"},
    ("1,1", "up"): {"0,1": "3/5", "1,0": "2/5"},
    ("1,2", "stay"): {"1,2": "3/5", "1,1": "2/5"},
}


@pytest.mark.parametrize(("toward", "table"), [("anywhere", ANYWHERE), ("left", LEFTWARD)])
def test_noise_has_the_probabilities_derived_by_hand(toward, table):
    """The 3 x 3 grid with noise 2/5, exactly; the gallery and a map file give the same."""
    mdp = gridworld(OPEN, bump="missing", noise=0.4, toward=toward)
    same = ow.gallery.load("powerplay-grid", noise=40, left=int(toward == "left"))
    read = parse_gridworld(f"bump = missing\nnoise = 2/5\ntoward = {toward}\n---\n" + "\n".join(OPEN))
    for (state, action), expected in table.items():
        for found in (mdp, same, read):
            assert row(found, state, action) == words(expected)


@pytest.mark.parametrize("moves", [4, 8])
@pytest.mark.parametrize("bump", ["stay", "missing"])
def test_noise_mixes_each_row_with_chance(moves, bump):
    """Every row is (1 - n) times the row without noise plus n times the uniform row, slip and walls included."""
    n = Fraction(1, 3)
    lines = ["..#", "...", "H.."]
    settings = {"legend": {"H": "hole absorbing"}, "slip": "1/5", "moves": moves, "bump": bump}
    calm, noisy = gridworld(lines, **settings), gridworld(lines, noise=n, **settings)
    for state in calm.states:
        cell = tuple(map(int, state.split(",")))
        steps = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if moves == 8 or a == 0 or b == 0]
        results = [f"{cell[0] + a},{cell[1] + b}" for a, b in steps]
        results = [name for name in results if name in calm.states]
        for action in calm.action_names(calm.state(state)):
            expected = {name: p * (1 - n) for name, p in row(calm, state, action).items()}
            for name in results:
                expected[name] = expected.get(name, Fraction(0)) + n / len(results)
            assert row(noisy, state, action) == ({"2,0": 1} if state == "2,0" else expected)


def test_full_noise_leaves_nothing_to_choose():
    """With noise 1 to the left every action of a cell is the same."""
    mdp = gridworld(OPEN, noise=1, toward="left")
    for action in ("up", "right", "stay"):
        assert row(mdp, "1,1", action) == {"1,0": Fraction(1)}
    assert mdp.is_deterministic


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"noise": "3/2"}, "noise: expected a probability"), ({"toward": "north"}, "toward: expected anywhere")],
)
def test_noise_out_of_range_is_refused(settings, message):
    """The message names the parameter."""
    with pytest.raises(InvalidInput, match=message):
        gridworld(OPEN, **settings)


def test_the_gallery_takes_percents():
    """More than 100 percent, or a third kind of noise, is refused."""
    for parameters in ({"noise": 101}, {"noise": 10, "left": 2}):
        with pytest.raises(InvalidInput, match="expected a whole number"):
            ow.gallery.load("powerplay-grid", **parameters)
