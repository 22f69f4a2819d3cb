"""Certificates made by hand are accepted with the bound that the theorem gives, and the bound is true."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction

import numpy as np
import pytest
from checker_certificates import BASES, candy_copies, candy_orbits, candy_tree
from checker_oracle import count_orbits

from orbitwise.checker import check, check_text
from orbitwise.errors import InvalidInput


@pytest.mark.parametrize("name", BASES)
def test_a_true_certificate_is_accepted_with_its_bound(name):
    """Checked as decoded data and as text; the reason states the bound, the steps say what was done."""
    make, bound = BASES[name]
    document = make()
    for verdict in (check(document), check_text(json.dumps(document)), check_text(json.dumps(document, indent=2))):
        assert verdict.accepted, verdict.reason
        assert verdict.bound == Fraction(bound)
        assert verdict.theorem == document["theorem"]
        assert bound in verdict.reason
        assert len(verdict.steps) >= 3


@pytest.mark.parametrize("name", [name for name in BASES if not name.startswith(("peril", "lanes"))])
def test_an_accepted_bound_holds_on_whole_orbits(name):
    """Brute force over all permutations of rewards with and without ties; generic rewards for the strict claim."""
    document = BASES[name][0]()
    bound, ratio = Fraction(document["bound"]), Fraction(document["ratio"] or 0)
    rng = np.random.default_rng(7)
    rewards = [rng.integers(0, top, len(document["coordinates"])).tolist() for top in (2, 3, 10**5)]
    counts = count_orbits(document, [dict(zip(document["coordinates"], r, strict=True)) for r in rewards])
    for ahead, behind, tied in counts:
        assert ahead + tied >= bound * (ahead + behind + tied)
        assert ahead >= ratio * behind
    ahead, behind, tied = counts[-1]
    assert not document["strict_almost_everywhere"] or ahead >= bound * (ahead + behind + tied)


def test_the_bound_of_candy_is_attained():
    """Distinct values: of the 120 arrangements, candy has the best of the three sweets' values in a third."""
    reward = {"Start": 0, "candy": 1, "Wait!": 2, "chocolate": 3, "hug": 4}
    assert count_orbits(candy_tree(), [reward]) == [(80, 40, 0)]


def test_claiming_less_than_strict_is_allowed_and_claiming_another_number_is_not():
    """``strict_almost_everywhere`` may be false; a bound below the derived one is rejected with both numbers."""
    modest = {**candy_orbits(), "strict_almost_everywhere": False}
    assert check(modest).accepted
    assert "almost every" not in check(modest).reason
    low = check({**candy_orbits(), "bound": "1/2"})
    assert not low.accepted
    assert low.reason == "bound: claims 1/2, the proof gives 2/3"
    assert low.bound is None


def test_numbers_may_be_integers_or_text_and_need_not_be_reduced():
    """2, "2", "4/2" are the same ratio; "2.0" and " 2" are no numbers."""
    for ratio in (2, "2", "4/2"):
        assert check({**candy_copies(), "ratio": ratio}).accepted
    for ratio in ("2.0", " 2", "+2", "2/0", "02", "2/-1", "²", "٢", "", 2.0, True, [2]):
        verdict = check({**candy_copies(), "ratio": ratio})
        assert not verdict.accepted
        assert verdict.reason.startswith("ratio: ")


def test_the_limit_counts_policies_or_cycles_and_must_be_positive():
    """Candy has one cycle for B and needs two for A: three are enough, two are not."""
    assert check(candy_copies(), limit=3).accepted
    verdict = check(candy_copies(), limit=2)
    assert not verdict.accepted
    assert "more than the 2 policies or cycles" in verdict.reason
    with pytest.raises(InvalidInput, match="at least 1"):
        check(candy_copies(), limit=0)


def test_every_order_of_generators_and_vectors_is_accepted():
    """The proof's lists are sets, except where an index refers to them."""
    document = candy_orbits()
    for generators in itertools.permutations(document["proof"]["generators"]):
        for prefer in itertools.permutations(document["proof"]["prefer"]):
            changed = {**document["proof"], "generators": list(generators), "prefer": list(prefer)}
            assert check({**document, "proof": changed}).accepted


def test_a_copy_that_is_also_a_vector_of_the_other_side_proves_nothing_strict():
    """If A may do all that B does, nothing need move: A is at least as good, but never better for some rewards."""
    document = candy_copies()
    document["question"]["prefer"] = document["question"]["over"]
    document["proof"]["involutions"] = [[]]
    document |= {"ratio": 1, "bound": "1/2"}
    assert check(document).reason.startswith("strict_almost_everywhere: ")
    assert check({**document, "strict_almost_everywhere": False}).accepted
