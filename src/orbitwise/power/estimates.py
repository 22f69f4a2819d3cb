"""POWER of many states by sampling rewards, each solved with a certified error.

POWER_D(s, g) = E_{r~D} p_r(s) (``terms``). Rewards come in chunks that the problem alone fixes; of each chunk only
moments and histogram counts are kept, so memory does not grow with the samples. If D keeps rewards in [a, b], then p is
in [a, b] too, and the interval is the empirical Bernstein bound, valid for every number of samples; else it is
Student's. Either is widened by the largest solver error met and by a bound on the rounding of the sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from orbitwise.compute.executors import Executor
from orbitwise.environments.mdp import MDP
from orbitwise.errors import InvalidInput
from orbitwise.power.moments import Moments, mean_radius, student_radius
from orbitwise.power.parsing import (
    SAMPLES,
    RewardGiven,
    check_inside,
    check_sampling,
    find_power_support,
    parse_discount,
    parse_limit,
    parse_rewards,
    parse_states,
)
from orbitwise.power.quantiles import Quantiles, bracket_quantiles
from orbitwise.power.tallies import REPLICATES, Sampling, run_replicated, run_sampling
from orbitwise.power.terms import prepare_terms
from orbitwise.rewards.distributions import Distribution
from orbitwise.typing import FloatArray, IntArray

__all__ = ["PowerEstimate", "check_points", "estimate_power", "estimate_power_limit"]

UNIT = 2.0**-53
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
        finite), or ``"Student t of randomizations"`` (approximate, for the means over 16 scrambled Sobol sequences).
    points
        ``"independent"`` or ``"sobol"``: what the rewards were made of.
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
    points: str
    optimal: Moments
    quantiles: Quantiles | None
    samples: int
    seed: int
    reward: Distribution

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the states."""
        return tuple(self.environment.states[s] for s in self.states.tolist())

    @property
    def widest_interval(self) -> float:
        """The width of the widest interval, in units of reward."""
        return float((self.high - self.low).max())


def estimate_power(
    environment: MDP,
    *,
    discount: object,
    at: Sequence[str] | str | None = None,
    reward: RewardGiven = "uniform",
    samples: int = SAMPLES,
    level: float = 0.95,
    seed: int = 0,
    quantiles: Sequence[float] = (),
    points: str = "independent",
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
    points
        ``"independent"``, or ``"sobol"``: 16 scrambled Sobol sequences, together at least ``samples`` points. They
        cover smooth integrands much better in up to some dozens of states; the interval is then approximate.
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
    return _estimate(
        environment,
        exact,
        at=at,
        reward=reward,
        samples=samples,
        level=level,
        seed=seed,
        quantiles=tuple(quantiles),
        points=points,
        tolerance=tolerance,
        executor=executor,
    )


def estimate_power_limit(
    environment: MDP,
    *,
    limit: int,
    at: Sequence[str] | str | None = None,
    reward: RewardGiven = "uniform",
    samples: int = SAMPLES,
    level: float = 0.95,
    seed: int = 0,
    quantiles: Sequence[float] = (),
    points: str = "independent",
    tolerance: float = TOLERANCE,
    executor: Executor | None = None,
) -> PowerEstimate:
    """The limit of POWER as the discount goes to 0 or to 1, by its own formula.

    At 0 it is the expectation of max_a E_{T(s,a)} r, at 1 that of the best average reward from s.

    **Guarantee:** as in ``estimate_power``. **Cost:** at 0 one pass over the transitions a reward, at 1 one solve of
    the average reward for each end component and, with random transitions, one for each state in none.

    Parameters
    ----------
    limit
        0 or 1.
    environment, at, reward, samples, level, seed, quantiles, points, tolerance, executor
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
    exact = parse_limit(limit, "estimate_power")
    return _estimate(
        environment,
        exact,
        at=at,
        reward=reward,
        samples=samples,
        level=level,
        seed=seed,
        quantiles=tuple(quantiles),
        points=points,
        tolerance=tolerance,
        executor=executor,
    )


def _estimate(
    environment: MDP,
    discount: Fraction,
    *,
    at: Sequence[str] | str | None,
    reward: RewardGiven,
    samples: int,
    level: float,
    seed: int,
    quantiles: tuple[float, ...],
    points: str,
    tolerance: float,
    executor: Executor | None,
) -> PowerEstimate:
    states = parse_states(environment, at)
    distribution = parse_rewards(environment, reward)
    check_sampling(samples, level, seed)
    check_inside(tolerance, "tolerance", "1e-6")
    check_points(quantiles, points)
    support = find_power_support(environment, distribution)
    terms = prepare_terms(environment, discount, states)
    work = Sampling(terms, distribution, environment.n_states, seed, tolerance, support)
    brackets = None
    if points == "sobol":
        length = 1 << max(0, (-(-samples // REPLICATES) - 1).bit_length())
        found, means = run_replicated(replace(work, run_length=length), executor=executor)
        samples = REPLICATES * length
        standard_error = means.std(axis=0, ddof=1) / np.sqrt(REPLICATES)
        radius, interval = student_radius(means.std(axis=0, ddof=1), REPLICATES, level), "Student t of randomizations"
    else:
        found, bins = run_sampling(work, samples, executor=executor, wants_bins=bool(quantiles))
        deviation = np.sqrt(found.power.variance)
        standard_error = deviation / np.sqrt(samples)
        radius, interval = mean_radius(deviation + found.numerical_error, samples, support[1] - support[0], level)
        if bins is not None and found.counts is not None:
            slack = found.numerical_error + 4 * UNIT * found.size
            brackets = bracket_quantiles(bins, found.counts, quantiles, confidence=level, error=slack)
    reach = radius + found.numerical_error
    return PowerEstimate(
        environment=environment,
        states=states,
        discount=discount,
        value=found.power.mean,
        low=np.maximum(found.power.mean - reach, support[0]),
        high=np.minimum(found.power.mean + reach, support[1]),
        deviation=np.sqrt(found.power.variance),
        standard_error=standard_error,
        error=found.numerical_error,
        level=level,
        interval=interval,
        points=points,
        optimal=found.optimal,
        quantiles=brackets,
        samples=samples,
        seed=seed,
        reward=distribution,
    )


def check_points(quantiles: tuple[float, ...], points: str) -> None:
    """Refuse levels out of range, an unknown kind of points, and quantiles of dependent ones."""
    for quantile in quantiles:
        check_inside(quantile, "quantiles", "0.5")
    if points not in ("independent", "sobol"):
        raise InvalidInput(f"expected independent or sobol, found {points!r}; choose one", where="points")
    if points == "sobol" and quantiles:
        raise InvalidInput(
            "expected no quantiles with Sobol points, whose intervals need independent ones", where="points"
        )
