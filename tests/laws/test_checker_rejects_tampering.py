"""A certificate that was tampered with is rejected, unless it still says something true.

The first half names the ways to tamper and asks for the reason. The second half changes single fields at random;
whatever the checker then accepts is compared with brute force over whole orbits.
"""

from __future__ import annotations

import copy
import json
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from orbitwise.checker import check, check_text

sys.path.append(str(Path(__file__).parents[1] / "unit" / "checker"))

from checker_certificates import BASES, PLACES, claim_what_is_proved, policies
from checker_oracle import count_orbits

ALL = tuple(BASES)
COPIES = tuple(name for name in ALL if name.endswith("copies"))
ORBITS = ("candy_orbits", "peril_orbits", "lanes_orbits", "gates_orbits")
BLOCKS = ("candy_blocks", "peril_blocks", "lanes_blocks", "gates_blocks", "gates_blackwell")
FUNCTIONS = tuple(name for name in ALL if name.startswith(("gates", "twins")))  # claims about many discounts
VECTORS = COPIES + ORBITS + BLOCKS
TREES = ("candy_tree", "candy_narrow", "key_tree")
POLICIES = ("candy_policies", "slippery_policies")
GRAPH = TREES + POLICIES
RETURNS = tuple(name for name in ALL if name.startswith("return"))
BY_CASES = tuple(name for name in ALL if name.endswith("_cases"))
RETURNING = tuple(name for name in RETURNS if name != "return_at_once")  # those with a policy that lists nodes
DOORS = tuple(name for name in ALL if name.startswith("doors"))
CANDY = tuple(name for name in ALL if name.startswith("candy"))
IN_ENVIRONMENT = tuple(name for name in ALL if not name.startswith("given"))

TAMPERINGS = {}  # name of the kind -> (bases, function that changes a document in place, words of the reason)


def tampering(bases, *words):
    """Register a way to tamper under the function's name."""

    def register(function):
        TAMPERINGS[function.__name__] = (bases, function, words)
        return function

    return register


# --- what is claimed ------------------------------------------------------------------------------------------------


@tampering(ALL, "bound: claims", "the proof gives")
def claim_a_higher_bound(d):
    d["bound"] = str((Fraction(d["bound"]) + 2) / 3 + Fraction(1, 10**9))


@tampering(ALL, "bound: claims", "the proof gives")
def claim_a_lower_bound(d):
    d["bound"] = str(Fraction(d["bound"]) / 2)


@tampering(ALL, "bound")
def claim_no_bound(d):
    d["bound"] = None


@tampering(ALL, "bound: expected an integer or a string")
def write_the_bound_as_a_float(d):
    d["bound"] = float(Fraction(d["bound"]))


@tampering((*COPIES, *BLOCKS, *GRAPH, "tea_tree"), "ratio: claims")
def claim_a_higher_ratio(d):
    d["ratio"] = str(Fraction(d["ratio"]) + 1)


@tampering((*COPIES, *BLOCKS, *GRAPH, "tea_tree"), "ratio: claims null")
def claim_no_ratio_where_one_is_proved(d):
    d["ratio"] = None


@tampering((*ORBITS, *RETURNS, "one_sweet"), "ratio: claims 2, the proof gives null")
def claim_a_ratio_where_none_is_proved(d):
    d["ratio"] = 2


@tampering(ALL, "form: expected")
def claim_another_form(d):
    d["form"] = "weak" if d["form"] != "weak" else "strict-ratio"


@tampering((*GRAPH, "tea_tree"), "form: expected 'strict-ratio'")
def claim_only_the_share(d):
    d["form"], d["ratio"] = "weak", None


@tampering(ALL, "proof.kind: expected")
def name_another_theorem(d):
    d["theorem"] = "T1" if d["theorem"] != "T1" else "T3"


@tampering(ALL, "theorem: expected one of T1, T2, T3, T5, T6, constant")
def name_a_theorem_without_proof(d):
    d["theorem"] = "T4"


@tampering(("key_cycles", "tea_tree", *RETURNS), "strict_almost_everywhere")
def claim_strictness_where_outcomes_are_shared(d):
    d["strict_almost_everywhere"] = True


@tampering(ALL, "strict_almost_everywhere: expected true or false")
def claim_strictness_by_a_number(d):
    d["strict_almost_everywhere"] = 1


@tampering(ALL, "version: expected 1")
def raise_the_version(d):
    d["version"] = 2


@tampering(ALL, "version: expected 1, found true")
def write_the_version_as_a_boolean(d):
    d["version"] = True


@tampering(ALL, "format: expected")
def change_the_format(d):
    d["format"] = "orbitwise-certificate "


@tampering(ALL, "'note' is unknown")
def add_a_field(d):
    d["note"] = "trust me"


@tampering(ALL, "'permutable' is missing")
def drop_a_field(d):
    del d["permutable"]


# --- the group and the coordinates ----------------------------------------------------------------------------------


@tampering(COPIES + ORBITS + BLOCKS, "is not permutable")
def permute_a_fixed_coordinate(d):
    moved = json.dumps([d["proof"].get(key) for key in ("involutions", "generators", "swaps")])
    d["permutable"] = [c for c in d["coordinates"] if json.dumps(c) not in moved]


@tampering(GRAPH, "which is not permutable")
def fix_a_coordinate_where_the_other_side_ends(d):
    d["permutable"] = [c for c in d["coordinates"] if c not in ("candy", "trap", "yard")]


@tampering(IN_ENVIRONMENT, "is listed twice")
def list_a_coordinate_twice(d):
    d["coordinates"].append(d["coordinates"][0])


@tampering(IN_ENVIRONMENT, "keys are the coordinates in their order")
def reorder_the_coordinates(d):
    d["coordinates"].reverse()


@tampering(("candy_tree", "candy_policies"), "proof")
def reorder_the_states_everywhere(d):
    d["coordinates"].reverse()
    d["environment"]["transitions"] = dict(reversed(d["environment"]["transitions"].items()))


