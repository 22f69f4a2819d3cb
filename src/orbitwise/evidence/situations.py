"""T7, many situations at once: one A' and one B' for all of them.

A situation is a start state s with its own outcomes A_s and B_s. If A' lies inside every A_s, and every B_s inside
conv(B'), then h_(A_s) >= h_A' and h_B' >= h_(B_s) for every s at once: wherever A' is at least as good as B', A is at
least as good as B in every situation. So every bound for (A', B') bounds the share of the orbit on which that holds
jointly. Bounds for the situations one by one do not: the shares may lie on different parts of the orbit.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import numpy as np

from orbitwise.errors import NotSupported
from orbitwise.outcomes.question import Play, Question
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.end_components import find_end_components
from orbitwise.typing import IntArray

__all__ = ["common_arenas", "common_outcomes", "distinct_situations", "has_sure_starts"]


def common_outcomes(question: Question) -> tuple[Outcomes, Outcomes] | NotSupported:
    """Outcomes that A has in every situation and those that B has in any; of one situation just A's and B's.

    **Guarantee:** exact. A's may be none.
    **Cost:** listing the outcomes of each situation.
    """
    if not question.situations:
        return question.outcomes
    sides: list[tuple[Outcomes, Outcomes]] = []
    for part in question.situations:
        found = part.outcomes
        if isinstance(found, NotSupported):
            name = question.coordinates[_play(part).at]
            return NotSupported(f"in the situation {name!r}: {found.message}")
        sides.append(found)
    kept = reduce(frozenset.intersection, [frozenset(prefer.vectors) for prefer, _ in sides])
    prefer = tuple(v for v in sides[0][0].vectors if v in kept)
    over = tuple(dict.fromkeys(v for _, side in sides for v in side.vectors))
    return Outcomes(prefer, question.n_coordinates), Outcomes(over, question.n_coordinates)


def common_arenas(question: Question) -> tuple[Arena, Arena] | str:
    """What A and B may do, from all situations as if from one start; or why the situations differ in that."""
    play = _play(question)
    if not question.situations:
        return play.prefer_arena, play.over_arena
    if play.prefer.always is not None or play.over.always is not None:
        return "always: forbids other choices in each situation, so the situations have no graph in common"
    plays = [_play(part) for part in question.situations]
    return _merge([p.prefer_arena for p in plays]), _merge([p.over_arena for p in plays])


def has_sure_starts(question: Question) -> bool:
    """Whether B starts in one node in each of the situations."""
    return bool(question.situations) and all(len(_play(p).over_arena.initial_nodes) == 1 for p in question.situations)


def distinct_situations(question: Question) -> tuple[Question, ...]:
    """The situations, those that surely have the same outcomes as an earlier one left out.

    **Cost:** linear in the listed outcomes, or in the transitions times the rounds that end components need.
    """
    components: dict[int, tuple[ChoiceGraph, IntArray]] = {}
    chosen: dict[object, Question] = {}
    for part in question.situations:
        listed = part.outcomes
        if isinstance(listed, NotSupported):
            play = _play(part)
            sides = [_whereabouts(arena, question, components) for arena in (play.prefer_arena, play.over_arena)]
            chosen.setdefault(tuple(sides), part)
        else:
            chosen.setdefault(tuple(frozenset(side.vectors) for side in listed), part)
    return tuple(chosen.values())


def _whereabouts(arena: Arena, question: Question, known: dict[int, tuple[ChoiceGraph, IntArray]]) -> object:
    """Equal for starts from which the same plays settle; a start that is like no other is itself.

    Under average reward two nodes of one end component can surely get to each other. What must be entered with positive
    probability only, or where play must end, might be lost on the way, unless every play is a single path.
    """
    has_duty = bool(arena.full_memory) or arena.end_nodes is not None
    if question.criterion.kind != "average" or len(arena.initial_nodes) > 1:
        return arena
    if has_duty and not arena.graph.is_deterministic:
        return arena
    key = id(arena.graph)
    if key not in known:
        known[key] = (arena.graph, find_end_components(arena.graph).component)  # the graph is kept, so its id is
    place = int(known[key][1][arena.initial_nodes[0]])
    return (key, place) if place >= 0 else arena


def _merge(arenas: list[Arena]) -> Arena:
    """One arena that starts from all the initial nodes, evenly; the graph is that of each."""
    nodes = np.unique(np.concatenate([arena.initial_nodes for arena in arenas]))
    return replace(arenas[0], initial_nodes=nodes, initial_probabilities=np.full(len(nodes), 1 / len(nodes)))


def _play(question: Question) -> Play:
    if question.play is None:
        raise NotSupported("situations are start states of an environment; these outcomes were given as vectors")
    return question.play
