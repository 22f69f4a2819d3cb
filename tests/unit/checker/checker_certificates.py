"""Certificates made by hand, each with the bound that its theorem gives; the tests tamper with them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from orbitwise.checker import Verdict, check

Document = dict[str, Any]

AVERAGE = {"kind": "average"}


def policies(**given: Any) -> Document:
    """A SET in which only the given conditions are set."""
    return {"take": None, "always": None, "avoid": [], "enter": [], "end": None, **given}


def unit(*coordinates: str) -> list[Document]:
    """The unit vectors of some coordinates."""
    return [{each: "1"} for each in coordinates]


def about(transitions: Document, at: str, prefer: Document, over: Document, criterion: Document = AVERAGE) -> Document:
    """The part of a certificate that says what is compared, in an environment."""
    return {
        "format": "orbitwise-certificate",
        "version": 1,
        "criterion": dict(criterion),
        "coordinates": list(transitions),
        "permutable": None,
        "environment": {"transitions": copy.deepcopy(transitions)},
        "question": {"at": at, "prefer": prefer, "over": over},
        "outcomes": None,
    }


def claim(subject: Document, theorem: str, bound: str, ratio: Any, *, strict: bool, proof: Document) -> Document:
    """A whole certificate."""
    kind, form = {
        "T1": ("copies", "n-to-1"),
        "T2": ("orbits", "weak"),
        "T3": ("blocks", "strict-ratio"),
        "T5": ("graph", "weak" if ratio is None else "strict-ratio"),
        "constant": ("cases", "weak"),
    }[theorem]
    claims = {"theorem": theorem, "form": form, "bound": bound, "ratio": ratio, "strict_almost_everywhere": strict}
    return copy.deepcopy({**subject, **claims, "proof": {"kind": kind, **proof}})


def claim_what_is_proved(document: Document) -> Verdict:
    """Let the document claim the form, bound and ratio that its proof gives, and check it."""
    verdict = check(document)
    for field in ("form", "bound", "ratio"):
        if field == "form" and verdict.reason.startswith("form: expected"):
            document[field] = verdict.reason.split("'")[1]
        elif verdict.reason.startswith(f"{field}: claims"):
            derived = verdict.reason.rpartition(" ")[2]
            document[field] = None if derived == "null" else derived
        else:
            continue
        verdict = check(document)
    return verdict


# --- candy: the running example; at Start, Wait! (then chocolate or hug) against candy ------------------------------

STAY = {"candy": {"stay": "candy"}, "chocolate": {"stay": "chocolate"}, "hug": {"stay": "hug"}}
CANDY = {
    "Start": {"candy": "candy", "Wait!": "Wait!"},
    "candy": STAY["candy"],
    "Wait!": {"chocolate": "chocolate", "hug": "hug"},
    "chocolate": STAY["chocolate"],
    "hug": STAY["hug"],
}
WAITING = about(CANDY, "Start", policies(take="Wait!"), policies(take="candy"))


def candy_copies() -> Document:
    """Two copies of candy: chocolate and hug."""
    swaps = [[["candy", "chocolate"]], [["candy", "hug"]]]
    proof = {"over": unit("candy"), "dominated": [], "involutions": swaps}
    return claim(WAITING, "T1", "2/3", 2, strict=True, proof=proof)


def candy_orbits() -> Document:
    """The three sweets are one orbit of the group that a swap and a 3-cycle generate; two of them are A's."""
    generators = [
        [["candy", "chocolate"], ["chocolate", "candy"]],
        [["candy", "chocolate"], ["chocolate", "hug"], ["hug", "candy"]],
    ]
    proof = {
        "prefer": unit("chocolate", "hug"),
        "over": unit("candy"),
        "dominated": [],
        "generators": generators,
        "interior": [],
    }
    return claim(WAITING, "T2", "2/3", None, strict=True, proof=proof)


def candy_blocks() -> Document:
    """Two A-blocks, one B-block."""
    proof = {
        "prefer": [unit("chocolate"), unit("hug")],
        "over": [unit("candy")],
        "dominated": [],
        "swaps": [[[["candy", "chocolate"]]], [[["candy", "hug"]]]],
    }
    return claim(WAITING, "T3", "2/3", 2, strict=True, proof=proof)