@tampering(ALL, "permutable")
def permute_a_coordinate_that_does_not_exist(d):
    d["permutable"] = [*d["coordinates"], "nowhere"]


@tampering(ALL, "listed twice")
def permute_a_coordinate_twice(d):
    d["permutable"] = [*d["coordinates"], d["coordinates"][0]]


@tampering(IN_ENVIRONMENT, "expected a name")
def name_a_coordinate_by_a_number(d):
    d["coordinates"][0] = 0


# --- the question and the environment -------------------------------------------------------------------------------


@tampering([n for n in VECTORS if n.startswith(("candy", "peril", "lanes"))], "no outcome of A")
def exchange_the_two_sides(d):
    q = d["question"]
    q["prefer"], q["over"] = q["over"], q["prefer"]


@tampering((*CANDY, "slippery_policies", "peril_orbits"), "proof")
def let_the_other_side_do_anything(d):
    d["question"]["over"] = policies()


@tampering(CANDY, "is not an action of the state asked about")
def ask_at_another_state(d):
    d["question"]["at"] = "hug"


@tampering(CANDY, "is not a state")
def ask_at_a_state_that_does_not_exist(d):
    d["question"]["at"] = "Wait"


@tampering(CANDY, "no first action")
def avoid_the_first_step(d):
    d["question"]["prefer"]["avoid"] = ["Wait!"]


@tampering(CANDY, "no first action")
def avoid_the_start(d):
    d["question"]["over"]["avoid"] = ["Start"]


@tampering([n for n in CANDY if n != "candy_narrow"], "proof")
def forbid_one_copy(d):
    d["question"]["prefer"]["avoid"] = ["hug"]


@tampering(CANDY, "")
def demand_an_end_that_the_targets_lack(d):
    d["question"]["prefer"]["end"] = ["candy"]


@tampering(CANDY, "")
def demand_an_entry_that_is_impossible(d):
    d["question"]["prefer"]["enter"] = [["candy"]]


@tampering([n for n in VECTORS if n.startswith(("candy", "peril", "lanes"))], "no policy belongs to B")
def ask_for_what_no_policy_of_the_other_side_does(d):
    d["question"]["over"]["end"] = ["Start"]


@tampering(CANDY, "'hugs' is not a state")
def lead_a_transition_nowhere(d):
    d["environment"]["transitions"]["Wait!"]["hug"] = "hugs"


@tampering(CANDY, "")
def remove_a_transition_that_the_proof_needs(d):
    del d["environment"]["transitions"]["Wait!"]["hug"]
    del d["environment"]["transitions"]["Wait!"]["chocolate"]
    d["environment"]["transitions"]["Wait!"]["back"] = "Start"
    d["environment"]["transitions"]["Start"]["Wait!"] = {"Wait!": "1/2", "candy": "1/2"}


@tampering(CANDY, "proof")
def add_a_way_out_for_the_other_side(d):
    d["environment"]["transitions"]["candy"]["think again"] = "Wait!"


@tampering(CANDY, "proof")
def take_away_the_self_loop_of_candy(d):
    d["environment"]["transitions"]["candy"] = {"on": "Start"}


@tampering(CANDY, "at least one action")
def leave_a_state_without_actions(d):
    d["environment"]["transitions"]["hug"] = {}


@tampering(("lanes_copies", "lanes_orbits", "lanes_blocks"), "B")
def change_the_probabilities_of_the_other_side(d):
    d["environment"]["transitions"]["Drift"]["low"] = {"Drift": "1/2", "rock": "1/8", "sea": "3/8"}


@tampering(("lanes_copies", "lanes_orbits", "lanes_blocks"), "no outcome of A")
def change_the_probabilities_of_this_side(d):
    d["environment"]["transitions"]["Left"]["low"] = {"Left": "1/2", "inn": "1/8", "farm": "3/8"}


def change_first_lottery(d, *new):
    """Write other probabilities into the first successor that is a lottery."""
    lotteries = [c for actions in d["environment"]["transitions"].values() for c in actions.values()]
    lottery = next(each for each in lotteries if isinstance(each, dict))
    lottery.update(zip(lottery, new, strict=False))


@tampering(("lanes_copies", "lanes_blocks", "slippery_policies"), "sum to")
def let_probabilities_sum_to_less_than_1(d):
    change_first_lottery(d, "1/7")


@tampering(("lanes_copies", "slippery_policies"), "expected a positive number")
def use_a_negative_probability(d):
    change_first_lottery(d, "-1/2", "3/2")


@tampering(("lanes_copies", "slippery_policies"), "expected a positive number")
def use_a_zero_probability(d):
    change_first_lottery(d, "0", "1")


@tampering(("lanes_copies", "slippery_policies"), "expected an integer or a string")
def use_a_float_probability(d):
    change_first_lottery(d, 0.5)


@tampering(("always_copies",), "")
def forget_that_the_action_is_always_taken(d):
    d["question"]["over"] = policies(take="right")


@tampering(("bowl_copies", "bowl_taken"), "no outcome of A")
def change_the_discount(d):
    d["criterion"]["discount"] = "8/10"


@tampering(("bowl_copies", "bowl_taken"), "strictly between 0 and 1")
def discount_by_1(d):
    d["criterion"]["discount"] = "1"


@tampering(("bowl_copies", "bowl_taken"), "no outcome of A")
def change_discounted_to_average(d):
    d["criterion"] = {"kind": "average"}


@tampering([n for n in VECTORS if n.startswith(("candy", "peril", "lanes"))], "no outcome of A")
def change_average_to_discounted(d):
    d["criterion"] = {"kind": "discounted", "discount": "99/100"}


@tampering(GRAPH, "for average reward")
def use_the_graph_form_for_discounted_reward(d):
    d["criterion"] = {"kind": "discounted", "discount": "99/100"}


