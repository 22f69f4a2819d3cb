"""Exact rationals: parsing, printing, and the fractions that stand for floating-point probabilities.

A float probability ``0.3333333333333333`` is read as 1/3: the fraction with the smallest denominator (up to 10^6)
within 1e-9. Where the row of such fractions does not sum to exactly 1, the floats' own binary values are taken and
the largest entry absorbs the rounding. Every exact result about a model that was given in floats is about the model
so read.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np

from orbitwise.errors import InvalidInput
from orbitwise.typing import FloatArray, IntArray, ObjectArray

__all__ = ["format_fraction", "parse_fraction", "rationalize", "rationalize_rows"]

MAX_DENOMINATOR = 10**6
NEAR = 1e-9
LARGE_EXPONENT = re.compile(r"[eE][+-]?[0_]*[1-9][0-9_]{3,}")  # such a number would take all memory to write out


def parse_fraction(value: object, *, where: str) -> Fraction:
    """A number as users write it, as an exact fraction; floats keep their decimal meaning (0.1 is 1/10).

    Parameters
    ----------
    value
        An int, float, Fraction, or text such as ``"1/3"`` or ``"0.25"``.
    where
        The place to name in an error.

    Raises
    ------
    InvalidInput
        The value is not a finite number.

    Examples
    --------
    >>> parse_fraction("2/6", where="x"), parse_fraction(0.1, where="x")
    (Fraction(1, 3), Fraction(1, 10))
    """
    if isinstance(value, bool) or value is None:
        raise InvalidInput(
            f'expected a number, found {value!r}; write a number or a fraction such as "1/3"', where=where
        )
    if isinstance(value, float | np.floating):
        number = float(value)
        if not math.isfinite(number):
            raise InvalidInput(
                f"expected a finite number, found {number}; NaN and infinity have no exact value", where=where
            )
        return Fraction(repr(number))
    if isinstance(value, int | np.integer):
        return Fraction(int(value))
    if isinstance(value, Fraction):
        return value
    if isinstance(value, str) and len(value) <= 1000 and not LARGE_EXPONENT.search(value):
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError):
            pass
    raise InvalidInput(f'expected a number, found {value!r}; write a number or a fraction such as "1/3"', where=where)


def format_fraction(value: Fraction) -> str:
    """The fraction as ``p/q``, or ``p`` when it is whole.

    Examples
    --------
    >>> format_fraction(Fraction(2, 3)), format_fraction(Fraction(4, 2))
    ('2/3', '2')
    """
    return str(value)


def rationalize(value: float) -> Fraction:
    """The fraction of smallest denominator (up to 10^6) within 1e-9 of a float, else its exact binary value.

    Examples
    --------
    >>> rationalize(1 / 3)
    Fraction(1, 3)
    """
    exact = Fraction(value)
    simple = exact.limit_denominator(MAX_DENOMINATOR)
    return simple if abs(simple - exact) <= NEAR else exact


def rationalize_rows(probabilities: FloatArray, offsets: IntArray) -> ObjectArray:
    """Fractions that stand for float probabilities and sum to exactly 1 in every row.

    Parameters
    ----------
    probabilities
        Shape (n_entries,), positive.
    offsets
        Shape (n_rows + 1,), row boundaries.

    Returns
    -------
    Shape (n_entries,), dtype object, Fractions.
    """
    known = {float(p): rationalize(float(p)) for p in np.unique(probabilities)}
    fractions = np.array([known[p] for p in probabilities.tolist()], dtype=object)
    for start, stop in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        row = fractions[start:stop]
        if sum(row) != 1:
            row[:] = [Fraction(p) for p in probabilities[start:stop].tolist()]
            row[int(np.argmax(probabilities[start:stop]))] += 1 - sum(row)
    return fractions
