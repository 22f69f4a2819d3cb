"""Which parts of an environment are drawn: every state of a small one, else its strongly connected components.

Up to :data:`MOST_UNITS` states are drawn one by one. Of a larger environment the part that can be reached from the
asking state is drawn with each strongly connected component (states that can all be reached from each other) as one
unit. Units that only end, with the same predecessors and the same role, are drawn together as one cluster. If there are
still too many, the nearest ones are drawn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from orbitwise.environments.mdp import MDP
from orbitwise.report.lettering import fraction_words, label, shorten, visible
from orbitwise.report.roles import Role, Side
from orbitwise.solvers.reachability import find_reachable
from orbitwise.typing import BoolArray, IntArray

__all__ = ["MOST_UNITS", "Link", "Unit", "UnitGraph", "list_units"]

MOST_UNITS = 60
MOST_CHOICE_DOTS = 40
SMALLEST_CLUSTER = 5


@dataclass(frozen=True)
class Unit:
    """States drawn as one thing; a unit without states is an action with several successors."""

    states: tuple[int, ...]
    side: Side
    tag: str
    label: str
    title: str
    is_cluster: bool = False
    is_reached: bool = True


@dataclass(frozen=True)
class Link:
    """Moves from one unit to another; ``label`` is short, ``title`` full."""

    source: int
    target: int
    label: str
    title: str


@dataclass(frozen=True)
class UnitGraph:
    """Units and links, the unit of the asking state, and sentences about what is not drawn."""

    units: tuple[Unit, ...]
    links: tuple[Link, ...]
    start: int
    captions: tuple[str, ...]


def list_units(mdp: MDP, at: int, roles: Mapping[int, Role]) -> UnitGraph:
    """The units and links of an environment's picture.

    **Cost:** linear in the transitions.
    """
    reached = find_reachable(mdp.graph, np.array([at]))
    captions: list[str] = []
    if mdp.n_states <= MOST_UNITS:
        members = [[state] for state in range(mdp.n_states)]
    else:
        members = _components(mdp, reached)
    members = _cluster(mdp, members, roles, at)
    if mdp.n_states > MOST_UNITS:
        captions.append(_component_caption(mdp, reached, len(members)))
    owner = _owner(members, mdp.n_states)
    if len(members) > MOST_UNITS:
        near = _nearest(mdp, owner, int(owner[at]))
        captions.append(f"Only the {len(near)} of {len(members):,} parts nearest to the start are drawn.")
        members = [members[unit] for unit in near]
        owner = _owner(members, mdp.n_states)
    units = [_unit(mdp, group, roles, is_reached=bool(reached[group[0]])) for group in members]
    links, dots = _list_links(mdp, owner, members, n_units=len(units))
    return UnitGraph((*units, *dots), tuple(links), int(owner[at]), tuple(captions))


def _components(mdp: MDP, reached: BoolArray) -> list[list[int]]:
    """Strongly connected components of the reached states, by their first state."""
    graph = mdp.graph
    sources = graph.choice_nodes[graph.entry_choices]
    inside = reached[sources]
    matrix = csr_array(
        (np.ones(int(inside.sum()), dtype=np.int8), (sources[inside], graph.successors[inside])),
        shape=(mdp.n_states, mdp.n_states),
    )
    _, label = connected_components(matrix, directed=True, connection="strong")
    found: dict[int, list[int]] = {}
    for state in np.flatnonzero(reached).tolist():
        found.setdefault(int(label[state]), []).append(state)
    return list(found.values())


def _component_caption(mdp: MDP, reached: BoolArray, n_parts: int) -> str:
    n_reached = int(reached.sum())
    text = f"{mdp.n_states:,} states are too many to draw one by one. States that can all be reached from each other, "
    text += f"and final states with the same predecessors, are drawn as one part ({n_parts:,} parts)"
    if n_reached < mdp.n_states:
        text += f"; {mdp.n_states - n_reached:,} states that cannot be reached from the start are left out"
    return text + "."


def _cluster(mdp: MDP, members: list[list[int]], roles: Mapping[int, Role], at: int) -> list[list[int]]:
    """Join single states that only end, have the same predecessors and the same side."""
    owner = _owner(members, mdp.n_states)
    before: dict[int, set[int]] = {}
    leaves = {unit for unit, group in enumerate(members) if len(group) == 1 and group[0] != at}
    for source, target in _unit_pairs(mdp, owner):
        leaves.discard(source)
        before.setdefault(target, set()).add(source)
    alike: dict[tuple[frozenset[int], str], list[int]] = {}
    for unit in sorted(leaves):
        role = roles.get(members[unit][0])
        if unit in before:
            alike.setdefault((frozenset(before[unit]), role.side if role else ""), []).append(unit)
    joined = {units[0]: units for units in alike.values() if len(units) >= SMALLEST_CLUSTER}
    absorbed = {unit for units in joined.values() for unit in units[1:]}
    return [
        [state for part in joined.get(unit, [unit]) for state in members[part]]
        for unit in range(len(members))
        if unit not in absorbed
    ]


def _owner(members: list[list[int]], n_states: int) -> IntArray:
    """The unit of each state, -1 for states that are not drawn."""
    owner = np.full(n_states, -1, dtype=np.int64)
    for unit, states in enumerate(members):
        owner[states] = unit
    return owner


def _unit_pairs(mdp: MDP, owner: IntArray) -> Iterable[tuple[int, int]]:
    """Distinct (source unit, target unit) of all moves between different units, sorted."""
    graph = mdp.graph
    sources, targets = owner[graph.choice_nodes[graph.entry_choices]], owner[graph.successors]
    between = (sources != targets) & (sources >= 0) & (targets >= 0)
    n_units = int(owner.max()) + 1
    codes = np.unique(sources[between] * n_units + targets[between])
    return list(zip((codes // n_units).tolist(), (codes % n_units).tolist(), strict=True))


def _nearest(mdp: MDP, owner: IntArray, start: int) -> list[int]:
    """The units nearest to the start, in order of their number."""
    after: dict[int, list[int]] = {}
    for source, target in _unit_pairs(mdp, owner):
        after.setdefault(source, []).append(target)
    seen, queue = {start: None}, deque([start])
    while queue and len(seen) < MOST_UNITS:
        for target in after.get(queue.popleft(), []):
            if target not in seen and len(seen) < MOST_UNITS:
                seen[target] = None
                queue.append(target)
    return sorted(seen)


def _unit(mdp: MDP, states: list[int], roles: Mapping[int, Role], *, is_reached: bool) -> Unit:
    found = [roles[state] for state in states if state in roles]
    sides = {letter for role in found for letter in role.side}
    side: Side = "ab" if len(sides) == 2 else "a" if "a" in sides else "b" if "b" in sides else ""
    if len(states) == 1:
        name = visible(mdp.states[states[0]])
        tag = found[0].tag if found else ""
        return Unit(tuple(states), side, tag, name, state_title(mdp, states[0], tag), is_reached=is_reached)
    names = ", ".join(label(mdp.states[state], 24) for state in states[:8])
    more = f" and {len(states) - 8:,} more" if len(states) > 8 else ""
    title = f"{len(states):,} states: {names}{more}"
    if found:
        title += f"; {len(found):,} of them in " + " and ".join(letter.upper() + "′" for letter in sorted(sides))
    tag = " ".join(_group_tag(letter, len(states), found) for letter in sorted(sides))
    return Unit(tuple(states), side, tag, f"{len(states):,} states", title, is_cluster=_only_stay(mdp, states))


def _group_tag(letter: str, n_states: int, found: list[Role]) -> str:
    """``A`` when all states of a group have the role, else how many have it: ``12 A``."""
    count = sum(letter in role.side for role in found)
    return letter.upper() if count == n_states else f"{count:,} {letter.upper()}"


def _only_stay(mdp: MDP, states: list[int]) -> bool:
    """Whether each of the states, not too many, has no move but to itself."""
    if len(states) > MOST_UNITS:
        return False
    return all(mdp.successors(choice).tolist() == [state] for state in states for choice in mdp.choices(state))


def state_title(mdp: MDP, state: int, tag: str) -> str:
    """What a state is, in words."""
    words = [label(mdp.states[state])]
    if tag:
        words.append(tag)
    labels = [label(name) for name, members in mdp.labels.items() if state in members]
    if labels:
        words.append("labeled " + ", ".join(labels))
    if state in mdp.one_cycles:
        words.append("can stay for ever")
    return "; ".join(words)


def _list_links(mdp: MDP, owner: IntArray, members: list[list[int]], *, n_units: int) -> tuple[list[Link], list[Unit]]:
    """Links between units, with a dot for each choice of a single state that has several successors."""
    actions: dict[tuple[int, int], list[str]] = {}
    spread: dict[tuple[int, tuple[tuple[int, str], ...]], list[str]] = {}
    shown_whole = [states[0] for states in members if len(states) == 1]
    for state in shown_whole:
        for choice in mdp.choices(state):
            name = label(mdp.actions[mdp.choice_actions[choice]])
            chances = _chances(mdp, owner, choice)
            if len(chances) == 1:
                target = chances[0][0]
                if target >= 0:
                    actions.setdefault((int(owner[state]), target), []).append(name)
            else:
                spread.setdefault((int(owner[state]), chances), []).append(name)
    single = {int(owner[state]) for state in shown_whole}
    for source, target in _unit_pairs(mdp, owner):
        if source not in single:
            actions.setdefault((source, target), [])
    links = [_link(source, target, names) for (source, target), names in sorted(actions.items())]
    dots: list[Unit] = []
    as_dots = len(spread) <= MOST_CHOICE_DOTS
    direct: dict[tuple[int, int], list[str]] = {}
    for (source, chances), names in sorted(spread.items()):
        if as_dots:
            dot = n_units + len(dots)
            dots.append(Unit((), "", "", "", f"{', '.join(names)}: {len(chances)} possible successors"))
            links.append(_link(source, dot, names))
        for target, chance in chances:
            if target < 0:
                continue
            if as_dots:
                links.append(Link(dot, target, chance, f"{', '.join(names)}: probability {chance}"))
            else:
                direct.setdefault((source, target), []).extend(f"{name} ({chance})" for name in names)
    links += [_link(source, target, names) for (source, target), names in sorted(direct.items())]
    return links, dots


def _chances(mdp: MDP, owner: IntArray, choice: int) -> tuple[tuple[int, str], ...]:
    """Target units of a choice with their probabilities as text; one target has no text."""
    start, stop = mdp.graph.entry_offsets[choice : choice + 2].tolist()
    targets = owner[mdp.graph.successors[start:stop]].tolist()
    if len(set(targets)) == 1:
        return ((targets[0], ""),)
    exact = mdp.graph.exact_probabilities[start:stop].tolist()
    total: dict[int, Fraction] = {}
    for target, chance in zip(targets, exact, strict=True):
        total[target] = total.get(target, Fraction(0)) + chance
    return tuple((target, shorten(fraction_words(chance), 14)) for target, chance in sorted(total.items()))


def _link(source: int, target: int, names: list[str]) -> Link:
    distinct = list(dict.fromkeys(names))
    title = ", ".join(distinct[:12]) + (f" and {len(distinct) - 12} more" if len(distinct) > 12 else "")
    if len(distinct) > 3:
        return Link(source, target, f"{len(distinct)} actions", title)
    return Link(source, target, ", ".join(shorten(name, 14) for name in distinct), title)
