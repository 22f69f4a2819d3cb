"""POWER by sampling: the published numbers, honest intervals, limits, and the errors at the door."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

import orbitwise as ow
from orbitwise.cli.door import run
from orbitwise.compute.executors import Executor
from orbitwise.errors import InvalidInput
from orbitwise.power.moments import bernstein_radius, measure, merge
from orbitwise.power.quantiles import bracket_quantiles, count_bins, lay_bins
from orbitwise.power.tallies import cut_samples

SURE = 1 - 1e-6  # the level of every interval here: one false alarm in a million for each


def single():
    """One absorbing state."""
    return ow.Builder("single").add("s", "stay", "s").build()


def covers(power, expected):
    """Whether each state's interval holds its expected value."""
    return all(power.low[i] <= expected[name] <= power.high[i] for i, name in enumerate(power.names))


@pytest.mark.parametrize("g", [Fraction(1, 10), Fraction(1, 2), Fraction(9, 10), Fraction(99, 100)])
def test_the_case_study_has_its_published_power(g):
    """OPTS figure 3: POWER of 0, ld and rd; false alarm 3e-6 a discount."""
    power = ow.estimate_power(ow.gallery.load("opts-figure-1"), discount=g, at=["0", "ld", "rd"], level=SURE)
    expected = {"0": 1 / 2, "ld": float((Fraction(2, 3) + g / 2) / (1 + g)), "rd": 2 / 3}
    assert covers(power, expected)
    assert (power.high - power.low).max() < 0.04


def test_candy_has_its_published_limits():
    """POWER of Start is 2/3 as the discount goes to 0 and 3/4 as it goes to 1; false alarm 2e-6."""
    for limit, expected in ((0, 2 / 3), (1, 3 / 4)):
        assert covers(
            ow.estimate_power_limit(ow.gallery.load("candy"), limit=limit, at="Start", level=SURE), {"Start": expected}
        )


def test_k_successors_give_k_over_k_plus_1_at_discount_0():
    """The mean of the largest of k uniform values; false alarm 5e-6."""
    for k in (1, 2, 3, 5, 8):
        power = ow.estimate_power_limit(ow.gallery.load("star", cycles=k), limit=0, at="center", level=SURE)
        assert covers(power, {"center": k / (k + 1)})


def far(cell):
    """How far a cell of the 3 x 3 grid is from its center."""
    row, column = map(int, cell.split(","))
    return abs(row - 1) + abs(column - 1)


def test_the_published_grid_lies_in_the_intervals():
    """The 3 x 3 grid with staying at .6, 50,000 samples: .8051, .8356, .8616 (+-.0005, the mean of like cells)."""
    grid = ow.gallery.load("powerplay-grid")
    power = ow.estimate_power(grid, discount=0.6, samples=50_000, level=SURE)
    for i, name in enumerate(power.names):
        expected = (0.8616, 0.8356, 0.8051)[far(name)]
        assert power.low[i] - 0.0005 <= expected <= power.high[i] + 0.0005
    assert power.standard_error.max() < 0.0007
    cells = [[i for i, name in enumerate(power.names) if far(name) == distance] for distance in (2, 1, 0)]
    assert [power.value[like].mean() for like in cells] == pytest.approx([0.8051, 0.8356, 0.8616], abs=5e-4)


def test_negative_rewards_give_power_0_to_a_single_state():
    """Rewards uniform on (-1, 1), one absorbing state: 0 at every discount and in both limits; false alarm 4e-6."""
    for g in (0.1, 0.99):
        assert covers(ow.estimate_power(single(), discount=g, reward="uniform(-1, 1)", level=SURE), {"s": 0})
    for limit in (0, 1):
        power = ow.estimate_power_limit(single(), limit=limit, reward="uniform(-1, 1)", level=SURE)
        assert covers(power, {"s": 0})


def test_unbounded_rewards_get_the_interval_that_says_so():
    """Normal rewards: Student's t, approximate; the mean of the larger of two is 1/sqrt(pi)."""
    power = ow.estimate_power_limit(
        ow.gallery.load("star", cycles=2), limit=1, at="center", reward="normal", level=SURE
    )
    assert power.interval == "Student t"
    assert covers(power, {"center": 1 / np.sqrt(np.pi)})