@tampering(FUNCTIONS, "no outcome of")
def write_the_vectors_at_another_discount(d):
    d["criterion"] = {"kind": "discounted", "discount": "1/2"}


@tampering(("gates_blocks", "gates_orbits", "twins_copies"), "criterion.discount")
def name_discounts_that_are_none(d):
    d["criterion"]["discount"] = "every"


@tampering(FUNCTIONS, "the smaller one first")
def turn_the_interval_round(d):
    d["criterion"] = {"kind": "discounted", "discount": ["9/10", "1/2"]}


@tampering(FUNCTIONS, "two ends")
def name_an_interval_of_three_ends(d):
    d["criterion"] = {"kind": "discounted", "discount": ["1/4", "1/2", "9/10"]}


@tampering(FUNCTIONS, "strictly between 0 and 1")
def let_the_interval_reach_1(d):
    d["criterion"] = {"kind": "discounted", "discount": ["1/2", "1"]}


@tampering(("gates_blackwell",), "'discount' is unknown")
def give_a_discount_to_blackwell_optimality(d):
    d["criterion"]["discount"] = "all"


@tampering(GRAPH + RETURNS, "is about one discount, or about average reward")
def claim_the_graph_form_for_every_discount(d):
    d["criterion"] = {"kind": "discounted", "discount": "all"}


@tampering(("candy_cases",), "is about one discount, or about average reward")
def claim_the_constant_for_blackwell_optimality(d):
    d["criterion"] = {"kind": "blackwell"}


@tampering(("gates_orbits",), "may not hold at every discount")
def leave_an_orbit_out_by_weights(d):
    d["proof"]["interior"] = [{"vector": d["proof"]["over"][0], "weights": [[d["proof"]["prefer"][0], "1"]]}]


@tampering(("twins_copies",), "may not hold at every discount")
def let_b_have_to_end_somewhere(d):
    d["question"]["over"]["end"] = ["rock", "sea"]


@tampering(("twins_copies",), "no outcome of A")  # its memory asks for another discount, at which all is different
def let_b_have_to_enter_something(d):
    d["question"]["over"]["enter"] = [["rock", "sea"]]


@tampering(("twins_copies",), "is no outcome of B")
def dominate_by_what_is_no_outcome(d):
    d["environment"]["transitions"]["Drift"].pop("high")


@tampering(("gates_blocks",), "no outcome of A")
def make_a_gate_lead_there_one_step_later(d):
    d["environment"]["transitions"]["Start"]["to a"] = "b"
    d["environment"]["transitions"]["b"]["on"] = "a"


@tampering(IN_ENVIRONMENT, "expected null with the criterion given")
def call_the_vectors_given(d):
    d["criterion"] = {"kind": "given"}


@tampering(IN_ENVIRONMENT, "outcomes: expected null")
def give_outcomes_beside_an_environment(d):
    d["outcomes"] = {"prefer": [], "over": []}


@tampering(("given_copies", "given_interior"), "is an outcome of B, but neither")
def give_the_other_side_one_more_vector(d):
    d["outcomes"]["over"].append({"z": 5})


# --- proofs by vectors ----------------------------------------------------------------------------------------------


@tampering(("peril_copies", "lanes_copies", "candy_copies", "bowl_copies"), "bound: claims")
def drop_an_involution(d):
    d["proof"]["involutions"].pop()


@tampering(("candy_copies", "lanes_copies", "bowl_copies"), "does not leave copy")
def count_one_copy_twice(d):
    d["proof"]["involutions"].append(d["proof"]["involutions"][0])
    d["ratio"], d["bound"] = 3, "3/4"


@tampering(("peril_copies", "lanes_copies"), "does not leave copy")
def let_two_copies_overlap(d):
    involutions = d["proof"]["involutions"]
    involutions[0][0][1] = involutions[1][1][1]


@tampering(("candy_copies",), "does not leave copy 0")
def let_a_later_involution_move_an_earlier_copy(d):
    d["proof"]["involutions"][1].append(["chocolate", "Start"])


@tampering(COPIES, "sent to two places")
def use_what_is_no_involution(d):
    a, b = d["proof"]["involutions"][0][0]
    other = next(c for c in d["coordinates"] if c not in (a, b))
    d["proof"]["involutions"][0] += [[b, other]]


@tampering(COPIES, "sent to two places")
def swap_a_coordinate_with_itself(d):
    d["proof"]["involutions"][0] = [[d["coordinates"][0]] * 2]


@tampering(COPIES, "at least one involution")
def use_no_involutions(d):
    d["proof"]["involutions"] = []


@tampering(("candy_copies", "always_copies"), "no outcome of A")
def copy_into_a_state_that_is_no_outcome(d):
    d["proof"]["involutions"][0] = [["Start", d["proof"]["involutions"][0][0][0]]]


@tampering(ORBITS, "bound: claims")
def drop_the_generators(d):
    d["proof"]["generators"] = []


@tampering(ORBITS[:3], "out of X")
def let_a_generator_leave_the_vectors(d):
    generator = d["proof"]["generators"][-1]
    for pair in generator:
        for k, place in enumerate(pair):
            if place in ("candy", "death 1", "rock"):
                pair[k] = "Start"


@tampering(ORBITS, "do not form a bijection")
def use_a_generator_that_is_no_bijection(d):
    d["proof"]["generators"][0].pop()


@tampering(("candy_orbits", "peril_orbits", "lanes_orbits"), "out of X")
def leave_out_one_vector_of_the_other_side(d):
    d["proof"]["over"].pop(0)
    if not d["proof"]["over"]:
        d["proof"]["over"] = [{"Start": 1}]


@tampering(("candy_orbits", "peril_orbits", "lanes_orbits"), "no outcome of A")
def count_a_vector_of_the_other_side_as_ones_own(d):
    d["proof"]["prefer"].append(d["proof"]["over"][0])


