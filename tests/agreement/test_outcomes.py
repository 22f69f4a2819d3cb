"""Listed outcomes agree with a plain enumeration of all policies, by powers of the lazy chain and by matrix inverse."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from brute_force import random_question


def brute_outcomes(question, side):
    """Outcomes of a policy set as rows of floats, every stationary policy on (state, memory) nodes, one by one."""
    mdp, at = question.play.environment, question.play.at
    policies = getattr(question.play, side)
    n, full = mdp.n_states, (1 << len(policies.enter)) - 1
    marks = [sum(1 << k for k, members in enumerate(policies.enter) if s in members) for s in range(n)]
    allowed = [
        [
            c
            for c, name in zip(mdp.choices(s), mdp.action_names(s), strict=True)
            if not policies.avoid & set(mdp.successors(c).tolist()) and (s != at or policies.always in (None, name))
        ]
        for s in range(n)
    ]
    nodes = [(s, m) for m in range(full + 1) for s in range(n)]
    found = []
    for rule in itertools.product(*((allowed[s] or [None]) for s, _ in nodes)):
        chain, start, prefix = _chain(mdp, at, policies, nodes, marks, rule)
        outcome = _outcome(question, policies, nodes, full, rule, chain, start, prefix)
        if outcome is not None:
            found.append(outcome)
    return np.unique(np.array(found), axis=0)


def _chain(mdp, at, policies, nodes, marks, rule):
    number = {node: k for k, node in enumerate(nodes)}
    chain = np.zeros((len(nodes), len(nodes)))
    graph = mdp.graph

    def step(choice, memory, row):
        for e in range(graph.entry_offsets[choice], graph.entry_offsets[choice + 1]):
            s = int(graph.successors[e])
            row[number[s, memory | marks[s]]] += graph.probabilities[e]

    for k, (_, memory) in enumerate(nodes):
        if rule[k] is not None:
            step(rule[k], memory, chain[k])
    start = np.zeros(len(nodes))
    prefix = policies.take is not None
    if prefix:
        step(mdp.choice(at, policies.take), marks[at], start)
    else:
        start[number[at, marks[at]]] = 1
    return chain, start, prefix


def _outcome(question, policies, nodes, full, rule, chain, start, prefix):
    reached = start > 0
    for _ in nodes:
        reached = reached | (reached @ (chain > 0) > 0)
    if any(rule[k] is None for k in np.flatnonzero(reached)):
        return None
    entered = 0
    for k in np.flatnonzero(reached):
        entered |= nodes[k][1]
    lazy = np.where(reached[:, None], (chain + np.eye(len(nodes))) / 2, np.eye(len(nodes)))
    limit = np.linalg.matrix_power(lazy, 2**12)
    recurrent = start @ limit
    if entered != full:
        return None
    if policies.end is not None and any(
        recurrent[k] > 1e-9 and nodes[k][0] not in policies.end for k in range(len(nodes))
    ):
        return None
    if question.criterion.kind == "average":
        mass = recurrent
    else:
        g = float(question.criterion.discount)
        mass = start @ np.linalg.inv(np.eye(len(nodes)) - g * np.where(reached[:, None], chain, 0))
        mass = mass * (g if prefix else 1)
    vector = np.zeros(question.n_coordinates)
    for k, (s, _) in enumerate(nodes):
        vector[s] += mass[k]
    if question.criterion.kind == "discounted" and prefix:
        vector[question.play.at] += 1
    return vector


@pytest.mark.parametrize("criterion", ["average", "discounted"])
@pytest.mark.parametrize("stochastic", [False, True])
def test_listed_outcomes_are_those_of_all_policies(criterion, stochastic):
    """300 random questions with 3 or 4 states, all SET forms: the two sets of vectors agree to 1e-9."""
    rng = np.random.default_rng(11)
    for _ in range(150):
        question = random_question(rng, stochastic=stochastic, criterion=criterion, n_states=int(rng.integers(3, 5)))
        for side, listed in zip(("prefer", "over"), question.outcomes, strict=True):
            expected = brute_outcomes(question, side)
            apart = np.abs(listed.floats[:, None] - expected[None]).max(axis=2)
            assert apart.min(axis=1).max() < 1e-9, ("listed but not found", side, getattr(question.play, side).text)
            assert apart.min(axis=0).max() < 1e-9, ("found but not listed", side, getattr(question.play, side).text)