CANDY_ONLY = {"state": [1], "memory": [0], "rank": [0], "class": [0]}


def candy_tree() -> Document:
    """A tree from Wait! to chocolate and hug; B never leaves candy."""
    tree = {
        "kind": "tree",
        "state": [2, 3, 4],
        "memory": [0, 0, 0],
        "parent": [-1, 0, 0],
        "action": [None, "chocolate", "hug"],
    }
    proof = {"targets": ["chocolate", "hug"], "reach": tree, "over_nodes": CANDY_ONLY}
    return claim(WAITING, "T5", "2/3", 2, strict=True, proof=proof)


def candy_policies() -> Document:
    """The same with one policy per target."""
    each = {"state": [2], "memory": [0], "rank": [1]}
    reach = {
        "kind": "policies",
        "policies": [
            {"target": 3, "action": ["chocolate"], **each},
            {"target": 4, "action": ["hug"], **each},
        ],
    }
    proof = {"targets": ["chocolate", "hug"], "reach": reach, "over_nodes": CANDY_ONLY}
    return claim(WAITING, "T5", "2/3", 2, strict=True, proof=proof)


def candy_narrow() -> Document:
    """Only candy and hug are permuted, so chocolate counts for nothing: 1/2, and 1 to 1."""
    return {**candy_tree(), "permutable": ["candy", "hug"], "bound": "1/2", "ratio": 1}


def one_sweet() -> Document:
    """Candy against waiting: one place against two, so no ratio of at least 1."""
    subject = about(CANDY, "Start", policies(take="candy"), policies(take="Wait!"))
    tree = {"kind": "tree", "state": [1], "memory": [0], "parent": [-1], "action": [None]}
    over = {"state": [2, 3, 4], "memory": [0] * 3, "rank": [1, 0, 0], "class": [-1, 0, 1]}
    proof = {"targets": ["candy"], "reach": tree, "over_nodes": over}
    return claim(subject, "T5", "1/3", None, strict=True, proof=proof)


TEA = {
    "Start": {"sip": "tea", "pour": "milk", "drink": "water", "leave": "rain"},
    **{each: {"stay": each} for each in ("tea", "milk", "water", "rain")},
}


def tea_tree() -> Document:
    """A stays out of the rain, B ends with milk or in the rain: 3/4, but milk is no gain of A's: 2 to 1."""
    subject = about(TEA, "Start", policies(avoid=["rain"]), policies(end=["milk", "rain"]))
    tree = {
        "kind": "tree",
        "state": [0, 1, 2, 3],
        "memory": [0] * 4,
        "parent": [-1, 0, 0, 0],
        "action": [None, "sip", "pour", "drink"],
    }
    over = {"state": [*range(5)], "memory": [0] * 5, "rank": [0] * 5, "class": [-1, -1, 0, -1, 1]}
    proof = {"targets": ["tea", "milk", "water"], "reach": tree, "over_nodes": over}
    return claim(subject, "T5", "3/4", 2, strict=False, proof=proof)


# --- 2 deaths against 51 lives --------------------------------------------------------------------------------------

LIVES = [f"life {i}" for i in range(1, 52)]
DEATHS = ["death 1", "death 2"]
PERIL = {
    "Start": {"live": "Living", "die": "Dying"},
    "Living": {f"to {life}": life for life in LIVES},
    "Dying": {f"to {death}": death for death in DEATHS},
    **{each: {"stay": each} for each in LIVES + DEATHS},
}
LIVING = about(PERIL, "Start", policies(take="live"), policies(take="die"))


def peril_copies() -> Document:
    """25 pairs of lives are copies of the two deaths; one life is left over: 25/26."""
    pairs = [list(zip(DEATHS, LIVES[2 * i : 2 * i + 2], strict=True)) for i in range(25)]
    proof = {
        "over": unit(*DEATHS),
        "dominated": [],
        "involutions": [[list(pair) for pair in each] for each in pairs],
    }
    return claim(LIVING, "T1", "25/26", 25, strict=True, proof=proof)


