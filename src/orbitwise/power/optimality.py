"""Optimality probability: how often, over a distribution of rewards, an action or a set of policies is optimal.

P_D(A >= C) = Pr_{r~D}[h_A(r) >= h_C(r)], where C is the union of the listed sets; by default these are the actions of
the state, so C is everything. All sets are compared with one another on the same rewards. A set is weakly optimal when
none is better, strictly optimal when it is better than every other. Comparisons are exact or bounded (evidence): what
cannot be decided counts both ways in the interval. The rewards depend on the seed alone, so curves over the discount
have common random numbers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from orbitwise.compute.executors import Executor, iter_results
from orbitwise.environments.mdp import MDP
from orbitwise.errors import InvalidInput
from orbitwise.evidence.comparison import Comparison, always_decides, compare_support, prepare_comparison
from orbitwise.evidence.estimates import share_interval
from orbitwise.evidence.kinds import Estimate
from orbitwise.outcomes.criteria import Criterion
from orbitwise.outcomes.question import ask
from orbitwise.power.parsing import SAMPLES, RewardGiven, check_sampling, parse_rewards
from orbitwise.power.tallies import cut_samples
from orbitwise.rewards.distributions import Distribution, draw_rewards
from orbitwise.typing import IntArray

__all__ = ["Optimality", "estimate_optimality", "trace_optimality"]


@dataclass(frozen=True, eq=False)
class Optimality:
    """How probable it is that each of some policy sets is optimal among all of them.

    Parameters
    ----------
    environment, at
        Where; ``at`` is the name of the state.
    criterion
        How policies are valued.
    sets
        The sets, as the user wrote them or as ``take:ACTION``.
    weak
        For each set the probability that no other is better. Their sum is above 1 by the probability of ties.
    strict
        For each set the probability that it is better than every other.
    """

    environment: MDP
    at: str
    criterion: Criterion
    sets: tuple[str, ...]
    weak: tuple[Estimate, ...]
    strict: tuple[Estimate, ...]


def estimate_optimality(
    environment: MDP,
    *,
    at: str | None = None,
    sets: Sequence[str] | None = None,
    criterion: str | None = None,
    discount: object = None,
    reward: RewardGiven = "uniform",
    samples: int = SAMPLES,
    level: float = 0.95,
    seed: int = 0,
    executor: Executor | None = None,
) -> Optimality:
    """The probability that each action of a state, or each of some policy sets, is optimal.

    **Guarantee:** each interval covers its probability with at least ``level``; ties are exact. The same seed gives the
    same numbers on any executor. **Cost:** for k sets k (k - 1) / 2 comparisons a sample.

    Parameters
    ----------
    environment
        The environment.
    at
        The state; by default the start state.
    sets
        Policy sets such as ``"avoid:@hole"``, at least two; by default ``take:ACTION`` for every action of the state.
    criterion, discount
        As in ``ask``: average reward, or a discount in (0, 1).
    reward
        The distribution of rewards, or its text.
    samples
        How many rewards are drawn, at least 2.
    level
        Coverage of each interval, inside (0, 1).
    seed
        Root of the random stream.
    executor
        Where the chunks run, by default threads on all processors.

    Raises
    ------
    InvalidInput
        An unknown name, fewer than two sets, an empty set, or a number out of its range.
    NotSupported
        The criterion is not available for these sets.

    References
    ----------
    OPTS, definition 4.1.

    Examples
    --------
    >>> import orbitwise as ow
    >>> found = estimate_optimality(ow.gallery.load("candy"), samples=2000)
    >>> wait = found.weak[found.sets.index("take:Wait!")]
    >>> wait.low < 2 / 3 < wait.high
    True
    """
    check_sampling(samples, level, seed)
    distribution = parse_rewards(environment, reward)
    state = environment.start if at is None else environment.state(at, where="at")
    name = environment.states[state]
    listed = tuple(f"take:{action}" for action in environment.action_names(state)) if sets is None else tuple(sets)
    if len(listed) < 2:
        raise InvalidInput(
            f"expected at least two policy sets to compare at {name!r}, found {len(listed)}; name them with sets=",
            where="sets",
        )
    questions = [
        ask(environment, at=name, prefer=first, over=second, criterion=criterion, discount=discount)
        for first, second in combinations(listed, 2)
    ]
    comparisons = tuple(prepare_comparison(question) for question in questions)
    decides = all(always_decides(comparison) for comparison in comparisons)
    work = _Duels(comparisons, len(listed), distribution, environment.n_states, seed)
    tasks = cut_samples(environment.n_states, samples)
    with contextlib.closing(iter_results(work, tasks, executor=executor)) as results:
        counts = sum(results, np.zeros((4, len(listed)), dtype=np.int64))

    def share(proved: int, refuted: int) -> Estimate:
        undecided = samples - proved - refuted
        low, high = share_interval(proved, refuted, samples, level, decides=decides)
        value = (proved + undecided / 2) / samples
        return Estimate(value, low, high, level, samples, str(distribution), undecided)

    return Optimality(
        environment=environment,
        at=name,
        criterion=questions[0].criterion,
        sets=listed,
        weak=tuple(share(*pair) for pair in counts[:2].T.tolist()),
        strict=tuple(share(*pair) for pair in counts[2:].T.tolist()),
    )


def trace_optimality(
    environment: MDP,
    *,
    discounts: Sequence[object],
    at: str | None = None,
    sets: Sequence[str] | None = None,
    reward: RewardGiven = "uniform",
    samples: int = SAMPLES,
    level: float = 0.95,
    seed: int = 0,
    executor: Executor | None = None,
) -> tuple[Optimality, ...]:
    """``estimate_optimality`` at each discount, on the same rewards, so that the curve is smooth in the discount.

    **Guarantee:** and **Cost:** as there, for each discount; each interval is for its own discount.

    Raises
    ------
    InvalidInput
        As there.
    """
    return tuple(
        estimate_optimality(
            environment,
            at=at,
            sets=sets,
            discount=discount,
            reward=reward,
            samples=samples,
            level=level,
            seed=seed,
            executor=executor,
        )
        for discount in discounts
    )


@dataclass(frozen=True, eq=False)
class _Duels:
    """The work on one chunk: compare all pairs of sets on its rewards."""

    comparisons: tuple[Comparison, ...]  # of the pairs (0, 1), (0, 2), ..., (1, 2), ...
    n_sets: int
    reward: Distribution
    n_coordinates: int
    seed: int

    def __call__(self, task: tuple[int, int]) -> IntArray:
        """How often each set is proved and refuted to be weakly, and to be strictly optimal, shape (4, n_sets)."""
        start, n = task
        batch = draw_rewards(self.reward, n, self.n_coordinates, seed=self.seed, start=start)
        worst = np.full((self.n_sets, n), 1)  # the least sign against any other set: at least this,
        best = np.full((self.n_sets, n), 1)  # at most this
        for (i, j), comparison in zip(combinations(range(self.n_sets), 2), self.comparisons, strict=True):
            signs = compare_support(comparison, batch)
            for k, low, high in ((i, signs.low, signs.high), (j, -signs.high, -signs.low)):
                np.minimum(worst[k], low, out=worst[k])
                np.minimum(best[k], high, out=best[k])
        counts: IntArray = np.stack([worst >= 0, best < 0, worst > 0, best <= 0]).sum(axis=2)
        return counts
