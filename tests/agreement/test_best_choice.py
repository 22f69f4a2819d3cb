"""The search for A', B' and the permutations of T2 against exhaustive searches."""

from __future__ import annotations

import itertools
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import orbitwise as ow
from orbitwise.checker import check
from orbitwise.evidence.group_orbits import Group, find_orbit_bound
from orbitwise.evidence.subgroups import list_subgroups

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from best_choice import _is_inside, find_best_bound, iter_questions, measure


def find_best_literally(question):
    """Every group, every A' inside A; B' is what the orbits of A' hold besides. Sizes double with each outcome."""
    mine, theirs = ([tuple(row) for row in side.floats.tolist()] for side in question.outcomes)
    place = question.permutable
    best = Fraction(0)
    for generators in list_subgroups(len(place)):
        for size in range(1, len(mine) + 1):
            for chosen in itertools.combinations(mine, size):
                orbits, seen = [], set()
                for first in chosen:
                    if first not in seen:
                        orbits.append(close(first, generators, place))
                        seen |= orbits[-1]
                share = min(Fraction(len(orbit & set(chosen)), len(orbit)) for orbit in orbits)
                if share > best and _is_inside(theirs, sorted(seen)):
                    best = share
    return best


def close(first, generators, place):
    """The orbit of a vector."""
    orbit, waiting = {first}, [first]
    while waiting:
        vector = waiting.pop()
        for generator in generators:
            moved = list(vector)
            for i, j in enumerate(generator):
                moved[place[j]] = vector[place[i]]
            if tuple(moved) not in orbit:
                orbit.add(tuple(moved))
                waiting.append(tuple(moved))
    return orbit


def test_small_symmetric_groups_have_as_many_subgroups_as_is_known():
    """1, 2, 6, 30, 156 (sequence A005432)."""
    assert [len(list_subgroups(n)) for n in range(1, 6)] == [1, 2, 6, 30, 156]


def test_taking_whole_orbits_loses_nothing():
    """The threshold that the exhaustive search uses gives what trying every A' for every group gives."""
    rng = np.random.default_rng(8)
    small = (q for _, q in iter_questions(rng, 4) if len(q.outcomes[0]) <= 4)
    for question in itertools.islice(small, 12):
        assert find_best_bound(question) == find_best_literally(question)


@pytest.mark.parametrize("n_coordinates", [4, 5])
def test_the_search_finds_the_best_choice(n_coordinates):
    """On every one of 10 random questions of up to 12 outcomes: no group, no A' and no B' gives a larger bound."""
    n, hits, *_ = measure(n_coordinates, 10, seed=1)
    assert hits == n


@pytest.mark.slow
@pytest.mark.parametrize(("n_coordinates", "n_questions"), [(4, 200), (5, 100), (6, 25)])
def test_the_search_finds_the_best_choice_on_many_questions(n_coordinates, n_questions):
    """The same for more questions, and for six coordinates with 1,455 groups."""
    n, hits, *_ = measure(n_coordinates, n_questions, seed=2)
    assert hits == n


def test_a_rotation_is_found_where_no_swap_will_do():
    """2 e_2 - e_3 becomes an outcome of A by a rotation of three coordinates; a group with swaps has larger orbits."""
    question = ow.ask_vectors(prefer=[[2, 0, -1, 0, 0, 0]], over=[[0, 0, 2, -1, 0, 0]])
    best = next(c for c in ow.certify(question)[0] if c.theorem == "T2")
    assert best.bound == Fraction(1, 3)
    assert best.strict_almost_everywhere
    assert check(best.document).accepted


def test_two_coin_flips_dominate_an_even_third():
    """B's outcome lies inside the triangle of A's shape, three vectors of which A has two: 2/3 without any like."""
    third = ["1/3", "1/3", "1/3"]
    question = ow.ask_vectors(prefer=[["1/2", "1/2", 0], [0, "1/2", "1/2"]], over=[third])
    best = ow.certify(question)[0][0]
    assert (best.theorem, best.bound) == ("T2", Fraction(2, 3))
    assert best.choice.endswith("A has 2 of 3 vectors")
    assert check(best.document).accepted


def test_a_smaller_group_never_gives_more_on_the_same_vectors():
    """The largest group that keeps X gives at least the bound of each of its subgroups that keep the same X."""
    vectors = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    question = ow.ask_vectors(prefer=vectors[:3], over=vectors[3:])
    prefer, over = question.outcomes
    bounds = []
    for generators in list_subgroups(4):
        group = Group(tuple({i: j for i, j in enumerate(g) if i != j} for g in generators), "")
        found = find_orbit_bound(prefer, over, over.vectors, [group])
        bounds.append(Fraction(0) if isinstance(found, str) else found.bound)
    assert bounds[0] == max(bounds) == Fraction(3, 4)
    assert 0 < min(b for b in bounds if b) < Fraction(3, 4)
