"""check() says what is doubtful about a model, once, with its place, and nothing about good ones."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from orbitwise.environments import gallery
from orbitwise.environments.builder import Builder
from orbitwise.environments.checks import Problem, check
from orbitwise.environments.mdp import MDP
from orbitwise.solvers.choice_graph import ChoiceGraph


def only(mdp: MDP) -> Problem:
    (problem,) = check(mdp)
    return problem


def pair() -> Builder:
    return Builder("m").add("a", "go", "b").add("b", "stay", "b")


def test_a_good_model_gives_no_finding():
    """Candy has nothing to complain about."""
    assert check(gallery.load("candy")) == []


def test_unreachable_states_are_counted_and_named():
    """States without a way from the start are a warning."""
    problem = only(pair().add("c", "go", "b").build())
    assert (problem.severity, problem.place) == ("warning", "states 'c'")
    assert problem.message.startswith("1 of 3 states cannot be reached from the start 'a'")


def test_many_unreachable_states_are_listed_in_part():
    """Five names and a count."""
    builder = pair()
    for i in range(8):
        builder.add(f"x{i}", "go", "b")
    assert only(builder.build()).place == "states 'x0', 'x1', 'x2', 'x3', 'x4' and 3 more"


def test_a_start_that_cannot_be_left_is_a_warning():
    """Nothing can be asked at a terminal start."""
    messages = [str(problem) for problem in check(Builder("m", start="b").add("b", "stay", "b").build())]
    assert messages == ["warning: state 'b': the start cannot be left; name another with --at"]


def test_a_model_without_one_cycles_is_a_warning():
    """A two-cycle alone has no state to stay in."""
    problem = only(Builder("m").add("a", "go", "b").add("b", "back", "a").build())
    assert problem.severity == "warning"
    assert problem.message.startswith("no state has an action that stays there surely (a 1-cycle)")


def test_equal_actions_are_a_note_at_the_second_one():
    """Two actions of one state that lead to the same state."""
    problem = only(pair().add("a", "run", "b").build())
    assert (problem.severity, problem.place) == ("note", "transition['a', 'run']")
    assert problem.message.startswith("1 actions do the same")


def test_equal_stochastic_actions_are_found_whatever_the_order_of_successors():
    """The same distribution, written the other way round."""
    builder = Builder("m").add("a", "x", {"a": "1/3", "b": "2/3"}).add("a", "y", {"b": "2/3", "a": "1/3"})
    problem = only(builder.add("b", "stay", "b").build())
    assert problem.place == "transition['a', 'y']"


def test_similar_stochastic_actions_are_not_called_equal():
    """The same successors with other probabilities are another action."""
    builder = Builder("m").add("a", "x", {"a": "1/3", "b": "2/3"}).add("a", "y", {"b": "1/3", "a": "2/3"})
    assert check(builder.add("b", "stay", "b").build()) == []


def test_very_small_probabilities_are_a_warning():
    """10^-12 is exact in a certificate and invisible to an estimate."""
    tiny = Fraction(1, 10**12)
    problem = only(Builder("m").add("a", "go", {"b": tiny, "a": 1 - tiny}).add("b", "stay", "b").build())
    assert (problem.severity, problem.place) == ("warning", "transition['a', 'go']")


def test_labels_on_no_state_or_on_every_state_are_said():
    """A label nobody carries is a warning, one everybody carries a note."""
    problems = check(pair().label("empty", []).label("all", ["a", "b"]).build())
    assert [(p.severity, p.place) for p in problems] == [("warning", "labels['empty']"), ("note", "labels['all']")]


def test_float_probabilities_are_noted():
    """Both floats in the arrays and floats read as fractions are said."""
    given = Builder("m").add("a", "go", {"a": 1 / 3, "b": 2 / 3}).add("b", "stay", "b").build()
    assert "read as nearby fractions" in only(given).message
    bare = replace(given, graph=replace(given.graph, exact=None), notes=())
    assert "simplest fractions" in only(bare).message


def broken(**changes: object) -> MDP:
    """A small model whose arrays were changed by hand."""
    mdp = Builder("m").add("a", "go", {"a": "1/2", "b": "1/2"}).add("b", "stay", "b").build()
    graph = {k: v for k, v in changes.items() if k in ChoiceGraph.__dataclass_fields__}
    rest = {k: v for k, v in changes.items() if k not in graph}
    return replace(mdp, graph=replace(mdp.graph, **graph), **rest)


@pytest.mark.parametrize(
    ("mdp", "place", "message"),
    [
        (broken(states=("a", "a")), "states", "a name occurs twice"),
        (broken(states=("a",)), "", "the counts must agree"),
        (broken(start=2), "start", "an index is not between 0 and 1"),
        (broken(successors=np.array([0, 5, 1])), "successors", "an index is not between 0 and 1"),
        (broken(labels={"l": (3,)}), "labels['l']", "an index is not between 0 and 1"),
        (broken(choice_offsets=np.array([0, 2, 2])), "state 'b'", "it has no action"),
        (broken(entry_offsets=np.array([0, 3, 3])), "transition['b', 'stay']", "it has no successor"),
        (broken(probabilities=np.array([0.5, 0.6, 1.0])), "transition['a', 'go']", "sum to 1.1, expected 1"),
        (broken(probabilities=np.array([1.5, -0.5, 1.0])), "transition['a', 'go']", "all > 0"),
        (
            broken(exact=np.array([Fraction(1, 2), Fraction(1, 3), Fraction(1)], dtype=object)),
            "transition['a', 'go']",
            "expected 1",
        ),
        (
            broken(exact=np.array([Fraction(1, 2), Fraction(1, 2) + Fraction(1, 10**30), Fraction(1)], dtype=object)),
            "transition['a', 'go']",
            "expected 1",
        ),
    ],
)
def test_arrays_put_together_by_hand_are_checked(mdp: MDP, place: str, message: str):
    """Contradictions are errors, and nothing else is said beside them."""
    problems = check(mdp)
    assert {problem.severity for problem in problems} == {"error"}
    assert problems[0].place == place
    assert message in problems[0].message
