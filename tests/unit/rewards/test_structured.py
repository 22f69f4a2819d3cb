"""Distributions of every form: the right law, the same bits however they are cut, and errors that name the place."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

import orbitwise as ow
from orbitwise.cli.door import run
from orbitwise.compute.executors import Executor
from orbitwise.errors import InvalidInput
from orbitwise.evidence.estimates import estimate_share
from orbitwise.formats.rewards import read_reward
from orbitwise.rewards import draw_rewards, sampler_distribution
from orbitwise.rewards.distributions import find_support, has_finite_variance, is_exchangeable
from orbitwise.rewards.sampling import draw_sobol

NAMES = ("a", "b", "c", "d")
N = 20_000


def read(given):
    """The distribution that a user means."""
    return read_reward(given if isinstance(given, str) else json.dumps(given), NAMES, where="reward")


def draw(given, n=N, **how):
    """Rewards of shape (n, 4)."""
    return draw_rewards(read(given) if isinstance(given, str | dict) else given, n, 4, seed=1, **how).floats


TIED = {"law": "uniform(4, 5)", "correlation": 0.5}
FORMS = {
    "scipy": "beta(2, 3)",
    "discrete": "bernoulli(1/3)",
    "override": {"law": "uniform", "states": {"a": "normal(3, 1)", "b": "1/2"}},
    "groups": {"law": "uniform", "equal": [["a", "b"], ["c", "d"]]},
    "correlated": {"law": "exponential", "correlation": 0.7},
    "opposed": {"law": "uniform", "correlation": -0.3},
    "matrix": {"law": "normal", "correlation": [[1, 0.9, 0, 0], [0.9, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]},
    "mixture": {
        "mixture": [{"weight": 1, "of": "uniform"}, {"weight": 3, "of": {"law": "uniform(4, 5)", "correlation": 0.5}}]
    },
    "table": {"table": [{"weight": 1, "reward": {"a": 1}}, {"weight": 3, "reward": {"b": "1/3", "c": -2}}]},
}


@pytest.mark.parametrize("name", FORMS)
def test_a_reward_does_not_depend_on_how_the_stream_is_cut(name):
    """Rows 700 to 899 of 1,000, the same bits."""
    whole = draw(FORMS[name], 1_000)
    assert np.isfinite(whole).all()
    assert (draw(FORMS[name], 200, start=700) == whole[700:900]).all()


@pytest.mark.parametrize("text", ["beta(2, 3)", "gamma(2)", "t(5, 1, 2)", "triang(1/4)", "expon(0, 2)", "norm"])
def test_a_scipy_law_is_that_law(text):
    """Kolmogorov and Smirnov's test against scipy's own distribution function; false alarm 1e-6 each."""
    name, _, inside = text.partition("(")
    parameters = [float(Fraction(x)) for x in inside.rstrip(")").split(",") if x]
    values = draw(text)[:, 0]
    assert stats.kstest(values, getattr(stats, name)(*parameters).cdf).pvalue > 1e-6


def test_overrides_hold_for_their_states_alone():
    """A is normal(3, 1), b is sure, the others are uniform; false alarm 4e-6."""
    values = draw(FORMS["override"])
    assert stats.kstest(values[:, 0], stats.norm(3, 1).cdf).pvalue > 1e-6
    assert (values[:, 1] == 0.5).all()
    for column in (2, 3):
        assert stats.kstest(values[:, column], "uniform").pvalue > 1e-6


def test_grouped_states_have_equal_rewards():
    """Equal within a group, independent between groups."""
    values = draw(FORMS["groups"])
    assert (values[:, 0] == values[:, 1]).all()
    assert (values[:, 2] == values[:, 3]).all()
    assert abs(np.corrcoef(values[:, 0], values[:, 2])[0, 1]) < 5 / math.sqrt(N)


@pytest.mark.parametrize(("name", "expected"), [("correlated", 0.7), ("opposed", -0.3)])
def test_a_copula_keeps_the_laws_and_correlates_their_scores(name, expected):
    """Spearman's correlation of a Gaussian copula is 6/pi arcsin(c/2); within 5 standard errors."""
    values = draw(FORMS[name])
    rank = stats.spearmanr(values[:, 0], values[:, 3]).statistic
    assert rank == pytest.approx(6 / math.pi * math.asin(expected / 2), abs=5 / math.sqrt(N))
    law = "expon" if name == "correlated" else "uniform"
    assert stats.kstest(values[:, 2], law).pvalue > 1e-6


def test_a_correlation_matrix_is_obeyed():
    """Normal values: their correlations are the matrix."""
    found = np.corrcoef(draw(FORMS["matrix"]).T)
    assert np.abs(found - np.array(FORMS["matrix"]["correlation"])).max() < 5 / math.sqrt(N)


def test_a_mixture_chooses_by_weight():
    """A quarter uniform on (0, 1), three quarters on (4, 5), all four values together."""
    values = draw(FORMS["mixture"])
    low = values < 2
    assert (low.all(axis=1) | ~low.any(axis=1)).all()
    assert low[:, 0].mean() == pytest.approx(1 / 4, abs=5 * math.sqrt(3 / 16 / N))
    assert np.corrcoef(values[~low[:, 0]].T)[0, 1] > 0.4


