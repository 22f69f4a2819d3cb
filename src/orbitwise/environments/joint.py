"""Two agents in one environment: the joint MDP, whose states and actions are pairs.

Both agents act at once: T((s, t), (a, b)) is the product T1(s, a) x T2(t, b). A rule may forbid joint states or joint
actions; the action pairs that could lead to a forbidden state are then missing too, and the action pairs of a state
need not be all pairs of actions any more. Names are POWERplay's: state ``(0, 0)_H^(0, 1)_A``, action ``left_H^stay_A``.

References
----------
Harris & Suo, POWERplay, https://github.com/gladstoneai/POWERplay, ``src/multi.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product

import numpy as np

from orbitwise.environments.builder import Builder
from orbitwise.environments.mdp import MDP, suggest
from orbitwise.errors import InvalidInput
from orbitwise.typing import IntArray

__all__ = ["JointMDP", "as_joint", "is_joint", "join_agents", "rows_of", "same_place"]

PAIR = re.compile(r"(.*)_([^_^]+)\^(.*)_([^_^]+)", re.DOTALL)
AGENTS = ("H", "A")
Pair = tuple[str, str]


@dataclass(frozen=True, eq=False)
class JointMDP:
    """An MDP in which each action is a pair, one part for each of two agents.

    Parameters
    ----------
    environment
        The MDP of the pairs; all else of the package takes it as it is (both agents as one).
    agents
        The names of the two agents.
    actions
        For each agent, its distinct action names.
    choice_actions
        Shape (n_choices, 2), for each joint choice the index of each agent's action in ``actions``.
    """

    environment: MDP
    agents: Pair
    actions: tuple[tuple[str, ...], tuple[str, ...]]
    choice_actions: IntArray

    def __repr__(self) -> str:
        return (
            f"<JointMDP {self.environment.name!r} of {' and '.join(self.agents)}: {self.environment.n_states} states>"
        )

    def agent(self, name: str, *, where: str = "agent") -> int:
        """0 or 1, the place of the agent with this name.

        Raises
        ------
        InvalidInput
            There is no such agent.
        """
        if name not in self.agents:
            raise InvalidInput(f"expected an agent, found {name!r}; {suggest(name, self.agents)}", where=where)
        return self.agents.index(name)

    @cached_property
    def own_actions(self) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
        """For each agent and state, the agent's actions there, in the order in which the state's choices name them."""
        mdp = self.environment
        first, second = (
            tuple(
                tuple(dict.fromkeys(self.choice_actions[mdp.choices(s).start : mdp.choices(s).stop, k].tolist()))
                for s in range(mdp.n_states)
            )
            for k in (0, 1)
        )
        return first, second


def same_place(first: str, second: str) -> bool:
    """The rule that the two agents may not be in states of one name: no overlaps."""
    return first == second


def join_agents(
    first: MDP,
    second: MDP,
    *,
    agents: Pair = AGENTS,
    forbid_states: Callable[[str, str], bool] | None = None,
    forbid_actions: Callable[[str, str, str, str], bool] | None = None,
) -> JointMDP:
    """The joint environment of two agents, each of which moves in an environment of its own (or in the same).

    The start is that of both; where it is forbidden, the first joint state.

    **Guarantee:** exact probabilities. **Cost:** linear in the joint transitions, the product of both environments'.

    Parameters
    ----------
    first, second
        Where the first and the second agent move; may be the same environment.
    agents
        Their names, without ``_`` and ``^``.
    forbid_states
        Called with the states of both; true: no such joint state, and no action pair that may lead there.
        ``same_place`` forbids overlaps.
    forbid_actions
        Called with the states and then the actions of both; true: no such action pair there.

    Raises
    ------
    InvalidInput
        Names of agents that cannot be told apart, everything is forbidden, or a joint state is left without action.

    Examples
    --------
    >>> from orbitwise.environments import gallery
    >>> grid = gallery.load("powerplay-grid")
    >>> join_agents(grid, grid)
    <JointMDP 'powerplay-grid and powerplay-grid' of H and A: 81 states>
    >>> join_agents(grid, grid, forbid_states=same_place).environment.states[0]
    '0,0_H^0,1_A'
    """
    if agents[0] == agents[1] or not all(re.fullmatch(r"[^_^]+", name) for name in agents):
        raise InvalidInput(
            f"expected two different names without _ and ^, found {agents}; write for example ('H', 'A')",
            where="agents",
        )
    rows = rows_of(first), rows_of(second)
    start = first.states[first.start], second.states[second.start]
    is_free = forbid_states is None or not forbid_states(*start)
    builder = Builder(f"{first.name} and {second.name}", start=_name(start, agents) if is_free else None)
    pairs: list[tuple[str, str]] = []
    for s, t in product(range(first.n_states), range(second.n_states)):
        here = first.states[s], second.states[t]
        if forbid_states is not None and forbid_states(*here):
            continue
        before = len(pairs)
        for (a, ahead), (b, beside) in product(rows[0][s], rows[1][t]):
            row = {(x, y): p * q for (x, p), (y, q) in product(ahead, beside)}
            if forbid_states is not None and any(forbid_states(*pair) for pair in row):
                continue
            if forbid_actions is not None and forbid_actions(*here, a, b):
                continue
            pairs.append((a, b))
            named = {_name(pair, agents): weight for pair, weight in row.items()}
            builder.add(_name(here, agents), _name((a, b), agents), named)
        if len(pairs) == before:
            raise InvalidInput(
                "expected an action pair of each joint state, found all forbidden; forbid the state too, or less",
                where=repr(_name(here, agents)),
            )
    if not pairs:
        raise InvalidInput("expected a joint state, found all forbidden; forbid less", where="forbid_states")
    return _joint(builder.build(source="the joint environment of two agents"), agents, pairs)


def is_joint(environment: MDP) -> bool:
    """Whether all actions have the form of pairs, so that ``as_joint`` may read it."""
    return all(PAIR.fullmatch(name) for name in environment.actions)


def as_joint(environment: MDP) -> JointMDP:
    """An environment whose action names are pairs such as ``left_H^stay_A``, read as a joint environment.

    **Guarantee:** exact. **Cost:** linear in the choices.

    Raises
    ------
    InvalidInput
        An action is no pair, or is one of other agents than the first.

    Examples
    --------
    >>> from orbitwise.environments.builder import Builder
    >>> as_joint(Builder("one").add("x_H^y_A", "stay_H^go_A", "x_H^y_A").build()).actions
    (('stay',), ('go',))
    """
    agents: Pair | None = None
    pairs: list[Pair] = []
    for name in environment.actions:
        match = PAIR.fullmatch(name)
        agents = agents or (None if match is None else (match[2], match[4]))
        if match is None or (match[2], match[4]) != agents or match[2] == match[4]:
            raise InvalidInput(
                "expected action pairs of two agents such as 'left_H^stay_A', "
                f"found {name!r}; make the joint environment with join_agents",
                where=environment.name,
            )
        pairs.append((match[1], match[3]))
    return _joint(environment, agents or AGENTS, [pairs[k] for k in environment.choice_actions.tolist()])


def _name(pair: Pair, agents: Pair) -> str:
    return f"{pair[0]}_{agents[0]}^{pair[1]}_{agents[1]}"


def rows_of(mdp: MDP) -> list[list[tuple[str, list[tuple[str, Fraction]]]]]:
    """For each state its actions, each with its successors and their exact probabilities."""
    graph = mdp.graph
    exact = [Fraction(1)] * graph.n_choices if graph.is_deterministic else graph.exact_probabilities.tolist()
    entries = list(zip((mdp.states[t] for t in graph.successors.tolist()), exact, strict=True))
    ends = graph.entry_offsets.tolist()
    return [
        [(mdp.actions[mdp.choice_actions[c]], list(entries[ends[c] : ends[c + 1]])) for c in mdp.choices(s)]
        for s in range(mdp.n_states)
    ]


def _joint(mdp: MDP, agents: Pair, pairs: list[Pair]) -> JointMDP:
    """The joint environment around an MDP whose choices are these action pairs."""
    first, second = ({name: i for i, name in enumerate(dict.fromkeys(pair[k] for pair in pairs))} for k in (0, 1))
    choice_actions = np.array([(first[a], second[b]) for a, b in pairs], dtype=np.int64).reshape(-1, 2)
    return JointMDP(mdp, agents, (tuple(first), tuple(second)), choice_actions)