def peril_orbits() -> Document:
    """All 53 are one orbit: 51/53."""
    everyone = LIVES + DEATHS
    cycle = [list(pair) for pair in zip(everyone, everyone[1:] + everyone[:1], strict=True)]
    proof = {
        "prefer": unit(*LIVES),
        "over": unit(*DEATHS),
        "dominated": [],
        "generators": [cycle],
        "interior": [],
    }
    return claim(LIVING, "T2", "51/53", None, strict=True, proof=proof)


def peril_blocks() -> Document:
    """Each life is interchangeable with each death: 51 to 2."""
    proof = {
        "prefer": [unit(life) for life in LIVES],
        "over": [unit(death) for death in DEATHS],
        "dominated": [],
        "swaps": [[[[life, death]] for death in DEATHS] for life in LIVES],
    }
    return claim(LIVING, "T3", "51/53", "51/2", strict=True, proof=proof)


# --- a stochastic environment: three lanes, each ending in a lottery between two places -----------------------------


def lane(at: str, first: str, second: str) -> Document:
    """Waiting half of the time, then 1 to 2, 2 to 1, or evenly: absorption in thirds, or in halves."""
    return {
        "low": {at: "1/2", first: "1/6", second: "1/3"},
        "high": {at: "1/2", first: "1/3", second: "1/6"},
        "even": {at: "1/2", first: "1/4", second: "1/4"},
    }


PLACES = [("inn", "farm"), ("cave", "hut"), ("rock", "sea")]
LANES = {
    "Start": {"walk": "Fork", "drift": "Drift"},
    "Fork": {"left": "Left", "right": "Right"},
    "Left": lane("Left", *PLACES[0]),
    "Right": lane("Right", *PLACES[1]),
    "Drift": lane("Drift", *PLACES[2]),
    **{place: {"stay": place} for pair in PLACES for place in pair},
}
WALKING = about(LANES, "Start", policies(take="walk"), policies(take="drift"))


def lottery(pair: tuple[str, str], first: str, second: str) -> Document:
    """A lottery between two places."""
    return {pair[0]: first, pair[1]: second}


def thirds(pair: tuple[str, str]) -> list[Document]:
    """The two uneven lotteries between two places."""
    return [lottery(pair, "1/3", "2/3"), lottery(pair, "2/3", "1/3")]


EVEN_DRIFT = [{"vector": lottery(PLACES[2], "1/2", "1/2"), "weights": [[0, "1/2"], [1, "1/2"]]}]


def lane_swap(i: int, j: int) -> list[list[str]]:
    """The involution that swaps two lanes' places."""
    return [list(pair) for pair in zip(PLACES[i], PLACES[j], strict=True)]


def lanes_copies() -> Document:
    """Both lanes of the walk are copies of the drift; the drift's even lottery is dominated."""
    proof = {
        "over": thirds(PLACES[2]),
        "dominated": EVEN_DRIFT,
        "involutions": [lane_swap(2, 0), lane_swap(2, 1)],
    }
    return claim(WALKING, "T1", "2/3", 2, strict=True, proof=proof)


def lanes_orbits() -> Document:
    """The same as a group; here the even lotteries are listed, and shown to be convex combinations."""
    evens = [lottery(pair, "1/2", "1/2") for pair in PLACES]
    both = [lane_swap(0, 1), lane_swap(1, 2)]
    generators = [[pair for a, b in swap for pair in ([a, b], [b, a])] for swap in both]
    proof = {
        "prefer": [*thirds(PLACES[0]), *thirds(PLACES[1]), *evens[:2]],
        "over": [*thirds(PLACES[2]), evens[2]],
        "dominated": [],
        "generators": generators,
        "interior": [{"vector": evens[2], "weights": [[each, "1/2"] for each in thirds(PLACES[2])]}],
    }
    return claim(WALKING, "T2", "2/3", None, strict=True, proof=proof)


