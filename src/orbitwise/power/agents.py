"""POWER of two agents who plan for each other, along the correlation of their rewards.

The protocol (``agents_protocol``) is run on pairs of rewards that agree to a degree rho (``rewards.agreement``). POWER
of an agent at a joint state is the mean of ((1 - g) / g) (V - r) over the pairs, with the agent's own V, g and r. The
alignment is Pearson's correlation of the two agents' POWER over the joint states. All rho share their random numbers.

References
----------
Harris & Suo, *Misalignment-by-default in multi-agent systems* (2022), sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

import numpy as np

from orbitwise.compute.exact import parse_fraction
from orbitwise.compute.executors import Executor
from orbitwise.environments.fixed_policies import Policy
from orbitwise.environments.joint import JointMDP
from orbitwise.errors import InvalidInput
from orbitwise.power.agents_protocol import prepare_protocol
from orbitwise.power.agents_tallies import AgentSampling, AgentTally, run_agents
from orbitwise.power.alignment import Alignment, align
from orbitwise.power.moments import mean_radius
from orbitwise.power.parsing import (
    SAMPLES,
    RewardGiven,
    check_sampling,
    find_power_support,
    parse_discount,
    parse_rewards,
)
from orbitwise.rewards.agreement import check_agreement
from orbitwise.rewards.distributions import Distribution
from orbitwise.typing import FloatArray

__all__ = ["AgentPower", "AgentSweep", "Correlated", "estimate_agent_power"]

CORRELATIONS = (-1, Fraction(-1, 2), 0, Fraction(1, 2), 1)


@dataclass(frozen=True, eq=False)
class AgentPower:
    """POWER of one agent at each joint state; arrays of shape (n_states,), in units of reward.

    Parameters
    ----------
    value, low, high
        The estimate and the interval, which contains the numerical error.
    deviation, standard_error
        The standard deviation over reward pairs, and the standard error of the estimate that comes of sampling.
    error
        The certified error of the solver and of the rounding of sums, at most.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    deviation: FloatArray
    standard_error: FloatArray
    error: FloatArray


@dataclass(frozen=True, eq=False)
class Correlated:
    """What was found for one correlation of the rewards.

    Parameters
    ----------
    correlation
        In [-1, 1]: an entry of the second agent's reward is the first agent's with probability ``abs(correlation)``,
        mirrored if the correlation is negative.
    human, ai
        POWER of the first and of the second agent.
    alignment
        Their correlation over states; None where one of them has the same POWER everywhere.
    resolved
        Reward pairs for which exact arithmetic told which actions are optimal.
    """

    correlation: Fraction
    human: AgentPower
    ai: AgentPower
    alignment: Alignment | None
    resolved: int


