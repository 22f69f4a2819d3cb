"""What is wrong, doubtful or worth knowing about an environment, as a list.

Builders and readers refuse what is wrong, so errors can only come from an MDP put together by hand. Warnings are
about models that are well formed and perhaps not what was meant; notes are facts to know before asking questions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np

from orbitwise.environments.mdp import MDP
from orbitwise.environments.rows import transition_place
from orbitwise.solvers.reachability import find_reachable
from orbitwise.typing import BoolArray, IntArray, ObjectArray

__all__ = ["Problem", "check"]

SMALL = 1e-9
FLOAT_SUM_ERROR = 1e-9


@dataclass(frozen=True)
class Problem:
    """One finding about an environment.

    Parameters
    ----------
    severity
        ``error``: results would be wrong; ``warning``: probably not what was meant; ``note``: good to know.
    place
        Where, for example ``transition['lake', 'left']``; empty: everywhere.
    message
        What was found and what to do.
    """

    severity: Literal["error", "warning", "note"]
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.place}: {self.message}" if self.place else f"{self.severity}: {self.message}"


def check(mdp: MDP) -> list[Problem]:
    """Everything worth saying about an environment, errors first.

    **Guarantee:** exact.
    **Cost:** linear in the entries (times a logarithm for equal actions).

    Returns
    -------
    An empty list when there is nothing to say.

    Examples
    --------
    >>> from orbitwise.environments import gallery
    >>> check(gallery.load("candy"))
    []
    """
    errors = list(find_broken(mdp))
    if errors:
        return errors
    return [
        *find_unreachable(mdp),
        *find_small(mdp),
        *find_without_cycles(mdp),
        *find_equal_actions(mdp),
        *find_labels(mdp),
        *find_floats(mdp),
        *(Problem("note", "", note) for note in mdp.notes),
    ]


def find_broken(mdp: MDP) -> Iterator[Problem]:
    """Arrays that contradict each other, states without actions, rows that do not sum to 1."""
    graph = mdp.graph
    if graph.n_nodes != len(mdp.states) or graph.n_choices != len(mdp.choice_actions):
        yield Problem(
            "error", "", f"{len(mdp.states)} state names and {len(mdp.choice_actions)} action indices for "
            f"{graph.n_nodes} nodes and {graph.n_choices} choices; the counts must agree",
        )  # fmt: skip
        return
    if len(set(mdp.states)) < len(mdp.states):
        yield Problem("error", "states", "a name occurs twice; rename one")
    for what, indices, size in (
        ("start", np.array([mdp.start]), graph.n_nodes),
        ("successors", graph.successors, graph.n_nodes),
        ("choice_actions", mdp.choice_actions, len(mdp.actions)),
        *((f"labels[{k!r}]", np.array(v, dtype=np.int64), graph.n_nodes) for k, v in mdp.labels.items()),
    ):
        if len(indices) and not (indices.min() >= 0 and indices.max() < size):
            yield Problem("error", what, f"an index is not between 0 and {size - 1}; mend it")
            return
    for state in np.flatnonzero(np.diff(graph.choice_offsets) < 1).tolist():
        yield Problem("error", f"state {mdp.states[state]!r}", "it has no action; a terminal state stays")
    lengths = np.diff(graph.entry_offsets)
    if (lengths < 1).any():
        for choice in np.flatnonzero(lengths < 1).tolist():
            yield Problem("error", place_of(mdp, choice), "it has no successor; give it one")
        return
    yield from find_wrong_sums(mdp)


def find_wrong_sums(mdp: MDP) -> Iterator[Problem]:
    """Choices whose probabilities are not positive or do not sum to 1 (exactly, where they are exact)."""
    graph = mdp.graph
    starts = graph.entry_offsets[:-1]
    positive = np.minimum.reduceat(graph.probabilities, starts) > 0
    sums = np.add.reduceat(graph.probabilities, starts)
    wrong = ~(positive & (np.abs(sums - 1) <= FLOAT_SUM_ERROR))
    if graph.exact is not None:
        wrong |= ~find_exact_sums(graph.exact, starts)
    for choice in np.flatnonzero(wrong).tolist():
        yield Problem(
            "error", place_of(mdp, choice), f"its probabilities sum to {sums[choice]:.12g}, expected 1, all > 0"
        )


def find_exact_sums(exact: ObjectArray, starts: IntArray) -> BoolArray:
    """Which rows of fractions sum to exactly 1; in integers over the common denominator where that is small."""
    numbers, values = number_values(exact)
    common = math.lcm(*(value.denominator for value in values))
    if common < 2**40 and all(abs(value) <= 2**20 for value in values):
        numerators = np.array([int(value * common) for value in values], dtype=np.int64)
        sums: ObjectArray = np.add.reduceat(numerators[numbers], starts) == common
        return sums
    return np.array([total == 1 for total in np.add.reduceat(exact, starts).tolist()], dtype=bool)


def number_values(exact: ObjectArray) -> tuple[IntArray, list[Fraction]]:
    """Distinct fractions, and the number of each entry's fraction; most entries share few objects."""
    _, first, inverse = np.unique(
        np.fromiter(map(id, exact.tolist()), dtype=np.int64, count=len(exact)), return_index=True, return_inverse=True
    )
    known: dict[Fraction, int] = {}
    numbers = np.array([known.setdefault(exact[i], len(known)) for i in first.tolist()], dtype=np.int64)
    return numbers[inverse], list(known)


