"""What can be known about a question: certificate, exact count, estimate, witness, or why nothing was certified."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

from orbitwise.evidence.proofs import Proof, certificate_document
from orbitwise.outcomes.question import Question

__all__ = ["Certificate", "Estimate", "NotAffordable", "NotCertified", "OrbitCount", "SituationShare", "Witness"]


@dataclass(frozen=True, eq=False)
class Certificate:
    """A proved lower bound on the weak share of every reward's orbit.

    Parameters
    ----------
    question
        What it is about.
    proof
        The data that a checker verifies; its type says which theorem.
    theorem
        ``"T1"``, ``"T2"``, ``"T3"``, ``"T5"``, ``"T6"`` or ``"constant"`` of docs/explanation.
    form
        ``"weak"``, ``"n-to-1"`` or ``"strict-ratio"``: what is claimed besides the bound; or ``"epsilon"``.
    bound
        On at least this share of every orbit A is at least as good as B (in the form epsilon: up to epsilon).
    ratio
        For every reward #(A > B) >= ratio x #(B > A); None when not claimed.
    strict_almost_everywhere
        Whether, for almost every reward, the bound holds for the strict share too (T4).
    note
        What the search left out, if anything; more may be provable.
    epsilon
        What A may fall short of B in the form epsilon, in units of max r - min r, for normalized values (average
        reward, or 1 - g times the discounted value); None in the other forms.
    choice
        Which A', B' and permutations won the search, in a few words; it proves nothing.
    seconds
        How long the search had run when this was found, wall clock.
    """

    question: Question
    proof: Proof
    theorem: str
    form: str
    bound: Fraction
    ratio: Fraction | None
    strict_almost_everywhere: bool
    note: str = ""
    epsilon: Fraction | None = None
    choice: str = ""
    seconds: float = field(default=0.0, compare=False)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The certificate as JSON data, as docs/certificate-format.md describes it."""
        return certificate_document(self)


@dataclass(frozen=True)
class NotCertified:
    """Why one theorem gives nothing here, in plain words."""

    theorem: str
    reason: str


@dataclass(frozen=True)
class OrbitCount:
    """The four-way count over all distinct permutations of one reward; exact.

    Parameters
    ----------
    prefer_only, over_only, both, neither
        Orbit elements on which only A, only B, both or neither attain the best value over C. C is A u B unless a larger
        set was given, and then ``neither`` is 0.
    """

    prefer_only: int
    over_only: int
    both: int
    neither: int = 0

    @property
    def size(self) -> int:
        """Number of elements of the orbit."""
        return self.prefer_only + self.over_only + self.both + self.neither

    @property
    def share(self) -> Fraction:
        """Weak share: A is at least as good as B."""
        return Fraction(self.prefer_only + self.both, self.size)

    @property
    def strict_share(self) -> Fraction:
        """Strict share: A is better than B."""
        return Fraction(self.prefer_only, self.size)


@dataclass(frozen=True)
class SituationShare:
    """One of several situations, alone: the share of the user's reward there.

    Parameters
    ----------
    at
        The start state.
    count
        The count over the orbit in this situation alone; None when no reward was given or it was not affordable.
    """

    at: str
    count: OrbitCount | None


@dataclass(frozen=True)
class NotAffordable:
    """Why an exact count is not made; its work was computed before it would have started.

    Parameters
    ----------
    work, limit
        Elementary steps that the count needs at most, and how many are allowed.
    reason
        The same in words, and what to do instead.
    """

    work: int
    limit: int
    reason: str


@dataclass(frozen=True)
class Estimate:
    """A sampled weak share with an interval.

    Parameters
    ----------
    share
        The observed share (undecided samples count half).
    low, high
        Interval of the true share, at any time the sampling may have stopped.
    level
        Probability that an interval made this way covers the true share, for example 0.95.
    samples
        Number of sampled rewards.
    undecided
        Samples whose comparison could not be decided; the interval counts them both ways.
    population
        What was sampled: ``"orbit"`` or the name of the reward distribution.
    variance_ratio
        Observed variance of the verdicts, averaged over the symmetries of the outcomes, over that of plain ones; None
        when they were not averaged.
    limit
        What ended the sampling before the interval was as narrow as asked: ``"samples"`` or ``"steps"``; else ``""``.
    """

    share: float
    low: float
    high: float
    level: float
    samples: int
    population: str
    undecided: int = 0
    variance_ratio: float | None = None
    limit: Literal["", "samples", "steps"] = ""


@dataclass(frozen=True)
class Witness:
    """One reward whose weak share is small: no bound for every reward can be larger than its share.

    Parameters
    ----------
    reward
        Values of all d coordinates.
    share
        Its exact weak share; None when it was only estimated.
    estimate
        Its estimated share when the orbit is too large to count.
    how
        How it was found, in a few words.
    discount
        Where it has this share, when the question is about many discounts; else None.
    """

    reward: tuple[Fraction, ...]
    share: Fraction | None
    estimate: Estimate | None
    how: str
    discount: Fraction | None = None
