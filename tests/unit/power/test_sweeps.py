"""Sweeps: one estimate for each case, checked before anything runs; histograms lose no value."""

from __future__ import annotations

import json

import numpy as np
import pytest

import orbitwise as ow
from orbitwise.cli.door import run
from orbitwise.errors import FormatError, InvalidInput
from orbitwise.power.histograms import fold_histogram
from orbitwise.power.sweep_files import iter_sweep, read_sweep
from orbitwise.power.sweeps import trace_power
from orbitwise.rewards.distributions import draw_rewards, parse_distribution

GOOD = """
environments = ["gallery:candy", "gallery:powerplay-grid?n=2&noise=40"]
discounts = [0.9, "1/10"]
rewards = ["uniform", { law = "normal", correlation = 0.5 }]
samples = [64, 128]
seed = 3
"""


def written(tmp_path, text: str) -> str:
    """The path of a sweep file with this text."""
    path = tmp_path / "sweep.toml"
    path.write_text(text)
    return str(path)


def test_a_curve_is_the_estimate_at_each_discount():
    """Ascending, each once, and with the numbers of ``estimate_power`` alone: the rewards are the same."""
    candy = ow.gallery.load("candy")
    curve = trace_power(candy, discounts=["9/10", 0.1, "1/10"], samples=200, seed=4)
    assert [str(one.discount) for one in curve] == ["1/10", "9/10"]
    for one in curve:
        alone = ow.estimate_power(candy, discount=one.discount, samples=200, seed=4)
        assert np.array_equal(one.value, alone.value)
    assert curve[0].value[1] == pytest.approx(curve[1].value[1], abs=1e-9)  # staying is worth the same at any discount


def test_a_sweep_has_every_combination_once(tmp_path, capsys):
    """2 environments x 2 rewards x 2 samples x 2 discounts, and the rows are those of single runs."""
    path = written(tmp_path, GOOD)
    assert run(["power", "--sweep", path, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    rows = document["rows"]
    assert len(rows) == 2 * 2 * 2 * (5 + 4)
    keys = [(r["input_sha256"], r["reward"], r["samples"], r["discount"], r["state"]) for r in rows]
    assert len(set(keys)) == len(rows)
    assert document["seed"] == 3
    row = next(
        r for r in rows if r["environment"].endswith("noise=40") and r["discount"] == "9/10" and r["samples"] == 64
    )
    arguments = ["--discount", ".9", "--samples", "64", "--seed", "3", "--json"]
    assert run(["power", "gallery:powerplay-grid?n=2&noise=40", *arguments]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert row["reward"] == "uniform(0, 1)"
    for field in ("value", "low", "high", "standard_error"):
        assert row[field] == alone["power"][row["state"]][field]
    assert row["input_sha256"] == alone["input_sha256"]


@pytest.mark.parametrize(
    ("text", "kind", "where", "message"),
    [
        ("discounts = [0.5", FormatError, "", "expected TOML, found: Unclosed array"),
        ("discounts = [0.5]", FormatError, "", "expected environments, found none"),
        ('environments = ["gallery:candy"]', FormatError, "", "expected discounts, found none"),
        ('environments = ["gallery:candy"]\ndiscounts = []', FormatError, "", "expected discounts, found none"),
        ('environment = ["gallery:candy"]', FormatError, "", "found 'environment'; did you mean 'environments'"),
        ('environments = ["gallery:candy"]\ndiscounts = [0.5, 1.5]', InvalidInput, "discounts[1]", "0 < discount < 1"),
        ('environments = ["gallery:candy"]\ndiscounts = [1]', InvalidInput, "discounts[0]", "estimate_power_limit"),
        ('environments = ["gallery:candy"]\ndiscounts = [nan]', InvalidInput, "discounts[0]", "finite"),
        ('environments = ["gallery:candy"]\ndiscounts = [true]', FormatError, "discounts[0]", "found True"),
        ('environments = ["gallery:cndy"]\ndiscounts = [0.5]', InvalidInput, "environments[0]", "did you mean 'candy'"),
        ('environments = [3]\ndiscounts = [0.5]', FormatError, "environments[0]", "expected text, found 3"),
        (GOOD.replace('"uniform"', '"uniformly"'), InvalidInput, "rewards[0]", "distribution"),
        (GOOD.replace('"uniform"', '"cauchy"'), InvalidInput, "rewards[0]", "finite mean and variance"),
        (GOOD.replace("[64, 128]", "[64, 1]"), InvalidInput, "samples[1]", "at least 2 samples"),
        (GOOD.replace("[64, 128]", "64.0"), FormatError, "samples[0]", "a whole number"),
        (GOOD.replace("seed = 3", "seed = [3]"), FormatError, "seed", "found a list"),
        (GOOD.replace("seed = 3", "seed = -3"), InvalidInput, "level and seed", "seed of at least 0"),
        (GOOD + "level = 1.5", InvalidInput, "level and seed", "inside"),
        (GOOD + 'points = "halton"', InvalidInput, "points", "independent or sobol"),
        ("", FormatError, "", "empty"),
    ],
)  # fmt: skip
def test_bad_sweep_files_are_refused_at_their_place(tmp_path, text, kind, where, message):
    """Before anything runs, with the file, the key and the position."""
    path = written(tmp_path, text)
    with pytest.raises(kind, match=message) as caught:
        read_sweep(path)
    assert caught.value.where == (f"{path}: {where}" if where else path)


def test_a_missing_sweep_file_is_named(tmp_path):
    """As for every file."""
    with pytest.raises(InvalidInput, match=r"none\.toml: expected a file"):
        read_sweep(tmp_path / "none.toml")


def test_sobol_sweeps_have_no_quantiles(tmp_path):
    """Quantiles need independent points."""
    sweep = read_sweep(written(tmp_path, GOOD + 'points = "sobol"'))
    curve = next(iter_sweep(sweep))
    assert curve[0].quantiles is None
    assert curve[0].points == "sobol"


def test_a_sweep_takes_no_other_settings(tmp_path, capsys):
    """The file says everything; a setting beside it is refused, not ignored."""
    path = written(tmp_path, GOOD)
    assert run(["power", "--sweep", path, "--samples", "10"]) == 2
    assert run(["power", "gallery:candy", "--sweep", path]) == 2
    assert "with --sweep" in capsys.readouterr().err


def test_a_failed_sweep_writes_nothing(tmp_path, capsys):
    """Neither a document nor a page."""
    path = written(tmp_path, GOOD.replace('"uniform"', '"cauchy"'))
    page = tmp_path / "page.html"
    assert run(["power", "--sweep", path, "--html", str(page)]) == 3
    assert not page.exists()
    assert capsys.readouterr().out == ""


def test_histograms_count_every_value():
    """For a state that can only stay, the normalized optimal value is its reward: counts are those of the draws."""
    candy = ow.gallery.load("candy")
    power = ow.estimate_power(candy, discount="1/2", at=["hug", "Start"], samples=5000, quantiles=[0.5])
    found = fold_histogram(power.quantiles, 0)
    rewards = draw_rewards(parse_distribution("uniform"), 5000, 5, seed=0).floats[:, candy.state("hug")]
    expected, _ = np.histogram(rewards, bins=np.array(found.edges))
    assert found.below + found.above == 0
    assert np.abs(np.array(found.counts) - expected).max() <= 1  # a value at an edge may fall to either side
    assert sum(found.counts) == 5000
    assert sum(fold_histogram(power.quantiles, 1).counts) == 5000
