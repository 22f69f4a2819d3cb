"""The true constant of questions whose answer follows by hand, what is refused, and the parts of the search."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import numpy as np
import pytest

import orbitwise as ow
from orbitwise.errors import InvalidInput
from orbitwise.evidence.constants import Constant, find_constant
from orbitwise.evidence.constants_cases import find_side_symmetries, list_cases
from orbitwise.evidence.constants_exclusions import find_cliques
from orbitwise.evidence.constants_planes import find_signs, find_won, make_planes
from orbitwise.evidence.counts import count_orbit
from orbitwise.evidence.counts_reduction import reduce_outcomes
from orbitwise.evidence.kinds import NotAffordable

HALVES = [["1/2", "1/2", 0], ["1/2", 0, "1/2"], [0, "1/2", "1/2"]]


def units(d, places):
    """Unit vectors."""
    return [[int(i == place) for i in range(d)] for place in places]


def dense(seed, d, n_prefer, n_over, total=9):
    """Outcomes with one sum and no planned symmetry."""
    rows = np.random.default_rng(seed).multinomial(total, np.ones(d) / d, size=n_prefer + n_over).tolist()
    return ow.ask_vectors(prefer=rows[:n_prefer], over=rows[n_prefer:])


def test_candy():
    """MORE: two treats against one, so 2/3."""
    question = ow.ask(ow.gallery.load("candy"), at="Start", prefer="Wait!", over="candy")
    assert find_constant(question).share == Fraction(2, 3)


@pytest.mark.parametrize(("a", "b"), [(1, 1), (1, 4), (2, 3), (3, 2), (6, 1), (51, 2)])
def test_interchangeable_units_give_their_fraction(a, b):
    """With distinct values the best of a + b unit outcomes is equally often each of them: a / (a + b)."""
    question = ow.ask_vectors(prefer=units(a + b, range(a)), over=units(a + b, range(a, a + b)))
    constant = find_constant(question)
    assert constant.share == Fraction(a, a + b)
    assert count_orbit(question, constant.reward).share == Fraction(a, a + b)


def test_deaths_and_lives():
    """MORE: two deaths against 51 lives, 51/53."""
    question = ow.ask(ow.formats.load("gallery:deaths-and-lives?deaths=2&lives=51"), prefer="live", over="die")
    assert find_constant(question).share == Fraction(51, 53)


def test_a_constant_above_every_certificate():
    """The mean of x and y beats x, and the mean of y and z, just when y > x > z: one order in six, so 5/6."""
    question = ow.ask_vectors(prefer=[[1, 0, 0], HALVES[2]], over=[HALVES[0]])
    assert find_constant(question).share == Fraction(5, 6)
    assert all(certificate.bound < Fraction(5, 6) for certificate in ow.certify(question)[0] if not certificate.epsilon)


def test_the_constant_depends_on_gaps():
    """2x against y + z: B wins when x is lowest, and when it is in the middle and low: 2 of 3 at worst."""
    question = ow.ask_vectors(prefer=[[2, 0, 0]], over=[[0, 1, 1]])
    constant = find_constant(question)
    assert constant.share == Fraction(1, 3)
    high, middle, low = sorted(constant.reward, reverse=True)
    assert 2 * middle < high + low


def test_discounted_candy():
    """(w + max(c, h)) / 2 against the candy x at discount 1/2, with values v1 > v2 > v3 > v4 where the drops grow fast.

    x = v1 and x = v2 win always, x = v3 when w = v4: 1/4 + 1/4 + 1/12. Nothing wins more: x = v3 loses when w or
    max(c, h) is v1 and the other v2, and x = v4 always. Five values with growing drops are as bad for every four.
    """
    question = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy", discount="1/2")
    assert find_constant(question).share == Fraction(5, 12)


def test_sums_that_differ_let_the_sign_decide():
    """One x against 2x: with positive values B wins always; 2x against x: with negative ones."""
    for prefer, over in ((1, 2), (2, 1)):
        question = ow.ask_vectors(prefer=[[prefer, 0, 0]], over=[[over, 0, 0]])
        constant = find_constant(question)
        assert constant.share == 0
        assert all((over - prefer) * x > 0 for x in constant.reward)


def test_a_fixed_coordinate_can_outweigh_all():
    """When B's own state keeps its value, that value can be the largest of all."""
    question = ow.ask_vectors(prefer=units(4, [0, 1, 2]), over=units(4, [3]), permute=["0", "1", "2"])
    constant = find_constant(question)
    assert constant.share == 0
    assert constant.reward[3] > max(constant.reward[:3])


