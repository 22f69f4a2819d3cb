"""Brute force for small environments, written apart from the checker: floats, all policies, all permutations.

A policy is a row of choices for *all* nodes, met or not; the recurrent state distribution comes from squaring the lazy
chain until it has converged. Nothing here is clever.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

Document = dict[str, Any]


def outcomes_of_set(document: Document, side: str) -> np.ndarray:
    """The distinct outcomes of A (``prefer``) or B (``over``), shape (n_outcomes, n_coordinates)."""
    coordinates = document["coordinates"]
    if document["criterion"]["kind"] == "given":
        rows = [[float_of(v.get(c, 0)) for c in coordinates] for v in document["outcomes"][side]]
    else:
        rows = _policy_outcomes(document, document["question"][side])
    return np.unique(np.round(np.array(rows).reshape(-1, len(coordinates)), 9), axis=0)


def float_of(value: Any) -> float:
    """A number as the format writes it."""
    top, _, bottom = str(value).partition("/")
    return int(top) / int(bottom or 1)


def _discount(criterion: Document) -> float:
    """The discount, or one of those that the claim is about (for Blackwell optimality, one near 1)."""
    written = criterion.get("discount")
    if isinstance(written, list):
        return (float_of(written[0]) + 2 * float_of(written[1])) / 3
    return 0.37 if written == "all" else 0.999 if written is None else float_of(written)


def _policy_outcomes(document: Document, chosen: Document) -> list[np.ndarray]:
    transitions = document["environment"]["transitions"]
    states = list(transitions)
    at = document["question"]["at"]
    average = document["criterion"]["kind"] == "average"
    discount = 1.0 if average else _discount(document["criterion"])
    lists = chosen["enter"]

    def remember(state: str, memory: tuple[bool, ...]) -> tuple[str, tuple[bool, ...]]:
        return state, tuple(seen or state in entered for seen, entered in zip(memory, lists, strict=True))

    def law(state: str, action: str) -> dict[str, float]:
        successor = transitions[state][action]
        if isinstance(successor, str):
            return {successor: 1.0}
        return {name: float_of(p) for name, p in successor.items()}

    def allowed(state: str) -> list[str]:
        actions = [a for a in transitions[state] if not set(law(state, a)) & set(chosen["avoid"])]
        if chosen["always"] is not None and state == at:
            actions = [a for a in actions if a == chosen["always"]]
        return actions

    first = remember(at, tuple(False for _ in lists))
    start = {first: 1.0}
    if chosen["take"] is not None:
        if chosen["take"] not in allowed(at):
            return []
        start = {remember(s, first[1]): p for s, p in law(at, chosen["take"]).items()}
    nodes = list(start)
    for state, memory in nodes:
        for action in allowed(state):
            nodes += [node for s in law(state, action) if (node := remember(s, memory)) not in nodes]

    rows = []
    for policy in itertools.product(*[allowed(state) or [None] for state, _ in nodes]):
        chain = np.zeros((len(nodes), len(nodes)))
        for i, ((state, memory), action) in enumerate(zip(nodes, policy, strict=True)):
            for successor, p in law(state, action).items() if action is not None else ():
                chain[i, nodes.index(remember(successor, memory))] += p
        begin = np.array([start.get(node, 0.0) for node in nodes])
        met = begin > 0
        while (more := met | (met @ (chain > 0))).sum() > met.sum():
            met = more
        if any(met[i] and policy[i] is None for i in range(len(nodes))):
            continue
        if not all(any(met[i] and node[1][bit] for i, node in enumerate(nodes)) for bit in range(len(lists))):
            continue
        limit = begin @ _long_run(chain[np.ix_(met, met)], met)
        if chosen["end"] is not None and any(
            limit[i] > 1e-9 and state not in chosen["end"] for i, (state, _) in enumerate(nodes)
        ):
            continue
        if average:
            visits = limit
        else:
            visits = np.linalg.solve(np.eye(len(nodes)) - discount * chain.T, begin)
        row = np.zeros(len(states))
        for i, (state, _) in enumerate(nodes):
            row[states.index(state)] += visits[i]
        if not average and chosen["take"] is not None:
            row *= discount
            row[states.index(at)] += 1
        rows.append(row)
    return rows


def _long_run(chain: np.ndarray, met: np.ndarray) -> np.ndarray:
    """The long-run average of the chain's powers, on all nodes (zero at nodes that are not met)."""
    power = (np.eye(len(chain)) + chain) / 2
    for _ in range(40):
        power = power @ power
        power /= power.sum(axis=1, keepdims=True)
    whole = np.zeros((len(met), len(met)))
    whole[np.ix_(met, met)] = power
    return whole


def count_orbits(document: Document, rewards: list[dict[str, int]]) -> list[tuple[int, int, int]]:
    """For each reward, on how many of its permutations A beats B, B beats A, and they tie.

    With several situations: A beats B in all of them, B beats A in one, and neither.
    """
    coordinates = document["coordinates"]
    movable = coordinates if document["permutable"] is None else document["permutable"]
    places = [coordinates.index(c) for c in movable]
    subjects = [
        {**document, "question": {**document["question"], "at": at}} for at in document.get("situations", [])
    ] or [document]
    outcomes = [{side: outcomes_of_set(each, side) for side in ("prefer", "over")} for each in subjects]
    counts = []
    for reward in rewards:
        arrangements = sorted(set(itertools.permutations([reward[c] for c in movable])))
        variants = np.tile(np.array([float(reward[c]) for c in coordinates]), (len(arrangements), 1))
        variants[:, places] = arrangements
        margins = []
        for sides in outcomes:
            best = {side: (variants @ rows.T).max(axis=1, initial=-np.inf) for side, rows in sides.items()}
            margins.append(best["prefer"] - best["over"])
        margin = np.min(margins, axis=0)
        ahead, behind = int((margin > 1e-6).sum()), int((margin < -1e-6).sum())
        counts.append((ahead, behind, len(margin) - ahead - behind))
    return counts