def lanes_blocks() -> Document:
    """The same as blocks."""
    proof = {
        "prefer": [thirds(PLACES[0]), thirds(PLACES[1])],
        "over": [thirds(PLACES[2])],
        "dominated": EVEN_DRIFT,
        "swaps": [[lane_swap(0, 2)], [lane_swap(1, 2)]],
    }
    return claim(WALKING, "T3", "2/3", "2", strict=True, proof=proof)


SLIPPERY = {
    "Start": {"push": {"Start": "1/2", "Hall": "1/2"}, "quit": "trap"},
    "Hall": {"left": {"bed": "2/3", "Hall": "1/3"}, "right": {"Start": "1/5", "sofa": "4/5"}, "jump": "trap"},
    "bed": {"stay": "bed"},
    "sofa": {"stay": "sofa", "leave": "Hall"},
    "trap": {"stay": "trap"},
}


def slippery_policies() -> Document:
    """Pushing reaches bed and sofa almost surely, not surely; quitting ends in the trap."""
    subject = about(SLIPPERY, "Start", policies(take="push"), policies(take="quit"))
    rows = {"state": [0, 1], "memory": [0, 0], "rank": [2, 1]}
    reach = {
        "kind": "policies",
        "policies": [
            {"target": 2, "action": ["push", "left"], **rows},
            {"target": 3, "action": ["push", "right"], **rows},
        ],
    }
    over = {"state": [4], "memory": [0], "rank": [0], "class": [0]}
    proof = {"targets": ["bed", "sofa"], "reach": reach, "over_nodes": over}
    return claim(subject, "T5", "2/3", 2, strict=True, proof=proof)


# --- discounted -----------------------------------------------------------------------------------------------------

BOWL = {
    "Start": {"a": "apple", "b": "bread", "c": "cake"},
    "apple": {"stay": "apple"},
    "bread": {"stay": "bread"},
    "cake": {"stay": "cake"},
}
DISCOUNTED = {"kind": "discounted", "discount": "9/10"}


def bowl_copies() -> Document:
    """Avoiding cake against entering it, discounted at 9/10: each outcome is e_Start + 9 e_x, Start being common."""
    subject = about(BOWL, "Start", policies(avoid=["cake"]), policies(enter=[["cake"]]), DISCOUNTED)
    proof = {
        "over": [{"Start": "1", "cake": "9"}],
        "dominated": [],
        "involutions": [[["cake", "apple"]], [["cake", "bread"]]],
    }
    return claim(subject, "T1", "2/3", 2, strict=True, proof=proof)


def bowl_taken() -> Document:
    """The same with a first action that is given: apple against cake, 1/2."""
    subject = about(BOWL, "Start", policies(take="a"), policies(take="c"), DISCOUNTED)
    proof = {
        "prefer": [[{"Start": 1, "apple": 9}]],
        "over": [[{"Start": 1, "cake": 9}]],
        "dominated": [],
        "swaps": [[[["cake", "apple"]]]],
    }
    return claim(subject, "T3", "1/2", 1, strict=True, proof=proof)


# --- vectors given by a user ----------------------------------------------------------------------------------------


def given(prefer: list[Document], over: list[Document]) -> Document:
    """The subject of a certificate about given vectors over x, y, z."""
    return {
        "format": "orbitwise-certificate",
        "version": 1,
        "criterion": {"kind": "given"},
        "coordinates": ["x", "y", "z"],
        "permutable": None,
        "environment": None,
        "question": None,
        "outcomes": {"prefer": prefer, "over": over},
    }


def given_copies() -> Document:
    """Signed vectors: x - y and x - z against z - y; swapping x and z makes a copy. The zero vector is A's too."""
    subject = given([{"x": 1, "y": -1}, {"x": 1, "z": -1}, {}], [{"z": 1, "y": -1}])
    proof = {"over": [{"y": "-1", "z": "1"}], "dominated": [], "involutions": [[["x", "z"]]]}
    return claim(subject, "T1", "1/2", 1, strict=True, proof=proof)


