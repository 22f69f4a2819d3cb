"""Several questions on the same sampled rewards: their shares, and how much they differ.

Reward number i of a population depends on the seed and on i alone, so questions about one list of coordinates can be
asked of the same rewards. For two questions the difference of the two verdicts (each 0 or 1) is -1, 0 or 1, and its
mean is the difference of their shares. Where the questions mostly agree it is mostly 0, and its interval (that of a
mean of values in [0, 1], after d -> (d + 1)/2) is much narrower than two intervals of shares would allow.

Verdicts are not averaged over symmetries here: questions have different symmetries, and means over them would no longer
agree reward by reward.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np

from orbitwise.compute.executors import Executor, iter_results
from orbitwise.errors import InvalidInput
from orbitwise.evidence.comparison import Comparison, always_decides, compare_support, prepare_comparison
from orbitwise.evidence.estimates import (
    MAX_SAMPLES,
    MAX_STEPS,
    check_settings,
    cut_samples,
    draw_population,
    share_interval,
    steps_of_drawing,
)
from orbitwise.evidence.intervals import mean_interval
from orbitwise.evidence.kinds import Estimate
from orbitwise.formats.rewards import read_reward
from orbitwise.outcomes.question import Question
from orbitwise.rewards.distributions import Distribution
from orbitwise.typing import IntArray

__all__ = ["Difference", "SharedEstimates", "estimate_shares"]


@dataclass(frozen=True)
class Difference:
    """The share of one question less that of another, with an interval.

    Parameters
    ----------
    value
        The observed difference (undecided samples count half).
    low, high
        Interval of the true difference, inside [-1, 1], at any time the sampling may have stopped.
    level
        Probability that an interval made this way covers the true difference.
    samples
        Number of rewards on which both questions were asked.
    """

    value: float
    low: float
    high: float
    level: float
    samples: int


@dataclass(frozen=True, eq=False)
class SharedEstimates:
    """Estimates of several shares from the same rewards.

    Parameters
    ----------
    shares
        The estimate of each question, by its name.
    wins, losses
        Shape (n_questions, n_questions). ``wins[i, j]``: rewards on which A is proved at least as good in question i
        and worse in question j; ``losses[i, j]``: on which neither is proved.
    """

    shares: Mapping[str, Estimate]
    wins: IntArray
    losses: IntArray

    def difference(self, first: str, second: str) -> Difference:
        """The share of ``first`` less that of ``second``, from paired verdicts.

        **Guarantee:** its interval covers the true difference with probability at least the estimates' level,
        whenever sampling stops. Several differences are each covered so, not all of them jointly.
        **Cost:** constant.

        Raises
        ------
        InvalidInput
            There is no question of that name.
        """
        names = list(self.shares)
        for name in (first, second):
            if name not in self.shares:
                raise InvalidInput(f"expected one of {', '.join(map(repr, names[:10]))}, found {name!r}", where="name")
        i, j = names.index(first), names.index(second)
        one, other = self.shares[first], self.shares[second]
        low, _ = _signed_interval(int(self.wins[i, j]), int(self.losses[i, j]), one)
        _, high = _signed_interval(int(self.losses[j, i]), int(self.wins[j, i]), one)
        return Difference(one.share - other.share, low, high, one.level, one.samples)


def estimate_shares(
    questions: Mapping[str, Question],
    *,
    reward: object = "uniform",
    precision: float = 0.01,
    level: float = 0.95,
    seed: int = 0,
    max_samples: int = MAX_SAMPLES,
    executor: Executor | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> SharedEstimates:
    """The weak shares of several questions on the same sampled rewards, and their paired differences.

    **Guarantee:** each interval covers the true share, and each difference's the true difference, with probability at
    least ``level``, whenever sampling stops; the same seed gives the same numbers.
    **Cost:** that of comparing for each question, on the same rewards, until the last share is known; memory does not
    grow with the samples.

    Parameters
    ----------
    questions
        Each with a name of your choice; about the same coordinates, the same of them permutable. For example one
        question at several discounts, or several pairs of sets in one environment.
    reward
        A reward, whose permutations are sampled, or a distribution of rewards; as in :func:`orbitwise.compare`.
    precision
        Width of a share's interval at which to stop, when every question has reached it; dimensionless.
    level
        Coverage, inside (0, 1), of each interval.
    seed
        Root of the random stream; reward number i of a seed is the same in every call.
    max_samples
        Where to stop at the latest; there is a limit of elementary steps too, as in
        :func:`orbitwise.evidence.estimates.estimate_share`.
    executor
        Where the comparisons run, by default threads on all processors; the numbers do not depend on it.
    progress
        Called after each chunk with the number of samples and the largest width.

    Raises
    ------
    InvalidInput
        There is no question, they are about different coordinates, the reward cannot be read, or a setting is outside
        its range.

    References
    ----------
    Common random numbers: Glasserman, Yao, *Some guidelines and guarantees for common random numbers* (1992).

    Examples
    --------
    >>> import orbitwise as ow
    >>> candy = ow.gallery.load("candy")
    >>> at = {g: ow.ask(candy, prefer="Wait!", over="candy", discount=g) for g in ("1/2", "9/10")}
    >>> found = ow.estimate_shares(at, precision=0.05)
    >>> found.difference("9/10", "1/2").low > 0  # the longer view prefers to wait more often
    True
    """
    check_settings(precision, level, max_samples)
    _check_alike(questions)
    asked = tuple(questions.values())
    population = read_reward(reward, asked[0].coordinates, where="reward")
    work = _SharedSampling(asked, tuple(map(prepare_comparison, asked)), population, seed)
    each, pairs = np.zeros(len(asked), dtype=np.int64), np.zeros((len(asked), len(asked)), dtype=np.int64)
    total = _SharedTally(0, each, each, pairs, pairs, 0)
    shares: dict[str, Estimate] = {}
    with contextlib.closing(
        iter_results(work, cut_samples(asked[0].n_coordinates, max_samples), executor=executor)
    ) as results:
        for found in results:
            total = total + found
            shares = dict(zip(questions, work.estimates(total, level), strict=True))
            if progress is not None:
                progress(total.samples, max(share.high - share.low for share in shares.values()))
            if all(share.high - share.low - share.undecided / share.samples <= precision for share in shares.values()):
                return SharedEstimates(shares, total.wins, total.losses)
            if total.steps > MAX_STEPS:
                break
    limit: Literal["samples", "steps"] = "steps" if total.steps > MAX_STEPS else "samples"
    limited = {name: replace(share, limit=limit) for name, share in shares.items()}
    return SharedEstimates(limited, total.wins, total.losses)


def _check_alike(questions: Mapping[str, Question]) -> None:
    if not questions:
        raise InvalidInput("expected at least one question, found none", where="questions")
    first_name, first = next(iter(questions.items()))
    for name, question in questions.items():
        if (question.coordinates, question.permutable) != (first.coordinates, first.permutable):
            raise InvalidInput(
                "expected questions about the same coordinates, the same of them permutable, so that one reward serves "
                f"all; found that {name!r} and {first_name!r} differ; estimate them apart",
                where="questions",
            )


def _signed_interval(positive: int, negative: int, estimate: Estimate) -> tuple[float, float]:
    """The interval of the mean of so many values 1 and -1 and else 0; each end has half of alpha to itself."""
    zero = estimate.samples - positive - negative
    low, high = mean_interval((0.0, 0.5, 1.0), (negative, zero, positive), estimate.level)
    return 2 * low - 1, 2 * high - 1


@dataclass(frozen=True, eq=False)
class _SharedTally:
    """What one task found; arrays as in :class:`SharedEstimates`."""

    samples: int
    proved: IntArray  # (n_questions,)
    refuted: IntArray  # (n_questions,)
    wins: IntArray
    losses: IntArray
    steps: int

    def __add__(self, other: _SharedTally) -> _SharedTally:
        return _SharedTally(
            self.samples + other.samples,
            self.proved + other.proved,
            self.refuted + other.refuted,
            self.wins + other.wins,
            self.losses + other.losses,
            self.steps + other.steps,
        )


@dataclass(frozen=True, eq=False)
class _SharedSampling:
    """The work on one task: draw its rewards once and ask every question of them."""

    questions: tuple[Question, ...]
    comparisons: tuple[Comparison, ...]
    population: tuple[Fraction, ...] | Distribution
    seed: int

    def __call__(self, task: tuple[int, int]) -> _SharedTally:
        batch = draw_population(self.questions[0], self.population, task, self.seed)
        found = [compare_support(comparison, batch) for comparison in self.comparisons]
        proved = np.array([signs.at_least for signs in found], dtype=np.int64)  # (n_questions, n_rewards)
        refuted = np.array([signs.worse for signs in found], dtype=np.int64)
        return _SharedTally(
            samples=len(batch),
            proved=proved.sum(axis=1),
            refuted=refuted.sum(axis=1),
            wins=proved @ refuted.T,
            losses=(1 - proved) @ (1 - refuted).T,
            steps=sum(signs.steps for signs in found) + steps_of_drawing(len(batch), batch.floats.shape[1]),
        )

    def estimates(self, total: _SharedTally, level: float) -> Iterator[Estimate]:
        """The estimate of each share after these samples."""
        samples = total.samples
        for comparison, proved, refuted in zip(
            self.comparisons, total.proved.tolist(), total.refuted.tolist(), strict=True
        ):
            low, high = share_interval(proved, refuted, samples, level, decides=always_decides(comparison))
            yield Estimate(
                share=(proved + (samples - proved - refuted) / 2) / samples,
                low=low,
                high=high,
                level=level,
                samples=samples,
                population=str(self.population) if isinstance(self.population, Distribution) else "orbit",
                undecided=samples - proved - refuted,
            )
