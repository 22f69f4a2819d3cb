"""The published numbers that concern bounds, recurrent state distributions, vertices and orbit counts.

Each row names the environment, the quantity, where it was published and the value. MORE = "The More Power At Stake ..."
(2021); OPTS = arXiv 1912.01683; PRDM = arXiv 2206.13477; REAL = "... For Realistic Agent Objectives"; BROAD = "... in a
Broad Class of Environments".
"""

from __future__ import annotations

from fractions import Fraction

import pytest

import orbitwise as ow
from brute_force import weak_share
from orbitwise.evidence.counts import count_orbit
from orbitwise.outcomes.listing import find_outcomes
from orbitwise.outcomes.vertices import find_vertices

HALF = Fraction(1, 2)


def bounds(question):
    """Bound by theorem."""
    return {c.theorem: c.bound for c in ow.certify(question)[0]}


def named(question_or_mdp, vectors):
    """Vectors as sets of (name, value) pairs."""
    return {frozenset((question_or_mdp.states[i], x) for i, x in v) for v in vectors}


def ask(name, **how):
    return ow.ask(ow.formats.load(f"gallery:{name}"), **how)


BOUNDS = [  # environment, question, theorem, published bound, place
    ("candy", {"prefer": "Wait!", "over": "candy"}, "T1", Fraction(2, 3), "MORE, why this is true"),
    (
        "deaths-and-lives?deaths=2&lives=51",
        {"prefer": "live", "over": "die"},
        "T1",
        Fraction(25, 26),
        "MORE, Conjecture",
    ),
    (
        "deaths-and-lives?deaths=2&lives=51",
        {"prefer": "live", "over": "die"},
        "T2",
        Fraction(51, 53),
        "MORE, Conjecture",
    ),
    ("deaths-and-lives?deaths=2&lives=51", {"prefer": "live", "over": "die"}, "T3", Fraction(51, 53), "theory, T3"),
    ("deaths-and-lives?deaths=2&lives=51", {"prefer": "live", "over": "die"}, "T5", Fraction(51, 53), "theory, T5"),
    ("two-left-three-right", {"prefer": "right", "over": "left"}, "T1", HALF, "REAL, gridworld"),
    ("two-left-three-right", {"prefer": "right", "over": "left"}, "T2", Fraction(3, 5), "theory table, T2"),
    ("opts-figure-1", {"prefer": "avoid:0", "over": "enter:0"}, "T1", Fraction(3, 4), "PRDM D.12: n = 3"),
    ("pixels", {"prefer": "flip 2", "over": "flip 1"}, "T5", Fraction(16, 17), "BROAD: n = 2, average, alive flag"),
    ("candy-split", {"prefer": "Wait!", "over": "candy"}, "T2", HALF, "theory 5: splitting candy in two"),
]


@pytest.mark.parametrize(("environment", "how", "theorem", "published", "place"), BOUNDS)
def test_published_bounds_are_certified(environment, how, theorem, published, place):
    """The certificate's bound is the published one, and the checker accepts it."""
    from orbitwise.checker import check

    certificates = {c.theorem: c for c in ow.certify(ask(environment, **how))[0]}
    assert certificates[theorem].bound == published, place
    assert check(certificates[theorem].document).accepted


def test_features_give_two_thirds_where_states_give_one_half():
    """REAL: rewards of the shapes triangle (left), circle and star (right) permute; outcomes are their features."""
    shapes = {"triangle": 0, "circle": 1, "star": 2}
    question = ask("two-left-three-right", prefer="right", over="left")
    rows = [
        [
            [sum((x for i, x in v if question.coordinates[i] == shape), Fraction(0)) for shape in shapes]
            for v in side.vectors
        ]
        for side in question.outcomes
    ]
    assert bounds(ow.ask_vectors(prefer=rows[0], over=rows[1], coordinates=list(shapes)))["T1"] == Fraction(2, 3)


@pytest.mark.parametrize(
    ("prefer", "over", "published", "place"),
    [
        (10**53, 1, Fraction(10**53, 10**53 + 1), "MORE: one death, 10^53 ways to live"),
        ((100**2) ** 49, 1, Fraction(10**196, 10**196 + 1), "BROAD: 100 x 100 pixels, 50 steps, one frozen history"),
    ],
)
def test_published_bounds_that_cannot_be_listed(prefer, over, published, place):
    """Interchangeable things are bounded by their numbers alone."""
    assert ow.bound_interchangeable(prefer, over).copies == published, place


def test_the_recurrent_distributions_of_figure_1():
    """OPTS figure 1: RSD(*) has six members, and only (e_ru + e_rd)/2 is dominated."""
    mdp = ow.gallery.load("opts-figure-1")
    found = find_outcomes(mdp)
    published = {frozenset({(s, Fraction(1))}) for s in ("ld", "0", "ru", "rd")} | {
        frozenset({("ld", HALF), ("lu", HALF)}),
        frozenset({("ru", HALF), ("rd", HALF)}),
    }
    assert named(mdp, found.vectors) == published
    vertices = named(mdp, [found.vectors[k] for k in find_vertices(found)])
    assert vertices == published - {frozenset({("ru", HALF), ("rd", HALF)})}


def test_prdm_table_1_counts_four_of_six():
    """PRDM Table 1: over the orbit of (10, 5, 0), apple or cherry strictly beats the ghost on 4 of 6 permutations."""
    question = ask("ghost-apple-cherry", prefer="right", over="left", permute=["ghost", "apple", "cherry"])
    count = count_orbit(question, _reward(question, ghost=10, apple=5))
    assert (count.prefer_only, count.size) == (4, 6)


def test_candy_over_all_five_states():
    """Candy 1, chocolate 1/2, hug 1/4, the rest 0: share 2/3 of the 60 distinct permutations."""
    question = ask("candy", prefer="Wait!", over="candy")
    count = count_orbit(question, _reward(question, candy=1, chocolate=HALF, hug=HALF / 2))
    assert (count.size, count.share) == (60, Fraction(2, 3))
    assert weak_share(question, [0, 4, 0, 2, 1]) == Fraction(2, 3)


def test_candy_over_the_three_sweets():
    """Values 1, 1/2 and 0 on the three sweets: Wait! is at least as good on 4 of 6."""
    question = ask("candy", prefer="Wait!", over="candy", permute=["candy", "chocolate", "hug"])
    count = count_orbit(question, _reward(question, candy=1, chocolate=HALF))
    assert (count.prefer_only + count.both, count.size) == (4, 6)


def _reward(question, **values):
    return [Fraction(values.get(name, 0)) for name in question.coordinates]
