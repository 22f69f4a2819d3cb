"""The benchmark prints what it says, and its published figures come from one document."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"work", "discount", "us_per_reward", "max_error", "peers", "share_of_limit"}


def run_solve(*settings):
    """The document that the benchmark prints."""
    command = [sys.executable, str(ROOT / "benchmarks" / "solve.py"), "--quick", "--json", *settings]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check_rows(rows):
    """Every row has the keys of the contract, a positive time and right plain NumPy answers."""
    for row in rows:
        assert row.keys() >= KEYS
        assert row["us_per_reward"] > 0
        assert 0 <= row["max_error"] <= 1e-6 * (1 + 1e-6)
        assert all(us > 0 for us in row["peers"].values())
        assert "NumPy" not in row["peers_wrong"]
        assert row["share_of_limit"] is None or row["share_of_limit"] > 0


def test_the_quick_benchmark_prints_the_documented_rows():
    """One model, discounted: its rows, with plain NumPy's equal answers beside ours."""
    rows = run_solve("--only", "FrozenLake 8x8 slippery at")["rows"]
    assert [(row["work"], row["discount"]) for row in rows] == [("FrozenLake 8x8 slippery", 0.9)]
    assert "NumPy" in rows[0]["peers"]
    check_rows(rows)


@pytest.mark.slow
def test_the_quick_benchmark_covers_every_work():
    """Five discounted models, signs, eight average rewards and an explicit set."""
    rows = run_solve()["rows"]
    assert len(rows) == 15
    check_rows(rows)


def test_the_memory_benchmark_prints_the_peak_of_each_work():
    """A comparison and the values of a start state, each in a process of its own, here on a small board."""
    command = [sys.executable, str(ROOT / "benchmarks" / "memory.py"), "--rewards", "300", "--size", "5"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [row["work"] for row in document["rows"]] == ["grid 5x5, comparison", "grid 5x5, values of a start state"]
    assert all(row["rewards"] == 300 and 0 < row["peak_mib"] < document["limit_mib"] for row in document["rows"])


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").glob("[!_]*.py")), ids=lambda path: path.name)
def test_every_benchmark_has_a_quick_run(path):
    """What ``.ci/slow`` asks each of them for."""
    done = subprocess.run([sys.executable, str(path), "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--quick" in done.stdout


def test_the_published_tables_and_picture_come_from_the_published_document():
    """What docs/benchmarks.md and .svg show is what docs/benchmarks.json holds."""
    command = [sys.executable, str(ROOT / "benchmarks" / "_picture.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
