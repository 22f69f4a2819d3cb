"""Witnesses: known constants are attained, shares are exact, simple rewards come first."""

from fractions import Fraction
from itertools import combinations_with_replacement

import numpy as np
import pytest

import brute_force
import orbitwise as ow
from orbitwise.evidence import witnesses
from orbitwise.evidence.counts import count_orbit, count_reduced
from orbitwise.evidence.witness_patterns import Pattern, iter_neighbors, iter_patterns, iter_simpler, reward_of
from orbitwise.evidence.witnesses import find_witness
from orbitwise.outcomes.question import ask_vectors


def units(which, d):
    return [[int(i == k) for i in range(d)] for k in which]


def test_candy_has_a_witness_of_two_thirds():
    """The known constant of candy is attained, whether or not the search is told the bound."""
    question = ow.ask(ow.gallery.load("candy"), at="Start", prefer="Wait!", over="candy")
    for bound in (Fraction(2, 3), None):
        witness = find_witness(question, bound=bound)
        assert witness.share == Fraction(2, 3) == count_orbit(question, witness.reward).share


def test_two_deaths_against_fifty_one_lives_has_a_one_hot_witness():
    """51/53 is attained by a single 1, the simplest reward there is."""
    question = ask_vectors(prefer=units(range(51), 53), over=units([51, 52], 53))
    witness = find_witness(question, bound=Fraction(51, 53))
    assert witness.share == Fraction(51, 53)
    assert sorted(witness.reward)[-2:] == [0, 1]
    assert witness.reward[51] == 1  # shown where B wins


def test_a_fixed_coordinate_can_be_made_to_win_always():
    """B's only outcome is a fixed coordinate: with a large value there A never wins; and the mirror image."""
    question = ask_vectors(prefer=units([0, 1], 3), over=units([2], 3), permute=["0", "1"])
    assert find_witness(question).share == 0
    question = ask_vectors(prefer=units([2], 3), over=units([0, 1], 3), permute=["0", "1"])
    witness = find_witness(question)
    assert witness.share == 0 == count_orbit(question, witness.reward).share


def test_signs_matter_when_outcomes_have_different_sums():
    """A is worth the sum of two coordinates, B nothing: every reward of -1s makes A worse on most of its orbit."""
    question = ask_vectors(prefer=[[1, 1, 0]], over=[[0, 0, 0]])
    assert find_witness(question).share == 0


@pytest.mark.parametrize("seed", range(25))
def test_no_small_reward_is_worse_than_the_witness(seed):
    """Among all multisets of values 0..4 on small random questions none has a smaller share than the witness."""
    rng = np.random.default_rng(seed)
    d = 4
    rows = rng.integers(0, 2, (5, d))
    sides = [[[Fraction(int(x), max(1, int(row.sum()))) for x in row] for row in part] for part in (rows[:3], rows[3:])]
    question = ask_vectors(prefer=sides[0], over=sides[1])
    least = min(brute_force.weak_share(question, list(values)) for values in combinations_with_replacement(range(5), d))
    witness = find_witness(question, seed=seed)
    assert witness.share == brute_force.weak_share(question, [int(x) for x in witness.reward])
    assert witness.share <= least


def test_the_same_seed_gives_the_same_witness():
    """Effort is counted, not timed."""
    rows = np.random.default_rng(0).integers(0, 3, (6, 6)).tolist()
    question = ask_vectors(prefer=rows[:3], over=rows[3:])
    assert find_witness(question, seed=4) == find_witness(question, seed=4)


def test_the_search_stops_at_the_bound(monkeypatch):
    """A bound that the first pattern meets: one count, no better pattern is looked for."""
    counted = []

    def count(*args, **kwargs):
        counted.append(args)
        return count_reduced(*args, **kwargs)

    monkeypatch.setattr(witnesses, "count_reduced", count)
    question = ask_vectors(prefer=units([0], 2), over=units([1], 2))
    witness = find_witness(question, bound=Fraction(1, 2))
    assert (witness.share, witness.how) == (Fraction(1, 2), "a single 1, else 0")
    assert len(counted) == 1


def test_a_witness_is_found_where_outcomes_cannot_be_listed():
    """Going right for ever against stopping: the witness of the listed question and of the solved one agree."""
    builder = ow.Builder("fork", start="s")
    for state, action, successor in (
        ("s", "left", "a"), ("s", "right", "m"), ("m", "up", "b"), ("m", "down", "c"),
        ("a", "stay", "a"), ("b", "stay", "b"), ("c", "stay", "c"),
    ):  # fmt: skip
        builder.add(state, action, successor)
    for limit in (1, 20_000):
        question = ow.ask(builder.build(), prefer="right", over="left", limit=limit)
        witness = find_witness(question)
        assert witness.share == Fraction(2, 3)


def test_large_orbits_give_an_estimated_witness():
    """16 coordinates in random mixtures: what cannot be counted is sampled, and has an interval."""
    rng = np.random.default_rng(2)
    rows = [[Fraction(int(x), int(row.sum())) for x in row] for row in rng.integers(1, 9, (6, 16))]
    question = ask_vectors(prefer=rows[:3], over=rows[3:])
    exact = find_witness(question)
    assert (exact.share is None) == (exact.estimate is not None)
    if exact.estimate is not None:
        assert exact.estimate.low <= exact.estimate.share <= exact.estimate.high
        assert exact.estimate.level == 0.99


def test_one_coordinate_alone_has_no_witness():
    """With nothing to permute and nothing fixed that matters there is no pattern to try."""
    assert find_witness(ask_vectors(prefer=[[1]], over=[[2]])) is None


def test_fixed_coordinates_alone_have_a_witness():
    """Nothing is permuted, everything matters: the reward that makes B win is the orbit."""
    witness = find_witness(ask_vectors(prefer=[[1, 0]], over=[[0, 1]], permute=[]))
    assert witness.share == 0


def test_every_pattern_fills_the_permutable_coordinates():
    """Multiplicities of all patterns and of their neighbors add up, values are distinct and have no common factor."""
    for start in (*list(iter_patterns(7, (1, -1), signed=True))[::5], Pattern(((3, 2), (1, 5)), (0, 4), "made up")):
        for pattern in (start, *iter_neighbors(start), *iter_simpler(start)):
            values = [value for value, _ in pattern.levels]
            assert sum(times for _, times in pattern.levels) == 7
            assert all(times > 0 for _, times in pattern.levels)
            assert values == sorted(set(values), reverse=True)
            reward = reward_of(pattern, 10, (3, 4, 5, 6, 7, 8, 9), (0, 2))
            assert reward[1] == 0
            assert (reward[0], reward[2]) == pattern.fixed


def test_simple_patterns_come_first():
    """The first pattern is a single 1, and those of two values come before those of three."""
    counts = [len(p.levels) for p in iter_patterns(6, (), signed=False)]
    assert counts[:5] == [2] * 5
    assert min(counts[5:]) >= 2
    assert next(iter(iter_patterns(6, (), signed=False))).levels == ((1, 1), (0, 5))
