"""Two environments of which one is a coarser picture of the other, and how their states belong together.

Each fine state stands for one coarse state (its *origin*), or is gone: no play meets it, or every play that meets it
surely passes through it to one state (it then *leads* there). Projecting each law through the map, the choices of a
fine state become those of its origin: the map is a probabilistic bisimulation. So a play of one environment is a play
of the other, and what may be avoided, entered or stayed in is the same for whole fibers (all fine states of an origin).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from orbitwise.environments.builder import Builder
from orbitwise.environments.mdp import MDP

__all__ = ["Law", "Laws", "StateMap", "compose", "draw_together", "list_laws", "project"]

Law = tuple[tuple[int, Fraction], ...]  # (successor, probability), sorted by successor
Laws = Sequence[Sequence[tuple[str, Law]]]  # for each state its actions with their laws

SURE = Fraction(1)


@dataclass(frozen=True, eq=False)
class StateMap:
    """How the states of a fine environment belong to those of a coarse one.

    Parameters
    ----------
    fine, coarse
        The two environments.
    origin
        Shape (n_fine,), the coarse state that each fine state stands for; None: gone.
    leads
        Fine states that are gone because every play passes through them, and the coarse state to which it surely gets.
    """

    fine: MDP
    coarse: MDP
    origin: tuple[int | None, ...]
    leads: Mapping[int, int] = field(default_factory=dict)

    @cached_property
    def fibers(self) -> tuple[tuple[int, ...], ...]:
        """For each coarse state the fine states that stand for it, in order."""
        found: list[list[int]] = [[] for _ in range(self.coarse.n_states)]
        for state, origin in enumerate(self.origin):
            if origin is not None:
                found[origin].append(state)
        return tuple(map(tuple, found))

    def project(self, law: Law) -> Law:
        """A law on fine states as one on coarse states."""
        return project(law, [self.leads.get(s) if o is None else o for s, o in enumerate(self.origin)])


def list_laws(mdp: MDP) -> Laws:
    """For each state its actions with their exact laws.

    **Cost:** linear.
    """
    graph = mdp.graph
    chances = [SURE] * len(graph.successors) if graph.is_deterministic else graph.exact_probabilities.tolist()
    successors, offsets, labels = graph.successors.tolist(), graph.entry_offsets.tolist(), mdp.choice_actions.tolist()

    def law(choice: int) -> Law:
        span = slice(offsets[choice], offsets[choice + 1])
        if offsets[choice + 1] - offsets[choice] == 1:
            return ((successors[span.start], SURE),)
        return tuple(sorted(zip(successors[span], chances[span], strict=True)))

    return [[(mdp.actions[labels[c]], law(c)) for c in mdp.choices(state)] for state in range(mdp.n_states)]


def project(law: Law, image: Sequence[int | None]) -> Law:
    """The law of the images; successors without image are left out."""
    if len(law) == 1:
        target = image[law[0][0]]
        return () if target is None else ((target, law[0][1]),)
    found: dict[int, Fraction] = {}
    for state, chance in law:
        target = image[state]
        if target is not None:
            found[target] = found.get(target, Fraction(0)) + chance
    return tuple(sorted(found.items()))


def draw_together(
    mdp: MDP, laws: Laws, image: Sequence[int | None], *, respected: Collection[int], gone: Collection[int] = ()
) -> StateMap:
    """The environment on the states that are their own image; of equal choices the first stays.

    Parameters
    ----------
    mdp, laws
        The fine environment, and ``list_laws(mdp)``.
    image
        Shape (n_states,), the state that stands for each state; None for states that are not reached from the others.
    respected
        States all of whose actions stay, equal or not.
    gone
        States that are passed through: their image is where they surely lead.
    """
    builder = Builder(mdp.name, start=mdp.states[mdp.start])
    kept = [state for state in range(mdp.n_states) if image[state] == state]
    number = {state: k for k, state in enumerate(kept)}
    for state in kept:
        known: set[Law] = set()
        for action, law in laws[state]:
            drawn = project(law, image)
            if state in respected or drawn not in known:
                known.add(drawn)
                successor = {mdp.states[s]: chance for s, chance in drawn}
                builder.add(mdp.states[state], action, successor if len(successor) > 1 else next(iter(successor)))
    for label, members in mdp.labels.items():
        builder.label(label, [mdp.states[s] for s in members if s in number])
    for state, (column, row) in mdp.layout.items():
        if state in number:
            builder.place(mdp.states[state], column, row)
    coarse = builder.build(description=mdp.description, source=mdp.source, notes=mdp.notes)
    images = [None if target is None else number[target] for target in image]
    return StateMap(
        fine=mdp,
        coarse=coarse,
        origin=tuple(None if s in gone else target for s, target in enumerate(images)),
        leads={s: target for s, target in enumerate(images) if s in gone and target is not None},
    )


def compose(first: StateMap, second: StateMap) -> StateMap:
    """From the fine states of the first map to the coarse states of the second, whose fine are the first's coarse."""
    through = [second.leads.get(s) if o is None else o for s, o in enumerate(second.origin)]
    origin = tuple(None if c is None else second.origin[c] for c in first.origin)
    leads: dict[int, int] = {}
    for state, middle in enumerate(first.origin):
        target = first.leads.get(state) if middle is None else middle
        last = None if target is None else through[target]
        if origin[state] is None and last is not None:
            leads[state] = last
    return StateMap(first.fine, second.coarse, origin, leads)
