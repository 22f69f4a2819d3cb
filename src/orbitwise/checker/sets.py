"""The environment and the sets of policies that a question compares.

A node is a pair (state, memory): bit i of the memory is set when a state of the i-th ``enter`` list has been visited.
A choice (state, action) is allowed when no successor is in ``avoid`` and, at the state ``at``, the action is
``always`` if that is given. A policy of the set starts with ``take`` if that is given, and then makes one allowed
choice per node. It never meets a state without allowed choice; so choices that may lead to such a state are not
allowed either, and so on until nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from orbitwise.checker.document import Rejected, fields, items, name, names, show
from orbitwise.checker.exact import Budget, number, probabilities

__all__ = ["Choice", "Environment", "Node", "PolicySet", "read_environment", "read_policy_sets"]

Choice: TypeAlias = tuple[tuple[int, Fraction], ...]  # (successor, probability): positive, sums to 1
Node: TypeAlias = tuple[int, int]  # (state, memory)

SURE = Fraction(1)
MAX_ENTER = 16  # lists of states to enter: each is a bit of every memory


@dataclass(frozen=True)
class Environment:
    """A rewardless Markov decision process; states are numbered in the order of the document."""

    states: tuple[str, ...]
    index: dict[str, int]
    choices: list[dict[str, Choice]]  # per state: action -> choice

    def state(self, value: Any, where: str) -> int:
        """The number of a named state."""
        if name(value, where) not in self.index:
            raise Rejected(f"{show(value)} is not a state", where=where)
        return self.index[value]


@dataclass(frozen=True)
class PolicySet:
    """A set of policies from the state ``at``."""

    environment: Environment
    at: int
    take: str | None
    allowed: list[dict[str, Choice]]  # per state: action -> choice
    marks: list[int]  # per state: the bits that a visit sets
    full: int  # the memory with all bits set
    end: frozenset[int] | None

    def enter(self, state: int, memory: int) -> Node:
        """The node in which one is after entering the state with this memory."""
        return state, memory | self.marks[state]

    def may_end_in(self, state: int) -> bool:
        """Whether the state may be recurrent."""
        return self.end is None or state in self.end

    def initial(self) -> dict[Node, Fraction]:
        """The initial nodes with their probabilities."""
        memory = self.marks[self.at]
        if self.take is None:
            return {(self.at, memory): SURE}
        return {self.enter(state, memory): probability for state, probability in self.allowed[self.at][self.take]}


def read_environment(value: Any, coordinates: tuple[str, ...], budget: Budget) -> Environment:
    """An environment whose states are the coordinates, in their order."""
    transitions = fields(value, ("transitions",), "environment")["transitions"]
    if type(transitions) is not dict or tuple(transitions) != coordinates:
        raise Rejected(
            "expected an object whose keys are the coordinates in their order", where="environment.transitions"
        )
    index = {state: i for i, state in enumerate(coordinates)}
    environment = Environment(coordinates, index, [])
    for state, actions in transitions.items():
        where = f"environment.transitions.{show(state)}"
        if type(actions) is not dict or not actions:
            raise Rejected(f"expected an object with at least one action, found {show(actions)}", where=where)
        environment.choices.append(
            {
                name(action, where): _read_choice(successor, environment, f"{where}.{show(action)}", budget)
                for action, successor in actions.items()
            }
        )
    return environment


def _read_choice(value: Any, environment: Environment, where: str, budget: Budget) -> Choice:
    if type(value) is not dict:
        return ((environment.state(value, where), SURE),)
    choice = tuple((environment.state(state, where), number(p, where)) for state, p in value.items())
    probabilities([p for _, p in choice], where, budget)
    return choice


def read_policy_sets(
    value: Any, environment: Environment, starts: list[tuple[int, str]], where: str, budget: Budget
) -> list[PolicySet]:
    """A SET of the document, read in each of the states given, beside the place that names it if it is not the SET."""
    found = fields(value, ("take", "always", "avoid", "enter", "end"), where)
    take, always = (None if found[key] is None else name(found[key], f"{where}.{key}") for key in ("take", "always"))
    avoid = _states(found["avoid"], environment, f"{where}.avoid")
    end = None if found["end"] is None else _states(found["end"], environment, f"{where}.end")
    marks = [0] * len(environment.states)
    enter = items(found["enter"], f"{where}.enter")
    if len(enter) > MAX_ENTER:
        raise Rejected(f"at most {MAX_ENTER} lists are allowed, found {len(enter)}", where=f"{where}.enter")
    for bit, listed in enumerate(enter):
        for state in _states(listed, environment, f"{where}.enter[{bit}]"):
            marks[state] |= 1 << bit
    anywhere = _allowed(environment, avoid)
    sets = []
    for at, named in starts:
        place = named or where
        for action in (take, always):
            if action not in (None, *environment.choices[at]):
                raise Rejected(f"{show(action)} is not an action of the state asked about", where=place)
        allowed = anywhere
        if always is not None:  # a choice that is left leads to no state without one, so none becomes such a state
            budget.spend(len(allowed))
            allowed = [*allowed]
            allowed[at] = {action: choice for action, choice in allowed[at].items() if action == always}
        if at in avoid or not allowed[at] or take not in (None, *allowed[at]):
            raise Rejected("the conditions leave no first action, so no policy meets them", where=place)
        sets.append(PolicySet(environment, at, take, allowed, marks, (1 << len(enter)) - 1, end))
    return sets


def _allowed(environment: Environment, avoid: frozenset[int]) -> list[dict[str, Choice]]:
    """The choices of each state that avoid these states, without those that may lead to a state that has none."""
    if not avoid:
        return environment.choices
    allowed = [
        {action: choice for action, choice in actions.items() if not any(successor in avoid for successor, _ in choice)}
        for actions in environment.choices
    ]
    leading: list[list[tuple[int, str]]] = [[] for _ in allowed]  # per state: the choices that may lead to it
    for state, actions in enumerate(allowed):
        for action, choice in actions.items():
            for successor, _ in choice:
                leading[successor].append((state, action))
    dead = [state for state, actions in enumerate(allowed) if not actions]
    while dead:
        for state, action in leading[dead.pop()]:
            if allowed[state].pop(action, None) is not None and not allowed[state]:
                dead.append(state)
    return allowed


def _states(value: Any, environment: Environment, where: str) -> frozenset[int]:
    return frozenset(environment.state(state, where) for state in names(value, where))
