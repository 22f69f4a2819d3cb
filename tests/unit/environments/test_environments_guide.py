"""The guide to environments runs as it is written, and lists the gallery as it is."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

from orbitwise.environments import gallery
from orbitwise.environments.checks import check
from orbitwise.formats.gridworld import parse_gridworld
from orbitwise.formats.native import parse_native

GUIDE = Path(__file__).parents[3] / "docs" / "environments.md"


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [body for name, body in found if name == language]


def test_the_examples_of_the_guide_run():
    """Every Python example gives what it says."""
    found = doctest.testfile(str(GUIDE), module_relative=False)
    assert found.attempted > 20
    assert found.failed == 0


def test_the_files_of_the_guide_can_be_read():
    """The native example and the map are good models."""
    (native,) = blocks("json")
    lake = parse_native(native)
    assert (lake.name, lake.states, lake.labels) == ("lake", ("shore", "ice", "hole"), {"wet": (2,)})
    (grid,) = (block for block in blocks("") if "---" in block)
    rooms = parse_gridworld(grid)
    assert rooms.name == "two rooms"
    assert set(rooms.labels) == {"start", "hole", "goal"}
    assert check(rooms) == []


@pytest.mark.parametrize("name", gallery.names())
def test_the_guide_lists_every_environment_with_its_parameters(name: str):
    """The table of the guide is the gallery."""
    entry = gallery.describe(name)
    query = "?" + "&".join(f"{k}={v}" for k, v in entry.parameters.items()) if entry.parameters else ""
    rows = [line for line in GUIDE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{name}{query}` |")]
    assert len(rows) == 1
    assert rows[0].endswith(f"| {entry.source} |")


@pytest.mark.parametrize(
    "module",
    [
        "environments.builder",
        "environments.checks",
        "environments.gallery",
        "environments.gridworld",
        "environments.tabulate",
        "formats",
        "formats.gridworld",
        "formats.gymnasium",
        "formats.identity",
        "formats.native",
        "formats.strict_json",
    ],
)
def test_the_examples_in_docstrings_run(module: str):
    """Each module has examples, and they give what they say."""
    found = doctest.testmod(importlib.import_module(f"orbitwise.{module}"))
    assert found.attempted > 0
    assert found.failed == 0
