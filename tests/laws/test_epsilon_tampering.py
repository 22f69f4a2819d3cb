"""Certificates by mixtures (T5), by settling soon (T5) and by near symmetry (T6), made by hand and tampered with.

What is accepted after random changes is compared with brute force, up to the epsilon that it claims.
"""

from __future__ import annotations

import itertools
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from orbitwise.checker import check

sys.path.append(str(Path(__file__).parents[1] / "unit" / "checker"))

from checker_certificates import policies, unit
from checker_oracle import outcomes_of_set
from epsilon_certificates import EPSILON_BASES as BASES
from epsilon_certificates import MIDDLE, MIXED, horizon_later, near_units
from test_checker_rejects_tampering import mutate

MIXTURES = ("mixed_copies", "mixed_orbits", "mixed_blocks")
EPSILON = ("horizon_later", "near_units")
MANY_DISCOUNTS = ("horizon_for_all", "horizon_on_an_interval", "horizon_for_blackwell")


@pytest.mark.parametrize("base", BASES)
def test_certificates_made_by_hand_are_accepted(base):
    """Each base is accepted with its bound; those up to an epsilon say so in the sentence."""
    document = BASES[base]()
    verdict = check(document)
    assert verdict.accepted, verdict.reason
    assert verdict.bound == Fraction(document["bound"])
    assert ("up to" in verdict.reason) == ("epsilon" in document)


def put(*path_and_value):
    """A change that puts a value at a path."""
    *path, key, value = path_and_value

    def change(document):
        for step in path:
            document = document[step]
        document[key] = value

    return change


def remove(*path):
    """A change that removes what is at a path."""

    def change(document):
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return change


