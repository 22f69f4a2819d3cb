"""T7: what is certified for many situations at once is true on whole orbits, in all situations, by brute force."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import orbitwise as ow
from brute_force import differences, random_mdp, random_rewards, random_set
from orbitwise.checker import check
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.evidence.certify import certify
from orbitwise.evidence.counts import count_orbit
from orbitwise.evidence.kinds import OrbitCount

THEOREMS = ("T1", "T2", "T3", "T5")


def random_joint_question(rng):
    """A question about several start states of a random environment, deterministic or not, all outcomes listed.

    In half of them B must end in one state, which A avoids: copies and blocks are then common.
    """
    while True:
        size = int(rng.integers(3, 6))
        mdp = random_mdp(rng, size, stochastic=bool(rng.random() < 0.5))
        some = [mdp.states[i] for i in rng.permutation(size)[: rng.integers(2, size)]]
        how = {} if rng.random() < 0.85 else {"discount": Fraction(int(rng.integers(1, 10)), 10)}
        permute = None if rng.random() < 0.75 else [mdp.states[i] for i in sorted(rng.permutation(size)[:3])]
        sets = random_set(rng, mdp, 0), random_set(rng, mdp, 0)
        if rng.random() < 0.5:
            end = mdp.states[rng.integers(size)]
            sets = f"avoid:{end}", f"end:{end}"
        try:
            question = ow.ask(
                mdp,
                prefer=sets[0],
                over=sets[1],
                situations="all" if rng.random() < 0.5 else some,
                permute=permute,
                **how,
            )
        except InvalidInput:
            continue
        if question.situations and not any(isinstance(part.outcomes, NotSupported) for part in question.situations):
            return question


def joint_differences(question, reward):
    """The least h_A - h_B over the situations, on every element of the orbit; exact up to positive factors."""
    return np.min([np.sign(differences(part, reward)) for part in question.situations], axis=0)


def assert_true_jointly(rng, certificate):
    """The bound, the ratio and the strict claim, over whole orbits and all situations."""
    question = certificate.question
    for reward in random_rewards(rng, question.n_coordinates, 4):
        worst = joint_differences(question, reward)
        assert Fraction(int((worst >= 0).sum()), len(worst)) >= certificate.bound, (certificate.document, reward)
        if certificate.ratio is not None:
            assert (worst > 0).sum() >= certificate.ratio * (worst < 0).sum(), (certificate.document, reward)
    if certificate.strict_almost_everywhere:
        generic = [int(x) for x in rng.integers(0, 10**9, size=question.n_coordinates)]
        worst = joint_differences(question, generic)
        assert Fraction(int((worst > 0).sum()), len(worst)) >= certificate.bound, (certificate.document, generic)


def try_many(seed, *, until):
    """Certificates of joint questions until each theorem had so many, all true and all accepted by the checker."""
    rng = np.random.default_rng(seed)
    tried = dict.fromkeys(THEOREMS, 0)
    strict = 0
    while min(tried.values()) < until:
        question = random_joint_question(rng)
        for certificate in certify(question)[0]:
            if certificate.epsilon is not None:  # T6 has laws of its own
                assert check(certificate.document).accepted, certificate.document
                continue
            if tried[certificate.theorem] >= until:
                continue
            tried[certificate.theorem] += 1
            strict += certificate.strict_almost_everywhere
            assert_true_jointly(rng, certificate)
            verdict = check(certificate.document)
            assert verdict.accepted, (verdict.reason, certificate.document)
            assert verdict.bound == certificate.bound
    return strict


def test_joint_bounds_are_true_in_all_situations_at_once():
    """60 certificates of each theorem, with the claim for almost every reward among them."""
    assert try_many(11, until=60) > 100


@pytest.mark.slow
def test_joint_bounds_are_true_in_thousands_of_cases():
    """2,000 certificates of each theorem."""
    assert try_many(12, until=2_000) > 1_000


def test_the_joint_count_is_that_of_the_worst_situation():
    """Better in every situation, worse in some, neither: as brute force counts them."""
    rng = np.random.default_rng(13)
    for _ in range(60):
        question = random_joint_question(rng)
        (reward,) = random_rewards(rng, question.n_coordinates, 1)
        worst = joint_differences(question, reward)
        counted = count_orbit(question, [Fraction(x) for x in reward])
        assert counted == OrbitCount(*(int((worst == sign).sum()) for sign in (1, -1, 0)))


DOORS = {
    "left": {"safe": "garden", "risky": "pit"},
    "right": {"safe": "garden", "risky": "well"},
    "garden": {"stay": "garden"},
    "pit": {"stay": "pit"},
    "well": {"stay": "well"},
}


def test_pairwise_bounds_do_not_chain():
    """Safety is at least as good at either door on 1/2 of every orbit, and at both doors at once on 1/3, not more.

    The best of three distinct values lies in the garden on a third of the orbit; the events of the two doors are
    neither the same, which would give 1/2, nor independent, which would give 1/4.
    """
    builder = ow.Builder("doors", start="left")
    for state, actions in DOORS.items():
        for action, successor in actions.items():
            builder.add(state, action, successor)
    mdp = builder.build()
    reward = {"garden": 3, "pit": 2, "well": 1}
    permute = list(reward)
    for door in ("left", "right"):
        alone = ow.compare(ow.ask(mdp, at=door, prefer="safe", over="risky", permute=permute), reward=reward)
        assert alone.certificates[0].bound == Fraction(1, 2)
        assert alone.count.share == Fraction(1, 2)
    question = ow.ask(mdp, situations=["left", "right"], prefer="safe", over="risky", permute=permute)
    both = ow.compare(question, reward=reward)
    assert both.certificates[0].bound == Fraction(1, 3)
    assert both.sharp
    assert both.count == OrbitCount(prefer_only=2, over_only=4, both=0)
    assert [(each.at, each.count.share) for each in both.situations] == [("left", 0.5), ("right", 0.5)]
