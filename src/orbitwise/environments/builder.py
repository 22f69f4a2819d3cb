"""Build an MDP one transition at a time, checked at the door.

>>> candy = Builder("candy", start="Start")
>>> _ = candy.add("Start", "candy", "candy").add("Start", "wait", {"chocolate": "1/3", "hug": "2/3"})
>>> for sweet in ("candy", "chocolate", "hug"):
...     _ = candy.add(sweet, "stay", sweet)
>>> candy.build()
<MDP 'candy': 4 states, 5 choices>
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Self

import numpy as np

from orbitwise.environments.mdp import MDP, Claim, suggest
from orbitwise.environments.rows import SURE, Row, RowReader, check_name, transition_place
from orbitwise.errors import InvalidInput
from orbitwise.solvers.choice_graph import ChoiceGraph

__all__ = ["Builder"]


class Builder:
    """Collects transitions and labels, and makes an :class:`MDP` of them.

    States are ordered by their first appearance as an origin of a transition (``add``), so files and certificates list
    them alike; a state that is only ever a successor has no action and is reported by :meth:`build`.

    Parameters
    ----------
    name
        A short name for people.
    start
        Name of the start state; by default the first state added.
    normalize
        Divide each row by its sum instead of refusing sums other than 1.

    Raises
    ------
    InvalidInput
        The name or the start is no text.
    """

    def __init__(self, name: str, *, start: str | None = None, normalize: bool = False) -> None:
        self.name = check_name(name, "environment", "name")
        self.start = start if start is None else check_name(start, "state", "start")
        self._reader = RowReader(normalize, {})
        self._rows: dict[str, dict[str, Row]] = {}
        self._labels: dict[str, tuple[str, ...]] = {}
        self._layout: dict[str, tuple[float, float]] = {}

    def add(self, state: str, action: str, successor: str | Mapping[str, object]) -> Self:
        """Add the choice (state, action).

        Parameters
        ----------
        state, action
            Names.
        successor
            A state name, or a mapping from state names to probabilities (numbers or fractions such as ``"1/3"``; exact
            when given as int, Fraction or text; floats are read as the simplest fraction within 1e-9).

        Raises
        ------
        InvalidInput
            The choice was added before, a name is no text or empty, or the probabilities are negative, not finite or do
            not sum to 1.
        """
        if type(state) is not str or type(action) is not str or not state or not action:
            check_name(state, "state", transition_place(state, action))
            check_name(action, "action", transition_place(state, action))
        if isinstance(successor, str):
            row = Row((successor,), SURE)
        else:
            row = self._reader.read(state, action, successor)
        actions = self._rows.setdefault(state, {})
        if action in actions:
            raise InvalidInput(
                "expected each action of a state once, found it again; rename or remove one",
                where=transition_place(state, action),
            )
        actions[action] = row
        return self

    def label(self, label: str, states: Iterable[str]) -> Self:
        """Name a set of states; a label given again gains the new states."""
        where = f"labels[{label!r}]"
        check_name(label, "label", where)
        members = (states,) if isinstance(states, str) else tuple(states)
        for state in members:
            check_name(state, "state", where)
        self._labels[label] = tuple(dict.fromkeys((*self._labels.get(label, ()), *members)))
        return self

    def place(self, state: str, column: float, row: float) -> Self:
        """Say where a state is drawn; rows grow downward."""
        where = f"layout[{state!r}]"
        check_name(state, "state", where)
        if not (math.isfinite(column) and math.isfinite(row)):
            raise InvalidInput(
                f"expected a finite column and row, found {column}, {row}; say where to draw", where=where
            )
        self._layout[state] = (float(column), float(row))
        return self

    def build(
        self, *, description: str = "", source: str = "", claims: Iterable[Claim] = (), notes: Iterable[str] = ()
    ) -> MDP:
        """Check everything and make the MDP.

        Raises
        ------
        InvalidInput
            There is no state, a successor or labeled state or the start is unknown, or a state has no action.
        """
        if not self._rows:
            raise InvalidInput("expected at least one transition, found none; add one", where=self.name)
        states = tuple(self._rows)
        index = {name: i for i, name in enumerate(states)}
        self._check_names(index)
        start = self.start if self.start is not None else states[0]
        return MDP(
            name=self.name,
            states=states,
            start=index[start],
            **self._arrays(index),
            labels={label: tuple(sorted(index[s] for s in members)) for label, members in self._labels.items()},
            layout={index[s]: xy for s, xy in self._layout.items()},
            description=description,
            source=source,
            claims=tuple(claims),
            notes=(*notes, *self._rounding_notes()),
        )

    def _check_names(self, index: Mapping[str, int]) -> None:
        if not index.keys() >= set(chain.from_iterable(row.successors for _, _, row in self._choices())):
            state, action, name = next(
                (state, action, name)
                for state, action, row in self._choices()
                for name in row.successors
                if name not in index
            )
            raise InvalidInput(
                f"leads to {name!r}, which has no action; give it one (a terminal state stays: "
                f"add({name!r}, 'stay', {name!r}))",
                where=transition_place(state, action),
            )
        if self.start is not None and self.start not in index:
            raise InvalidInput(
                f"expected a state, found {self.start!r}; {suggest(self.start, tuple(index))}", where="start"
            )
        places = [(f"labels[{label!r}]", name) for label, members in self._labels.items() for name in members]
        for where, name in (*places, *((f"layout[{name!r}]", name) for name in self._layout)):
            if name not in index:
                raise InvalidInput(
                    f"expected a state, found {name!r}; {suggest(name, tuple(index))}; remove it or add it", where=where
                )
        check_encodable(chain([self.name], index, self._labels, (action for _, action, _ in self._choices())))

    def _choices(self) -> Iterator[tuple[str, str, Row]]:
        return ((state, action, row) for state, actions in self._rows.items() for action, row in actions.items())

    def _rounding_notes(self) -> tuple[str, ...]:
        rounded = [transition_place(state, action) for state, action, row in self._choices() if row.chances.is_rounded]
        if not rounded:
            return ()
        return (
            f"probabilities of {len(rounded)} choices were given as floating-point numbers and are read as nearby "
            f"fractions, the first at {rounded[0]}",
        )

    def _arrays(self, index: Mapping[str, int]) -> dict[str, Any]:
        rows = [row for _, _, row in self._choices()]
        action_index: dict[str, int] = {}
        choice_actions = [action_index.setdefault(action, len(action_index)) for _, action, _ in self._choices()]
        lengths = [len(row.successors) for row in rows]
        exact = None
        if max(lengths) > 1:
            exact = np.array(list(chain.from_iterable(row.chances.exact for row in rows)), dtype=object)
        graph = ChoiceGraph(
            choice_offsets=np.cumsum([0, *(len(actions) for actions in self._rows.values())], dtype=np.int64),
            entry_offsets=np.cumsum([0, *lengths], dtype=np.int64),
            successors=np.array([index[name] for row in rows for name in row.successors], dtype=np.int64),
            probabilities=np.array(list(chain.from_iterable(row.chances.floats for row in rows))),
            exact=exact,
        )
        return {
            "graph": graph,
            "actions": tuple(action_index),
            "choice_actions": np.array(choice_actions, dtype=np.int64),
        }


def check_encodable(names: Iterable[str]) -> None:
    """Refuse names that no file could hold (lone surrogates)."""
    for name in dict.fromkeys(names):
        if not name.isascii() and any("\ud800" <= character <= "\udfff" for character in name):
            raise InvalidInput("expected a name of Unicode characters, found half of one; rename it", where=repr(name))