@tampering(("candy_orbits", "given_interior", "key_cycles"), "no outcome of A")
def list_a_vector_that_is_no_outcome(d):
    d["proof"]["prefer"].append({d["coordinates"][2]: "2"})


@tampering(("candy_orbits", "lanes_orbits"), "or combined of itself")
def call_a_vector_a_combination_of_itself(d):
    vector = d["proof"]["over"][0]
    d["proof"]["interior"] = [{"vector": vector, "weights": [[vector, "1"]]}]


@tampering(("candy_orbits", "lanes_orbits"), "do not combine")
def call_a_corner_a_combination(d):
    x, y = d["proof"]["prefer"][:2]
    d["proof"]["interior"] = [{"vector": d["proof"]["over"][0], "weights": [[x, "1/2"], [y, "1/2"]]}]


@tampering(("lanes_orbits", "given_interior"), "sum to")
def let_interior_weights_not_sum_to_1(d):
    d["proof"]["interior"][0]["weights"][0][1] = "1/3"


@tampering(("given_interior",), "no vector of X")
def combine_vectors_from_elsewhere(d):
    d["proof"]["interior"][0]["weights"] = [[{"z": 1}, "1/2"], [{"x": 1, "y": 1, "z": -1}, "1/2"]]


@tampering(("given_interior",), "bound: claims 1, the proof gives 0")
def forget_what_is_interior(d):
    d["proof"]["interior"] = []


@tampering(("lanes_copies", "lanes_blocks"), "sum to")
def let_dominating_weights_not_sum_to_1(d):
    d["proof"]["dominated"][0]["weights"] = [[0, "1/2"]]


@tampering(("lanes_copies", "lanes_blocks"), "expected a positive number")
def use_negative_dominating_weights(d):
    d["proof"]["dominated"][0] = {
        "vector": {PLACES[2][0]: 1},
        "weights": [[0, "-1"], [1, "2"]],
    }


@tampering(("lanes_copies", "lanes_blocks"), "do not combine")
def dominate_by_the_wrong_combination(d):
    d["proof"]["dominated"][0]["weights"] = [[0, "1/3"], [1, "2/3"]]


@tampering(("lanes_copies", "lanes_blocks"), "out of range")
def dominate_by_vectors_that_are_not_there(d):
    d["proof"]["dominated"][0]["weights"] = [[-1, "1/2"], [-2, "1/2"]]


@tampering(("lanes_copies", "lanes_blocks"), "is repeated")
def use_a_dominating_vector_twice(d):
    d["proof"]["dominated"][0]["weights"] = [[0, "1/2"], [0, "1/2"]]


@tampering(("lanes_copies", "lanes_blocks"), "is an outcome of B, but neither")
def leave_out_an_outcome_of_the_other_side(d):
    d["proof"]["dominated"] = []


@tampering(("peril_blocks", "lanes_blocks", "candy_blocks"), "does not map block")
def swap_the_wrong_blocks(d):
    d["proof"]["swaps"].reverse()


@tampering(("candy_blocks", "peril_blocks"), "does not map block")
def let_a_swap_move_a_third_block(d):
    d["proof"]["swaps"][0][0].append([next(iter(d["proof"]["prefer"][1][0])), "Start"])


@tampering(("candy_blocks", "lanes_blocks", "peril_blocks"), "length")
def forget_a_row_of_swaps(d):
    d["proof"]["swaps"].pop()


@tampering(BLOCKS, "share a vector")
def let_blocks_overlap(d):
    d["proof"]["prefer"][0].append(d["proof"]["prefer"][1][0])


@tampering(("candy_blocks", "lanes_blocks", "bowl_taken"), "at least as many A-blocks")
def use_more_blocks_of_the_other_side(d):
    d["proof"]["over"] += [[{"Start": i}] for i in range(1, 4)]


@tampering(BLOCKS, "at least one vector")
def use_an_empty_block(d):
    d["proof"]["prefer"].append([])
    d["proof"]["swaps"].append([[]] * len(d["proof"]["over"]))


@tampering(VECTORS, "is not a coordinate")
def misspell_a_coordinate(d):
    listed = d["proof"]["over"]
    vector = listed[0][0] if isinstance(listed[0], list) else listed[0]
    vector["Candy"] = vector.pop(next(iter(vector)))


@tampering(VECTORS, "zero entry")
def write_a_zero_entry(d):
    listed = d["proof"]["over"]
    vector = listed[0][0] if isinstance(listed[0], list) else listed[0]
    vector[next(c for c in d["coordinates"] if c not in vector)] = "0"


@tampering(VECTORS, "")
def scale_a_vector(d):
    listed = d["proof"]["over"]
    vector = listed[0][0] if isinstance(listed[0], list) else listed[0]
    for c in vector:
        vector[c] = str(Fraction(vector[c]) * 2)


# --- proofs by graph search -----------------------------------------------------------------------------------------


@tampering(TREES, "does not come before")
def reorder_the_tree(d):
    reach = d["proof"]["reach"]
    for key in ("state", "memory", "parent", "action"):
        reach[key].reverse()
    reach["parent"] = [len(reach["parent"]) - 1 if p >= 0 else p for p in reach["parent"]]


@tampering(TREES, "does not surely lead there")
def relabel_an_edge_of_the_tree(d):
    d["proof"]["reach"]["action"][-1] = d["proof"]["reach"]["action"][1] + "?"


@tampering(TREES, "does not surely lead there")
def relabel_a_node_of_the_tree(d):
    d["proof"]["reach"]["state"][-1] = 1 if d["proof"]["reach"]["state"][-1] != 1 else 0


@tampering(TREES, "not the sure start")
def start_the_tree_elsewhere(d):
    d["proof"]["reach"]["state"][0] = d["proof"]["reach"]["state"][-1]


@tampering(TREES, "not the sure start")
def start_the_tree_twice(d):
    d["proof"]["reach"]["parent"][-1] = -1
    d["proof"]["reach"]["action"][-1] = None


