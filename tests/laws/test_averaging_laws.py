"""Averaging over symmetries keeps the mean, lowers the variance, and leaves every interval valid."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

import orbitwise as ow
from orbitwise.compute.executors import Executor
from orbitwise.evidence.averaging import count_means, find_averaging
from orbitwise.evidence.comparison import prepare_comparison
from orbitwise.evidence.counts import count_orbit
from orbitwise.evidence.estimates import estimate_prepared, estimate_share
from orbitwise.evidence.intervals import confidence_interval, mean_interval
from orbitwise.outcomes.question import ask_vectors
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.outcomes.vertices import find_vertices
from orbitwise.rewards import parse_distribution
from orbitwise.rewards.batches import RewardBatch
from orbitwise.rewards.orbits import iter_orbit, orbit_of

UNIFORM = parse_distribution("uniform")
HALF = Fraction(1, 2)
# two copies of B and a mixture besides: the certificate's 2/3 is not sharp for a reward whose mixture may win
NOT_SHARP = ask_vectors(prefer=[[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, HALF, HALF]], over=[[0, 0, 1, 0, 0]])
LOOKS = (4, 9, 19, 38, 76, 150, 260, 499)
FIVE = [Fraction(x) for x in (1, 2, 4, 8, 16)]


def orbit_batch(question, reward):
    """The reward itself, as a batch of one."""
    orbit = orbit_of(reward, question.permutable)
    return RewardBatch.of_codes(orbit.values, orbit.codes[None])


def random_question(rng):
    """Vectors and their images under the permutations of some coordinates, dealt to A, B or both; perhaps one more."""
    while True:
        d = int(rng.integers(3, 6))
        movable = sorted(rng.choice(d, 3, replace=False).tolist())
        pool = set()
        for _ in range(int(rng.integers(1, 3))):
            vector = rng.integers(0, 3, d)
            for places in permutations(movable):
                image = vector.copy()
                image[movable] = vector[list(places)]
                pool.add(tuple(image.tolist()))
        if rng.random() < 0.3:
            pool.add(tuple(rng.integers(0, 3, d).tolist()))
        side = rng.integers(0, 4, len(pool))  # 3: in both
        prefer = [v for v, s in zip(sorted(pool), side, strict=True) if s != 2]
        over = [v for v, s in zip(sorted(pool), side, strict=True) if s >= 2]
        if prefer and over:
            question = ask_vectors(prefer=prefer, over=over, permute=[str(i) for i in movable])
            if find_averaging(question, prepare_comparison(question)) is not None:
                return question


def verdict(question, reward):
    prefer, over = (max(sum(x * reward[i] for i, x in v) for v in side.vectors) for side in question.outcomes)
    return prefer >= over


def test_the_mean_over_an_orbit_is_the_exact_share():
    """Summed over every element of an orbit, ties included, the mean verdicts give exactly the counted share."""
    rng = np.random.default_rng(5)
    for _ in range(60):
        question = random_question(rng)
        averaging = find_averaging(question, prepare_comparison(question))
        values = [Fraction(value).limit_denominator(200) for value in averaging.values]
        reward = [Fraction(x) for x in rng.integers(-3, 4, question.n_coordinates).tolist()]
        total, size = Fraction(0), 0
        for batch in iter_orbit(orbit_of(reward, question.permutable), rows=4):
            counts = count_means(averaging, batch).tolist()
            assert sum(counts) == len(batch)
            total, size = total + sum(n * x for n, x in zip(counts, values, strict=True)), size + len(batch)
        assert total / size == count_orbit(question, reward).share


def test_each_mean_is_the_mean_of_verdicts_over_the_symmetries():
    """For a reward without ties: the verdict of every permuted reward, over the permutations that keep the vertices."""
    rng = np.random.default_rng(6)
    for _ in range(30):
        question = random_question(rng)
        d = question.n_coordinates
        reward = [Fraction(int(x), 7) for x in rng.choice(10**6, d, replace=False)]
        averaging = find_averaging(question, prepare_comparison(question))
        (mean,) = np.repeat(averaging.values, count_means(averaging, orbit_batch(question, reward)))
        listed = Outcomes.of([v for side in question.outcomes for v in map(dict, side.vectors)], d)
        dense = {tuple(dict(listed.vectors[k]).get(i, 0) for i in range(d)) for k in find_vertices(listed)}
        group = [
            g
            for g in permutations(range(d))
            if all(g[i] == i for i in range(d) if i not in question.permutable)
            and {tuple(v[i] for i in g) for v in dense} == dense
        ]
        verdicts = [verdict(question, [reward[i] for i in g]) for g in group]
        assert mean == float(Fraction(sum(verdicts), len(verdicts)))


def test_the_variance_falls_where_a_certificate_is_not_sharp():
    """A: two copies of B and a mixture. The mean verdict is 2/3, or 1 where the mixture wins (probability q).

    So its variance is q(1 - q)/9. By hand: the mean of two uniforms has density 4x on [0, 1/2] and 4 - 4x above, so
    it beats three uniforms with probability 1/40 + 13/80 = 3/16 (the integral of x^3), and the share is 2/3 + q/3.
    """
    estimate = estimate_share(NOT_SHARP, UNIFORM, precision=0.01, level=0.999999)
    q, share = Fraction(3, 16), Fraction(35, 48)
    expected = q * (1 - q) / 9 / (share * (1 - share))
    assert estimate.low <= share <= estimate.high
    assert estimate.variance_ratio == pytest.approx(float(expected), rel=0.2)
    assert estimate.variance_ratio < 0.1
    plain, _ = estimate_prepared(
        NOT_SHARP,
        prepare_comparison(NOT_SHARP),
        UNIFORM,
        precision=0.01,
        level=0.999999,
        seed=0,
        max_samples=10**7,
    )
    assert plain.variance_ratio is None
    assert plain.low <= share <= plain.high
    assert 5 * estimate.samples < plain.samples


def test_near_ties_beyond_doubles_change_no_mean():
    """Rewards whose numerators exceed 2^53, with ties and without: the same means as with small ones, to the bit.

    False alarm below 1e-5 (level 0.999999).
    """
    for reward in (FIVE, [Fraction(x) for x in (0, 2, 1, 1, 3)]):
        scaled = [Fraction(10**20 + 1, 10**20) * x for x in reward]
        found = [estimate_share(NOT_SHARP, given, precision=0.05, level=0.999999) for given in (reward, scaled)]
        assert found[0] == found[1]
        assert found[0].low <= count_orbit(NOT_SHARP, reward).share <= found[0].high


def test_averaging_changes_no_bits_between_workers():
    """One, two and four workers give the same estimate, over a distribution and over an orbit."""
    for population in (UNIFORM, FIVE):
        found = [
            estimate_share(NOT_SHARP, population, precision=0.01, executor=Executor("threads", workers))
            for workers in (1, 2, 4)
        ]
        assert found[0].variance_ratio < 1
        assert found[0] == found[1] == found[2]


def test_without_symmetries_that_mix_the_sides_the_verdicts_stay_plain():
    """Different scales leave no symmetry, symmetries within A gain nothing, and solved questions have no list."""
    scaled = ask_vectors(prefer=[[0, 1, 0], [0, 0, 2]], over=[[3, 0, 0]])
    one_sided = ask_vectors(prefer=[[0, 1, 0], [0, 0, 1]], over=[[3, 0, 0]])
    solved = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy", discount="1/2", limit=1)
    for question in (scaled, one_sided, solved):
        assert estimate_share(question, UNIFORM, precision=0.1).variance_ratio is None


def test_averaged_estimates_cover_the_true_share():
    """300 estimates at level 0.8 of a counted share, each stopped when narrow: at most 20 % may miss.

    False alarm: Binomial(300, 0.2) exceeds 95 with probability below 1e-6.
    """
    exact = count_orbit(NOT_SHARP, FIVE).share
    misses = 0
    for seed in range(300):
        estimate = estimate_share(NOT_SHARP, FIVE, precision=0.1, level=0.8, seed=seed, executor=Executor("serial"))
        assert estimate.high - estimate.low <= 0.1
        assert estimate.variance_ratio < 1
        misses += not estimate.low <= exact <= estimate.high
    assert misses <= 95


def test_an_interval_of_means_is_valid_whenever_one_stops():
    """300 sequences of 500 values in [0, 1], looked at 8 times: at most 10 % may ever miss at level 0.9.

    False alarm: the number of misses is at most Binomial(300, 0.1), above 58 with probability below 1e-6.
    """
    rng = np.random.default_rng(8)
    misses = 0
    for _ in range(300):
        values = np.sort(rng.random(4)) if rng.random() < 0.7 else np.array([0, 0.4, 0.5, 1])
        law = rng.dirichlet([0.5, 2, 2, 0.5])
        counts = np.cumsum(np.eye(4, dtype=np.int64)[rng.choice(4, 500, p=law)], axis=0)
        truth = values @ law
        looks = [mean_interval(values.tolist(), counts[n].tolist(), 0.9) for n in LOOKS]
        misses += any(not low <= truth <= high for low, high in looks)
    assert misses <= 58


def test_intervals_of_means_follow_the_variance():
    """About as wide as a coin's for a coin, narrower for values that vary less, shrinking like 1/n without variance."""
    low, high = mean_interval([0.0, 1.0], [3000, 7000], 0.95)
    coin = confidence_interval(7000, 3000, 0.95)
    assert high - low <= 1.25 * (coin[1] - coin[0])
    low, high = mean_interval([0.6, 0.8], [5000, 5000], 0.95)
    coin = confidence_interval(7000, 3000, 0.95)
    assert high - low <= 0.35 * (coin[1] - coin[0])
    widths = []
    for n in (1_000, 10_000, 100_000):
        low, high = mean_interval([2 / 3], [n], 0.95)
        assert low <= 2 / 3 <= high
        widths.append((high - low) * n)
    assert max(widths) <= 10
    assert mean_interval([0.0, 0.5], [7, 0], 0.95)[0] == 0.0
    assert mean_interval([0.5, 1.0], [0, 7], 0.95)[1] == 1.0
    assert mean_interval([0.5], [0], 0.95) == (0.0, 1.0)
