"""Reduction: a smaller environment with the same evidence, step by step until nothing more can go.

**What may go, and why.** Outcomes are those of policy sets whose conditions name whole fibers (docs/explanation,
"Abstraction"); d coordinates are permuted before, fewer afterwards.

1. *Equal choices* of a state, under every criterion: the outcomes are the same.
2. *States that cannot be reached* from the start (or a kept state), under every criterion. No outcome visits them: the
   outcomes are the same vectors without these coordinates.
3. *States passed through*, under average reward: in no end component, with one choice that surely leads to one state,
   which carries all their labels. No recurrent state distribution (RSD) visits them, and skipping them changes none.
4. *Transient states alike*, under average reward: the coarsest bisimulation (equal labels, equal sets of laws over
   blocks; actions are forgotten) of the states in no end component. Bisimilar states have the same policies ahead of
   them, step for step, and RSDs visit none of them: the RSDs are the same.
5. *Copies*, under average reward: recurrent states s and t are twins when exchanging them maps the choices of every
   state onto choices. If the sizes of all twin classes have a common divisor g > 1, each class is cut into groups of g
   and each group drawn together. This undoes a refinement of all recurrent states into g (``refine``): twins appear at
   most once in a law, so exchanging them independently realizes every section of every outcome, and the drawn
   environment is a bisimulation of the old one, so the theorem and the ratios of ``refine`` hold.

**Bounds after 1 to 4.** Vectors and the permutations that matter are the same on the coordinates that are left, so each
certificate holds on both sides with the same bound. Indeed, if the weak share over the orbit of every reduced reward is
at least c, so it is for every full reward r: sort its orbit by which values land outside the reduced coordinates; each
class is one orbit of a reduced reward (a sub-multiset of the values of r), with share at least c. So the true constant
can only grow when coordinates that no outcome visits are added. **After 5** a certificate of the reduced environment
holds for the full one with the same bound; the other way round only T5 is searched for again.

Merging twins of one side alone would change the ratio, so it is not done: the classes need a common g. Labels, the
start with its actions, and the states in ``keep`` are respected, since questions name them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from orbitwise.environments.mdp import MDP
from orbitwise.environments.reduce_merging import group_twins, list_marks, merge_transient
from orbitwise.environments.state_map import Laws, StateMap, compose, draw_together, list_laws
from orbitwise.errors import InvalidInput
from orbitwise.solvers.end_components import find_end_components
from orbitwise.solvers.reachability import find_reachable

__all__ = ["Reduction", "ReductionStep", "reduce"]

Image = Sequence[int | None]


@dataclass(frozen=True)
class ReductionStep:
    """One step: why states went, and which, by their old names; how many choices went."""

    why: str
    states: tuple[str, ...]
    n_choices: int


@dataclass(frozen=True, eq=False)
class Reduction:
    """A reduced environment, how the old states (fine) belong to its states (coarse), and what was done."""

    environment: MDP
    map: StateMap
    steps: tuple[ReductionStep, ...]


def reduce(
    mdp: MDP,
    *,
    start: str | None = None,
    criterion: Literal["average", "discounted"] = "average",
    keep: Iterable[str] = (),
) -> Reduction:
    """The environment without what does not matter for questions at its start.

    **Guarantee:** exact; what each step keeps is proved in this module.
    **Cost:** near-linear in the transitions for each round; rounds follow each other while something goes.

    Parameters
    ----------
    mdp
        The environment.
    start
        Where questions will be asked; by default the start state. It becomes the start of the reduced environment.
    criterion
        ``"average"`` allows all steps; ``"discounted"`` (any discount, also Blackwell) the first two.
    keep
        States that questions will name or be asked at; they and their actions stay as they are.

    Raises
    ------
    InvalidInput
        An unknown state or criterion.

    References
    ----------
    MORE, "Invariances"; Givan, Dean & Greig, *Equivalence notions and model minimization in Markov decision processes*
    (2003) for bisimulation.

    Examples
    --------
    >>> import orbitwise as ow
    >>> found = reduce(ow.gallery.load("chain-fork"))
    >>> found.environment, [step.why for step in found.steps]
    (<MDP 'chain-fork': 5 states, 7 choices>, ['passed through'])
    """
    if criterion not in ("average", "discounted"):
        raise InvalidInput(f"expected average or discounted, found {criterion!r}", where="criterion")
    first = mdp.start if start is None else mdp.state(start, where="start")
    names = {mdp.states[first], *(mdp.states[mdp.state(name, where="keep")] for name in keep)}
    current = StateMap(mdp, replace(mdp, start=first), tuple(range(mdp.n_states)))
    steps: list[ReductionStep] = []
    kinds = STEPS if criterion == "average" else STEPS[:2]
    laws = list_laws(current.coarse)
    going_on = True
    while going_on:
        going_on = False
        for why, find_image in kinds:
            before = current.coarse
            respected = frozenset(s for s, name in enumerate(before.states) if name in names)
            image = find_image(before, laws, respected)
            if why != "equal choices" and all(target == s for s, target in enumerate(image)):
                continue
            gone = [s for s, target in enumerate(image) if target != s] if why == "passed through" else []
            drawn = draw_together(before, laws, image, respected=respected, gone=gone)
            left = before.graph.n_choices - drawn.coarse.graph.n_choices
            if left:
                went = tuple(name for name in before.states if name not in drawn.coarse.index)
                steps.append(ReductionStep(why, went, left))
                current, laws, going_on = compose(current, drawn), list_laws(drawn.coarse), True
    return Reduction(current.coarse, current, tuple(steps))


def _reached(mdp: MDP, laws: Laws, respected: frozenset[int]) -> Image:
    del laws
    reached = find_reachable(mdp.graph, np.array(sorted(respected)))
    return [s if met else None for s, met in enumerate(reached.tolist())]


def _equal_choices(mdp: MDP, laws: Laws, respected: frozenset[int]) -> Image:
    """Every state stays; equal choices go when the environment is drawn anew."""
    del laws, respected
    return range(mdp.n_states)


def _passed_through(mdp: MDP, laws: Laws, respected: frozenset[int]) -> Image:
    """Transient states with one sure choice, and where a play goes from them; no label ends on the way."""
    marks = list_marks(mdp)
    is_transient = (find_end_components(mdp.graph).component < 0).tolist()
    image = list(range(mdp.n_states))
    for state, choices in enumerate(laws):
        (successor, _), *others = choices[0][1]
        is_sure = not others and len({law for _, law in choices}) == 1
        if is_sure and is_transient[state] and state not in respected and marks[state] <= marks[successor]:
            image[state] = successor
    for state in range(mdp.n_states):
        way = [state]
        while image[way[-1]] != way[-1]:
            way.append(image[way[-1]])
        for each in way:
            image[each] = way[-1]
    return image


STEPS: tuple[tuple[str, Callable[[MDP, Laws, frozenset[int]], Image]], ...] = (
    ("equal choices", _equal_choices),
    ("not reachable", _reached),
    ("passed through", _passed_through),
    ("transient and alike", merge_transient),
    ("copies", group_twins),
)
