"""A fixed policy of one agent makes the joint environment an environment of the other alone.

If one agent takes action b in the joint state s with probability p(b | s), the other faces the law

    T(s, a) = sum_b p(b | s) T(s, (a, b)) / sum_b p(b | s),    b over the actions that are possible beside a,

that is: the fixed agent's action is conditioned on being possible beside a. Where nothing is forbidden the denominator
is 1. An action a beside which p leaves nothing possible is missing. (POWERplay's
``compute_full_multiagent_transition_tensor`` does not divide: there the probability of what is impossible is lost, as
if a state of value 0 followed.)

References
----------
Harris & Suo, POWERplay, https://github.com/gladstoneai/POWERplay, ``src/lib/utils/graph.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from orbitwise.environments.builder import Builder
from orbitwise.environments.joint import JointMDP, rows_of
from orbitwise.environments.mdp import MDP, suggest
from orbitwise.environments.rows import RowReader
from orbitwise.errors import InvalidInput

__all__ = ["Policy", "fix_policy", "parse_policy"]

Policy = Mapping[str, str | Mapping[str, object]] | str


def fix_policy(joint: JointMDP, policy: Policy, *, agent: str) -> MDP:
    """The one-agent environment that the other agent faces while this one follows a policy.

    **Guarantee:** exact probabilities; states keep their order, so rewards mean the same. **Cost:** linear in the joint
    transitions.

    Parameters
    ----------
    joint
        The joint environment.
    policy
        What the agent does: ``"uniform"``, or for each joint state one of its actions there or a mapping from its
        actions to probabilities.
    agent
        Whose policy it is.

    Raises
    ------
    InvalidInput
        As in ``parse_policy``, or the other agent is left without action in a state.

    Examples
    --------
    >>> from orbitwise.environments import gallery
    >>> from orbitwise.environments.joint import join_agents
    >>> grid = gallery.load("powerplay-grid")
    >>> alone = fix_policy(join_agents(grid, grid), "uniform", agent="A")
    >>> alone.action_names(0)
    ('right', 'down', 'stay')
    """
    mdp, fixed = joint.environment, joint.agent(agent)
    weights = parse_policy(joint, policy, agent=agent)
    rows = [row for state in rows_of(mdp) for _, row in state]
    builder = Builder(f"{mdp.name}, {agent} fixed", start=mdp.states[mdp.start])
    for s, name in enumerate(mdp.states):
        found: dict[int, dict[str, Fraction]] = {own: {} for own in joint.own_actions[1 - fixed][s]}
        for c in mdp.choices(s):
            target = found[int(joint.choice_actions[c, 1 - fixed])]
            for successor, p in rows[c] if weights[c] else ():
                target[successor] = target.get(successor, Fraction(0)) + weights[c] * p
        if not any(found.values()):
            raise InvalidInput(
                f"expected the policy of {agent!r} to leave the other agent an action, found none possible beside it; "
                "give another policy",
                where=f"policy[{name!r}]",
            )
        for own, row in found.items():
            if row:
                total = sum(row.values())
                builder.add(name, joint.actions[1 - fixed][own], {to: p / total for to, p in row.items()})
    return builder.build(source=f"{mdp.name} with a fixed policy of {agent}")


def parse_policy(joint: JointMDP, policy: Policy, *, agent: str, where: str = "policy") -> tuple[Fraction, ...]:
    """The probability of the agent's part of each joint choice, exact; shape (n_choices,).

    Parameters
    ----------
    joint, policy, agent
        As in ``fix_policy``.
    where
        The place to name in errors.

    Raises
    ------
    InvalidInput
        A state is missing or unknown, an action is not one of the agent's there, or probabilities do not sum to 1.
    """
    mdp, k = joint.environment, joint.agent(agent)
    if isinstance(policy, str) and policy != "uniform":
        raise InvalidInput(f"expected uniform or a mapping from states to actions, found {policy!r}", where=where)
    if not isinstance(policy, str):
        for state in policy:
            mdp.state(state, where=where)
    reader = RowReader(False, {})
    weights: list[Fraction] = []
    for s, name in enumerate(mdp.states):
        known = [joint.actions[k][a] for a in joint.own_actions[k][s]]
        place = f"{where}[{name!r}]"
        given: Mapping[str, object]
        if isinstance(policy, str):
            given = dict.fromkeys(known, Fraction(1, len(known)))
        elif name not in policy:
            raise InvalidInput("expected what the agent does in every state, found nothing here; add it", where=place)
        else:
            told = policy[name]
            given = {told: 1} if isinstance(told, str) else told
        for action in given:
            if action not in known:
                raise InvalidInput(
                    f"expected an action of {agent!r}, found {action!r}; {suggest(action, known)}", where=place
                )
        row = reader.parse(given, place)
        chances = dict(zip(row.successors, row.chances.exact, strict=True))
        weights += [chances.get(joint.actions[k][joint.choice_actions[c, k]], Fraction(0)) for c in mdp.choices(s)]
    return tuple(weights)
