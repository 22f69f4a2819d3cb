"""Sweep files: environments x discounts x rewards x samples in TOML.

::

    environments = ["gallery:powerplay-grid", "gallery:powerplay-grid?noise=40"]
    discounts = [0.1, 0.5, 0.9, "99/100"]
    rewards = ["uniform", { law = "normal", correlation = 0.5 }]
    samples = 10000

The first two keys must be there; rewards and samples (one or a list), seed, level and points may be, and mean what they
mean in ``estimate_power``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

from orbitwise.compute.executors import Executor
from orbitwise.environments.mdp import MDP, suggest
from orbitwise.errors import FormatError
from orbitwise.formats import load
from orbitwise.formats.files import read_text
from orbitwise.power.estimates import PowerEstimate, check_points
from orbitwise.power.parsing import SAMPLES, check_sampling, find_power_support, parse_rewards
from orbitwise.power.sweeps import naming, parse_discounts, trace_power
from orbitwise.rewards.distributions import Distribution

__all__ = ["QUANTILES", "Sweep", "SweepCase", "iter_sweep", "read_sweep"]

KEYS = ("environments", "discounts", "rewards", "samples", "seed", "level", "points")
QUANTILES = (0.05, 0.5, 0.95)
KINDS = {str: "text", int: "a whole number", float: "a decimal", dict: "a table"}


@dataclass(frozen=True, eq=False)
class SweepCase:
    """One environment, distribution and number of samples; ``name`` is the environment as the file names it."""

    name: str
    environment: MDP
    reward: Distribution
    samples: int


@dataclass(frozen=True, eq=False)
class Sweep:
    """What a sweep file asks for, checked: each case at each discount."""

    cases: tuple[SweepCase, ...]
    discounts: tuple[Fraction, ...]
    level: float
    seed: int
    points: str


def read_sweep(path: str | Path) -> Sweep:
    """The sweep that a TOML file describes; everything in it is checked before anything is computed.

    **Cost:** every environment is loaded.

    Raises
    ------
    FormatError
        The file is not TOML, or a key is unknown, missing or of the wrong type.
    InvalidInput
        There is no such file, or a value is out of its range; ``where`` is ``file: key[place]``.
    """
    where = str(path)
    text = read_text(path)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"expected TOML, found: {error}; mend the file", where=where) from None
    for key in table:
        if key not in KEYS:
            raise FormatError(f"expected one of {', '.join(KEYS)}, found {key!r}; {suggest(key, KEYS)}", where=where)
    discounts = parse_discounts(_list(table, "discounts", (str, int, float), where), f"{where}: discounts")
    counts = _list(table, "samples", (int,), where, SAMPLES)
    level = _single(table, "level", (float,), where, 0.95)
    seed = _single(table, "seed", (int,), where, 0)
    points = _single(table, "points", (str,), where, "independent")
    for k, count in enumerate(counts):
        with naming(f"{where}: samples[{k}]"):
            check_sampling(count, 0.95, 0)
    with naming(f"{where}: level and seed"):
        check_sampling(SAMPLES, level, seed)
    with naming(f"{where}: points"):
        check_points((), points)
    environments = []
    for k, name in enumerate(_list(table, "environments", (str,), where)):
        with naming(f"{where}: environments[{k}]"):
            environments.append((name, load(name)))
    cases = []
    rewards = list(enumerate(_list(table, "rewards", (str, dict), where, "uniform")))
    for (name, environment), (k, reward) in product(environments, rewards):
        with naming(f"{where}: rewards[{k}]"):
            distribution = parse_rewards(environment, reward)
            find_power_support(environment, distribution)
        cases += [SweepCase(name, environment, distribution, count) for count in counts]
    return Sweep(tuple(cases), discounts, level, seed, points)


def iter_sweep(sweep: Sweep, *, executor: Executor | None = None) -> Iterator[tuple[PowerEstimate, ...]]:
    """Of each case the estimates of all states at all discounts.

    **Guarantee:** and **Cost:** as ``trace_power``.
    """
    for case in sweep.cases:
        yield trace_power(
            case.environment,
            discounts=sweep.discounts,
            reward=case.reward,
            samples=case.samples,
            level=sweep.level,
            seed=sweep.seed,
            quantiles=QUANTILES if sweep.points == "independent" else (),
            points=sweep.points,
            executor=executor,
        )


def _list(table: Mapping[str, Any], key: str, kinds: tuple[type, ...], where: str, default: object = None) -> list[Any]:
    """The values of a key, which may hold one or a list of them."""
    given = table.get(key, default)
    values = given if isinstance(given, list) else [given]
    if given is None or not values:
        raise FormatError(f"expected {key}, found none; add {key} = [...]", where=where)
    for k, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, kinds):
            names = " or ".join(KINDS[kind] for kind in kinds)
            raise FormatError(f"expected {names}, found {value!r}; write one", where=f"{where}: {key}[{k}]")
    return values


def _single(table: Mapping[str, Any], key: str, kinds: tuple[type, ...], where: str, default: object) -> Any:
    """The value of a key that holds one."""
    values = _list(table, key, kinds, where, default)
    if isinstance(table.get(key), list):
        raise FormatError("expected one value, found a list; write one", where=f"{where}: {key}")
    return values[0]
