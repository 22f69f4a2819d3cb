"""POWER of many states by sampling rewards, each solved with a certified error.

POWER_D(s, g) = E_{r~D} p_r(s) (``terms``). Rewards come in chunks that the problem alone fixes; of each chunk only
moments and histogram counts are kept, so memory does not grow with the samples. If D keeps rewards in [a, b], then p is
in [a, b] too, and the interval is the empirical Bernstein bound, valid for every number of samples; else it is
Student's. Either is widened by the largest solver error met and by a bound on the rounding of the sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from orbitwise.compute.exact import parse_fraction
from orbitwise.compute.executors import Executor
from orbitwise.environments.mdp import MDP
from orbitwise.errors import InvalidInput
from orbitwise.formats.rewards import read_reward
from orbitwise.power.moments import Moments, mean_radius
from orbitwise.power.quantiles import Quantiles, bracket_quantiles
from orbitwise.power.tallies import Sampling, run_sampling
from orbitwise.power.terms import prepare_terms
from orbitwise.rewards.distributions import Distribution, find_support
from orbitwise.typing import FloatArray, IntArray

__all__ = ["PowerEstimate", "estimate_power", "estimate_power_limit"]

UNIT = 2.0**-53
SAMPLES = 10_000
TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class PowerEstimate:
    """POWER of some states of an environment, with what is known about its accuracy.

    Each interval holds for its own state; for all n states together use the level 1 - (1 - level) / n.

    Parameters
    ----------
    environment, states
        Whose POWER it is; shape (n_states,), indices.
    discount
        In (0, 1), or 0 or 1 for the limit there; dimensionless.
    value, low, high
        Shape (n_states,), in units of reward: the estimate and the interval, which contains the numerical error.
    deviation, standard_error
        Shape (n_states,): the standard deviation of p_r(s) over rewards, and the standard error of the estimate that
        comes of sampling.
    error
        Shape (n_states,): the solver's certified error and the rounding of sums, at most.
    level
        Coverage of each interval.
    interval
        How the interval was made: ``"empirical Bernstein"`` (covers with at least the level, for this number of
        samples) or ``"Student t"`` (approximate, for unbounded rewards: right as samples grow, if their variance is
        finite).
    optimal
        Moments of the normalized optimal value (1 - discount) V*, which counts the reward at time 0; ``optimal.mean``
        and ``optimal.variance`` have shape (n_states,). At discount 0 it is r(s), at 1 the best average reward.
    quantiles
        Of the same, or None when none were asked for.
    samples, seed, reward
        How many rewards were drawn, from which seed, from which distribution.
    """

    environment: MDP
    states: IntArray
    discount: Fraction
    value: FloatArray
    low: FloatArray
    high: FloatArray
    deviation: FloatArray
    standard_error: FloatArray
    error: FloatArray
    level: float
    interval: str
    optimal: Moments
    quantiles: Quantiles | None
    samples: int
    seed: int
    reward: Distribution

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the states."""
        return tuple(self.environment.states[s] for s in self.states.tolist())


def estimate_power(
    environment: MDP,
    *,
    discount: object,
    at: Sequence[str] | str | None = None,
    reward: Distribution | str = "uniform",
    samples: int = SAMPLES,
    level: float = 0.95,
    seed: int = 0,
    quantiles: Sequence[float] = (),
    tolerance: float = TOLERANCE,
    executor: Executor | None = None,
) -> PowerEstimate:
    """POWER of all states at once, or of some.

    **Guarantee:** an estimate. For bounded rewards the interval covers POWER with probability at least ``level``,
    whatever the distribution; for unbounded ones approximately. The solver's error is certified and part of the
    interval. The same seed gives the same bits, on any executor.
    **Cost:** ``samples`` solves (``bound_discounted``); memory for one chunk a worker, and with quantiles 2 kB a state.

    Parameters
    ----------
    environment
        The environment.
    discount
        0 < g < 1, a number or a fraction such as ``"9/10"``; dimensionless.
    at
        One or more states; by default all.
    reward
        The distribution of rewards, or its text (docs/power.md lists the forms).
    samples
        How many rewards are drawn, at least 2.
    level
        Coverage of each interval, inside (0, 1).
    seed
        Root of the random stream. The same seed draws the same rewards at every discount.
    quantiles
        Levels inside (0, 1) of wanted quantiles of the normalized optimal value.
    tolerance
        Solver error to aim at, in units of the range of a reward.
    executor
        Where the chunks run, by default threads on all processors.

    Raises
    ------
    InvalidInput
        An unknown state, a number out of its range, no distribution, or one without a mean and variance.

    References
    ----------
    OPTS, definition 5.2.

    Examples
    --------
    >>> import orbitwise as ow
    >>> power = estimate_power(ow.gallery.load("star", cycles=2), discount=0.9, at="center")
    >>> bool(power.low[0] < 2 / 3 < power.high[0])
    True
    """
    exact = parse_discount(discount)
    return _estimate(environment, exact, at, reward, samples, level, seed, quantiles, tolerance, executor)