def find_unreachable(mdp: MDP) -> Iterator[Problem]:
    """States that no policy reaches from the start, and a start that cannot be left."""
    reached = find_reachable(mdp.graph, np.array([mdp.start]))
    missed = np.flatnonzero(~reached)
    if len(missed):
        yield Problem(
            "warning",
            name_some(mdp, missed),
            f"{len(missed)} of {mdp.n_states} states cannot be reached from the start {mdp.states[mdp.start]!r}; they "
            "still count as coordinates that rewards permute, unless the question narrows them",
        )
    if int(reached.sum()) == 1:
        yield Problem("warning", f"state {mdp.states[mdp.start]!r}", "the start cannot be left; name another with --at")


def find_small(mdp: MDP) -> Iterator[Problem]:
    """Probabilities so small that floating-point solvers may lose them."""
    small = np.flatnonzero(mdp.graph.probabilities < SMALL)
    if len(small):
        choice = int(mdp.graph.entry_choices[small[0]])
        yield Problem(
            "warning",
            place_of(mdp, choice),
            f"{len(small)} probabilities are below {SMALL:g}; certificates stay exact, estimates may not see them",
        )


def find_without_cycles(mdp: MDP) -> Iterator[Problem]:
    """No state can be kept for ever."""
    if not len(mdp.one_cycles):
        yield Problem(
            "warning",
            "",
            "no state has an action that stays there surely (a 1-cycle), so the graph bound for average reward (T5) "
            "cannot be used; terminal states need an action such as 'stay'",
        )


def find_equal_actions(mdp: MDP) -> Iterator[Problem]:
    """Actions of one state that do the same."""
    order, first = group_equal_choices(mdp)
    double = order[~first]
    if len(double):
        yield Problem(
            "note",
            place_of(mdp, int(double.min())),
            f"{len(double)} actions do the same as another action of their state; nothing is lost by leaving them out",
        )


def group_equal_choices(mdp: MDP) -> tuple[IntArray, IntArray]:
    """Choices in an order that puts equal ones side by side, and whether each is the first of its kind."""
    graph = mdp.graph
    if graph.is_deterministic:
        keys = graph.choice_nodes * np.int64(graph.n_nodes) + graph.successors
    else:
        numbers_of = number_values(graph.exact_probabilities)[0]
        entries = list(zip(graph.successors.tolist(), numbers_of.tolist(), strict=True))
        bounds = graph.entry_offsets.tolist()
        numbers: dict[object, int] = {}
        nodes = graph.choice_nodes.tolist()
        rows = ((node, frozenset(entries[i:j])) for node, (i, j) in zip(nodes, pairwise(bounds), strict=True))
        keys = np.array([numbers.setdefault(row, len(numbers)) for row in rows], dtype=np.int64)
    order = np.argsort(keys, kind="stable")
    return order, np.concatenate([[True], np.diff(keys[order]) != 0])


def find_labels(mdp: MDP) -> Iterator[Problem]:
    """Labels that say nothing: on no state, or on every state."""
    for label, members in mdp.labels.items():
        if not members:
            yield Problem("warning", f"labels[{label!r}]", f"no state has it, so @{label} names nothing; remove it")
        elif len(members) == mdp.n_states > 1:
            yield Problem("note", f"labels[{label!r}]", "every state has it")


def find_floats(mdp: MDP) -> Iterator[Problem]:
    """Probabilities given as floats."""
    if mdp.graph.exact is None and not mdp.is_deterministic:
        yield Problem(
            "note",
            "",
            "probabilities are floating-point numbers; exact results are about the simplest fractions near them",
        )


def place_of(mdp: MDP, choice: int) -> str:
    """How a choice is named."""
    state = mdp.states[int(mdp.graph.choice_nodes[choice])]
    return transition_place(state, mdp.actions[int(mdp.choice_actions[choice])])


def name_some(mdp: MDP, states: IntArray) -> str:
    """A few states and how many more there are."""
    indices = states.tolist()
    named = ", ".join(repr(mdp.states[state]) for state in indices[:5])
    return f"states {named}" + (f" and {len(indices) - 5} more" if len(indices) > 5 else "")