def given_interior() -> Document:
    """The middle of x and y never beats both of them: 1."""
    middle = {"x": "1/2", "y": "1/2"}
    proof = {
        "prefer": unit("x", "y"),
        "over": [middle],
        "dominated": [],
        "generators": [[["x", "y"], ["y", "x"]]],
        "interior": [{"vector": middle, "weights": [[{"x": "1"}, "1/2"], [{"y": "1"}, "1/2"]]}],
    }
    return claim(given(unit("x", "y"), [middle]), "T2", "1", None, strict=True, proof=proof)


# --- always, enter, avoid, end --------------------------------------------------------------------------------------

RETURN = {
    "Start": {"left": "L", "right": "R"},
    "L": {"stay": "L", "back": "Start"},
    "R": {"stay": "R", "back": "Start"},
}


def always_copies() -> Document:
    """Left whenever at Start, against right whenever at Start: mirror images."""
    subject = about(RETURN, "Start", policies(always="left"), policies(always="right"))
    over = [{"R": "1"}, {"Start": "1/2", "R": "1/2"}]
    proof = {"over": over, "dominated": [], "involutions": [[["L", "R"]]]}
    return claim(subject, "T1", "1/2", 1, strict=True, proof=proof)


KEY = {
    "Start": {"search": "key", "go": "door"},
    "key": {"back": "Start"},
    "door": {"in": "vault", "out": "yard", "back": "Start"},
    "vault": {"stay": "vault"},
    "yard": {"stay": "yard"},
}


def key_tree() -> Document:
    """Fetch the key and end in the vault or before the door, against never fetching it and ending in the yard."""
    subject = about(
        KEY, "Start", policies(enter=[["key"]], end=["vault", "Start"]), policies(avoid=["key"], end=["yard", "door"])
    )
    tree = {
        "kind": "tree",
        "state": [0, 1, 0, 2, 3],
        "memory": [0, 1, 1, 1, 1],
        "parent": [-1, 0, 1, 2, 3],
        "action": [None, "search", "back", "go", "in"],
    }
    over = {"state": [0, 2, 3, 4], "memory": [0] * 4, "rank": [3, 2, 1, 0], "class": [-1, -1, -1, 0]}
    proof = {"targets": ["vault"], "reach": tree, "over_nodes": over}
    return claim(subject, "T5", "1/2", 1, strict=True, proof=proof)


def key_cycles() -> Document:
    """Average reward with memory: whoever fetches the key again and again, against never doing so; cycles by hand."""
    subject = about(KEY, "Start", policies(enter=[["key"]]), policies(avoid=["key"]))
    both = [{"vault": "1"}, {"yard": "1"}, {"Start": "1/2", "door": "1/2"}]
    proof = {"prefer": both, "over": both, "dominated": [], "generators": [], "interior": []}
    return claim(subject, "T2", "1", None, strict=False, proof=proof)


# --- A can do whatever B can, because it can come back --------------------------------------------------------------


def returning(subject: Document, goal: int, state: list[int], action: list[str], rank: list[int]) -> Document:
    """A certificate of the return form: a policy of A surely gets to the goal."""
    policy = {"state": state, "memory": [0] * len(state), "action": action, "rank": rank}
    proof = {"kind": "return", "goal": goal, "policy": policy}
    return claim(subject, "T5", "1", None, strict=False, proof=proof)


def return_to_start() -> Document:
    """Left can go back to the start, and then right."""
    subject = about(RETURN, "Start", policies(take="left"), policies(take="right"))
    return returning(subject, 0, [1], ["back"], [1])


GARDEN = {
    "Start": {"stairs": "hall", "door": "garden", "jump": "pond"},
    "hall": {"walk": "garden", "stay": "hall", "dive": "pond"},
    "garden": {"shelter": "shed", "stay": "garden"},
    "shed": {"stay": "shed"},
    "pond": {"stay": "pond"},
}


def return_to_garden() -> Document:
    """Nobody comes back to the start; but from the hall one gets to the garden, to which the door leads."""
    both = {"avoid": ["pond"], "end": ["shed", "garden", "pond"]}
    subject = about(GARDEN, "Start", policies(take="stairs", **both), policies(take="door", **both))
    return returning(subject, 2, [1], ["walk"], [1])


