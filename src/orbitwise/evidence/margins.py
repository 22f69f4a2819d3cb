"""T8, epsilon-optimal choosers: on what share of an orbit is A better than B by more than epsilon, and the reverse.

The margin of a reward is h_A - h_B in normalized units: the difference of average rewards, or 1 - g times that of
discounted values, so it compares with the reward itself. As functions of epsilon the shares with margin above epsilon,
below -epsilon and between are steps; gap is the smallest non-zero |margin| on the orbit. A chooser who takes anything
within epsilon of the best must take A where the margin is above epsilon. So where epsilon < gap every verdict stays:
only ties are left to him.

All margins are counted where the orbit is small or the outcomes are unit vectors; else the shares at the epsilons
asked for, as orbit counts of A against B shifted by epsilon; else margins are sampled. For n independent samples all
shares, at all epsilons together, are within w = sqrt(log(4 / alpha) / (2 n)) of the observed ones with probability
1 - alpha: the inequality of Dvoretzky, Kiefer and Wolfowitz, in Massart's form, for each end of the margins' intervals.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from orbitwise.compute.exact import parse_fraction
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.evidence.counts import WORK_LIMIT, count_reduced, count_work
from orbitwise.evidence.counts_reduction import reduce_outcomes, reduce_values
from orbitwise.evidence.kinds import OrbitCount
from orbitwise.evidence.margins_counted import count_margins
from orbitwise.evidence.margins_sampled import SampledMargins, sample_margins
from orbitwise.outcomes.question import Question
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.rewards.distributions import Distribution

__all__ = ["ExactMargins", "MarginStep", "Margins", "find_margins", "parse_epsilons"]


@dataclass(frozen=True)
class MarginStep:
    """Shares of an orbit at one epsilon.

    Parameters
    ----------
    epsilon
        In units of the reward.
    above, below, between
        Shares with margin > epsilon, < -epsilon, and neither; they sum to 1.
    """

    epsilon: Fraction
    above: Fraction
    below: Fraction

    @property
    def between(self) -> Fraction:
        """Share with a margin from -epsilon to epsilon."""
        return 1 - self.above - self.below


@dataclass(frozen=True)
class ExactMargins:
    """Exact shares.

    Parameters
    ----------
    at
        At the epsilons asked for.
    curve
        At 0 and at each |margin|, ascending: the shares hold from there up to the next; None where only ``at`` was
        counted.
    gap
        The smallest non-zero |margin|; None where all are 0 or it was not counted.
    """

    at: tuple[MarginStep, ...]
    curve: tuple[MarginStep, ...] | None
    gap: Fraction | None


Margins = ExactMargins | SampledMargins


def parse_epsilons(value: object, *, where: str = "epsilon") -> tuple[Fraction, ...]:
    """Epsilons as users write them: a number, text such as ``"0.1,1/4"``, or a sequence of numbers; sorted.

    Raises
    ------
    InvalidInput
        There is none, or one is negative or no number.

    Examples
    --------
    >>> parse_epsilons("1/4,0.1")
    (Fraction(1, 10), Fraction(1, 4))
    """
    if isinstance(value, str):
        items: Iterable[object] = [part.strip() for part in value.split(",")]
    else:
        items = value if isinstance(value, Iterable) else [value]
    found = sorted({parse_fraction(item, where=where) for item in items})
    if not found or found[0] < 0:
        raise InvalidInput(f"expected numbers >= 0, found {value!r}; write for example 0,0.1", where=where)
    return tuple(found)


def find_margins(
    question: Question,
    reward: Sequence[Fraction] | Distribution,
    epsilons: Sequence[Fraction],
    *,
    precision: float = 0.01,
    level: float = 0.95,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Margins | str:
    """Shares with margin above epsilon, below -epsilon and between; or why they cannot be had.

    **Guarantee:** exact, or intervals that hold for all epsilons together with probability ``level``; the number of
    samples is fixed before the first is drawn.
    **Cost:** a pass over the distinct placements of the values, or two orbit counts for each epsilon, or about
    10 / precision^2 samples.

    Parameters
    ----------
    question
        Which sets are compared, and which coordinates permute.
    reward
        Shape (d,), exact: its orbit. Or the distribution to sample from.
    epsilons
        In units of the reward, at least 0.
    precision, level, seed
        As in ``compare``.
    progress
        Called with the share of the samples that is done.

    References
    ----------
    Massart, *The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality* (1990).

    Examples
    --------
    >>> from orbitwise.outcomes.question import ask_vectors
    >>> question = ask_vectors(prefer=[[0, 1, 0], [0, 0, 1]], over=[[1, 0, 0]])
    >>> found = find_margins(question, [Fraction(3), Fraction(2), Fraction(0)], [Fraction(1)])
    >>> found.gap, [(str(step.epsilon), str(step.above), str(step.below)) for step in found.curve]
    (Fraction(1, 1), [('0', '2/3', '1/3'), ('1', '1/3', '0'), ('3', '0', '0')])
    """
    if question.situations:
        return "margins are about one situation; ask about each alone"
    sides = question.outcomes
    scale = 1 - (question.criterion.discount or Fraction(0))
    if not isinstance(reward, Distribution) and not isinstance(sides, NotSupported):
        counts = count_margins(*sides, reward, question.permutable)
        if counts is not None:
            return _exact({margin * scale: n for margin, n in counts.items()}, epsilons)
        steps = [_count_at(sides, reward, question.permutable, epsilon, scale) for epsilon in epsilons]
        if all(step is not None for step in steps):
            return ExactMargins(tuple(step for step in steps if step is not None), None, None)
    try:
        return sample_margins(
            question, reward, epsilons, scale=scale, precision=precision, level=level, seed=seed, progress=progress
        )
    except NotSupported as refusal:
        return refusal.message


def _exact(counts: Mapping[Fraction, int], epsilons: Sequence[Fraction]) -> ExactMargins:
    margins = sorted(counts)
    before = [0, *accumulate(counts[m] for m in margins)]

    def step(epsilon: Fraction) -> MarginStep:
        above = before[-1] - before[bisect_right(margins, epsilon)]
        below = before[bisect_left(margins, -epsilon)]
        return MarginStep(epsilon, Fraction(above, before[-1]), Fraction(below, before[-1]))

    sizes = sorted({abs(m) for m in margins} | {Fraction(0)})
    return ExactMargins(
        at=tuple(map(step, epsilons)), curve=tuple(map(step, sizes)), gap=sizes[1] if len(sizes) > 1 else None
    )


def _count_at(
    sides: tuple[Outcomes, Outcomes],
    reward: Sequence[Fraction],
    permutable: Sequence[int],
    epsilon: Fraction,
    scale: Fraction,
) -> MarginStep | None:
    """The shares at one epsilon from two orbit counts; None when they are not affordable."""
    shares = []
    for first, second in (sides, sides[::-1]):
        d = first.n_coordinates
        shifted = Outcomes(tuple((*v, (d, epsilon / scale)) if epsilon else v for v in second.vectors), d + 1)
        reduction = reduce_outcomes(first, shifted, None, permutable)
        extended = (*reward, Fraction(1))
        if count_work(reduction, reduce_values(reduction, extended, permutable)) > WORK_LIMIT // 4:
            return None
        count = count_reduced(reduction, extended, permutable)
        if not isinstance(count, OrbitCount):
            return None
        shares.append(count.strict_share)
    return MarginStep(epsilon, *shares)
