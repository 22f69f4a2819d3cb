"""All evidence about the share as rows: what was proved, the worst reward, the constant, counts and estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from orbitwise.evidence.answer import Answer
from orbitwise.evidence.kinds import Certificate, Estimate, Witness
from orbitwise.evidence.priors import PriorShare
from orbitwise.report.findings import (
    at_discount,
    count_words,
    estimate_note,
    population_words,
    prior_words,
    reward_words,
)
from orbitwise.report.lettering import decimal_percent, label, share_words
from orbitwise.report.theorems import certificate_name, form_words

__all__ = ["Share", "make_shares"]

CONSTANT_NOTE = "the exact minimum over all rewards"


@dataclass(frozen=True)
class Share:
    """One piece of evidence about the share, for a row of a table and a mark on the axis from 0 to 1.

    Parameters
    ----------
    kind
        ``bound``: proved for every reward; ``other``: another certificate; ``witness``: the worst reward found;
        ``constant``: the minimum over all rewards; ``reward``: the user's reward; ``prior``: the same under the user's
        weights; ``estimate``: sampled.
    name, words, note
        What it is, its value in words, what to know about it.
    value
        The share; exact where it is a Fraction.
    low, high
        The interval of an estimate.
    """

    kind: Literal["bound", "other", "witness", "constant", "reward", "prior", "estimate"]
    name: str
    words: str
    note: str
    value: Fraction | float
    low: float | None = None
    high: float | None = None


def make_shares(answer: Answer) -> tuple[Share, ...]:
    """All evidence about the share, the proof first."""
    proved = [_certificate_share(c, is_best=c is answer.best, sharp=answer.sharp) for c in answer.certificates]
    first = 0 if answer.best is None else 1
    found = proved[:first]
    if answer.witness is not None:
        found += _witness_shares(answer.witness, answer.question.coordinates)
    if answer.constant is not None:
        found.append(
            Share(
                "constant",
                "True constant",
                share_words(answer.constant.share),
                f"{CONSTANT_NOTE}; {'certified' if answer.constant.certified else 'computed, not certified'}",
                answer.constant.share,
            )
        )
    if answer.count is not None:
        count = answer.count
        found.append(Share("reward", "Your reward", share_words(count.share), count_words(count), count.share))
    if isinstance(answer.prior, PriorShare):
        share = answer.prior.share
        found.append(Share("prior", "Under your prior", share_words(share), prior_words(answer.prior), share))
    elif isinstance(answer.prior, Estimate):
        drawn = answer.prior
        words = f"about {decimal_percent(drawn.share)}"
        found.append(
            Share("prior", "Under your prior", words, estimate_note(drawn), drawn.share, drawn.low, drawn.high)
        )
    estimate = answer.estimate
    if estimate is not None:
        note = f"of {population_words(estimate)}: {estimate_note(estimate)}"
        words = f"about {decimal_percent(estimate.share)}"
        found.append(Share("estimate", "Sampled", words, note, estimate.share, estimate.low, estimate.high))
    found += proved[first:]
    return tuple(found)


def _certificate_share(certificate: Certificate, *, is_best: bool, sharp: bool) -> Share:
    note = f"{certificate_name(certificate)}, {form_words(certificate)}"
    if is_best:
        note = f"{note}; {'sharp' if sharp else 'for every reward'}"
        note += f"; {certificate.choice}" if certificate.choice else ""
    words = share_words(certificate.bound)
    if certificate.bound != 1:
        words = f"at least {words}"
    if certificate.epsilon is not None:
        words = f"{words}, up to epsilon"
    return Share(
        "bound" if is_best else "other", "Proved" if is_best else "Also proved", words, note, certificate.bound
    )


def _witness_shares(witness: Witness, names: Sequence[str]) -> list[Share]:
    """The row of the worst reward; none when its share is not known at all."""
    note = f"{reward_words(witness.reward, names, longest=4)} ({label(witness.how)}){at_discount(witness)}"
    title = "Worst reward found"
    if witness.share is not None:
        return [Share("witness", title, share_words(witness.share), note, witness.share)]
    sampled = witness.estimate
    if sampled is None:
        return []
    words = f"about {decimal_percent(sampled.share)}"
    return [
        Share("witness", title, words, f"{note}; {estimate_note(sampled)}", sampled.share, sampled.low, sampled.high)
    ]