TIDE = {
    "Start": {"wade": {"Start": "1/3", "sand": "1/3", "reef": "1/3"}, "sail": {"isle": "1/4", "cape": "3/4"}},
    "sand": {"back": {"sand": "1/2", "Start": "1/2"}, "swim": {"Start": "2/3", "cape": "1/3"}},
    "reef": {"wait": {"sand": "1/5", "reef": "4/5"}},
    "isle": {"stay": "isle"},
    "cape": {"stay": "cape"},
}


def return_by_chance() -> Document:
    """Wading surely leads back to the start at last, never at a certain time; sailing is a lottery."""
    subject = about(TIDE, "Start", policies(take="wade"), policies(take="sail"))
    return returning(subject, 0, [2, 1], ["wait", "back"], [2, 1])


def return_at_once() -> Document:
    """A may take any action at the start, B must take one of them: there is no way to go."""
    subject = about(TIDE, "Start", policies(), policies(take="sail"))
    return returning(subject, 0, [], [], [])


def four(prefer: list[Document], over: list[Document], permutable: list[str] | None = None) -> Document:
    """Vectors over w, x, y, z."""
    return {
        "format": "orbitwise-certificate",
        "version": 1,
        "criterion": {"kind": "given"},
        "coordinates": ["w", "x", "y", "z"],
        "permutable": permutable,
        "environment": None,
        "question": None,
        "outcomes": {"prefer": prefer, "over": over},
    }


def cases(
    subject: Document, bound: str, values: int, tree: list[Any], sides: tuple[Any, Any] | None = None
) -> Document:
    """A proof by cases, by default with all given vectors."""
    prefer, over = copy.deepcopy(sides or (subject["outcomes"]["prefer"], subject["outcomes"]["over"]))
    proof = {"prefer": prefer, "over": over, "dominated": [], "values": values, "tree": tree}
    return claim(subject, "constant", bound, None, strict=True, proof=proof)


def candy_cases() -> Document:
    """Candy can be best only when it is the largest of three: no cut is needed."""
    return cases(WAITING, "2/3", 3, [None], (unit("chocolate", "hug"), unit("candy")))


def given_inner_cases() -> Document:
    """Two against two, by their sums. Sorted values v0 > v1 > v2 > v3 decide all but v0 + v3 against v1 + v2.

    B may have either pair, and wins with one or the other of them, by the sign of v0 - v1 - v2 + v3.

    One cut, where these gaps are equal, leaves B 12 of 24 cases on either side; without it 16 were possible.
    """
    return cases(four([{"w": 1, "x": 1}], [{"y": 1, "z": 1}]), "1/2", 4, [[0, 2, 1, 1], None, None])


def given_middle_cases() -> Document:
    """The mean of w and x beats w, and the mean of x and y, only when x > w > y: one order in six; z is a spare."""
    halves = [{"w": "1/2", "x": "1/2"}, {"x": "1/2", "y": "1/2"}]
    return cases(four([{"w": 1}, halves[1]], halves[:1]), "5/6", 3, [None])


def given_fixed_cases() -> Document:
    """Either w or z, which stays in place, against x. Two cones, of either level."""
    return cases(four([{"w": 1}, {"z": 1}], [{"x": 1}], ["w", "x", "y"]), "1/2", 2, [None, None])


# --- two situations at once (T7) ------------------------------------------------------------------------------------

DOORS = {
    "left": {"safe": "green", "risky": "pit"},
    "right": {"safe": "green", "risky": "well"},
    "green": {"rest": "green", "walk": "park"},
    "park": {"rest": "park", "walk": "green"},
    "pit": {"stay": "pit"},
    "well": {"stay": "well"},
}


def at_both_doors(prefer: Document, over: Document) -> Document:
    """Asked at the left and at the right door at once."""
    return {**about(DOORS, "left", prefer, over), "situations": ["left", "right"]}


