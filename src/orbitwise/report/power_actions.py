"""How probable it is that each action of a state is optimal, and which seeks more POWER: as JSON and as text."""

from __future__ import annotations

from typing import Any

from orbitwise.power.optimality import Optimality
from orbitwise.power.seeking import PowerSeeking
from orbitwise.report.contract import estimate_document
from orbitwise.report.lettering import label

__all__ = ["actions_document", "actions_lines"]


def actions_document(seeking: PowerSeeking, optimality: Optimality | None) -> dict[str, Any]:
    """What ``power --actions --json`` adds under ``actions``; ``optimal`` and ``strictly`` are null in the limit at 0.

    Examples
    --------
    >>> import orbitwise as ow
    >>> candy = ow.gallery.load("candy")
    >>> document = actions_document(ow.compare_power_seeking(candy, discount="9/10", samples=500), None)
    >>> document["at"], document["pairs"][0]["verdict"]
    ('Start', 'more')
    """
    return {
        "at": seeking.at,
        "interval": seeking.interval,
        "actions": {
            action: {"power": power, **_shares(optimality, action)}
            for action, power in zip(seeking.actions, seeking.power, strict=True)
        },
        "pairs": [
            {
                "first": pair.first,
                "second": pair.second,
                "value": pair.value,
                "low": pair.low,
                "high": pair.high,
                "verdict": pair.verdict,
            }
            for pair in seeking.differences
        ],
    }


def actions_lines(seeking: PowerSeeking, optimality: Optimality | None) -> list[str]:
    """The same as lines of text, actions from most to least POWER."""
    widest = max(len(label(action)) for action in seeking.actions)
    lines = ["", f"actions at {label(seeking.at)}, by the POWER that they lead to on average"]
    for action, power in zip(seeking.actions, seeking.power, strict=True):
        line = f"{label(action):<{widest}}  {power:.4f}"
        if optimality is not None:
            weak = optimality.weak[optimality.sets.index(f"take:{action}")]
            line += f"  optimal with probability {weak.share:.4f} [{weak.low:.4f}, {weak.high:.4f}]"
        lines.append(line)
    for pair in seeking.differences:
        first, second = label(pair.first), label(pair.second)
        words = {
            "more": f"{first} seeks more POWER than {second}",
            "equal": f"{first} and {second} do the same",
        }.get(pair.verdict, f"{first} against {second} is not decided")
        lines.append(f"{words}: difference {pair.value:.4f} [{pair.low:.4f}, {pair.high:.4f}]")
    return lines


def _shares(optimality: Optimality | None, action: str) -> dict[str, Any]:
    if optimality is None:
        return {"optimal": None, "strictly": None}
    place = optimality.sets.index(f"take:{action}")
    return {
        "optimal": estimate_document(optimality.weak[place]),
        "strictly": estimate_document(optimality.strict[place]),
    }
