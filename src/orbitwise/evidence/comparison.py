"""Which of A and B is better for each reward of a batch: listed outcomes by products, others by the solvers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never

import numpy as np

from orbitwise.errors import NotSupported
from orbitwise.evidence import comparison_solved
from orbitwise.evidence.comparison_listed import Listed, Matrix, UnitVectors, compare_listed, prepare_listed
from orbitwise.evidence.comparison_solved import Solved, compare_solved, prepare_solved
from orbitwise.evidence.counts_reduction import reduce_outcomes
from orbitwise.evidence.signs import Signs
from orbitwise.evidence.situations import distinct_situations
from orbitwise.outcomes.question import Question
from orbitwise.rewards.batches import RewardBatch

__all__ = ["Comparison", "Joint", "always_decides", "compare_support", "prepare_comparison", "steps_of_solving"]


@dataclass(frozen=True, eq=False)
class Joint:
    """Several situations at once: A is as good as in the situation where it does worst against B."""

    parts: tuple[Listed | Solved, ...]


Comparison = Listed | Solved | Joint


def prepare_comparison(question: Question, reward: Sequence[Fraction] | None = None) -> Comparison:
    """All that comparing A and B on many rewards needs, computed once.

    **Cost:** linear in the listed outcomes, or in the transitions.

    Parameters
    ----------
    question
        Which sets are compared.
    reward
        When only the orbit of this reward is asked about.
    """
    if question.situations:
        return Joint(tuple(_prepare_one(part, reward) for part in distinct_situations(question)))
    return _prepare_one(question, reward)


def _prepare_one(question: Question, reward: Sequence[Fraction] | None) -> Listed | Solved:
    sides = question.outcomes if reward is None else question.outcomes_for(reward)
    if not isinstance(sides, NotSupported):
        return prepare_listed(reduce_outcomes(*sides, None, question.permutable))
    if question.play is None:
        raise sides
    return prepare_solved(question, question.play)


def compare_support(comparison: Comparison, rewards: RewardBatch) -> Signs:
    """The sign of h_A - h_B for each reward.

    **Guarantee:** the exact sign lies in the interval; ties are exact. Listed outcomes are always decided.
    **Cost:** a matrix product for listed outcomes, else one to a few batched solves.
    """
    match comparison:
        case UnitVectors() | Matrix():
            return compare_listed(comparison, rewards)
        case Solved():
            return compare_solved(comparison, rewards)
        case Joint():
            return _compare_jointly(comparison, rewards)
        case _:
            assert_never(comparison)


def steps_of_solving(comparison: Comparison, *, exact: bool = True) -> int:
    """Elementary steps that comparing one reward takes, about: if its sign needs exact arithmetic, or if not."""
    match comparison:
        case UnitVectors():
            return len(comparison.prefer) + len(comparison.over)
        case Matrix():
            return comparison.floats.size
        case Solved():
            return comparison_solved.steps_of_solving(comparison, exact=exact)
        case Joint():
            return sum(steps_of_solving(part, exact=exact) for part in comparison.parts)
        case _:
            assert_never(comparison)


def always_decides(comparison: Comparison) -> bool:
    """Whether every sign is decided, known before any reward is."""
    if isinstance(comparison, Joint):
        return all(map(always_decides, comparison.parts))
    return not isinstance(comparison, Solved)


def _compare_jointly(joint: Joint, rewards: RewardBatch) -> Signs:
    """The smallest sign over the situations; where B is seen to win in one, the others are not asked."""
    low, high, steps = np.ones(len(rewards), np.int64), np.ones(len(rewards), np.int64), 0
    for part in joint.parts:
        rest = np.flatnonzero(high >= 0)
        if not len(rest):
            break
        signs = compare_support(part, rewards.rows(rest))
        low[rest], high[rest] = np.minimum(low[rest], signs.low), np.minimum(high[rest], signs.high)
        steps += signs.steps
    return Signs(np.minimum(low, high), high, steps)
