"""The answer as text for a terminal: the sentence first, then a compact table of the evidence.

Names that users gave are printed as they are, without markup; control characters were made visible before.
"""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orbitwise.evidence.answer import SCOPE, Answer
from orbitwise.report.discounts import make_discount_rows
from orbitwise.report.facts import make_gaps, make_provenance, make_setting
from orbitwise.report.lettering import label
from orbitwise.report.margins import margin_rows, margin_sentences
from orbitwise.report.sentences import Sentence
from orbitwise.report.shares import make_shares
from orbitwise.report.wording import detail_sentences, headline, phrases

__all__ = ["plain_text", "print_answer"]

WIDEST = 100
MOST_ROWS = 15  # of a curve over the discounts
VERDICT_STYLES = {"proved": "bold green", "refuted": "bold red", "open": "bold yellow"}
SIDE_STYLES = {"": "", "a": "blue", "b": "dark_orange"}


def plain_text(answer: Answer, *, width: int = 80) -> str:
    """The answer as plain text without color, at most ``width`` columns wide.

    Examples
    --------
    >>> import orbitwise as ow
    >>> question = ow.ask(ow.gallery.load("candy"), prefer="Wait!", over="candy")
    >>> print(plain_text(ow.compare(question)).splitlines()[0])
    Proved: for every reward, Wait! is at least as good as candy on at least 2/3 of
    """
    sink = StringIO()
    console = Console(file=sink, width=width, color_system=None, force_terminal=False, legacy_windows=False)
    print_answer(answer, console)
    return "\n".join(line.rstrip() for line in sink.getvalue().splitlines())


def print_answer(answer: Answer, console: Console) -> None:
    """Print the answer to a console; colors follow the console (``NO_COLOR`` is honored by rich)."""
    width = min(console.width, WIDEST)
    verdict, sentence = headline(answer)
    first = _text(sentence, style="bold")
    first.stylize(VERDICT_STYLES[verdict], 0, len(sentence[0].text.split(":")[0]) + 1)
    _print(console, first, width)
    for detail in detail_sentences(answer):
        _print(console, _text(detail), width)
    _print(console, Text(""), width)
    _print(console, _evidence(answer), width)
    _print(console, Text(""), width)
    if answer.margins is not None:
        for sentence in margin_sentences(answer):
            _print(console, _text(sentence), width)
        _print(console, _margins(answer), width)
        _print(console, Text(""), width)
    for note in answer.notes:
        _print(console, Text(f"Note: {label(note)}"), width)
    _print(console, Text(SCOPE, style="italic"), width)
    _print(console, Text(make_setting(answer), style="dim"), width)
    version, seed, source = make_provenance(answer)
    _print(console, Text(f"{version.name} {version.text}, {seed.name} {seed.text}", style="dim"), width)
    _print(console, Text(f"{source.name} {source.text}", style="dim"), width)


def _evidence(answer: Answer) -> Table:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(max_width=26)
    table.add_column(ratio=1)
    for share in make_shares(answer):
        style = "bold" if share.kind == "bound" else ""
        table.add_row(Text(share.name), Text(share.words, style=style), Text(share.note))
    rows = make_discount_rows(answer.discounts, points=False)
    for row in rows[:MOST_ROWS]:
        table.add_row(Text("Your reward"), Text(row.words), Text(f"{row.where}: {row.note}"))
    if len(rows) > MOST_ROWS:
        table.add_row(Text(""), Text(""), Text(f"and {len(rows) - MOST_ROWS:,} more; --json has all"))
    for gap in make_gaps(answer):
        table.add_row(Text("Not certified"), Text(gap.name), Text(gap.text))
    return table


def _margins(answer: Answer) -> Table:
    a, b = phrases(answer)
    table = Table(box=None, pad_edge=False)
    for name in ("Epsilon", f"{a.text} better by more", "neither", f"{b.text} better by more"):
        table.add_column(Text(name), overflow="fold")
    for row in margin_rows(answer):
        table.add_row(*map(Text, row))
    return table


def _print(console: Console, what: Text | Table, width: int) -> None:
    console.print(what, width=width, overflow="fold", markup=False, emoji=False, highlight=False)


def _text(sentence: Sentence, *, style: str = "") -> Text:
    """A sentence with the names of A and B colored."""
    found = Text(style=style)
    for span in sentence:
        found.append(span.text, style=SIDE_STYLES[span.side] or None)
    return found