def test_a_fixed_coordinate_inside_both_sides():
    """max(x, f) against y with f fixed: f can be low; then x against y, 1/2."""
    question = ow.ask_vectors(prefer=units(3, [0, 2]), over=units(3, [1]), permute=["0", "1"])
    assert find_constant(question).share == Fraction(1, 2)


def test_shared_outcomes_count_for_a_in_the_weak_form_only():
    """A = {x, y}, B = {y, z}: A is at least as good when x or y is best, better when x is."""
    question = ow.ask_vectors(prefer=units(3, [0, 1]), over=units(3, [1, 2]))
    assert find_constant(question).share == Fraction(2, 3)
    strict = find_constant(question, form="strict")
    assert strict.share == Fraction(1, 3)
    assert count_orbit(question, strict.reward).strict_share == Fraction(1, 3)


def test_equal_sides():
    """The same set is always at least as good, and never better."""
    question = ow.ask_vectors(prefer=units(3, [0, 1]), over=units(3, [0, 1]))
    assert find_constant(question).share == 1
    assert find_constant(question, form="strict").share == 0


def test_outcomes_inside_the_hull_do_not_count():
    """The mean of two outcomes of B is never better than both."""
    question = ow.ask_vectors(prefer=units(3, [2]), over=[*units(3, [0, 1]), HALVES[0]])
    assert find_constant(question).share == Fraction(1, 3)


def test_states_that_do_not_matter_cost_nothing():
    """Among 30 permutable states three matter: the constant for three values is attained with thirty."""
    names = [str(i) for i in range(30)]
    rows = [[row + [0] * 27 for row in side] for side in ([[1, 0, 0], HALVES[2]], [HALVES[0]])]
    constant = find_constant(ow.ask_vectors(prefer=rows[0], over=rows[1], coordinates=names))
    assert constant.share == Fraction(5, 6)
    assert len(set(constant.reward)) > 3


def test_six_coordinates_without_symmetry():
    """720 cases: the reward attains the constant, and no structured reward does worse."""
    question = dense(3, 6, 2, 2)
    constant = find_constant(question)
    assert "720 cases" in constant.how
    assert count_orbit(question, constant.reward).share == constant.share
    for reward in (
        [2**i for i in range(6)],
        [-(2**i) for i in range(6)],
        range(6),
        [1, 0, 0, 0, 0, 0],
        [0, 0, 0, 1, 1, 1],
    ):
        assert count_orbit(question, [Fraction(x) for x in reward]).share >= constant.share


def test_a_proved_bound_ends_the_search():
    """The result is the same, with fewer regions looked at."""
    question = dense(3, 6, 2, 2)
    plain = find_constant(question)
    quick = find_constant(question, lower=plain.share)
    assert quick.share == plain.share
    assert regions(quick) < regions(plain)


def test_a_false_bound_is_named():
    """A reward below the bound contradicts it."""
    with pytest.raises(InvalidInput, match="has the share"):
        find_constant(dense(3, 6, 2, 2), lower=Fraction(9, 10))


def test_an_unknown_form_is_named():
    """Only weak and strict."""
    with pytest.raises(InvalidInput, match="weak or strict"):
        find_constant(dense(3, 4, 1, 1), form="wide")


def test_too_many_coordinates_are_refused_before_the_work():
    """12! ways to give 12 values are counted, not gone through."""
    found = find_constant(dense(1, 12, 2, 2, total=40))
    assert isinstance(found, NotAffordable)
    assert f"{factorial(12):,}" in found.reason
    assert found.work > found.limit


