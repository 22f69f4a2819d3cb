"""The answer in sentences: the headline, what a reader should know beside it, and what a certificate claims.

Text, HTML and the web page take every sentence from here, from ``theorems`` (names and reasons) and from ``findings``
(what was counted, sampled or found).
"""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import Literal

from orbitwise.evidence.answer import Answer
from orbitwise.evidence.graph_return import ReturnProof
from orbitwise.evidence.kinds import Certificate
from orbitwise.evidence.near import uniform_probability
from orbitwise.outcomes.criteria import ALL_DISCOUNTS
from orbitwise.outcomes.policies import CONDITION, JOINT
from orbitwise.outcomes.question import Question
from orbitwise.report.findings import at_discount, estimate_words, population_words
from orbitwise.report.lettering import decimal_percent, fraction_words, label, share_words
from orbitwise.report.sentences import Sentence, Span, join, plain
from orbitwise.report.theorems import epsilon_words, often_words

__all__ = ["certificate_sentences", "detail_sentences", "headline", "phrases"]

PHRASE_WIDTH = 48


def headline(answer: Answer) -> tuple[Literal["proved", "refuted", "open"], Sentence]:
    """The answer in one sentence, and whether it is a proof."""
    a, b = phrases(answer)
    claim = (a, Span(" is at least as good as "), b, *together(answer.question))
    many = discount_words(answer.question)
    best = answer.best
    if best is not None:
        share = "all" if best.bound == 1 else f"at least {fraction_words(best.bound)}"
        sharp = ", sharp" if answer.sharp else ""
        end = f" on {share} of its permuted variants ({best.theorem}{sharp})."
        return "proved", (Span(f"Proved: for every reward{many}, "), *claim, Span(end))
    lowest, whose = lowest_share(answer)
    if lowest == 0:
        end = f" on none of its permuted variants, so no bound above 0 holds for every reward{many}."
        where = "" if answer.witness is None else at_discount(answer.witness)
        return "refuted", (Span(f"Refuted: there is a reward for which{where} "), *claim, Span(end))
    sampled = None if answer.witness is None else answer.witness.estimate
    if sampled is not None and (lowest is None or sampled.share < lowest):
        end = f" on about {estimate_words(sampled)} of its permuted variants."
        worst = f"Not proved for every reward{many}: for the worst reward found{at_discount(answer.witness)}, "
        return "open", (Span(worst), *claim, Span(end))
    if lowest == 1:
        end = " on all of its permuted variants."
        return "open", (Span(f"Not proved for every reward{many}: even for {whose}, "), *claim, Span(end))
    if lowest is not None:
        only = f" on only {share_words(lowest)} of its permuted variants"
        end = f"{only}, so no larger bound holds for every reward{many}."
        return "open", (Span(f"Not proved for every reward{many}: for {whose}, "), *claim, Span(end))
    if answer.estimate is not None:
        return "open", (
            Span("Not proved, estimated: "),
            *claim,
            Span(f" on about {estimate_words(answer.estimate)} of {population_words(answer.estimate)}."),
        )
    return "open", (Span("Not proved: no bound was found for how often "), *claim, Span("."))


def lowest_share(answer: Answer) -> tuple[Fraction | None, str]:
    """The smallest share known exactly for a reward, and whose it is; None when none is known."""
    found = []
    if answer.witness is not None and answer.witness.share is not None:
        found.append((answer.witness.share, f"the worst reward found{at_discount(answer.witness)}"))
    if answer.count is not None:
        found.append((answer.count.share, "your reward"))
    return min(found, key=lambda known: known[0], default=(None, ""))