WORSE = [{"y": "1"}, "1/3"]
TAMPERINGS = [
    (EPSILON, put("epsilon", "1/100"), "epsilon: claims 1/100, the proof gives"),
    (EPSILON, put("epsilon", "1/2"), "epsilon: claims 1/2, the proof gives"),
    (EPSILON, put("epsilon", None), "epsilon: claims null"),
    (EPSILON, put("epsilon", 0.09), "epsilon: expected an integer or a string"),
    (EPSILON, remove("epsilon"), "the field 'epsilon' is missing"),
    (EPSILON, put("form", "weak"), "the field 'epsilon' is unknown"),
    (EPSILON, put("strict_almost_everywhere", True), "strict_almost_everywhere: claims a strict bound"),
    (EPSILON, put("ratio", 2), "ratio: claims 2, the proof gives null"),
    (("horizon_at_once", *MIXTURES), put("epsilon", "0"), "the field 'epsilon' is unknown"),
    (("horizon_at_once", *MIXTURES), put("form", "epsilon"), "the field 'epsilon' is missing"),
    (("horizon_at_once", "horizon_later"), put("proof", "steps", 3), "A settles in no state by exactly 3"),
    (("horizon_at_once", "horizon_later"), put("proof", "steps", 0), "the integer 0 is out of range"),
    (("horizon_at_once", "horizon_later"), put("proof", "steps", "1"), "proof.steps"),
    (("horizon_at_once", "horizon_later"), put("proof", "steps", True), "proof.steps"),
    (("horizon_later",), put("proof", "steps", 1), "A settles in no state by exactly 1"),
    (("horizon_at_once", "horizon_later"), put("criterion", {"kind": "average"}), "the horizon form is for discounted"),
    (("horizon_later",), put("criterion", "discount", "99/100"), "epsilon: claims 9/100, the proof gives 99/10000"),
    (("horizon_later",), put("environment", "transitions", "candy", "go", "Start"), "bound: claims 2/3"),
    (("horizon_later",), put("environment", "transitions", "hug", {"leave": "Start"}), "bound: claims 2/3"),
    (
        ("horizon_later",),
        put("environment", "transitions", "Wait!", "hug", {"hug": "1/2", "Start": "1/2"}),
        "bound: claims 2/3",
    ),
    (("horizon_later",), put("criterion", "discount", "all"), "for many discounts at once expected 1 step, found 2"),
    (("horizon_later",), put("criterion", "discount", ["1/2", "9/10"]), "expected 1 step, found 2"),
    (("horizon_later",), put("criterion", {"kind": "blackwell"}), "expected 1 step, found 2"),
    (MANY_DISCOUNTS, put("proof", "steps", 2), "expected 1 step, found 2"),
    (MANY_DISCOUNTS, put("form", "epsilon"), "the field 'epsilon' is missing"),
    (MANY_DISCOUNTS, put("epsilon", "0"), "the field 'epsilon' is unknown"),
    (MANY_DISCOUNTS, put("bound", "1"), "bound: claims 1, the proof gives"),
    (MANY_DISCOUNTS, put("ratio", 3), "ratio: claims 3, the proof gives"),
    (MANY_DISCOUNTS, put("criterion", {"kind": "average"}), "the horizon form is for discounted"),
    (MANY_DISCOUNTS, put("theorem", "T2"), "proof.kind: expected orbits"),
    (MANY_DISCOUNTS, put("question", "over", policies(avoid=["Start"])), "the conditions leave no first action"),
    (("horizon_for_all",), put("question", "over", policies()), "claims a strict bound, but A' and B' share"),
    (
        ("horizon_on_an_interval", "horizon_for_blackwell"),
        put("environment", "transitions", "Start", "a", {"a": "1/2", "b": "1/2"}),
        "bound: claims 2/3, the proof gives 1/2",
    ),
    (
        ("horizon_on_an_interval", "horizon_for_blackwell"),
        put("environment", "transitions", "c", {"leave": "Start"}),
        "",
    ),
    ((*MIXTURES, "near_units"), put("criterion", {"kind": "discounted", "discount": "all"}), ""),
    (("horizon_later",), put("permutable", ["chocolate", "hug"]), "B can get to 'candy', which is not permutable"),
    ((*MIXTURES, "near_units"), put("proof", "mixed", []), ""),
    ((*MIXTURES, "near_units"), remove("proof", "mixed"), "the field 'mixed' is missing"),
    (MIXTURES, put("theorem", "T2"), ""),
    (MIXTURES, put("proof", "mixed", 0, "weights", 0, WORSE), "sum to 5/6, not to 1"),
    (MIXTURES, put("proof", "mixed", 0, "weights", [[{"y": "1"}, "1/3"], [{"z": "1"}, "2/3"]]), "do not combine"),
    (MIXTURES, put("proof", "mixed", 0, "weights", [[{"y": "1"}, "3/2"], [{"z": "1"}, "-1/2"]]), "a positive number"),
    (MIXTURES, put("proof", "mixed", 0, "weights", [[MIDDLE, "1"]]), "is no outcome of A"),
    (MIXTURES, put("proof", "mixed", 0, "weights", []), "sum to 0, not to 1"),
    (MIXTURES, put("proof", "mixed", 0, "weights", [[{"y": "1"}, "1/2"], [{"y": "1"}, "1/2"]]), "is repeated"),
    (MIXTURES, put("proof", "mixed", [*MIXED, *MIXED]), "is listed twice"),
    (
        MIXTURES,
        put("proof", "mixed", [*MIXED, {"vector": {"w": "1"}, "weights": [[{"w": "1"}, 1]]}]),
        "is no vector of A'",
    ),
    (MIXTURES, put("outcomes", "prefer", unit("y")), "is no outcome of A"),
    (("near_units",), put("theorem", "T5"), "do not combine"),
    (("near_units",), put("proof", "mixed", 0, "weights", [[{"x": "1"}, "1"]]), "is no outcome of A"),
    (
        ("near_units",),
        put("proof", "mixed", 0, "weights", [[{"x": "1/10", "y": "9/10"}, "1"]]),
        "epsilon: claims 3/20, the proof gives 19/20",
    ),
    (("near_units",), put("outcomes", "prefer", 0, "x", "1"), "is no outcome of A"),
    (("near_units",), put("outcomes", "over", 0, "z", "9/10"), "is an outcome of B, but neither"),
    (("near_units",), put("proof", "dominated", []), "is an outcome of B, but neither"),
    (
        ("near_units",),
        put("proof", "dominated", 0, "vector", {"z": "1"}),
        "is an outcome of B, but neither",
    ),
    (("near_units",), put("proof", "generators", []), "bound: claims 2/3, the proof gives 0"),
]


