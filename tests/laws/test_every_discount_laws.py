"""What is certified for every discount is true at every discount tried, and as the discount goes to 1.

The oracle lists the outcomes at one discount and goes through whole orbits.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

import orbitwise as ow
from brute_force import differences, random_question, random_rewards
from orbitwise.checker import check
from orbitwise.errors import NotSupported
from orbitwise.evidence.certify import certify
from orbitwise.outcomes.criteria import ALL_DISCOUNTS, Criterion
from orbitwise.outcomes.identity import find_identity_discount
from orbitwise.outcomes.question import Question

EVERY = Criterion("discounted", discounts=ALL_DISCOUNTS)


def under(question, criterion):
    """The same question under another criterion."""
    return Question(question.coordinates, question.permutable, criterion, question.play, None, question.limit)


def small_questions(seed):
    """Random questions in environments of three and four states, half of them stochastic; sets of every form."""
    rng = np.random.default_rng(seed)
    for k in itertools.count():
        question = random_question(rng, stochastic=bool(k % 2), criterion="discounted", n_states=4 if k % 3 else 3)
        if max(map(len, question.outcomes)) <= 30:
            yield question, rng


def planted_questions(seed):
    """One arm on the side of B, copies of it on the side of A; arms have one or two states, with loops and chances."""
    rng = np.random.default_rng(seed)
    while True:
        size = int(rng.integers(1, 3))
        n_copies = int(rng.integers(1, 5)) if size == 1 else 1 + int(rng.random() < 0.1)
        arm = [[random_successor(rng, size) for _ in range(rng.integers(1, 3))] for _ in range(size)]
        builder = ow.Builder("arms")
        if rng.random() < 0.3:
            builder.add("start", "wait", "start")
        for k in range(n_copies + 1):
            builder.add("start", f"to {k}", f"{k}.0")
            for state, successors in enumerate(arm):
                for i, successor in enumerate(successors):
                    builder.add(f"{k}.{state}", f"a{i}", {f"{k}.{to}": p for to, p in successor.items()})
        mdp = builder.build()
        permute = mdp.states[1:] if rng.random() < 0.2 else None
        avoid = "avoid:" + ",".join(f"0.{state}" for state in range(size))
        yield ow.ask(mdp, at="start", prefer=avoid, over="take:to 0", permute=permute, discount=Fraction(1, 2)), rng


def random_successor(rng, size):
    """A state of an arm for certain, or each of its two with some chance."""
    if size == 2 and rng.random() < 0.4:
        p = Fraction(int(rng.integers(1, 4)), 4)
        return {0: p, 1: 1 - p}
    return {int(rng.integers(size)): 1}


def assert_true_at_discounts(question, certificate, rng):
    """Weak share and ratio at three discounts, rewards with ties among them; strict shares where they are claimed."""
    discounts = [Fraction(1, 1 + int(rng.integers(1, 10**4))), Fraction(int(rng.integers(1, 100)), 101)]
    for discount in (*discounts, 1 - discounts[0] / 2):
        asked = under(question, Criterion("discounted", discount))
        for reward in random_rewards(rng, question.n_coordinates, 3):
            gaps = differences(asked, reward)
            assert Fraction(int((gaps >= 0).sum()), len(gaps)) >= certificate.bound, (discount, reward)
            if certificate.ratio is not None:
                assert (gaps > 0).sum() >= certificate.ratio * (gaps < 0).sum(), (discount, reward)
        if certificate.strict_almost_everywhere:
            gaps = differences(asked, [int(x) for x in rng.integers(0, 10**9, size=question.n_coordinates)])
            assert Fraction(int((gaps > 0).sum()), len(gaps)) >= certificate.bound, discount


@pytest.mark.parametrize("n", [40, pytest.param(2_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("theorem", ["T1", "T2", "T3"])
def test_what_holds_for_all_discounts_holds_at_each(theorem, n):
    """At least n certificates of each theorem, checked and compared with whole orbits at three random discounts."""
    found = 0
    for question, rng in itertools.chain.from_iterable(zip(small_questions(11), planted_questions(16), strict=True)):
        for certificate in certify(under(question, EVERY))[0]:
            if certificate.theorem == theorem:
                found += 1
                assert_true_at_discounts(question, certificate, rng)
                if found % 5 == 0:
                    assert check(certificate.document).accepted
        if found >= n:
            break


@pytest.mark.parametrize("n", [120, pytest.param(2_000, marks=pytest.mark.slow)])
def test_what_is_settled_at_once_holds_at_every_discount_and_near_one(n):
    """T5 by settling soon, n certificates that say less than all, a third of them for Blackwell optimality."""
    found = ratios = strict = 0
    for question, rng in small_questions(15):
        how = Criterion("blackwell") if found % 3 == 0 else EVERY
        settled = next((c for c in certify(under(question, how))[0] if c.theorem == "T5"), None)
        if settled is None or settled.bound == 1:
            continue
        found += 1
        ratios += settled.ratio is not None
        strict += settled.strict_almost_everywhere
        assert (settled.epsilon, settled.proof.steps) == (None, 1)
        assert_true_at_discounts(question, settled, rng)
        assert check(settled.document).accepted
        if found == n:
            break
    assert min(ratios, strict) > n // 12


def test_settling_at_once_needs_no_list_of_outcomes_and_no_long_discount():
    """A lake of 64 states: the bound of one discount, verified for all of them; the checker needs no vectors."""
    lake = ow.formats.load("gym:FrozenLake-v1?map_name=8x8&is_slippery=false")
    sides = {"at": "0", "prefer": "avoid:@hole", "over": "enter:@hole"}
    alone, *together = (
        next(c for c in certify(ow.ask(lake, **sides, **how))[0] if c.theorem == "T5" and c.epsilon is None)
        for how in ({"discount": "9/10"}, {"discount": "all"}, {"discount": "1/2..3/4"}, {"criterion": "blackwell"})
    )
    for certificate in together:
        assert (certificate.bound, certificate.ratio) == (alone.bound, alone.ratio) == (Fraction(3, 64), None)
        verdict = check(certificate.document)
        assert verdict.accepted
        assert not any("stand for all discounts" in step for step in verdict.steps)


def test_settling_in_two_steps_is_not_certified_for_every_discount():
    """The reason says that one certain step is needed."""
    question = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy", discount="all")
    found, missing = certify(question)
    assert all(c.theorem != "T5" for c in found)
    assert any(m.theorem == "T5" and "one certain step" in m.reason for m in missing)


def test_an_interval_and_blackwell_get_the_proofs_of_all_discounts():
    """Functions that agree on an interval, or near 1, agree everywhere: there are no other copies."""
    for question, _ in itertools.islice(small_questions(12), 30):
        interval = Criterion("discounted", discounts=(Fraction(1, 2), Fraction(9, 10)))
        found = [certify(under(question, how))[0] for how in (EVERY, interval, Criterion("blackwell"))]
        assert len({tuple((c.theorem, c.bound, c.ratio) for c in each) for each in found}) == 1
        assert all(check(c.document).accepted for each in found for c in each)


def test_outcomes_agree_at_the_telling_discount_only_if_they_agree_everywhere():
    """As many distinct outcomes there as at any of ten discounts, permuted ones of both sides included."""
    for question, rng in itertools.islice(small_questions(13), 60):
        told = under(question, EVERY).proof_outcomes
        for _ in range(5):
            discount = Fraction(int(rng.integers(1, 1000)), 1001)
            listed = under(question, Criterion("discounted", discount)).outcomes
            assert all(len(ours) >= len(theirs) for ours, theirs in zip(told, listed, strict=True))
            kinds = [
                len({tuple(sorted(x for _, x in v)) for side in sides for v in side.vectors})
                for sides in (told, listed)
            ]
            assert kinds[0] >= kinds[1]


def test_which_outcomes_are_vertices_does_not_depend_on_the_discount():
    """OPTS, Lemma E.33, for sets without a duty to enter or to end: as many vertices at every discount."""
    from orbitwise.outcomes.vertices import find_vertices

    tried = 0
    for question, rng in small_questions(14):
        arena = question.play.over_arena
        if arena.full_memory or arena.end_nodes is not None:
            continue
        discounts = [Fraction(int(rng.integers(1, 50)), 51) for _ in range(2)]
        listed = [under(question, Criterion("discounted", g)).outcomes[1] for g in discounts]
        listed.append(under(question, EVERY).proof_outcomes[1])
        told = listed.pop()
        for over in listed:  # where two outcomes coincide by accident the list is shorter
            assert len(over) < len(told) or find_vertices(over) == find_vertices(told)
        tried += len(listed[0]) > 2
        if tried == 15:
            break


def test_the_telling_discount_is_refused_where_it_would_be_too_long():
    """Thousands of states with long denominators: the refusal says what to ask instead."""
    builder = ow.Builder("long")
    for k in range(600):
        p = Fraction(1, 10**6 + k)
        builder.add(f"s{k}", "on", {f"s{(k + 1) % 600}": p, f"s{k}": 1 - p})
    mdp = builder.build()
    with pytest.raises(NotSupported, match="ask for one discount"):
        find_identity_discount(mdp, 0, 1)
