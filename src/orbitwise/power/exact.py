"""POWER as an exact fraction: small environments, independent uniform rewards.

POWER is E[max_y y.r] over finitely many y: ((1 - g) / g) (f - e_s) for the visit distributions f of s at discount g,
the successors' laws T(s, a) in the limit at 0, the recurrent state distributions of s in the limit at 1. Only the
non-dominated ones matter (OPTS, definition 3.6). Under uniform(a, b) POWER is a + (b - a) times its value under
uniform(0, 1).
"""

from __future__ import annotations

from fractions import Fraction

from orbitwise.compute.exact import parse_fraction
from orbitwise.environments.mdp import MDP
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.outcomes.listing import find_outcomes
from orbitwise.outcomes.vectors import Outcomes, SparseVector
from orbitwise.outcomes.vertices import find_vertices
from orbitwise.power.cube import expected_maximum
from orbitwise.power.estimates import PowerEstimate
from orbitwise.power.parsing import RewardGiven, parse_discount, parse_limit, parse_rewards
from orbitwise.rewards.distributions import Distribution

__all__ = ["list_exact_powers", "power_exactly", "power_limit_exactly"]

MOST_OUTCOMES = 400  # cycles, or four times the plays, gone through: a second, with their vertices
MOST_STATES = 100  # asked for at once


def power_exactly(environment: MDP, *, discount: object, at: str, reward: RewardGiven = "uniform") -> Fraction:
    """POWER of one state under independent uniform rewards.

    **Guarantee:** exact. **Cost:** that of listing the visit distributions, plus ``expected_maximum``.

    Parameters
    ----------
    environment
        The environment.
    discount
        0 < g < 1, a number or a fraction such as ``"9/10"``; dimensionless.
    at
        The state.
    reward
        ``uniform(low, high)``.

    Raises
    ------
    InvalidInput
        An unknown state or a discount outside (0, 1).
    NotSupported
        Another distribution, or too many outcomes or coordinates.

    References
    ----------
    OPTS, figure 3, and definition 5.2.

    Examples
    --------
    >>> import orbitwise as ow
    >>> power_exactly(ow.gallery.load("opts-figure-1"), discount="1/2", at="ld")  # (2/3 + g/2) / (1 + g)
    Fraction(11, 18)
    """
    return _exactly(environment, parse_discount(discount), at, parse_rewards(environment, reward))


def power_limit_exactly(environment: MDP, *, limit: int, at: str, reward: RewardGiven = "uniform") -> Fraction:
    """The limit of POWER at discount 0 or 1 under independent uniform rewards.

    **Guarantee:** and **Cost:** as in ``power_exactly``.

    Raises
    ------
    InvalidInput
        An unknown state or another limit.
    NotSupported
        As in ``power_exactly``.

    Examples
    --------
    >>> import orbitwise as ow
    >>> [power_limit_exactly(ow.gallery.load("candy"), limit=g, at="Start") for g in (0, 1)]
    [Fraction(2, 3), Fraction(3, 4)]
    """
    return _exactly(environment, parse_limit(limit, "power_exactly"), at, parse_rewards(environment, reward))


def list_exact_powers(estimate: PowerEstimate) -> tuple[Fraction | None, ...]:
    """The exact POWER of each state that was estimated; None where it is not supported.

    **Cost:** that of ``power_exactly`` for each state, about a second at most.

    Raises
    ------
    InvalidInput
        More than 100 states were estimated.
    """
    if len(estimate.names) > MOST_STATES:
        raise InvalidInput(
            f"expected at most {MOST_STATES} states for exact values, found {len(estimate.names)}; name some of them",
            where="at",
        )
    found: list[Fraction | None] = []
    for name in estimate.names:
        try:
            found.append(_exactly(estimate.environment, estimate.discount, name, estimate.reward))
        except NotSupported:
            found.append(None)
    return tuple(found)


def _exactly(environment: MDP, discount: Fraction, at: str, reward: Distribution) -> Fraction:
    if reward.law != "uniform" or reward.structure is not None:
        raise NotSupported(f"exact POWER is for independent uniform rewards, not for {reward}; use an estimate")
    low, high = (parse_fraction(x, where="reward") for x in reward.parameters)
    state = environment.state(at, where="at")
    outcomes = Outcomes.of(_list_vectors(environment, state, discount), environment.n_states)
    vectors = [dict(outcomes.vectors[i]) for i in find_vertices(outcomes)]
    return low + (high - low) * expected_maximum(vectors)


def _list_vectors(environment: MDP, state: int, discount: Fraction) -> list[SparseVector]:
    """All y of the state, non-negative with sum 1."""
    name = environment.states[state]
    if discount == 1:
        return [dict(v) for v in find_outcomes(environment, at=name, limit=MOST_OUTCOMES).vectors]
    if discount == 0:
        graph = environment.graph
        laws: list[SparseVector] = []
        for choice in environment.choices(state):
            start, stop = graph.entry_offsets[choice : choice + 2].tolist()
            laws.append(
                dict(zip(graph.successors[start:stop].tolist(), graph.exact_probabilities[start:stop], strict=True))
            )
        return laws
    visits = find_outcomes(environment, at=name, discount=discount, limit=MOST_OUTCOMES).vectors
    rate = (1 - discount) / discount
    return [{i: rate * (x - (i == state)) for i, x in vector if x != (i == state)} for vector in visits]
