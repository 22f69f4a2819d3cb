"""Gridworlds: every open cell of a text map is a state, and moves go to the neighboring cells.

With slip probability p, a move goes where it was aimed with probability 1 - p and to each of the two sides (90 degrees
to the left and to the right) with probability p/2; a step into a wall leaves the agent where it is. Noise
(``gridworld_noise``) comes on top. The arrays are built at once, not cell by cell, so a map of a million cells is a
matter of seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from orbitwise.compute.exact import parse_fraction
from orbitwise.environments.gridworld_noise import add_noise, check_toward
from orbitwise.environments.mdp import MDP
from orbitwise.errors import InvalidInput
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.typing import BoolArray, IntArray, ObjectArray

__all__ = ["CellKind", "gridworld"]

COMPASS = {  # (row step, column step), clockwise; rows grow downward
    "up": (-1, 0),
    "up-right": (-1, 1),
    "right": (0, 1),
    "down-right": (1, 1),
    "down": (1, 0),
    "down-left": (1, -1),
    "left": (0, -1),
    "up-left": (-1, -1),
}


@dataclass(frozen=True)
class CellKind:
    """What a character of the map stands for.

    Parameters
    ----------
    labels
        Labels of the states with this character.
    is_wall
        The cell is no state.
    is_start
        The cell is the start state; a map may have one such cell.
    is_absorbing
        The agent can only stay there.
    """

    labels: tuple[str, ...] = ()
    is_wall: bool = False
    is_start: bool = False
    is_absorbing: bool = False


PLAIN_LEGEND: dict[str, CellKind] = {
    "#": CellKind(is_wall=True),
    " ": CellKind(is_wall=True),
    ".": CellKind(),
    "S": CellKind(labels=("start",), is_start=True),
}


@dataclass(frozen=True, eq=False)
class CellPlaces(Mapping[int, tuple[float, float]]):
    """Where the states of a gridworld are drawn: state index to (column, row)."""

    rows: IntArray  # (n_states,)
    columns: IntArray  # (n_states,)

    def __getitem__(self, state: int) -> tuple[float, float]:
        if not 0 <= state < len(self.rows):
            raise KeyError(state)
        return float(self.columns[state]), float(self.rows[state])

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.rows)))

    def __len__(self) -> int:
        return len(self.rows)


def gridworld(
    grid: str | Iterable[str],
    *,
    legend: Mapping[str, str | CellKind] | None = None,
    name: str = "gridworld",
    stay: bool = True,
    moves: int = 4,
    slip: Fraction | int | float | str = 0,
    bump: str = "stay",
    noise: Fraction | int | float | str = 0,
    toward: str = "anywhere",
    description: str = "",
    source: str = "",
) -> MDP:
    """The gridworld of a text map; states are named ``"row,column"`` (from 0, at the top left) in reading order.

    **Guarantee:** exact; a slip given as fraction or decimal keeps its value.
    **Cost:** linear; about 3 s and 0.6 GiB for 1,000,000 cells with five actions.

    Parameters
    ----------
    grid
        The map, as lines or one text; shorter lines are filled up with walls. ``#`` and space are walls, ``.`` is
        floor, ``S`` is the start (otherwise the first open cell starts).
    legend
        Meaning of further characters: ``"hole absorbing"`` is a label and a property (absorbing, wall, start); several
        labels are separated by commas.
    name
        A short name for people.
    stay
        Whether there is an action ``stay`` everywhere.
    moves
        4: up, right, down, left; 8: the diagonals too (they may pass between two walls).
    slip
        Probability, in [0, 1], that a move goes to one of its two sides.
    bump
        What a move into a wall is: ``"stay"`` keeps the agent in place, ``"missing"`` means there is no such action.
        (With slip, side steps into a wall keep the agent in place either way.)
    noise
        Probability, in [0, 1], that any action, staying too, is replaced by chance. Absorbing cells have no noise.
    toward
        What chance does then: ``"anywhere"`` stays or moves to an open neighboring cell, each with the same
        probability; a direction such as ``"left"`` moves there, or stays before a wall.
    description, source
        For people.

    Returns
    -------
    The environment, with a layout and the labels of the legend. A cell that has no action left can only stay.

    Raises
    ------
    InvalidInput
        There is no open cell, a character has no meaning, there are two starts, or a parameter is out of its range.

    Examples
    --------
    >>> lake = gridworld(["S.", "HG"], legend={"H": "hole absorbing", "G": "goal absorbing"}, stay=False)
    >>> lake.states, lake.labels
    (('0,0', '0,1', '1,0', '1,1'), {'start': (0,), 'hole': (2,), 'goal': (3,)})
    >>> [lake.states[int(lake.successors(choice)[0])] for choice in lake.choices(1)]  # up, right, down, left
    ['0,1', '0,1', '1,1', '0,0']
    """
    chance, noise_chance = check_rules(moves, slip, bump, noise)
    kinds = PLAIN_LEGEND | {character: as_kind(kind, character) for character, kind in (legend or {}).items()}
    cells = character_array(grid)
    check_characters(cells, kinds)
    rows, columns = np.nonzero(~find_cells(cells, kinds, "is_wall"))
    if not len(rows):
        raise InvalidInput("expected an open cell, found only walls; write '.' for floor", where="map")
    absorbing = find_cells(cells, kinds, "is_absorbing")[rows, columns]
    directions = tuple(COMPASS) if moves == 8 else tuple(COMPASS)[::2]
    check_toward(toward, directions)
    targets = neighbor_states(cells.shape, rows, columns, directions)
    allowed, lonely = allowed_actions(targets, absorbing, stay=stay, bump=bump)
    graph = cell_graph(targets, allowed, chance)
    if noise_chance:
        graph = add_noise(graph, targets, directions, absorbing, noise=noise_chance, toward=toward)
    kept = np.concatenate([np.ones(len(directions), dtype=bool), [bool(allowed[:, -1].any())]])
    return MDP(
        name=name,
        states=cell_names(rows, columns),
        start=find_start(cells, kinds, rows, columns),
        graph=graph,
        actions=tuple(action for action, used in zip((*directions, "stay"), kept, strict=True) if used),
        choice_actions=np.nonzero(allowed)[1].astype(np.int64),
        labels=cell_labels(cells[rows, columns], kinds),
        layout=CellPlaces(rows, columns),
        description=description,
        source=source,
        notes=(f"{lonely} cells had no action left and can only stay",) if lonely else (),
    )


def check_rules(moves: int, slip: object, bump: str, noise: object) -> tuple[Fraction, Fraction]:
    """The probabilities of slip and noise, once the rules of movement have been checked."""
    if moves not in (4, 8):
        raise InvalidInput(f"expected 4 or 8 directions, found {moves!r}; write one of these", where="moves")
    if bump not in ("stay", "missing"):
        raise InvalidInput(f"expected 'stay' or 'missing', found {bump!r}; write one of these", where="bump")
    return check_chance(slip, "slip"), check_chance(noise, "noise")


def check_chance(given: object, where: str) -> Fraction:
    """A probability, exactly."""
    chance = parse_fraction(given, where=where)
    if not 0 <= chance <= 1:
        raise InvalidInput(f"expected a probability between 0 and 1, found {given}; write one", where=where)
    return chance


def as_kind(kind: str | CellKind, character: str) -> CellKind:
    """The meaning of a character from words such as ``"hole absorbing"``."""
    where = f"legend[{character!r}]"
    if len(character) != 1:
        raise InvalidInput("expected a single character, found this; the map is read cell by cell", where=where)
    if isinstance(kind, CellKind):
        return kind
    words = kind.split()
    known = ("absorbing", "wall", "start")
    if not words or any(word not in known for word in words[1:]):
        raise InvalidInput(
            f"expected a label, then absorbing, wall or start, found {kind!r}; write such as 'hole absorbing'",
            where=where,
        )
    flags = set(words) & set(known)
    labels = () if words[0] in known else tuple(dict.fromkeys(label for label in words[0].split(",") if label))
    return CellKind(
        labels=tuple(dict.fromkeys((*labels, *(("start",) if "start" in flags else ())))),
        is_wall="wall" in flags,
        is_start="start" in flags,
        is_absorbing="absorbing" in flags,
    )


def character_array(grid: str | Iterable[str]) -> ObjectArray:
    """The map as single characters, shape (n_rows, n_columns)."""
    lines = [line.rstrip("\r\n") for line in (grid.split("\n") if isinstance(grid, str) else grid)]
    width = max(map(len, lines), default=0)
    if not width:
        raise InvalidInput("expected a map, found none; write lines of characters such as '#S.#'", where="map")
    padded = np.array([line.ljust(width) for line in lines], dtype=f"U{width}")
    return padded.view("U1").reshape(len(lines), width)


def check_characters(cells: ObjectArray, kinds: Mapping[str, CellKind]) -> None:
    """Refuse characters without meaning, naming the first place of each."""
    for character in np.unique(cells).tolist():
        # a trailing NUL is cut by numpy, so it arrives as the empty text
        if character not in kinds:
            row, column = np.argwhere(cells == character)[0].tolist()
            raise InvalidInput(
                f"expected one of {' '.join(repr(c) for c in kinds)}, found {character!r}; "
                f"add its meaning to the legend, such as {character} = hole absorbing",
                where=f"map row {row}, column {column}",
            )


def find_cells(cells: ObjectArray, kinds: Mapping[str, CellKind], fact: str) -> BoolArray:
    """Cells whose kind has a property."""
    found: BoolArray = np.isin(cells, [character for character, kind in kinds.items() if getattr(kind, fact)])
    return found


def find_start(cells: ObjectArray, kinds: Mapping[str, CellKind], rows: IntArray, columns: IntArray) -> int:
    """Index of the start state: the marked cell, else the first."""
    starts = np.flatnonzero(find_cells(cells, kinds, "is_start")[rows, columns])
    if len(starts) > 1:
        places = " and ".join(f"{rows[s]},{columns[s]}" for s in starts[:2].tolist())
        raise InvalidInput(f"expected one start, found {len(starts)}, such as {places}; keep one", where="map")
    return int(starts[0]) if len(starts) else 0


def cell_names(rows: IntArray, columns: IntArray) -> tuple[str, ...]:
    """Names ``"row,column"``."""
    return tuple([f"{row},{column}" for row, column in zip(rows.tolist(), columns.tolist(), strict=True)])


def cell_labels(characters: ObjectArray, kinds: Mapping[str, CellKind]) -> dict[str, tuple[int, ...]]:
    """States that carry each label; a label without a state is left out."""
    by_label: dict[str, list[str]] = {}
    for character, kind in kinds.items():
        for label in kind.labels:
            by_label.setdefault(label, []).append(character)
    found = {label: np.flatnonzero(np.isin(characters, members)) for label, members in by_label.items()}
    return {label: tuple(states.tolist()) for label, states in found.items() if len(states)}


def neighbor_states(shape: tuple[int, ...], rows: IntArray, columns: IntArray, directions: Sequence[str]) -> IntArray:
    """The state that each move from each state leads to, -1 for a wall; shape (n_states, n_directions)."""
    index = np.full((shape[0] + 2, shape[1] + 2), -1, dtype=np.int64)
    index[rows + 1, columns + 1] = np.arange(len(rows))
    return np.stack([index[rows + 1 + COMPASS[d][0], columns + 1 + COMPASS[d][1]] for d in directions], axis=1)


def allowed_actions(targets: IntArray, absorbing: BoolArray, *, stay: bool, bump: str) -> tuple[BoolArray, int]:
    """The actions there are, shape (n_states, n_directions + 1), the last one ``stay``; and how many cells had none."""
    allowed = np.ones((targets.shape[0], targets.shape[1] + 1), dtype=bool)
    if bump == "missing":
        allowed[:, :-1] = targets >= 0
    allowed[absorbing, :-1] = False
    allowed[:, -1] = stay | absorbing
    lonely = ~allowed.any(axis=1)
    allowed[lonely, -1] = True
    return allowed, int(lonely.sum())


def cell_graph(targets: IntArray, allowed: BoolArray, slip: Fraction) -> ChoiceGraph:
    """The arrays of a gridworld."""
    n_states, n_moves = targets.shape
    here = np.arange(n_states)[:, None]
    landing = np.where(targets >= 0, targets, here)
    choice_offsets = np.concatenate([[0], np.cumsum(allowed.sum(axis=1))]).astype(np.int64)
    aimed = np.concatenate([landing, here], axis=1)[allowed]
    if slip == 0:
        n_choices = len(aimed)
        return ChoiceGraph(choice_offsets, np.arange(n_choices + 1), aimed, np.ones(n_choices))
    quarter = n_moves // 4
    sides = [np.concatenate([np.roll(landing, turn, axis=1), here], axis=1)[allowed] for turn in (quarter, -quarter)]
    is_stay = np.nonzero(allowed)[1] == n_moves
    return slipping_graph(choice_offsets, aimed, sides[0], sides[1], is_stay, slip)


def slipping_graph(
    choice_offsets: IntArray, aimed: IntArray, left: IntArray, right: IntArray, is_stay: BoolArray, slip: Fraction
) -> ChoiceGraph:
    """Merge the three places where a move may end; weights are counted as aimed * 3 + sides, then looked up."""
    weights: Any = np.tile(np.array([3, 1, 1]), (len(aimed), 1))
    left_hits, right_hits, same_side = left == aimed, right == aimed, left == right
    weights[:, 0] += left_hits.astype(int) + right_hits
    weights[left_hits, 1] = 0
    weights[same_side & ~left_hits, 1] = 2
    weights[right_hits | same_side, 2] = 0
    values: list[Fraction] = [(1 - slip) * (code // 3) + slip / 2 * (code % 3) for code in range(6)]
    weights[is_stay] = (5, 0, 0)
    kept = (np.array([float(value) for value in values]) > 0)[weights]
    entry_offsets = np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int64)
    codes = weights[kept]
    return ChoiceGraph(
        choice_offsets=choice_offsets,
        entry_offsets=entry_offsets,
        successors=np.stack([aimed, left, right], axis=1)[kept],
        probabilities=np.array([float(value) for value in values])[codes],
        exact=np.array(values, dtype=object)[codes],
    )