def test_what_is_known_is_said_when_the_search_stops():
    """The fractions between which the constant lies."""
    question = dense(5, 6, 3, 3)
    true = find_constant(question)
    assert isinstance(true, Constant)
    assert regions(true) > 20
    preparation = find_constant(question, work_limit=10**8).work
    found = find_constant(question, work_limit=preparation + 5 * 10**6)
    assert isinstance(found, NotAffordable)
    assert "lies between" in found.reason
    low, high = (Fraction(word.strip(";,")) for word in found.reason.split("between ")[1].split()[:3:2])
    assert low <= true.share <= high
    assert low < high


def test_outcomes_that_are_not_listed_are_refused():
    """The reason says so."""
    question = ow.ask(ow.gallery.load("opts-figure-1"), prefer="avoid:0", over="enter:0", limit=2)
    found = find_constant(question)
    assert isinstance(found, NotAffordable)
    assert "listed" in found.reason


def prepared(question):
    """The cases of a question and their planes."""
    sides = question.outcomes
    reduction = reduce_outcomes(*sides, None, question.permutable)
    symmetries = find_side_symmetries(question, sides[0].vectors, sides[1].vectors)
    cases = list_cases(reduction, symmetries, len(question.permutable))
    return cases, make_planes(cases, [1] * len(cases.free))


def test_cases_stand_for_all_assignments():
    """Their weights sum to 5!; four interchangeable units leave one case for each value of the fifth."""
    cases, _ = prepared(ow.ask_vectors(prefer=units(5, range(4)), over=units(5, [4])))
    assert cases.total == factorial(5)
    assert sorted(cases.weights.tolist()) == [24] * 5


@pytest.mark.parametrize("seed", range(4))
def test_cases_agree_with_the_count(seed):
    """At random gaps the weight of the cases that B wins is the exact count of the orbit."""
    question = dense(seed, 4, 2, 2)
    cases, planes = prepared(question)
    rng = np.random.default_rng(seed)
    everything = np.arange(len(planes.normals))
    for _ in range(20):
        point = tuple(rng.integers(0, 50, size=3).tolist())
        values, _ = cases.values_at(point)
        if len(set(values)) == 4:
            won = find_won(planes, find_signs(planes, everything, [point])[:, 0])
            counted = count_orbit(question, [Fraction(x) for x in values])
            assert int(cases.weights[won].sum()) == counted.over_only


@pytest.mark.parametrize("seed", range(6))
def test_cliques_exclude_each_other(seed):
    """At no point does B win two cases of one clique."""
    question = dense(seed, 5, 2, 2)
    cases, planes = prepared(question)
    cliques = find_cliques(planes, cases.weights)
    rng = np.random.default_rng(seed)
    points = [tuple(row) for row in np.rint(10 ** rng.uniform(0, 3, size=(500, 4))).astype(int).tolist()]
    signs = find_signs(planes, np.arange(len(planes.normals)), points)
    assert len(set(cliques.tolist())) < len(cliques)
    for column in signs.T:
        won = cliques[find_won(planes, column)]
        assert len(set(won.tolist())) == len(won)


def test_signs_are_exact_where_floats_are_not():
    """Points one unit off a plane, at a distance of 10^40."""
    large = 10**40
    _, planes = prepared(ow.ask_vectors(prefer=[[1, 0, 1]], over=[[0, 2, 0]]))
    which = np.array([i for i, normal in enumerate(planes.normals) if normal == (1, -1)])
    points = [(large, large), (large + 1, large), (large, large + 1)]
    assert find_signs(planes, which, points).tolist() == [[0, 1, -1]]


def test_large_denominators_stay_exact():
    """A discount near 1 gives entries beyond 64 bits; the constant is still attained by its reward."""
    question = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy", discount="0.9999999999")
    constant = find_constant(question)
    assert count_orbit(question, constant.reward).share == constant.share
    assert max(x.numerator for side in question.outcomes for v in side.vectors for _, x in v) > 2**31


def regions(constant):
    """How many regions the search looked at."""
    return int(constant.how.split()[-1].replace(",", ""))
