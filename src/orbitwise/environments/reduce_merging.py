"""Which states may be drawn together: bisimilar transient states, and recurrent states that are copies of each other.

*Bisimulation by partition refinement.* Begin with blocks by label; each state that must not be merged is a block by
itself. Split every block by the set of its states' laws, written over blocks and in exact fractions, until no block
splits: the coarsest bisimulation below the first partition.

*Twins.* Write s as ``*`` in the laws of s and in those that lead to s. If s and t then have the same laws and the same
laws leading to them, exchanging s and t maps choices onto choices; this is an equivalence relation, found by hashing.
A law that hits two states names one of them where the other has ``*``, so no two twins occur in one law.
"""

from __future__ import annotations

from collections import defaultdict
from math import gcd

from orbitwise.environments.mdp import MDP
from orbitwise.environments.state_map import Law, Laws, project
from orbitwise.solvers.end_components import find_end_components

__all__ = ["find_twins", "group_twins", "list_marks", "merge_transient"]

STAR = -1


def merge_transient(mdp: MDP, laws: Laws, respected: frozenset[int]) -> list[int]:
    """For each state the first state of its block: transient states alike share a block.

    **Guarantee:** exact. **Cost:** linear for each round of splitting, at most one round per state.
    """
    component = find_end_components(mdp.graph).component.tolist()
    marks = list_marks(mdp)
    keys: list[object] = [(s, "alone") if c >= 0 or s in respected else marks[s] for s, c in enumerate(component)]
    block = _number(keys)
    while True:
        keys = [(block[s], frozenset(project(law, block) for _, law in own)) for s, own in enumerate(laws)]
        finer = _number(keys)
        if max(finer) == max(block):
            break
        block = finer
    first: dict[int, int] = {}
    return [first.setdefault(b, s) for s, b in enumerate(block)]


def group_twins(mdp: MDP, laws: Laws, respected: frozenset[int]) -> list[int]:
    """For each state the first state of its group: all twin classes of recurrent states cut into groups of one size.

    **Guarantee:** exact; every recurrent state is in a group of the same size. **Cost:** near-linear.
    """
    image = list(range(mdp.n_states))
    classes = find_twins(mdp, laws, respected)
    size = gcd(*map(len, classes))
    if size > 1:
        for members in classes:
            for k, state in enumerate(members):
                image[state] = members[k - k % size]
    return image


def find_twins(mdp: MDP, laws: Laws, respected: frozenset[int]) -> list[list[int]]:
    """Classes of recurrent states that may be exchanged; a respected state is alone, and keeps its actions apart."""
    component = find_end_components(mdp.graph).component.tolist()
    marks = list_marks(mdp)
    incoming: list[set[object]] = [set() for _ in component]
    for state, choices in enumerate(laws):
        for action, law in choices:
            origin = (state, action if state in respected else None)
            for successor, _ in law:
                if successor != state:
                    incoming[successor].add((origin, _starred(law, successor)))
    classes: dict[object, list[int]] = defaultdict(list)
    for state, c in enumerate(component):
        if c >= 0:
            own = frozenset(_starred(law, state) for _, law in laws[state])
            alone = state if state in respected else None
            classes[alone, marks[state], own, frozenset(incoming[state])].append(state)
    return list(classes.values())


def _starred(law: Law, star: int) -> Law:
    return tuple(sorted((STAR if s == star else s, chance) for s, chance in law))


def list_marks(mdp: MDP) -> list[frozenset[str]]:
    """The labels of each state."""
    found: list[set[str]] = [set() for _ in range(mdp.n_states)]
    for label, members in mdp.labels.items():
        for state in members:
            found[state].add(label)
    return [frozenset(names) for names in found]


def _number(keys: list[object]) -> list[int]:
    """Keys numbered by their first appearance."""
    known: dict[object, int] = {}
    return [known.setdefault(key, len(known)) for key in keys]
