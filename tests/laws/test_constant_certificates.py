"""The certificate of the constant as a law: the checker derives the constant itself, and no tree proves more."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import orbitwise as ow
from brute_force import differences, random_question, random_rewards, random_vectors_question
from orbitwise.checker import check
from orbitwise.evidence.constants import Constant, find_constant
from orbitwise.evidence.constants_certified import certify_constant
from orbitwise.evidence.kinds import Certificate, NotCertified
from orbitwise.evidence.witnesses import find_witness

NORMAL, SLOW = 25, 500  # rounds of four questions


def questions(rounds, seed):
    """Deterministic, stochastic, vector and discounted questions."""
    rng = np.random.default_rng(seed)
    for _ in range(rounds):
        yield random_question(rng, stochastic=False)
        yield random_question(rng, stochastic=True)
        yield random_vectors_question(rng)
        yield random_question(rng, stochastic=True, criterion="discounted", n_states=4)


def dense(seed, d, n_prefer, n_over):
    """Outcomes with one sum and no planned symmetry."""
    rows = np.random.default_rng(seed).multinomial(9, np.ones(d) / d, size=n_prefer + n_over).tolist()
    return ow.ask_vectors(prefer=rows[:n_prefer], over=rows[n_prefer:])


@pytest.fixture(scope="module")
def certified():
    """Certificates of the weak and of the strict constant, each with its constant."""
    found, refused = [], 0
    for question in questions(NORMAL, seed=31):
        for form in ("weak", "strict"):
            constant = find_constant(question, form=form)
            evidence = certify_constant(question, constant)
            if isinstance(evidence, Certificate):
                found.append((constant, evidence))
            elif constant.share:
                refused += 1
    assert refused <= 0.02 * len(found)
    return found


def test_the_checker_derives_the_constant(certified):
    """Of small questions 98 % have a certificate unless it is 0, and its checked bound is the constant."""
    assert len(certified) > 4 * NORMAL
    for constant, certificate in certified:
        verdict = check(certificate.document)
        assert verdict.accepted, verdict.reason
        assert verdict.bound == certificate.bound == constant.share


def test_it_is_true_on_whole_orbits(certified):
    """By brute force on random rewards, degenerate ones included; the strict claim on rewards of large integers."""
    rng = np.random.default_rng(32)
    for _, certificate in certified:
        d = certificate.question.n_coordinates
        for reward in random_rewards(rng, d, 6):
            gaps = differences(certificate.question, reward)
            assert Fraction(int((gaps >= 0).sum()), len(gaps)) >= certificate.bound
        if certificate.strict_almost_everywhere:
            gaps = differences(certificate.question, rng.integers(0, 10**9, size=d).tolist())
            assert Fraction(int((gaps > 0).sum()), len(gaps)) >= certificate.bound


def test_certificates_need_cuts_and_signs(certified):
    """Among them are trees with several leaves, and questions with fixed coordinates or sums that differ."""
    trees = [certificate.proof.tree for _, certificate in certified]
    assert sum(len(tree) > 1 for tree in trees) >= 20
    assert sum(any(node is not None for node in tree) for tree in trees) >= 5
    assert any(not certificate.question.permutes_all for _, certificate in certified)


@pytest.mark.parametrize("seed", range(40))
def test_no_tree_proves_more_than_the_constant(seed):
    """The checker cuts wherever it is told to, and what it derives is at most the constant."""
    rng = np.random.default_rng(seed)
    question = [
        random_question(rng, stochastic=True),
        random_vectors_question(rng),
        random_question(rng, stochastic=True, criterion="discounted", n_states=4),
        dense(seed, 4, 2, 2),
    ][seed % 4]
    constant = find_constant(question)
    evidence = certify_constant(question, constant)
    if isinstance(evidence, NotCertified):
        assert constant.share == 0
        return
    document = evidence.document
    proof = document["proof"]
    roots = sum(node is None for node in proof["tree"]) - sum(node is not None for node in proof["tree"])
    for _ in range(5):
        proof["tree"] = [node for _ in range(roots) for node in random_tree(rng, 4)]
        document["bound"] = "0"
        verdict = check(document)
        if verdict.reason.startswith("bound: claims"):
            document["bound"] = verdict.reason.rpartition(" ")[2]
            verdict = check(document)
        assert verdict.accepted or "corners" in verdict.reason
        assert not verdict.accepted or verdict.bound <= constant.share


def random_tree(rng, depth):
    """A random tree in preorder."""
    if depth == 0 or rng.random() < 0.2:
        return [None]
    i, j = rng.permutation(3)[:2].tolist()
    cut = [i, j, *rng.integers(1, 5, size=2).tolist()]
    return [cut, *random_tree(rng, depth - 1), *random_tree(rng, depth - 1)]


@pytest.mark.parametrize("seed", range(8))
def test_the_strict_constant_is_not_lowered_by_ties(seed):
    """Without a common outcome almost every reward has no tie, so the two constants are equal."""
    question = dense(seed, 6, 1, 1)
    strict = find_constant(question, form="strict")
    assert strict.share == find_constant(question).share
    gaps = differences(question, [int(x) for x in strict.reward])
    assert Fraction(int((gaps > 0).sum()), len(gaps)) == strict.share


def test_a_tree_that_would_be_too_large_is_refused_with_the_reason():
    """Dense questions of six coordinates with three outcomes a side may need more leaves than are allowed."""
    refused = [evidence for seed in range(3) if isinstance(evidence := certify_dense(seed), NotCertified)]
    assert refused
    assert all("computed, not certified" in evidence.reason for evidence in refused)


def certify_dense(seed):
    """What is found for six coordinates."""
    question = dense(seed, 6, 3, 3)
    return certify_constant(question, find_constant(question))


def test_the_comparison_shows_the_certificate_of_the_constant():
    """The mean of x and y beats x, and the mean of y and z, in one order of six: 5/6, which no other theorem proves."""
    question = ow.ask_vectors(prefer=[[1, 0, 0], [0, "1/2", "1/2"]], over=[["1/2", "1/2", 0]])
    answer = ow.compare(question)
    assert (answer.best.theorem, answer.best.bound) == ("constant", Fraction(5, 6))
    assert answer.sharp
    assert answer.constant.certified
    document = answer.to_json()
    assert document["lower"]["theorem"] == "constant"
    assert document["constant"]["certified"] is True
    assert check(document["lower"]["certificate"]).accepted


def test_a_constant_that_another_theorem_proves_is_certified_by_it():
    """Two treats against one: T3 has the constant as its bound, so no tree is needed."""
    answer = ow.compare(ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy"))
    assert answer.constant.certified
    assert "constant" not in {certificate.theorem for certificate in answer.certificates}


def assert_sandwich(question):
    """Certificate <= constant <= witness, and the constant is both proved and attained."""
    constant = find_constant(question)
    assert isinstance(constant, Constant)
    witness = find_witness(question, seed=0, bound=constant.share, effort=0.3)
    for certificate in ow.certify(question)[0]:
        assert certificate.epsilon is not None or certificate.bound <= constant.share
    if witness is not None and witness.share is not None:
        assert constant.share <= witness.share
    own = certify_constant(question, constant)
    if isinstance(own, Certificate):
        verdict = check(own.document)
        assert verdict.accepted
        assert verdict.bound == constant.share


def test_certificate_constant_and_witness_are_in_order():
    """On 60 random questions of all kinds."""
    for question in questions(15, seed=41):
        assert_sandwich(question)


@pytest.mark.slow
def test_certificate_constant_and_witness_are_in_order_on_2000_questions():
    """On 2,000 random questions of all kinds."""
    for question in questions(SLOW, seed=42):
        assert_sandwich(question)
