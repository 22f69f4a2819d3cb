"""Exact POWER: published fractions, independent integration, and the three published forms."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction

import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.stats import qmc

import brute_force
import orbitwise as ow
from orbitwise.cli.door import run
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.outcomes.listing import find_outcomes
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.outcomes.vertices import find_vertices
from orbitwise.power.cube import expected_maximum
from orbitwise.solvers.discounted_exact import solve_exactly

DISCOUNTS = [Fraction(1, 100), Fraction(1, 3), Fraction(9, 10), Fraction(999, 1000)]


@pytest.mark.parametrize("g", DISCOUNTS)
def test_the_case_study_is_exact(g):
    """OPTS figure 3, at every discount: 1/2, (2/3 + g/2) / (1 + g), 2/3."""
    figure = ow.gallery.load("opts-figure-1")
    assert ow.power_exactly(figure, discount=g, at="0") == Fraction(1, 2)
    assert ow.power_exactly(figure, discount=g, at="ld") == (Fraction(2, 3) + g / 2) / (1 + g)
    assert ow.power_exactly(figure, discount=g, at="rd") == Fraction(2, 3)


def test_candy_is_exact():
    """2/3 and 3/4 in the limits; between them E[max(c, (1-g) w + g m)], m the larger of two values."""
    candy = ow.gallery.load("candy")
    assert ow.power_limit_exactly(candy, limit=0, at="Start") == Fraction(2, 3)
    assert ow.power_limit_exactly(candy, limit=1, at="Start") == Fraction(3, 4)
    for g in DISCOUNTS:
        # E[max(c, y)] = (1 + E[y^2]) / 2 for uniform c, where y = (1-g) w + g m with
        # E[w] = 1/2, E[w^2] = 1/3, E[m] = 2/3, E[m^2] = 1/2
        second = (1 - g) ** 2 / 3 + 2 * (1 - g) * g * Fraction(1, 2) * Fraction(2, 3) + g**2 / 2
        assert ow.power_exactly(candy, discount=g, at="Start") == (1 + second) / 2


def test_k_ends_give_k_over_k_plus_1():
    """A center with k terminal states around it, at discount 0, between and at 1."""
    for k in (1, 2, 3, 7, 30):
        star = ow.gallery.load("star", cycles=k)
        assert ow.power_exactly(star, discount="9/10", at="center") == Fraction(k, k + 1)
        assert ow.power_limit_exactly(star, limit=0, at="center") == Fraction(k, k + 1)
        assert ow.power_limit_exactly(star, limit=1, at="center") == Fraction(k, k + 1)


def test_power_crosses_once_strictly_inside():
    """POWER(2) = (1-g)/2 + 3g/4 and POWER(3) = 2/3: less below 2/3, equal there, more above."""
    mdp = ow.gallery.load("power-crossing")
    for g in (*DISCOUNTS, Fraction(2, 3)):
        two, three = (ow.power_exactly(mdp, discount=g, at=s) for s in "23")
        assert two == (1 - g) / 2 + 3 * g / 4
        assert three == Fraction(2, 3)
        assert (two > three) == (g > Fraction(2, 3))
        assert (two == three) == (g == Fraction(2, 3))


def random_rows(rng, n, d):
    """Non-dominated vectors with sum 1, at random."""
    rows = []
    for _ in range(n):
        weights = rng.integers(0, 4, size=d)
        weights[rng.integers(d)] += 1
        rows.append({i: Fraction(int(w), int(weights.sum())) for i, w in enumerate(weights) if w})
    found = Outcomes.of(rows, d)
    return [dict(found.vectors[i]) for i in find_vertices(found)]


def dense(rows, d):
    """The rows as floats."""
    return np.array([[float(row.get(i, 0)) for i in range(d)] for row in rows])


def test_two_coordinates_agree_with_quadrature():
    """Against adaptive quadrature of the maximum over the unit square."""
    rng = np.random.default_rng(0)
    for _ in range(10):
        rows = random_rows(rng, 3, 2)
        table = dense(rows, 2)
        expected, _ = dblquad(lambda y, x, t=table: (t @ [x, y]).max(), 0, 1, 0, 1, epsabs=1e-7)
        assert float(expected_maximum(rows)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("d", [3, 4, 5])
def test_more_coordinates_agree_with_many_points(d):
    """Against the mean over 2^16 points of a scrambled Sobol sequence, whose error is below 2e-4 here."""
    rng = np.random.default_rng(d)
    points = qmc.Sobol(d, rng=rng).random_base2(16)
    for n in (2, 3, 4, 5):
        rows = random_rows(rng, n, d)
        expected = (points @ dense(rows, d).T).max(axis=1).mean()
        assert float(expected_maximum(rows)) == pytest.approx(expected, abs=2e-4)


def test_unit_vectors_apart_enter_by_the_formula():
    """Unit vectors on coordinates of their own against the same with a coordinate shared by a dominated sum."""
    rows = [{0: Fraction(1, 2), 1: Fraction(1, 2)}, {0: Fraction(1)}]
    points = qmc.Sobol(5, rng=np.random.default_rng(3)).random_base2(16)
    for k in (1, 2, 3):
        more = rows + [{2 + i: Fraction(1)} for i in range(k)]
        expected = (points @ dense(more, 5).T).max(axis=1).mean()
        assert float(expected_maximum(more)) == pytest.approx(expected, abs=2e-4)


def test_the_affine_law_is_exact():
    """POWER under uniform(a, b) is a + (b - a) times that under uniform(0, 1)."""
    figure = ow.gallery.load("opts-figure-1")
    plain = ow.power_exactly(figure, discount="1/2", at="*")
    assert ow.power_exactly(figure, discount="1/2", at="*", reward="uniform(-1, 2)") == -1 + 3 * plain
    single = ow.Builder("single").add("s", "stay", "s").build()
    assert ow.power_exactly(single, discount="9/10", at="s", reward="uniform(-1, 1)") == 0


@pytest.mark.parametrize("stochastic", [False, True])
def test_the_three_published_forms_agree(stochastic):
    """OPTS 5.2: by all visit distributions, by the non-dominated ones, by V*: equal for every reward, exactly."""
    rng = np.random.default_rng(4)
    for _ in range(15):
        mdp = brute_force.random_mdp(rng, 4, stochastic=stochastic)
        g = Fraction(int(rng.integers(1, 10)), 10)
        rate = (1 - g) / g
        for state, name in enumerate(mdp.states):
            visits = find_outcomes(mdp, at=name, discount=g)
            best = visits.subset(find_vertices(visits))
            for _ in range(3):
                reward = [Fraction(int(x), 7) for x in rng.integers(-20, 20, size=4)]
                value = solve_exactly(mdp.graph, np.arange(4), reward, g)[state]
                by_value = rate * (value - reward[state])
                assert rate * (visits.exact_support(reward) - reward[state]) == by_value
                assert rate * (best.exact_support(reward) - reward[state]) == by_value


@pytest.mark.parametrize("stochastic", [False, True])
def test_estimates_cover_exact_values(stochastic):
    """Random environments at three discounts and in both limits; false alarm 1e-6 for each of some 100 intervals."""
    rng = np.random.default_rng(5)
    compared = 0
    for _ in range(5):
        mdp = brute_force.random_mdp(rng, 4, stochastic=stochastic)
        for g in ("1/10", "3/5", "99/100"):
            power = ow.estimate_power(mdp, discount=g, samples=2_000, level=1 - 1e-6)
            compared += check_cover(power, lambda s, m=mdp, g=g: ow.power_exactly(m, discount=g, at=s))
        for limit in (0, 1):
            power = ow.estimate_power_limit(mdp, limit=limit, samples=2_000, level=1 - 1e-6)
            compared += check_cover(power, lambda s, m=mdp, g=limit: ow.power_limit_exactly(m, limit=g, at=s))
    assert compared >= 50


def check_cover(power, exactly):
    """How many states were compared; each exact value lies in its interval and near the estimate."""
    compared = 0
    for low, high, name in zip(power.low, power.high, power.names, strict=True):
        try:
            expected = exactly(name)
        except NotSupported:
            continue
        assert low <= expected <= high
        compared += 1
    return compared


def test_what_is_too_large_is_refused_at_once():
    """A 3 x 3 grid has too many visit distributions, normal rewards have no fractions: the estimate is named."""
    grid = ow.gallery.load("powerplay-grid")
    for settings in ({"discount": "1/2", "at": "0,0"}, {"discount": "1/2", "at": "0,0", "reward": "normal"}):
        with pytest.raises(NotSupported):
            ow.power_exactly(grid, **settings)
    with pytest.raises(InvalidInput, match="limit"):
        ow.power_exactly(grid, discount=1, at="0,0")
    with pytest.raises(InvalidInput, match="power_exactly"):
        ow.power_limit_exactly(grid, limit=2, at="0,0")


def test_the_command_prints_fractions(capsys):
    """--exact: a fraction in the text and under exact, null where there is none."""
    assert run(["power", "gallery:candy", "--limit", "1", "--at", "Start", "--exact", "--samples", "100"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith(" 3/4")
    for reward, expected in (("uniform", "3/4"), ("normal", None)):
        arguments = ["--limit", "1", "--at", "Start", "--exact", "--samples", "100", "--reward", reward, "--json"]
        assert run(["power", "gallery:candy", *arguments]) == 0
        assert json.loads(capsys.readouterr().out)["power"]["Start"]["exact"] == expected


@pytest.mark.slow
def test_many_random_maxima_agree_with_many_points():
    """As above, 200 random sets in 2 to 5 coordinates."""
    rng = np.random.default_rng(6)
    for d, _ in itertools.product((2, 3, 4, 5), range(50)):
        points = qmc.Sobol(d, rng=rng).random_base2(16)
        rows = random_rows(rng, int(rng.integers(1, 6)), d)
        expected = (points @ dense(rows, d).T).max(axis=1).mean()
        assert float(expected_maximum(rows)) == pytest.approx(expected, abs=2e-4)
