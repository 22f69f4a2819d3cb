"""Where average reward cannot tell two actions apart: what a reader of its verdict must know.

Blackwell-optimal policies are average-optimal. But an *action* can be average-optimal without being Blackwell-optimal,
with positive probability, where both actions can lead to the same recurrent state distribution: whenever that is the
best one the averages tie, and only the transients before it decide. So average reward is a question about sets of
recurrent state distributions, or about actions whose sets are disjoint (OPTS, section 6.2).
"""

from __future__ import annotations

from orbitwise.errors import NotSupported
from orbitwise.evidence.comparison_solved import find_visited_states
from orbitwise.outcomes.question import Question

__all__ = ["overlap_notes"]


def overlap_notes(question: Question) -> tuple[str, ...]:
    """A warning when average reward compares two actions that can end in the same way; else nothing.

    **Cost:** linear in the listed outcomes, or in the transitions.
    """
    play = question.play
    if play is None or question.criterion.kind != "average":
        return ()
    if not all(side.take or side.always for side in (play.prefer, play.over)):
        return ()
    sides = question.outcomes
    if isinstance(sides, NotSupported):
        prefer, over = (set(side.tolist()) for side in find_visited_states(question))
        shared = f"{len(prefer & over):,} states can be visited for ever after either action" if prefer & over else ""
    else:
        n_shared = len(set(sides[0].vectors) & set(sides[1].vectors))
        shared = f"{n_shared:,} recurrent state distribution(s) can be brought about by either action" * (n_shared > 0)
    if not shared:
        return ()
    return (
        f"{shared}. Where such a one is best the averages tie, though one action may get there in a better way: "
        "criterion blackwell decides such ties, and can contradict 'at least as good' here",
    )
