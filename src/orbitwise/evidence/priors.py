"""The share under a prior: weights on the rewards of an orbit, in place of counting each once, and what hangs on them.

The share under weights w is p = sum of w over the rewards on which A is at least as good, divided by the sum of all w.

**Sensitivity.** Let every weight be wrong by a factor: w may become f w with f in [1/k, k], freely for each reward. The
share is largest when k goes to every reward on which A is at least as good and 1/k to every other. So the odds
p / (1 - p) range over exactly [odds / k^2, k^2 odds]: the verdict "more than 1/2" is safe as long as k^2 is below the
larger of odds and 1 / odds, and not beyond. Let instead the prior move by a total variation distance t, on the rewards
that have weight: the share ranges over [p - t, p + t], cut off at 0 and 1, if 0 < p < 1, since weight can be taken from
one side and given to the other; the verdict is safe below the distance |p - 1/2|. If p is 0 or 1 neither changes it.

**How it is computed.** A table needs the rewards it lists and, for all others, the four-way count. Products and
functions are evaluated on every reward of the orbit, if it has at most 100,000. Beyond, rewards are drawn uniformly
from the orbit and kept with the probability weight / largest weight (a double), so those kept are independent draws
from the prior, and the interval is that of any sampled share. A function has no known largest weight: nothing is
claimed then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Literal, assert_never

import numpy as np

from orbitwise.errors import InvalidInput
from orbitwise.evidence.comparison import Comparison, always_decides, compare_support, prepare_comparison
from orbitwise.evidence.counts import count_orbit
from orbitwise.evidence.intervals import confidence_interval
from orbitwise.evidence.kinds import Estimate, NotAffordable
from orbitwise.outcomes.question import Question
from orbitwise.rewards.batches import RewardBatch
from orbitwise.rewards.orbits import Orbit, draw_permutations, iter_orbit, orbit_of
from orbitwise.rewards.priors import FunctionPrior, Prior, ProductPrior, TablePrior, weigh
from orbitwise.typing import FloatArray

__all__ = ["PriorShare", "share_under_prior"]

MAX_ELEMENTS = 100_000  # about 2 s
MAX_DRAWS = 1_000_000
ROWS = 1_024


@dataclass(frozen=True)
class PriorShare:
    """The probabilities under a prior, exact, and their sensitivity.

    Parameters
    ----------
    prefer_only, over_only, both
        Probability that only A, only B, or both attain the best value; they sum to 1.
    """

    prefer_only: Fraction
    over_only: Fraction
    both: Fraction

    @property
    def share(self) -> Fraction:
        """Probability that A is at least as good as B."""
        return self.prefer_only + self.both

    @property
    def strict_share(self) -> Fraction:
        """Probability that A is better than B."""
        return self.prefer_only

    @property
    def is_majority(self) -> bool:
        """Whether the share is more than 1/2."""
        return self.share > Fraction(1, 2)

    @property
    def flip_factor_squared(self) -> Fraction | None:
        """k^2 for the factor k on weights up to which "more than 1/2" cannot flip; None: no factor flips it."""
        if self.share in (0, 1):
            return None
        odds = self.share / (1 - self.share)
        return max(odds, 1 / odds)

    @property
    def safe_factor(self) -> Fraction | None:
        """The factor k itself, rounded down to hundredths; None: no factor flips the verdict."""
        square = self.flip_factor_squared
        return None if square is None else Fraction(isqrt(10_000 * square.numerator // square.denominator), 100)

    @property
    def flip_distance(self) -> Fraction | None:
        """The total variation distance up to which "more than 1/2" cannot flip; None: no distance flips it."""
        return None if self.share in (0, 1) else abs(self.share - Fraction(1, 2))

    def range_within_factor(self, factor: Fraction | int) -> tuple[Fraction, Fraction]:
        """All shares when each weight may be multiplied by a factor in [1/k, k]; exact.

        Examples
        --------
        >>> PriorShare(Fraction(2, 3), Fraction(1, 3), Fraction(0)).range_within_factor(2)
        (Fraction(1, 3), Fraction(8, 9))
        """
        if factor < 1:
            raise InvalidInput(f"expected a factor of at least 1, found {factor}", where="factor")
        p, square = self.share, Fraction(factor) ** 2
        return p / (p + square * (1 - p)), square * p / (square * p + 1 - p)

    def range_within_distance(self, distance: Fraction | int) -> tuple[Fraction, Fraction]:
        """The ends of all shares when the prior may move by a total variation distance; exact."""
        if distance < 0:
            raise InvalidInput(f"expected a distance of at least 0, found {distance}", where="distance")
        if self.share in (0, 1):
            return self.share, self.share
        return max(Fraction(0), self.share - distance), min(Fraction(1), self.share + distance)


def share_under_prior(
    question: Question,
    reward: Sequence[Fraction],
    prior: Prior,
    *,
    precision: float = 0.01,
    level: float = 0.95,
    seed: int = 0,
) -> PriorShare | Estimate | NotAffordable:
    """The share of A under weights on the orbit of a reward.

    **Guarantee:** a :class:`PriorShare` is exact; an estimate's interval covers the share with probability ``level``.
    **Cost:** a four-way count for a table that weighs all rewards, else one comparison for each reward that is weighed.

    Parameters
    ----------
    question
        Which sets are compared, and which coordinates permute.
    reward
        Shape (d,), exact.
    prior
        From :func:`orbitwise.formats.priors.read_prior`.
    precision, level, seed
        Of an estimate: width of its interval, its coverage, the root of its random stream.

    Raises
    ------
    InvalidInput
        A listed reward is not in the orbit, all weights are 0, or a weight is no number or negative.

    Examples
    --------
    >>> import orbitwise as ow
    >>> from orbitwise.rewards.priors import parse_prior
    >>> names = ["candy", "chocolate", "hug"]
    >>> question = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy", permute=names)
    >>> reward = [Fraction(x) for x in (0, 1, 0, 0, 0)]
    >>> prior = parse_prior({"product": {"candy": {1: 3}}}, question.coordinates)
    >>> share_under_prior(question, reward, prior).share
    Fraction(2, 5)
    """
    orbit = orbit_of(reward, question.permutable)
    comparison = prepare_comparison(question)
    match prior:
        case TablePrior():
            return _share_of_table(question, tuple(reward), orbit, comparison, prior)
        case ProductPrior() | FunctionPrior():
            if orbit.size <= MAX_ELEMENTS:
                return _share_of_all(orbit, comparison, prior)
            if isinstance(prior, ProductPrior):
                return _sample(orbit, comparison, prior, precision=precision, level=level, seed=seed)
            return NotAffordable(
                orbit.size,
                MAX_ELEMENTS,
                f"the orbit has more than {MAX_ELEMENTS:,} rewards, too many to ask the prior's function about each; "
                "permute fewer states, or give the prior as a product, from which can be drawn",
            )
        case _:
            assert_never(prior)


def _share_of_all(orbit: Orbit, comparison: Comparison, prior: Prior) -> PriorShare | NotAffordable:
    """By going through the orbit."""
    totals = [Fraction(0)] * 3
    for batch in iter_orbit(orbit, rows=ROWS):
        if not _add(totals, batch, comparison, [weigh(prior, batch.exact(row)) for row in range(len(batch))]):
            return _undecided(orbit.size)
    return _normalized(totals)


def _share_of_table(
    question: Question, reward: tuple[Fraction, ...], orbit: Orbit, comparison: Comparison, prior: TablePrior
) -> PriorShare | NotAffordable:
    """By the rewards listed, and the count of all where the others weigh something."""
    listed = [*prior.weights]
    for k, element in enumerate(listed):
        if not _is_in(element, reward, orbit):
            raise InvalidInput(
                "expected a permutation of your reward (states that are not permuted keep their values), found another "
                "reward; mend or remove it",
                where=f"prior['table'][{k}]['reward']",
            )
    totals = [Fraction(0)] * 3
    codes = {value: code for code, value in enumerate(orbit.values)}
    for start in range(0, len(listed), ROWS):
        part = listed[start : start + ROWS]
        batch = RewardBatch.of_codes(orbit.values, np.array([[codes[x] for x in element] for element in part]))
        if not _add(totals, batch, comparison, [prior.weights[element] - prior.others for element in part]):
            return _undecided(len(listed))
    if prior.others:
        count = count_orbit(question, reward)
        if isinstance(count, NotAffordable):
            return count
        for k, number in enumerate((count.prefer_only, count.over_only, count.both)):
            totals[k] += prior.others * number
    return _normalized(totals)


def _is_in(element: Sequence[Fraction], reward: Sequence[Fraction], orbit: Orbit) -> bool:
    moved = orbit.permutable.tolist()
    still = set(range(len(reward))).difference(moved)
    return sorted(element[i] for i in moved) == sorted(reward[i] for i in moved) and all(
        element[i] == reward[i] for i in still
    )


def _add(totals: list[Fraction], batch: RewardBatch, comparison: Comparison, weights: list[Fraction]) -> bool:
    """Add the weights to those of only A, only B and both; False where a comparison stays undecided."""
    signs = compare_support(comparison, batch)
    if not signs.decided.all():
        return False
    for sign, weight in zip(signs.low.tolist(), weights, strict=True):
        totals[(2, 0, 1)[sign]] += weight  # sign 0, 1, -1
    return True


def _normalized(totals: list[Fraction]) -> PriorShare:
    total = sum(totals, Fraction(0))
    if total == 0:
        raise InvalidInput(
            "expected a positive weight on some permutation of your reward, found none; give one", where="prior"
        )
    return PriorShare(*(part / total for part in totals))


def _undecided(work: int) -> NotAffordable:
    return NotAffordable(work, work, "a comparison stayed undecided, so the weights cannot be added up exactly")


def _sample(
    orbit: Orbit, comparison: Comparison, prior: ProductPrior, *, precision: float, level: float, seed: int
) -> Estimate | NotAffordable:
    """By draws from the prior: uniform draws from the orbit, kept with probability weight / largest weight."""
    successes = samples = 0
    low, high = 0.0, 1.0
    for batch in _draw(orbit, prior, seed):
        signs = compare_support(comparison, batch)
        if not (always_decides(comparison) or signs.decided.all()):
            return _undecided(len(batch))
        successes, samples = successes + int(signs.at_least.sum()), samples + len(batch)
        low, high = confidence_interval(successes, samples - successes, level)
        if high - low <= precision:
            break
    if samples == 0:
        return NotAffordable(
            MAX_DRAWS, MAX_DRAWS, f"none of {MAX_DRAWS:,} rewards was kept; the prior is too steep to draw from"
        )
    limit: Literal["", "samples"] = "" if high - low <= precision else "samples"
    return Estimate(successes / samples, low, high, level, samples, "your prior", limit=limit)


def _draw(orbit: Orbit, prior: ProductPrior, seed: int) -> Iterator[RewardBatch]:
    """Independent draws from the prior, in batches that are fixed by the seed."""
    source = np.random.default_rng([seed, 1])  # apart from the stream of the permutations
    ratios = {i: _ratios(prior, i, orbit) for i in prior.weights}
    for start in range(0, MAX_DRAWS, ROWS):
        batch = draw_permutations(orbit, ROWS, seed=seed, start=start)
        chances = np.ones(ROWS)
        for i, ratio in ratios.items():
            chances *= ratio[np.asarray(batch.codes)[:, i]]
        kept = np.flatnonzero(source.random(ROWS) < chances)
        if len(kept):
            yield batch.rows(kept)


def _ratios(prior: ProductPrior, place: int, orbit: Orbit) -> FloatArray:
    """The weight of each value at a place over the largest there, shape (n_values,)."""
    weights = [prior.weights[place].get(value, prior.others) for value in orbit.values]
    return np.array([float(weight / (max(weights) or 1)) for weight in weights])