@tampering(("key_tree",), "")
def forget_to_fetch_the_key(d):
    d["proof"]["reach"] = {
        "kind": "tree",
        "state": [0, 2, 3],
        "memory": [0, 0, 0],
        "parent": [-1, 0, 1],
        "action": [None, "go", "in"],
    }


@tampering(("key_tree",), "does not surely lead there")
def remember_what_was_not_entered(d):
    d["proof"]["reach"]["memory"][1:] = [0, 1, 1, 1]


@tampering(GRAPH, "out of range")
def use_a_memory_bit_that_does_not_exist(d):
    d["proof"]["over_nodes"]["memory"][0] = 2


@tampering(GRAPH, "out of range")
def use_a_state_that_does_not_exist(d):
    d["proof"]["over_nodes"]["state"][0] = len(d["coordinates"])


@tampering(GRAPH, "listed twice")
def count_a_target_twice(d):
    d["proof"]["targets"].append(d["proof"]["targets"][0])


@tampering(TREES, "the tree does not reach")
def add_an_unreachable_target(d):
    d["proof"]["targets"].append("yard" if "yard" in d["coordinates"] else "candy")
    if "yard" in d["coordinates"]:
        d["question"]["prefer"]["end"] = None


@tampering(POLICIES, "no target, or one that has a policy already")
def aim_two_policies_at_one_target(d):
    d["proof"]["reach"]["policies"][1]["target"] = d["proof"]["reach"]["policies"][0]["target"]


@tampering(POLICIES, "one policy per target")
def drop_a_policy(d):
    d["proof"]["reach"]["policies"].pop()


@tampering(GRAPH, "no allowed choice stays in")
def add_a_target_without_self_loop(d):
    d["proof"]["targets"].append("Start")


@tampering(("candy_tree", "candy_policies", "slippery_policies"), "no allowed choice stays in")
def take_away_the_self_loop_of_a_target(d):
    d["environment"]["transitions"][d["proof"]["targets"][0]] = {"leave": "Start"}


@tampering(("slippery_policies",), "no successor of smaller rank")
def raise_a_rank_falsely(d):
    d["proof"]["reach"]["policies"][0]["rank"] = [1, 1]


@tampering(POLICIES, "out of range")
def use_rank_0_for_a_node(d):
    d["proof"]["reach"]["policies"][0]["rank"][-1] = 0


@tampering(POLICIES, "an initial node is not listed")
def leave_out_the_first_node_of_a_policy(d):
    for column in ("state", "memory", "action", "rank"):
        d["proof"]["reach"]["policies"][0][column].pop()


@tampering(("slippery_policies",), "leaves the listed nodes")
def use_an_action_that_may_be_fatal(d):
    d["proof"]["reach"]["policies"][0]["action"][1] = "jump"


@tampering(POLICIES, "listed twice")
def list_a_node_of_a_policy_twice(d):
    policy = d["proof"]["reach"]["policies"][0]
    for column in ("state", "memory", "action", "rank"):
        policy[column].append(policy[column][0])


@tampering(POLICIES, "the node to be reached is listed")
def list_the_target_among_the_nodes(d):
    policy = d["proof"]["reach"]["policies"][0]
    for column, value in (("state", policy["target"]), ("memory", 0), ("action", "stay"), ("rank", 1)):
        policy[column].append(value)


@tampering(("slippery_policies",), "no successor of smaller rank")
def use_an_action_that_is_not_there(d):
    d["proof"]["reach"]["policies"][0]["action"][0] = "shove"


@tampering(("key_tree",), "neither stays in its class nor can lower the rank")
def call_an_end_of_the_other_side_transient(d):
    d["proof"]["over_nodes"]["class"] = [0, -1, -1, -1]


@tampering(("key_tree",), "neither stays in its class nor can lower the rank")
def forget_the_end_that_restrains_the_other_side(d):
    d["question"]["over"]["end"] = None


@tampering(("key_tree",), "leads to a node that is not listed")
def leave_out_a_node_of_the_other_side(d):
    for column in ("state", "memory", "rank", "class"):
        del d["proof"]["over_nodes"][column][1]


@tampering(GRAPH, "an initial node of B is not listed")
def leave_out_the_first_node_of_the_other_side(d):
    for column in ("state", "memory", "rank", "class"):
        del d["proof"]["over_nodes"][column][0]


@tampering(GRAPH, "listed twice")
def list_a_node_of_the_other_side_twice(d):
    for values in d["proof"]["over_nodes"].values():
        values.append(values[0])


@tampering(("key_tree",), "another rank than its class")
def use_two_ranks_in_one_class(d):
    d["proof"]["over_nodes"]["class"] = [0, 0, 0, 0]


@tampering(GRAPH, "neither stays")
def call_every_node_of_the_other_side_transient(d):
    d["proof"]["over_nodes"]["class"] = [-1] * len(d["proof"]["over_nodes"]["class"])


@tampering(GRAPH, "length")
def let_columns_differ_in_length(d):
    d["proof"]["over_nodes"]["rank"].append(0)


@tampering(GRAPH, "at least one target")
def have_no_targets(d):
    d["proof"]["targets"] = []


@tampering(TREES, "'policies'")
def call_a_tree_policies(d):
    d["proof"]["reach"]["kind"] = "policies"


@tampering(("tea_tree",), "ratio: claims 3/2, the proof gives 2")
def count_what_is_shared_on_both_sides(d):
    d["ratio"] = "3/2"


@tampering(("tea_tree",), "form: expected 'weak'")
def forget_the_targets_that_are_not_shared(d):
    d["proof"]["targets"] = ["milk"]


# --- proofs by coming back ------------------------------------------------------------------------------------------


@tampering(RETURNING, "neither the state asked about nor where B surely is")
def aim_elsewhere(d):
    d["proof"]["goal"] = d["proof"]["policy"]["state"][0]


