"""T8: counted margins against brute force, sampled ones against counted ones, and what a small epsilon leaves."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import orbitwise as ow
from brute_force import differences, random_question, random_rewards, random_vectors_question
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.evidence import margins as margins_module
from orbitwise.evidence.margins import ExactMargins, find_margins, parse_epsilons
from orbitwise.evidence.margins_sampled import SampledMargins, sample_margins
from orbitwise.rewards import parse_distribution

FEW, MANY = 150, 2_000


def brute_margins(question, reward):
    """Every exact normalized margin on the orbit, by brute force."""
    scale = Fraction(1)
    for side in question.outcomes:
        scale /= side.scaled[1]
    if question.criterion.discount is not None:
        scale *= 1 - question.criterion.discount
    return [scale * int(gap) for gap in differences(question, reward)]


def random_units_question(rng):
    """Multiples of unit vectors on both sides, some of both, so that the closed form counts."""
    d = int(rng.integers(3, 6))
    size = [0] * d
    unit = int(rng.choice([1, 2, -1]))
    rows = [[unit * int(i == k) for i in range(d)] for k in range(d)] or [size]
    sides = [[rows[k] for k in rng.permutation(d)[: rng.integers(1, d)]] for _ in "ab"]
    return ow.ask_vectors(prefer=sides[0], over=sides[1])


def cases(seed):
    rng = np.random.default_rng(seed)
    while True:
        for question in (
            random_vectors_question(rng),
            random_units_question(rng),
            random_question(rng, stochastic=False),
            random_question(rng, stochastic=True),
            random_question(rng, stochastic=True, criterion="discounted", n_states=4),
        ):
            for reward in random_rewards(rng, question.n_coordinates, 2):
                yield question, reward, rng


def assert_curve_is_true(question, reward, rng):
    """Curve, gap and shares at some epsilons, between and at the steps, are those of brute force."""
    true = brute_margins(question, reward)
    sizes = sorted({abs(m) for m in true})
    epsilons = [*(e for e in sizes[:3]), Fraction(int(rng.integers(0, 60)), 7), sizes[-1] + 1]
    found = find_margins(question, [Fraction(x) for x in reward], epsilons)
    assert isinstance(found, ExactMargins)
    assert found.gap == min((m for m in sizes if m), default=None)
    assert [step.epsilon for step in found.curve] == sorted({Fraction(0), *sizes})
    for step in (*found.at, *found.curve):
        assert step.above == Fraction(sum(m > step.epsilon for m in true), len(true))
        assert step.below == Fraction(sum(m < -step.epsilon for m in true), len(true))
        assert step.between == Fraction(sum(abs(m) <= step.epsilon for m in true), len(true))


def try_cases(n_cases, seed):
    for k, (question, reward, rng) in enumerate(cases(seed)):
        if k == n_cases:
            return
        assert_curve_is_true(question, reward, rng)


def test_the_curve_is_that_of_brute_force():
    """Deterministic, stochastic, discounted and given questions; unit vectors by the closed form."""
    try_cases(FEW, seed=3)


@pytest.mark.slow
def test_the_curve_is_that_of_brute_force_in_2000_cases():
    """The same for 2,000 cases."""
    try_cases(MANY, seed=4)


def test_two_counts_of_a_shifted_question_give_the_same_shares(monkeypatch):
    """Where no full curve is affordable, B is shifted by epsilon and the orbit is counted."""
    monkeypatch.setattr(margins_module, "count_margins", lambda *_: None)
    for k, (question, reward, rng) in enumerate(cases(5)):
        if k == 60:
            return
        true = brute_margins(question, reward)
        epsilons = [Fraction(0), abs(true[rng.integers(len(true))]), Fraction(1, 3)]
        found = find_margins(question, [Fraction(x) for x in reward], epsilons)
        assert isinstance(found, ExactMargins)
        assert (found.curve, found.gap) == (None, None)
        for step in found.at:
            assert step.above == Fraction(sum(m > step.epsilon for m in true), len(true))
            assert step.below == Fraction(sum(m < -step.epsilon for m in true), len(true))


def test_sampled_intervals_cover_the_counted_shares():
    """All intervals of a question miss with probability 0.0001; new seeds fail once in 500 runs of 20 questions."""
    for k, (question, reward, rng) in enumerate(cases(6)):
        if k == 20:
            return
        values = [Fraction(x) for x in reward]
        true = brute_margins(question, reward)
        epsilons = sorted({Fraction(0), Fraction(1, 3), abs(true[rng.integers(len(true))])})
        scale = 1 - (question.criterion.discount or Fraction(0))
        sampled = sample_margins(
            question, values, epsilons, scale=scale, precision=0.1, level=0.9999, seed=k, progress=None
        )
        exact = find_margins(question, values, epsilons)
        for step, estimate in zip(exact.at, sampled.at, strict=True):
            for name in ("above", "below", "between"):
                interval = getattr(estimate, name)
                assert interval.low <= getattr(step, name) <= interval.high


@pytest.mark.parametrize("discount", [None, "9/10"])
def test_unlisted_outcomes_are_sampled_by_the_solvers(discount):
    """What the solvers bound agrees with the listed outcomes; each interval fails with probability 0.0001."""
    how = {} if discount is None else {"discount": discount}
    listed = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy", **how)
    unlisted = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy", limit=1, **how)
    assert isinstance(unlisted.outcomes, NotSupported)
    reward = [Fraction(x) for x in (0, 4, 1, 3, 2)]
    epsilons = [Fraction(0), Fraction(1, 2)]
    sampled = find_margins(unlisted, reward, epsilons, precision=0.1, level=0.9999)
    exact = find_margins(listed, reward, epsilons)
    assert isinstance(sampled, SampledMargins)
    for step, estimate in zip(exact.at, sampled.at, strict=True):
        assert estimate.above.low <= step.above <= estimate.above.high
        assert estimate.below.low <= step.below <= estimate.below.high


def test_below_the_gap_every_verdict_stays():
    """For epsilon < gap the shares are those of the orbit count, for epsilon = gap some are not."""
    for k, (question, reward, _) in enumerate(cases(7)):
        if k == 40:
            return
        values = [Fraction(x) for x in reward]
        gap = find_margins(question, values, [Fraction(0)]).gap
        if gap is None:
            continue
        below, at = find_margins(question, values, [gap * Fraction(999, 1000), gap]).at
        strict = find_margins(question, values, [Fraction(0)]).at[0]
        assert (below.above, below.below) == (strict.above, strict.below)
        assert (at.above, at.below) != (strict.above, strict.below)


def test_an_epsilon_needs_a_reward_and_is_not_negative():
    """Both are said, with what to write instead."""
    question = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy")
    with pytest.raises(InvalidInput, match="expected a reward"):
        ow.compare(question, epsilon="0.1")
    for wrong in ("-1", "", "x", []):
        with pytest.raises(InvalidInput):
            parse_epsilons(wrong)
    answer = ow.compare(question, reward={"candy": 1}, epsilon=[0, "1/2"], witness=False)
    assert answer.to_json()["margins"]["at"][1] == {
        "epsilon": "1/2",
        "above": "2/5",
        "below": "1/5",
        "between": "2/5",
    }


def test_margins_of_a_distribution_are_estimated():
    """The larger of two uniforms exceeds a third by 1/2 with probability 5/24; missed with probability 0.0001."""
    question = ow.ask_vectors(prefer=[[0, 1, 0], [0, 0, 1]], over=[[1, 0, 0]])
    found = find_margins(question, parse_distribution("uniform"), [Fraction(1, 2)], precision=0.02, level=0.9999)
    assert isinstance(found, SampledMargins)
    assert found.at[0].above.low <= 5 / 24 <= found.at[0].above.high