def test_the_limits_continue_the_discounted_values():
    """Per reward, with the same draws: p at 1e-4 and at 1 - 1e-5 is within the smoothness of its limits."""
    for name in ("opts-figure-1", "candy", "power-crossing", "russell-norvig"):
        mdp = ow.gallery.load(name)
        near, far = (ow.estimate_power(mdp, discount=g, samples=200) for g in ("0.0001", "0.99999"))
        at_0, at_1 = (ow.estimate_power_limit(mdp, limit=g, samples=200) for g in (0, 1))
        assert np.abs(near.value - at_0.value).max() < 2e-4
        assert np.abs(far.value - at_1.value).max() < 20 * mdp.n_states * 1e-5


def test_random_transitions_have_limits_too():
    """FrozenLake's slippery ice: discounted values near 1 approach the gains, at 0 one step decides."""
    builder = ow.Builder("ice", start="a")
    builder.add("a", "left", {"a": "1/3", "b": "2/3"}).add("a", "right", {"b": "1/2", "c": "1/2"})
    builder.add("b", "back", {"a": "1/4", "c": "3/4"}).add("b", "down", "d")
    builder.add("c", "stay", "c").add("d", "loop", {"d": "1/2", "e": "1/2"}).add("e", "back", "d")
    mdp = builder.build()
    at_1 = ow.estimate_power_limit(mdp, limit=1, samples=500)
    far = ow.estimate_power(mdp, discount="0.999999", samples=500)
    assert np.abs(far.value - at_1.value).max() < 1e-4
    assert at_1.value[mdp.index["d"]] == pytest.approx(at_1.value[mdp.index["e"]])
    at_0 = ow.estimate_power_limit(mdp, limit=0, samples=500)
    near = ow.estimate_power(mdp, discount="0.000001", samples=500)
    assert np.abs(near.value - at_0.value).max() < 1e-5


def test_the_solver_error_is_met_and_reported():
    """The error is below the tolerance, and larger tolerances change the value by less than the errors."""
    grid = ow.gallery.load("powerplay-grid")
    rough, fine = (ow.estimate_power(grid, discount=0.9, samples=300, tolerance=t) for t in (1e-3, 1e-9))
    assert rough.error.max() <= 1.01e-3
    assert fine.error.max() <= 1.01e-9
    assert (np.abs(rough.value - fine.value) <= rough.error + fine.error).all()


def user_rewards(rng, n):
    """A user's sampler for figure 1, at the top level of its module, so that processes can have it."""
    return rng.random((n, 8)) ** 2


def test_no_number_depends_on_the_workers():
    """The same bits from one thread, three threads and two processes, even where a user's function draws."""
    settings = {"discount": 0.9, "samples": 5_000, "seed": 3, "quantiles": (0.1, 0.5), "reward": user_rewards}
    mdp = ow.gallery.load("opts-figure-1")
    found = [
        ow.estimate_power(mdp, executor=executor, **settings)
        for executor in (Executor("serial"), Executor("threads", 3), Executor("processes", 2))
    ]
    for other in found[1:]:
        assert (other.value == found[0].value).all()
        assert (other.low == found[0].low).all()
        assert (other.quantiles.value == found[0].quantiles.value).all()