@dataclass(frozen=True, eq=False)
class AgentSweep:
    """POWER of two agents along the correlation of their rewards; every correlation used the same random numbers.

    Parameters
    ----------
    joint, discounts
        The joint environment, and the discount of each agent.
    points
        One for each correlation, in the order asked for.
    level, interval
        Coverage of each interval, and how those of POWER were made (as in ``PowerEstimate``).
    samples, seed, reward
        How many reward pairs were drawn, from which seed, from which distribution.
    """

    joint: JointMDP
    discounts: tuple[Fraction, Fraction]
    points: tuple[Correlated, ...]
    level: float
    interval: str
    samples: int
    seed: int
    reward: Distribution

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the joint states."""
        return self.joint.environment.states


def estimate_agent_power(
    joint: JointMDP,
    *,
    discount: object,
    ai_discount: object = None,
    correlations: Sequence[object] = CORRELATIONS,
    seed_policy: Policy = "uniform",
    reward: RewardGiven = "uniform",
    samples: int = SAMPLES,
    level: float = 0.95,
    seed: int = 0,
    executor: Executor | None = None,
) -> AgentSweep:
    """POWER of a human and an AI that share an environment, along the correlation of their rewards.

    The human plans against the AI's seed policy, the AI against the human's plan; the human keeps its plan.

    **Guarantee:** an estimate. For bounded rewards each interval of POWER covers with probability at least ``level``,
    else approximately; that of the alignment is approximate. Policies are certain (ties go to the first action in the
    order of the joint environment), values have a certified error, part of the interval. The same seed gives the same
    bits, on any executor.
    **Cost:** a solve of the human's environment a sample, and for each correlation some passes over the joint choices:
    for the joint 3 x 3 grid (81 states, 1089 action pairs) about 0.1 ms. Memory for one chunk a worker, whatever
    ``samples``.

    Parameters
    ----------
    joint
        The joint environment; its first agent is the human.
    discount, ai_discount
        0 < g < 1 of the human and of the AI (default: the same), dimensionless.
    correlations
        Numbers in [-1, 1]; dimensionless.
    seed_policy
        What the human expects of the AI: ``"uniform"``, or as in ``fix_policy``.
    reward
        The distribution of each agent's reward: independent entries (equal ones allowed), symmetric for a negative
        correlation.
    samples
        How many reward pairs are drawn, at least 2.
    level
        Coverage of each interval, inside (0, 1).
    seed
        Root of the random stream. The human's rewards are those of ``estimate_power`` for this seed.
    executor
        Where the chunks run, by default threads on all processors.

    Raises
    ------
    InvalidInput
        A number out of its range, a wrong policy, or no distribution that can be mirrored where that is needed.
    NotSupported
        Rewards with dependent entries, or ties in an environment that is too large for exact arithmetic.

    References
    ----------
    Harris & Suo, *Misalignment-by-default in multi-agent systems* (2022), section 2.

    Examples
    --------
    >>> import orbitwise as ow
    >>> grid = ow.gallery.load("powerplay-grid", n=2)
    >>> found = estimate_agent_power(ow.join_agents(grid, grid), discount="3/5", correlations=[1], samples=100)
    >>> bool(abs(found.points[0].human.value - found.points[0].ai.value).max() < 1e-12)
    True
    """
    mdp = joint.environment
    first = parse_discount(discount)
    discounts = first, first if ai_discount is None else parse_discount(ai_discount)
    rhos = tuple(parse_fraction(rho, where="correlations") for rho in correlations)
    if not rhos:
        raise InvalidInput("expected at least one correlation, found none; try 0", where="correlations")
    distribution = parse_rewards(mdp, reward)
    check_agreement(distribution, mdp.n_states, rhos)
    check_sampling(samples, level, seed)
    support = find_power_support(mdp, distribution)
    protocol = prepare_protocol(joint, discounts, seed_policy)
    work = AgentSampling(protocol, distribution, rhos, mdp.n_states, seed, support)
    totals, means = run_agents(work, samples, executor)
    width = support[1] - support[0]
    points = []
    for i, rho in enumerate(rhos):
        human, ai = (_summarize(totals[i][agent], samples, width, level, support) for agent in (0, 1))
        points.append(Correlated(rho, human, ai, align(means[:, i], level), totals[i][0].resolved))
    interval = mean_radius(np.zeros(1), samples, width, level)[1]
    return AgentSweep(joint, discounts, tuple(points), level, interval, samples, seed, distribution)


def _summarize(found: AgentTally, samples: int, width: float, level: float, support: tuple[float, float]) -> AgentPower:
    deviation = np.sqrt(found.power.variance)
    error = np.full(deviation.shape, found.numerical_error)
    radius, _ = mean_radius(deviation + error, samples, width, level)
    mean = found.power.mean
    return AgentPower(
        value=mean,
        low=np.maximum(mean - radius - error, support[0]),
        high=np.minimum(mean + radius + error, support[1]),
        deviation=deviation,
        standard_error=deviation / sqrt(samples),
        error=error,
    )
