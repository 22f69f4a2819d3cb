"""Random discounted models from seeds, with the standard library alone, so that another tool's Python can make them."""

import random
from dataclasses import dataclass
from fractions import Fraction

N_MODELS = 200
DISCOUNTS = tuple(map(Fraction, ("1/1000", "1/2", "9/10", "99/100", "999/1000")))


@dataclass(frozen=True)
class DiscountedModel:
    """Nodes with choices, a choice being its successors' probabilities; state rewards that are doubles exactly."""

    choices: list[list[dict[int, Fraction]]]
    reward: list[Fraction]
    discount: Fraction


def small_discount() -> DiscountedModel:
    """Storm's own small_discount.nm, whose states 0 to 3 are worth 4 after a step, or 1 a step for a while."""
    sure, slowly = Fraction(1), Fraction(4, 5)
    return DiscountedModel(
        choices=[[{1: sure}, {2: sure}], [{3: sure}], [{2: slowly, 3: 1 - slowly}], [{3: sure}]],
        reward=[Fraction(x) for x in (0, 4, 1, 0)],
        discount=Fraction(9, 10),
    )


def make_model(seed: int) -> DiscountedModel:
    """Two to nine nodes, one to three choices of up to four successors; rewards of six kinds in turn."""
    rng = random.Random(seed)  # noqa: S311  # nothing secret
    n = rng.randint(2, 9)
    choices = []
    for _ in range(n):
        node = []
        for _ in range(rng.randint(1, 3)):
            support = rng.sample(range(n), rng.randint(1, min(4, n)))
            parts = [rng.choice((1, 1, 2, 3, 7, 1000, 10**6)) for _ in support]
            node.append({v: Fraction(part, sum(parts)) for v, part in zip(support, parts, strict=True)})
        choices.append(node)
    return DiscountedModel(choices, [_reward(rng, seed % 6) for _ in range(n)], DISCOUNTS[seed % len(DISCOUNTS)])


def _reward(rng: random.Random, kind: int) -> Fraction:
    match kind:
        case 0:
            return Fraction(rng.randint(0, 3))  # with ties
        case 1:
            return 1 + Fraction(rng.randint(0, 2), 2**50)  # nearly tied
        case 2:
            return Fraction(rng.randint(-1000, -1), 8)  # negative
        case 3:
            return Fraction(rng.randint(0, 2**20) * 2**80)  # huge
        case 4:
            return Fraction(rng.randint(0, 2**20), 2**100)  # tiny
        case _:
            return Fraction(rng.randint(-1000, 1000), 64)  # of both signs
