"""Leaving out what does not matter: each step by itself, and what is respected."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import orbitwise as ow
from brute_force import random_mdp
from orbitwise.environments.reduce_merging import find_twins, merge_transient
from orbitwise.environments.state_map import list_laws
from orbitwise.errors import InvalidInput
from orbitwise.solvers.end_components import find_end_components


def whys(found):
    return [step.why for step in found.steps]


def test_states_that_cannot_be_reached_go_under_every_criterion():
    """Only what the start reaches is left, and kept states with what they reach."""
    builder = ow.Builder("island").add("a", "stay", "a").add("b", "go", "c").add("c", "stay", "c").add("d", "go", "c")
    found = ow.reduce(builder.build(), criterion="discounted", keep=["b"])
    assert found.environment.states == ("a", "b", "c")
    assert found.map.origin == (0, 1, 2, None)
    assert ow.reduce(builder.build(), start="c", criterion="discounted").environment.states == ("c",)


def test_equal_choices_go_except_at_the_start():
    """Names are asked about at the start only."""
    builder = ow.Builder("twice").add("a", "x", "b").add("a", "y", "b").add("b", "x", "b").add("b", "y", "b")
    found = ow.reduce(builder.build(), criterion="discounted")
    assert whys(found) == ["equal choices"]
    assert found.environment.action_names(0) == ("x", "y")
    assert found.environment.action_names(1) == ("x",)


def test_chains_are_passed_through_unless_they_are_kept_or_labeled():
    """A corridor of two states goes; under discounting it stays."""
    builder = ow.Builder("corridor").add("a", "left", "b").add("a", "stay", "a")
    mdp = builder.add("b", "on", "c").add("c", "on", "d").add("d", "stay", "d").label("mark", ["c"]).build()
    found = ow.reduce(mdp)
    assert found.environment.states == ("a", "c", "d")
    assert found.map.leads == {1: 1}
    assert ow.reduce(mdp, keep=["b"]).environment.states == ("a", "b", "c", "d")
    assert ow.reduce(mdp, criterion="discounted").steps == ()


def test_transient_states_alike_are_drawn_together_whatever_their_actions_are_called():
    """Two rooms with the same two doors, named differently."""
    builder = ow.Builder("rooms").add("a", "left", "l").add("a", "right", "r")
    for room, names in (("l", "xy"), ("r", "yx")):
        builder.add(room, names[0], "one").add(room, names[1], {"one": "1/2", "two": "1/2"})
    mdp = builder.add("one", "stay", "one").add("two", "stay", "two").build()
    found = ow.reduce(mdp, keep=["one"])
    assert found.environment.states == ("a", "l", "one", "two")
    assert found.map.origin == (0, 1, 1, 2, 3)


def test_copies_go_only_where_all_states_have_equally_many_in_a_group():
    """Two against four becomes one against two; two against three stays."""
    for n, states in ((4, 5), (3, 8)):  # 5: the room with one way left is passed through
        builder = ow.Builder("fan").add("a", "left", "l").add("a", "right", "r")
        for room, size in (("l", 2), ("r", n)):
            for k in range(size):
                builder.add(room, f"go {k}", f"{room}{k}").add(f"{room}{k}", "stay", f"{room}{k}")
        found = ow.reduce(builder.build())
        assert found.environment.n_states == states
        assert whys(found) == (["copies", "passed through"] if n == 4 else [])


def test_the_first_actions_are_respected():
    """Two arms that only differ in name stay two arms: the question is about them."""
    mdp = ow.Builder("arms").add("a", "left", "l").add("a", "right", "r").add("l", "s", "l").add("r", "s", "r").build()
    assert ow.reduce(mdp).environment.n_states == 3


def test_reducing_undoes_refining():
    """After splitting alike and reducing there are at most as many recurrent states as before."""

    def n_lasting(mdp):
        return int((find_end_components(mdp.graph).component >= 0).sum())

    rng = np.random.default_rng(1)
    tried = 0
    while tried < 40:
        mdp = ow.reduce(random_mdp(rng, int(rng.integers(3, 6)), stochastic=bool(rng.random() < 0.5))).environment
        if find_end_components(mdp.graph).component[mdp.start] >= 0:
            continue  # then picking a copy is an action of the start, whose actions are respected
        tried += 1
        again = ow.reduce(ow.refine(mdp, 3).environment)
        assert n_lasting(again.environment) <= n_lasting(mdp)
        assert "copies" in whys(again)


def test_twins_are_what_exchanging_two_states_shows():
    """Found by hashing, against trying every exchange of two recurrent states on the set of all choices."""
    rng = np.random.default_rng(2)
    together = 0
    for _ in range(300):
        mdp = random_mdp(rng, int(rng.integers(3, 7)), stochastic=bool(rng.random() < 0.5))
        if rng.random() < 0.3:
            mdp = ow.refine(mdp, 2).environment
        laws = [frozenset(law for _, law in own) for own in list_laws(mdp)]
        lasting = find_end_components(mdp.graph).component >= 0
        place = {s: k for k, members in enumerate(find_twins(mdp, list_laws(mdp), frozenset())) for s in members}
        for s, t in itertools.combinations(np.flatnonzero(lasting).tolist(), 2):
            swap = {s: t, t: s}
            exchanged = all(
                frozenset(tuple(sorted((swap.get(i, i), p) for i, p in law)) for law in laws[u]) == laws[swap.get(u, u)]
                for u in range(mdp.n_states)
            )
            apart = not any({s, t} <= {i for i, _ in law} for own in laws for law in own)
            named = any(i == t for law in laws[s] for i, _ in law) or any(i == s for law in laws[t] for i, _ in law)
            assert (place[s] == place[t]) == (exchanged and apart and not named)
            together += place[s] == place[t]
    assert together > 50


def test_merging_transient_states_finds_the_coarsest_bisimulation():
    """Against splitting by pairs: two states are apart when some law of one has no like at the other."""
    rng = np.random.default_rng(3)
    merged = 0
    for _ in range(400):
        mdp = random_mdp(rng, int(rng.integers(4, 8)), stochastic=bool(rng.random() < 0.5))
        laws = [{law for _, law in own} for own in list_laws(mdp)]
        lasting = (find_end_components(mdp.graph).component >= 0).tolist()
        n = mdp.n_states
        alike = {(s, t) for s in range(n) for t in range(n) if s == t or not (lasting[s] or lasting[t] or 0 in (s, t))}
        while True:
            block = [min(t for t in range(n) if (s, t) in alike) for s in range(n)]

            def drawn(law, block=block):
                return frozenset((b, sum(p for i, p in law if block[i] == b)) for b in {block[i] for i, _ in law})

            kept = {(s, t) for s, t in alike if {drawn(x) for x in laws[s]} == {drawn(x) for x in laws[t]}}
            if kept == alike:
                break
            alike = kept
        assert merge_transient(mdp, list_laws(mdp), frozenset([0])) == block
        merged += len(set(block)) < n
    assert merged > 5


def test_what_is_misspelled_is_named():
    """Unknown criteria and states."""
    mdp = ow.gallery.load("candy")
    with pytest.raises(InvalidInput, match="expected average or discounted"):
        ow.reduce(mdp, criterion="total")
    with pytest.raises(InvalidInput, match="expected a state"):
        ow.reduce(mdp, keep=["cand"])
