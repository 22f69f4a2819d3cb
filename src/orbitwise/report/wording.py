"""Every sentence and number format that a person reads, in one place; text, HTML and the web page take them from here.

A sentence is a tuple of spans, each plain or the name of A or of B, so that a door may color the names. Names come from
users: control characters are made visible here, and each door escapes what it prints.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from orbitwise.evidence.answer import Answer
from orbitwise.evidence.graph_form import GraphProof
from orbitwise.evidence.graph_return import ReturnProof
from orbitwise.evidence.horizon import HorizonProof
from orbitwise.evidence.kinds import Certificate, Estimate, OrbitCount, Witness
from orbitwise.evidence.near import uniform_probability
from orbitwise.evidence.priors import PriorShare
from orbitwise.evidence.proofs import BlocksProof, CopiesProof, OrbitsProof
from orbitwise.outcomes.criteria import ALL_DISCOUNTS
from orbitwise.outcomes.policies import CONDITION, JOINT
from orbitwise.outcomes.question import Question
from orbitwise.report.lettering import count_text, decimal_percent, fraction_words, label, share_words

__all__ = [
    "Sentence",
    "Span",
    "certificate_name",
    "certificate_reason",
    "certificate_sentences",
    "count_sentence",
    "count_words",
    "detail_sentences",
    "estimate_note",
    "estimate_words",
    "form_words",
    "headline",
    "join",
    "most_frequent",
    "moves_words",
    "phrases",
    "plain",
    "population_words",
    "prior_words",
    "reward_changes",
    "reward_words",
    "theorem_name",
    "witness_words",
]

THEOREM_NAMES = {
    "T1": "n copies",
    "T2": "group orbits",
    "T3": "blocks",
    "T5": "domination, by graph search",
    "T6": "near symmetry",
    "constant": "by cases",
}
REASONS = {
    "T1": "Each permutation of the proof carries the outcomes of B′ onto another copy of them inside A and leaves "
    "the other copies where they are. So wherever B is strictly best, each permutation gives a variant on which its "
    "copy is.",
    "T2": "The permutations of the proof map the outcomes A′ and B′, taken together, onto themselves. Over the group "
    "that they generate a best outcome visits its whole orbit evenly, so it lies in A′ at least as often as A′ has "
    "members there.",
    "T3": "A′ and B′ are made of blocks, and the proof can swap any block of A′ with any block of B′ while all others "
    "stay. So the best block is as often any one of them as any other.",
    "T6": "Outcomes of A come near the vectors A′, and outcomes of B near mixtures of the vectors B′. Permutations map "
    "A′ and B′, taken together, onto themselves, so a best vector lies in A′ as often as T2 says. What distances can "
    "be worth is epsilon.",
    "T5": "A can reach every state of A′ and stay there; B can return for ever only to the states of B′. The "
    "largest reward among all these states lies equally often on each of them.",
    "constant": "Only the sorted values of a reward count, and they form cones. The proof cuts these cones until each "
    "shows, at its corners, that B can win no more of the permuted variants there.",
}
RETURN_NAME = "domination, by coming back"
HORIZON_NAME = "domination, by settling soon"
HORIZON_REASON = (
    "A can be in every state of A′ for good after the steps that the proof names; after the present state B can only "
    "be in the states of B′. The largest reward among all these states lies equally often on each of them"
)
MIXED_REASON = " Some vectors of A′ are mixtures of outcomes of A: the best of A is worth at least as much."
MOVES = {
    "T1": "Each carries B′ onto one copy of it inside A.",
    "T2": "They generate the group that maps A′ and B′, taken together, onto themselves.",
    "T3": "Each swaps one block of A′ with one block of B′.",
}
LARGEST_FACTOR = Fraction(10**6)  # of a prior's weights; larger ones are not told apart
PHRASE_WIDTH = 48


@dataclass(frozen=True)
class Span:
    """A piece of a sentence: plain text, or the name of a side."""

    text: str
    side: Literal["", "a", "b"] = ""


Sentence = tuple[Span, ...]


def headline(answer: Answer) -> tuple[Literal["proved", "refuted", "open"], Sentence]:
    """The answer in one sentence, and whether it is a proof."""
    a, b = phrases(answer)
    claim = (a, Span(" is at least as good as "), b, *together(answer.question))
    best = answer.best
    if best is not None:
        share = "all" if best.bound == 1 else f"at least {fraction_words(best.bound)}"
        sharp = ", sharp" if answer.sharp else ""
        end = f" on {share} of its permuted variants ({best.theorem}{sharp})."
        return "proved", (Span(f"Proved: for every reward{discount_words(answer.question)}, "), *claim, Span(end))
    lowest, whose = lowest_share(answer)
    if lowest == 0:
        end = " on none of its permuted variants, so no bound above 0 holds for every reward."
        return "refuted", (Span("Refuted: there is a reward for which "), *claim, Span(end))
    sampled = None if answer.witness is None else answer.witness.estimate
    if sampled is not None and (lowest is None or sampled.share < lowest):
        end = f" on about {estimate_words(sampled)} of its permuted variants."
        return "open", (Span("Not proved for every reward: for the worst reward found, "), *claim, Span(end))
    if lowest == 1:
        end = " on all of its permuted variants."
        return "open", (Span(f"Not proved for every reward: even for {whose}, "), *claim, Span(end))
    if lowest is not None:
        end = f" on only {share_words(lowest)} of its permuted variants, so no larger bound holds for every reward."
        return "open", (Span(f"Not proved for every reward: for {whose}, "), *claim, Span(end))
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
        found.append((answer.witness.share, "the worst reward found"))
    if answer.count is not None:
        found.append((answer.count.share, "your reward"))
    return min(found, key=lambda known: known[0], default=(None, ""))


def detail_sentences(answer: Answer) -> tuple[Sentence, ...]:
    """What a reader should know beside the headline."""
    a, b = phrases(answer)
    found: list[Sentence] = []
    best = answer.best
    lowest, whose = lowest_share(answer)
    if answer.sharp:
        if best is not None and best.bound != 1:
            found.append(join("No larger bound holds for every reward: the worst reward found attains this one."))
    elif best is not None and lowest == best.bound:
        found.append(join(f"No larger bound holds for every reward: {whose} attains this one."))
    elif best is not None and lowest is not None:
        low, high = fraction_words(best.bound), fraction_words(lowest)
        found.append(join(f"The largest bound that holds for every reward lies between {low} and {high} ({whose})."))
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
        where, better = f"For every reward{discount_words(answer.question)}, ", f" is strictly better{everywhere}"
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


def theorem_name(theorem: str) -> str:
    """``T3 (blocks)``."""
    return f"{theorem} ({THEOREM_NAMES[theorem]})" if theorem in THEOREM_NAMES else theorem


def certificate_name(certificate: Certificate) -> str:
    """``T3 (blocks)``; T5 has two kinds of proof."""
    if isinstance(certificate.proof, ReturnProof):
        return f"{certificate.theorem} ({RETURN_NAME})"
    if isinstance(certificate.proof, HorizonProof):
        return f"{certificate.theorem} ({HORIZON_NAME})"
    if certificate.theorem == "T5" and not isinstance(certificate.proof, GraphProof):
        return f"T5 ({THEOREM_NAMES[base_theorem(certificate)]} with mixtures)"
    return theorem_name(certificate.theorem)


def certificate_reason(certificate: Certificate) -> str:
    """Why the theorem holds, in two or three sentences."""
    if isinstance(certificate.proof, ReturnProof):
        goal = label(certificate.question.coordinates[certificate.proof.policy.target], 32)
        return (
            f"A can surely get to {goal}, and can do from there whatever B can do. What is visited only before that "
            "does not count under average reward. So A is worth at least as much as B, for every reward."
        )
    if isinstance(certificate.proof, HorizonProof):
        loss = "." if certificate.epsilon is None else ", and what A misses on the way is at most epsilon."
        return HORIZON_REASON + loss
    if certificate.theorem == "T5" and not isinstance(certificate.proof, GraphProof):
        return REASONS[base_theorem(certificate)] + MIXED_REASON
    return REASONS.get(certificate.theorem, "")


def base_theorem(certificate: Certificate) -> str:
    """The theorem whose kind of proof a certificate has."""
    match certificate.proof:
        case CopiesProof():
            return "T1"
        case OrbitsProof():
            return "T2"
        case BlocksProof():
            return "T3"
        case _:
            return certificate.theorem


def moves_words(theorem: str) -> str:
    """What the permutations of a proof do."""
    return MOVES.get(theorem, "")


def form_words(certificate: Certificate) -> str:
    """The form of the bound in a few words."""
    match certificate.form:
        case "n-to-1":
            return f"{fraction_words(certificate.ratio)} to 1" if certificate.ratio is not None else "n to 1"
        case "strict-ratio":
            return f"{ratio_words(certificate.ratio)}, strictly"
        case "epsilon" if certificate.epsilon is not None:
            return f"up to {epsilon_words(certificate.epsilon)} of the reward's range"
        case _:
            return "weak share"


def epsilon_words(epsilon: Fraction) -> str:
    """The fraction if it is short, else rounded up to four decimals."""
    return fraction_words(epsilon) if epsilon.denominator < 10_000 else f"{math.ceil(10_000 * epsilon) / 10_000:g}"


def count_sentence(count: OrbitCount, side: Span, *, whose: str) -> Sentence:
    """``For your reward, A is at least as good on 40 of 60 permuted variants, 2/3 (66.7%): better on 40, ...``."""
    at_least = count.prefer_only + count.both
    share = f"{count_text(at_least)} of {count_text(count.size)} permuted variants, {share_words(count.share)}"
    if at_least in (0, count.size):
        share = f"{'all' if at_least else 'none'} of the {count_text(count.size)} permuted variants"
    return Span(f"For {whose}, "), side, Span(f" is at least as good on {share}.")


def count_words(count: OrbitCount) -> str:
    """``better on 40, tied on 0, worse on 20 of 60``."""
    worse = count.over_only + count.neither
    better, tied, lost, size = map(count_text, (count.prefer_only, count.both, worse, count.size))
    return f"better on {better}, tied on {tied}, worse on {lost} of {size}"


def prior_words(prior: PriorShare) -> str:
    """``better with probability 2/3, tied with 0; more than half if all weights are right within a factor of 1.41``."""
    better, tied = share_words(prior.prefer_only), share_words(prior.both)
    found = f"better with probability {better}, tied with {tied}"
    if prior.safe_factor is None:
        return f"{found}; whatever the weights, on these rewards it stays"
    if prior.flip_distance == 0:
        return f"{found}; exactly half, so that the least error in the weights decides"
    side = "more than half" if prior.is_majority else "at most half"
    factor = float(min(prior.safe_factor, LARGEST_FACTOR))
    return f"{found}; {side} if all weights are right within less than a factor of {factor:,.2f}"


def estimate_words(estimate: Estimate) -> str:
    """``71.0% (95% interval 70.0% to 72.0%, 10,000 samples)``."""
    return f"{decimal_percent(estimate.share)} ({estimate_note(estimate)})"


def estimate_note(estimate: Estimate) -> str:
    """``95% interval 70.0% to 72.0%, 10,000 samples``."""
    low, high = decimal_percent(estimate.low), decimal_percent(estimate.high)
    undecided = f", {estimate.undecided:,} undecided" if estimate.undecided else ""
    ratio = estimate.variance_ratio
    averaged = "" if ratio is None else f", averaged over symmetries: {ratio:.0%} of the plain variance"
    return f"{100 * estimate.level:g}% interval {low} to {high}, {estimate.samples:,} samples{undecided}{averaged}"


def population_words(estimate: Estimate) -> str:
    """What was sampled."""
    if estimate.population == "orbit":
        return "the permuted variants of your reward"
    return f"rewards drawn from {label(estimate.population)}"


def witness_words(witness: Witness) -> str:
    """The share of a witness, exact or estimated."""
    if witness.share is not None:
        return share_words(witness.share)
    return "not evaluated" if witness.estimate is None else f"about {estimate_words(witness.estimate)}"


def reward_words(reward: Sequence[Fraction], names: Sequence[str], *, longest: int = 8) -> str:
    """A reward readably: ``candy = 1, chocolate = 1/2, the 3 others = 0``; the most frequent value is told last.

    Examples
    --------
    >>> reward_words([Fraction(0), Fraction(1), Fraction(0)], ["Start", "candy", "hug"])
    'candy = 1, the 2 others = 0'
    """
    rest = most_frequent(reward)
    changes = [(i, value) for i, value in enumerate(reward) if value != rest]
    return reward_changes(changes, rest, names, longest=longest)


def reward_changes(
    changes: Sequence[tuple[int, Fraction]], rest: Fraction, names: Sequence[str], *, longest: int = 8
) -> str:
    """A reward by what differs from its most frequent value: ``candy = 1, hug = 1/2, the 3 others = 0``."""
    if len(changes) == len(names) - 1:  # the rest is one coordinate: it has a name, too
        (other,) = set(range(len(names))).difference(i for i, _ in changes)
        changes = [*changes, (other, rest)]
    ranked = sorted(changes, key=lambda change: (-change[1], change[0]))
    words = [f"{label(names[i], 32)} = {fraction_words(value)}" for i, value in ranked[:longest]]
    if len(ranked) > longest:
        words.append(f"{len(ranked) - longest:,} more")
    n_rest = len(names) - len(ranked)
    if n_rest:
        words.append(f"{rest_words(n_rest, bool(ranked))} = {fraction_words(rest)}")
    return ", ".join(words)


def most_frequent(reward: Sequence[Fraction]) -> Fraction:
    """The value that most coordinates have; of several the 0, else the smallest."""
    counted = Counter(reward)
    return max(counted, key=lambda value: (counted[value], value == 0, -value))


def rest_words(n_rest: int, others: bool) -> str:
    """How many coordinates have the remaining value."""
    return f"the {n_rest:,} others" if others else "everywhere"


def ratio_words(ratio: Fraction | None) -> str:
    """``2 to 1``, ``51 to 2``."""
    return "" if ratio is None else f"{ratio.numerator:,} to {ratio.denominator:,}"


def often_words(ratio: Fraction) -> str:
    """``as often``, ``2 times as often``, ``51/2 times as often``."""
    return "as often" if ratio == 1 else f"{fraction_words(ratio)} times as often"


def join(text: str) -> Sentence:
    """A sentence without names."""
    return (Span(text),)


def plain(sentence: Sentence) -> str:
    """The sentence as text."""
    return "".join(span.text for span in sentence)
