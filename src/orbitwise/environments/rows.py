"""One row of a transition table: from what users write to exact probabilities that sum to 1.

Ints, fractions and texts such as ``"1/3"`` are exact and must sum to exactly 1. A float stands for the simplest
fraction within 1e-9; a row with floats may miss 1 by rounding (up to 1e-6) and is then divided by its sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from orbitwise.compute.exact import parse_fraction, rationalize
from orbitwise.errors import InvalidInput

__all__ = ["SURE", "Chances", "Row", "RowReader", "check_name", "transition_place"]

SUM_TOLERANCE = Fraction(1, 10**6)
EXACT_TYPES = frozenset((str, int, Fraction))


class Chances(NamedTuple):
    """The probabilities of a row; rows alike share them."""

    exact: tuple[Fraction, ...]
    floats: tuple[float, ...]
    is_rounded: bool = False  # a float was read as another number than it is


class Row(NamedTuple):
    """The successors of one choice and their probabilities."""

    successors: tuple[str, ...]
    chances: Chances


SURE = Chances((Fraction(1),), (1.0,))


def transition_place(state: object, action: object) -> str:
    """How errors name a choice: ``transition['lake', 'left']``."""
    return f"transition[{state!r}, {action!r}]"


def check_name(name: object, kind: str, where: str) -> str:
    """Refuse a name that is no text or empty."""
    if not isinstance(name, str) or not name:
        raise InvalidInput(f"expected a non-empty text as {kind} name, found {name!r}; name it", where=where)
    return name


@dataclass(frozen=True)
class RowReader:
    """Reads rows; the same exact probabilities are checked once, however often they occur.

    Parameters
    ----------
    normalize
        Divide each row by its sum instead of refusing sums other than 1.
    known
        Rows of probabilities read before.
    """

    normalize: bool
    known: dict[tuple[object, ...], Chances]

    def read(self, state: str, action: str, successor: object) -> Row:
        """The row of a choice.

        Raises
        ------
        InvalidInput
            It is no mapping, a name is no text, or the probabilities are wrong.
        """
        if not isinstance(successor, Mapping) or not successor:
            raise InvalidInput(
                f"expected a state name or a non-empty mapping from states to probabilities, found {successor!r}; "
                "give the successor",
                where=transition_place(state, action),
            )
        for name in successor:
            if type(name) is not str or not name:
                check_name(name, "state", transition_place(state, action))
        values = tuple(successor.values())
        kinds = set(map(type, values))
        key = values if kinds <= EXACT_TYPES else (float, *values)  # 0.1 and Fraction(0.1) are equal, but read apart
        is_cached = kinds <= EXACT_TYPES or kinds == {float}
        chances = self.known.get(key) if is_cached else None
        if chances is not None:
            return Row(tuple(successor), chances)
        row = self.parse(successor, transition_place(state, action))
        if is_cached and len(row.successors) == len(values):
            self.known[key] = row.chances
        return row

    def parse(self, successor: Mapping[str, object], where: str) -> Row:
        """The row of a mapping from names to what users write as probabilities; zeros are left out."""
        given: dict[str, Fraction] = {}
        floats: dict[str, float] = {}
        for name, value in successor.items():
            place = f"{where}[{name!r}]"
            probability = parse_fraction(value, where=place)
            if isinstance(value, float | np.floating):
                floats[name] = float(value)
                probability = rationalize(float(value))
            if probability < 0:
                raise InvalidInput(
                    f"expected a probability, found {value}; probabilities are not negative", where=place
                )
            if probability > 0:
                given[name] = probability
        exact = self.complete(tuple(given.values()), where, has_floats=bool(floats))
        is_rounded = any(p != floats.get(name, p) for name, p in zip(given, exact, strict=True))
        return Row(tuple(given), Chances(exact, tuple(map(float, exact)), is_rounded))

    def complete(self, probabilities: tuple[Fraction, ...], where: str, *, has_floats: bool) -> tuple[Fraction, ...]:
        """The row, made to sum to exactly 1 where rounding (or ``normalize``) allows it."""
        total = sum(probabilities, Fraction(0))
        if total == 1:
            return probabilities
        if total > 0 and (self.normalize or (has_floats and abs(total - 1) <= SUM_TOLERANCE)):
            return tuple(p / total for p in probabilities)
        missing = 1 - total
        advice = f"write the missing {show(missing)}" if missing > 0 else f"take away {show(-missing)}"
        raise InvalidInput(f"sums to {show(total)}, expected 1; {advice} or use normalize=True", where=where)


def show(value: Fraction) -> str:
    """A number as people read it: a decimal where that is exact, else the fraction, else a rounded decimal."""
    decimal = f"{float(value):.12g}"
    return decimal if Fraction(decimal) == value or value.denominator > 10**9 else str(value)
