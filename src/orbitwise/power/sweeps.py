"""POWER along the discount: every discount is estimated from the same rewards, so that a curve moves by it alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction

from orbitwise.compute.executors import Executor
from orbitwise.environments.mdp import MDP
from orbitwise.errors import InvalidInput
from orbitwise.power.estimates import PowerEstimate, estimate_power
from orbitwise.power.parsing import SAMPLES, RewardGiven, parse_discount

__all__ = ["naming", "parse_discounts", "trace_power"]


def trace_power(
    environment: MDP,
    *,
    discounts: Sequence[object],
    at: Sequence[str] | str | None = None,
    reward: RewardGiven = "uniform",
    samples: int = SAMPLES,
    level: float = 0.95,
    seed: int = 0,
    quantiles: Sequence[float] = (),
    points: str = "independent",
    executor: Executor | None = None,
) -> tuple[PowerEstimate, ...]:
    """``estimate_power`` at each discount, ascending and each once, on the same rewards.

    **Guarantee:** and **Cost:** as there, for each discount; each interval is for its own discount.

    Raises
    ------
    InvalidInput
        As there, or there is no discount.

    Examples
    --------
    >>> import orbitwise as ow
    >>> curve = trace_power(ow.gallery.load("candy"), discounts=["9/10", 0.1], samples=100)
    >>> [str(power.discount) for power in curve]
    ['1/10', '9/10']
    """
    return tuple(
        estimate_power(
            environment,
            discount=discount,
            at=at,
            reward=reward,
            samples=samples,
            level=level,
            seed=seed,
            quantiles=quantiles,
            points=points,
            executor=executor,
        )
        for discount in parse_discounts(discounts, "discounts")
    )


def parse_discounts(given: Sequence[object], where: str) -> tuple[Fraction, ...]:
    """Discounts in (0, 1), ascending, each once."""
    found = set()
    for k, discount in enumerate(given):
        with naming(f"{where}[{k}]"):
            found.add(parse_discount(discount))
    if not found:
        raise InvalidInput("expected at least one discount, found none; write such as 0.5, 0.9", where=where)
    return tuple(sorted(found))


@contextmanager
def naming(where: str) -> Iterator[None]:
    """Errors in the block name this place."""
    try:
        yield
    except InvalidInput as error:
        raise type(error)(error.message, where=where) from None
