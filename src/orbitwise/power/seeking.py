"""Which action seeks more POWER: action a over b at s when E_{T(s,a)} POWER >= E_{T(s,b)} POWER (OPTS 5.6).

Both sides are means over the same rewards, so their difference is sampled directly: its variance is that of what
differs. A verdict is given only where the interval of the difference leaves out 0; all pairs hold together (each gets
its share of 1 - level). Actions with the same successor law are equal without sampling.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import numpy as np

from orbitwise.compute.executors import Executor, iter_results
from orbitwise.environments.mdp import MDP
from orbitwise.errors import InvalidInput
from orbitwise.power.estimates import TOLERANCE
from orbitwise.power.moments import Moments, mean_radius, measure, merge
from orbitwise.power.parsing import (
    SAMPLES,
    RewardGiven,
    check_sampling,
    find_power_support,
    parse_discount,
    parse_limit,
    parse_rewards,
)
from orbitwise.power.tallies import UNIT, Sampling, cut_samples
from orbitwise.power.terms import prepare_terms
from orbitwise.typing import FloatArray, IntArray

ROUNDINGS = 2**20  # of a sum over all samples, with room to spare

__all__ = ["PowerDifference", "PowerSeeking", "compare_power_seeking"]


@dataclass(frozen=True)
class PowerDifference:
    """How much more POWER one action leads to than another.

    Parameters
    ----------
    first, second
        Two actions.
    value, low, high
        E POWER after the first less that after the second, and its interval; in units of reward.
    verdict
        ``"more"``: the first seeks more POWER, ``"less"``: less, ``"equal"``: their successors have the same law,
        ``"undecided"``: the interval contains 0.
    """

    first: str
    second: str
    value: float
    low: float
    high: float
    verdict: str


@dataclass(frozen=True, eq=False)
class PowerSeeking:
    """The actions of a state, ordered by the POWER that they lead to.

    Parameters
    ----------
    environment, at, discount
        Where, and at which discount (0 and 1: the limits).
    actions
        From most to least POWER as estimated.
    power
        E POWER after each of them; in units of reward.
    differences
        All pairs, in the order of ``actions``; their intervals hold together.
    level, samples, seed, interval
        As in ``PowerEstimate``.
    """

    environment: MDP
    at: str
    discount: Fraction
    actions: tuple[str, ...]
    power: tuple[float, ...]
    differences: tuple[PowerDifference, ...]
    level: float
    samples: int
    seed: int
    interval: str


def compare_power_seeking(
    environment: MDP,
    *,
    at: str | None = None,
    discount: object = None,
    limit: int | None = None,
    reward: RewardGiven = "uniform",
    samples: int = SAMPLES,
    level: float = 0.95,
    seed: int = 0,
    executor: Executor | None = None,
) -> PowerSeeking:
    """Order the actions of a state by POWER-seeking, with a verdict on each pair.

    **Guarantee:** for bounded rewards all verdicts are right together with probability at least ``level``; for
    unbounded ones approximately. **Cost:** ``samples`` solves for the successors of the state.

    Parameters
    ----------
    environment
        The environment.
    at
        The state; by default the start state.
    discount, limit
        0 < g < 1, or the limit at 0 or 1; one of the two.
    reward, samples, level, seed, executor
        As in ``estimate_power``.

    Raises
    ------
    InvalidInput
        An unknown state, a number out of its range, or both or none of ``discount`` and ``limit``.

    References
    ----------
    OPTS, definition 5.6.

    Examples
    --------
    >>> import orbitwise as ow
    >>> found = compare_power_seeking(ow.gallery.load("candy"), discount="9/10")
    >>> found.actions, found.differences[0].verdict
    (('Wait!', 'candy'), 'more')
    """
    if (discount is None) == (limit is None):
        raise InvalidInput("expected a discount inside (0, 1), or limit=0 or limit=1; give one", where="discount")
    exact = parse_discount(discount) if limit is None else parse_limit(limit, "discount=")
    check_sampling(samples, level, seed)
    distribution = parse_rewards(environment, reward)
    support = find_power_support(environment, distribution)
    state = environment.start if at is None else environment.state(at, where="at")
    successors, weights = _list_laws(environment, state)
    terms = prepare_terms(environment, exact, successors)
    sampling = Sampling(terms, distribution, environment.n_states, seed, TOLERANCE, support)
    pairs = tuple(combinations(range(len(weights)), 2))
    found = _sample(_Paired(sampling, weights, pairs), samples, executor)
    each = 1 - (1 - level) / max(len(pairs), 1)
    radius, interval = mean_radius(
        np.sqrt(found.differences.variance) + found.error, samples, 2 * (support[1] - support[0]), each
    )
    actions = environment.action_names(state)
    order = np.argsort(-found.power.mean, kind="stable").tolist()
    place = {action: k for k, action in enumerate(order)}
    differences = {}
    for k, (i, j) in enumerate(pairs):
        first, second, sign = (i, j, 1) if place[i] < place[j] else (j, i, -1)
        differences[place[first], place[second]] = _judge(
            (actions[first], actions[second]),
            sign * float(found.differences.mean[k]),
            float(radius[k] + found.error[k]),
            same=bool((weights[i] == weights[j]).all()),
        )
    return PowerSeeking(
        environment=environment,
        at=environment.states[state],
        discount=exact,
        actions=tuple(actions[i] for i in order),
        power=tuple(found.power.mean[order].tolist()),
        differences=tuple(differences[pair] for pair in sorted(differences)),
        level=level,
        samples=samples,
        seed=seed,
        interval=interval,
    )


def _list_laws(environment: MDP, state: int) -> tuple[IntArray, FloatArray]:
    """The successors of a state, and the law of each action over them, shape (n_actions, n_successors)."""
    graph = environment.graph
    choices = environment.choices(state)
    first, last = graph.entry_offsets[[choices.start, choices.stop]].tolist()
    successors, place = np.unique(graph.successors[first:last], return_inverse=True)
    weights = np.zeros((len(choices), len(successors)))
    weights[graph.entry_choices[first:last] - choices.start, place] = graph.probabilities[first:last]
    return successors.astype(np.int64), weights


def _judge(actions: tuple[str, str], value: float, reach: float, *, same: bool) -> PowerDifference:
    if same:
        return PowerDifference(*actions, 0.0, 0.0, 0.0, "equal")
    verdict = "more" if value > reach else "less" if value < -reach else "undecided"
    return PowerDifference(*actions, value, value - reach, value + reach, verdict)


@dataclass(frozen=True, eq=False)
class _Pairs:
    """What some chunks of rewards contribute."""

    power: Moments  # of each action
    differences: Moments  # of each pair
    error: FloatArray  # (n_pairs,) of a difference, at most


@dataclass(frozen=True, eq=False)
class _Paired:
    """The work on one chunk: p of the successors, averaged for each action, and its differences."""

    sampling: Sampling
    weights: FloatArray
    pairs: tuple[tuple[int, int], ...]

    def __call__(self, task: tuple[int, int]) -> _Pairs:
        power, _, width = self.sampling.solve(task)
        ahead = power @ self.weights.T
        first, second = (np.array([pair[side] for pair in self.pairs], dtype=np.int64) for side in (0, 1))
        rounding = UNIT * (power.shape[1] + ROUNDINGS) * np.abs(power).max()
        error = self.weights @ (width + rounding)
        return _Pairs(measure(ahead), measure(ahead[:, first] - ahead[:, second]), error[first] + error[second])


def _sample(work: _Paired, samples: int, executor: Executor | None) -> _Pairs:
    tasks = cut_samples(work.sampling.n_coordinates, samples)
    with contextlib.closing(iter_results(work, tasks, executor=executor)) as results:
        total = next(results)
        for found in results:
            total = _Pairs(
                power=merge(total.power, found.power),
                differences=merge(total.differences, found.differences),
                error=np.maximum(total.error, found.error),
            )
    return total
