"""Everything that one run of ``power`` shows, for every door: POWER, and what was asked for besides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from orbitwise.power.estimates import PowerEstimate
from orbitwise.power.histograms import fold_histogram
from orbitwise.power.optimality import Optimality
from orbitwise.power.plays import Play
from orbitwise.power.seeking import PowerSeeking
from orbitwise.report.lettering import label, text_width
from orbitwise.report.power import power_document, power_lines
from orbitwise.report.power_actions import actions_document, actions_lines
from orbitwise.report.power_play import play_document, play_lines
from orbitwise.report.power_sweep import curve_document, curve_lines

__all__ = ["PowerReport", "report_document", "report_lines"]

BLOCKS = " ▁▂▃▄▅▆▇█"
NAME_WIDTH = 24


@dataclass(frozen=True, eq=False)
class PowerReport:
    """POWER at one discount or in a limit, or along the discount, and what was asked for besides.

    Parameters
    ----------
    curve
        The estimates, by ascending discount; not empty.
    is_curve
        Whether several discounts were asked for.
    name
        The environment as the user names it.
    exact
        Exact values of the states, if asked for.
    histograms
        Names of the states whose histograms are shown; the estimates then have quantiles.
    actions
        The order of the actions of a state, if asked for.
    play
        One sampled reward, if asked for.
    """

    curve: tuple[PowerEstimate, ...]
    is_curve: bool = False
    name: str = ""
    exact: Sequence[Fraction | None] | None = None
    histograms: tuple[str, ...] = ()
    actions: tuple[PowerSeeking, Optimality | None] | None = None
    play: Play | None = None


def report_document(report: PowerReport) -> dict[str, Any]:
    """The JSON object that ``power --json`` prints.

    **Cost:** linear in the states and discounts.

    Examples
    --------
    >>> import orbitwise as ow
    >>> power = ow.estimate_power(ow.gallery.load("candy"), discount="1/2", samples=64)
    >>> report_document(PowerReport((power,)))["discount"]
    '1/2'
    """
    if report.is_curve:
        document = curve_document(report.curve, histograms=report.histograms)
    else:
        document = power_document(report.curve[0], report.exact, histograms=report.histograms)
    if report.actions is not None:
        document["actions"] = actions_document(*report.actions)
    if report.play is not None:
        document["sample"] = play_document(report.play)
    return document


def report_lines(report: PowerReport) -> list[str]:
    """The same as lines of text."""
    lines = curve_lines(report.curve) if report.is_curve else power_lines(report.curve[0], report.exact)
    for one in report.curve if report.histograms else ():
        lines += ["", f"normalized optimal value at discount {one.discount}, from the least to the largest bar's end"]
        lines += [_histogram_line(one, one.names.index(name)) for name in report.histograms]
    if report.actions is not None:
        lines += actions_lines(*report.actions)
    if report.play is not None:
        lines += play_lines(report.play)
    return lines


def _histogram_line(estimate: PowerEstimate, place: int) -> str:
    if estimate.quantiles is None:
        return ""
    found = fold_histogram(estimate.quantiles, place)
    name = label(estimate.names[place], NAME_WIDTH)
    top = max(found.counts)
    bars = "".join(BLOCKS[-(-count * (len(BLOCKS) - 1) // top) if top else 0] for count in found.counts)
    return f"{name}{' ' * (NAME_WIDTH - text_width(name))}{found.edges[0]:8.3f} {bars} {found.edges[-1]:.3f}"
