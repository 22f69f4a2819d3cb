"""What a page about an answer may show, as plain data; text, HTML and the web page print it and compute nothing.

The first thing is the answer in one sentence. Every share is kept as the number it is, beside the words for it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from orbitwise.evidence.answer import SCOPE, Answer
from orbitwise.evidence.kinds import Certificate, Estimate, Witness
from orbitwise.evidence.priors import PriorShare
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.report.contract import answer_document
from orbitwise.report.discounts import DiscountRow, make_discount_rows
from orbitwise.report.drawing import Picture
from orbitwise.report.findings import (
    count_words,
    estimate_note,
    most_frequent,
    population_words,
    prior_words,
    reward_words,
    witness_words,
)
from orbitwise.report.lettering import decimal_percent, fraction_words, label, share_words
from orbitwise.report.margins import MarginPlot, draw_margins, margin_rows, margin_sentences
from orbitwise.report.orbit_picture import OrbitPicture, draw_orbit
from orbitwise.report.picture import draw_picture
from orbitwise.report.roles import Part, list_parts
from orbitwise.report.sentences import Sentence
from orbitwise.report.theorems import certificate_name, certificate_reason, form_words, moves_words, theorem_name
from orbitwise.report.wording import certificate_sentences, detail_sentences, headline, phrases

__all__ = [
    "Bar",
    "CertificateView",
    "Fact",
    "MarginsView",
    "Page",
    "PartView",
    "Share",
    "WitnessView",
    "make_gaps",
    "make_page",
    "make_provenance",
    "make_shares",
]

CONSTANT_NOTE = "the exact minimum over all rewards"
MOST_BARS = 24
MOST_PARTS = 16
FEW_PARTS = 4
MOST_VECTORS = 4
LONGEST_FACT = 300  # columns
MOST_NAMES = 8
LARGEST_EMBEDDED = 400_000  # characters of a certificate shown inside a page
MOST_EMBEDDED_COORDINATES = 2_000


@dataclass(frozen=True)
class Fact:
    """A name and what it is."""

    name: str
    text: str


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


@dataclass(frozen=True)
class PartView:
    """A part of a proof: A' or B', a copy or a block, with the names of its states."""

    side: Literal["a", "b"]
    tag: str
    names: str


@dataclass(frozen=True)
class CertificateView:
    """One certificate in words; ``document`` is its JSON text, "" where that is too long for a page.

    ``note`` is "" where the notes of the page say it.
    """

    theorem: str
    name: str
    form: str
    bound: Fraction
    bound_words: str
    reason: str
    claims: tuple[Sentence, ...]
    parts: tuple[PartView, ...]
    n_parts: int
    note: str
    document: str


@dataclass(frozen=True)
class Bar:
    """One coordinate of a reward."""

    name: str
    value: Fraction
    words: str


@dataclass(frozen=True)
class WitnessView:
    """The worst reward found: its share, how it was found, and its values as bars (largest first)."""

    share_words: str
    how: str
    reward_words: str
    bars: tuple[Bar, ...]
    low: Fraction
    high: Fraction
    rest: str


@dataclass(frozen=True)
class MarginsView:
    """By how much A is better or worse: sentences, a table, and a plot where the whole curve is known."""

    sentences: tuple[Sentence, ...]
    rows: tuple[tuple[str, str, str, str], ...]
    plot: MarginPlot | None


@dataclass(frozen=True)
class Page:
    """Everything that a page about an answer shows."""

    title: str
    verdict: Literal["proved", "refuted", "open"]
    headline: Sentence
    details: tuple[Sentence, ...]
    facts: tuple[Fact, ...]
    shares: tuple[Share, ...]
    picture: Picture
    roles_from: str
    moves_words: str
    orbit: OrbitPicture | None
    discounts: tuple[DiscountRow, ...]
    certificates: tuple[CertificateView, ...]
    witness: WitnessView | None
    not_certified: tuple[Fact, ...]
    scope: str
    notes: tuple[str, ...]
    provenance: tuple[Fact, ...]
    names: tuple[str, str]
    answer_json: str
    margins: MarginsView | None = None


def make_page(answer: Answer) -> Page:
    """The page of an answer.

    **Guarantee:** the same answer gives the same page; the wall-clock time is not on it.
    **Cost:** linear in the environment and the certificate; an orbit of at most 2,000 elements is gone through.

    Raises
    ------
    SolverFailed
        The exact count in the answer disagrees with the orbit as it is drawn.
    """
    verdict, sentence = headline(answer)
    a, b = phrases(answer)
    picture, roles_from = draw_picture(answer)
    return Page(
        title=f"{a.text} over {b.text}",
        verdict=verdict,
        headline=sentence,
        details=detail_sentences(answer),
        facts=_facts(answer),
        shares=make_shares(answer),
        picture=picture,
        roles_from=roles_from,
        moves_words="" if answer.best is None else moves_words(answer.best.theorem),
        orbit=draw_orbit(answer),
        discounts=make_discount_rows(answer.discounts),
        certificates=tuple(
            _certificate(answer, certificate, is_best=k == 0) for k, certificate in enumerate(answer.certificates)
        ),
        witness=None if answer.witness is None else _witness(answer.witness, answer.question.coordinates),
        not_certified=make_gaps(answer),
        scope=SCOPE,
        notes=tuple(label(note) for note in answer.notes),
        provenance=make_provenance(answer),
        names=(a.text, b.text),
        answer_json=_answer_json(answer),
        margins=None
        if answer.margins is None
        else MarginsView(margin_sentences(answer), margin_rows(answer), draw_margins(answer)),
    )


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


def make_gaps(answer: Answer) -> tuple[Fact, ...]:
    """Theorems that gave nothing, and why; those with the same reason together."""
    theorems: dict[str, list[str]] = {}
    for gap in answer.not_certified:
        theorems.setdefault(gap.reason, []).append(gap.theorem)
    return tuple(
        Fact(theorem_name(found[0]) if len(found) == 1 else ", ".join(found), label(reason))
        for reason, found in theorems.items()
    )


def make_provenance(answer: Answer) -> tuple[Fact, ...]:
    """What another run needs to give the same answer."""
    return (
        Fact("orbitwise", answer.version),
        Fact("seed", str(answer.seed)),
        Fact("input sha256", answer.input_sha256),
    )


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
    note = f"{reward_words(witness.reward, names, longest=4)} ({label(witness.how)})"
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


def _facts(answer: Answer) -> tuple[Fact, ...]:
    question = answer.question
    play = question.play
    facts = []
    if play is not None:
        mdp = play.environment
        size = f"{mdp.n_states:,} states, {mdp.graph.n_choices:,} choices"
        facts.append(Fact("Environment", f"{label(mdp.name)} ({size})"))
        facts.append(Fact("Asked at", _asked_words(answer)))
    else:
        facts.append(Fact("Outcomes", f"vectors over {question.n_coordinates:,} coordinates"))
    if question.given is not None:
        facts += [Fact(s, _vector_words(v, question.coordinates)) for s, v in zip("AB", question.given, strict=True)]
    else:
        facts.append(Fact("A", label(question.prefer_text, LONGEST_FACT)))
        facts.append(Fact("B", label(question.over_text, LONGEST_FACT)))
    facts.append(Fact("Criterion", str(question.criterion)))
    facts.append(Fact("Permuted", _permuted_words(answer)))
    if answer.reward is not None:
        facts.append(Fact("Your reward", reward_words(answer.reward, question.coordinates)))
    elif answer.reward_text:
        facts.append(Fact("Your reward", label(answer.reward_text, LONGEST_FACT)))
    return tuple(facts)


def _asked_words(answer: Answer) -> str:
    question = answer.question
    if question.play is None or not question.situations:
        return "" if question.play is None else label(question.coordinates[question.play.at])
    names = ", ".join(label(name, 32) for name, _ in question.named_situations[:MOST_NAMES])
    more = len(question.situations) - MOST_NAMES
    return f"{len(question.situations):,} situations at once: {names}" + (f" and {more:,} more" if more > 0 else "")


def _vector_words(outcomes: Outcomes, names: Sequence[str]) -> str:
    """``apple; 1/2 ghost + 1/2 apple``: the first few vectors as sums of coordinates."""
    words = []
    for vector in outcomes.vectors[:MOST_VECTORS]:
        terms = [(label(names[i], 16) if x == 1 else f"{fraction_words(x)} {label(names[i], 16)}") for i, x in vector]
        rest = f" + {len(terms) - MOST_VECTORS} more" if len(terms) > MOST_VECTORS else ""
        words.append(" + ".join(terms[:MOST_VECTORS]) + rest or "0")
    more = len(outcomes) - MOST_VECTORS
    return "; ".join(words) + (f" and {more:,} more vectors" if more > 0 else "")


def _permuted_words(answer: Answer) -> str:
    question = answer.question
    what = "coordinates" if question.play is None else "states"
    if question.permutes_all:
        return f"the rewards of all {question.n_coordinates:,} {what}"
    names = ", ".join(label(question.coordinates[i], 32) for i in question.permutable[:MOST_NAMES])
    more = len(question.permutable) - MOST_NAMES
    rest = f" and {more:,} more" if more > 0 else ""
    return f"the rewards of {len(question.permutable):,} of {question.n_coordinates:,} {what}: {names}{rest}"


def _certificate(answer: Answer, certificate: Certificate, *, is_best: bool) -> CertificateView:
    names = answer.question.coordinates
    parts = _join_small(list_parts(certificate.proof))
    return CertificateView(
        theorem=certificate.theorem,
        name=certificate_name(certificate),
        form=form_words(certificate),
        bound=certificate.bound,
        bound_words=share_words(certificate.bound) + ("" if certificate.epsilon is None else ", up to epsilon"),
        reason=certificate_reason(certificate),
        claims=certificate_sentences(certificate, phrases(answer)),
        parts=tuple(PartView(part.side, part.tag, _names(part.states, names)) for part in parts[:MOST_PARTS]),
        n_parts=len(parts),
        note="" if certificate.note in answer.notes else certificate.note,
        document=_document_text(answer, certificate) if is_best else "",
    )


def _join_small(parts: Sequence[Part]) -> list[Part]:
    """Parts as rows of a table: many parts of one state each share a row."""
    rows: list[Part] = []
    for side in ("a", "b"):
        own = [part for part in parts if part.side == side]
        if len(own) > FEW_PARTS and all(len(part.states) == 1 for part in own):
            states = tuple(part.states[0] for part in own)
            own = [Part(own[0].side, f"{own[0].tag} to {own[-1].tag}", states)]
        rows += own
    return rows


def _names(states: Sequence[int], names: Sequence[str]) -> str:
    shown = ", ".join(label(names[i], 32) for i in states[:MOST_NAMES])
    return shown + (f" and {len(states) - MOST_NAMES:,} more" if len(states) > MOST_NAMES else "")


def _document_text(answer: Answer, certificate: Certificate) -> str:
    """The certificate as JSON text, if a page can hold it."""
    if answer.question.n_coordinates > MOST_EMBEDDED_COORDINATES:
        return ""
    text = json.dumps(certificate.document, indent=1)
    return text if len(text) <= LARGEST_EMBEDDED else ""


def _answer_json(answer: Answer) -> str:
    """The JSON answer without its time and certificate, so that programs can read it from a page."""
    if answer.question.n_coordinates > MOST_EMBEDDED_COORDINATES:
        return ""
    document: dict[str, Any] = {k: v for k, v in answer_document(answer).items() if k != "seconds"}
    if document["lower"] is not None:
        document["lower"] = {k: v for k, v in document["lower"].items() if k != "certificate"}
    return json.dumps(document)


def _witness(witness: Witness, names: Sequence[str]) -> WitnessView:
    reward = witness.reward
    rest = most_frequent(reward)
    shown = [i for i in range(len(reward)) if reward[i] != rest]
    if len(reward) <= MOST_BARS:
        shown = list(range(len(reward)))
    shown = sorted(shown, key=lambda i: (-reward[i], i))[:MOST_BARS]
    left_out = len(reward) - len(shown)
    return WitnessView(
        share_words=witness_words(witness),
        how=label(witness.how),
        reward_words=reward_words(reward, names),
        bars=tuple(Bar(label(names[i]), reward[i], fraction_words(reward[i])) for i in shown),
        low=min(Fraction(0), *(reward[i] for i in shown)) if shown else Fraction(0),
        high=max(Fraction(0), *(reward[i] for i in shown)) if shown else Fraction(1),
        rest=f"{left_out:,} more coordinates, most of them {fraction_words(rest)}" if left_out else "",
    )
