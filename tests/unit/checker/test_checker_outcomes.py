"""The checker enumerates exactly the outcomes of a policy set."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import comb, factorial

import numpy as np
import pytest
from checker_certificates import AVERAGE, about, policies
from checker_oracle import float_of, outcomes_of_set

from orbitwise.checker.cycles import iter_simple_cycles, strongly_connected
from orbitwise.checker.document import Rejected
from orbitwise.checker.exact import Budget
from orbitwise.checker.outcomes import iter_outcomes
from orbitwise.checker.sets import read_environment, read_policy_sets


def enumerate_exactly(document, side, limit=100_000):
    """The checker's outcomes, as Fractions."""
    budget = Budget(limit)
    environment = read_environment(document["environment"], tuple(document["coordinates"]), budget)
    at = environment.index[document["question"]["at"]]
    (chosen,) = read_policy_sets(document["question"][side], environment, [(at, "")], side, budget)
    kind = document["criterion"]
    discount = None if kind == AVERAGE else Fraction(kind["discount"])
    return list(iter_outcomes(chosen, discount, budget))


def random_law(rng, states, *, deterministic):
    """A successor, or two or three of them with fractions."""
    if deterministic or rng.random() < 0.4:
        return str(rng.choice(states))
    support = rng.choice(states, size=int(rng.integers(2, 4)), replace=False)
    weights = rng.integers(1, 5, len(support))
    return {str(s): f"{w}/{weights.sum()}" for s, w in zip(support, weights, strict=True)}


def random_set(rng, actions, states):
    """Random conditions; may be empty or contradictory, but starts outside ``avoid``."""
    some = lambda p: [str(s) for s in states if rng.random() < p]  # noqa: E731
    return policies(
        take=str(rng.choice(actions)) if rng.random() < 0.4 else None,
        always=str(rng.choice(actions)) if rng.random() < 0.2 else None,
        avoid=[s for s in some(0.15) if s != "s0"],
        enter=[some(0.4) for _ in range(rng.choice([0, 0, 1, 2]))],
        end=some(0.6) if rng.random() < 0.3 else None,
    )


def random_document(rng, *, deterministic, criterion):
    """A small random environment and a random question about it."""
    states = [f"s{i}" for i in range(int(rng.integers(3, 5)))]
    transitions = {
        s: {f"a{k}": random_law(rng, states, deterministic=deterministic) for k in range(int(rng.integers(1, 4)))}
        for s in states
    }
    actions = list(transitions["s0"])
    prefer, over = random_set(rng, actions, states), random_set(rng, actions, states)
    return about(transitions, "s0", prefer, over, criterion)


@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize("criterion", [AVERAGE, {"kind": "discounted", "discount": "2/3"}])
def test_the_enumeration_agrees_with_brute_force_over_all_policies(deterministic, criterion):
    """Same sets of outcomes on random models with random conditions, forced starts and memory."""
    rng = np.random.default_rng(20 + deterministic)
    nonempty = 0
    for _ in range(60):
        document = random_document(rng, deterministic=deterministic, criterion=criterion)
        for side in ("prefer", "over"):
            expected = outcomes_of_set(document, side)
            try:
                found = enumerate_exactly(document, side)
            except Rejected:  # the conditions leave no first action: brute force must find no policy either
                found = []
            rows = np.zeros((len(found), expected.shape[1]))
            for row, vector in zip(rows, found, strict=True):
                for coordinate, value in vector:
                    row[coordinate] = float_of(value)
            distance = np.abs(rows[:, None, :] - expected[None, :, :]).max(axis=2)
            assert (len(rows) == 0) == (len(expected) == 0)
            if len(rows):
                assert distance.min(axis=0).max() < 1e-7
                assert distance.min(axis=1).max() < 1e-7
                nonempty += 1
            total = 1 if criterion == AVERAGE else 3
            assert all(sum(value for _, value in vector) == total for vector in found)
    assert nonempty > 40


def test_a_complete_graph_has_the_known_number_of_cycles_each_once():
    """On n nodes with self-loops: sum over k of C(n, k) (k-1)! simple cycles."""
    for n in range(1, 7):
        nodes = list(range(n))
        cycles = list(iter_simple_cycles(nodes, dict.fromkeys(nodes, nodes), Budget(1)))
        distinct = {frozenset(zip(c, c[1:] + c[:1], strict=True)) for c in cycles}
        assert len(cycles) == len(distinct) == sum(comb(n, k) * factorial(k - 1) for k in range(1, n + 1))


def test_random_graphs_give_the_cycles_that_trying_all_sequences_gives():
    """Brute force: a sequence of distinct nodes that starts with its least node and closes along edges."""
    rng = np.random.default_rng(3)
    for _ in range(40):
        edges = rng.random((5, 5)) < 0.4
        successors = {i: np.flatnonzero(edges[i]).tolist() for i in range(5)}
        expected = {
            s
            for k in range(1, 6)
            for s in itertools.permutations(range(5), k)
            if s[0] == min(s) and all(edges[a, b] for a, b in zip(s, (*s[1:], s[0]), strict=True))
        }
        turned = [
            c[c.index(min(c)) :] + c[: c.index(min(c))] for c in iter_simple_cycles([*range(5)], successors, Budget(1))
        ]
        assert sorted(map(tuple, turned)) == sorted(expected)


def test_components_are_the_classes_of_mutual_reachability():
    """Against the transitive closure, on random graphs."""
    rng = np.random.default_rng(4)
    for _ in range(40):
        edges = rng.random((6, 6)) < 0.25
        reach = np.linalg.matrix_power(np.eye(6) + edges, 6) > 0
        successors = {i: np.flatnonzero(edges[i]).tolist() for i in range(6)}
        found = {frozenset(c) for c in strongly_connected([*range(6)], successors, Budget(1))}
        assert found == {frozenset(np.flatnonzero(reach[i] & reach[:, i]).tolist()) for i in range(6)}


def test_a_ring_of_many_states_needs_no_recursion():
    """20,000 states in a circle: one cycle; and a discounted play along 3,000 states has one outcome."""
    for n, criterion in ((20_000, AVERAGE), (3_000, {"kind": "discounted", "discount": "1/2"})):
        last = "s0" if criterion == AVERAGE else f"s{n - 1}"
        transitions = {f"s{i}": {"on": f"s{i + 1}" if i + 1 < n else last} for i in range(n)}
        (outcome,) = enumerate_exactly(about(transitions, "s0", policies(), policies(), criterion), "prefer")
        assert len(outcome) == n
        assert sum(value for _, value in outcome) == (1 if criterion == AVERAGE else 2)


def test_too_many_cycles_or_policies_are_refused():
    """A complete graph on 12 states has more than 10^8 cycles; the limit ends the enumeration."""
    states = [f"s{i}" for i in range(12)]
    transitions = {s: {f"to {t}": t for t in states} for s in states}
    for criterion in (AVERAGE, {"kind": "discounted", "discount": "1/2"}):
        with pytest.raises(Rejected, match="more than the 500 policies or cycles"):
            enumerate_exactly(about(transitions, "s0", policies(), policies(), criterion), "over", limit=500)
