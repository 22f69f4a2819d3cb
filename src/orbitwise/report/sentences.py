"""A sentence is a tuple of spans, each plain or the name of A or of B, so that a door may color the names.

Names come from users: control characters are made visible where they are written into a span, and each door escapes
what it prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Sentence", "Span", "join", "plain"]


@dataclass(frozen=True)
class Span:
    """A piece of a sentence: plain text, or the name of a side."""

    text: str
    side: Literal["", "a", "b"] = ""


Sentence = tuple[Span, ...]


def join(text: str) -> Sentence:
    """A sentence without names."""
    return (Span(text),)


def plain(sentence: Sentence) -> str:
    """The sentence as text."""
    return "".join(span.text for span in sentence)
