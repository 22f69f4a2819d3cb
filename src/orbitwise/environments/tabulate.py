"""Any model that can list its actions and say what a step does, explored into an :class:`MDP`.

States are any hashable objects; they are found breadth first from the initial one, in a fixed order, and never copied.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

from orbitwise.environments.builder import Builder
from orbitwise.environments.mdp import MDP, Claim
from orbitwise.environments.rows import transition_place
from orbitwise.errors import InvalidInput, NotSupported

__all__ = ["tabulate"]

State = TypeVar("State", bound=Hashable)


def tabulate(
    initial: State,
    actions: Callable[[State], Iterable[Any]],
    step: Callable[[State, Any], State | Mapping[State, object]],
    *,
    name: str,
    terminal: Callable[[State], bool] | None = None,
    labels: Mapping[str, Callable[[State], bool]] | None = None,
    limit: int = 100_000,
    description: str = "",
    source: str = "",
    claims: Iterable[Claim] = (),
) -> MDP:
    """The environment of all states that can be reached from ``initial``.

    **Guarantee:** exact when probabilities are ints, fractions or texts; floats are read as nearby simple fractions.
    **Cost:** one call of ``actions`` per state and one of ``step`` per state and action.

    Parameters
    ----------
    initial
        The start state, any hashable object; states are named by ``str()``.
    actions
        The actions of a state, named by ``str()``.
    step
        The successor of a state and an action, or a mapping from successors to probabilities.
    name
        A short name for people.
    terminal
        Says which states can only stay; they get the single action ``stay``.
    labels
        For each label, says which states carry it.
    limit
        The largest number of states to explore.
    description, source, claims
        For people.

    Raises
    ------
    InvalidInput
        Two states or two actions of a state have the same name, a state is not hashable or has no action, or
        probabilities are wrong; the message names the state.
    NotSupported
        There are more than ``limit`` states.

    Examples
    --------
    >>> walk = tabulate(0, lambda x: ["left", "right"], lambda x, a: x - 1 if a == "left" else x + 1,
    ...                 name="walk", terminal=lambda x: abs(x) == 2, labels={"end": lambda x: abs(x) == 2})
    >>> walk.states, walk.labels
    (('0', '-1', '1', '-2', '2'), {'end': (3, 4)})
    """
    check_hashable(initial, "initial")
    builder = Builder(name, start=str(initial))
    found: dict[State, str] = {initial: str(initial)}
    names: dict[str, State] = {str(initial): initial}
    queue = [initial]
    for state in queue:  # grows while it is walked: breadth first
        for action, successors in iter_choices(state, actions, step, terminal):
            where = transition_place(found[state], action)
            for successor, chance in successors.items():
                if chance != 0 and successor not in found:
                    found[successor] = new_name(successor, names, where)
                    queue.append(successor)
            row = {found[successor]: chance for successor, chance in successors.items() if chance != 0}
            builder.add(found[state], action, next(iter(row)) if list(row.values()) == [1] else row)
        if len(found) > limit:
            raise NotSupported(
                f"expected at most {limit} states, found {len(found)} with exploration not at its end; "
                "raise limit, or merge states that need not be told apart",
                where=name,
            )
    for label, holds in (labels or {}).items():
        builder.label(label, [found[state] for state in queue if holds(state)])
    return builder.build(description=description, source=source, claims=claims)


def iter_choices(
    state: State,
    actions: Callable[[State], Iterable[Any]],
    step: Callable[[State, Any], State | Mapping[State, object]],
    terminal: Callable[[State], bool] | None,
) -> Iterable[tuple[str, Mapping[State, object]]]:
    """The named actions of a state, each with its successors and their probabilities."""
    if terminal is not None and terminal(state):
        yield "stay", {state: 1}
        return
    empty = True
    for action in actions(state):
        empty = False
        result = step(state, action)
        if not isinstance(result, Mapping):
            check_hashable(result, transition_place(str(state), str(action)))
            result = {result: 1}
        yield str(action), result
    if empty:
        raise InvalidInput(
            "expected at least one action, found none; give it one, or say terminal=... which states can only stay",
            where=f"state {str(state)!r}",
        )


def new_name(state: State, names: dict[str, State], where: str) -> str:
    """The name of a state met for the first time."""
    name = str(state)
    if name in names:
        raise InvalidInput(
            f"expected states with distinct names, found {name!r} for {names[name]!r} and {state!r}; "
            "give their class a __str__ that tells them apart",
            where=where,
        )
    names[name] = state
    return name


def check_hashable(state: object, where: str) -> None:
    """Refuse states that cannot be kept in a dictionary."""
    try:
        hash(state)
    except TypeError:
        raise InvalidInput(
            f"expected a hashable state, found {type(state).__name__}; use a tuple or a frozen dataclass", where=where
        ) from None
