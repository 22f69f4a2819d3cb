"""A reward as users give it: a mapping, numbers, inline JSON, a JSON file, or the name of a distribution."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from orbitwise.errors import InvalidInput
from orbitwise.formats.files import read_text
from orbitwise.formats.strict_json import parse_json
from orbitwise.rewards.distributions import LAWS, Distribution, parse_distribution, sampler_distribution
from orbitwise.rewards.laws import is_law
from orbitwise.rewards.parsing import parse_reward
from orbitwise.rewards.structured import is_structured, parse_structured

__all__ = ["read_reward"]


def read_reward(given: object, coordinates: Sequence[str], *, where: str) -> tuple[Fraction, ...] | Distribution:
    """The exact values of all coordinates, or a distribution of rewards.

    Parameters
    ----------
    given
        A mapping from names to numbers (others are 0), d numbers, a :class:`Distribution`, a function ``(rng, n)`` that
        draws n rewards, a mapping that is a distribution (:mod:`orbitwise.rewards.structured`), or text: a JSON object
        such as ``'{"candy": 1, "hug": "1/4"}'``, a law such as ``"uniform"``, or the path of a JSON file.
    coordinates
        The d names.
    where
        The place to name in errors.

    Raises
    ------
    InvalidInput
        It is none of these, names an unknown coordinate, or has a value that is no finite number.

    Examples
    --------
    >>> read_reward('{"hug": 1}', ["candy", "hug"], where="--reward")
    (Fraction(0, 1), Fraction(1, 1))
    """
    if isinstance(given, Distribution):
        return given
    if isinstance(given, str | os.PathLike):
        text = os.fspath(given)
        if text.lstrip().startswith("{"):
            return _read_mapping(_json_object(text, where), coordinates, where)
        if not text or (not Path(text).exists() and not text.endswith(".json")):
            return _distribution(text, where)
        return _read_mapping(_json_object(read_text(text), text), coordinates, where)
    if isinstance(given, Mapping):
        return _read_mapping(given, coordinates, where)
    if callable(given):
        return sampler_distribution(given)
    if isinstance(given, Sequence) or hasattr(given, "__array__"):
        return parse_reward(given, coordinates, where=where)  # type: ignore[arg-type]  # checked inside
    raise InvalidInput(
        f"expected a reward, found {type(given).__name__}; give a mapping from states to numbers", where=where
    )


def _read_mapping(
    given: Mapping[str, object], coordinates: Sequence[str], where: str
) -> tuple[Fraction, ...] | Distribution:
    if is_structured(given):
        return parse_structured(given, coordinates, where=where)
    return parse_reward(given, coordinates, where=where)


def _json_object(text: str, where: str) -> Mapping[str, object]:
    value = parse_json(text, where=where)
    if not isinstance(value, dict):
        raise InvalidInput(
            'expected a JSON object such as {"state": 1}, found another JSON value; write one', where=where
        )
    return value


def _distribution(text: str, where: str) -> Distribution:
    if not is_law(text):
        raise InvalidInput(
            f"expected inline JSON, an existing JSON file or a distribution ({', '.join(LAWS)}, or one of "
            f"scipy.stats), found {text!r}; write one of these",
            where=where,
        )
    return parse_distribution(text, where=where)
