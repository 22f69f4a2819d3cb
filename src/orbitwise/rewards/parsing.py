"""From what users write to a reward: one exact value for each of the d coordinates."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from orbitwise.compute.exact import parse_fraction
from orbitwise.errors import InvalidInput
from orbitwise.typing import ObjectArray

__all__ = ["parse_reward"]

LARGEST = 10**200  # beyond it doubles overflow in sums; no share changes when a reward is scaled


def parse_reward(
    given: Mapping[str, object] | Sequence[object] | ObjectArray, coordinates: Sequence[str], *, where: str = "reward"
) -> tuple[Fraction, ...]:
    """The exact values of all coordinates, shape (d,).

    **Guarantee:** exact; a float keeps its decimal meaning (0.1 is 1/10).
    **Cost:** linear in d.

    Parameters
    ----------
    given
        A mapping from names to values (coordinates without a value get 0), or d values in the coordinates' order.
    coordinates
        The d names.
    where
        The place to name in errors, for example ``"--reward"``.

    Raises
    ------
    InvalidInput
        An unknown name, a value that is no finite number of size at most 1e200, or not exactly d values.

    Examples
    --------
    >>> parse_reward({"candy": 1, "hug": "1/4"}, ["candy", "chocolate", "hug"])
    (Fraction(1, 1), Fraction(0, 1), Fraction(1, 4))
    """
    if isinstance(given, Mapping):
        return _parse_named(given, coordinates, where)
    if isinstance(given, str | bytes) or not isinstance(given, Sequence | np.ndarray):
        raise InvalidInput(
            f"expected a mapping from names to numbers or a sequence of numbers, found {type(given).__name__}; "
            f'write for example {{"{coordinates[0]}": 1}}',
            where=where,
        )
    if len(given) != len(coordinates):
        raise InvalidInput(
            f"expected {len(coordinates)} values, one for each coordinate, found {len(given)}; "
            "give all of them, or a mapping that names some",
            where=where,
        )
    return tuple(_parse_value(value, f"{where}[{i}]") for i, value in enumerate(given))


def _parse_named(given: Mapping[str, object], coordinates: Sequence[str], where: str) -> tuple[Fraction, ...]:
    index = {name: i for i, name in enumerate(coordinates)}
    values = [Fraction(0)] * len(coordinates)
    named: set[int] = set()
    for key, value in given.items():
        place = index.get(str(key))
        if place is None:
            raise InvalidInput(
                f"expected a name of a coordinate, found {str(key)!r}; {_suggest(str(key), coordinates)}", where=where
            )
        if place in named:
            raise InvalidInput(f"expected each name once, found {str(key)!r} again; remove one", where=where)
        named.add(place)
        values[place] = _parse_value(value, f"{where}[{str(key)!r}]")
    return tuple(values)


def _parse_value(value: object, where: str) -> Fraction:
    exact = parse_fraction(value, where=where)
    if abs(exact) > LARGEST:
        raise InvalidInput(
            "expected a value of size at most 1e200, found a larger one; divide all values by a number", where=where
        )
    return exact


def _suggest(found: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(found, names[:10_000], n=3)
    if near:
        return "did you mean " + " or ".join(repr(name) for name in near) + "?"
    listed = ", ".join(repr(name) for name in names[:12])
    return f"known are {listed}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")
