"""The environment: a rewardless Markov decision process with named states and actions.

States S, per-state actions (a missing action is missing, never "worth 0"), transition law T(s, a) in Delta(S). Every
state has at least one action; a terminal state is a state with an action that stays there surely (a 1-cycle).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from orbitwise.errors import InvalidInput
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.typing import IntArray

__all__ = ["MDP", "Claim"]


@dataclass(frozen=True)
class Claim:
    """What a source says about an environment.

    Parameters
    ----------
    quantity, value
        What is claimed, in words, and its published value.
    source
        Where it is claimed, for example ``"MORE, section 2"``.
    """

    quantity: str
    value: str
    source: str


@dataclass(frozen=True, eq=False)
class MDP:
    """A finite rewardless Markov decision process.

    Build one with :class:`orbitwise.environments.builder.Builder`, :func:`orbitwise.formats.read`,
    :func:`orbitwise.environments.tabulate.tabulate` or :func:`orbitwise.gallery.load`; these check what they are given.

    Parameters
    ----------
    name
        A short name for people.
    states
        The names of the d states, in the order of the reward's coordinates.
    start
        Index of the start state.
    graph
        States, choices (state, action) and successors as arrays.
    actions
        Distinct action names.
    choice_actions
        Shape (n_choices,), the index into ``actions`` of each choice.
    labels
        Named sets of states, as sorted tuples of indices.
    layout
        Where states are drawn: state index to (column, row), rows growing downward; empty: no layout.
    description, source, claims
        What it is, where it comes from, what was published about it.
    notes
        What an importer changed or assumed, for people.
    """

    name: str
    states: tuple[str, ...]
    start: int
    graph: ChoiceGraph
    actions: tuple[str, ...]
    choice_actions: IntArray
    labels: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    layout: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    description: str = ""
    source: str = ""
    claims: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<MDP {self.name!r}: {self.n_states} states, {self.graph.n_choices} choices>"

    @property
    def n_states(self) -> int:
        """Number of states, d."""
        return len(self.states)

    @property
    def is_deterministic(self) -> bool:
        """Whether every choice has one successor."""
        return self.graph.is_deterministic

    @cached_property
    def index(self) -> Mapping[str, int]:
        """State name to index."""
        return {name: i for i, name in enumerate(self.states)}

    def state(self, name: object, *, where: str = "state") -> int:
        """Index of the state with this name; an int that is no name's text is read as its text.

        Raises
        ------
        InvalidInput
            There is no such state; near names are suggested.
        """
        found = self.index.get(str(name))
        if found is None:
            raise InvalidInput(
                f"expected a state of {self.name!r}, found {str(name)!r}; {suggest(str(name), self.states)}",
                where=where,
            )
        return found

    def labeled(self, label: str, *, where: str = "label") -> tuple[int, ...]:
        """States that carry a label.

        Raises
        ------
        InvalidInput
            There is no such label.
        """
        if label not in self.labels:
            known = ", ".join(f"@{name}" for name in self.labels) or "none here"
            raise InvalidInput(f"expected a label of {self.name!r}, found '@{label}'; labels are: {known}", where=where)
        return self.labels[label]

    def choices(self, state: int) -> range:
        """Indices of the choices of a state."""
        return range(int(self.graph.choice_offsets[state]), int(self.graph.choice_offsets[state + 1]))

    def action_names(self, state: int) -> tuple[str, ...]:
        """Names of the actions of a state, in order."""
        return tuple(self.actions[self.choice_actions[c]] for c in self.choices(state))

    def choice(self, state: int, action: str, *, where: str = "action") -> int:
        """Index of the choice (state, action).

        Raises
        ------
        InvalidInput
            The state has no such action; its actions are named.
        """
        names = self.action_names(state)
        if action not in names:
            raise InvalidInput(
                f"expected an action of state {self.states[state]!r}, found {action!r}; {suggest(action, names)}",
                where=where,
            )
        return self.choices(state)[names.index(action)]

    def successors(self, choice: int) -> IntArray:
        """Successor states of a choice."""
        start, stop = self.graph.entry_offsets[choice : choice + 2]
        return self.graph.successors[start:stop]

    @cached_property
    def one_cycles(self) -> IntArray:
        """States with an action that stays there surely."""
        lengths = np.diff(self.graph.entry_offsets)
        first = self.graph.successors[self.graph.entry_offsets[:-1]]
        stays = (lengths == 1) & (first == self.graph.choice_nodes)
        return np.unique(self.graph.choice_nodes[stays])


def suggest(found: str, names: Sequence[str]) -> str:
    """Half a sentence that lists near or all names, for error messages."""
    import difflib

    near = difflib.get_close_matches(found, names[:10_000], n=3)
    if near:
        return "did you mean " + " or ".join(repr(name) for name in near) + "?"
    listed = ", ".join(repr(name) for name in names[:12])
    return f"known are {listed}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")
