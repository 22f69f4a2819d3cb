"""Structured distributions as users write them: JSON objects, or the same as Python mappings.

    {"law": "uniform", "states": {"a": "beta(2, 3)", "b": 0}, "equal": [["c", "d"]], "correlation": 0.5}
    {"mixture": [{"weight": "1/3", "of": "uniform"}, {"weight": "2/3", "of": {"law": "normal", "correlation": 0.9}}]}
    {"table": [{"weight": 2, "reward": {"a": 1}}, {"weight": 1, "reward": {"b": "1/2"}}]}

A number in place of a law is a sure value. ``correlation`` is one number, or a matrix in the order of the states.
Weights need not sum to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from orbitwise.compute.exact import parse_fraction
from orbitwise.errors import InvalidInput
from orbitwise.rewards.laws import Parameters, is_law, parse_law
from orbitwise.rewards.parsing import parse_reward
from orbitwise.rewards.structures import Distribution, Marginals, Mixture, Table
from orbitwise.rewards.transforms import find_root

__all__ = ["is_structured", "parse_structured"]

KEYS = {"law", "states", "equal", "correlation"}


def is_structured(given: Mapping[str, Any]) -> bool:
    """Whether a mapping is a distribution, and not a reward of states that happen to have such names."""
    law = given.get("law")
    return (isinstance(law, str) and is_law(law)) or any(_is_list(given.get(key)) for key in ("mixture", "table"))


def parse_structured(given: Mapping[str, Any] | str, coordinates: Sequence[str], *, where: str) -> Distribution:
    """A structured distribution over named coordinates.

    Parameters
    ----------
    given
        A mapping as above, or the text of a law.
    coordinates
        The d names.
    where
        The place to name in errors.

    Raises
    ------
    InvalidInput
        An unknown key, name or law, a coordinate in two groups, impossible correlations, or weights that are not
        positive.

    Examples
    --------
    >>> found = parse_structured({"law": "uniform", "states": {"hug": 1}}, ["candy", "hug"], where="reward")
    >>> found.structure.overrides
    ((1, 'constant', (1.0,)),)
    """
    if isinstance(given, str):
        return Distribution(*parse_law(given, where=where))
    if not isinstance(given, Mapping):
        raise InvalidInput(f"expected a law or a JSON object, found {given!r}", where=where)
    if "mixture" in given:
        return _parse_mixture(given, coordinates, where)
    if "table" in given:
        return _parse_table(given, coordinates, where)
    _check_keys(given, KEYS, where)
    law = given.get("law")
    if not isinstance(law, str):
        raise InvalidInput('expected "law", "mixture" or "table", found none; write {"law": "uniform"}', where=where)
    index = {name: i for i, name in enumerate(coordinates)}
    states = given.get("states", {})
    if not isinstance(states, Mapping):
        raise InvalidInput(f"expected a mapping from states to laws, found {states!r}", where=f"{where} states")
    overrides = tuple(
        (_find(index, name, f"{where} states"), *_law_of(text, f"{where} states {name!r}"))
        for name, text in states.items()
    )
    groups = _parse_groups(given.get("equal", []), index, f"{where} equal")
    correlation = _parse_correlation(given.get("correlation", 0), len(coordinates), f"{where} correlation")
    structure = Marginals(overrides, groups, correlation)
    return Distribution(*parse_law(law, where=where), None if structure == Marginals() else structure, _show(given))


def _parse_mixture(given: Mapping[str, Any], coordinates: Sequence[str], where: str) -> Distribution:
    _check_keys(given, {"mixture"}, where)
    rows = _rows(given["mixture"], {"weight", "of"}, f"{where} mixture")
    parts = tuple(parse_structured(row["of"], coordinates, where=f"{where} mixture[{i}]") for i, row in enumerate(rows))
    weights = _parse_weights([row["weight"] for row in rows], f"{where} mixture")
    return Distribution("mixture", (), Mixture(weights, parts), _show(given))


def _parse_table(given: Mapping[str, Any], coordinates: Sequence[str], where: str) -> Distribution:
    _check_keys(given, {"table"}, where)
    rows = _rows(given["table"], {"weight", "reward"}, f"{where} table")
    rewards = tuple(
        parse_reward(row["reward"], coordinates, where=f"{where} table[{i}] reward") for i, row in enumerate(rows)
    )
    weights = _parse_weights([row["weight"] for row in rows], f"{where} table")
    return Distribution("table", (), Table(weights, rewards), f"a table of {len(rows)} rewards")


def _rows(given: Any, keys: set[str], where: str) -> list[Mapping[str, Any]]:
    if not _is_list(given) or not given:
        raise InvalidInput(f"expected a list that is not empty, found {given!r}; write its rows", where=where)
    for i, row in enumerate(given):
        if not isinstance(row, Mapping) or set(row) != keys:
            raise InvalidInput(
                f"expected an object with {' and '.join(sorted(keys))}, found {row!r}; write both",
                where=f"{where}[{i}]",
            )
    return list(given)


def _parse_weights(given: Sequence[Any], where: str) -> tuple[float, ...]:
    weights = [parse_fraction(weight, where=f"{where}[{i}] weight") for i, weight in enumerate(given)]
    if min(weights) <= 0:
        raise InvalidInput(f"expected positive weights, found {min(weights)}; leave such rows out", where=where)
    total = sum(weights, Fraction(0))
    return tuple(float(weight / total) for weight in weights)


def _law_of(text: Any, where: str) -> tuple[str, Parameters]:
    if isinstance(text, str) and is_law(text):
        return parse_law(text, where=where)
    value = float(parse_fraction(text, where=where))
    if abs(value) > 1e100:
        raise InvalidInput(f"expected a value of size at most 1e100, found {value:g}; scale it", where=where)
    return "constant", (value,)


def _parse_groups(given: Any, index: Mapping[str, int], where: str) -> tuple[tuple[int, ...], ...]:
    if not _is_list(given):
        raise InvalidInput(f'expected lists of states such as [["a", "b"]], found {given!r}; write one', where=where)
    groups = []
    seen: set[int] = set()
    for names in given:
        if not _is_list(names) or len(names) < 2:
            raise InvalidInput(f"expected a list of at least two states, found {names!r}; add one", where=where)
        group = tuple(_find(index, name, where) for name in names)
        if seen.intersection(group) or len(set(group)) < len(group):
            raise InvalidInput(f"expected every state once, found one again in {names!r}; join the lists", where=where)
        seen.update(group)
        groups.append(group)
    return tuple(groups)


def _parse_correlation(given: Any, n_coordinates: int, where: str) -> float | tuple[tuple[float, ...], ...]:
    correlation: float | tuple[tuple[float, ...], ...]
    if _is_list(given):
        if not all(_is_list(row) for row in given):
            raise InvalidInput(f"expected a number or a matrix, found {given!r}; write one", where=where)
        correlation = tuple(tuple(float(parse_fraction(x, where=where)) for x in row) for row in given)
        if len(correlation) != n_coordinates or any(len(row) != n_coordinates for row in correlation):
            raise InvalidInput(
                f"expected a matrix of {n_coordinates} rows and columns, found {len(correlation)} rows; write them all",
                where=where,
            )
    else:
        correlation = float(parse_fraction(given, where=where))
        if not -1 <= correlation <= 1:
            raise InvalidInput(
                f"expected a correlation between -1 and 1, found {correlation:g}; choose one", where=where
            )
    if not isinstance(correlation, float) or correlation < 0:
        find_root(correlation, n_coordinates)
    return correlation


def _find(index: Mapping[str, int], name: Any, where: str) -> int:
    if name not in index:
        near = ", ".join(list(index)[:12])
        raise InvalidInput(f"expected the name of a state, found {name!r}; known are {near}", where=where)
    return index[name]


def _is_list(given: Any) -> bool:
    return isinstance(given, Sequence) and not isinstance(given, str)


def _check_keys(given: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise InvalidInput(
            f"expected the keys {', '.join(sorted(known))}, found {unknown[0]!r}; rename or remove it", where=where
        )


def _show(given: Mapping[str, Any]) -> str:
    import json

    return json.dumps(given, ensure_ascii=False, default=str)
