"""Several questions on the same rewards: the rewards are common, the paired intervals valid and narrower."""

from fractions import Fraction

import numpy as np
import pytest

import orbitwise as ow
from orbitwise.compute.executors import Executor
from orbitwise.errors import InvalidInput
from orbitwise.evidence.comparison import prepare_comparison
from orbitwise.evidence.counts import count_orbit
from orbitwise.evidence.estimates import estimate_prepared
from orbitwise.evidence.shared_samples import estimate_shares
from orbitwise.outcomes.question import ask_vectors
from orbitwise.rewards import parse_distribution

UNIFORM = parse_distribution("uniform")
REWARD = [Fraction(x) for x in (0, 1, 3, 4, 9, 11)]


def unit(*coordinates):
    return [[int(i == k) for i in range(6)] for k in coordinates]


ALIKE = {  # the same but for one outcome of A
    "three": ask_vectors(prefer=unit(0, 1, 2), over=unit(4, 5)),
    "two": ask_vectors(prefer=unit(0, 1), over=unit(4, 5)),
}


def test_every_question_meets_the_rewards_that_it_would_meet_alone():
    """A question's share is to the bit that of sampling it alone with the same seed and number of samples."""
    found = estimate_shares(ALIKE, reward=REWARD, precision=0.05, seed=3)
    for name, question in ALIKE.items():
        shared = found.shares[name]
        alone, _ = estimate_prepared(
            question,
            prepare_comparison(question),
            REWARD,
            precision=1e-9,
            level=0.95,
            seed=3,
            max_samples=shared.samples,
        )
        assert (alone.share, alone.low, alone.high) == (shared.share, shared.low, shared.high)


def test_a_paired_difference_is_far_narrower_and_covers_the_truth():
    """Shares 3/5 and 2/4 (closed form for unit vectors): the paired interval holds 1/10, in half the unpaired width.

    False alarm below 1e-5 (level 0.999999, three intervals).
    """
    found = estimate_shares(ALIKE, reward="uniform", precision=0.02, level=0.999999)
    three, two = found.shares["three"], found.shares["two"]
    difference = found.difference("three", "two")
    assert difference.low <= 1 / 10 <= difference.high
    assert difference.low > 0
    unpaired = (three.high - two.low) - (three.low - two.high)
    assert difference.high - difference.low < unpaired / 2
    back = found.difference("two", "three")
    assert back.low == pytest.approx(-difference.high, abs=1e-12)
    assert back.high == pytest.approx(-difference.low, abs=1e-12)
    assert (back.value, difference.value) == (two.share - three.share, three.share - two.share)


def test_paired_differences_cover_the_counted_difference():
    """300 pairs at level 0.8, stopped when narrow, over an orbit that is counted too: at most 20 % may miss.

    False alarm: Binomial(300, 0.2) exceeds 95 with probability below 1e-6.
    """
    exact = count_orbit(ALIKE["three"], REWARD).share - count_orbit(ALIKE["two"], REWARD).share
    misses = 0
    for seed in range(300):
        found = estimate_shares(
            ALIKE, reward=REWARD, precision=0.15, level=0.8, seed=seed, executor=Executor("serial")
        ).difference("three", "two")
        misses += not found.low <= exact <= found.high
    assert misses <= 95


def test_several_discounts_share_their_rewards_for_any_number_of_workers():
    """One question at three discounts: the same bits with 1, 2 and 4 workers; a question differs from itself by 0."""
    candy = ow.gallery.load("candy")
    questions = {g: ow.ask(candy, prefer="Wait!", over="candy", discount=g) for g in ("1/10", "1/2", "9/10")}
    found = [estimate_shares(questions, precision=0.05, executor=Executor("threads", workers)) for workers in (1, 2, 4)]
    for other in found[1:]:
        assert other.shares == found[0].shares
        np.testing.assert_array_equal(other.wins, found[0].wins)
        np.testing.assert_array_equal(other.losses, found[0].losses)
    same = found[0].difference("1/2", "1/2")
    assert same.value == 0
    assert same.low <= 0 <= same.high
    assert same.high - same.low < 0.03


def test_undecided_comparisons_widen_the_difference_both_ways():
    """A question whose B has no optimality equation, and the same one decided: the interval holds the difference 0."""
    builder = ow.Builder("home", start="home")
    for state, action, successor in (
        ("home", "stay", "home"),
        ("home", "go", "away"),
        ("away", "stay", "away"),
        ("away", "back", "home"),
    ):
        builder.add(state, action, successor)
    home = builder.build()
    questions = {
        name: ow.ask(home, prefer="avoid:away", over="end:away", discount="1/2", **how)
        for name, how in (("open", {"limit": 1}), ("decided", {}))
    }
    found = estimate_shares(questions, precision=0.05, level=0.999999)
    assert found.shares["open"].undecided > 0
    assert found.shares["decided"].undecided == 0
    for names in (("open", "decided"), ("decided", "open")):
        difference = found.difference(*names)
        assert difference.low <= 0 <= difference.high
        assert difference.high - difference.low >= found.shares["open"].undecided / found.shares["open"].samples


def test_the_limit_of_samples_is_said():
    """A width that is out of reach: every estimate says what ended the sampling."""
    found = estimate_shares(ALIKE, precision=0.001, max_samples=500)
    assert {share.limit for share in found.shares.values()} == {"samples"}
    assert {share.samples for share in found.shares.values()} == {500}


def test_questions_about_different_rewards_are_refused():
    """Other coordinates, other permutable ones, no question, no such name: named, with what to do."""
    other = ask_vectors(prefer=[[0, 1]], over=[[1, 0]])
    fixed = ask_vectors(prefer=unit(0), over=unit(1), permute=["0", "1"])
    for wrong in ({**ALIKE, "other": other}, {**ALIKE, "fixed": fixed}):
        with pytest.raises(InvalidInput, match="estimate them apart"):
            estimate_shares(wrong)
    with pytest.raises(InvalidInput, match="at least one question"):
        estimate_shares({})
    with pytest.raises(InvalidInput, match="'three'"):
        estimate_shares(ALIKE, precision=0.2).difference("three", "four")
