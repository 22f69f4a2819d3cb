"""Pieces that environments of the gallery share: fans of terminal states, claims, parameters in their ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from orbitwise.environments.builder import Builder
from orbitwise.environments.mdp import MDP, Claim
from orbitwise.errors import InvalidInput

__all__ = ["add_fan", "add_terminals", "check_range", "with_claims"]


def add_terminals(builder: Builder, names: Sequence[str], *, column: float, row: float = 0) -> None:
    """Add states that can only stay, drawn below each other from ``row``."""
    for i, name in enumerate(names):
        builder.add(name, "stay", name).place(name, column, row + i)


def add_fan(builder: Builder, state: str, names: Sequence[str], *, column: float, row: float = 0) -> None:
    """Add a state with one action per terminal state, each named after it, and the terminal states beside it."""
    for name in names:
        builder.add(state, name, name)
    builder.place(state, column, row + (len(names) - 1) / 2)
    add_terminals(builder, names, column=column + 1, row=row)


def check_range(value: int, low: int, high: int, where: str) -> None:
    """Refuse a parameter outside of its range."""
    if not low <= value <= high:
        raise InvalidInput(f"expected a whole number from {low} to {high}, found {value}; write one", where=where)


def with_claims(mdp: MDP, *claims: Claim) -> MDP:
    """The same environment with published claims."""
    return replace(mdp, claims=claims)
