"""Blackwell verdicts are those of all discounts near 1, and shares over the discounts are what each discount shows.

The oracle lists outcomes at one discount, so near 1 that no difference of two of them has a root beyond it: its
numerator is a polynomial in t = 1 - g with integer coefficients that sum to at most 2^(2n+1) H sum|r| in size (H as in
``orbitwise.outcomes.identity``), so it keeps its sign for t below one over that.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

import orbitwise as ow
from brute_force import differences, orbit_of, random_question, random_rewards
from orbitwise.evidence.comparison import prepare_comparison
from orbitwise.evidence.counts import count_orbit
from orbitwise.evidence.counts_implicit import count_by_solving
from orbitwise.evidence.discount_curve import find_discount_curve
from orbitwise.evidence.graph_form import GraphProof, find_graph_proof
from orbitwise.evidence.kinds import NotAffordable, OrbitCount
from orbitwise.evidence.witnesses import find_witness
from orbitwise.outcomes.criteria import ALL_DISCOUNTS, Criterion
from orbitwise.outcomes.identity import find_identity_discount
from orbitwise.outcomes.question import Question
from orbitwise.solvers.blackwell import compare_exactly, prepare_blackwell

BLACKWELL = Criterion("blackwell")
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


def last_discount(question, reward):
    """A discount beyond which no comparison changes on the orbit of an integer reward."""
    memories = 1 + max(question.play.prefer_arena.full_memory, question.play.over_arena.full_memory)
    bound = 1 / find_identity_discount(question.play.environment, question.play.at, memories)
    n = memories * question.n_coordinates
    return 1 - 1 / (bound * 2 ** (2 * n + 1) * (1 + sum(map(abs, reward))))


def truth_near_one(question, reward):
    """The four-way count at that discount, by brute force."""
    gaps = differences(question.at_discount(last_discount(question, reward)), reward)
    return OrbitCount(int((gaps > 0).sum()), int((gaps < 0).sum()), int((gaps == 0).sum()))


@pytest.mark.parametrize("n", [80, pytest.param(2_000, marks=pytest.mark.slow)])
def test_blackwell_counts_are_those_of_discounts_near_one(n):
    """Listed outcomes by packed series, and the solvers by policy iteration in series; ties are among the cases."""
    tied = solved = 0
    for question, rng in itertools.islice(small_questions(31), n):
        asked = under(question, BLACKWELL)
        (reward,) = random_rewards(rng, question.n_coordinates, 1)
        exact = [Fraction(x) for x in reward]
        expected = truth_near_one(question, reward)
        assert count_orbit(asked, exact) == expected
        found = count_by_solving(asked, prepare_comparison(asked), exact, work_limit=10**12)
        if not isinstance(found, NotAffordable):
            assert found == expected
            solved += 1
        tied += expected.both > 0
    assert tied > n // 5
    assert solved > n // 2


def test_where_gains_differ_they_decide_and_where_they_tie_the_rest_does():
    """Both happen: a strict average verdict is Blackwell's, and some average ties are none near discount 1."""
    broken = 0
    for question, rng in itertools.islice(small_questions(32), 150):
        arenas = question.play.prefer_arena, question.play.over_arena
        if any(arena.full_memory or arena.end_nodes is not None for arena in arenas):
            continue
        average = under(question, Criterion("average"))
        plan = prepare_blackwell(*arenas)
        for reward in random_rewards(rng, question.n_coordinates, 2):
            (gap,) = differences(Question(question.coordinates, (), average.criterion, question.play), reward)
            found = compare_exactly(plan, [Fraction(x) for x in reward])
            assert gap == 0 or found == (gap > 0) - (gap < 0)
            broken += gap == 0 and found != 0
    assert broken >= 10


def test_of_the_graph_form_only_the_strict_claim_carries_over():
    """T5 with A' and D apart: near discount 1 the share holds where the values differ, and fails for some with ties."""
    tried = failed = 0
    for question, rng in small_questions(77):
        permutable = None if question.permutes_all else question.permutable_mask
        proof = find_graph_proof(question.play.prefer_arena, question.play.over_arena, permutable=permutable)
        if not isinstance(proof, GraphProof) or not proof.shares_no_state or proof.bound == 1:
            continue
        tried += 1
        apart = [7 * k + int(rng.integers(7)) for k in rng.permutation(question.n_coordinates)]
        assert truth_near_one(question, apart).strict_share >= proof.bound
        (tied,) = random_rewards(rng, question.n_coordinates, 1)
        failed += truth_near_one(question, tied).share < proof.bound
        if tried == 100:
            break
    assert failed


