"""The orbit as a picture: each distinct permutation of a reward one mark, by who is better on it.

The marks are computed here, exactly and apart from the count in the answer, with which they must agree. Orbits of more
than :data:`MOST_MARKS` elements are shown as proportions of the count.
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
from orbitwise.evidence.kinds import OrbitCount
from orbitwise.outcomes.question import Question
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.report.wording import most_frequent, reward_words
from orbitwise.rewards.orbits import iter_orbit, orbit_of, orbit_size
from orbitwise.typing import ObjectArray

__all__ = ["Mark", "OrbitPicture", "draw_orbit"]

MOST_MARKS = 2_000
MOST_PRODUCTS = 20_000_000

Verdict = Literal["a", "tie", "b"]


@dataclass(frozen=True)
class Mark:
    """One element of the orbit.

    Parameters
    ----------
    verdict
        Whether only A, both or only B attain the best value.
    changes
        The coordinates whose value is not the most frequent one, with their values.
    prefer_value, over_value
        The best values of A and of B.
    """

    verdict: Verdict
    changes: tuple[tuple[int, Fraction], ...]
    prefer_value: Fraction
    over_value: Fraction


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
    """All elements of a small orbit, sorted by verdict; none for a large one."""
    outcomes = question.outcomes
    if not _is_small(question, reward) or isinstance(outcomes, NotSupported):
        return []
    orbit = orbit_of(reward, question.permutable)
    if orbit.size * question.n_coordinates * max(map(len, outcomes)) > MOST_PRODUCTS:
        return []
    batch = next(iter_orbit(orbit, rows=MOST_MARKS))
    variants = [batch.exact(row) for row in range(len(batch))]
    prefer_values, over_values = (_exact_values(side, variants) for side in outcomes)
    rest = most_frequent(reward)
    marks = []
    for variant, a, b in zip(variants, prefer_values, over_values, strict=True):
        verdict: Verdict = "a" if a > b else "b" if b > a else "tie"
        changes = tuple((i, value) for i, value in enumerate(variant) if value != rest)
        marks.append(Mark(verdict, changes, a, b))
    return sorted(marks, key=lambda mark: ("a", "tie", "b").index(mark.verdict))


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