BY_ACTION = at_both_doors(policies(take="safe"), policies(take="risky"))
PITS = unit("pit", "well")
SAFE_OR_DEAD = [["green", "pit"], ["park", "well"]]


def doors_copies() -> Document:
    """Each place of safety is in reach from both doors, each death only from one; both deaths are in B'."""
    proof = {"over": PITS, "dominated": [], "involutions": [SAFE_OR_DEAD]}
    return claim(BY_ACTION, "T1", "1/2", 1, strict=True, proof=proof)


def doors_orbits() -> Document:
    """One orbit of four, two of them A's."""
    generators = [[["green", "park"], ["park", "pit"], ["pit", "well"], ["well", "green"]]]
    proof = {
        "prefer": unit("green", "park"),
        "over": PITS,
        "dominated": [],
        "generators": generators,
        "interior": [],
    }
    return claim(BY_ACTION, "T2", "1/2", None, strict=True, proof=proof)


def doors_blocks() -> Document:
    """Two A-blocks, two B-blocks."""
    swaps = [[[[safe, dead]] for dead in ("pit", "well")] for safe in ("green", "park")]
    proof = {
        "prefer": [unit("green"), unit("park")],
        "over": [unit("pit"), unit("well")],
        "dominated": [],
        "swaps": swaps,
    }
    return claim(BY_ACTION, "T3", "1/2", 1, strict=True, proof=proof)


def doors_tree() -> Document:
    """Behind both doors lies green, the root of the tree; B ends in the pit or in the well."""
    tree = {"kind": "tree", "state": [2, 3], "memory": [0, 0], "parent": [-1, 0], "action": [None, "walk"]}
    over = {"state": [4, 5], "memory": [0, 0], "rank": [0, 0], "class": [0, 1]}
    proof = {"targets": ["green", "park"], "reach": tree, "over_nodes": over}
    return claim(BY_ACTION, "T5", "1/2", 1, strict=True, proof=proof)


def doors_policies() -> Document:
    """Avoiding death from either door against entering it: one policy for both doors to each target."""
    subject = at_both_doors(policies(avoid=["pit", "well"]), policies(enter=[["pit", "well"]]))
    reach = {
        "kind": "policies",
        "policies": [
            {"target": 2, "state": [0, 1, 3], "memory": [0] * 3, "action": ["safe", "safe", "walk"], "rank": [1, 1, 1]},
            {"target": 3, "state": [0, 1, 2], "memory": [0] * 3, "action": ["safe", "safe", "walk"], "rank": [2, 2, 1]},
        ],
    }
    over = {"state": [0, 1, 2, 3, 4, 5], "memory": [0, 0, 0, 0, 1, 1], "rank": [1, 1, 0, 0, 0, 0]}
    over["class"] = [-1, -1, 0, 0, 1, 2]
    proof = {"targets": ["green", "park"], "reach": reach, "over_nodes": over}
    return claim(subject, "T5", "1/2", 1, strict=True, proof=proof)


# --- every discount: vectors written at the discount that speaks for all, 1/M with the M of the format --------------

EVERY = {"kind": "discounted", "discount": "all"}
GATES = {
    "Start": {"to a": "a", "to b": "b", "to c": "c"},
    **{place: {"stay": place} for place in ("a", "b", "c")},
}  # 4 states, all surely: 4 x 6^4 = 5184, so M = 10^4


def behind_the_gate(place: str) -> Document:
    """The visits of a policy that goes there and stays: g + g^2 + ... = 1/(M - 1) times."""
    return {"Start": "1", place: "1/9999"}


def gates_blocks(criterion: Document = EVERY) -> Document:
    """Two gates against one, whatever the discount."""
    subject = about(GATES, "Start", policies(avoid=["c"]), policies(take="to c"), criterion)
    proof = {
        "prefer": [[behind_the_gate("a")], [behind_the_gate("b")]],
        "over": [[behind_the_gate("c")]],
        "dominated": [],
        "swaps": [[[["a", "c"]]], [[["b", "c"]]]],
    }
    return claim(subject, "T3", "2/3", 2, strict=True, proof=proof)