def detail_sentences(answer: Answer) -> tuple[Sentence, ...]:
    """What a reader should know beside the headline."""
    a, b = phrases(answer)
    found: list[Sentence] = []
    many = discount_words(answer.question)
    best = answer.best
    lowest, whose = lowest_share(answer)
    if answer.sharp:
        if best is not None and best.bound != 1:
            whose = f"the worst reward found{at_discount(answer.witness)}"
            found.append(join(f"No larger bound holds for every reward{many}: {whose} attains this one."))
    elif best is not None and lowest == best.bound:
        found.append(join(f"No larger bound holds for every reward{many}: {whose} attains this one."))
    elif best is not None and lowest is not None:
        low, high = fraction_words(best.bound), fraction_words(lowest)
        where = f"The largest bound that holds for every reward{many} lies"
        found.append(join(f"{where} between {low} and {high} ({whose})."))
    if best is not None and answer.witness is not None and answer.witness.estimate is not None:
        about = estimate_words(answer.witness.estimate)
        found.append(join(f"For the worst reward found the share is about {about}: an estimate, no proof."))
    if answer.nearly is not None:
        found.append(certificate_sentences(answer.nearly, (a, b))[0])
    if best is not None and isinstance(best.proof, ReturnProof):
        found.append(return_sentence(best, (a, b)))
    if best is not None and best.ratio is not None:
        times = f" at least {often_words(best.ratio)} as "
        everywhere, anywhere = ratio_places(answer.question)
        where, better = f"For every reward{many}, ", f" is strictly better{everywhere}"
        found.append((Span(where), a, Span(better), Span(times), b, Span(f"{anywhere}.")))
    if best is not None and best.strict_almost_everywhere:
        where = f"For almost every reward{most_discounts_words(answer.question)}, "
        better = f" is strictly better{plain(together(answer.question))} on the same share (T4)."
        found.append((Span(where), a, Span(better)))
    if alone_sentence(answer):
        found.append(alone_sentence(answer))
    return tuple(found)


def return_sentence(certificate: Certificate, sides: tuple[Span, Span]) -> Sentence:
    """``After left one can surely come back to Start and do whatever right leads to.``"""
    a, b = sides
    play, proof = certificate.question.play, certificate.proof
    whatever = (Span(" and do whatever "), b, Span(" leads to."))
    if play is None or not isinstance(proof, ReturnProof) or play.prefer.take is None:
        return (a, Span(" can begin like "), b, *whatever)
    goal = proof.policy.target
    way = "come back to" if goal == play.at else "also get to"
    return (
        Span("After "),
        a,
        Span(f" one can surely {way} {label(certificate.question.coordinates[goal], 32)}"),
        *whatever,
    )


def certificate_sentences(certificate: Certificate, sides: tuple[Span, Span]) -> tuple[Sentence, ...]:
    """What one certificate claims, one sentence for each claim."""
    a, b = sides
    bound = "every element" if certificate.bound == 1 else f"at least {fraction_words(certificate.bound)}"
    at_once = together(certificate.question)
    start = Span(f"On {bound} of the orbit of every reward{discount_words(certificate.question)}, ")
    if certificate.epsilon is not None:
        return epsilon_sentences(certificate, (start, *sides, *at_once))
    claim = (a, Span(" is at least as good as "), b, *at_once, Span("."))
    found: list[Sentence] = [(start, *claim)]
    if certificate.ratio is not None and at_once:
        everywhere, anywhere = ratio_places(certificate.question)
        times = f" at least {often_words(certificate.ratio)} as "
        better = (a, Span(f" is strictly better{everywhere}{times}"), b, Span(f"{anywhere}."))
        found.append((Span("For every reward, "), *better))
    elif certificate.ratio is not None:
        times = f" at least {often_words(certificate.ratio)} as the other way round."
        found.append((Span("For every reward, "), a, Span(" is strictly better than "), b, Span(times)))
    if certificate.strict_almost_everywhere:
        where = f"For almost every reward{most_discounts_words(certificate.question)}"
        found.append(join(f"{where} the bound holds for the strict share, too (T4)."))
    return tuple(found)


