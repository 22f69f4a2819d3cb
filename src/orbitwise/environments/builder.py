"""Build an MDP one transition at a time, checked at the door.

>>> candy = Builder("candy", start="Start")
>>> candy.add("Start", "candy", "candy").add("Start", "wait", {"chocolate": "1/3", "hug": "2/3"})  # doctest: +ELLIPSIS
<orbitwise.environments.builder.Builder object at ...>
>>> for sweet in ("candy", "chocolate", "hug"):
...     _ = candy.add(sweet, "stay", sweet)
>>> candy.build()
<MDP 'candy': 4 states, 5 choices>
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np

from orbitwise.compute.exact import parse_fraction, rationalize
from orbitwise.environments.mdp import MDP, Claim
from orbitwise.errors import InvalidInput
from orbitwise.solvers.choice_graph import ChoiceGraph

__all__ = ["Builder"]

SUM_TOLERANCE = 1e-6


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
    """

    def __init__(self, name: str, *, start: str | None = None, normalize: bool = False) -> None:
        self.name = name
        self.start = start
        self.normalize = normalize
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
        where = f"transition[{state!r}, {action!r}]"
        for kind, name in (("state", state), ("action", action)):
            if not isinstance(name, str) or not name:
                raise InvalidInput(f"expected a non-empty text as {kind} name, found {name!r}; name it", where=where)
        row = Row((successor,), (Fraction(1),)) if isinstance(successor, str) else self._row(successor, where)
        actions = self._rows.setdefault(state, {})
        if action in actions:
            raise InvalidInput(
                "expected each action of a state once, found it again; rename or remove one", where=where
            )
        actions[action] = row
        return self

    def label(self, label: str, states: Iterable[str]) -> Self:
        """Name a set of states."""
        self._labels[label] = tuple(dict.fromkeys((*self._labels.get(label, ()), *states)))
        return self

    def place(self, state: str, column: float, row: float) -> Self:
        """Say where a state is drawn; rows grow downward."""
        self._layout[state] = (column, row)
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
            notes=tuple(notes),
        )

    def _row(self, successor: Mapping[str, object], where: str) -> Row:
        if not isinstance(successor, Mapping) or not successor:
            raise InvalidInput(
                f"expected a state name or a non-empty mapping from states to probabilities, found {successor!r}; "
                "give the successor",
                where=where,
            )
        given: dict[str, Fraction] = {}
        for name, value in successor.items():
            place = f"{where}[{name!r}]"
            parsed = parse_fraction(value, where=place)
            probability = rationalize(float(value)) if isinstance(value, float | np.floating) else parsed
            if probability < 0:
                raise InvalidInput(
                    f"expected a probability, found {value}; probabilities are not negative", where=place
                )
            if probability > 0:
                given[name] = probability
        has_floats = any(isinstance(value, float | np.floating) for value in successor.values())
        return Row(tuple(given), self._complete(tuple(given.values()), where, has_floats=has_floats))

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
                            where=f"transition[{state!r}, {action!r}]",
                        )
        if self.start is not None and self.start not in index:
            raise InvalidInput(f"expected a state, found {self.start!r}; the start must have an action", where="start")
        for kind, members in (*self._labels.items(), ("layout", tuple(self._layout))):
            for name in members:
                if name not in index:
                    raise InvalidInput(
                        f"expected a state, found {name!r}; remove it or add it", where=f"labels[{kind!r}]"
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
