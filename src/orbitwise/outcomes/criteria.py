"""How a policy is valued: the average reward, discounted reward at one discount or at many, or as it goes to 1."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from orbitwise.compute.exact import parse_fraction
from orbitwise.errors import InvalidInput

__all__ = ["ALL_DISCOUNTS", "Criterion", "parse_criterion"]

Kind = Literal["average", "discounted", "blackwell", "given"]

ALL_DISCOUNTS = (Fraction(0), Fraction(1))


@dataclass(frozen=True)
class Criterion:
    """How a policy is valued; ``given`` when the outcomes are the user's own vectors."""

    kind: Kind
    discount: Fraction | None = None
    discounts: tuple[Fraction, Fraction] | None = None  # many at once: a closed interval, or (0, 1) for all inside it

    @property
    def is_function(self) -> bool:
        """Whether outcomes are compared as functions of the discount: at many discounts, or as it goes to 1."""
        return self.kind == "blackwell" or self.discounts is not None

    def __str__(self) -> str:
        match self.kind:
            case "average":
                return "average reward"
            case "discounted" if self.discounts == ALL_DISCOUNTS:
                return "discounted reward, every discount"
            case "discounted" if self.discounts is not None:
                low, high = self.discounts
                return f"discounted reward, every discount from {low} to {high}"
            case "discounted":
                return f"discounted reward, discount {self.discount}"
            case "blackwell":
                return "Blackwell optimality"
            case "given":
                return "given outcome vectors"


def parse_criterion(criterion: str | None, discount: object) -> Criterion:
    """The criterion that a user wrote; by default average reward, or discounted reward when a discount is given.

    Raises
    ------
    InvalidInput
        An unknown name, a discount outside (0, 1), or one that is missing or too many.

    Examples
    --------
    >>> str(parse_criterion(None, "1/2..9/10"))
    'discounted reward, every discount from 1/2 to 9/10'
    """
    kind = criterion or ("average" if discount is None else "discounted")
    if kind not in ("average", "discounted", "blackwell"):
        raise InvalidInput(f"expected average, discounted or blackwell, found {kind!r}", where="criterion")
    if kind == "average" or kind == "blackwell":
        if discount is not None:
            raise InvalidInput(f"expected no discount with {kind}, found {discount}; leave one out", where="discount")
        return Criterion("average" if kind == "average" else "blackwell")
    if discount is None:
        raise InvalidInput(
            "expected a discount with the discounted criterion, found none; give one such as 9/10", where="discount"
        )
    if discount == "all":
        return Criterion("discounted", discounts=ALL_DISCOUNTS)
    ends = discount.split("..") if isinstance(discount, str) else [discount]
    values = [parse_fraction(end, where="discount") for end in ends]
    for value in values:
        if not 0 < value < 1:
            raise InvalidInput(
                f"expected 0 < discount < 1, found {value!s:.20}; for the limit at 1 use the average criterion or "
                "blackwell, for every discount use all",
                where="discount",
            )
    if len(values) == 1:
        return Criterion("discounted", values[0])
    if len(values) > 2 or values[0] >= values[1]:
        raise InvalidInput(
            f"expected an interval such as 1/2..9/10, found {discount!r}; write two ends, the smaller first",
            where="discount",
        )
    return Criterion("discounted", discounts=(values[0], values[1]))
