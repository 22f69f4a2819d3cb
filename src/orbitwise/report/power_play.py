"""One sampled reward with its optimal values, its optimal actions and a play of them: as JSON and as text."""

from __future__ import annotations

from itertools import groupby
from textwrap import wrap
from typing import Any

from orbitwise.power.plays import Play
from orbitwise.report.lettering import exact_text, label, text_width

__all__ = ["play_document", "play_lines", "play_sentences"]

WIDTH = 98
NAME_WIDTH = 24


def play_document(play: Play) -> dict[str, Any]:
    """What ``power --sample --json`` adds under ``sample``.

    Examples
    --------
    >>> import orbitwise as ow
    >>> from orbitwise.power.plays import play_sample
    >>> document = play_document(play_sample(ow.gallery.load("candy"), discount="1/2", sample=3, steps=2))
    >>> document["states"]["Start"]["optimal"], document["play"]["end"]
    (['candy'], 'candy')
    """
    return {
        "number": play.sample,
        "seed": play.seed,
        "discount": exact_text(play.discount),
        "states": {
            name: {
                "reward": float(play.reward[i]),
                "value": {"low": float(play.low[i]), "high": float(play.high[i])},
                "optimal": list(play.optimal[i]),
                "undecided": list(play.undecided[i]),
            }
            for i, name in enumerate(play.environment.states)
        },
        "play": {
            "steps": [{"state": step.state, "action": step.action} for step in play.steps],
            "end": play.end,
        },
    }


def play_lines(play: Play) -> list[str]:
    """The same as lines of text: one line a state, then the play."""
    names = [label(name, NAME_WIDTH) for name in play.environment.states]
    width = max(5, *map(text_width, names))
    lines = [
        "",
        f"reward {play.sample:,} of the draw with seed {play.seed}, at discount {exact_text(play.discount)} "
        "(value: the normalized optimal value)",
        f"{'state':<{width}}  {'reward':>8}  {'value':>8}  optimal actions",
    ]
    for i, name in enumerate(names):
        pad = " " * (width - text_width(name))
        text = actions_text(play, i)
        first, *rest = wrap(text, WIDTH - width - 22) or [""]
        lines.append(f"{name}{pad}  {play.reward[i]:8.4f}  {play.value[i]:8.4f}  {first}")
        lines += [" " * (width + 22) + line for line in rest]
    return [*lines, "", *wrap("one play: " + "; ".join(play_sentences(play)), WIDTH)]


def actions_text(play: Play, state: int) -> str:
    """``left, up``, and which are not decided."""
    parts = [", ".join(map(label, play.optimal[state]))] if play.optimal[state] else []
    if play.undecided[state]:
        parts.append(f"undecided: {', '.join(map(label, play.undecided[state]))}")
    return "; ".join(parts)


def play_sentences(play: Play) -> list[str]:
    """``at 0,0 right``, ``at 0,1 stay 19 times``, ``end at 0,1``."""
    words = []
    for step, group in groupby(play.steps):
        n = len(list(group))
        words.append(f"at {label(step.state)} {label(step.action)}" + (f" {n} times" if n > 1 else ""))
    return [*words, f"end at {label(play.end)}"]
