"""Drawn rewards: the right law, and the same bits however they are cut into chunks."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest

from orbitwise.errors import InvalidInput
from orbitwise.rewards.sampling import draw_permutations, draw_uniform


def test_every_row_is_a_permutation_and_fixed_coordinates_stay():
    """Values move only among the permutable coordinates, and none is lost."""
    reward = np.arange(7.0)
    draws = draw_permutations(reward, 100, seed=1, permutable=np.array([6, 0, 3, 2]))
    assert (draws[:, [1, 4, 5]] == reward[[1, 4, 5]]).all()
    assert (np.sort(draws, axis=1) == reward).all()
    assert len({tuple(row) for row in draws}) > 10


def test_all_permutations_are_equally_likely():
    """A chi-square test over the 24 permutations of four values; false alarm 1 in a million (normal approximation)."""
    n = 48_000
    counts = Counter(map(tuple, draw_permutations(np.arange(4.0), n, seed=5)))
    expected = n / 24
    statistic = sum((counts[p] - expected) ** 2 / expected for p in itertools.permutations(range(4)))
    assert sum(counts.values()) == n
    assert abs(statistic - 23) < 4.9 * math.sqrt(2 * 23) + 6


def test_uniform_values_have_the_right_moments_and_no_correlation():
    """Mean, variance and neighbor correlations within 5 standard errors."""
    draws = draw_uniform(40_000, 5, seed=2)
    assert (draws >= 0).all()
    assert (draws < 1).all()
    assert np.abs(draws.mean(axis=0) - 1 / 2).max() < 5 * math.sqrt(1 / 12 / 40_000)
    assert np.abs(draws.var(axis=0) - 1 / 12).max() < 5 * math.sqrt(1 / 180 / 40_000)
    assert np.abs(np.corrcoef(draws.T) - np.eye(5)).max() < 5 / math.sqrt(40_000)
    assert abs(np.corrcoef(draws[:-1, 0], draws[1:, 0])[0, 1]) < 5 / math.sqrt(40_000)


@pytest.mark.parametrize("cut", [1, 16, 17, 40])
def test_chunks_give_the_same_bits_as_one_draw(cut):
    """A stream drawn in two pieces is the stream."""
    reward = np.linspace(0, 1, 9)
    whole = draw_permutations(reward, 41, seed=3)
    pieces = [draw_permutations(reward, cut, seed=3), draw_permutations(reward, 41 - cut, seed=3, start=cut)]
    assert np.array_equal(whole, np.concatenate(pieces))
    pieces = [draw_uniform(cut, 9, seed=3), draw_uniform(41 - cut, 9, seed=3, start=cut)]
    assert np.array_equal(draw_uniform(41, 9, seed=3), np.concatenate(pieces))


def test_seeds_give_different_streams():
    """Neighboring seeds share no reward."""
    assert not np.isin(draw_uniform(100, 3, seed=0), draw_uniform(100, 3, seed=1)).any()


@pytest.mark.parametrize(
    ("call", "where"),
    [
        (lambda: draw_permutations(np.zeros((2, 2)), 1, seed=0), "reward"),
        (lambda: draw_permutations(np.zeros(2), 1, seed=0, permutable=np.array([0, 0])), "permutable"),
        (lambda: draw_permutations(np.zeros(2), 1, seed=0, permutable=np.array([2])), "permutable"),
        (lambda: draw_uniform(-1, 2, seed=0), "n_rewards"),
        (lambda: draw_uniform(1, 2, seed=-1), "seed"),
    ],
)
def test_bad_input_is_named(call, where):
    """Shapes, coordinates, counts and seeds that make no sense are refused by name."""
    with pytest.raises(InvalidInput) as error:
        call()
    assert error.value.where == where