def test_a_table_draws_exact_rewards_by_weight():
    """Its rows, as the fractions they are."""
    batch = draw_rewards(read(FORMS["table"]), N, 4, seed=1)
    first = (Fraction(1), Fraction(0), Fraction(0), Fraction(0))
    second = (Fraction(0), Fraction(1, 3), Fraction(-2), Fraction(0))
    assert {batch.exact(i) for i in range(200)} == {first, second}
    assert (batch.floats[:, 0] == 1).mean() == pytest.approx(1 / 4, abs=5 * math.sqrt(3 / 16 / N))


def random_pairs(rng, n):
    """A user's sampler, at the top level of its module, so that processes can have it."""
    return rng.random((n, 5)) ** 2


def test_a_sampler_is_called_for_blocks_of_its_own():
    """The same bits however they are cut and wherever they run; POWER of a single value's square is 1/3."""
    found = sampler_distribution(random_pairs, support=(0, 1))
    whole = draw_rewards(found, 1_000, 5, seed=1).floats
    assert (draw_rewards(found, 77, 5, seed=1, start=130).floats == whole[130:207]).all()
    powers = [
        ow.estimate_power(ow.gallery.load("candy"), discount=0.5, at="hug", reward=found, executor=executor)
        for executor in (Executor("serial"), Executor("threads", 3))
    ]
    assert powers[0].interval == "empirical Bernstein"
    assert powers[0].low[0] < 1 / 3 < powers[0].high[0]
    assert len({float(power.value[0]) for power in powers}) == 1


def test_a_bare_function_is_a_sampler_without_bounds():
    """Its interval says that it is approximate."""
    power = ow.estimate_power(ow.gallery.load("candy"), discount=0.5, samples=200, reward=random_pairs)
    assert power.interval == "Student t"


@pytest.mark.parametrize(
    "function",
    [lambda rng, n: rng.random((n, 4)), lambda rng, n: np.full((n, 5), np.nan), lambda rng, n: 2 + rng.random((n, 5))],
)
def test_a_sampler_that_returns_something_else_is_refused(function):
    """A wrong shape, values that are not finite, values outside the promised support."""
    with pytest.raises(InvalidInput, match="expected"):
        draw_rewards(sampler_distribution(function, support=(0, 1)), 10, 5, seed=0)


def test_supports_and_moments_are_known():
    """Bounded where every law is; a law without variance is known as such."""
    expected = {"scipy": (0, 1), "discrete": (0, 1), "groups": (0, 1), "mixture": (0, 5), "table": (-2, 1)}
    for name, support in expected.items():
        assert find_support(read(FORMS[name]), 4) == pytest.approx(support)
    assert find_support(read(FORMS["override"]), 4) == (-math.inf, math.inf)
    assert find_support(read({"law": "normal", "states": dict.fromkeys(NAMES, "uniform(2, 3)")}), 4) == (2, 3)
    assert has_finite_variance(read("t(3)"), 4)
    for text in ("cauchy", "t(2)", {"mixture": [{"weight": 1, "of": "uniform"}, {"weight": 1, "of": "cauchy"}]}):
        assert not has_finite_variance(read(text), 4)
        with pytest.raises(InvalidInput, match="variance"):
            ow.estimate_power(ow.gallery.load("star", cycles=3), discount=0.5, reward=read(text))


def test_only_exchangeable_distributions_are_averaged_over_symmetries():
    """Candy is surely worth 1: waiting is never better; by symmetry alone it would be on 2/3."""
    for form in ("scipy", "correlated", "opposed"):
        assert is_exchangeable(read(FORMS[form]))
    for form in ("override", "groups", "matrix", "table"):
        assert not is_exchangeable(read(FORMS[form]))
    candy = ow.gallery.load("candy")
    question = ow.ask(candy, prefer="Wait!", over="candy")
    reward = read_reward('{"law": "uniform", "states": {"candy": 1}}', candy.states, where="reward")
    assert estimate_share(question, reward, max_samples=500).share == 0
    correlated = read_reward('{"law": "uniform", "correlation": "1/2"}', candy.states, where="reward")
    estimate = estimate_share(question, correlated, precision=0.05)
    assert estimate.low <= 2 / 3 <= estimate.high


def test_a_reward_may_have_states_with_such_names():
    """{"law": 1} is a reward of a state named law, not a distribution."""
    assert read_reward('{"law": 1, "table": "1/2"}', ("law", "table"), where="reward") == (1, Fraction(1, 2))


