"""Pairs of rewards that agree entry by entry: exact ends, marginals, shared randomness, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.formats.rewards import read_reward
from orbitwise.rewards.agreement import check_agreement, draw_agreeing
from orbitwise.rewards.distributions import draw_rewards, parse_distribution
from orbitwise.rewards.laws import find_center

UNIFORM = parse_distribution("uniform")
NAMES = ("a", "b", "c", "d")
FALSE_ALARM = 1e-6


def pairs(text, rhos, n=4000, d=4, seed=3, start=0):
    """The first agent's rewards, and the second's for each correlation."""
    distribution = parse_distribution(text) if isinstance(text, str) else read_reward(text, NAMES, where="reward")
    correlations = [Fraction(rho) for rho in rhos]
    check_agreement(distribution, d, correlations)
    first, others = draw_agreeing(distribution, correlations, n, d, seed=seed, start=start)
    return first, list(others)


@pytest.mark.parametrize(
    ("text", "center"), [("uniform(-1, 3)", 1), ("normal(2, 5)", 2), ("beta(2, 2)", 0.5), ("bernoulli(1/2)", 0.5)]
)
def test_full_agreement_is_equality_and_its_negative_the_mirror(text, center):
    """At 1 the same reward, at -1 each value mirrored about the middle of its law."""
    first, (same, mirrored) = pairs(text, [1, -1])
    np.testing.assert_array_equal(same, first)
    np.testing.assert_allclose(mirrored, 2 * center - first, atol=1e-9)


def test_the_first_agents_rewards_are_those_of_the_seed():
    """The human's rewards are the same as without a second agent."""
    first, _ = pairs("uniform", [0])
    np.testing.assert_array_equal(first, draw_rewards(UNIFORM, 4000, 4, seed=3).floats)


@pytest.mark.parametrize("text", ["uniform", "normal", "beta(2, 2)"])
@pytest.mark.parametrize("rho", ["-7/10", "0", "3/10"])
def test_the_second_reward_has_the_same_distribution_and_the_correlation(text, rho):
    """Kolmogorov-Smirnov on each half of the entries and their independence; the correlation of entries is rho.

    Four tests, each with a false alarm of 1e-6 (the correlation by Fisher's z, 16,000 entries, approximately).
    """
    first, (second,) = pairs(text, [rho])
    for half in (second[:, :2], second[:, 2:]):
        assert (
            stats.ks_2samp(half.ravel(), draw_rewards(parse_distribution(text), 4000, 4, seed=99).floats.ravel()).pvalue
            > FALSE_ALARM
        )
    reach = stats.norm.isf(FALSE_ALARM / 2)
    found = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    assert abs(found - float(Fraction(rho))) < reach * 1.5 / np.sqrt(first.size)
    assert abs(np.corrcoef(second[:, 0], second[:, 1])[0, 1]) < reach / np.sqrt(len(second))


def test_entries_agree_with_the_probability_rho():
    """Continuous values are equal exactly where they agree: a binomial count; false alarm 1e-6."""
    first, (second,) = pairs("uniform", ["3/10"])
    assert stats.binomtest(int((first == second).sum()), first.size, 0.3).pvalue > FALSE_ALARM


def test_correlations_share_their_random_numbers():
    """What agrees at .3 agrees at .6 too; what disagrees has one independent value, at every rho and sign."""
    first, (low, high, negative, none) = pairs("uniform", ["3/10", "3/5", "-3/10", 0])
    assert ((low == first) <= (high == first)).all()
    np.testing.assert_array_equal(np.where(low == first, first, none), low)
    np.testing.assert_array_equal(np.where(low == first, 1 - first, none), negative)


def test_rewards_do_not_depend_on_how_they_are_cut():
    """Row i is a function of the seed and i."""
    first, (second,) = pairs("uniform", ["1/2"], n=50)
    later, (part,) = pairs("uniform", ["1/2"], n=20, start=30)
    np.testing.assert_array_equal(first[30:], later)
    np.testing.assert_array_equal(second[30:], part)


def test_equal_entries_agree_together_and_own_laws_have_own_middles():
    """States with equal reward stay equal in the second reward; each law is mirrored about its own middle."""
    law = {"law": "uniform", "states": {"c": "uniform(4, 6)", "d": 7}, "equal": [["a", "b"]]}
    first, (half, mirrored) = pairs(law, ["-1/2", -1])
    assert (half[:, 0] == half[:, 1]).all()
    np.testing.assert_allclose(mirrored, np.array([1, 1, 10, 14]) - first, atol=1e-12)


def test_middles_are_found():
    """Symmetric laws of scipy.stats have one; others have none."""
    found = [
        find_center(*c) for c in (("t", (5.0,)), ("beta", (2.0, 3.0)), ("exponential", (1.0,)), ("binom", (4.0, 0.5)))
    ]
    assert found[1:3] == [None, None]
    assert found[0] == pytest.approx(0)
    assert found[3] == pytest.approx(2)


@pytest.mark.parametrize(
    ("reward", "rho", "kind", "message"),
    [
        ("uniform", "3/2", InvalidInput, "between -1 and 1"),
        ("exponential", "-1/2", InvalidInput, "symmetric laws"),
        ({"law": "uniform", "states": {"a": "beta(2, 3)"}}, "-1/2", InvalidInput, "beta"),
        ({"law": "uniform", "correlation": 0.5}, "1/2", NotSupported, "independent"),
        ({"table": [{"weight": 1, "reward": {"a": 1}}]}, "0", NotSupported, "independent"),
    ],
)
def test_what_has_no_such_pairs_is_refused(reward, rho, kind, message):
    """Correlations out of range, laws without a middle, entries that depend on each other."""
    with pytest.raises(kind, match=message):
        pairs(reward, [rho])
