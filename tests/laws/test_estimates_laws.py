"""Intervals cover the truth at their level, at every stopping time."""

import numpy as np

from orbitwise.evidence.estimates import estimate_share
from orbitwise.evidence.intervals import confidence_interval
from orbitwise.outcomes.question import ask_vectors
from orbitwise.rewards import parse_distribution

UNIFORM = parse_distribution("uniform")
TWO_AGAINST_ONE = ask_vectors(prefer=[[0, 1, 0], [0, 0, 1]], over=[[1, 0, 0]])


def test_an_interval_is_valid_whenever_one_stops():
    """300 sequences of 1,000 coins, looked at after every fifth: at most 10 % may ever miss at level 0.9.

    False alarm: the number of misses is at most Binomial(300, 0.1), above 58 with probability below 1e-6.
    """
    rng = np.random.default_rng(8)
    misses = 0
    for _ in range(300):
        p = rng.uniform(0.02, 0.98)
        heads = np.cumsum(rng.random(1_000) < p)
        looks = [confidence_interval(int(heads[n]), n + 1 - int(heads[n]), 0.9) for n in range(4, 1_000, 5)]
        misses += any(not low <= p <= high for low, high in looks)
    assert misses <= 58


def test_estimates_cover_the_true_share():
    """300 estimates at level 0.8 of the share 2/3, each stopped when narrow: at most 20 % may miss.

    False alarm: Binomial(300, 0.2) exceeds 95 with probability below 1e-6. The intervals do have the width asked for.
    """
    misses = 0
    for seed in range(300):
        estimate = estimate_share(TWO_AGAINST_ONE, UNIFORM, precision=0.2, level=0.8, seed=seed)
        assert estimate.high - estimate.low <= 0.2
        misses += not estimate.low <= 2 / 3 <= estimate.high
    assert misses <= 95