def gates_orbits() -> Document:
    """The same as a group, for an interval of discounts."""
    subject = about(
        GATES, "Start", policies(avoid=["c"]), policies(take="to c"), {**EVERY, "discount": ["1/2", "9/10"]}
    )
    proof = {
        "prefer": [behind_the_gate("a"), behind_the_gate("b")],
        "over": [behind_the_gate("c")],
        "dominated": [],
        "generators": [[["a", "c"], ["c", "a"]], [["b", "c"], ["c", "b"]]],
        "interior": [],
    }
    return claim(subject, "T2", "2/3", None, strict=True, proof=proof)


def gates_blackwell() -> Document:
    """The same blocks as the discount goes to 1."""
    return gates_blocks({"kind": "blackwell"})


TWINS = {
    "Start": {"walk": "Left", "drift": "Drift"},
    **{
        at: {
            "low": {first: "1/3", second: "2/3"},
            "high": {first: "2/3", second: "1/3"},
            "even": {first: "1/2", second: "1/2"},
        }
        for at, (first, second) in {"Left": PLACES[0], "Drift": PLACES[2]}.items()
    },
    **{place: {"stay": place} for pair in (PLACES[0], PLACES[2]) for place in pair},
}  # 7 states, two of them in thirds: 4 x 6^7 x (3 x 3)^2 = 90,699,264, so M = 10^8


def twin(at: str, pair: tuple[str, str], share: Fraction) -> Document:
    """One visit at discount g, then a lottery that counts g^2 / (1 - g)."""
    tail = Fraction(1, 10**8 * (10**8 - 1))
    return {"Start": "1", at: f"1/{10**8}", pair[0]: str(share * tail), pair[1]: str((1 - share) * tail)}


def twins_copies() -> Document:
    """The walk is a copy of the drift at every discount; the drift's even lottery is no vertex at any."""
    low, even, high = (twin("Drift", PLACES[2], Fraction(share)) for share in ("1/3", "1/2", "2/3"))
    proof = {
        "over": [low, high],
        "dominated": [{"vector": even, "weights": [[0, "1/2"], [1, "1/2"]]}],
        "involutions": [[["Left", "Drift"], *lane_swap(0, 2)]],
    }
    subject = about(TWINS, "Start", policies(take="walk"), policies(take="drift"), EVERY)
    return claim(subject, "T1", "1/2", 1, strict=True, proof=proof)


BASES: dict[str, tuple[Callable[[], Document], str]] = {
    each.__name__: (each, bound)
    for each, bound in [
        (candy_copies, "2/3"),
        (candy_orbits, "2/3"),
        (candy_blocks, "2/3"),
        (candy_tree, "2/3"),
        (candy_policies, "2/3"),
        (candy_narrow, "1/2"),
        (one_sweet, "1/3"),
        (tea_tree, "3/4"),
        (peril_copies, "25/26"),
        (peril_orbits, "51/53"),
        (peril_blocks, "51/53"),
        (lanes_copies, "2/3"),
        (lanes_orbits, "2/3"),
        (lanes_blocks, "2/3"),
        (slippery_policies, "2/3"),
        (bowl_copies, "2/3"),
        (bowl_taken, "1/2"),
        (given_copies, "1/2"),
        (given_interior, "1"),
        (always_copies, "1/2"),
        (key_tree, "1/2"),
        (key_cycles, "1"),
        (return_to_start, "1"),
        (return_to_garden, "1"),
        (return_by_chance, "1"),
        (return_at_once, "1"),
        (candy_cases, "2/3"),
        (given_inner_cases, "1/2"),
        (given_middle_cases, "5/6"),
        (given_fixed_cases, "1/2"),
        (doors_copies, "1/2"),
        (doors_orbits, "1/2"),
        (doors_blocks, "1/2"),
        (doors_tree, "1/2"),
        (doors_policies, "1/2"),
        (gates_blocks, "2/3"),
        (gates_orbits, "2/3"),
        (gates_blackwell, "2/3"),
        (twins_copies, "1/2"),
    ]
}
