"""How names and numbers are written: names as what they are and never as commands, numbers never rounder than true."""

from __future__ import annotations

import math
import unicodedata
from fractions import Fraction

__all__ = [
    "count_text",
    "decimal_percent",
    "exact_text",
    "fraction_words",
    "label",
    "percent",
    "power_words",
    "share_words",
    "shorten",
    "text_width",
    "visible",
]

BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
INVISIBLE = frozenset("\u200d\ufe0f\u2068\u2069")
LONGEST_FRACTION = 24
DIGITS_AT_ONCE = 4_000


def label(name: str, width: int = 0) -> str:
    """A name in a sentence: visible, shortened to ``width`` columns if given, kept apart if it runs leftward."""
    text = visible(name) if width == 0 else shorten(visible(name), width)
    runs_left = any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in text)
    return f"\u2068{text}\u2069" if runs_left else text


def visible(text: str) -> str:
    r"""The text with control characters, text-direction overrides and broken characters written as escapes.

    Examples
    --------
    >>> visible("a\x1b[2Jb\u202ec")
    'a\\x1b[2Jb\\u202ec'
    """
    return "".join(character_escape(c) if is_hidden(c) else c for c in text)


def is_hidden(character: str) -> bool:
    """Whether a character acts on the page instead of standing on it."""
    return character in BIDI_CONTROLS or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def character_escape(character: str) -> str:
    """A character as its escape in source code."""
    return character.encode("unicode_escape").decode("ascii")


def shorten(text: str, width: int) -> str:
    """The text in at most ``width`` columns, with an ellipsis where something is left out.

    Examples
    --------
    >>> shorten("chocolate", 6)
    'choco…'
    """
    if text_width(text) <= width:
        return text
    kept, used = [], 1
    for character in text:
        used += text_width(character)
        if used > width:
            break
        kept.append(character)
    return "".join(kept) + "…"


def text_width(text: str) -> int:
    """Columns that a text takes: wide characters count twice, combining and invisible ones not at all."""
    return sum(
        0 if unicodedata.combining(c) or c in INVISIBLE else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def share_words(share: Fraction) -> str:
    """``2/3 (66.7%)``."""
    if share in (0, 1):
        return str(share)
    return f"{fraction_words(share)} ({percent(share)})"


def fraction_words(value: Fraction) -> str:
    """A fraction as p/q; where that is too long to read, its distance from a whole number or its size.

    Examples
    --------
    >>> fraction_words(Fraction(2, 3)), fraction_words(Fraction(10**53, 10**53 + 1))
    ('2/3', '1 - 1/(about 10^53)')
    """
    if max(abs(value.numerator), value.denominator) < 10**LONGEST_FRACTION:
        text = str(value)
        if len(text) <= LONGEST_FRACTION:
            return text
    if value < 0:
        return f"-({fraction_words(-value)})"
    if 0 < 1 - value < Fraction(1, 1000):
        return f"1 - 1/(about {power_words(1 / (1 - value))})"
    if value < Fraction(1, 1000):
        return f"1/(about {power_words(1 / value)})"
    return f"about {power_words(value)}" if value >= 10**9 else f"about {float(value):.6g}"


def exact_text(value: Fraction | float) -> str:
    """All digits of an integer or of a fraction p/q, however many; a float as Python writes it.

    Examples
    --------
    >>> exact_text(Fraction(2, 6)), exact_text(0.25), len(exact_text(10**5000))
    ('1/3', '0.25', 5001)
    """
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int):
        return _digits(value)
    numerator = _digits(value.numerator)
    return numerator if value.denominator == 1 else f"{numerator}/{_digits(value.denominator)}"


def _digits(value: int) -> str:
    """The decimal digits of an integer; Python refuses to write more than 4,300 at once."""
    parts, rest = [], abs(value)
    while rest >= 10**DIGITS_AT_ONCE:
        rest, low = divmod(rest, 10**DIGITS_AT_ONCE)
        parts.append(str(low).zfill(DIGITS_AT_ONCE))
    return ("-" if value < 0 else "") + str(rest) + "".join(reversed(parts))


def count_text(count: int) -> str:
    """A count with separators, or its power of ten when nobody can read the digits.

    Examples
    --------
    >>> count_text(1540), count_text(10**30 + 1)
    ('1,540', 'about 10^30')
    """
    return f"{count:,}" if count < 10**15 else f"about {power_words(Fraction(count))}"


def percent(share: Fraction) -> str:
    """A percentage that says 0% and 100% only where they are exact.

    Examples
    --------
    >>> percent(Fraction(2, 3)), percent(Fraction(99999, 100000)), percent(Fraction(1, 10**6))
    ('66.7%', 'all but 1 in 100,000', '1 in 1,000,000')
    """
    if share in (0, 1):
        return f"{int(share) * 100}%"
    if share > Fraction(9995, 10_000):
        return f"all but 1 in {power_words(1 / (1 - share))}"
    if share < Fraction(5, 10_000):
        return f"1 in {power_words(1 / share)}"
    return f"{100 * float(share):.1f}%"


def decimal_percent(share: float) -> str:
    """A percentage of an estimate, which is never exact."""
    return f"{100 * share:.1f}%"


def power_words(value: Fraction) -> str:
    """A large number, rounded: with separators, or as a power of ten."""
    whole = round(value)
    return f"{whole:,}" if whole < 10**9 else f"10^{math.floor(math.log10(whole))}"