@tampering(("return_by_chance", "return_at_once"), "neither the state asked about nor where B surely is")
def aim_at_one_of_two_places_where_the_other_side_may_be(d):
    d["proof"]["goal"] = 3


@tampering(("return_to_garden",), "leaves the listed nodes")
def aim_at_a_start_that_cannot_be_reached(d):
    d["proof"]["goal"] = 0


@tampering(RETURNS, "proof.goal", "out of range")
def aim_at_a_state_that_does_not_exist(d):
    d["proof"]["goal"] = len(d["coordinates"])


@tampering(RETURNS, "proof.goal", "out of range")
def aim_at_a_state_counted_from_the_end(d):
    d["proof"]["goal"] -= len(d["coordinates"])


@tampering(RETURNS, "proof.goal", "expected an integer")
def name_the_goal(d):
    d["proof"]["goal"] = d["coordinates"][d["proof"]["goal"]]


@tampering(RETURNS, "proof.goal", "expected an integer")
def give_the_goal_as_a_boolean(d):
    d["proof"]["goal"] = False


@tampering(RETURNING, "no successor of smaller rank")
def stay_away(d):
    policy = d["proof"]["policy"]
    policy["action"][-1] = "stay"


@tampering(("return_by_chance",), "leaves the listed nodes")
def risk_never_to_come_back(d):
    d["proof"]["policy"]["action"][1] = "swim"


@tampering(("return_to_garden",), "no successor of smaller rank")
def come_back_by_an_action_that_is_not_allowed(d):
    d["environment"]["transitions"]["hall"]["walk"] = {"garden": "1/2", "pond": "1/2"}


@tampering(RETURNING, "no successor of smaller rank")
def take_away_the_way_back(d):
    state, action = (d["proof"]["policy"][column][-1] for column in ("state", "action"))
    here = d["coordinates"][state]
    d["environment"]["transitions"][here] = {"stay": here, f"{action}!": d["coordinates"][d["proof"]["goal"]]}


@tampering(("return_to_start", "return_to_garden", "return_by_chance"), "out of range")
def give_rank_0_on_the_way(d):
    d["proof"]["policy"]["rank"][-1] = 0


@tampering(("return_by_chance",), "no successor of smaller rank")
def give_equal_ranks_on_the_way(d):
    d["proof"]["policy"]["rank"] = [1, 1]


@tampering(RETURNING, "an initial node is not listed")
def leave_out_where_one_is_after_the_first_action(d):
    for column in d["proof"]["policy"].values():
        column.clear()


@tampering(RETURNING, "listed twice")
def list_a_node_on_the_way_twice(d):
    for column in d["proof"]["policy"].values():
        column.append(column[0])


@tampering(RETURNS, "the node to be reached is listed")
def list_the_goal_on_the_way(d):
    rows = {"state": d["proof"]["goal"], "memory": 0, "action": "stay", "rank": 1}
    for name, column in d["proof"]["policy"].items():
        column.append(rows[name])


@tampering(RETURNS, "length")
def let_the_columns_of_the_way_differ_in_length(d):
    d["proof"]["policy"]["rank"].append(1)


@tampering(RETURNING, "out of range")
def remember_something_on_the_way(d):
    d["proof"]["policy"]["memory"][0] = 1


@tampering(RETURNS, "without enter")
def let_the_other_side_enter_something(d):
    d["question"]["over"]["enter"] = [[d["coordinates"][2]]]


@tampering(RETURNS, "without enter")
def make_the_preferred_side_enter_something(d):
    d["question"]["prefer"]["enter"] = [[d["coordinates"][0]]]


@tampering(("return_to_start", "return_by_chance", "return_at_once"), "differ in take only")
def let_only_the_preferred_side_avoid_something(d):
    d["question"]["prefer"]["avoid"] = ["R" if "R" in d["coordinates"] else "isle"]


@tampering(("return_to_garden",), "differ in take only")
def let_the_other_side_avoid_less(d):
    d["question"]["over"]["avoid"] = []


@tampering(RETURNS, "differ in take only")
def let_only_the_preferred_side_end_somewhere(d):
    d["question"]["prefer"]["end"] = d["coordinates"][:-1]


@tampering(RETURNS, "differ in take only")
def let_the_other_side_end_where_the_preferred_may_not(d):
    d["question"]["prefer"]["end"] = d["coordinates"][1:]
    d["question"]["over"]["end"] = d["coordinates"]


@tampering(("return_to_start", "return_to_garden", "return_by_chance"), "differ in take only")
def let_only_the_preferred_side_repeat_its_action(d):
    d["question"]["prefer"]["always"] = d["question"]["prefer"]["take"]


@tampering(RETURNS, "no first action")
def forbid_the_action_of_the_other_side(d):
    action = d["question"]["over"]["take"]
    successor = d["environment"]["transitions"]["Start"][action]
    for side in ("prefer", "over"):
        d["question"][side]["avoid"] = [successor] if isinstance(successor, str) else list(successor)[:1]


@tampering(RETURNS, "is not an action of the state asked about")
def take_an_action_that_is_not_there(d):
    d["question"]["over"]["take"] = "fly"


@tampering(RETURNING, "proof")
def exchange_who_comes_back(d):
    q = d["question"]
    q["prefer"], q["over"] = q["over"], q["prefer"]


@tampering(RETURNS, "for average reward, not for the criterion discounted")
def come_back_under_discounting(d):
    d["criterion"] = {"kind": "discounted", "discount": "1/2"}


@tampering(RETURNS, "'targets' is missing")
def call_a_return_a_graph(d):
    d["proof"]["kind"] = "graph"


@tampering(GRAPH, "'goal' is missing")
def call_a_graph_a_return(d):
    d["proof"]["kind"] = "return"


@tampering(RETURNS, "'target' is unknown")
def add_a_target_to_the_way(d):
    d["proof"]["policy"]["target"] = d["proof"]["goal"]