def test_moments_of_chunks_are_those_of_the_whole():
    """Chan's merge against numpy on all values."""
    values = np.random.default_rng(0).normal(5, 2, size=(1000, 4))
    parts = [measure(part) for part in np.split(values, [1, 300, 301, 777])]
    total = parts[0]
    for part in parts[1:]:
        total = merge(total, part)
    np.testing.assert_allclose(total.mean, values.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(total.variance, values.var(axis=0, ddof=1), rtol=1e-12)


def test_the_bernstein_interval_covers_when_samples_are_few_and_skewed():
    """Bernoulli(0.02), 30 samples, level 0.9: at least 90 % of 4,000 intervals cover (Student's cover about half)."""
    rng = np.random.default_rng(1)
    draws = (rng.random((30, 4000)) < 0.02).astype(float)
    moments = measure(draws)
    radius = bernstein_radius(np.sqrt(moments.variance), 30, np.ones(4000), 0.9)
    assert (np.abs(moments.mean - 0.02) <= radius).mean() >= 0.9


def test_quantiles_bracket_those_of_the_distribution():
    """Of the normalized value of a single state, whose law is uniform: the quantile q is q; false alarm 1e-6."""
    power = ow.estimate_power(single(), discount=0.5, quantiles=(0.05, 0.5, 0.95), level=SURE)
    found = power.quantiles
    for k, q in enumerate(found.levels):
        assert found.low[k, 0] <= q <= found.high[k, 0]
        assert abs(found.value[k, 0] - q) < 0.03
        assert found.high[k, 0] - found.low[k, 0] < 0.08
    assert power.optimal.variance[0] == pytest.approx(1 / 12, rel=0.05)
    assert found.counts.sum() == power.samples
    assert found.counts[0, [0, -1]].sum() == 0


def test_sample_quantiles_lie_in_their_bins():
    """Against numpy's sorted sample, with values beyond the first chunk's bins and a constant column."""
    rng = np.random.default_rng(2)
    first, rest = rng.normal(size=(50, 3)), 5 * rng.normal(size=(950, 3))
    first[:, 2] = rest[:, 2] = 7.0
    bins = lay_bins(first)
    counts = count_bins(bins, first) + count_bins(bins, rest)
    values = np.sort(np.concatenate([first, rest]), axis=0)
    found = bracket_quantiles(bins, counts, (0.001, 0.5, 0.999), confidence=0.5, error=np.full(3, 1e-9))
    for k, rank in enumerate((0, 499, 998)):
        assert (found.low[k] <= values[rank]).all()
        assert (values[rank] <= found.high[k]).all()


@pytest.mark.parametrize("n_coordinates", [1, 9, 2_500, 10**6])
def test_chunks_cover_the_samples_once(n_coordinates):
    """Consecutive chunks, none empty, of bounded size."""
    end = 0
    for start, n in cut_samples(n_coordinates, 5_001):
        assert start == end
        assert 1 <= n <= 2048
        end += n
    assert end == 5_001


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"discount": 1}, ["estimate_power_limit", "limit=1", "--limit 1"]),
        ({"discount": 0}, ["estimate_power_limit", "limit=0"]),
        ({"discount": "3/2"}, ["discount", "3/2"]),
        ({"discount": 0.5, "at": "nowhere"}, ["at", "nowhere"]),
        ({"discount": 0.5, "at": []}, ["at", "none"]),
        ({"discount": 0.5, "samples": 1}, ["samples", "1"]),
        ({"discount": 0.5, "level": 1.0}, ["level", "1.0"]),
        ({"discount": 0.5, "quantiles": (0.5, 2)}, ["quantiles", "2"]),
        ({"discount": 0.5, "seed": -1}, ["seed", "-1"]),
        ({"discount": 0.5, "reward": '{"candy": 1}'}, ["reward", "distribution"]),
    ],
)
def test_wrong_settings_are_refused_with_their_place(settings, words):
    """Each message names the place, what was found and what to do."""
    with pytest.raises(InvalidInput) as caught:
        ow.estimate_power(ow.gallery.load("candy"), **settings)
    for word in words:
        assert word in str(caught.value)


def test_a_limit_is_0_or_1():
    """Anything else is refused."""
    with pytest.raises(InvalidInput, match="limit"):
        ow.estimate_power_limit(ow.gallery.load("candy"), limit=2)


def test_the_command_prints_the_contract(capsys):
    """value, low, high under power and state; one document."""
    assert run(["power", "gallery:candy", "--discount", "1/2", "--json", "--samples", "500", "--quantiles", "0.5"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"]
    assert document["schema_version"] == 1
    assert document["seed"] == 0
    assert len(document["input_sha256"]) == 64
    assert document["discount"] == "1/2"
    assert document["limit"] is None
    assert set(document["power"]) == {"Start", "candy", "Wait!", "chocolate", "hug"}
    for row in document["power"].values():
        assert row["low"] <= row["value"] <= row["high"]
        assert row["quantiles"]["0.5"]["low"] <= row["quantiles"]["0.5"]["value"]


def test_the_command_prints_a_table(capsys):
    """Two lines of what it is, one a state."""
    assert run(["power", "gallery:candy", "--limit", "1", "--at", "Start,hug", "--samples", "500"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("POWER of candy in the limit of discount 1")
    assert lines[2].startswith("Start")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--discount", "1"], 3, ["--limit 1"]),
        (["--discount", "0"], 3, ["--limit 0"]),
        ([], 2, ["--discount", "--limit"]),
        (["--discount", "1/2", "--limit", "1"], 2, ["--discount", "--limit"]),
        (["--discount", "1/2", "--at", "[1"], 3, ["JSON array", "mend it"]),
        (["--discount", "1/2", "--quantiles", "x"], 2, ["--quantiles"]),
        (["--discount", "1/2", "--reward", "nolaw"], 3, ["nolaw"]),
    ],
)
def test_the_command_refuses_with_the_contract(arguments, code, words, capsys):
    """Exit code 2 for usage, 3 for a value; a message without traceback."""
    assert run(["power", "gallery:candy", *arguments]) == code
    said = capsys.readouterr()
    assert said.out == ""
    for word in words:
        assert word in said.err
    assert "Traceback" not in said.err
