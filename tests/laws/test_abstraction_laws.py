"""Refining and reducing an environment: what is worth the same, which bounds stay, and what the checker says to it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import orbitwise as ow
from brute_force import random_mdp, random_question, random_rewards, random_set, weak_share
from orbitwise.checker import check
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.evidence.carry_questions import carry_question
from orbitwise.evidence.graph_return import ReturnProof
from orbitwise.evidence.horizon import HorizonProof
from orbitwise.evidence.kinds import Certificate, NotCertified
from orbitwise.outcomes.listing import find_outcomes
from orbitwise.solvers.end_components import find_end_components

CASES = [60, pytest.param(2_000, marks=pytest.mark.slow)]


def recurrent_states(mdp):
    return [s for s, c in enumerate(find_end_components(mdp.graph).component.tolist()) if c >= 0]


def copies_of(states):
    """The fine states over each coarse state that can be visited for ever."""
    lasting = set(recurrent_states(states.fine))
    return [[f for f in fiber if f in lasting] for fiber in states.fibers]


def carried_question(question, states, *, to_fine):
    """The question in the other environment with its outcomes listed; None where it cannot be asked or is too large."""
    found = carry_question(question, question.play, states, to_fine=to_fine)
    return None if isinstance(found, str) or isinstance(found.outcomes, NotSupported) else found


def says_enter(question):
    return bool(question.play.prefer.enter or question.play.over.enter)


def is_new(certificate):
    """Whether the certificate is of a form that is never carried: settling soon, up to an epsilon, or mixtures."""
    proof = certificate.proof
    return certificate.epsilon is not None or isinstance(proof, HorizonProof) or bool(getattr(proof, "mixed", ()))


def refined_questions(seed, n, *, alike=None):
    """Random questions with a refinement of their environment, in which they can be asked."""
    rng = np.random.default_rng(seed)
    while n:
        question = random_question(rng, stochastic=bool(rng.random() < 0.5), n_states=int(rng.integers(3, 5)))
        mdp = question.play.environment
        lasting = [mdp.states[s] for s in recurrent_states(mdp)]
        into = alike or {name: int(rng.integers(1, 3)) for name in lasting}
        states = ow.refine(mdp, into).map
        carried = carried_question(question, states, to_fine=True)
        if carried is not None:
            n -= 1
            yield question, states, carried, rng


@pytest.mark.parametrize("n", CASES)
def test_after_refining_a_set_is_worth_what_it_was_for_the_best_copies(n):
    """h_X'(r') = h_X(r) with r(s) the best copy's reward, exactly, for both sides of random questions."""
    tried = 0
    for question, states, carried, rng in refined_questions(1, n):
        if says_enter(question) and not question.play.environment.is_deterministic:
            continue
        tried += 1
        for fine in random_rewards(rng, states.fine.n_states, 5):
            coarse = [max((fine[f] for f in fs), default=0) for fs in copies_of(states)]
            for before, after in zip(question.outcomes, carried.outcomes, strict=True):
                assert before.exact_support(coarse) == after.exact_support(fine)
    assert tried > n / 2


