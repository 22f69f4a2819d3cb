"""How the share of a reward over the discounts is shown: rows of a table, a small curve, and the JSON key."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from orbitwise.compute.real_roots import Root
from orbitwise.evidence.discount_curve import DiscountCurve
from orbitwise.report.lettering import decimal_percent, exact_text, share_words

__all__ = ["DiscountRow", "discounts_document", "make_discount_rows"]


@dataclass(frozen=True)
class DiscountRow:
    """One step of the curve, or one sample.

    Parameters
    ----------
    where, words, note
        The discounts, the share, and more about it, in words.
    low, high, share
        The same as numbers for a drawing; a point has ``low == high``.
    """

    where: str
    words: str
    note: str
    low: float
    high: float
    share: float


def make_discount_rows(curve: DiscountCurve | None, *, points: bool = True) -> tuple[DiscountRow, ...]:
    """The curve in words, in the order of the discounts; with or without the breakpoints between intervals."""
    if curve is None:
        return ()
    rows = []
    for step in curve.steps:
        if step.is_point and not points:
            continue
        low, high = _words(step.low), _words(step.high)
        where = f"at discount {low}" if step.is_point else f"discounts from {low} to {high}"
        count = step.count
        note = (
            f"better on {count.prefer_only:,}, tied on {count.both:,}, worse on {count.over_only:,} of {count.size:,}"
        )
        rows.append(
            DiscountRow(where, share_words(count.share), note, float(step.low), float(step.high), float(count.share))
        )
    for sample in curve.samples:
        found = sample.estimate
        words = f"about {decimal_percent(found.share)}"
        note = f"{100 * found.level:g}% interval {decimal_percent(found.low)} to {decimal_percent(found.high)}"
        at = float(sample.discount)
        rows.append(DiscountRow(f"at discount {sample.discount}", words, note, at, at, found.share))
    return tuple(rows)


def _words(end: Root | Fraction) -> str:
    if isinstance(end, Fraction):
        return str(end)
    return str(end.low) if end.low == end.high else f"{float(end):.6g}"


def discounts_document(curve: DiscountCurve) -> dict[str, Any]:
    """The JSON form: steps with exact shares; a breakpoint is a fraction, or a root of an integer polynomial."""
    intervals = [step for step in curve.steps if not step.is_point]
    return {
        "low": exact_text(curve.low),
        "high": exact_text(curve.high),
        "steps": [
            {
                "from": _end(step.low),
                "to": _end(step.high),
                "share": exact_text(step.count.share),
                "strict_share": exact_text(step.count.strict_share),
            }
            for step in curve.steps
        ],
        "first_share": exact_text(intervals[0].count.share) if intervals else None,
        "last_share": exact_text(intervals[-1].count.share) if intervals else None,
        "samples": [
            {
                "discount": exact_text(sample.discount),
                "share": sample.estimate.share,
                "low": sample.estimate.low,
                "high": sample.estimate.high,
                "level": sample.estimate.level,
                "samples": sample.estimate.samples,
            }
            for sample in curve.samples
        ],
        "reason": curve.reason or None,
    }


def _end(end: Root | Fraction) -> str | dict[str, Any]:
    """A fraction, or the polynomial (constant first), the place among its real roots from below, and about where."""
    if isinstance(end, Fraction):
        return exact_text(end)
    if end.low == end.high:
        return exact_text(end.low)
    return {"polynomial": list(end.coefficients), "root": end.place, "about": float(end)}
