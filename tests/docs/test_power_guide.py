"""The guide to POWER and the docstrings of its figures run as they stand."""

from __future__ import annotations

import doctest
import importlib
import re
import tomllib
from pathlib import Path

import pytest

from orbitwise.power.sweep_files import read_sweep

GUIDE = Path(__file__).parents[2] / "docs" / "power.md"
MODULES = (
    "power.histograms",
    "power.plays",
    "power.sweeps",
    "report.heat",
    "report.power_charts",
    "report.power_play",
    "report.power_report",
    "report.power_sweep",
)


def test_the_guide_to_power_runs():
    """Every example of docs/power.md prints what it says."""
    found = doctest.testfile(str(GUIDE), module_relative=False)
    assert found.attempted > 20
    assert found.failed == 0


@pytest.mark.parametrize("module", MODULES)
def test_the_docstrings_run(module):
    """Every module has an example, and it prints what it says."""
    found = doctest.testmod(importlib.import_module(f"orbitwise.{module}"))
    assert found.attempted > 0
    assert found.failed == 0


def test_the_sweep_file_of_the_guide_is_one(tmp_path):
    """It is read, and has the two environments and two rewards that it shows."""
    text = re.search(r"```toml\n(.*?)```", GUIDE.read_text(), re.DOTALL)[1]
    path = tmp_path / "sweep.toml"
    path.write_text(text)
    sweep = read_sweep(path)
    assert len(sweep.cases) == 4
    assert len(sweep.discounts) == len(tomllib.loads(text)["discounts"])
