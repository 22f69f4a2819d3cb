"""Gridworld files: rules and legend above the dashes, the map below, and mistakes named with their line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from orbitwise.environments.gridworld import gridworld
from orbitwise.errors import FormatError, InvalidInput
from orbitwise.formats import read
from orbitwise.formats.gridworld import parse_gridworld
from orbitwise.formats.identity import environment_sha256

ROOMS = """\
# two rooms with a hole between them
name = two rooms
description = A hole between two rooms.

slip = 1/10
moves = 8
stay = false
bump = missing
H = hole absorbing
# = wall
---
#########
#S..#..G#
#...H...#
#########
"""


def test_a_file_says_what_the_function_says(tmp_path: Path):
    """Every rule arrives: the file and the call give the same environment."""
    path = tmp_path / "rooms.grid"
    path.write_text(ROOMS.replace("G", "."))
    called = gridworld(
        ["#########", "#S..#...#", "#...H...#", "#########"],
        legend={"H": "hole absorbing"},
        slip=Fraction(1, 10),
        moves=8,
        stay=False,
        bump="missing",
    )
    mdp = read(path)
    assert environment_sha256(mdp) == environment_sha256(called)
    assert (mdp.name, mdp.description) == ("two rooms", "A hole between two rooms.")


def test_a_bare_map_is_a_file(tmp_path: Path):
    """Without dashes everything is the map, and the file's name is the name."""
    path = tmp_path / "plain.grid"
    path.write_text("S.\r\n..\r\n")
    mdp = read(path)
    assert mdp.states == ("0,0", "0,1", "1,0", "1,1")
    assert mdp.name == "plain"


def test_equals_signs_and_dashes_in_the_map_are_characters():
    """Only the first line of dashes divides."""
    mdp = parse_gridworld("= = bridge\n- = rail\n---\nS=.\n---\n")
    assert mdp.labels == {"start": (0,), "bridge": (1,), "rail": (3, 4, 5)}


@pytest.mark.parametrize(
    ("old", "new", "where", "message"),
    [
        ("G#", "X#", "f:13: map row 1, column 7", "found 'X'; add its meaning to the legend, such as X ="),
        ("slip = 1/10", "slip = often", "f:5: slip", "expected a number, found 'often'"),
        ("slip = 1/10", "slip = 2", "f:5: slip", "expected a probability between 0 and 1, found 2"),
        ("moves = 8", "moves = 5", "f:6: moves", "expected 4 or 8 directions, found '5'"),
        ("stay = false", "stay = no", "f:7: stay", "expected true or false, found 'no'"),
        ("bump = missing", "bump = missed", "f:8: bump", "expected 'stay' or 'missing', found 'missed'"),
        ("bump = missing", "bumps = missing", "f:8", "found 'bumps'; did you mean 'bump'?"),
        ("bump = missing", "bump missing", "f:8", "expected 'rule = value' or 'X = label', found 'bump missing'"),
        ("bump = missing", "bump =", "f:8", "expected 'rule = value'"),
        ("bump = missing", "moves = 4", "f:8", "expected 'moves' once, found it again (first in line 6)"),
        ("H = hole absorbing", "H = hole deep", "f:9: legend['H']", "expected a label, then absorbing, wall or start"),
        ("#...H", "#S..H", "f: map", "expected one start, found 2, such as 1,1 and 2,1"),
    ],
)
def test_mistakes_are_named_with_their_line(old: str, new: str, where: str, message: str):
    """One change to a good file, one message at the right line."""
    good = ROOMS.replace("H = hole absorbing", "H = hole absorbing").replace("# = wall", "G = goal")
    assert good.count(old) == 1
    with pytest.raises(InvalidInput) as caught:
        parse_gridworld(good.replace(old, new), where="f")
    assert caught.value.where == where
    assert message in caught.value.message


def test_a_file_without_open_cells_is_refused(tmp_path: Path):
    """An empty file, a file of walls, and rules without a map."""
    path = tmp_path / "m.grid"
    for text, kind in (("\n\n", FormatError), ("##\n", InvalidInput), ("name = x\n---\n", InvalidInput)):
        path.write_text(text)
        with pytest.raises(kind, match="expected"):
            read(path)