def rational_inside(step, rng):
    """A rational discount of a step, or None at an irrational breakpoint."""
    if step.is_point:
        return step.low.low if step.low.low == step.low.high else None
    low, high = (
        end if isinstance(end, Fraction) else near
        for end, near in ((step.low, getattr(step.low, "high", None)), (step.high, getattr(step.high, "low", None)))
    )
    return low + (high - low) * Fraction(int(rng.integers(1, 10)), 10)


@pytest.mark.parametrize("n", [60, pytest.param(2_000, marks=pytest.mark.slow)])
def test_the_curve_over_the_discounts_is_what_each_discount_shows(n):
    """At a random discount of every step, at every rational breakpoint, and near 1."""
    moving = 0
    for question, rng in itertools.islice(small_questions(33), n):
        (reward,) = random_rewards(rng, question.n_coordinates, 1)
        curve = find_discount_curve(under(question, EVERY), [Fraction(x) for x in reward])
        for step in curve.steps:
            discount = rational_inside(step, rng)
            if discount is not None:
                gaps = differences(question.at_discount(discount), reward)
                assert step.count == OrbitCount(int((gaps > 0).sum()), int((gaps < 0).sum()), int((gaps == 0).sum()))
        assert curve.steps[-1].count == truth_near_one(question, reward)
        moving += len(curve.steps) > 1
    assert moving >= n // 12


def test_an_irrational_breakpoint_is_where_two_values_meet():
    """At Start one road pays at once, the other in the second and third step: they meet where g + g^2 = 1."""
    transitions = {"Start": {"soon": "a", "late": "b"}, "a": {"on": "end"}, "b": {"on": "c"}, "c": {"on": "d"}}
    builder = ow.Builder("roads", start="Start")
    for state, row in {**transitions, "d": {"on": "end"}, "end": {"stay": "end"}}.items():
        for action, successor in row.items():
            builder.add(state, action, successor)
    mdp = builder.build()
    question = ow.ask(mdp, prefer="late", over="soon", discount="all", permute=["Start", "end"])
    reward = [Fraction(int(name in ("a", "c", "d"))) for name in mdp.states]
    first, at, last = find_discount_curve(question, reward).steps
    assert (first.count.share, at.count.share, last.count.share) == (0, 1, 1)
    assert (at.count.both, last.count.both) == (1, 0)
    assert at.low.coefficients == (-1, 1, 1)
    assert abs(float(at.low) - (5**0.5 - 1) / 2) < 1e-15


def test_a_double_root_is_a_tie_at_one_discount():
    """Values that only touch: 1 - 3 g + 9/4 g^2 = (1 - 3/2 g)^2, zero at 2/3 and positive elsewhere."""
    builder = ow.Builder("touch", start="Start")
    builder.add("Start", "up", "u1").add("Start", "level", "v1")
    for name in "uv":
        builder.add(f"{name}1", "on", f"{name}2").add(f"{name}2", "on", f"{name}3").add(f"{name}3", "on", "end")
    builder.add("end", "stay", "end")
    mdp = builder.build()
    question = ow.ask(mdp, prefer="up", over="level", discount="all", permute=["Start", "end"])
    worth = {"u1": Fraction(1), "u2": Fraction(-3), "u3": Fraction(9, 4)}
    steps = find_discount_curve(question, [worth.get(name, Fraction(0)) for name in mdp.states]).steps
    assert [step.count.both for step in steps] == [0, 1, 0]
    assert steps[1].low.low == Fraction(2, 3)
    assert all(step.count.over_only == 0 for step in steps)


def test_blackwell_witnesses_are_true_and_never_below_certificates():
    """The share of the worst reward found, against brute force near 1 and against what is proved for every reward."""
    for question, _ in itertools.islice(small_questions(34), 12):
        asked = under(question, BLACKWELL)
        witness = find_witness(asked, effort=0.05)
        if witness is None or witness.share is None:
            continue
        scale = np.lcm.reduce([x.denominator for x in witness.reward])
        whole = [int(x * int(scale)) for x in witness.reward]
        assert truth_near_one(question, whole).share == witness.share
        assert all(c.bound <= witness.share for c in ow.certify(asked)[0])
        assert len(orbit_of(whole, question.permutable)) >= 1


def test_an_average_optimal_action_need_not_be_blackwell_optimal():
    """The gallery's detour: a tie for every reward in the average, with a note; decided by the detour's own reward."""
    mdp = ow.gallery.load("detour")
    average, blackwell = (ow.ask(mdp, prefer="detour", over="direct", criterion=c) for c in ("average", "blackwell"))
    reward = [Fraction(x) for x in (0, 1, 2)]
    assert count_orbit(average, reward) == OrbitCount(0, 0, 6)
    assert count_orbit(blackwell, reward) == OrbitCount(3, 3, 0)
    assert any("criterion blackwell" in note for note in ow.compare(average, witness=False).notes)
    assert not ow.compare(blackwell, witness=False).notes
    candy = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy")
    assert not ow.compare(candy, witness=False).notes