@pytest.mark.parametrize("n", CASES)
def test_splitting_every_state_alike_carries_every_certificate_with_its_bound(n):
    """T1, T2, T3 and T5 keep bound, ratio and form; the checker accepts them in the refined environment."""
    seen = dict.fromkeys(("T1", "T2", "T3", "T5"), 0)
    for question, states, _, _ in refined_questions(2, n // 2, alike=2):
        if not question.permutes_all:
            continue
        for certificate in ow.certify(question)[0]:
            carried = ow.carry_certificate(certificate, states)
            if isinstance(carried, NotCertified):  # a play with chances can mix what no policy without memory mixes
                assert says_enter(question) or "more than" in carried.reason or is_new(certificate), carried.reason
                continue
            assert (carried.bound, carried.ratio, carried.form) == (
                certificate.bound,
                certificate.ratio,
                certificate.form,
            )
            assert check(carried.document).accepted
            seen[certificate.theorem] += 1
    assert min(seen.values()) >= n // 50, seen


@pytest.mark.parametrize("n", CASES)
def test_carried_certificates_are_true_on_whole_orbits(n):
    """Split at random, what is carried is still at most the share that brute force finds."""
    compared = 0
    for question, states, carried_to, rng in refined_questions(3, n):
        for certificate in ow.certify(question)[0]:
            carried = ow.carry_certificate(certificate, states)
            used = sorted({i for side in carried_to.outcomes for v in side.vectors for i, _ in v})
            if isinstance(carried, Certificate) and len(used) <= 6:
                reward = [0] * states.fine.n_states  # few values and many zeros, so that the orbit stays small
                for i in rng.permutation(used)[:3]:
                    reward[i] = int(rng.integers(-1, 3))
                compared += 1
                assert weak_share(carried.question, reward) >= carried.bound
    assert compared > n / 4


def test_splitting_one_side_moves_the_ratio_as_t5_counts_it():
    """T5 after splitting: the copies of A' over those of A' u D_B, each state counted as often as it is split."""
    moved = 0
    for question, states, _, _ in refined_questions(4, 150):
        for certificate in ow.certify(question)[0]:
            if certificate.theorem != "T5" or not hasattr(certificate.proof, "targets") or not question.permutes_all:
                continue
            weight = [len(copies) for copies in copies_of(states)]
            targets = set(certificate.proof.targets.tolist())
            both = targets | set(certificate.proof.recurrent.tolist())
            expected = Fraction(sum(weight[s] for s in targets), sum(weight[s] for s in both))
            carried = ow.carry_certificate(certificate, states)
            assert carried.bound == expected
            moved += expected != certificate.bound
    assert moved > 10


def reduced(rng, *, criterion):
    """A random environment, now and then with planted copies, chains and equal choices, and its reduction."""
    mdp = random_mdp(rng, int(rng.integers(3, 6)), stochastic=bool(rng.random() < 0.5))
    if rng.random() < 0.4:
        mdp = ow.refine(mdp, 2).environment
    return mdp, ow.reduce(mdp, criterion=criterion)


@pytest.mark.parametrize("n", CASES)
@pytest.mark.parametrize("criterion", ["average", "discounted"])
def test_reducing_changes_no_value(n, criterion):
    """The best value of every first action is the same before and after, a reduced state being worth its best copy."""
    rng = np.random.default_rng(5)
    smaller = merged = 0
    for _ in range(n):
        mdp, found = reduced(rng, criterion=criterion)
        smaller += found.environment.n_states < mdp.n_states
        merged += any(step.why == "copies" for step in found.steps)
        how = {"discount": "1/2"} if criterion == "discounted" else {}
        copies = copies_of(found.map) if criterion == "average" else found.map.fibers
        for action in mdp.action_names(mdp.start):
            try:
                before = outcomes(mdp, action, how)
                after = outcomes(found.environment, action, how)
            except NotSupported:
                continue
            for fine in random_rewards(rng, mdp.n_states, 4):
                coarse = [max((fine[f] for f in fs), default=0) for fs in copies]
                assert before.exact_support(fine) == after.exact_support(coarse)
    assert smaller > n / 8
    assert criterion == "discounted" or merged > n / 20


def outcomes(mdp, action, how):
    return find_outcomes(mdp, policies=f"take:{action}", limit=2_000, **how)


@pytest.mark.parametrize("n", CASES)
def test_certificates_go_back_and_forth_through_a_reduction(n):
    """What is proved small holds in the large with the same bound; without copies the other way round, too."""
    rng = np.random.default_rng(6)
    up = down = refused = 0
    for _ in range(n):
        mdp, found = reduced(rng, criterion="average")
        actions = mdp.action_names(mdp.start)
        if not found.steps or len(actions) < 2:
            continue
        small = ow.ask(found.environment, prefer=actions[0], over=actions[1], limit=100)
        for certificate in ow.certify(small)[0]:
            carried = ow.carry_certificate(certificate, found.map)
            if isinstance(carried, NotCertified):
                refused += 1
                returns = isinstance(certificate.proof, ReturnProof) and "very state" in carried.reason
                excused = returns or is_new(certificate)
                assert excused or "listed" in carried.reason or "more than" in carried.reason, carried.reason
            else:
                up += 1
                assert carried.bound == certificate.bound
                assert carried.question.play.environment is mdp
        for certificate in ow.certify(ow.ask(mdp, prefer=actions[0], over=actions[1], limit=100))[0]:
            carried = ow.carry_certificate(certificate, found.map)
            if isinstance(carried, Certificate):
                down += 1
                assert carried.bound == certificate.bound
            else:
                assert "copies" in carried.reason or is_new(certificate), carried.reason
    assert min(up, down) > n / 4
    assert refused <= up / 10


def test_coordinates_that_no_outcome_visits_only_help():
    """Every orbit share is a mean of orbit shares of sub-multisets on the visited coordinates: brute force on both."""
    rng = np.random.default_rng(7)
    for _ in range(60):
        question = random_question(rng, stochastic=bool(rng.random() < 0.5), n_states=4, permute_some=False)
        sides = [[[float(x) for x in row] for row in side.floats] for side in question.outcomes]
        sides = [[[Fraction(x).limit_denominator(1000) for x in row] for row in side] for side in sides]
        visited = ow.ask_vectors(prefer=sides[0], over=sides[1])
        padded = ow.ask_vectors(prefer=[[*r, 0] for r in sides[0]], over=[[*r, 0] for r in sides[1]])
        reward = [int(x) for x in rng.integers(-5, 6, size=5)]
        parts = [weak_share(visited, [reward[i] for i in kept]) for kept in itertools.combinations(range(5), 4)]
        assert min(parts) <= weak_share(padded, reward) <= max(parts)


def test_a_set_that_names_part_of_a_fiber_is_not_carried():
    """Avoiding one copy of two is no question of the coarse environment."""
    mdp = ow.gallery.load("candy")
    states = ow.refine(mdp, {"hug": 2}).map
    question = ow.ask(states.fine, prefer="avoid:hug#1", over="candy")
    for certificate in ow.certify(question)[0]:
        assert "not all" in ow.carry_certificate(certificate, states).reason


def test_a_certificate_about_something_else_is_not_carried():
    """The map must be about the environment of the certificate."""
    certificate = ow.certify(ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy"))[0][0]
    other = ow.refine(ow.gallery.load("shutdown"), 2).map
    assert "neither" in ow.carry_certificate(certificate, other).reason


def test_certificates_of_other_forms_are_searched_for_again():
    """The tree of cases of a constant speaks of the orbit of one environment; it is refused with the reason."""
    mdp = ow.gallery.load("candy")
    certificate = ow.certify(ow.ask(mdp, prefer="Wait!", over="candy"))[0][0]
    other = replace(certificate, proof=object(), theorem="constant")
    assert "not carried" in ow.carry_certificate(other, ow.refine(mdp, 2).map).reason


def test_random_sets_are_asked_alike_on_both_sides_of_a_reduction():
    """Where a random question can be carried, its two value functions agree on random rewards."""
    rng = np.random.default_rng(8)
    agreed = 0
    while agreed < 60:
        mdp, found = reduced(rng, criterion="average")
        try:
            question = ow.ask(mdp, prefer=random_set(rng, mdp, 0), over=random_set(rng, mdp, 0), limit=2_000)
        except InvalidInput:
            continue
        carried = carried_question(question, found.map, to_fine=False)
        if isinstance(question.outcomes, NotSupported) or carried is None:
            continue
        if says_enter(question) and not mdp.is_deterministic:
            continue
        agreed += 1
        for fine in random_rewards(rng, mdp.n_states, 4):
            coarse = [max((fine[f] for f in fs), default=0) for fs in copies_of(found.map)]
            for before, after in zip(question.outcomes, carried.outcomes, strict=True):
                assert before.exact_support(fine) == after.exact_support(coarse)


@pytest.mark.parametrize("n", CASES)
def test_whatever_is_proved_small_holds_in_the_large(n):
    """Random sets, some asked elsewhere or with few states permuted: every certificate goes up, with its bound."""
    rng = np.random.default_rng(9)
    carried = 0
    for _ in range(n):
        _, found = reduced(rng, criterion="average")
        small = found.environment
        at = int(rng.integers(small.n_states)) if rng.random() < 0.3 else small.start
        some = [small.states[i] for i in sorted(rng.permutation(small.n_states)[: max(2, small.n_states // 2)])]
        try:
            question = ow.ask(
                small,
                at=small.states[at],
                prefer=random_set(rng, small, at),
                over=random_set(rng, small, at),
                permute=some if rng.random() < 0.3 else None,
                limit=100,
            )
        except InvalidInput:
            continue
        for certificate in ow.certify(question)[0] if found.steps else ():
            large = ow.carry_certificate(certificate, found.map)
            if isinstance(large, NotCertified):
                returns = isinstance(certificate.proof, ReturnProof) and "very state" in large.reason
                excused = returns or is_new(certificate)
                assert excused or "not listed" in large.reason or at != small.start, large.reason
            else:
                carried += 1
                assert large.bound == certificate.bound
    assert carried > n / 4