def test_the_shell_reads_a_distribution_from_a_file(tmp_path, capsys):
    """Compare and power take the same JSON: candy is surely worth 1, so waiting never wins and POWER of Start is 1."""
    path = tmp_path / "reward.json"
    path.write_text('{"law": "uniform", "states": {"candy": 1}}')
    arguments = ["--reward", str(path), "--json"]
    assert run(["compare", "gallery:candy", "--prefer", "Wait!", "--over", "candy", *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["estimate"]["share"] == 0
    assert run(["power", "gallery:candy", "--limit", "1", "--at", "Start", "--samples", "100", *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["power"]["Start"]["value"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("beta(2)", ["beta(a, b", "1 parameters"]),
        ("beta(-1, 2)", ["define"]),
        ("norm(0, -1)", ["define"]),
        ("beta(x, y)", ["number"]),
        ("beta_gen(1)", ["JSON", "scipy"]),
        ('__import__("os")', ["JSON"]),
        ({"law": "uniform", "state": {}}, ["'state'"]),
        ({"law": "uniform", "states": {"z": 1}}, ["states", "'z'"]),
        ({"law": "uniform", "states": {"a": "nolaw"}}, ["states", "nolaw"]),
        ({"law": "uniform", "states": {"a": "1e300"}}, ["1e100"]),
        ({"law": "uniform", "equal": [["a"]]}, ["equal", "two"]),
        ({"law": "uniform", "equal": [["a", "b"], ["b", "c"]]}, ["equal", "once"]),
        ({"law": "uniform", "equal": "ab"}, ["equal", "lists"]),
        ({"law": "uniform", "correlation": 2}, ["correlation", "2"]),
        ({"law": "uniform", "correlation": -0.5}, ["correlation", "eigenvalue"]),
        ({"law": "uniform", "correlation": [[1, 0], [0, 1]]}, ["correlation", "4"]),
        ({"law": "uniform", "correlation": [[1, 0.5, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]}, ["symmetric"]),
        ({"mixture": []}, ["mixture", "empty"]),
        ({"mixture": [{"weight": 1}]}, ["mixture[0]", "of"]),
        ({"mixture": [{"weight": 0, "of": "uniform"}]}, ["weight", "positive"]),
        ({"mixture": [{"weight": 1, "of": 3}]}, ["mixture[0]", "3"]),
        ({"mixture": [{"weight": 1, "of": {"states": {}}}]}, ["law"]),
        ({"table": [{"weight": 1, "reward": {"z": 1}}]}, ["table[0]", "'z'"]),
        ({"table": [{"weight": "x", "reward": {"a": 1}}]}, ["table[0] weight"]),
    ],
)
def test_bad_distributions_are_refused_with_their_place(given, words):
    """Each message names what was expected and where."""
    with pytest.raises(InvalidInput) as caught:
        read(given)
    for word in words:
        assert word in str(caught.value)


def test_sobol_points_are_cut_as_one_likes_and_differ_between_replicates():
    """The same points in pieces; another scrambling for each replicate; every point inside the cube."""
    whole = draw_sobol(256, 5, seed=1, replicate=2)
    assert (draw_sobol(64, 5, seed=1, replicate=2, start=128) == whole[128:192]).all()
    assert not (draw_sobol(256, 5, seed=1, replicate=3) == whole).any()
    assert 0 < whole.min() < whole.max() < 1
    assert np.abs(whole.mean(axis=0) - 0.5).max() < 1e-2
    with pytest.raises(InvalidInput, match="21,201"):
        draw_sobol(1, 21_202, seed=0, replicate=0)


def test_sobol_points_give_the_published_grid_to_four_digits():
    """3 x 3 grid, .6, 16 x 4,096 points: corners .8051, edges .8356, center .8616, each within .0005."""
    power = ow.estimate_power(ow.gallery.load("powerplay-grid"), discount=0.6, samples=50_000, points="sobol")
    assert power.samples == 65_536
    assert power.interval == "Student t of randomizations"
    assert power.standard_error.max() < 2e-4
    for name, value in zip(power.names, power.value, strict=True):
        row, column = map(int, name.split(","))
        assert value == pytest.approx((0.8616, 0.8356, 0.8051)[abs(row - 1) + abs(column - 1)], abs=5e-4)


def test_sobol_intervals_cover_exact_values():
    """OPTS figure 1 at 1/2: level 1 - 1e-6 each; the interval is narrower than that of independent rewards."""
    figure = ow.gallery.load("opts-figure-1")
    settings = {"discount": "1/2", "at": ["*", "ld", "rd"], "level": 1 - 1e-6, "reward": "uniform(-1, 1)"}
    power = ow.estimate_power(figure, points="sobol", **settings)
    plain = ow.estimate_power(figure, **settings)
    for i, name in enumerate(power.names):
        exact = ow.power_exactly(figure, discount="1/2", at=name, reward="uniform(-1, 1)")
        assert power.low[i] <= exact <= power.high[i]
        assert power.high[i] - power.low[i] < (plain.high[i] - plain.low[i]) / 3
    again = ow.estimate_power(figure, points="sobol", executor=Executor("threads", 3), **settings)
    assert (again.value == power.value).all()


def test_sobol_points_refuse_what_they_cannot_do():
    """Samplers and quantiles need independent rewards."""
    candy = ow.gallery.load("candy")
    for settings in ({"reward": random_pairs}, {"quantiles": (0.5,)}, {"points": "halton"}):
        with pytest.raises(InvalidInput, match="points"):
            ow.estimate_power(candy, discount=0.5, **{"points": "sobol", **settings})
