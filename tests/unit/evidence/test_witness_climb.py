"""The random climb: it counts what it says, the same seed climbs the same way, and it finds what the patterns miss."""

from __future__ import annotations

import numpy as np
import pytest

import orbitwise as ow
from orbitwise.evidence.constants import find_constant
from orbitwise.evidence.counts import count_orbit
from orbitwise.evidence.counts_reduction import reduce_outcomes
from orbitwise.evidence.witness_climb import climb_gaps, iter_rounded_patterns
from orbitwise.evidence.witness_kernel import count_won
from orbitwise.evidence.witness_patterns import reward_of
from orbitwise.evidence.witnesses import find_witness


def dense(seed, d, n_prefer, n_over):
    """Outcomes with one sum and no planned symmetry."""
    rows = np.random.default_rng(seed).multinomial(9, np.ones(d) / d, size=n_prefer + n_over).tolist()
    return ow.ask_vectors(prefer=rows[:n_prefer], over=rows[n_prefer:])


def climb(question, **changed):
    """A short climb without starts."""
    reduction = reduce_outcomes(*question.outcomes, None, question.permutable)
    given = {"signed": False, "seed": 0, "max_steps": 10**8, "bound": 0.0, **changed}
    return climb_gaps(reduction, len(question.permutable), [], **given)


def test_the_kernel_counts_like_plain_numpy():
    """B's best against A's best plus the margin, in every case."""
    rng = np.random.default_rng(0)
    values, rows = rng.normal(size=(7, 5)), rng.normal(size=(6, 4))
    added, assigned = rng.normal(size=(7, 6)), rng.integers(0, 5, (30, 4))
    worth = values[:, assigned] @ rows.T + added[:, np.newaxis, :]
    plain = (worth[..., 2:].max(axis=2) > worth[..., :2].max(axis=2) + 0.1).sum(axis=1)
    assert count_won(values, added, assigned, rows, 2, 0.1).tolist() == plain.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_shares_are_those_of_the_orbit(seed):
    """Up to rounding the best candidate's share is the exact share of its pattern in large numbers."""
    question = dense(seed, 5, 2, 2)
    found = climb(question)
    assert found.exhaustive
    share, pattern = list(iter_rounded_patterns(found, 1))[-1]
    exact = count_orbit(question, reward_of(pattern, 5, question.permutable, ())).share
    assert float(exact) == pytest.approx(share)


def test_the_same_seed_climbs_the_same_way():
    """Steps are counted, not timed."""
    first, second = (climb(dense(1, 5, 3, 3), seed=5) for _ in range(2))
    assert np.array_equal(first.values, second.values)
    assert first.steps == second.steps <= 10**8


def test_many_coordinates_are_compared_on_sampled_cases():
    """Ten values have 3.6 million cases."""
    assert not climb(dense(0, 10, 2, 2)).exhaustive


def test_too_many_values_are_not_tried():
    """The gaps of 61 values are too many to climb."""
    assert climb(ow.ask_vectors(prefer=np.eye(61, dtype=int)[:2].tolist(), over=[[0] * 61])) is None


@pytest.mark.parametrize("seed", range(5))
def test_dense_questions_of_five_coordinates_are_settled(seed):
    """The witness has the constant as its share, without being told."""
    question = dense(seed, 5, 2, 2)
    assert find_witness(question).share == find_constant(question).share
