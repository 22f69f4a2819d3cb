"""Bounds up to an epsilon on examples worked out by hand, and how the doors show them."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np

import orbitwise as ow
from orbitwise.checker import check
from orbitwise.evidence.near import find_nearest, uniform_probability
from orbitwise.report.html import render_html
from orbitwise.report.text import plain_text


def corridor(n):
    """At each of n cells one may stay, or go on; the other door of the start is a trap."""
    builder = ow.Builder("corridor")
    builder.add("start", "trap", "trap")
    builder.add("trap", "stay", "trap")
    builder.add("start", "on", "c1")
    for k in range(1, n + 1):
        builder.add(f"c{k}", "stay", f"c{k}")
        if k < n:
            builder.add(f"c{k}", "on", f"c{k + 1}")
    return builder.build()


def horizon_points(question):
    return [(c.bound, c.epsilon) for c in ow.certify(question)[0] if c.document["proof"]["kind"] == "horizon"]


def test_the_trade_off_goes_from_one_step_to_all():
    """Cells c1 to cn within n steps against one trap: n/(n+1), up to g - g^n; six of the forty points."""
    g = Fraction(99, 100)
    points = horizon_points(ow.ask(corridor(40), prefer="on", over="trap", discount=g))
    assert len(points) == 6
    assert points[0] == (Fraction(1, 2), None)
    steps = [round(float(bound / (1 - bound))) for bound, _ in points]
    assert {1, 40} < set(steps)
    for n, (bound, epsilon) in zip(steps, points, strict=True):
        assert bound == Fraction(n, n + 1)
        assert (epsilon or 0) == g - g**n


def test_a_fixed_state_that_only_the_other_side_visits_forbids_the_bound():
    """The trap's reward stays where it is, so it may be the largest whatever is permuted."""
    question = ow.ask(corridor(3), prefer="on", over="trap", discount="1/2", permute=["c1", "c2", "c3"])
    assert horizon_points(question) == []
    assert any("not permuted" in gap.reason for gap in ow.certify(question)[1] if gap.theorem == "T5")


def test_a_random_first_step_reaches_nothing_surely():
    """The certain steps must begin with the first."""
    builder = ow.Builder("chance")
    builder.add("start", "risk", {"a": "1/2", "b": "1/2"})
    builder.add("start", "safe", "c")
    for name in "abc":
        builder.add(name, "stay", name)
    mdp = builder.build()
    assert horizon_points(ow.ask(mdp, prefer="risk", over="safe", discount="1/2")) == []
    assert horizon_points(ow.ask(mdp, prefer="safe", over="risk", discount="1/2")) == [(Fraction(1, 3), None)]


def test_the_nearest_combination_is_found_exactly():
    """1/2 x + 1/2 y is the middle of x and y, and 1/4 from 3/4 x + 1/4 y and z."""
    half, one = Fraction(1, 2), Fraction(1)
    middle = ((0, half), (1, half))
    assert dict(find_nearest(middle, [((0, one),), ((1, one),)])) == {((0, one),): half, ((1, one),): half}
    near = ((0, Fraction(3, 4)), (1, Fraction(1, 4)))
    assert find_nearest(middle, [near, ((2, one),)]) == ((near, one),)


def test_the_probability_for_uniform_rewards_is_a_lower_bound():
    """(2/3) (7/10)^3 for the two doors; 4,000 seeded draws are within 0.04 of the truth but for one seed in 10^5."""
    question = ow.ask_vectors(prefer=[["9/10", "1/10", 0, 0], ["1/10", "9/10", 0, 0]], over=[[0, 0, "4/5", "1/5"]])
    certificate = next(c for c in ow.certify(question)[0] if c.theorem == "T6")
    bound = uniform_probability(certificate)
    assert bound == Fraction(2, 3) * Fraction(7, 10) ** 3
    rewards = np.random.default_rng(0).random((4_000, 4))
    prefer, over = (side.support(rewards) for side in question.outcomes)
    assert (prefer >= over).mean() + 0.04 > bound


def test_shared_unit_vectors_count_for_nothing_in_the_probability():
    """Where the best vector is both sides', an epsilon of either may decide: only A's own count."""
    question = ow.ask_vectors(prefer=[["9/10", "1/10", 0], ["1/10", "9/10", 0]], over=[["1/20", 0, "19/20"]])
    certificate = next(c for c in ow.certify(question)[0] if c.theorem == "T6")
    shared = set(certificate.proof.prefer) & set(certificate.proof.over)
    assert len(shared) == 1
    assert uniform_probability(certificate) == Fraction(1, 3) * (1 - certificate.epsilon) ** 3


def test_a_bound_up_to_an_epsilon_is_no_bound_on_the_share():
    """candy, discounted: 2/3 up to 9/100, but the true constant is 5/12; no door calls 2/3 a bound on the share."""
    question = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy", discount="9/10")
    answer = ow.compare(question, reward={"candy": 1}, epsilon="0,1/2")
    assert answer.best is None or answer.best.bound <= answer.constant.share
    assert (answer.nearly.bound, answer.nearly.epsilon) == (Fraction(2, 3), Fraction(9, 100))
    assert answer.constant.share == Fraction(5, 12)
    document = answer.to_json()
    assert document["lower"] is None or Fraction(document["lower"]["bound"]) <= Fraction(5, 12)
    assert {"epsilon": "9/100", "form": "epsilon", "bound": "2/3"}.items() <= document["others"][-1].items()
    assert "at most 9/100 times the range of the reward worse" in " ".join(plain_text(answer, width=100).split())
    page = render_html(answer)
    assert "up to epsilon" in page
    assert "By how much" in page
    assert json.dumps(document["margins"]["at"][0]["epsilon"]) == '"0"'
    assert check(answer.nearly.document).accepted
