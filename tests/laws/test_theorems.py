"""The theorems as laws: whatever is certified is true on whole orbits of random rewards, and the checker agrees.

Each law runs until at least 1,000 certificates of its theorem have been tried on three rewards each.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

import orbitwise as ow
from brute_force import differences, random_question, random_rewards, random_vectors_question
from orbitwise.checker import check
from orbitwise.evidence.certify import certify

FEW, MANY = 150, 1_000  # certificates of each theorem
THEOREMS = ("T1", "T2", "T3", "T5")


def mirrored_question(rng):
    """Discounted, left against right, where a random gadget of two states waits on either side."""
    builder = ow.Builder("mirror")
    share = Fraction(int(rng.integers(1, 4)), 4)
    moves = [rng.integers(0, 3, size=rng.integers(1, 3)).tolist() for _ in range(2)]
    for side in ("left", "right"):
        names = [f"{side}0", f"{side}1"]
        builder.add("start", side, names[0])
        for name, kinds in zip(names, moves, strict=True):
            for k, kind in enumerate(kinds):
                builder.add(name, f"a{k}", {names[0]: share, names[1]: 1 - share} if kind == 2 else names[kind])
    return ow.ask(builder.build(), prefer="left", over="right", discount=Fraction(int(rng.integers(1, 10)), 10))


def questions(seed):
    """Deterministic, stochastic, vector and discounted questions in turn."""
    rng = np.random.default_rng(seed)
    for k in itertools.count():
        yield random_question(rng, stochastic=False), rng
        yield random_question(rng, stochastic=True), rng
        for _ in range(4):
            yield random_vectors_question(rng), rng
        if k % 3 == 0:
            yield random_question(rng, stochastic=True, criterion="discounted", n_states=4), rng
            yield mirrored_question(rng), rng


@pytest.fixture(scope="module", params=[FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def certified(request):
    """At least that many certificates of each theorem, on random questions."""
    found = {theorem: [] for theorem in THEOREMS}
    source = questions(1)
    while any(len(cases) < request.param for cases in found.values()):
        question, rng = next(source)
        for certificate in certify(question)[0]:
            if certificate.epsilon is None and len(found[certificate.theorem]) < request.param:
                found[certificate.theorem].append((certificate, random_rewards(rng, question.n_coordinates, 4)))
    return found


@pytest.mark.parametrize("theorem", THEOREMS)
def test_what_is_certified_is_true_on_whole_orbits(certified, theorem):
    """Certificate <= truth for every reward tried, in the form that the certificate claims."""
    for certificate, rewards in certified[theorem]:
        for reward in rewards:
            gaps = differences(certificate.question, reward)
            assert Fraction(int((gaps >= 0).sum()), len(gaps)) >= certificate.bound, (certificate.document, reward)
            if certificate.ratio is not None:
                assert (gaps > 0).sum() >= certificate.ratio * (gaps < 0).sum(), (certificate.document, reward)


def test_the_bound_is_strict_for_almost_every_reward(certified):
    """T4: on a reward of large random integers, which has no accidental ties, the strict share reaches the bound."""
    rng = np.random.default_rng(4)
    claimed = [c for cases in certified.values() for c, _ in cases if c.strict_almost_everywhere]
    assert len(claimed) >= FEW
    for certificate in claimed:
        reward = [int(x) for x in rng.integers(0, 10**9, size=certificate.question.n_coordinates)]
        gaps = differences(certificate.question, reward)
        assert Fraction(int((gaps > 0).sum()), len(gaps)) >= certificate.bound, (certificate.document, reward)


@pytest.mark.parametrize("theorem", THEOREMS)
def test_the_checker_accepts_what_was_found(certified, theorem):
    """The checker derives the same bound from the environment; it lists the outcomes a second time, by its own code."""
    for certificate, _ in certified[theorem][::5]:
        verdict = check(certificate.document)
        assert verdict.accepted, (verdict.reason, certificate.document)
        assert verdict.bound == certificate.bound


@pytest.mark.parametrize("theorem", THEOREMS)
def test_stochastic_and_discounted_questions_are_among_the_cases(certified, theorem):
    """The laws are not only about deterministic environments."""
    kinds = {
        (c.question.criterion.kind, c.question.play is None or c.question.play.environment.is_deterministic)
        for c, _ in certified[theorem]
    }
    assert ("average", False) in kinds
    assert theorem == "T5" or ("discounted", False) in kinds
