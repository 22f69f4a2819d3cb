"""The orbit as a picture: each distinct permutation of a reward one mark, by who is better on it.

The marks are computed here, exactly and apart from the count in the answer, with which they must agree. Orbits of more
than :data:`MOST_MARKS` elements, and those that take long to decide, are shown as proportions of the count.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from orbitwise.errors import NotSupported, SolverFailed
from orbitwise.evidence.answer import Answer
from orbitwise.evidence.comparison import compare_support, prepare_comparison, steps_of_solving
from orbitwise.evidence.kinds import OrbitCount
from orbitwise.outcomes.question import Question
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.report.findings import most_frequent, reward_words
from orbitwise.rewards.orbits import Orbit, iter_orbit, orbit_of, orbit_size
from orbitwise.typing import ObjectArray

__all__ = ["Mark", "OrbitPicture", "draw_orbit"]

MOST_MARKS = 2_000
MOST_PRODUCTS = 20_000_000
MOST_STEPS = 2_000_000_000  # of the solvers, about a nanosecond each

Verdict = Literal["a", "tie", "b"]
VERDICTS: tuple[Verdict, ...] = ("a", "tie", "b")


@dataclass(frozen=True)
class Mark:
    """One element of the orbit.

    Parameters
    ----------
    verdict
        Whether only A, both or only B attain the best value.
    changes
        The coordinates whose value is not the most frequent one, with their values.
    values
        The best values of A and of B; None where they were compared without being computed.
    """

    verdict: Verdict
    changes: tuple[tuple[int, Fraction], ...]
    values: tuple[Fraction, Fraction] | None


@dataclass(frozen=True)
class OrbitPicture:
    """The orbit of a reward.

    Parameters
    ----------
    whose
        ``reward``: the user's; ``witness``: the worst reward found.
    reward_text
        The reward, readably.
    count
        The four-way count.
    rest
        The most frequent value of the reward.
    marks
        One for each element, those on which A is better first; empty for a large orbit.
    """

    whose: Literal["reward", "witness"]
    reward_text: str
    count: OrbitCount
    rest: Fraction
    marks: tuple[Mark, ...]


def draw_orbit(answer: Answer) -> OrbitPicture | None:
    """The picture of the orbit of the user's reward, else of the witness; None when neither has a count.

    **Guarantee:** exact.

    Raises
    ------
    SolverFailed
        The marks do not add up to the count in the answer: one of the two is wrong.
    """
    question = answer.question
    if question.criterion.discounts is not None:  # the curve over the discounts is shown instead
        return None
    if answer.reward is not None:
        return _picture(question, "reward", answer.reward, answer.count)
    if answer.witness is not None:
        return _picture(question, "witness", answer.witness.reward, None)
    return None


def _picture(
    question: Question,
    whose: Literal["reward", "witness"],
    reward: tuple[Fraction, ...],
    count: OrbitCount | None,
) -> OrbitPicture | None:
    marks = _marks(question, reward)
    if marks:
        tally = Counter(mark.verdict for mark in marks)
        drawn = OrbitCount(tally["a"], tally["b"], tally["tie"])
        if count is not None and drawn != count:
            raise SolverFailed(f"expected the drawn orbit {drawn} to agree with the exact count {count}; report this")
        count = drawn
    if count is None:
        return None
    text = reward_words(reward, question.coordinates)
    return OrbitPicture(whose, text, count, most_frequent(reward), tuple(marks))


def _marks(question: Question, reward: tuple[Fraction, ...]) -> list[Mark]:
    """All elements of a small orbit, sorted by verdict; none for a large one, or one that cannot be decided."""
    if not _is_small(question, reward):
        return []
    orbit = orbit_of(reward, question.permutable)
    outcomes = question.outcomes
    if isinstance(outcomes, NotSupported):
        found = _marks_by_solving(question, orbit, most_frequent(reward))
    elif orbit.size * question.n_coordinates * max(map(len, outcomes)) > MOST_PRODUCTS:
        found = []
    else:
        found = _marks_from_outcomes(outcomes, orbit, most_frequent(reward))
    return sorted(found, key=lambda mark: VERDICTS.index(mark.verdict))


def _marks_from_outcomes(outcomes: tuple[Outcomes, Outcomes], orbit: Orbit, rest: Fraction) -> list[Mark]:
    batch = next(iter_orbit(orbit, rows=MOST_MARKS))
    variants = [batch.exact(row) for row in range(len(batch))]
    prefer_values, over_values = (_exact_values(side, variants) for side in outcomes)
    return [
        Mark(_verdict((a > b) - (a < b)), _changes(variant, rest), (a, b))
        for variant, a, b in zip(variants, prefer_values, over_values, strict=True)
    ]


def _marks_by_solving(question: Question, orbit: Orbit, rest: Fraction) -> list[Mark]:
    """Marks from the solvers, without values, where the outcomes cannot be listed."""
    if question.play is None:
        return []
    comparison = prepare_comparison(question)
    if orbit.size * steps_of_solving(comparison) > MOST_STEPS:
        return []
    batch = next(iter_orbit(orbit, rows=MOST_MARKS))
    signs = compare_support(comparison, batch)
    if not signs.decided.all():
        return []
    return [Mark(_verdict(sign), _changes(batch.exact(row), rest), None) for row, sign in enumerate(signs.low.tolist())]


def _verdict(sign: int) -> Verdict:
    return "a" if sign > 0 else "b" if sign < 0 else "tie"


def _changes(variant: Sequence[Fraction], rest: Fraction) -> tuple[tuple[int, Fraction], ...]:
    return tuple((i, value) for i, value in enumerate(variant) if value != rest)


def _is_small(question: Question, reward: Sequence[Fraction]) -> bool:
    """Whether the orbit has at most :data:`MOST_MARKS` elements; found without large factorials."""
    n_values = len({reward[i] for i in question.permutable})
    if n_values == 1:
        return True
    return len(question.permutable) <= MOST_MARKS and orbit_size(reward, question.permutable) <= MOST_MARKS


def _exact_values(outcomes: Outcomes, variants: Sequence[Sequence[Fraction]]) -> list[Fraction]:
    """Best value of an outcome set for each reward, in exact integers over one common denominator."""
    matrix, denominator = outcomes.scaled
    scale = math.lcm(*(value.denominator for value in variants[0]))  # all variants have the same values
    rewards = np.array([[int(value * scale) for value in variant] for variant in variants], dtype=object)
    best = _products(rewards, matrix).max(axis=1)
    return [Fraction(int(value), denominator * scale) for value in best]


def _products(rewards: ObjectArray, matrix: ObjectArray) -> ObjectArray:
    """All values reward . outcome: in 64 bits where nothing can overflow, else in arbitrary precision."""
    largest = max(map(abs, rewards.flat)) * max(map(abs, matrix.flat)) * rewards.shape[1]
    if largest < 2**62:
        product: ObjectArray = rewards.astype(np.int64) @ matrix.astype(np.int64).T
        return product
    exact: ObjectArray = rewards.dot(matrix.T)
    return exact
