"""What a page about an answer may show, as plain data; text, HTML and the web page print it and compute nothing.

The first thing is the answer in one sentence. Every share is kept as the number it is, beside the words for it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from orbitwise.evidence.answer import SCOPE, Answer
from orbitwise.evidence.kinds import Certificate, Witness
from orbitwise.report.contract import answer_document
from orbitwise.report.discounts import DiscountRow, make_discount_rows
from orbitwise.report.drawing import Picture
from orbitwise.report.facts import Fact, make_facts, make_gaps, make_provenance
from orbitwise.report.findings import most_frequent, reward_words, witness_words
from orbitwise.report.lettering import fraction_words, label, share_words
from orbitwise.report.margins import MarginPlot, draw_margins, margin_rows, margin_sentences
from orbitwise.report.orbit_picture import OrbitPicture, draw_orbit
from orbitwise.report.picture import draw_picture
from orbitwise.report.roles import Part, list_parts
from orbitwise.report.sentences import Sentence
from orbitwise.report.shares import Share, make_shares
from orbitwise.report.theorems import certificate_name, certificate_reason, form_words, moves_words
from orbitwise.report.wording import certificate_sentences, detail_sentences, headline, phrases

__all__ = ["Bar", "CertificateView", "MarginsView", "Page", "PartView", "WitnessView", "make_page"]

MOST_BARS = 24
MOST_PARTS = 16
FEW_PARTS = 4
MOST_NAMES = 8
LARGEST_EMBEDDED = 400_000  # characters of a certificate shown inside a page
MOST_EMBEDDED_COORDINATES = 2_000


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
        facts=make_facts(answer),
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
    """The JSON answer without its times and certificate, so that programs can read it from a page."""
    if answer.question.n_coordinates > MOST_EMBEDDED_COORDINATES:
        return ""
    document = answer_document(answer)
    for part in (document, document["lower"], *document["others"]):
        if part is not None:
            part.pop("seconds")
            part.pop("certificate", None)
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
