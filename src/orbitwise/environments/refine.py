"""Refinement: states split into copies that an agent can tell apart, each copy with a reward of its own.

A state s of some end component, split into k, becomes s itself and the copies ``s#1`` .. ``s#k``. The agent is in s
when it comes from outside the end component (or begins there), and in a copy of its choice whenever it comes from
inside. All of them have the choices of s; a choice that may stay in s stays in its own copy, or leads from s to any
copy. So for a choice that stays inside the end component there is one choice for each way to pick a copy of each
successor; a choice that may leave it leads to the states themselves and keeps its name. Forgetting the copies gives
back the environment, step for step: every play of one is a play of the other.

**What is recurrent.** The states that a policy visits for ever form end components, whose choices stay inside; the
split states themselves are entered by other choices only, so they are transient. States in no end component are never
recurrent and are not split.

**Theorem (average reward).** Let X be a set of policies given by conditions on whole fibers (all states of an origin),
without ``enter``, or with ``enter`` in a deterministic environment, and X' the same set after refinement. Then
h_X'(r') = h_X(r) where r(s) is the largest reward of a copy of s.
*Proof.* At least: let a policy of X play in X', and pick for each s the copy of largest reward whenever one is picked;
its recurrent copies are these alone. At most: a play of X', copies forgotten, is a play of X with memory; its long-run
frequencies x have a value x.r that is at least its own, as no copy is worth more than r(s). Memory gains nothing in X
(see T5, return form; in a deterministic environment what must be entered has been entered before the cycle). QED

**Ratios.** A *section* of an outcome x puts each x_s on one copy c(s). The sections of an outcome of X are outcomes of
X', and every outcome of X' is a mixture of sections of mixtures of outcomes of X. Therefore

- Split alike (all recurrent states into k), T1, T2, T3 keep bound, ratio and form: take all sections of B' for B', of
  A' for A', and let each permutation move copy i of s to copy i of its image. Conditions on sets of vectors carry over
  section by section, and of a group orbit O' over O equally many vectors lie over each vector of O, so that the share
  of those over A' is |O n A'| / |O|. The same holds when only states that the permutations move into one another are
  split alike.
- T5 counts each state as often as it has copies: sum over A' of k(s) / sum over A' u D_B of k(s). Splitting alike keeps
  it, splitting one side's states moves it: two sweets against one candy give 2/3, against two candies 2/4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

from orbitwise.environments.builder import Builder
from orbitwise.environments.mdp import MDP
from orbitwise.environments.state_map import Law, StateMap, list_laws
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.solvers.end_components import find_end_components

__all__ = ["Refinement", "refine"]

MAX_CHOICES = 1_000_000


@dataclass(frozen=True, eq=False)
class Refinement:
    """A refined environment, and how its states belong to the old ones.

    Parameters
    ----------
    environment
        The new environment.
    map
        Its states (fine) and those of the old one (coarse).
    """

    environment: MDP
    map: StateMap


def refine(mdp: MDP, into: Mapping[str, int] | int) -> Refinement:
    """Split states into copies, each with a reward of its own.

    **Guarantee:** exact; for average reward the theorem of this module holds.
    **Cost:** linear in the new choices; a choice that stays in its end component is multiplied by the copies of each
    of its successors.

    Parameters
    ----------
    mdp
        The environment.
    into
        How many copies of which states, or one number: all states of end components alike.

    Raises
    ------
    InvalidInput
        An unknown state, a number below 1, a state in no end component, or a new name that is taken.
    NotSupported
        There would be more than a million choices.

    References
    ----------
    MORE, "Invariances", and the comment on it that candy alone may be split.

    Examples
    --------
    >>> import orbitwise as ow
    >>> split = refine(ow.gallery.load("candy"), {"candy": 2}).environment
    >>> split.action_names(split.state("candy"))
    ('stay to candy#1', 'stay to candy#2')
    >>> ow.certify(ow.ask(split, prefer="Wait!", over="candy"))[0][0].bound
    Fraction(1, 2)
    """
    components = find_end_components(mdp.graph)
    counts = _read_counts(mdp, into, (components.component >= 0).tolist())
    copies = {s: tuple(f"{mdp.states[s]}#{i + 1}" for i in range(k)) for s, k in counts.items() if k > 1}
    taken = [name for names in copies.values() for name in names if name in mdp.index]
    if taken:
        raise InvalidInput(f"expected {taken[0]!r} to be free for a copy, found a state; rename it", where="into")
    _check_size(mdp, copies, components.internal.tolist())
    builder = Builder(mdp.name, start=mdp.states[mdp.start])
    origin: list[int] = []
    for state, choices in enumerate(list_laws(mdp)):
        stays = [bool(components.internal[c]) for c in mdp.choices(state)]
        for node in (mdp.states[state], *copies.get(state, ())):
            origin.append(state)
            own = state if node != mdp.states[state] else None
            for (action, law), is_internal in zip(choices, stays, strict=True):
                known = copies if own is None else {**copies, state: (node,)}
                for name, row in _sections(mdp, action, law, known if is_internal else {}):
                    builder.add(node, name, row)
    for label, members in mdp.labels.items():
        builder.label(label, [name for s in members for name in (mdp.states[s], *copies.get(s, ()))])
    fine = builder.build(description=mdp.description, source=mdp.source, notes=mdp.notes)
    return Refinement(fine, StateMap(fine, mdp, tuple(origin)))


def _sections(
    mdp: MDP, action: str, law: Law, copies: Mapping[int, tuple[str, ...]]
) -> Iterator[tuple[str, dict[str, object]]]:
    """The ways to pick a copy of each successor, named after the action and what is picked."""
    candidates = [copies.get(s, (mdp.states[s],)) for s, _ in law]
    free = [k for k, names in enumerate(candidates) if len(names) > 1]
    for picked in product(*candidates):
        name = f"{action} to {', '.join(picked[k] for k in free)}" if free else action
        yield name, {node: chance for node, (_, chance) in zip(picked, law, strict=True)}


def _read_counts(mdp: MDP, into: Mapping[str, int] | int, is_recurrent: list[bool]) -> dict[int, int]:
    """How many copies of each state that is split."""
    if isinstance(into, Mapping):
        counts = {mdp.state(name, where="into"): k for name, k in into.items()}
    else:
        counts = {s: into for s in range(mdp.n_states) if is_recurrent[s]}
    for state, k in counts.items():
        where = f"into[{mdp.states[state]!r}]"
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
            raise InvalidInput(
                f"expected a number of copies, at least 1, found {k!r}; write 2, for example", where=where
            )
        if not is_recurrent[state]:
            raise InvalidInput(
                "expected a state in which play can stay or to which it can come back, found one that every play "
                "leaves for ever; its copies would never be visited in the long run, so leave it out",
                where=where,
            )
    if sum(counts.values()) > MAX_CHOICES:
        raise NotSupported(
            f"the refined environment would have more than {MAX_CHOICES:,} states; "
            "split fewer states or into fewer copies"
        )
    return counts


def _check_size(mdp: MDP, copies: Mapping[int, tuple[str, ...]], internal: list[bool]) -> None:
    """Refuse refinements that would explode, before making one."""
    total = 0
    for choice, owner in enumerate(mdp.graph.choice_nodes.tolist()):
        ways = prod(len(copies.get(s, "1")) for s in mdp.successors(choice).tolist()) if internal[choice] else 1
        total += ways * (1 + len(copies.get(owner, ())))
    if total > MAX_CHOICES:
        raise NotSupported(
            f"the refined environment would have up to {total:,} choices, more than {MAX_CHOICES:,}; "
            "split fewer states or into fewer copies"
        )