# --- the constant, by cases -----------------------------------------------------------------------------------------


@tampering(BY_CASES, "cones open")
def leave_a_cone_open(d):
    d["proof"]["tree"].pop()


@tampering(BY_CASES, "complete before this node")
def look_at_more_cones_than_there_are(d):
    d["proof"]["tree"].append(None)


@tampering(("given_inner_cases",), "bound: claims 1/2, the proof gives 1/3")
def leave_out_the_cut(d):
    d["proof"]["tree"] = [None]


@tampering(("given_inner_cases",), "bound: claims 1/2, the proof gives 1/3")
def cut_elsewhere(d):
    d["proof"]["tree"][0] = [0, 2, 1, 2]


@tampering(BY_CASES, "two positive integers")
def cut_at_a_corner(d):
    d["proof"]["tree"] = [[0, 1, 1, 0], *d["proof"]["tree"], None]


@tampering(BY_CASES, "out of range")
def cut_outside_the_cone(d):
    d["proof"]["tree"] = [[0, 1, -1, 2], *d["proof"]["tree"], None]


@tampering(BY_CASES, "two of")
def cut_between_a_corner_and_itself(d):
    d["proof"]["tree"] = [[1, 1, 1, 1], *d["proof"]["tree"], None]


@tampering(BY_CASES, "two of")
def cut_to_a_corner_that_is_not_there(d):
    d["proof"]["tree"] = [[0, 3, 1, 1], *d["proof"]["tree"], None]


@tampering(BY_CASES, "expected an integer")
def cut_by_booleans(d):
    d["proof"]["tree"] = [[0, 1, True, True], *d["proof"]["tree"], None]


@tampering(BY_CASES, "expected a list of length 4")
def cut_by_three_numbers(d):
    d["proof"]["tree"] = [[0, 1, 1], *d["proof"]["tree"], None]


@tampering(BY_CASES, "values")
def sort_too_few_values(d):
    d["proof"]["values"] = 1


@tampering(BY_CASES, "values")
def sort_more_values_than_there_are(d):
    d["proof"]["values"] = 6


@tampering(("given_middle_cases",), "no outcome of A")
def prefer_a_vector_by_cases_that_is_no_outcome(d):
    d["proof"]["prefer"].append({"y": 1})


@tampering(("given_inner_cases", "given_middle_cases"), "is an outcome of B, but neither")
def give_the_other_side_one_more_vector_by_cases(d):
    d["outcomes"]["over"].append({"w": 5})


@tampering(("given_inner_cases",), "bound: claims 1/2, the proof gives 1")
def count_the_other_side_as_ones_own_by_cases(d):
    d["proof"]["prefer"] = d["outcomes"]["prefer"] = d["proof"]["over"] + d["proof"]["prefer"]
    d["strict_almost_everywhere"] = False


# --- several situations ---------------------------------------------------------------------------------------------

LISTED_DOORS = ("doors_copies", "doors_orbits", "doors_blocks")


@tampering(DOORS, "situations: the name 'left' is listed twice")
def name_a_situation_twice(d):
    d["situations"].append("left")


@tampering(DOORS, "situations: expected two or more states")
def ask_in_one_situation_only(d):
    d["situations"].pop()


@tampering(DOORS, "situations: expected two or more states, question.at first")
def ask_first_somewhere_else(d):
    d["situations"].reverse()


@tampering(DOORS, "'moon' is not a state")
def add_an_unknown_situation(d):
    d["situations"].append("moon")


@tampering(DOORS, "situations: expected a list")
def give_no_list_of_situations(d):
    d["situations"] = None


@tampering(DOORS, "situations")
def give_situations_by_number(d):
    d["situations"] = [0, 1]


@tampering((*LISTED_DOORS, "doors_tree"), "situations[2]", "is not an action of the state asked about")
def add_a_situation_without_the_action(d):
    d["situations"].append("green")


@tampering(("doors_policies",), "situations[2]: the conditions leave no first action")
def add_a_situation_where_nothing_is_avoided_any_more(d):
    d["situations"].append("pit")


@tampering(LISTED_DOORS, "is no outcome of A in the situation 'right'")
def let_safety_fail_in_the_second_situation(d):
    d["environment"]["transitions"]["right"]["safe"] = "pit"


@tampering(("doors_tree",), "is not the sure start")
def let_the_second_situation_start_elsewhere(d):
    d["environment"]["transitions"]["right"]["safe"] = "park"


@tampering(("doors_policies",), "an initial node is not listed")
def reach_the_targets_from_the_first_situation_only(d):
    for policy in d["proof"]["reach"]["policies"]:
        for name in ("state", "memory", "action", "rank"):
            del policy[name][1]


@tampering(("doors_tree", "doors_policies"), "an initial node of B is not listed")
def leave_out_where_the_second_situation_dies(d):
    gone = d["proof"]["over_nodes"]["state"].index(5 if d["question"]["over"]["take"] else 1)
    for column in d["proof"]["over_nodes"].values():
        del column[gone]
    d["proof"]["over_nodes"]["class"] = [min(c, 0) for c in d["proof"]["over_nodes"]["class"]]


@tampering(("doors_orbits", "doors_blocks"), "is an outcome of B in the situation 'right', but neither")
def leave_out_the_outcomes_of_the_second_situation(d):
    over, proof = d["proof"]["over"], d["proof"]
    over.pop()
    if proof["kind"] == "blocks":
        proof["swaps"] = [row[:1] for row in proof["swaps"]]
    else:
        proof["generators"] = [[["green", "park"], ["park", "pit"], ["pit", "green"]]]
    d |= {"bound": "2/3", "ratio": "2" if proof["kind"] == "blocks" else None}


