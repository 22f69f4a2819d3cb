"""The orbit as marks, against brute force over all permutations."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_answers import grid, make_answer, reward_of

from orbitwise.environments import gallery
from orbitwise.errors import NotSupported, SolverFailed
from orbitwise.evidence.kinds import OrbitCount, Witness
from orbitwise.outcomes.question import ask, ask_vectors
from orbitwise.report.orbit_picture import draw_orbit

rewards = st.lists(st.integers(min_value=-2, max_value=2), min_size=4, max_size=4)


@given(st.lists(rewards, min_size=2, max_size=5), rewards)
@settings(max_examples=200, deadline=None)
def test_marks_are_the_orbit_with_its_verdicts(rows, values):
    """Each distinct permutation is one mark, and its values are the best over A and over B, in exact fractions."""
    reward = tuple(Fraction(v, 3) for v in values)
    question = ask_vectors(prefer=rows[:1], over=rows[1:])
    orbit = draw_orbit(make_answer(question, reward=reward))
    expected = Counter()
    for variant in set(permutations(reward)):
        a = sum(x * r for x, r in zip(rows[0], variant, strict=True))
        b = max(sum(x * r for x, r in zip(row, variant, strict=True)) for row in rows[1:])
        verdict = "a" if a > b else "b" if b > a else "tie"
        expected[verdict, frozenset((i, v) for i, v in enumerate(variant) if v != orbit.rest), a, b] += 1
    drawn = Counter((m.verdict, frozenset(m.changes), *m.values) for m in orbit.marks)
    assert drawn == expected


def test_marks_are_sorted_by_verdict(answers):
    """A's marks, then ties, then B's, so the share can be seen."""
    order = [mark.verdict for mark in draw_orbit(answers["candy"]).marks]
    assert order == ["a"] * 40 + ["b"] * 20


def test_fixed_coordinates_keep_their_value():
    """Permuting three sweets of five states: 6 marks, 4 of them for waiting (theory.md, section 7)."""
    sweets = ["candy", "chocolate", "hug"]
    question = ask(gallery.load("candy"), prefer="Wait!", over="candy", permute=sweets)
    orbit = draw_orbit(make_answer(question, reward=reward_of(question, {"candy": 1, "chocolate": "1/2", "Start": 9})))
    assert (orbit.count.size, orbit.count.prefer_only) == (6, 4)
    start = question.coordinates.index("Start")
    assert all((start, Fraction(9)) in mark.changes for mark in orbit.marks)


def test_a_count_that_disagrees_is_not_shown(answers):
    """The marks are counted apart from the answer's count; a difference is an error, not a picture."""
    with pytest.raises(SolverFailed, match="to agree with the exact count"):
        draw_orbit(replace(answers["candy"], count=OrbitCount(41, 19, 0)))


def test_orbits_are_drawn_where_outcomes_cannot_be_listed():
    """On a pond of 3 x 4 with too many cycles to list, a reward of 1 on one cell: B wins on the two holes only.

    Everywhere else A can stay at the rim, or walk to and fro between the cell and its neighbor; B can do the same after
    it has entered a hole, that is never, so a reward of 0 is all it gets.
    """
    question = ask(grid(), prefer="avoid:@hole", over="enter:@hole", limit=5)
    assert isinstance(question.outcomes, NotSupported)
    orbit = draw_orbit(make_answer(question, reward=reward_of(question, {"0,0": 1})))
    assert (orbit.count.prefer_only, orbit.count.both, orbit.count.over_only) == (10, 0, 2)
    holes = {question.coordinates.index(name) for name in ("1,1", "2,2")}
    assert {mark.changes[0][0] for mark in orbit.marks if mark.verdict == "b"} == holes
    assert all(mark.values is None for mark in orbit.marks)


def test_large_orbits_are_proportions(answers):
    """5 distinct values on 56 states are too many marks; the count is shown alone."""
    question = answers["two_against_51"].question
    reward = reward_of(question, {f"life {i}": i for i in range(1, 6)})
    assert draw_orbit(make_answer(question, reward=reward)) is None
    counted = draw_orbit(make_answer(question, reward=reward, count=OrbitCount(10**30, 1, 2)))
    assert counted.marks == ()
    assert counted.count.size == 10**30 + 3


def test_without_a_reward_the_witness_is_drawn(answers):
    """1 on two of 56 states: B wins with a death and no life, 1 + 2 x 3 ways of 1540 (3 states are neither)."""
    orbit = draw_orbit(answers["two_against_51"])
    assert orbit.whose == "witness"
    assert orbit.count.size == 56 * 55 // 2
    assert orbit.count.over_only == 7


def test_overflow_is_exact():
    """Values beyond 64 bits are compared exactly."""
    big = Fraction(2**70)
    question = ask_vectors(prefer=[[1, 0, 0]], over=[[0, 1, 0]])
    orbit = draw_orbit(make_answer(question, witness=Witness((big, big + 1, Fraction(0)), None, None, "given")))
    assert (orbit.count.prefer_only, orbit.count.over_only, orbit.count.both) == (3, 3, 0)
