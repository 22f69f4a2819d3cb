"""The human/AI protocol on many reward pairs at once: who plans against what, and what each is worth then.

For rewards R_H and R_A of the first agent (H, the human) and the second (A, the AI):

1. H plans: an optimal policy for R_H against A's seed policy (by default uniform over its actions).
2. A plans: an optimal policy for R_A against H's policy of step 1.
3. H keeps its policy, and is worth what it collects of R_H against A's policy of step 2.

Optimal policies take the first optimal action, in the order in which the joint environment lists actions. Step 1 is
one MDP for all rewards (the batched solver), in step 2 H's policy leaves A a range of joint choices, in step 3 one is
left (``discounted_ranges``). Where floats cannot tell which action is the first optimal one, exact arithmetic does. So
the policies are certain, and values have a certified error.

References
----------
Harris & Suo, *Misalignment-by-default in multi-agent systems* (2022), section 2 and appendix A; POWERplay,
https://github.com/gladstoneai/POWERplay, ``src/lib/runex.py``, ``run_multiagent_with_reward_experiment``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from orbitwise.environments.fixed_policies import Policy, fix_policy
from orbitwise.environments.joint import JointMDP
from orbitwise.errors import NotSupported
from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.solvers.discounted import bound_planned
from orbitwise.solvers.discounted_exact import solve_exactly
from orbitwise.solvers.discounted_plan import DiscountedPlan, plan_discounted
from orbitwise.solvers.discounted_ranges import Decisions, RangeModel, decide_ranges, find_values, make_ranges
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["Protocol", "Worth", "iter_worths", "prepare_protocol"]

TOLERANCE = 1e-12  # of the human's values, relative to their range,
ROUNDING = 2e-13  # or this over 1 - g, about as near as rounding lets the solver come
UNIT = 2.0**-53


class Worth(NamedTuple):
    """What both agents get for some reward pairs; ``p = ((1 - g) / g) (V - r)``, the agent's own V, g and r."""

    human: FloatArray  # (n_rewards, n_states)
    ai: FloatArray  # (n_rewards, n_states)
    human_error: float  # of every entry, at most
    ai_error: float
    resolved: int  # reward pairs that took exact arithmetic to tell an optimal action


@dataclass(frozen=True, eq=False)
class Protocol:
    """A joint environment, prepared. Its choices are sorted by state, then the human's action, then the AI's."""

    graph: ChoiceGraph
    group_starts: IntArray  # (n_groups + 1,) choices that share a state and the human's action
    discounts: tuple[Fraction, Fraction]
    alone: ChoiceGraph  # what the human faces against the seed policy
    alone_groups: IntArray  # (n_choices of alone,) the group of each choice
    plan: DiscountedPlan
    alone_model: RangeModel
    models: tuple[RangeModel, RangeModel]  # of graph, at each agent's discount


def prepare_protocol(joint: JointMDP, discounts: tuple[Fraction, Fraction], seed_policy: Policy) -> Protocol:
    """Prepare a joint environment for any number of reward pairs.

    **Cost:** linear in the joint transitions, plus the symbolic elimination of the human's environment.
    """
    mdp, pairs = joint.environment, joint.choice_actions
    places = [
        [{action: i for i, action in enumerate(own)} for own in joint.own_actions[agent]] for agent in (0, 1)
    ]  # [agent][state][action]
    nodes = mdp.graph.choice_nodes.tolist()
    keys = [(s, places[0][s][a], places[1][s][b]) for s, (a, b) in zip(nodes, pairs.tolist(), strict=True)]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    graph = _reorder(mdp.graph, np.array(order))
    groups: dict[tuple[int, int], int] = {}
    starts = []
    for place, choice in enumerate(order):
        if keys[choice][:2] not in groups:
            groups[keys[choice][:2]] = len(groups)
            starts.append(place)
    alone = fix_policy(joint, seed_policy, agent=joint.agents[1])
    names = joint.actions[0]
    alone_groups = [
        groups[s, places[0][s][names.index(action)]] for s in range(mdp.n_states) for action in alone.action_names(s)
    ]
    model = make_ranges(graph, discounts[1])
    return Protocol(
        graph=graph,
        group_starts=np.array([*starts, len(order)]),
        discounts=discounts,
        alone=alone.graph,
        alone_groups=np.array(alone_groups),
        plan=plan_discounted(alone.graph, np.arange(mdp.n_states), discounts[0]),
        alone_model=make_ranges(alone.graph, discounts[0]),
        models=(model._replace(discount=float(discounts[0]), rest=float(1 - discounts[0])), model),
    )


