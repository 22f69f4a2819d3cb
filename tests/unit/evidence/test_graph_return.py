"""The return form of T5: where it is found, brute force agrees that A is at least as good; and when it is not found."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import orbitwise as ow
from brute_force import random_mdp, random_rewards, weak_share
from orbitwise.checker import check
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.evidence.graph_return import find_return_proof


def random_pair(rng, mdp):
    """Two sets that differ in their first action only, sometimes with further conditions in common."""
    actions = mdp.action_names(0)
    first, second = (actions[rng.integers(len(actions))] for _ in "ab")
    listed = ",".join(mdp.states[i] for i in rng.permutation(mdp.n_states)[: rng.integers(1, 4)])
    common = ["", "", f"+avoid:{listed}", f"+end:{listed}"][rng.integers(4)]
    prefer = common[1:] if common and rng.random() < 0.2 else f"take:{first}{common}"
    return prefer, f"take:{second}{common}"


def without_return(mdp):
    """The same environment, but whatever leads to the first state stays where it is."""
    builder = ow.Builder("one way")
    for state, name in enumerate(mdp.states):
        for choice in mdp.choices(state):
            entries = range(*mdp.graph.entry_offsets[choice : choice + 2])
            law = {name: Fraction(0)}
            for k in entries:
                successor = mdp.states[mdp.graph.successors[k]]
                successor = (name if state else mdp.states[1]) if successor == mdp.states[0] else successor
                law[successor] = law.get(successor, 0) + mdp.graph.exact_probabilities[k]
            builder.add(name, mdp.actions[mdp.choice_actions[choice]], {s: p for s, p in law.items() if p})
    return builder.build()


@pytest.mark.parametrize("stochastic", [False, True])
def test_whoever_can_come_back_is_at_least_as_good_for_every_reward_tried(stochastic):
    """All permutations of random rewards over all outcomes: the weak share is 1, and the checker accepts."""
    rng = np.random.default_rng(50 + stochastic)
    proved = meeting = refused = 0
    for _ in range(2_000):
        mdp = random_mdp(rng, int(rng.integers(3, 6)), stochastic=stochastic)
        mdp = without_return(mdp) if rng.random() < 0.5 else mdp
        prefer, over = random_pair(rng, mdp)
        permute = list(mdp.states[:2]) if rng.random() < 0.2 else None
        try:
            question = ow.ask(mdp, prefer=prefer, over=over, permute=permute, limit=2_000)
        except InvalidInput:
            continue
        proof = find_return_proof(question)
        if isinstance(question.outcomes, NotSupported):
            continue
        shares = [weak_share(question, reward) for reward in random_rewards(rng, mdp.n_states, 3)]
        if proof is None:
            refused += min(shares) < 1
            continue
        assert shares == [1, 1, 1]
        proved += 1
        meeting += proof.policy.target != 0
        certificates, _ = ow.certify(question)
        (found,) = (c for c in certificates if c.theorem == "T5")
        assert (found.bound, found.form, found.ratio, found.strict_almost_everywhere) == (1, "weak", None, False)
        verdict = check(found.document)
        assert verdict.accepted, verdict.reason
        if proved == 150:
            break
    assert proved >= 100
    assert meeting >= 5
    assert refused >= 10


def surely_reaches(mdp, at, action, goal):
    """Whether some policy reaches the goal almost surely after an action, by going through all policies."""
    options = [[set(mdp.successors(choice).tolist()) for choice in mdp.choices(s)] for s in range(mdp.n_states)]
    start = set(mdp.successors(mdp.choice(at, action)).tolist())
    for policy in product(*options):
        hits = [{goal} if s == goal else set(policy[s]) for s in range(mdp.n_states)]
        for _ in hits:
            hits = [seen.union(*(hits[v] for v in seen)) for seen in hits]
        met = start.union(*(hits[s] for s in start))
        if all(goal in hits[s] or s == goal for s in met):
            return True
    return False


@pytest.mark.parametrize("stochastic", [False, True])
def test_a_way_back_is_found_exactly_when_there_is_one(stochastic):
    """Against all policies, for two first actions without further conditions."""
    rng = np.random.default_rng(60 + stochastic)
    seen = {False: 0, True: 0}
    for _ in range(200):
        mdp = random_mdp(rng, int(rng.integers(3, 6)), stochastic=stochastic)
        actions = mdp.action_names(0)
        if len(actions) < 2:
            continue
        question = ow.ask(mdp, prefer=f"take:{actions[0]}", over=f"take:{actions[1]}")
        goals = {0}
        second = mdp.successors(mdp.choice(0, actions[1])).tolist()
        if len(second) == 1:
            goals |= set(second)
        expected = any(surely_reaches(mdp, 0, actions[0], goal) for goal in goals)
        assert (find_return_proof(question) is not None) == expected
        seen[expected] += 1
    assert min(seen.values()) >= 10


def rooms():
    """From the hall one comes back; the yard is a trap; the cellar is where one may slip when coming back."""
    builder = ow.Builder("rooms", start="Start")
    builder.add("Start", "in", "hall").add("Start", "out", "yard").add("Start", "down", "cellar")
    builder.add("hall", "back", "Start").add("hall", "stay", "hall")
    builder.add("cellar", "up", {"Start": Fraction(1, 2), "yard": Fraction(1, 2)})
    return builder.add("yard", "stay", "yard").build()


@pytest.mark.parametrize(
    ("prefer", "over", "how"),
    [
        ("take:out", "take:in", {}),  # nobody comes back from the yard
        ("take:down", "take:in", {}),  # half of the time one slips
        ("take:in", "take:out", {"discount": "9/10"}),  # coming back takes time
        ("take:in+avoid:cellar", "take:out", {}),  # B may do more
        ("take:in", "take:out+enter:yard", {}),  # memory
        ("take:in+end:hall,yard", "take:out+end:yard", {}),  # other ends
    ],
)
def test_other_questions_have_no_such_proof(prefer, over, how):
    """What the form does not cover is left to the others."""
    assert find_return_proof(ow.ask(rooms(), prefer=prefer, over=over, **how)) is None


def test_the_way_back_is_listed_with_its_ranks():
    """From the hall back to the start: one node, one action, rank 1."""
    policy = find_return_proof(ow.ask(rooms(), prefer="in", over="out")).policy
    columns = (policy.state, policy.memory, policy.action, policy.rank)
    mdp = rooms()
    assert policy.target == mdp.index["Start"]
    assert [column.tolist() for column in columns] == [[mdp.index["hall"]], [0], [mdp.actions.index("back")], [1]]


def test_given_vectors_have_no_way_back():
    """Without an environment there is nothing to come back to."""
    assert find_return_proof(ow.ask_vectors(prefer=[[1, 0]], over=[[0, 1]])) is None
