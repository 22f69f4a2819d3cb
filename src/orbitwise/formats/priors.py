"""A prior as users give it: a function, a mapping, inline JSON or a JSON file."""

from __future__ import annotations

import os
from collections.abc import Sequence

from orbitwise.formats.files import read_text
from orbitwise.formats.strict_json import parse_json
from orbitwise.rewards.priors import Prior, parse_prior

__all__ = ["read_prior"]


def read_prior(given: object, coordinates: Sequence[str], *, where: str) -> Prior:
    """The weights on an orbit that a user describes; see :func:`orbitwise.rewards.priors.parse_prior`.

    Parameters
    ----------
    given
        What ``parse_prior`` takes, or such a mapping as JSON text, or the path of a JSON file.
    coordinates
        The d names.
    where
        The place to name in errors.

    Raises
    ------
    InvalidInput
        It is none of these.

    Examples
    --------
    >>> read_prior('{"product": {"hug": {"1": 3}}}', ["candy", "hug"], where="--prior").others
    Fraction(1, 1)
    """
    if isinstance(given, str | os.PathLike):
        text = os.fspath(given)
        is_inline = text.lstrip().startswith(("{", "["))
        place = where if is_inline else text
        return parse_prior(parse_json(text if is_inline else read_text(text), where=place), coordinates, where=place)
    return parse_prior(given, coordinates, where=where)
