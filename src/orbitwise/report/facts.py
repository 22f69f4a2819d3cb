"""What was asked, which theorems gave nothing and why, and what gives the same answer again: names and texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orbitwise.evidence.answer import Answer
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.report.findings import reward_words
from orbitwise.report.lettering import fraction_words, label
from orbitwise.report.theorems import theorem_name

__all__ = ["Fact", "make_facts", "make_gaps", "make_provenance", "make_setting"]

MOST_VECTORS = 4
LONGEST_FACT = 300  # columns
MOST_NAMES = 8


@dataclass(frozen=True)
class Fact:
    """A name and what it is."""

    name: str
    text: str


def make_facts(answer: Answer) -> tuple[Fact, ...]:
    """What was asked."""
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


def make_gaps(answer: Answer) -> tuple[Fact, ...]:
    """Theorems that gave nothing, and why; those with the same reason together."""
    theorems: dict[str, list[str]] = {}
    for gap in answer.not_certified:
        theorems.setdefault(gap.reason, []).append(gap.theorem)
    return tuple(
        Fact(theorem_name(found[0]) if len(found) == 1 else ", ".join(found), label(reason))
        for reason, found in theorems.items()
    )


def make_setting(answer: Answer) -> str:
    """What was asked about, in one line; the first sentence names A and B, the table the reward."""
    shown = [fact for fact in make_facts(answer) if fact.name not in ("A", "B", "Your reward")]
    return " ".join(f"{fact.name}: {fact.text}." for fact in shown)


def make_provenance(answer: Answer) -> tuple[Fact, ...]:
    """What another run needs to give the same answer."""
    return (
        Fact("orbitwise", answer.version),
        Fact("seed", str(answer.seed)),
        Fact("input sha256", answer.input_sha256),
    )


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
