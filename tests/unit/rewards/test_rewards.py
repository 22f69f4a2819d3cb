"""Parsing rewards, their orbits, and chunks of random ones."""

from fractions import Fraction
from itertools import permutations
from math import inf, nan

import numpy as np
import pytest

from orbitwise.errors import InvalidInput
from orbitwise.rewards import (
    Distribution,
    draw_permutations,
    draw_rewards,
    iter_orbit,
    orbit_of,
    orbit_size,
    parse_distribution,
    parse_reward,
)

NAMES = ["candy", "chocolate", "hug"]


def test_a_name_that_a_reward_leaves_out_gets_zero():
    """States that a reward does not name get 0."""
    assert parse_reward({"hug": 0.1, "candy": "2/3"}, NAMES) == (Fraction(2, 3), 0, Fraction(1, 10))


@pytest.mark.parametrize("given", [[1, 2.5, "1/3"], (1, 2.5, "1/3"), np.array([1, 2.5, "1/3"], dtype=object)])
def test_a_sequence_gives_all_values_in_order(given):
    """Lists, tuples and arrays of d numbers are rewards."""
    assert parse_reward(given, NAMES) == (1, Fraction(5, 2), Fraction(1, 3))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cand": 1}, "did you mean 'candy'"),
        ({"candy": nan}, r"reward\['candy'\].*finite"),
        ({"candy": inf}, "finite"),
        ({"candy": "much"}, "fraction"),
        ({"candy": True}, "expected a number"),
        ({"candy": "1e999999999"}, "candy"),
        ({"candy": "1e0_999999999"}, "candy"),
        ({"candy": "1e300"}, "at most 1e200"),
        ([1, 2], "expected 3 values"),
        ([1, 2, nan], r"reward\[2\]"),
        ("candy", "expected a mapping"),
        (3, "expected a mapping"),
    ],
)
def test_a_reward_that_cannot_be_read_is_refused_by_name(given, words):
    """The message names the place and what to write."""
    with pytest.raises(InvalidInput, match=words):
        parse_reward(given, NAMES)


def test_integers_name_states_called_by_their_digits():
    """Gymnasium's states are called "0", "1", ...; a Python user may write the integers, but each state once."""
    assert parse_reward({1: 5}, ["0", "1"]) == (0, 5)
    with pytest.raises(InvalidInput, match="again"):
        parse_reward({1: 5, "1": 4}, ["0", "1"])


@pytest.mark.parametrize(
    ("reward", "permutable"),
    [((4, 2, 1, 0, 0), (0, 1, 2, 3, 4)), ((1, 1, 0, 0, 0, 2), (0, 1, 2, 3, 5)), ((1, 1), (0, 1)), ((3, 4), (1,))],
)
def test_an_orbit_is_every_distinct_permutation_once(reward, permutable):
    """iter_orbit gives the set of all distinct permutations, and orbit_size its size."""
    exact = tuple(map(Fraction, reward))
    everything = set()
    for order in permutations(permutable):
        image = list(exact)
        for here, there in zip(permutable, order, strict=True):
            image[here] = exact[there]
        everything.add(tuple(image))
    orbit = orbit_of(exact, permutable)
    found = [batch.exact(row) for batch in iter_orbit(orbit, rows=7) for row in range(len(batch))]
    assert len(found) == len(set(found)) == orbit.size == orbit_size(exact, permutable)
    assert set(found) == everything


def test_drawn_permutations_are_uniform_and_leave_fixed_coordinates():
    """Each of the 3 arrangements of (1, 0, 0) comes with frequency 1/3; false alarm below 1e-6 (Hoeffding, n=30000)."""
    orbit = orbit_of([Fraction(x) for x in (1, 7, 0, 0)], (0, 2, 3))
    drawn = draw_permutations(orbit, 30_000, seed=3, start=0)
    assert (drawn.floats[:, 1] == 7).all()
    frequencies = drawn.floats[:, [0, 2, 3]].mean(axis=0)
    assert np.abs(frequencies - 1 / 3).max() < np.sqrt(np.log(6 / 1e-6) / 60_000)


def test_a_chunk_depends_on_its_seed_and_number_alone():
    """The same chunk is the same whenever it is drawn; another chunk or seed is another."""
    orbit = orbit_of([Fraction(x) for x in range(8)], range(8))
    later = [draw_permutations(orbit, 5, seed=1, start=c).floats for c in (4, 2)]
    again = [draw_permutations(orbit, 5, seed=1, start=c).floats for c in (2, 4)]
    assert (later[0] == again[1]).all()
    assert (later[1] == again[0]).all()
    assert (later[0] != later[1]).any()
    assert (draw_permutations(orbit, 5, seed=2, start=4).floats != later[0]).any()


def test_a_batch_keeps_exact_values_beside_the_doubles():
    """1/3 in a drawn permutation is the fraction; a drawn double is itself."""
    orbit = orbit_of([Fraction(1, 3), Fraction(2)], (0, 1))
    assert set(draw_permutations(orbit, 1, seed=0, start=0).exact(0)) == {Fraction(1, 3), Fraction(2)}
    drawn = draw_rewards(parse_distribution("uniform"), 2, 3, seed=0, start=0)
    assert [float(x) for x in drawn.exact(1)] == drawn.floats[1].tolist()


@pytest.mark.parametrize(
    ("text", "mean", "deviation"),
    [
        ("uniform", 0.5, 12**-0.5),
        ("uniform(-1, 3)", 1, 4 * 12**-0.5),
        ("normal( 2, 1/2)", 2, 0.5),
        ("exponential(3)", 3, 3),
    ],
)
def test_a_law_has_its_moments(text, mean, deviation):
    """Mean and deviation of 40,000 draws; false alarm below 1e-6 (5 standard errors, 8 for the deviation)."""
    drawn = draw_rewards(parse_distribution(text), 10_000, 4, seed=5, start=1).floats
    assert abs(drawn.mean() - mean) < 5 * deviation / 200
    assert abs(drawn.std() - deviation) < 8 * deviation / 200


@pytest.mark.parametrize(
    "text",
    [
        "nolaw",
        "uniform(1)",
        "uniform(1, 1)",
        "normal(0, 0)",
        "exponential(-1)",
        "uniform(0, inf)",
        "uniform(a, b)",
        "",
    ],
)
def test_a_law_that_does_not_exist_is_refused(text):
    """Unknown names, wrong parameter counts and parameters that define no law."""
    with pytest.raises(InvalidInput):
        parse_distribution(text)


def test_a_law_is_shown_with_its_parameters():
    """The text says what was sampled."""
    assert str(Distribution("normal", (0.0, 2.0))) == "normal(0, 2)"