def estimate_power_limit(
    environment: MDP,
    *,
    limit: int,
    at: Sequence[str] | str | None = None,
    reward: Distribution | str = "uniform",
    samples: int = SAMPLES,
    level: float = 0.95,
    seed: int = 0,
    quantiles: Sequence[float] = (),
    tolerance: float = TOLERANCE,
    executor: Executor | None = None,
) -> PowerEstimate:
    """The limit of POWER as the discount goes to 0 or to 1, by its own formula.

    At 0 it is the expectation of max_a E_{T(s,a)} r, at 1 that of the best average reward from s.

    **Guarantee:** as in ``estimate_power``. **Cost:** at 0 one pass over the transitions a reward, at 1 one solve of
    the average reward for each group of states that cannot reach one another.

    Parameters
    ----------
    limit
        0 or 1.
    environment, at, reward, samples, level, seed, quantiles, tolerance, executor
        As in ``estimate_power``.

    Raises
    ------
    InvalidInput
        As in ``estimate_power``, or a limit that is neither 0 nor 1.

    References
    ----------
    OPTS, lemma 5.3 and proposition E.37.

    Examples
    --------
    >>> import orbitwise as ow
    >>> power = estimate_power_limit(ow.gallery.load("candy"), limit=1, at="Start")
    >>> bool(power.low[0] < 3 / 4 < power.high[0])
    True
    """
    if limit not in (0, 1) or isinstance(limit, bool):
        raise InvalidInput(f"expected the limit at 0 or at 1, found {limit!r}; else use estimate_power", where="limit")
    return _estimate(environment, Fraction(limit), at, reward, samples, level, seed, quantiles, tolerance, executor)


def _estimate(
    environment: MDP,
    discount: Fraction,
    at: Sequence[str] | str | None,
    reward: Distribution | str,
    samples: int,
    level: float,
    seed: int,
    quantiles: Sequence[float],
    tolerance: float,
    executor: Executor | None,
) -> PowerEstimate:
    states = parse_states(environment, at)
    distribution = parse_rewards(environment, reward)
    check_sampling(samples, level, seed)
    check_inside(tolerance, "tolerance", "1e-6")
    for quantile in quantiles:
        check_inside(quantile, "quantiles", "0.5")
    support = find_support(distribution, environment.n_states)
    terms = prepare_terms(environment, discount, states)
    work = Sampling(terms, distribution, environment.n_states, seed, tolerance, support)
    found, bins = run_sampling(work, samples, executor=executor, wants_bins=bool(quantiles))
    error = found.numerical_error
    deviation = np.sqrt(found.power.variance)
    radius, interval = mean_radius(deviation + error, samples, support[1] - support[0], level)
    brackets = None
    if bins is not None and found.counts is not None:
        slack = error + 4 * UNIT * found.size
        brackets = bracket_quantiles(bins, found.counts, tuple(quantiles), confidence=level, error=slack)
    return PowerEstimate(
        environment=environment,
        states=states,
        discount=discount,
        value=found.power.mean,
        low=np.maximum(found.power.mean - radius - error, support[0]),
        high=np.minimum(found.power.mean + radius + error, support[1]),
        deviation=deviation,
        standard_error=deviation / np.sqrt(samples),
        error=error,
        level=level,
        interval=interval,
        optimal=found.optimal,
        quantiles=brackets,
        samples=samples,
        seed=seed,
        reward=distribution,
    )


def parse_discount(discount: object) -> Fraction:
    """A discount in (0, 1); at its ends the functions for the limits are named."""
    exact = parse_fraction(discount, where="discount")
    if 0 < exact < 1 and 0 < float(exact) < 1:
        return exact
    advice = "choose one inside"
    if exact in (0, 1):
        advice = f"for the limit use estimate_power_limit(..., limit={exact}), on the command line --limit {exact}"
    raise InvalidInput(f"expected 0 < discount < 1, found {discount}; {advice}", where="discount")


def parse_states(environment: MDP, at: Sequence[str] | str | None) -> IntArray:
    """Indices of the states asked for, each once, in the given order."""
    if at is None:
        return np.arange(environment.n_states)
    names = [at] if isinstance(at, str) else list(at)
    found = list(dict.fromkeys(environment.state(name, where="at") for name in names))
    if not found:
        raise InvalidInput("expected at least one state, found none; leave at out for all states", where="at")
    return np.array(found, dtype=np.int64)


def parse_rewards(environment: MDP, reward: Distribution | str) -> Distribution:
    """A distribution of rewards over the environment's states."""
    found = read_reward(reward, environment.states, where="reward")
    if not isinstance(found, Distribution):
        raise InvalidInput(
            "expected a distribution of rewards, found one reward, whose POWER is its optimal value; "
            'write for example "uniform"',
            where="reward",
        )
    return found


def check_sampling(samples: int, level: float, seed: int) -> None:
    """Refuse numbers with which nothing can be sampled."""
    if samples < 2:
        raise InvalidInput(f"expected at least 2 samples, found {samples}; try 10000", where="samples")
    if seed < 0:
        raise InvalidInput(f"expected a seed of at least 0, found {seed}; try 0", where="seed")
    check_inside(level, "level", "0.95")


def check_inside(value: float, where: str, advice: str) -> None:
    """Refuse a number outside (0, 1)."""
    if not 0 < value < 1:
        raise InvalidInput(f"expected a number inside (0, 1), found {value}; try {advice}", where=where)
