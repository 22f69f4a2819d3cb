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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np

from orbitwise.compute.exact import parse_fraction, rationalize
from orbitwise.environments.mdp import MDP, Claim, suggest
from orbitwise.errors import InvalidInput
from orbitwise.solvers.choice_graph import ChoiceGraph

__all__ = ["Builder", "transition_place"]

SUM_TOLERANCE = 1e-6
ONE = Fraction(1)


def transition_place(state: object, action: object) -> str:
    """How errors name a choice: ``transition['lake', 'left']``."""
    return f"transition[{state!r}, {action!r}]"


@dataclass(frozen=True)
class Row:
    """The successors of one choice, with exact probabilities."""

    successors: tuple[str, ...]
    probabilities: tuple[Fraction, ...]


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
        self.normalize = normalize
        self._rows: dict[str, dict[str, Row]] = {}
        self._labels: dict[str, tuple[str, ...]] = {}
        self._layout: dict[str, tuple[float, float]] = {}
        self._rounded: list[str] = []  # places of the rows whose floats were read as other numbers than they are

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
        where = transition_place(state, action)
        check_name(state, "state", where)
        check_name(action, "action", where)
        row = Row((successor,), (ONE,)) if isinstance(successor, str) else self._row(successor, where)
        actions = self._rows.setdefault(state, {})
        if action in actions:
            raise InvalidInput(
                "expected each action of a state once, found it again; rename or remove one", where=where
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

    def _row(self, successor: Mapping[str, object], where: str) -> Row:
        if not isinstance(successor, Mapping) or not successor:
            raise InvalidInput(
                f"expected a state name or a non-empty mapping from states to probabilities, found {successor!r}; "
                "give the successor",
                where=where,
            )
        given: dict[str, Fraction] = {}
        has_floats = False
        for name, value in successor.items():
            place = f"{where}[{name!r}]"
            check_name(name, "state", where)
            probability = parse_fraction(value, where=place)
            if isinstance(value, float | np.floating):
                has_floats = True
                probability = rationalize(float(value))
            if probability < 0:
                raise InvalidInput(
                    f"expected a probability, found {value}; probabilities are not negative", where=place
                )
            if probability > 0:
                given[name] = probability
        probabilities = self._complete(tuple(given.values()), where, has_floats=has_floats)
        if has_floats and any(float(successor[s]) != p for s, p in zip(given, probabilities, strict=True)):  # type: ignore[arg-type]
            self._rounded.append(where)
        return Row(tuple(given), probabilities)

    def _complete(self, probabilities: tuple[Fraction, ...], where: str, *, has_floats: bool) -> tuple[Fraction, ...]:
        """The row, made to sum to exactly 1 where rounding (or ``normalize``) allows it."""
        total = sum(probabilities, Fraction(0))
        if total == 1:
            return probabilities
        if total > 0 and (self.normalize or (has_floats and abs(total - 1) <= SUM_TOLERANCE)):
            return tuple(p / total for p in probabilities)
        missing = 1 - total
        advice = f"write the missing {float(missing):.6g}" if missing > 0 else f"take away {float(-missing):.6g}"
        raise InvalidInput(f"sums to {float(total):.12g}, expected 1; {advice} or use normalize=True", where=where)

    def _check_names(self, index: Mapping[str, int]) -> None:
        for state, actions in self._rows.items():
            for action, row in actions.items():
                for name in row.successors:
                    if name not in index:
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
        check_encodable(self.name, *index, *self._labels, *(a for actions in self._rows.values() for a in actions))

    def _rounding_notes(self) -> tuple[str, ...]:
        if not self._rounded:
            return ()
        return (
            f"probabilities of {len(self._rounded)} choices were given as floating-point numbers and are read as "
            f"nearby fractions, the first at {self._rounded[0]}",
        )

    def _arrays(self, index: Mapping[str, int]) -> dict[str, Any]:
        rows = [(action, row) for actions in self._rows.values() for action, row in actions.items()]
        actions = tuple(dict.fromkeys(action for action, _ in rows))
        action_index = {name: i for i, name in enumerate(actions)}
        exact = [p for _, row in rows for p in row.probabilities]
        deterministic = all(len(row.successors) == 1 for _, row in rows)
        graph = ChoiceGraph(
            choice_offsets=np.cumsum([0, *(len(a) for a in self._rows.values())], dtype=np.int64),
            entry_offsets=np.cumsum([0, *(len(row.successors) for _, row in rows)], dtype=np.int64),
            successors=np.array([index[name] for _, row in rows for name in row.successors], dtype=np.int64),
            probabilities=np.array([float(p) for p in exact]),
            exact=None if deterministic else np.array(exact, dtype=object),
        )
        return {
            "graph": graph,
            "actions": actions,
            "choice_actions": np.array([action_index[action] for action, _ in rows], dtype=np.int64),
        }


def check_name(name: object, kind: str, where: str) -> str:
    """Refuse a name that is no text or empty."""
    if not isinstance(name, str) or not name:
        raise InvalidInput(f"expected a non-empty text as {kind} name, found {name!r}; name it", where=where)
    return name


def check_encodable(*names: str) -> None:
    """Refuse names that no file could hold (lone surrogates)."""
    try:
        "".join(names).encode()
    except UnicodeEncodeError:
        for name in names:
            if any("\ud800" <= character <= "\udfff" for character in name):
                raise InvalidInput(
                    "expected a name of Unicode characters, found half of one; rename it", where=repr(name)
                ) from None
