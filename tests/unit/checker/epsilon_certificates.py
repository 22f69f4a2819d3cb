"""Certificates by mixtures (T5), by settling soon (T5) and by near symmetry (T6), made by hand."""

from __future__ import annotations

import json

from checker_certificates import CANDY, about, policies, unit


def claim(subject, theorem, kind, form, bound, proof, *, ratio=None, epsilon=None, strict=False):
    """A whole certificate."""
    claims = {"theorem": theorem, "form": form, "bound": bound, "ratio": ratio, "strict_almost_everywhere": strict}
    document = {**subject, **claims, "proof": {"kind": kind, **proof}}
    if epsilon is not None:
        document["epsilon"] = epsilon
    return json.loads(json.dumps(document))


def given(names, prefer, over):
    """The subject of a certificate about given vectors."""
    return {
        "format": "orbitwise-certificate",
        "version": 1,
        "criterion": {"kind": "given"},
        "coordinates": list(names),
        "permutable": None,
        "environment": None,
        "question": None,
        "outcomes": {"prefer": prefer, "over": over},
    }


HALVES = given("wxyz", unit("y", "z"), [{"w": "1/2", "x": "1/2"}])
MIDDLE = {"y": "1/2", "z": "1/2"}
MIXED = [{"vector": MIDDLE, "weights": [[{"y": "1"}, "1/2"], [{"z": "1"}, "1/2"]]}]
OVER = [{"w": "1/2", "x": "1/2"}]
SWAP = [["w", "y"], ["x", "z"]]


def mixed_copies():
    """The middle of y and z is as good a copy of the middle of w and x as an outcome would be."""
    proof = {"over": OVER, "dominated": [], "involutions": [SWAP], "mixed": MIXED}
    return claim(HALVES, "T5", "copies", "n-to-1", "1/2", proof, ratio=1, strict=True)


def mixed_orbits():
    """The same by a group."""
    both_ways = [*SWAP, *([b, a] for a, b in SWAP)]
    proof = {"prefer": [MIDDLE], "over": OVER, "dominated": [], "generators": [both_ways], "interior": []}
    return claim(HALVES, "T5", "orbits", "weak", "1/2", {**proof, "mixed": MIXED}, strict=True)


def mixed_blocks():
    """The same by blocks."""
    proof = {"prefer": [[MIDDLE]], "over": [OVER], "dominated": [], "swaps": [[SWAP]], "mixed": MIXED}
    return claim(HALVES, "T5", "blocks", "strict-ratio", "1/2", proof, ratio=1, strict=True)


def horizon_at_once():
    """Candy now, against waiting and then any: 1 of the 4 states after Start, at once."""
    subject = about(
        CANDY, "Start", policies(take="candy"), policies(take="Wait!"), {"kind": "discounted", "discount": "9/10"}
    )
    return claim(subject, "T5", "horizon", "weak", "1/4", {"steps": 1}, strict=True)


def horizon_later():
    """Waiting reaches chocolate and hug in two steps, which costs 9/10 - 81/100 of the reward's range at most."""
    subject = about(
        CANDY, "Start", policies(take="Wait!"), policies(take="candy"), {"kind": "discounted", "discount": "9/10"}
    )
    return claim(subject, "T5", "horizon", "epsilon", "2/3", {"steps": 2}, epsilon="9/100")


def near_units():
    """Two outcomes near x and y, one near z: 2/3, up to 1/10 + 1/20."""
    prefer = [{"x": "9/10", "y": "1/10"}, {"x": "1/10", "y": "9/10"}]
    over = [{"z": "19/20", "x": "1/20"}]
    proof = {
        "prefer": unit("x", "y"),
        "over": unit("z"),
        "dominated": [{"vector": over[0], "weights": [[0, "1"]]}],
        "generators": [[["x", "y"], ["y", "z"], ["z", "x"]]],
        "interior": [],
        "mixed": [
            {"vector": {"x": "1"}, "weights": [[prefer[0], "1"]]},
            {"vector": {"y": "1"}, "weights": [[prefer[1], "1"]]},
        ],
    }
    return claim(given("xyz", prefer, over), "T6", "orbits", "epsilon", "2/3", proof, epsilon="3/20")


def horizon_for_all():
    """Candy now, whatever the discount."""
    document = horizon_at_once()
    document["criterion"]["discount"] = "all"
    return document


def horizon_on_an_interval():
    """Two ways to stay against one, at once, for a closed interval of discounts."""
    rooms = {"Start": {each: each for each in "abc"}, **{each: {"stay": each} for each in "abc"}}
    criterion = {"kind": "discounted", "discount": ["1/2", "9/10"]}
    subject = about(rooms, "Start", policies(avoid=["c"]), policies(take="c"), criterion)
    return claim(subject, "T5", "horizon", "strict-ratio", "2/3", {"steps": 1}, ratio=2, strict=True)


def horizon_for_blackwell():
    """The same near discount 1."""
    return {**horizon_on_an_interval(), "criterion": {"kind": "blackwell"}}


EPSILON_BASES = {
    base.__name__: base
    for base in (
        *(mixed_copies, mixed_orbits, mixed_blocks, horizon_at_once, horizon_later, near_units),
        *(horizon_for_all, horizon_on_an_interval, horizon_for_blackwell),
    )
}
