"""Looking up names in an environment finds them, or says which names there are."""

from __future__ import annotations

import pytest

from orbitwise.environments import gallery
from orbitwise.environments.builder import Builder
from orbitwise.errors import InvalidInput


def test_one_cycles_are_the_states_with_a_sure_stay():
    """A state that stays only with some probability is no 1-cycle."""
    mdp = Builder("m").add("a", "try", {"a": "1/2", "b": "1/2"}).add("b", "stay", "b").add("b", "go", "a").build()
    assert mdp.one_cycles.tolist() == [1]


def test_a_state_may_be_named_by_its_number():
    """Gymnasium's integers are the texts of their numbers."""
    mdp = Builder("m").add("7", "stay", "7").build()
    assert mdp.state(7) == mdp.state("7") == 0


@pytest.mark.parametrize(
    ("look_up", "where", "message"),
    [
        (lambda m: m.state("chocolat"), "state", "found 'chocolat'; did you mean 'chocolate'?"),
        (lambda m: m.state("zzz"), "state", "known are 'Start', 'candy', 'Wait!', 'chocolate', 'hug'"),
        (lambda m: m.choice(0, "hug"), "action", "expected an action of state 'Start', found 'hug'"),
        (lambda m: m.labeled("sour"), "label", "labels are: @sweet"),
    ],
)
def test_unknown_names_are_answered_with_known_ones(look_up, where: str, message: str):
    """The error lists what there is."""
    with pytest.raises(InvalidInput) as caught:
        look_up(gallery.load("candy"))
    assert caught.value.where == where
    assert message in caught.value.message


def test_labels_and_choices_are_found():
    """Names lead to indices."""
    candy = gallery.load("candy")
    assert candy.labeled("sweet") == (1, 3)
    assert candy.choice(0, "Wait!") == 1
    assert list(candy.choices(2)) == [3, 4]