def together(question: Question) -> Sentence:
    """`` in all 53 situations at once``; nothing for a question about one start state."""
    if not question.situations:
        return ()
    n = len(question.situations)
    return join(" in both situations at once" if n == 2 else f" in all {n:,} situations at once")


def ratio_places(question: Question) -> tuple[str, str]:
    """Where A is better, and where B is, when a ratio counts over several situations."""
    return (" in every situation", " in any situation") if question.situations else ("", "")


def alone_sentence(answer: Answer) -> Sentence:
    """In which of the situations alone the user's reward has the smallest share; nothing where not all were counted."""
    counted = [(each.count.share, each.at) for each in answer.situations if each.count is not None]
    if not counted or len(counted) < len(answer.situations):
        return ()
    share, at = min(counted, key=lambda found: found[0])
    text = f"In one situation alone the share of your reward is smallest in {label(at, 32)}: {share_words(share)}."
    return join(text)


def epsilon_sentences(certificate: Certificate, words: Sentence) -> tuple[Sentence, ...]:
    """What a certificate up to an epsilon claims; ``words`` are its beginning, A, B, and where it holds."""
    start, a, b, *at_once = words
    value = "discounted value times 1 - discount" if certificate.question.criterion.discount else "value"
    lost = f"{epsilon_words(certificate.epsilon or Fraction(0))} times the range of the reward"
    end = Span(f", in units of the {value}.")
    found: list[Sentence] = [(start, a, Span(f" is at most {lost} worse than "), b, *at_once, end)]
    likely = uniform_probability(certificate)
    if likely:
        percent = decimal_percent(math.floor(1000 * likely) / 1000)
        drawn = Span("If the rewards are independent and uniform on one interval, ")
        found.append(
            (drawn, a, Span(" is at least as good as "), b, *at_once, Span(f" with probability {percent} or more."))
        )
    return tuple(found)


def discount_words(question: Question) -> str:
    """`` and every discount``, where the question is about many; each on its own, not jointly."""
    if question.criterion.kind == "blackwell":
        return " and all discounts near enough to 1"
    many = question.criterion.discounts
    if many is None:
        return ""
    return " and every discount" + ("" if many == ALL_DISCOUNTS else f" from {many[0]} to {many[1]}")


def most_discounts_words(question: Question) -> str:
    """Where almost every reward has its strict share, when the question is about many discounts."""
    return "" if question.criterion.discounts is None else ", at all but finitely many of these discounts"


def phrases(answer: Answer) -> tuple[Span, Span]:
    """What A and B are called in a sentence: ``Wait!``, ``avoiding @hole``."""
    question = answer.question
    if question.play is None:
        return Span("A", "a"), Span("B", "b")
    return Span(set_phrase(question.prefer_text), "a"), Span(set_phrase(question.over_text), "b")


def set_phrase(text: str) -> str:
    """A SET of the command line as half a sentence.

    Examples
    --------
    >>> set_phrase("take:left+avoid:@hole"), set_phrase("Wait!"), set_phrase("take:0")
    ('left and avoiding @hole', 'Wait!', 'action 0')
    """
    verbs = {"take": "", "always": "always ", "avoid": "avoiding ", "enter": "entering ", "end": "ending in "}
    parts = JOINT.split(text) if CONDITION.fullmatch(text) else [f"take:{text}"]
    words = []
    for part in parts:
        kind, _, value = part.partition(":")
        action = f"action {value}" if value.isdigit() else value  # Gymnasium's actions are numbers
        words.append(verbs[kind] + (action if kind in ("take", "always") else list_phrase(value)))
    return label(" and ".join(words), PHRASE_WIDTH)


def list_phrase(value: str) -> str:
    """The states of a condition, the first few by name."""
    names: list[str] = json.loads(value) if value.lstrip().startswith("[") else value.split(",")
    names = [name for name in names if name]
    kept = ", ".join(names[:3])
    return kept if len(names) <= 3 else f"{kept} and {len(names) - 3} more"
