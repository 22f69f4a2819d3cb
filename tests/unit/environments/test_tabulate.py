"""User models are explored breadth first, and what cannot be a state is named."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pytest

from orbitwise.environments.checks import check
from orbitwise.environments.tabulate import tabulate
from orbitwise.errors import InvalidInput, NotSupported


@dataclass(frozen=True)
class Purse:
    coins: int

    def __str__(self) -> str:
        return f"{self.coins} coins"


def gamble(purse: Purse, stake: int) -> dict[Purse, Fraction]:
    return {Purse(purse.coins - stake): Fraction(2, 3), Purse(purse.coins + stake): Fraction(1, 3)}


def gambler(goal: int, **arguments):
    return tabulate(
        Purse(1),
        lambda purse: range(1, min(purse.coins, goal - purse.coins) + 1),
        gamble,
        name="gambler",
        terminal=lambda purse: purse.coins in (0, goal),
        **arguments,
    )


def test_the_gambler_has_one_state_per_purse_and_exact_chances():
    """With goal 4 there are purses 0..4, breadth first from 1, and every stake wins with 1/3."""
    mdp = gambler(4, labels={"ruined": lambda purse: purse.coins == 0, "rich": lambda purse: purse.coins == 4})
    assert mdp.states == ("1 coins", "0 coins", "2 coins", "3 coins", "4 coins")
    assert mdp.labels == {"ruined": (1,), "rich": (4,)}
    assert mdp.action_names(2) == ("1", "2")
    choice = mdp.choice(2, "2")
    i, j = mdp.graph.entry_offsets[choice : choice + 2].tolist()
    assert mdp.graph.exact is not None
    assert {mdp.states[s]: p for s, p in zip(mdp.graph.successors[i:j], mdp.graph.exact[i:j], strict=True)} == {
        "0 coins": Fraction(2, 3),
        "4 coins": Fraction(1, 3),
    }
    assert check(mdp) == []


def test_every_state_and_action_is_asked_once():
    """Exploration calls step exactly once per choice."""
    calls = []
    mdp = tabulate(0, lambda x: (1, 2), lambda x, a: calls.append((x, a)) or (x + a) % 7, name="ring")
    assert mdp.n_states == 7
    assert sorted(calls) == [(x, a) for x in range(7) for a in (1, 2)]


def test_successors_without_probability_are_not_explored():
    """A zero in the mapping makes no state."""
    assert tabulate("a", lambda s: "x", lambda s, a: {"a": 1, "b": 0}, name="m").states == ("a",)


def test_the_limit_is_kept_and_the_count_is_said():
    """An endless counter stops just above the limit."""
    with pytest.raises(NotSupported, match="expected at most 10 states, found 11"):
        tabulate(0, lambda x: ["up"], lambda x, a: x + 1, name="counter", limit=10)


def test_exactly_limit_states_are_explored():
    """The limit itself is allowed."""
    assert tabulate(0, lambda x: ["on"], lambda x, a: (x + 1) % 10, name="ring", limit=10).n_states == 10


@pytest.mark.parametrize(
    ("initial", "actions", "step", "where", "message"),
    [
        (1, lambda s: ["a"], lambda s, a: "1", "transition['1', 'a']", "found '1' for 1 and '1'"),
        (0, lambda s: [], lambda s, a: s, "state '0'", "expected at least one action, found none"),
        ([0], lambda s: ["a"], lambda s, a: s, "initial", "expected a hashable state, found list"),
        (0, lambda s: ["a"], lambda s, a: [1], "transition['0', 'a']", "expected a hashable state, found list"),
        (0, lambda s: ["a"], lambda s, a: (1, []), "transition['0', 'a']", "expected a hashable state, found tuple"),
        (0, lambda s: ["a", "a"], lambda s, a: s, "transition['0', 'a']", "expected each action of a state once"),
        (0, lambda s: [1, "1"], lambda s, a: s, "transition['0', '1']", "expected each action of a state once"),
        (0, lambda s: ["a"], lambda s, a: {0: 0.5}, "transition['0', 'a']", "sums to 0.5, expected 1"),
        (0, lambda s: ["a"], lambda s, a: {}, "transition['0', 'a']", "non-empty mapping"),
        ("", lambda s: ["a"], lambda s, a: s, "start", "expected a non-empty text as state name"),
    ],
)
def test_models_that_cannot_be_tabulated_are_refused(initial, actions, step, where: str, message: str):
    """The state, and the action where there is one, is named."""
    with pytest.raises(InvalidInput) as caught:
        tabulate(initial, actions, step, name="m")
    assert caught.value.where == where
    assert message in caught.value.message


def test_errors_of_the_model_itself_come_through():
    """A failure inside the user's code is not hidden."""

    def broken(state: int, action: str) -> int:
        raise ZeroDivisionError("in the model")

    with pytest.raises(ZeroDivisionError, match="in the model"):
        tabulate(0, lambda s: ["a"], broken, name="m")
