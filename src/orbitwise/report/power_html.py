"""POWER as one self-contained HTML file: heat map, table, curves, histograms, and a sampled reward.

Several discounts are frames of one picture; without a script the last one is shown. As in ``html``, nothing is loaded,
every text is escaped, and a content security policy allows exactly the two inline blocks.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from orbitwise.formats.files import write_text
from orbitwise.power.estimates import PowerEstimate
from orbitwise.report.heat import HeatMap, Reading, draw_heat, number_text
from orbitwise.report.html import json_in_script, page_policy, read_resource, template_environment
from orbitwise.report.lettering import exact_text, label
from orbitwise.report.power_actions import actions_lines
from orbitwise.report.power_charts import CurveChart, HistogramFrame, draw_curves, draw_histograms
from orbitwise.report.power_play import actions_text, play_sentences
from orbitwise.report.power_policy import PolicyPicture, draw_policy
from orbitwise.report.power_report import PowerReport, report_document

__all__ = ["render_power_html", "write_power_html"]

MOST_ROWS = 400
NAME_WIDTH = 40


@dataclass(frozen=True)
class Figure:
    """What the page shows of one report; tables have one row a state."""

    title: str
    facts: tuple[tuple[str, str], ...]
    frames: tuple[str, ...]
    heat: HeatMap
    widest: str
    rows: tuple[tuple[str, str | None, tuple[tuple[str, str], ...]], ...]
    n_states: int
    curves: CurveChart | None
    histograms: tuple[HistogramFrame, ...]
    levels: str
    actions: tuple[str, ...]
    play: dict[str, Any] | None
    policy: PolicyPicture | None


def render_power_html(reports: Sequence[PowerReport]) -> str:
    """The page of one or several reports as the text of one HTML file.

    **Guarantee:** the same reports give the same text; it loads nothing and reports nothing.
    **Cost:** linear in the states times the discounts.
    """
    style = read_resource("report.css") + read_resource("power.css")
    script = read_resource("power.js")
    documents = [report_document(report) for report in reports]
    return (
        template_environment()
        .get_template("power.html")
        .render(
            figures=[_figure(report) for report in reports],
            version=documents[0]["version"],
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            policy=page_policy(style, script),
            data=Markup(json_in_script(json.dumps(documents, ensure_ascii=False))),  # noqa: S704 - escaped
            number=number_text,
        )
    )


def write_power_html(reports: Sequence[PowerReport], path: str | Path) -> None:
    """Write the page to a file, whole or not at all.

    Raises
    ------
    InvalidInput
        The path is a directory, or its folder does not exist or may not be written.
    """
    write_text(path, render_power_html(reports))


def _figure(report: PowerReport) -> Figure:
    curve, first = report.curve, report.curve[0]
    exact = report.exact
    return Figure(
        title=label(first.environment.name),
        facts=_facts(report),
        frames=tuple(map(_frame_name, curve)),
        heat=draw_heat(first.environment, [_readings(one) for one in curve]),
        widest=f"{max(one.widest_interval for one in curve):.2g}",
        rows=tuple(
            (
                label(name, NAME_WIDTH),
                None if exact is None else _exact_words(exact[i]),
                tuple((f"{one.value[i]:.4f}", f"{one.low[i]:.4f} to {one.high[i]:.4f}") for one in curve),
            )
            for i, name in enumerate(first.names[:MOST_ROWS])
        ),
        n_states=len(first.names),
        curves=draw_curves(curve) if len(curve) > 1 else None,
        histograms=draw_histograms(curve, report.histograms),
        levels="" if first.quantiles is None else ", ".join(f"{level:g}" for level in first.quantiles.levels),
        actions=() if report.actions is None else tuple(line for line in actions_lines(*report.actions) if line),
        play=_play(report),
        policy=None if report.play is None else draw_policy(report.play),
    )


def _facts(report: PowerReport) -> tuple[tuple[str, str], ...]:
    first = report.curve[0]
    return (
        ("environment", report.name or first.environment.name),
        ("reward", str(first.reward)),
        ("rewards drawn", f"{first.samples:,}, {first.points}, seed {first.seed}"),
        ("each interval", f"{first.level:.0%}, {first.interval}"),
        ("discount" if len(report.curve) == 1 else "discounts", ", ".join(map(_discount_words, report.curve))),
    )


def _discount_words(estimate: PowerEstimate) -> str:
    text = exact_text(estimate.discount)
    return f"the limit at discount {text}" if estimate.discount in (0, 1) else text


def _frame_name(estimate: PowerEstimate) -> str:
    words = _discount_words(estimate)
    return words if estimate.discount in (0, 1) else f"discount {words}"


def _readings(estimate: PowerEstimate) -> dict[int, Reading]:
    return {
        state: Reading(
            float(estimate.value[i]),
            f"{number_text(float(estimate.low[i]))}–{number_text(float(estimate.high[i]))}",
            f"{label(estimate.names[i])}: POWER {estimate.value[i]:.4f}, "
            f"between {estimate.low[i]:.4f} and {estimate.high[i]:.4f}",
        )
        for i, state in enumerate(estimate.states.tolist())
    }


def _exact_words(value: object) -> str:
    return "" if value is None else exact_text(value)  # type: ignore[arg-type]  # a fraction


def _play(report: PowerReport) -> dict[str, Any] | None:
    play = report.play
    if play is None:
        return None
    return {
        "number": f"{play.sample:,}",
        "seed": play.seed,
        "rows": [
            (label(name, NAME_WIDTH), f"{play.reward[i]:.4f}", f"{play.value[i]:.4f}", actions_text(play, i))
            for i, name in enumerate(play.environment.states[:MOST_ROWS])
        ],
        "sentences": play_sentences(play),
        "undecided": any(play.undecided),
    }