@pytest.mark.parametrize(("bases", "change", "words"), TAMPERINGS)
def test_tampering_is_rejected_with_a_reason(bases, change, words):
    """Every way to tamper that is named here is found, at its place."""
    for base in bases:
        document = BASES[base]()
        change(document)
        verdict = check(document)
        assert not verdict.accepted, (base, document)
        assert words in verdict.reason, (base, verdict.reason)


def test_vectors_of_another_sum_are_not_near():
    """Adding a constant to the reward would change what a distance is worth."""
    document = near_units()
    document["outcomes"]["prefer"][0] = {"x": "9/10"}
    document["proof"]["mixed"][0]["weights"][0][0] = {"x": "9/10"}
    assert "whose sum is not that of" in check(document).reason


def test_an_endless_power_is_not_computed():
    """A discount of many digits, or a chain of many steps, is paid for."""
    document = horizon_later()
    document["criterion"]["discount"] = f"1/1{'0' * 9_000}"
    assert "digits" in check(document).reason


def claim_what_is_proved(document):
    """Let the document claim what its proof gives, and check it."""
    verdict = check(document)
    for _ in range(4):
        field = verdict.reason.split(":")[0]
        if "the field 'epsilon' is missing" in verdict.reason and document.get("form") == "epsilon":
            document["epsilon"] = "0"
        elif field == "form" and "expected '" in verdict.reason:
            document["form"] = verdict.reason.split("'")[1]
            if document["form"] != "epsilon":
                document.pop("epsilon", None)
        elif field in ("bound", "ratio", "epsilon") and "the proof gives" in verdict.reason:
            derived = verdict.reason.rpartition(" ")[2]
            document[field] = None if derived == "null" else derived
        else:
            break
        verdict = check(document)
    return verdict


def assert_true_on_orbits(rng, document):
    """Brute force: the claims hold on the orbits of random rewards, up to the epsilon."""
    coordinates = document["coordinates"]
    movable = coordinates if document["permutable"] is None else document["permutable"]
    places = [coordinates.index(c) for c in movable]
    sides = [outcomes_of_set(document, side) for side in ("prefer", "over")]
    discount = document["criterion"].get("discount")
    scale = 1 - float(Fraction(discount)) if isinstance(discount, str) and discount != "all" else 1.0
    for top in (2, 4, 10**4):
        reward = rng.integers(0, top, len(coordinates))
        arrangements = sorted(set(itertools.permutations(reward[places].tolist())))
        variants = np.tile(reward.astype(float), (len(arrangements), 1))
        variants[:, places] = arrangements
        best = [(variants @ rows.T).max(axis=1, initial=-np.inf) for rows in sides]
        margin = scale * (best[0] - best[1])
        allowed = float(Fraction(document.get("epsilon") or 0)) * float(reward.max() - reward.min())
        slack = 1e-6 * top
        assert (margin >= -allowed - slack).mean() >= Fraction(document["bound"]) - Fraction(1, 10**9), document
        if document["ratio"] is not None:
            ahead, behind = (margin > slack).sum(), (margin < -slack).sum()
            assert ahead >= Fraction(document["ratio"]) * int(behind), document


@pytest.mark.parametrize("base", BASES)
def test_what_is_accepted_after_random_tampering_is_true(base):
    """Random changes, then claims to fit: only the proof stands in the way."""
    rng = np.random.default_rng(list(BASES).index(base))
    original = BASES[base]()
    accepted = 0
    for _ in range(400):
        document = mutate(rng, original, original["coordinates"])
        if rng.random() < 0.3:
            document = mutate(rng, document, original["coordinates"])
        assert check(document).reason
        verdict = claim_what_is_proved(document)
        if verdict.accepted and document != original:
            accepted += 1
            assert_true_on_orbits(rng, document)
    assert accepted >= 5
