"""The checker charges its work honestly: whatever a document makes it do, a step takes about as long as any other.

Each document here makes one part of the checker work as long as it may. A million steps are allowed, which should take
a quarter of a second; ten times as much is granted to slow machines.
"""

from __future__ import annotations

import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from orbitwise.checker import check, exact

sys.path.append(str(Path(__file__).parents[1] / "unit" / "checker"))

from checker_certificates import AVERAGE, DISCOUNTED, about, cases, claim, policies, unit
from epsilon_certificates import given

NINES = "9" * 9_990


def enumerate_all(transitions, prefer, *, over=None, criterion=AVERAGE, situations=()):
    """A certificate of T2 that has all outcomes of A looked for a vector that is none."""
    states = list(transitions)
    subject = about(transitions, states[0], prefer, over or prefer, criterion)
    if situations:
        subject["situations"] = situations
    proof = {"prefer": [{states[0]: 7}], "over": [{states[0]: 7}], "dominated": [], "generators": [], "interior": []}
    return claim(subject, "T2", "1", None, strict=False, proof=proof)


def orbits(names, vectors, generators, dominated=()):
    """A certificate of T2 about given vectors, the same on both sides."""
    proof = {"prefer": vectors, "over": vectors, "generators": generators, "dominated": [*dominated], "interior": []}
    return claim(given(names, vectors, vectors), "T2", "1", None, strict=False, proof=proof)


def list_cycles_of_a_complete_graph():
    """All paths can be extended, most in many ways."""
    states = [f"s{i}" for i in range(40)]
    return enumerate_all({s: {t: t for t in states} for s in states}, policies())


def list_long_cycles_that_share_their_way():
    """A way of 1,500 states, then 20 forks: a million cycles, each found soon after the last, and long to write."""
    way = {f"s{i}": {"on": f"s{i + 1}" if i < 1_499 else "d0"} for i in range(1_500)}
    for i in range(20):
        way |= {f"d{i}": {"u": f"u{i}", "v": f"v{i}"}}
        way |= {f"{side}{i}": {"on": f"d{i + 1}" if i < 19 else "s0"} for side in "uv"}
    return enumerate_all(way, policies())


def eliminate_dense_chains(criterion=DISCOUNTED):
    """Policies on 30 states in which each choice is a lottery."""
    states = [f"s{i}" for i in range(30)]
    lotteries = {s: {t: {t: "1/3", u: "2/3"} for t, u in pairwise(states)} for s in states}
    return enumerate_all(lotteries, policies(), criterion=criterion)


def average_dense_chains():
    """The same for average reward."""
    return eliminate_dense_chains(AVERAGE)


def remember_all_subsets(criterion=AVERAGE):
    """16 states to enter in any order, and a long way back: 40 million nodes."""
    bits = [f"b{i}" for i in range(16)]
    way = {f"s{i}": {"on": f"s{i + 1}"} for i in range(600)} | {"s600": {b: b for b in bits}}
    way |= {b: {"back": "s0"} for b in bits}
    return enumerate_all(way, policies(enter=[[b] for b in bits]), criterion=criterion)


def walk_through_all_subsets():
    """The same by steps of the horizon form."""
    document = remember_all_subsets(DISCOUNTED)
    document["question"]["over"] = policies()
    return {**document, "theorem": "T5", "proof": {"kind": "horizon", "steps": 10**7}}


def ask_in_all_situations():
    """Ten thousand situations for sets of many conditions."""
    states = [f"s{i}" for i in range(10_000)]
    chosen = policies(enter=[states] * 16, always="stay")
    return enumerate_all({s: {"stay": s} for s in states}, chosen, situations=states)


def move_a_long_number():
    """Generators that do nothing, to a vector of one long number."""
    return orbits("xy", [{"x": NINES}], [[]] * 200_000)


def multiply_long_numbers_into_short_ones():
    """Weights and entries of 10,000 digits whose products are 1."""
    names = [f"c{i}" for i in range(10)]
    ten = f"1{'0' * 9_990}"
    vectors = [dict.fromkeys(names, f"{ten}/{NINES}"), dict.fromkeys(names, ten)]
    weights = [[0, f"{NINES}/{ten}"], [1, f"1/{ten}"]]
    return orbits(names, vectors, [], [{"vector": dict.fromkeys(names, 2), "weights": weights}] * 20)


def swap_many_blocks():
    """400 blocks and 40,000 involutions, each of which is tried on every block."""
    mine, theirs = [f"a{i}" for i in range(200)], [f"b{i}" for i in range(200)]
    blocks = {"prefer": [unit(a) for a in mine], "over": [unit(b) for b in theirs], "dominated": []}
    swaps = [[[[a, b]] for b in theirs] for a in mine]
    subject = given([*mine, *theirs], unit(*mine), unit(*theirs))
    return claim(subject, "T3", "1/2", 1, strict=True, proof={**blocks, "swaps": swaps})


def list_many_cases():
    """Seven values: 5,040 cases at every corner, and a new corner for each cut."""
    names = "abcdefg"
    first = {c: i + 1 for i, c in enumerate(names)}
    second = {c: 7 - i for i, c in enumerate(names)}
    return cases(given(names, [first], [second]), "1/2", 7, [*[[0, 1, 1, 1]] * 100, *[None] * 101])


def compare_many_fixed_coordinates():
    """8,000 vectors on 8,000 coordinates, none of which moves: one case, but a large table."""
    names = [f"f{i}" for i in range(8_000)]
    subject = {**given(names, unit(*names[::2]), unit(*names[1::2])), "permutable": []}
    return cases(subject, "0", 0, [None])


BOMBS = [
    list_cycles_of_a_complete_graph,
    list_long_cycles_that_share_their_way,
    eliminate_dense_chains,
    average_dense_chains,
    remember_all_subsets,
    walk_through_all_subsets,
    ask_in_all_situations,
    move_a_long_number,
    multiply_long_numbers_into_short_ones,
    swap_many_blocks,
    list_many_cases,
    compare_many_fixed_coordinates,
]


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.__name__)
def test_the_checker_stops_when_its_steps_are_spent(monkeypatch, bomb):
    """Each document is refused for the work that it would need, in about the time that its steps take."""
    monkeypatch.setattr(exact, "FREE_STEPS", 1_000_000 - 1_000 * exact.STEPS_PER_OUTCOME)
    document = bomb()
    began = time.process_time()
    verdict = check(document, limit=1_000)
    spent = time.process_time() - began
    assert "more work than the limit" in verdict.reason or "more than the 1000 policies" in verdict.reason
    assert spent < 2.5