def iter_worths(protocol: Protocol, human: FloatArray, ai_rewards: Iterator[FloatArray]) -> Iterator[Worth]:
    """The protocol for one array of the human's rewards beside each of several of the AI's.

    **Guarantee:** certified, for the rewards as the floats they are. **Cost:** one solve of the human's environment
    and, for each array, a handful of passes over the joint choices a reward.

    Parameters
    ----------
    human
        Shape (n_rewards, n_states).
    ai_rewards
        Arrays of the same shape.

    Raises
    ------
    NotSupported
        Actions tie, and the environment is too large to tell by exact arithmetic.
    """
    policy, resolved = plan_human(protocol, human)
    first, last = protocol.group_starts[policy], protocol.group_starts[policy + 1]
    models, (g_human, g_ai) = protocol.models, protocol.discounts
    for reward in ai_rewards:
        found = decide_ranges(models[1], first, last, reward, find_values(models[1], first, last, reward))
        also = _resolve(protocol.graph, found, first, last, reward, g_ai)
        own = found.choices
        kept = decide_ranges(models[0], own, own + 1, human, find_values(models[0], own, own + 1, human))
        (kept_power, kept_error), (ai_power, ai_error) = _scale(kept, g_human), _scale(found, g_ai)
        yield Worth(kept_power, ai_power, kept_error, ai_error, int(np.count_nonzero(resolved | also)))


def plan_human(protocol: Protocol, rewards: FloatArray) -> tuple[IntArray, BoolArray]:
    """The group of choices that the human's policy takes in each state, and which rewards took exact arithmetic."""
    tolerance = max(TOLERANCE, ROUNDING / protocol.alone_model.rest)
    bounds = bound_planned(protocol.plan, rewards, tolerance=tolerance)
    values = (bounds.low + bounds.high) / 2
    error = ((bounds.high - bounds.low) / 2 + 2 * UNIT * np.abs(values)).max(axis=1)
    offsets = protocol.alone.choice_offsets
    first, last = (np.ascontiguousarray(np.broadcast_to(ends, rewards.shape)) for ends in (offsets[:-1], offsets[1:]))
    found = decide_ranges(protocol.alone_model, first, last, rewards, values, error)
    resolved = _resolve(protocol.alone, found, first, last, rewards, protocol.discounts[0])
    return protocol.alone_groups[found.choices], resolved


def _resolve(
    graph: ChoiceGraph, found: Decisions, first: IntArray, last: IntArray, rewards: FloatArray, discount: Fraction
) -> BoolArray:
    """Write the first optimal choice where floats leave it open; for which rewards that was needed."""
    needed = np.asarray(found.undecided.any(axis=1))
    for k in np.flatnonzero(needed).tolist():
        reward = [Fraction(x) for x in rewards[k].tolist()]
        kept = np.zeros(graph.n_choices + 1, dtype=np.int64)
        np.add.at(kept, first[k], 1)
        np.add.at(kept, last[k], -1)
        open_graph, _ = graph.keep_choices(np.cumsum(kept)[:-1] > 0)
        try:
            values = solve_exactly(open_graph, np.arange(graph.n_nodes), reward, discount)
        except NotSupported as error:
            raise NotSupported(
                f"expected different values of different actions in an environment of {graph.n_nodes} joint states, "
                "found a tie that takes exact arithmetic, too slow here; use a continuous distribution",
                where="reward",
            ) from error
        for u in np.flatnonzero(found.undecided[k]).tolist():
            choices = range(int(first[k, u]), int(last[k, u]))
            worth = [_expect(graph, c, values) for c in choices]
            found.choices[k, u] = choices[worth.index(max(worth))]
    return needed


def _expect(graph: ChoiceGraph, choice: int, values: Sequence[Fraction]) -> Fraction:
    total = Fraction(0)
    for k in range(int(graph.entry_offsets[choice]), int(graph.entry_offsets[choice + 1])):
        total += (1 if graph.is_deterministic else graph.exact_probabilities[k]) * values[graph.successors[k]]
    return total


def _scale(found: Decisions, discount: Fraction) -> tuple[FloatArray, float]:
    """P = (1 - g) E V, and how far it may be off."""
    power: FloatArray = found.ahead * float(1 - discount)
    return power, float(found.error.max()) * float(1 - discount) + 4 * UNIT * float(np.abs(power).max())


def _reorder(graph: ChoiceGraph, order: IntArray) -> ChoiceGraph:
    """The same graph with its choices in another order, which keeps each node's together."""
    lengths = np.diff(graph.entry_offsets)[order]
    ends = np.concatenate(([0], np.cumsum(lengths)))
    entries = np.arange(ends[-1]) + np.repeat(graph.entry_offsets[:-1][order] - ends[:-1], lengths)
    return ChoiceGraph(
        choice_offsets=graph.choice_offsets,
        entry_offsets=ends,
        successors=graph.successors[entries],
        probabilities=graph.probabilities[entries],
        exact=None if graph.exact is None else graph.exact[entries],
    )
