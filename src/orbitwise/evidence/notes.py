"""What a reader should know beside an answer: what its shares count, and why an interval is wider than asked."""

from __future__ import annotations

from orbitwise.evidence.kinds import Estimate
from orbitwise.outcomes.question import Question

__all__ = ["limit_note", "situation_notes"]

MOST_NAMES = 8  # states named in a note


def situation_notes(question: Question) -> tuple[str, ...]:
    """What the shares count, which states are no situations, and why the first of them is none."""
    notes = []
    if question.situations:
        names = _few([name for name, _ in question.named_situations])
        notes.append(f"every bound and share is joint: it counts what holds in all the situations at once ({names})")
    if question.left_out:
        (name, reason), names = question.left_out[0], _few([name for name, _ in question.left_out])
        notes.append(f"left out of the situations, because A or B is empty there: {names} ({name}: {reason})")
    return tuple(notes)


def limit_note(estimate: Estimate, precision: float) -> str:
    """Why the interval is wider than what was asked for."""
    spent = f"{estimate.samples:,} samples" + (" of costly comparisons" if estimate.limit == "steps" else "")
    asked = f"the {precision:g} that was asked for"
    return f"the sampled interval is wider than {asked}: sampling stopped at its limit, after {spent}"


def _few(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
