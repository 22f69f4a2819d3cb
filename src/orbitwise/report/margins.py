"""By how much A is better or worse: the margins of an answer as JSON, as sentences, and as steps of a small plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, assert_never

from orbitwise.evidence.answer import Answer
from orbitwise.evidence.margins import ExactMargins, Margins, MarginStep
from orbitwise.evidence.margins_sampled import Interval, SampledMargins
from orbitwise.report.lettering import decimal_percent, exact_text, fraction_words, share_words
from orbitwise.report.sentences import Sentence, Span
from orbitwise.report.wording import phrases

__all__ = ["MarginPlot", "MarginTick", "draw_margins", "margin_rows", "margin_sentences", "margins_document"]

LONGEST_CURVE = 1_000  # steps shown in JSON and drawn
MOST_TICKS = 6
WIDTH, HEIGHT = 640.0, 180.0


def margins_document(margins: Margins) -> dict[str, Any]:
    """The margins as JSON: exact shares as text ``"p/q"``, estimates as floats."""
    match margins:
        case ExactMargins():
            curve = margins.curve
            return {
                "kind": "exact",
                "gap": None if margins.gap is None else exact_text(margins.gap),
                "at": [_step(step) for step in margins.at],
                "curve": None if curve is None or len(curve) > LONGEST_CURVE else [_step(step) for step in curve],
            }
        case SampledMargins():
            return {
                "kind": "estimate",
                "intervals": "simultaneous",
                "level": margins.level,
                "samples": margins.samples,
                "population": margins.population,
                "at": [
                    {
                        "epsilon": exact_text(step.epsilon),
                        "above": _interval(step.above),
                        "below": _interval(step.below),
                        "between": _interval(step.between),
                    }
                    for step in margins.at
                ],
            }
        case _:
            assert_never(margins)


def _step(step: MarginStep) -> dict[str, str]:
    return {
        "epsilon": exact_text(step.epsilon),
        "above": exact_text(step.above),
        "below": exact_text(step.below),
        "between": exact_text(step.between),
    }


def _interval(interval: Interval) -> dict[str, float]:
    return {"share": interval.share, "low": interval.low, "high": interval.high}


def margin_rows(answer: Answer) -> tuple[tuple[str, str, str, str], ...]:
    """Rows of a table: epsilon, and the shares on which A is better by more, neither is, and B is."""
    margins = answer.margins
    match margins:
        case None:
            return ()
        case ExactMargins():
            return tuple(
                (fraction_words(s.epsilon), share_words(s.above), share_words(s.between), share_words(s.below))
                for s in margins.at
            )
        case SampledMargins():
            return tuple(
                (
                    fraction_words(s.epsilon),
                    _interval_words(s.above),
                    _interval_words(s.between),
                    _interval_words(s.below),
                )
                for s in margins.at
            )
        case _:
            assert_never(margins)


def _interval_words(interval: Interval) -> str:
    low, high = decimal_percent(interval.low), decimal_percent(interval.high)
    return f"about {decimal_percent(interval.share)} ({low} to {high})"


def margin_sentences(answer: Answer) -> tuple[Sentence, ...]:
    """What the margins are, and what they say about a chooser who is nearly optimal."""
    margins = answer.margins
    if margins is None:
        return ()
    a, b = phrases(answer)
    discounted = answer.question.criterion.discount is not None
    unit = "difference of discounted values times 1 - discount" if discounted else "difference of values"
    found: list[Sentence] = [
        (Span(f"The margin is the {unit} between "), a, Span(" and "), b, Span(", in units of the reward."))
    ]
    match margins:
        case ExactMargins(gap=gap):
            if gap is not None:
                found.append(
                    (
                        Span(
                            f"The smallest margin that is not 0 is {fraction_words(gap)}: whoever accepts less than "
                            "that below the best decides as the optimal agent does, ties aside."
                        ),
                    )
                )
        case SampledMargins():
            found.append(
                (
                    Span(
                        f"From {margins.samples:,} samples; all intervals hold together, for every epsilon, with "
                        f"probability {100 * margins.level:g}%."
                    ),
                )
            )
        case _:
            assert_never(margins)
    return tuple(found)


@dataclass(frozen=True)
class MarginTick:
    """A place on an axis and what is written there."""

    at: float
    text: str


@dataclass(frozen=True)
class MarginPlot:
    """Steps over epsilon from left to right: A's share from below, B's from above, neither between.

    Parameters
    ----------
    width, height
        Of the plot, in pixels.
    above, below
        SVG paths of the areas where A, or B, is better by more than epsilon.
    ticks
        Places of some epsilons.
    marks
        The epsilons asked for.
    label
        The plot in a sentence, for those who cannot see it.
    """

    width: float
    height: float
    above: str
    below: str
    ticks: tuple[MarginTick, ...]
    marks: tuple[MarginTick, ...]
    label: str


def draw_margins(answer: Answer) -> MarginPlot | None:
    """The plot of a curve that was counted in full; None without one."""
    margins = answer.margins
    if not isinstance(margins, ExactMargins) or margins.curve is None or len(margins.curve) > LONGEST_CURVE:
        return None
    curve = margins.curve
    last = max(curve[-1].epsilon, *(step.epsilon for step in margins.at))
    longest = last * Fraction(21, 20) or Fraction(1)
    a, b = phrases(answer)

    def place(epsilon: Fraction) -> float:
        return round(float(epsilon / longest) * WIDTH, 2)

    starts = [place(step.epsilon) for step in curve]
    ends = [*starts[1:], WIDTH]
    ticks = (
        curve
        if len(curve) <= MOST_TICKS
        else [curve[k * (len(curve) - 1) // (MOST_TICKS - 1)] for k in range(MOST_TICKS)]
    )
    return MarginPlot(
        width=WIDTH,
        height=HEIGHT,
        above=_area(starts, ends, [HEIGHT * (1 - float(step.above)) for step in curve], HEIGHT),
        below=_area(starts, ends, [HEIGHT * float(step.below) for step in curve], 0.0),
        ticks=tuple(MarginTick(place(step.epsilon), fraction_words(step.epsilon)) for step in ticks),
        marks=tuple(MarginTick(place(step.epsilon), fraction_words(step.epsilon)) for step in margins.at),
        label=f"Shares on which {a.text}, neither, or {b.text} is better by more than epsilon, over epsilon",
    )


def _area(starts: Sequence[float], ends: Sequence[float], heights: Sequence[float], base: float) -> str:
    """The path of an area with a stepped edge."""
    corners = zip(starts, ends, (round(height, 2) for height in heights), strict=True)
    steps = " ".join(f"H{start:g} V{height:g} H{end:g}" for start, end, height in corners)
    return f"M{starts[0]:g} {base:g} {steps} V{base:g} Z"
