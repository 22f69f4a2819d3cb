"""The hash of an environment follows everything that results depend on, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orbitwise.environments.builder import Builder
from orbitwise.environments.mdp import MDP
from orbitwise.formats.identity import environment_sha256


def lake(**changes: object) -> MDP:
    """A small lake; changes are the arguments of its parts."""
    facts = {"start": "lake", "chance": "1/3", "action": "left", "label": "hole", "hole": "hole"} | changes
    hole, chance = str(facts["hole"]), facts["chance"]
    builder = Builder("lake", start=str(facts["start"]))
    builder.add("lake", str(facts["action"]), {"lake": chance, hole: f"{3 - int(str(chance)[0])}/3"})
    builder.add(hole, "stay", hole).label(str(facts["label"]), [hole])
    return builder.build()


def test_the_hash_is_stable():
    """The same environment gives the same 64 digits."""
    assert environment_sha256(lake()) == environment_sha256(lake())
    assert len(environment_sha256(lake())) == 64


@pytest.mark.parametrize(
    "change", [{"start": "hole"}, {"chance": "2/3"}, {"action": "l"}, {"label": "h"}, {"hole": "x"}]
)
def test_what_results_depend_on_counts(change: dict):
    """Start, probabilities, names and labels change the hash."""
    assert environment_sha256(lake(**change)) != environment_sha256(lake())


def test_what_people_read_does_not_count():
    """Name, description, source, notes and layout leave the hash alone."""
    described = replace(lake(), name="x", description="d", source="s", notes=("n",), layout={0: (1.0, 1.0)})
    assert environment_sha256(described) == environment_sha256(lake())


def test_the_order_of_states_counts_and_that_of_successors_does_not():
    """Coordinates are ordered; a distribution is not."""
    one = Builder("m").add("a", "x", {"a": "1/3", "b": "2/3"}).add("b", "stay", "b")
    other = Builder("m").add("a", "x", {"b": "2/3", "a": "1/3"}).add("b", "stay", "b")
    swapped = Builder("m", start="a").add("b", "stay", "b").add("a", "x", {"a": "1/3", "b": "2/3"})
    assert environment_sha256(one.build()) == environment_sha256(other.build())
    assert environment_sha256(one.build()) != environment_sha256(swapped.build())


def test_the_table_of_action_names_does_not_count():
    """Only which action each choice is."""
    mdp = Builder("m").add("a", "x", "a").add("a", "y", "b").add("b", "y", "b").build()
    renumbered = replace(mdp, actions=("unused", "y", "x"), choice_actions=2 - mdp.choice_actions)
    assert environment_sha256(renumbered) == environment_sha256(mdp)


def test_names_cannot_run_into_each_other():
    """Parts are delimited: ab, c differs from a, bc."""
    one = Builder("m").add("ab", "x", "ab").add("c", "x", "c").build()
    other = Builder("m").add("a", "x", "a").add("bc", "x", "bc").build()
    assert environment_sha256(one) != environment_sha256(other)
