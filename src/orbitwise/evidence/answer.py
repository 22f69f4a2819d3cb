"""The answer to a question: all its evidence in one value, which text, JSON, report and web page show."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from orbitwise.evidence.constants import Constant
from orbitwise.evidence.discount_curve import DiscountCurve
from orbitwise.evidence.kinds import (
    Certificate,
    Estimate,
    NotAffordable,
    NotCertified,
    OrbitCount,
    SituationShare,
    Witness,
)
from orbitwise.evidence.margins import Margins
from orbitwise.evidence.priors import PriorShare
from orbitwise.outcomes.question import Question

__all__ = ["SCOPE", "Answer"]

SCOPE = (
    "An orbit share counts permuted variants of a goal for an optimal agent; "
    "it is not the probability that a trained system does A."
)


@dataclass(frozen=True, eq=False)
class Answer:
    """Everything found about a question.

    Parameters
    ----------
    question
        What was asked.
    certificates
        Verified bounds for every reward, the largest first.
    not_certified
        Theorems that gave nothing, and why.
    witness
        The worst reward found; None when none could be evaluated.
    reward, reward_text
        The user's reward, values of all d coordinates, and as the user wrote it; None and "" when none was given.
    count
        The exact count over the orbit of the user's reward, when affordable.
    estimate
        A sampled share: over the orbit when it is too large to count, or over the user's reward distribution.
    seed
        The seed of everything random.
    input_sha256
        Hash of the canonical form of the environment or of the given vectors.
    seconds
        Wall-clock time.
    version
        Version of orbitwise.
    notes
        What a reader must know about how the input was read.
    constant
        The exact minimum of the share over all rewards, for small questions; None where it was not affordable.
    prior
        The share of the user's reward under the user's weights on its orbit, or why it was not computed.
    situations
        For a question about several situations: each of them alone. All other evidence is then about all at once.
    margins
        On what shares A is better, or worse, by more than the epsilons asked for; None when none was asked for.
    discounts
        The share of the user's reward as a function of the discount, when the question is about many discounts.
    """

    question: Question
    certificates: tuple[Certificate, ...]
    not_certified: tuple[NotCertified, ...]
    witness: Witness | None
    reward: tuple[Fraction, ...] | None
    reward_text: str
    count: OrbitCount | None
    estimate: Estimate | None
    seed: int
    input_sha256: str
    seconds: float
    version: str
    notes: tuple[str, ...] = ()
    constant: Constant | None = None
    prior: PriorShare | Estimate | NotAffordable | None = None
    situations: tuple[SituationShare, ...] = ()
    margins: Margins | None = None
    discounts: DiscountCurve | None = None

    @property
    def best(self) -> Certificate | None:
        """The certificate with the largest bound on the share; None when there are only those up to an epsilon."""
        return next((c for c in self.certificates if c.epsilon is None), None)

    @property
    def nearly(self) -> Certificate | None:
        """The first certificate up to an epsilon."""
        return next((c for c in self.certificates if c.epsilon is not None), None)

    @property
    def sharp(self) -> bool:
        """Whether the witness attains the best bound, so that no better bound exists."""
        return (
            self.best is not None
            and self.witness is not None
            and self.witness.share is not None
            and self.witness.share == self.best.bound
        )

    def __str__(self) -> str:
        from orbitwise.report.text import plain_text

        return plain_text(self)

    def to_html(self, path: str | Path) -> None:
        """Write a self-contained HTML report."""
        from orbitwise.report.html import write_html

        write_html(self, path)

    def to_json(self) -> dict[str, object]:
        """The JSON document of the command line contract."""
        from orbitwise.report.contract import answer_document

        return answer_document(self)
