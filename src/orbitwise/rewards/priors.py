"""Priors: weights on the rewards of an orbit, in place of counting each of them once.

- A *table* lists rewards with their weights; all others of the orbit have one weight (0 if not given).
- A *product* gives weights to values at places: a reward weighs the product, over the places named, of the weight of
  the value that it has there (1 if that value has none).
- A *function* of the reward, from names to values, returns its weight.

Weights are exact and not negative. Only their proportions matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any, assert_never

from orbitwise.compute.exact import parse_fraction
from orbitwise.errors import InvalidInput
from orbitwise.rewards.parsing import parse_reward

__all__ = ["FunctionPrior", "Prior", "ProductPrior", "TablePrior", "parse_prior", "weigh"]

Reward = tuple[Fraction, ...]

EXAMPLE = '{"product": {"state": {"1": 3}}} or {"table": [{"reward": {"state": 1}, "weight": "1/2"}], "others": 0}'


@dataclass(frozen=True)
class TablePrior:
    """Weights of some rewards, and the weight of every other reward of the orbit."""

    weights: Mapping[Reward, Fraction]
    others: Fraction


@dataclass(frozen=True)
class ProductPrior:
    """For some coordinates the weights of some values there; other values weigh ``others``."""

    weights: Mapping[int, Mapping[Fraction, Fraction]]
    others: Fraction


@dataclass(frozen=True, eq=False)
class FunctionPrior:
    """A user's function from a reward, as a mapping from names to values, to its weight."""

    function: Callable[[Mapping[str, Fraction]], Any]
    coordinates: tuple[str, ...]


Prior = TablePrior | ProductPrior | FunctionPrior


def weigh(prior: Prior, reward: Reward) -> Fraction:
    """The weight of one reward of shape (d,).

    Raises
    ------
    InvalidInput
        The user's function returned something that is no number, or a negative one.
    """
    match prior:
        case TablePrior():
            return prior.weights.get(reward, prior.others)
        case ProductPrior():
            return prod((w.get(reward[i], prior.others) for i, w in prior.weights.items()), start=Fraction(1))
        case FunctionPrior():
            value = prior.function(dict(zip(prior.coordinates, reward, strict=True)))
            return _parse_weight(value, "the prior's function")
        case _:
            assert_never(prior)


def parse_prior(given: object, coordinates: Sequence[str], *, where: str = "prior") -> Prior:
    """The prior that a user describes.

    Parameters
    ----------
    given
        A function, or one of the mappings ``{"table": [{"reward": {name: value}, "weight": w}, ...], "others": w}`` and
        ``{"product": {name: {value: weight}}, "others": w}``; ``others`` may be left out (0 and 1).
    coordinates
        The d names.
    where
        The place to name in errors.

    Raises
    ------
    InvalidInput
        It is none of these, a name or number is wrong, a weight is negative, or a reward is listed twice.

    Examples
    --------
    >>> prior = parse_prior({"product": {"hug": {"1": 3}}}, ["candy", "hug"])
    >>> weigh(prior, (Fraction(0), Fraction(1))), weigh(prior, (Fraction(1), Fraction(0)))
    (Fraction(3, 1), Fraction(1, 1))
    """
    if isinstance(given, TablePrior | ProductPrior | FunctionPrior):
        return given
    if callable(given):
        return FunctionPrior(given, tuple(coordinates))
    if isinstance(given, Mapping):
        kinds = [kind for kind in ("table", "product") if kind in given]
        if len(kinds) == 1 and set(given) <= {kinds[0], "others"}:
            read = _parse_table if kinds[0] == "table" else _parse_product
            default = 0 if kinds[0] == "table" else 1
            others = _parse_weight(given.get("others", default), f"{where}['others']")
            return read(given[kinds[0]], others, coordinates, f"{where}[{kinds[0]!r}]")
    raise InvalidInput(f"expected a function or a mapping, found {_show(given)}; write {EXAMPLE}", where=where)


def _parse_table(rows: object, others: Fraction, coordinates: Sequence[str], where: str) -> TablePrior:
    if isinstance(rows, str | Mapping) or not isinstance(rows, Sequence):
        raise InvalidInput(
            f"expected a list of rewards with weights, found {_show(rows)}; write {EXAMPLE}", where=where
        )
    weights: dict[Reward, Fraction] = {}
    for k, row in enumerate(rows):
        place = f"{where}[{k}]"
        if not isinstance(row, Mapping) or set(row) != {"reward", "weight"}:
            raise InvalidInput(
                f'expected {{"reward": ..., "weight": ...}}, found {_show(row)}; write both', where=place
            )
        reward = parse_reward(row["reward"], coordinates, where=f"{place}['reward']")
        if reward in weights:
            raise InvalidInput("expected each reward once, found it again; add up its weights", where=place)
        weights[reward] = _parse_weight(row["weight"], f"{place}['weight']")
    return TablePrior(weights, others)


def _parse_product(given: object, others: Fraction, coordinates: Sequence[str], where: str) -> ProductPrior:
    if not isinstance(given, Mapping):
        raise InvalidInput(
            f"expected a mapping from names to weights, found {_show(given)}; write {EXAMPLE}", where=where
        )
    index = {name: i for i, name in enumerate(coordinates)}
    found: dict[int, dict[Fraction, Fraction]] = {}
    for name, weights in given.items():
        place = f"{where}[{name!r}]"
        if str(name) not in index:
            parse_reward({str(name): 0}, coordinates, where=where)  # names the unknown coordinate and its neighbors
        if not isinstance(weights, Mapping) or not weights:
            raise InvalidInput(
                f"expected a mapping from values to weights, found {_show(weights)}; write {EXAMPLE}", where=place
            )
        row: dict[Fraction, Fraction] = {}
        for value, weight in weights.items():
            exact = parse_fraction(value, where=place)
            if exact in row:
                raise InvalidInput(f"expected each value once, found {value} again; remove one", where=place)
            row[exact] = _parse_weight(weight, f"{place}[{value!r}]")
        found[index[str(name)]] = row
    return ProductPrior(found, others)


def _parse_weight(value: object, where: str) -> Fraction:
    weight = parse_fraction(value, where=where)
    if weight < 0:
        raise InvalidInput(f"expected a weight of at least 0, found {weight}; weights are proportions", where=where)
    return weight


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
