"""The answer as one self-contained HTML file: no network, no frameworks, the same bytes for the same answer.

Names of states and actions are untrusted: jinja2 escapes every text (autoescape), the JSON inside the page escapes what
could end its element, and a content security policy allows exactly the two inline blocks whose hashes it names.
"""

from __future__ import annotations

import base64
import hashlib
import math
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from orbitwise.evidence.answer import Answer
from orbitwise.formats.files import write_text
from orbitwise.report.findings import count_sentence, count_words, reward_changes
from orbitwise.report.lettering import count_text, exact_text, fraction_words, share_words
from orbitwise.report.orbit_picture import Mark, OrbitPicture
from orbitwise.report.page import Page, make_page
from orbitwise.report.wording import phrases

__all__ = ["json_in_script", "page_policy", "read_resource", "render_html", "template_environment", "write_html"]

SMALL_PICTURE = 640  # pixels; smaller ones are enlarged, and shrink with the window
MOST_VALUES_SHOWN = 100  # nodes beyond which rewards are not written into the picture


def render_html(answer: Answer) -> str:
    """The report of an answer as the text of one HTML file.

    **Guarantee:** the same answer gives the same text; it loads nothing and reports nothing.
    **Cost:** see :func:`orbitwise.report.page.make_page`.

    Raises
    ------
    SolverFailed
        The exact count in the answer disagrees with the orbit as it is drawn.
    """
    page = make_page(answer)
    environment = template_environment()
    style, script = read_resource("report.css"), read_resource("report.js")
    return environment.get_template("report.html").render(
        page=page,
        orbit=None if page.orbit is None else _orbit_layout(page.orbit, answer),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        policy=page_policy(style, script),
        answer_json=Markup(json_in_script(page.answer_json)),  # noqa: S704 - escaped for a script element
        has_values=_shows_values(page),
        zoom=1.2 if page.picture.kind == "graph" and page.picture.width < SMALL_PICTURE else 1.0,
        is_small=page.picture.width < SMALL_PICTURE,
    )


def write_html(answer: Answer, path: str | Path) -> None:
    """Write the report of an answer to a file, whole or not at all.

    Raises
    ------
    InvalidInput
        The path is a directory, or its folder does not exist or may not be written.
    """
    write_text(path, render_html(answer))


@cache
def template_environment() -> jinja2.Environment:
    """The templates, which escape every text."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("orbitwise.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["percent"] = _percent
    environment.filters["px"] = _pixels
    environment.filters["exact"] = exact_text
    environment.filters["count"] = count_text
    environment.filters["fraction"] = fraction_words
    return environment


@cache
def read_resource(name: str) -> str:
    """A file beside the templates."""
    source, _, _ = jinja2.PackageLoader("orbitwise.report").get_source(template_environment(), name)
    return source


def page_policy(style: str, script: str) -> str:
    """A content security policy that allows these two blocks and nothing else."""
    hashes = [base64.b64encode(hashlib.sha256(block.encode()).digest()).decode() for block in (style, script)]
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def json_in_script(text: str) -> str:
    """JSON that cannot end the script element that holds it."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _percent(share: Fraction | float) -> str:
    """A place on the axis from 0 to 1, as a percentage for SVG."""
    return f"{round(100 * float(share), 3):g}%"


def _pixels(value: float) -> str:
    return f"{round(value, 1):g}"


def _shows_values(page: Page) -> bool:
    """Whether the values of a hovered reward are written beside the states."""
    drawn = [node for node in page.picture.nodes if node.kind in ("state", "cell")]
    return page.orbit is not None and bool(page.orbit.marks) and len(drawn) <= MOST_VALUES_SHOWN


def _orbit_layout(orbit: OrbitPicture, answer: Answer) -> dict[str, Any]:
    """Where the marks go: column by column, so that the verdicts stand side by side like a proportional bar."""
    n = len(orbit.marks)
    pitch = 26.0 if n <= 150 else 18.0 if n <= 500 else 12.0
    columns, rows = _shape(n)
    sides = phrases(answer)
    values = sorted({value for mark in orbit.marks for _, value in mark.changes}, reverse=True)
    codes = {value: k for k, value in enumerate(values)}
    count = orbit.count
    return {
        "sentence": count_sentence(count, sides[0], whose="your reward" if orbit.whose == "reward" else "this reward"),
        "marks": [
            {
                "verdict": mark.verdict,
                "x": (k // rows + 0.5) * pitch,
                "y": (k % rows + 0.5) * pitch,
                "title": _mark_title(mark, orbit, answer),
                "values": " ".join(f"{i}:{codes[value]}" for i, value in mark.changes),
            }
            for k, mark in enumerate(orbit.marks)
        ],
        "r": pitch * 0.36,
        "width": columns * pitch,
        "height": rows * pitch,
        "values": "|".join(fraction_words(value) for value in values),
        "rest": fraction_words(orbit.rest),
        "words": count_words(count),
        "rows": [
            {"verdict": verdict, "who": who, "n": number, "share": Fraction(number, count.size)}
            for verdict, who, number in (
                ("a", f"only {sides[0].text} is best", count.prefer_only),
                ("tie", "both are best", count.both),
                ("b", f"only {sides[1].text} is best", count.over_only),
                ("none", "neither is best", count.neither),
            )
            if number or verdict in ("a", "b")
        ],
        "share": share_words(count.share),
    }


def _mark_title(mark: Mark, orbit: OrbitPicture, answer: Answer) -> str:
    """``candy = 1, hug = 1/2, the 3 others = 0: best value 1/2 for Wait!, 1 for candy``."""
    a, b = phrases(answer)
    reward = reward_changes(mark.changes, orbit.rest, answer.question.coordinates)
    if mark.values is None:
        verdict = {"a": f"only {a.text} is best", "tie": "both are best", "b": f"only {b.text} is best"}[mark.verdict]
        return f"{reward}: {verdict}"
    best_a, best_b = map(fraction_words, mark.values)
    return f"{reward}: best value {best_a} for {a.text}, {best_b} for {b.text}"


def _shape(n: int) -> tuple[int, int]:
    """Columns and rows for n marks: a wide rectangle without gaps if there is one."""
    if n == 0:
        return 0, 0
    if n <= 20:
        return n, 1
    ideal = math.sqrt(3.5 * n)
    exact = [c for c in range(math.isqrt(2 * n), math.isqrt(8 * n) + 1) if n % c == 0]
    columns = min(exact, key=lambda c: abs(c - ideal)) if exact else round(ideal)
    rows = math.ceil(n / columns)
    return math.ceil(n / rows), rows
