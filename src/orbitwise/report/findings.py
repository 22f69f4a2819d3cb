"""What was counted, sampled, weighed or found, in words: counts, estimates, priors, witnesses and their rewards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from orbitwise.evidence.kinds import Estimate, OrbitCount, Witness
from orbitwise.evidence.priors import PriorShare
from orbitwise.report.lettering import count_text, decimal_percent, fraction_words, label, share_words
from orbitwise.report.sentences import Sentence, Span

__all__ = [
    "at_discount",
    "count_sentence",
    "count_words",
    "estimate_note",
    "estimate_words",
    "most_frequent",
    "population_words",
    "prior_words",
    "reward_changes",
    "reward_words",
    "witness_words",
]

LARGEST_FACTOR = Fraction(10**6)  # of a prior's weights; larger ones are not told apart


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
        return f"{share_words(witness.share)}{at_discount(witness)}"
    if witness.estimate is None:
        return "not evaluated"
    return f"about {estimate_words(witness.estimate)}{at_discount(witness)}"


def at_discount(witness: Witness | None) -> str:
    """`` at discount 1/10``, when the question is about many discounts."""
    return "" if witness is None or witness.discount is None else f" at discount {fraction_words(witness.discount)}"


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
