"""Which of A and B is better for each reward of a batch: listed outcomes by products, others by the solvers."""

from __future__ import annotations

from typing import assert_never

from orbitwise.errors import NotSupported
from orbitwise.evidence import comparison_solved
from orbitwise.evidence.comparison_listed import Listed, Matrix, UnitVectors, compare_listed, prepare_listed
from orbitwise.evidence.comparison_solved import Solved, compare_solved, prepare_solved
from orbitwise.evidence.counts_reduction import reduce_outcomes
from orbitwise.evidence.signs import Signs
from orbitwise.outcomes.question import Question
from orbitwise.rewards.batches import RewardBatch

__all__ = ["Comparison", "always_decides", "compare_support", "prepare_comparison", "steps_of_solving"]

Comparison = Listed | Solved


def prepare_comparison(question: Question) -> Comparison:
    """All that comparing A and B on many rewards needs, computed once.

    **Cost:** linear in the listed outcomes, or in the transitions.
    """
    sides = question.outcomes
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
        case _:
            assert_never(comparison)


def always_decides(comparison: Comparison) -> bool:
    """Whether every sign is decided, known before any reward is."""
    return not isinstance(comparison, Solved)
