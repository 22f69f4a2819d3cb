"""Exact numbers, vectors over the reward's coordinates, and the work that computing with them costs.

Every number is a fraction whose parts have at most MAX_DIGITS digits, those met on the way included, and every
computation is paid for out of one budget: so a hostile document can be slow to check, never endless.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from orbitwise.checker.document import MAX_DIGITS, Rejected, digits_to_int, name, show

__all__ = ["Budget", "Vector", "combine", "make_vector", "number", "probabilities", "read_vector", "show_vector"]

NUMBER = re.compile(r"(0|-?[1-9][0-9]*)(?:/([1-9][0-9]*))?")
MAX_BITS = MAX_DIGITS * 10 // 3  # 10 binary digits are a little more than 3 decimal ones
FREE_STEPS, STEPS_PER_OUTCOME = 20_000_000, 20
ZERO, ONE = Fraction(0), Fraction(1)


class Vector(tuple[tuple[int, Fraction], ...]):
    """A sparse vector: pairs (coordinate, non-zero entry), by increasing coordinate."""

    __slots__ = ()

    def __hash__(self) -> int:
        """Through text, whose hashes are salted: numbers could be chosen so that all their hashes agree."""
        return hash(" ".join(f"{i} {value.numerator:x} {value.denominator:x}" for i, value in self))


class Budget:
    """What the checker is still willing to do: so many policies or cycles, and so many steps.

    A step is a quarter of a microsecond of Python, more or less, so all steps of the usual limit are about ten seconds.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.outcomes = limit
        self.steps = FREE_STEPS + STEPS_PER_OUTCOME * limit

    def enumerated(self, length: int) -> None:
        """Pay for one policy or cycle of so many nodes."""
        self.outcomes -= 1
        self.spend(10 * length)
        if self.outcomes < 0:
            raise Rejected(f"checking needs more than the {self.limit} policies or cycles that the limit allows")

    def spend(self, steps: int = 1) -> None:
        """Pay for steps."""
        self.steps -= steps
        if self.steps < 0:
            raise Rejected(f"checking needs more work than the limit of {self.limit} policies or cycles allows")

    def add(self, total: Fraction, weight: Fraction, value: Fraction = ONE) -> Fraction:
        """``total + weight * value``, paid for by the lengths of what goes in: what comes out may be short."""
        bits = count_bits(total) + count_bits(weight) + count_bits(value)
        self.spend(24 + (bits * bits >> 17))
        result = total + weight * value
        if count_bits(result) > 2 * MAX_BITS:
            raise Rejected(f"checking meets a number of more than {MAX_DIGITS} digits")
        return result

    def total(self, values: Iterable[Fraction]) -> Fraction:
        """The sum of the values, paid for."""
        total = ZERO
        for value in values:
            total = self.add(total, value)
        return total


def count_bits(value: Fraction) -> int:
    """The length of a fraction, both parts together."""
    return value.numerator.bit_length() + value.denominator.bit_length()


def number(value: Any, where: str) -> Fraction:
    """A JSON integer or a string "p/q" as a fraction."""
    if type(value) is int and value.bit_length() <= MAX_BITS:
        return Fraction(value)
    if type(value) is str and len(value) <= 2 * MAX_DIGITS + 2 and (match := NUMBER.fullmatch(value)):
        return Fraction(digits_to_int(match[1]), digits_to_int(match[2] or "1"))
    raise Rejected(f'expected an integer or a string "p/q", found {show(value)}', where=where)


def probabilities(values: Sequence[Fraction], where: str, budget: Budget) -> None:
    """Check that the values are positive and sum to exactly 1."""
    for value in values:
        if value <= 0:
            raise Rejected(f"expected a positive number, found {show_fraction(value)}", where=where)
    total = budget.total(values)
    if total != 1:
        raise Rejected(f"the numbers sum to {show_fraction(total)}, not to 1", where=where)


def make_vector(entries: Mapping[int, Fraction]) -> Vector:
    """The vector with these entries; zeros are dropped."""
    return Vector(sorted((coordinate, value) for coordinate, value in entries.items() if value))


def read_vector(value: Any, index: Mapping[str, int], where: str) -> Vector:
    """A vector written as ``{coordinate: "p/q", ...}`` without zero entries."""
    if type(value) is not dict:
        raise Rejected(f"expected a vector, that is an object, found {show(value)}", where=where)
    entries: dict[int, Fraction] = {}
    for coordinate, entry in value.items():
        if name(coordinate, where) not in index:
            raise Rejected(f"{show(coordinate)} is not a coordinate", where=where)
        entries[index[coordinate]] = number(entry, f"{where}.{show(coordinate)}")
    if not all(entries.values()):
        raise Rejected("the vector has a zero entry; such entries are left out", where=where)
    return make_vector(entries)


def combine(parts: Iterable[tuple[Vector, Fraction]], budget: Budget) -> Vector:
    """The weighted sum of vectors."""
    total: dict[int, Fraction] = {}
    for vector, weight in parts:
        for coordinate, value in vector:
            total[coordinate] = budget.add(total.get(coordinate, ZERO), weight, value)
    return make_vector(total)


def show_fraction(value: Fraction) -> str:
    """A short picture of a fraction, for messages."""
    if count_bits(value) <= 400:
        return str(value)
    return f"a fraction of {value.denominator.bit_length()} binary digits below the line"


def show_vector(vector: Vector, coordinates: Sequence[str]) -> str:
    """A short picture of a vector, for messages."""
    shown = [f"{show(coordinates[i])}: {show_fraction(value)}" for i, value in vector[:6]]
    return "{" + ", ".join(shown) + (", ...}" if len(vector) > 6 else "}")
