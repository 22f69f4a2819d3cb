"""The same question in the other environment of a :class:`StateMap`.

A question says the same on both sides when its conditions name whole fibers, and its action stands for one choice only.
A state that every play passes through to t may be named along with t, and is implied by it; naming it alone is a
question that the coarse environment cannot ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from orbitwise.environments.mdp import MDP
from orbitwise.environments.state_map import Law, StateMap, list_laws
from orbitwise.errors import InvalidInput
from orbitwise.outcomes.arenas import make_arena
from orbitwise.outcomes.policies import PolicySet
from orbitwise.outcomes.question import Play, Question

__all__ = ["carry_question"]


class NotTheSameError(Exception):
    """The question cannot be asked in the other environment; the argument says why."""


def carry_question(question: Question, play: Play, states: StateMap, *, to_fine: bool) -> Question | str:
    """The question in the fine environment (or in the coarse one), or why it cannot be asked there.

    **Guarantee:** the answer means the same policies. **Cost:** linear.
    """
    target = states.fine if to_fine else states.coarse
    try:
        at = _carry_state(play.at, states, to_fine)
        sides = [_carry_set(side, play.at, at, states, to_fine) for side in (play.prefer, play.over)]
        permutable = _carry_permutable(question, states, to_fine)
        arenas = [make_arena(target, at, side, where="the carried question") for side in sides]
    except NotTheSameError as reason:
        return str(reason)
    except InvalidInput as error:
        return error.message
    return Question(
        coordinates=target.states,
        permutable=permutable,
        criterion=question.criterion,
        play=Play(target, at, sides[0], sides[1], arenas[0], arenas[1]),
        limit=question.limit,
    )


def _carry_state(at: int, states: StateMap, to_fine: bool) -> int:
    if to_fine:
        return states.fibers[at][0]  # of a split state the state itself, in which one is at first
    target = states.origin[at]
    if target is None:
        raise NotTheSameError(f"the question is asked at {states.fine.states[at]!r}, which is gone")
    return target


def _carry_set(side: PolicySet, at: int, new_at: int, states: StateMap, to_fine: bool) -> PolicySet:
    fine_at, coarse_at = (new_at, at) if to_fine else (at, new_at)
    for action in {side.take, side.always} - {None}:
        _check_action(str(action), fine_at, coarse_at, states)
    if side.always is not None and len(states.fibers[coarse_at]) > 1:
        raise NotTheSameError(f"'always:' speaks of {states.coarse.states[coarse_at]!r}, which is split")
    carry = _to_fine if to_fine else _to_coarse
    return replace(
        side,
        avoid=carry(side.avoid, states),
        enter=tuple(carry(members, states) for members in side.enter),
        end=None if side.end is None else carry(side.end, states),
    )


def _check_action(action: str, fine_at: int, coarse_at: int, states: StateMap) -> None:
    """Whether the action is one and the same choice on both sides."""
    fine, coarse = _laws_at(states.fine, fine_at), _laws_at(states.coarse, coarse_at)
    if action not in fine or action not in coarse or states.project(fine[action]) != coarse[action]:
        raise NotTheSameError(f"the action {action!r} does not mean one choice in both environments")
    alike = {law for law in fine.values() if states.project(law) == coarse[action]}
    named = [name for name, law in coarse.items() if law == coarse[action]]
    if len(alike) > 1 and len(named) < 2:
        raise NotTheSameError(f"the action {action!r} stands for several choices of the fine environment")


def _laws_at(mdp: MDP, state: int) -> dict[str, Law]:
    return dict(list_laws(mdp)[state])


def _to_fine(members: Iterable[int], states: StateMap) -> frozenset[int]:
    return frozenset(f for c in members for f in states.fibers[c])


def _to_coarse(members: frozenset[int], states: StateMap) -> frozenset[int]:
    found: set[int] = set()
    for state in members:
        target = states.origin[state]
        if target is None:
            target = states.leads.get(state)
            if target is None or not members.intersection(states.fibers[target]):
                raise NotTheSameError(f"the question names {states.fine.states[state]!r}, which is gone; keep it")
        found.add(target)
    for state in found:
        if not members.issuperset(states.fibers[state]):
            raise NotTheSameError(
                f"the question names some of the states that {states.coarse.states[state]!r} stands for, not all; "
                "keep them apart"
            )
    return frozenset(found)


def _carry_permutable(question: Question, states: StateMap, to_fine: bool) -> tuple[int, ...]:
    """Copies move when their state moves; where all coordinates are permuted, they are so on both sides."""
    moved = set(question.permutable)
    if question.permutes_all:
        return tuple(range((states.fine if to_fine else states.coarse).n_states))
    if to_fine:
        return tuple(f for f, c in enumerate(states.origin) if c in moved)
    chosen = []
    for state, fiber in enumerate(states.fibers):
        inside = moved.intersection(fiber)
        if inside and len(inside) < len(fiber):
            raise NotTheSameError(f"only some copies of {states.coarse.states[state]!r} are permuted")
        if inside:
            chosen.append(state)
    return tuple(chosen)
