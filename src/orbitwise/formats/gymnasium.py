"""Gymnasium environments that carry their transition table ``env.unwrapped.P``.

The table is read; the environment is never stepped, reset or copied. Rewards are left out. Where the table says that an
episode ends (``terminated``), the play stays in the state that was entered, for ever:

- a state that is only entered when an episode ends becomes absorbing: its own rows are dropped, its action is ``stay``;
- a state that is entered both ways keeps its rows, and gets an absorbing copy, named for example ``15 (done)``.

Float probabilities are added up per successor and read as the simplest fractions near them (1/3 is exactly 1/3).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orbitwise.environments.builder import Builder
from orbitwise.environments.mdp import MDP
from orbitwise.environments.rows import transition_place
from orbitwise.errors import InvalidInput, NotSupported

__all__ = ["from_gymnasium", "parse_argument"]

MAP_LABELS = {"S": "start", "F": "frozen", "H": "hole", "G": "goal"}
CLIFF_SHAPE = (4, 12)


def from_gymnasium(environment: Any, /, **arguments: object) -> MDP:
    """The environment behind a Gymnasium environment with a transition table.

    **Guarantee:** exact about the table, with its floats read as nearby simple fractions.
    **Cost:** linear in the table.

    Parameters
    ----------
    environment
        An environment, or an id for ``gymnasium.make``.
    arguments
        Keyword arguments for ``gymnasium.make``; only with an id.

    Returns
    -------
    States and actions named by their numbers, ``"0"``, ``"1"``, ...; the start is the state that has all the mass of
    ``initial_state_distrib`` (otherwise state 0, with a note). Labels: ``start``, ``frozen``, ``hole``, ``goal`` from
    the map ``desc`` of a frozen lake, ``start``, ``cliff``, ``goal`` of CliffWalking, ``terminal`` for every state in
    which an episode ends. ``notes`` says what was changed.

    Raises
    ------
    NotSupported
        Gymnasium is not installed, or the environment has no transition table.
    InvalidInput
        The id or an argument is unknown, or the table is malformed.

    Examples
    --------
    >>> lake = from_gymnasium("FrozenLake-v1", is_slippery=False)
    >>> lake, [lake.states[i] for i in lake.labels["hole"]]
    (<MDP 'FrozenLake-v1': 16 states, 49 choices>, ['5', '7', '11', '12'])
    """
    if isinstance(environment, str):
        made = make(environment, arguments)
        try:
            return read_table(made, environment)
        finally:
            made.close()
    if arguments:
        raise InvalidInput(
            f"expected arguments only with an id, found {', '.join(arguments)}; make the environment with them",
            where="from_gymnasium",
        )
    spec = getattr(environment, "spec", None)
    return read_table(environment, str(getattr(spec, "id", None) or type(environment).__name__))


def parse_argument(text: str) -> bool | int | float | str:
    """An argument as typed after ``gym:ID?``: true, false, a number, or else a text; nothing is evaluated.

    Examples
    --------
    >>> [parse_argument(text) for text in ("true", "8", "0.5", "8x8")]
    [True, 8, 0.5, '8x8']
    """
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def make(identifier: str, arguments: Mapping[str, object]) -> Any:
    """A Gymnasium environment from its id."""
    where = f"gym:{identifier}"
    try:
        import gymnasium
    except ImportError:
        raise NotSupported(
            'expected Gymnasium, found it is not installed; pip install "orbitwise[gym]"', where=where
        ) from None
    if ":" in identifier:
        raise InvalidInput(
            "expected the id of a registered environment, found one with a module to import; import the module in "
            "Python, make the environment there and call from_gymnasium(environment)",
            where=where,
        )
    try:
        return gymnasium.make(identifier, **arguments)
    except gymnasium.error.DependencyNotInstalled as error:
        raise NotSupported(f"expected what the environment needs, found: {error}; install it", where=where) from None
    except (gymnasium.error.Error, TypeError, ValueError, KeyError) as error:
        raise InvalidInput(
            f"expected an environment that Gymnasium can make, found: {type(error).__name__}: {error}; "
            "check the id and the arguments",
            where=where,
        ) from None


@dataclass(frozen=True)
class Step:
    """One entry of the transition table with positive probability."""

    state: str
    action: str
    successor: str
    probability: float
    ends: bool


def read_table(environment: Any, name: str) -> MDP:
    """The MDP of a transition table."""
    where = f"gym:{name}"
    base = environment.unwrapped
    table = as_mapping(getattr(base, "P", None), where)
    states = tuple(str(state) for state in table)
    steps, missing = check_steps(table, states, where)
    starts = initial_states(base, states)
    final, copied = find_final_states(states, steps, starts)
    builder = Builder(name, start=starts[0] if len(starts) == 1 else states[0])
    add_rows(builder, states, steps, final, copied)
    described = add_labels(builder, base, states, final, copied)
    notes = [
        *terminal_notes(final, copied, states, steps),
        *([] if len(starts) == 1 else [start_note(starts, states)]),
        *([f"{missing} actions have no entry in the table and are left out"] if missing else []),
        *described,
    ]
    return builder.build(
        description=f"Gymnasium's {name}, from its transition table; rewards left out.",
        source=f"Gymnasium, {name}",
        notes=notes,
    )


def as_mapping(table: Any, where: str) -> dict[Any, dict[Any, Any]]:
    """The transition table as nested dictionaries; lists are read as mappings from positions."""
    if table is None:
        raise NotSupported(
            "expected an environment with a transition table env.unwrapped.P, found none; "
            "explore it with orbitwise.tabulate(initial, actions, step)",
            where=where,
        )
    rows = dict(table) if isinstance(table, Mapping) else dict(enumerate(table))
    if not rows:
        raise InvalidInput("expected a transition table, found an empty one; fill P", where=where)
    return {s: dict(row) if isinstance(row, Mapping) else dict(enumerate(row)) for s, row in rows.items()}


def check_steps(table: dict[Any, dict[Any, Any]], states: tuple[str, ...], where: str) -> tuple[list[Step], int]:
    """All entries of positive probability, and the number of actions without any entry."""
    known, steps, missing = set(states), [], 0
    if len(known) < len(states):
        raise InvalidInput("expected states with distinct names, found two alike; rename them", where=f"{where}: P")
    for state, row in table.items():
        for action, entries in row.items():
            place = f"{where}: P[{state}][{action}]"
            missing += not len(entries)
            for entry in entries:
                if not isinstance(entry, tuple | list) or len(entry) != 4:
                    raise InvalidInput(
                        f"expected (probability, successor, reward, terminated), found {entry!r}; mend it", where=place
                    )
                step = Step(str(state), str(action), str(entry[1]), float(entry[0]), bool(entry[3]))
                if step.successor not in known:
                    raise InvalidInput(f"expected a state of P, found {entry[1]!r}; add its row", where=place)
                if not (math.isfinite(step.probability) and step.probability >= 0):
                    raise InvalidInput(f"expected a probability, found {entry[0]}; mend it", where=place)
                if step.probability > 0:
                    steps.append(step)
    return steps, missing


def initial_states(base: Any, states: tuple[str, ...]) -> tuple[str, ...]:
    """The states in which an episode may begin; empty when the environment does not say."""
    chances = getattr(base, "initial_state_distrib", None)
    if chances is None or len(chances) != len(states):
        return ()
    return tuple(state for state, chance in zip(states, chances, strict=True) if chance > 0)


def find_final_states(
    states: tuple[str, ...], steps: list[Step], starts: tuple[str, ...]
) -> tuple[frozenset[str], frozenset[str]]:
    """States that become absorbing, and states that get an absorbing copy.

    Rows of a state in which every play has ended are never used, so what they lead to does not count as entered.
    """
    moving = {step.state for step in steps if step.successor != step.state}
    ended = {step.successor for step in steps if step.ends}
    final: set[str] = set()
    while True:
        alive = {step.successor for step in steps if not step.ends and step.state not in final} | set(starts)
        found = {state for state in ended if state not in alive or state not in moving}
        if found <= final:
            break
        final |= found
    copied = {step.successor for step in steps if step.ends and step.state not in final} - final
    return frozenset(final), frozenset(state for state in states if state in copied)


def add_rows(
    builder: Builder, states: tuple[str, ...], steps: list[Step], final: frozenset[str], copied: frozenset[str]
) -> None:
    """Give the builder every row, then the absorbing copies."""
    rows: dict[str, dict[str, dict[str, float]]] = {state: {} for state in states}
    for step in steps:
        row = rows[step.state].setdefault(step.action, {})
        successor = copy_name(step.successor) if step.ends and step.successor in copied else step.successor
        row[successor] = row.get(successor, 0.0) + step.probability
    for state in states:
        if state in final or not rows[state]:
            builder.add(state, "stay", state)
            continue
        for action, row in rows[state].items():
            builder.add(state, action, next(iter(row)) if is_sure(row) else row)
    for state in (state for state in states if state in copied):
        if copy_name(state) in rows:
            raise InvalidInput(
                f"expected no state named {copy_name(state)!r}, found one; rename it",
                where=transition_place(state, "stay"),
            )
        builder.add(copy_name(state), "stay", copy_name(state))


def is_sure(row: Mapping[str, float]) -> bool:
    """Whether a row has one successor whose chances add up to 1 but for rounding."""
    return len(row) == 1 and abs(sum(row.values()) - 1) <= 1e-9


def copy_name(state: str) -> str:
    """Name of the absorbing copy of a state."""
    return f"{state} (done)"


def terminal_notes(
    final: frozenset[str], copied: frozenset[str], states: tuple[str, ...], steps: list[Step]
) -> Iterator[str]:
    """What became of states in which episodes end."""
    leaving = {step.state for step in steps if step.state in final and step.successor != step.state}
    if leaving:
        listed = name_some([state for state in states if state in leaving])
        yield f"episodes end in {listed}: their own rows were dropped, the play stays there"
    if copied:
        listed = name_some([state for state in states if state in copied])
        yield f"episodes may end in {listed}, also entered without ending: play that ended stays in a copy (done)"


def start_note(starts: tuple[str, ...], states: tuple[str, ...]) -> str:
    """Why the start is the first state."""
    if not starts:
        return f"the environment does not say where it starts; the start is taken to be {states[0]}"
    return (
        f"an episode may start in {len(starts)} states, such as {name_some(list(starts))}; the start is taken to be "
        f"{states[0]}, name another with --at"
    )


def name_some(names: list[str]) -> str:
    """A few names and how many more there are."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def add_labels(
    builder: Builder, base: Any, states: tuple[str, ...], final: frozenset[str], copied: frozenset[str]
) -> list[str]:
    """Labels and places from the map of the environment; returns notes."""
    terminal = [*(s for s in states if s in final), *(copy_name(s) for s in states if s in copied)]
    cells, notes = map_cells(base, states)
    for state, (label, column, row) in cells.items():
        names = [state, copy_name(state)] if state in copied else [state]
        for shift, name in enumerate(names):
            builder.place(name, column + 0.3 * shift, row + 0.3 * shift)
        if label:
            builder.label(label, names)
    if terminal:
        builder.label("terminal", terminal)
    return notes


def map_cells(base: Any, states: tuple[str, ...]) -> tuple[dict[str, tuple[str, int, int]], list[str]]:
    """Label, column and row of every state that is a cell of a known map, and notes about the map."""
    desc: Any = getattr(base, "desc", None)
    if getattr(desc, "ndim", 0) == 2 and desc.size == len(states):
        letters = [c.decode() if isinstance(c, bytes) else str(c) for c in desc.ravel().tolist()]
        width = desc.shape[1]
        return {
            s: (MAP_LABELS.get(c, ""), i % width, i // width)
            for i, (s, c) in enumerate(zip(states, letters, strict=True))
        }, []
    if type(base).__name__ == "CliffWalkingEnv" and tuple(getattr(base, "shape", ())) == CLIFF_SHAPE:
        height, width = CLIFF_SHAPE
        bottom = ["start", *["cliff"] * (width - 2), "goal"]
        labels = [""] * (width * (height - 1)) + bottom
        note = (
            "a step onto the cliff leads back to the start at once, so no cliff state is ever entered and to avoid "
            "them all is no condition"
        )
        return {s: (label, i % width, i // width) for i, (s, label) in enumerate(zip(states, labels, strict=True))}, [
            note
        ]
    return {}, []