@tampering(("doors_orbits",), "no policy belongs to B in the situation 'right'")
def let_b_have_no_policy_in_the_second_situation(d):
    d["question"]["over"] |= {"enter": [["pit"]]}
    d["proof"] |= {"over": [{"pit": "1"}], "generators": [[["green", "pit"], ["pit", "green"]]]}


@tampering(("doors_tree",), "the same allowed choices in every situation")
def allow_other_choices_in_each_situation(d):
    d["question"]["prefer"]["always"] = "safe"


@tampering(("given_copies", "given_interior"), "situations: given vectors have no situations")
def give_vectors_situations(d):
    d["situations"] = list(d["coordinates"])[:2]


@tampering(RETURNS, "situations: a proof of kind return is about one situation")
def come_back_in_many_situations(d):
    d["situations"] = [d["question"]["at"], *(s for s in d["coordinates"] if s != d["question"]["at"])][:2]


CASES = [(kind, base) for kind, (bases, _, _) in TAMPERINGS.items() for base in bases]


@pytest.mark.parametrize(("kind", "base"), CASES, ids=[f"{kind}-{base}" for kind, base in CASES])
def test_tampering_is_rejected_with_a_reason(kind, base):
    """Every named kind on every certificate to which it applies, as data and as text."""
    document = BASES[base][0]()
    _, change, words = TAMPERINGS[kind]
    change(document)
    verdict = check(document)
    assert not verdict.accepted
    assert verdict.bound is None
    assert len(verdict.reason) > 10
    for word in words:
        assert word in verdict.reason, verdict.reason
    assert not check_text(json.dumps(document)).accepted


@pytest.mark.parametrize("base", ALL)
def test_a_duplicate_key_is_rejected(base):
    """The same key with the same value, written twice at some depth."""
    text = json.dumps(BASES[base][0]())
    for written in ('"version": 1', '"kind": "', '"proof": {'):
        at = text.index(written)
        key = written.partition(":")[0]
        twice = text[:at] + f"{key}: null, " + text[at:]
        assert check_text(twice).reason == f"the key {key[1:-1]!r} occurs twice in one object"


def test_there_are_more_than_30_kinds_of_tampering():
    """Each kind has its name, and applies to at least one certificate."""
    assert len(TAMPERINGS) > 120
    assert all(bases for bases, _, _ in TAMPERINGS.values())


# --- random tampering -----------------------------------------------------------------------------------------------

SMALL = [name for name in ALL if not name.startswith(("peril", "lanes"))]


def inner_places(value, path=()):
    """The paths of all values inside a document."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in entries:
        yield (*path, key)
        yield from inner_places(each, (*path, key))


def read(document, path):
    """The value at a path."""
    for key in path:
        document = document[key]
    return document


def mutate(rng, document, names):
    """A copy of the document in which one value is changed; what takes its place often comes from the document."""
    document = copy.deepcopy(document)
    paths = list(inner_places(document))
    path = paths[rng.integers(len(paths))]
    holder, key, value = read(document, path[:-1]), path[-1], read(document, path)
    donor = copy.deepcopy(read(document, paths[rng.integers(len(paths))]))
    changes = ["donate", "drop"]
    if isinstance(value, list | dict) and value:
        changes += ["shrink", "grow", "exchange"] * 2
    if isinstance(value, int | bool):
        changes += ["step"] * 4
    if isinstance(value, str):
        changes += ["sibling"] * 6
    if isinstance(holder, dict):
        changes += ["rename"]
    match changes[rng.integers(len(changes))]:
        case "donate":
            holder[key] = donor
        case "drop":
            del holder[key]
        case "shrink":
            inner = list(value) if isinstance(value, dict) else range(len(value))
            del value[inner[rng.integers(len(inner))]]
        case "grow" if isinstance(value, list):
            value.append(copy.deepcopy(value[rng.integers(len(value))]) if rng.random() < 0.5 else donor)
        case "grow":
            value[f"new {rng.integers(10)}"] = copy.deepcopy(value[list(value)[rng.integers(len(value))]])
        case "exchange":
            inner = list(value) if isinstance(value, dict) else range(len(value))
            a, b = (inner[rng.integers(len(inner))] for _ in "ab")
            value[a], value[b] = value[b], value[a]
        case "step":
            holder[key] = not value if isinstance(value, bool) else value + int(rng.choice([-1, 1]))
        case "sibling":
            pool = [*names, "1/2", "1", "2/3", "1/3"]
            holder[key] = pool[rng.integers(len(pool))]
        case "rename":
            holder[names[rng.integers(len(names))]] = holder.pop(key)
    return document


def assert_true_on_orbits(rng, document):
    """Brute force: the claims hold on the orbits of random rewards, some with ties."""
    coordinates = document["coordinates"]
    bound, ratio = Fraction(document["bound"]), Fraction(document["ratio"] or 0)
    rewards = [rng.integers(0, top, len(coordinates)).tolist() for top in (2, 4, 10**6)]
    counts = count_orbits(document, [dict(zip(coordinates, r, strict=True)) for r in rewards])
    for ahead, behind, tied in counts:
        assert ahead + tied >= bound * (ahead + behind + tied)
        assert ahead >= ratio * behind
    ahead, behind, tied = counts[-1]
    assert not document["strict_almost_everywhere"] or ahead >= bound * (ahead + behind + tied)


@pytest.mark.parametrize("base", SMALL)
def test_what_is_accepted_after_random_tampering_is_true(base):
    """A third of the documents claim whatever the changed proof gives, so that only the proof stands in the way."""
    rng = np.random.default_rng(SMALL.index(base))
    original = BASES[base][0]()
    accepted = 0
    for _ in range(400):
        document = mutate(rng, original, original["coordinates"])
        if rng.random() < 0.3:
            document = mutate(rng, document, original["coordinates"])
        assert check(document).reason
        verdict = claim_what_is_proved(document)
        if verdict.accepted and document != original:
            accepted += 1
            if accepted <= 25:
                assert_true_on_orbits(rng, document)
    assert accepted >= 5
