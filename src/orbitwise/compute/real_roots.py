"""Real roots of rational polynomials as exact objects: an irreducible polynomial and an interval that has one root.

FLINT factors and encloses. Two roots are equal exactly when their polynomial and place among its roots are; intervals
are halved by signs at rational points until roots are apart, which ends because different roots are different numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpz_poly

__all__ = ["Root", "find_roots", "separate"]


@dataclass(frozen=True)
class Root:
    """A real algebraic number.

    Parameters
    ----------
    coefficients
        Of its irreducible integer polynomial, the constant first.
    place
        Its place among the real roots of that polynomial, from below.
    low, high
        It lies strictly between, or is both.
    """

    coefficients: tuple[int, ...]
    place: int
    low: Fraction
    high: Fraction

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for equal numbers only."""
        return self.coefficients, self.place

    def __float__(self) -> float:
        root = self
        while root.high - root.low > Fraction(1, 2**60):
            root = root.halved()
        return float((root.low + root.high) / 2)

    def halved(self) -> Root:
        """The same root in a narrower interval."""
        if self.low == self.high:
            return self
        middle = (self.low + self.high) / 2
        if _sign(self.coefficients, self.low) * _sign(self.coefficients, middle) < 0:
            return Root(self.coefficients, self.place, self.low, middle)
        return Root(self.coefficients, self.place, middle, self.high)


def find_roots(polynomial: fmpz_poly, low: Fraction, high: Fraction) -> list[Root]:
    """The distinct real roots strictly between two numbers, in no order.

    **Guarantee:** exact and complete. **Cost:** that of factoring the polynomial.

    Parameters
    ----------
    polynomial
        Not zero.
    low, high
        Ends of the open interval.

    Examples
    --------
    >>> [float(root) for root in find_roots(fmpz_poly([-1, 0, 2]), Fraction(0), Fraction(1))]
    [0.7071067811865476]
    """
    found = []
    for factor, _ in polynomial.factor()[1]:
        coefficients = tuple(int(c) for c in factor.coeffs())
        if len(coefficients) == 2:
            value = Fraction(-coefficients[0], coefficients[1])
            if low < value < high:
                found.append(Root(coefficients, 0, value, value))
            continue
        balls = [value.real for value, _ in factor.complex_roots() if value.imag == 0]
        for place, (first, last) in enumerate(sorted((_exact(ball.lower()), _exact(ball.upper())) for ball in balls)):
            root = Root(coefficients, place, first, last)
            while root.low <= low < root.high or root.low < high <= root.high:
                root = root.halved()
            if low < root.low and root.high < high:
                found.append(root)
    return found


def separate(roots: Iterable[Root]) -> list[Root]:
    """The distinct roots in increasing order, in intervals that do not touch.

    Examples
    --------
    >>> half, other = (find_roots(fmpz_poly(p), Fraction(0), Fraction(1))[0] for p in ([-1, 2], [-1, 0, 2]))
    >>> [float(root) for root in separate([other, half, other])]
    [0.5, 0.7071067811865476]
    """
    ordered = sorted({root.key: root for root in roots}.values(), key=lambda root: (root.low, root.high))
    k = 0
    while k + 1 < len(ordered):
        first, second = ordered[k : k + 2]
        if first.high < second.low:
            k += 1
            continue
        ordered[k : k + 2] = sorted((first.halved(), second.halved()), key=lambda root: (root.low, root.high))
        k = max(0, k - 1)
    return ordered


def _exact(end: object) -> Fraction:
    """The dyadic number that an exact ball is."""
    mantissa, exponent = end.man_exp()  # type: ignore[attr-defined]
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _sign(coefficients: tuple[int, ...], at: Fraction) -> int:
    value = fmpz_poly(list(coefficients))(fmpq(at.numerator, at.denominator))
    return int(value > 0) - int(value < 0)
