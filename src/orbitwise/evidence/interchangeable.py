"""The bounds for interchangeable things, by counting alone: a of them in A, b in B, and nothing else.

Works where nothing can be listed: one death against 10^53 ways to live, 10^196 observation histories against one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from orbitwise.errors import InvalidInput

__all__ = ["InterchangeableBounds", "bound_interchangeable"]


@dataclass(frozen=True)
class InterchangeableBounds:
    """Lower bounds on the weak share of every orbit.

    Parameters
    ----------
    copies
        T1: n/(n+1) with n = floor(a/b); 0 when a < b.
    orbits
        T2: a/(a+b).
    ratio
        T3: #(A > B) >= ratio x #(B > A) for every reward; None when a < b.
    """

    copies: Fraction
    orbits: Fraction
    ratio: Fraction | None


def bound_interchangeable(prefer: int, over: int) -> InterchangeableBounds:
    """T1, T2 and T3 for ``prefer`` things in A and ``over`` things in B, all of them interchangeable.

    **Guarantee:** exact. **Cost:** constant.

    Parameters
    ----------
    prefer, over
        Numbers of things, at least 0 and 1; of any size.

    Raises
    ------
    InvalidInput
        A number is negative, or ``over`` is 0.

    References
    ----------
    MORE, section "Conjecture": 2 deaths against 51 lives.

    Examples
    --------
    >>> bound_interchangeable(51, 2)
    InterchangeableBounds(copies=Fraction(25, 26), orbits=Fraction(51, 53), ratio=Fraction(51, 2))
    """
    if prefer < 0 or over < 1:
        raise InvalidInput(f"expected at least 0 things in A and 1 in B, found {prefer} and {over}")
    n = prefer // over
    return InterchangeableBounds(
        copies=Fraction(n, n + 1),
        orbits=Fraction(prefer, prefer + over),
        ratio=Fraction(prefer, over) if prefer >= over else None,
    )
