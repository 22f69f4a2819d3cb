"""The answer in a terminal."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from report_answers import EVIL_NAMES, SHA
from rich.console import Console

from orbitwise.evidence.answer import SCOPE
from orbitwise.report.lettering import text_width
from orbitwise.report.sentences import plain
from orbitwise.report.text import plain_text, print_answer
from orbitwise.report.wording import headline


def joined(text):
    """The text without its line breaks."""
    return " ".join(text.split())


def test_the_first_sentence_is_the_answer(answer):
    """Reading stops after one sentence for who wants only the answer."""
    assert joined(plain_text(answer)).startswith(joined(plain(headline(answer)[1])))


def test_printing_an_answer_gives_its_text(answers):
    """``print(answer)`` is the plain text."""
    assert str(answers["candy"]) == plain_text(answers["candy"])


@pytest.mark.parametrize("width", [80, 60, 40])
def test_no_line_is_wider_than_the_terminal(answer, width):
    """80 columns and narrower ones hold every line, whatever the names."""
    assert max(text_width(line) for line in plain_text(answer, width=width).splitlines()) <= width


def test_all_evidence_is_there(answers):
    """Bound, other bounds, witness, count and what failed, with numbers as they are."""
    text = joined(plain_text(answers["candy"]))
    for piece in ("at least 2/3 (66.7%)", "at least 1/2", "candy = 4, chocolate = 2", "better on 40", "not tried"):
        assert piece in text
    text = joined(plain_text(answers["gridworld"]))
    assert "about 91.0%" in text
    assert "T1, T2, T3" in text


def test_scope_seed_version_and_hash_close_every_answer(answer):
    """What the share is not, and what a second run needs."""
    text = joined(plain_text(answer))
    assert SCOPE in text
    assert text.endswith(f"orbitwise 0.1.0, seed 7 input sha256 {SHA}")


def test_names_are_no_markup_and_no_escape_codes(answers):
    """Brackets and emoji codes print as they are; control characters are visible."""
    text = plain_text(answers["hostile"], width=200)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert "<script>alert(1)</script>" in joined(text)
    sink = StringIO()
    other = replace(answers["candy"], notes=(EVIL_NAMES[11],))
    print_answer(other, Console(file=sink, width=100, force_terminal=True))
    assert EVIL_NAMES[11] in sink.getvalue()


def test_no_color_is_honored(answers, monkeypatch):
    """With NO_COLOR a terminal gets the same words without color."""
    monkeypatch.setenv("NO_COLOR", "1")
    sink = StringIO()
    print_answer(answers["candy"], Console(file=sink, width=80, force_terminal=True))
    assert "\x1b[3" not in sink.getvalue().replace("\x1b[3m", "")
    monkeypatch.delenv("NO_COLOR")
    colored = StringIO()
    print_answer(answers["candy"], Console(file=colored, width=80, force_terminal=True, color_system="standard"))
    assert "\x1b[1;32mProved:" in colored.getvalue()


def test_the_time_does_not_change_the_text(answers):
    """Two runs of one question give the same text."""
    assert plain_text(replace(answers["candy"], seconds=9.0)) == plain_text(answers["candy"])


def test_the_setting_is_told_below_the_evidence(answers):
    """Environment, state, criterion and what is permuted: a text that is passed on explains itself."""
    text = " ".join(plain_text(answers["candy"], width=100).split())
    assert "Environment: candy (5 states, 7 choices). Asked at: Start. Criterion: average reward." in text
    assert "Permuted: the rewards of all 5 states." in text
