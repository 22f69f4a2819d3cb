"""Sets of policies, as users name them: ``take:A``, ``always:A``, ``avoid:S``, ``enter:S``, ``end:S``, joined by ``+``.

A policy set is a set of deterministic policies from one state. ``take`` fixes the first action only, ``always`` the
action whenever at that state, ``avoid`` keeps out of states surely, ``enter`` visits them with positive probability,
``end`` stays in them from some time on almost surely. What a policy must remember is which ``enter`` sets it has
visited.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from orbitwise.environments.mdp import MDP
from orbitwise.environments.names import split_names
from orbitwise.errors import InvalidInput

__all__ = ["PolicySet", "parse_policy_set"]

CONDITION = re.compile(r"(take|always|avoid|enter|end):(.*)", re.DOTALL)
JOINT = re.compile(r"\+(?=(?:take|always|avoid|enter|end):)")
MAX_ENTER = 4


@dataclass(frozen=True)
class PolicySet:
    """The policies from one state that meet every condition.

    Parameters
    ----------
    text
        As the user wrote it.
    take
        First action, or None.
    always
        Action whenever at the asking state, or None.
    avoid
        States never entered.
    enter
        For each condition, states of which at least one is visited with positive probability.
    end
        States that contain every recurrent state of the policy, or None.
    """

    text: str
    take: str | None = None
    always: str | None = None
    avoid: frozenset[int] = frozenset()
    enter: tuple[frozenset[int], ...] = ()
    end: frozenset[int] | None = None

    @property
    def conditions(self) -> tuple[object, ...]:
        """What the set says, without how it was written; equal conditions are the same set."""
        return (self.take, self.always, self.avoid, frozenset(self.enter), self.end)

    def document(self, states: tuple[str, ...]) -> dict[str, Any]:
        """The SET of the certificate format."""
        return {
            "take": self.take,
            "always": self.always,
            "avoid": [states[i] for i in sorted(self.avoid)],
            "enter": [[states[i] for i in sorted(members)] for members in self.enter],
            "end": None if self.end is None else [states[i] for i in sorted(self.end)],
        }


def parse_policy_set(text: str, mdp: MDP, at: int, *, where: str) -> PolicySet:
    """Read a SET of the command line.

    Parameters
    ----------
    text
        For example ``"take:left+avoid:@hole"``; a bare word is an action (``take:``). Lists are separated by commas,
        or a JSON array where names contain commas.
    mdp, at
        The environment and the index of the asking state.
    where
        The place to name in errors, for example ``"--prefer"``.

    Raises
    ------
    InvalidInput
        An unknown action, state or label, an empty list, or a condition given twice.
    """
    if not isinstance(text, str) or not text:
        raise InvalidInput(
            f"expected a set of policies such as 'take:ACTION' or 'avoid:@hole', found {text!r}; write one",
            where=where,
        )
    parts = JOINT.split(text) if CONDITION.fullmatch(text) else [f"take:{text}"]
    found: dict[str, Any] = {"enter": ()}
    for part in parts:
        match = CONDITION.fullmatch(part)
        if match is None:
            raise InvalidInput(
                f"expected take:, always:, avoid:, enter: or end:, found {part!r}; begin it with one", where=where
            )
        kind, value = match.groups()
        if kind in found and kind != "enter":
            raise InvalidInput(f"expected '{kind}:' once, found it twice in {text!r}; merge the lists", where=where)
        if kind in ("take", "always"):
            mdp.choice(at, value, where=where)
            found[kind] = value
        elif kind == "enter":
            found[kind] = (*found[kind], _parse_states(value, mdp, where=f"{where} {kind}"))
        else:
            found[kind] = _parse_states(value, mdp, where=f"{where} {kind}")
    if len(found["enter"]) > MAX_ENTER:
        raise InvalidInput(
            f"expected at most {MAX_ENTER} 'enter:' conditions, found {len(found['enter'])}", where=where
        )
    return PolicySet(text=text, **found)


def _parse_states(value: str, mdp: MDP, *, where: str) -> frozenset[int]:
    names = split_names(value, mdp.index, where=where)
    if not names:
        raise InvalidInput(f"expected at least one state or @label, found {value!r}; name one", where=where)
    states: set[int] = set()
    for name in names:
        if name.startswith("@") and name not in mdp.index:
            states.update(mdp.labeled(name[1:], where=where))
        else:
            states.add(mdp.state(name, where=where))
    if not states:
        raise InvalidInput(f"expected at least one state, found none in {value!r}; the label is empty", where=where)
    return frozenset(states)
