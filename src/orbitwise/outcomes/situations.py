"""Situations: the start states at which a question is asked all at once (T7).

What is asked is a joint event: is A at least as good as B in every one of these states, for the same reward?
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from orbitwise.environments.mdp import MDP
from orbitwise.environments.names import split_names
from orbitwise.errors import InvalidInput

__all__ = ["collect_situations"]

Asked = TypeVar("Asked")


def collect_situations(
    environment: MDP, situations: Iterable[str] | str, ask_at: Callable[[int], Asked]
) -> tuple[tuple[Asked, ...], tuple[tuple[str, str], ...]]:
    """What is asked in each situation, and for ``"all"`` the states left out, each with the reason.

    Parameters
    ----------
    situations
        ``"all"``: every state where both sets are non-empty. Or names of states and ``"@label"``; as text they are
        separated by commas, or a JSON array.
    ask_at
        Asks in one state; raises :class:`InvalidInput` where a set is empty.

    Raises
    ------
    InvalidInput
        A name is unknown, a set is empty in a state that was named, or ``"all"`` leaves no state.
    """
    if situations == "all":
        return _collect_all(environment, ask_at)
    found = []
    for state in _parse_states(environment, situations):
        try:
            found.append(ask_at(state))
        except InvalidInput as error:
            raise InvalidInput(
                f"in {environment.states[state]!r}: {error.message}; leave the state out, or use 'all'",
                where="situations",
            ) from error
    return tuple(found), ()


def _collect_all(
    environment: MDP, ask_at: Callable[[int], Asked]
) -> tuple[tuple[Asked, ...], tuple[tuple[str, str], ...]]:
    found: list[Asked] = []
    left_out: list[tuple[str, str]] = []
    for state, name in enumerate(environment.states):
        try:
            found.append(ask_at(state))
        except InvalidInput as error:
            left_out.append((name, str(error)))
    if not found:
        name, reason = left_out[0]
        raise InvalidInput(
            f"expected a state where both sets are non-empty, found none; in {name!r}: {reason}", where="situations"
        )
    return tuple(found), tuple(left_out)


def _parse_states(environment: MDP, situations: Iterable[str] | str) -> tuple[int, ...]:
    """The named states, in their order, each once."""
    names: Iterable[str] = situations
    if isinstance(situations, str):
        names = split_names(situations, environment.index, where="situations")
    states: dict[int, None] = {}
    for name in names:
        if isinstance(name, str) and name.startswith("@") and name not in environment.index:
            states.update(dict.fromkeys(sorted(environment.labeled(name[1:], where="situations"))))
        else:
            states[environment.state(name, where="situations")] = None
    if not states:
        raise InvalidInput("expected at least one state, found none; name one, or use 'all'", where="situations")
    return tuple(states)
