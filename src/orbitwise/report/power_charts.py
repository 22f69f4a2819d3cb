"""Curves of POWER along the discount, and histograms of the normalized optimal value: where their marks go.

Discounts stand on the scale log(g / (1 - g)), which gives those near 0 and near 1 room.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from orbitwise.power.estimates import PowerEstimate
from orbitwise.power.histograms import fold_histogram
from orbitwise.report.drawing import corner
from orbitwise.report.lettering import exact_text, label

__all__ = ["Bars", "Curve", "CurveChart", "HistogramFrame", "draw_curves", "draw_histograms"]

WIDTH, HEIGHT = 720.0, 340.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 130.0, 14.0, 46.0
LABEL_GAP = 15.0
FEW_CURVES = 12
BARS_WIDTH, BARS_HEIGHT = 200.0, 72.0
Tick = tuple[float, str]


@dataclass(frozen=True)
class Curve:
    """One state's POWER: SVG path data, interval bars (x, top, bottom), and its label beside the end."""

    name: str
    path: str
    intervals: tuple[tuple[float, float, float], ...]
    title: str
    end: float
    label_y: float | None


@dataclass(frozen=True)
class CurveChart:
    """All curves with their axes."""

    curves: tuple[Curve, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    is_partly_named: bool
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM


@dataclass(frozen=True)
class Bars:
    """The histogram of one state: bars (x, y, width, height), lines at its quantiles, and what it says."""

    name: str
    bars: tuple[tuple[float, float, float, float], ...]
    quantiles: tuple[float, ...]
    title: str


@dataclass(frozen=True)
class HistogramFrame:
    """The histograms at one discount; all frames have the same axes."""

    histograms: tuple[Bars, ...]
    low: str
    high: str
    width: float = BARS_WIDTH
    height: float = BARS_HEIGHT


def draw_curves(curve: Sequence[PowerEstimate]) -> CurveChart:
    """POWER of each state along the discount.

    **Cost:** linear in the states times the discounts.
    """
    spots = [math.log(float(one.discount / (1 - one.discount))) for one in curve]
    spread = max(spots[-1] - spots[0], 1e-9)
    xs = [LEFT + 14 + (spot - spots[0]) / spread * (WIDTH - RIGHT - LEFT - 28) for spot in spots]
    low = min(float(one.low.min()) for one in curve)
    high = max(float(one.high.max()) for one in curve)
    ticks = nice_ticks(low, high)
    low, high = min(low, ticks[0]), max(high, ticks[-1])

    def height_of(value: float) -> float:
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - BOTTOM - TOP)

    names = curve[0].names
    ends = [height_of(float(curve[-1].value[i])) for i in range(len(names))]
    named = _named(curve[-1])
    places = dict(zip(sorted(named, key=lambda i: ends[i]), _push_apart(sorted(ends[i] for i in named)), strict=True))
    return CurveChart(
        curves=tuple(
            Curve(
                name=label(name, 14),
                path="M"
                + " L".join(corner(x, height_of(float(one.value[i]))) for x, one in zip(xs, curve, strict=True)),
                intervals=tuple(
                    (x, height_of(float(one.high[i])), height_of(float(one.low[i])))
                    for x, one in zip(xs, curve, strict=True)
                )
                if i in places
                else (),
                title=f"{label(name)}: "
                + "; ".join(f"{float(one.value[i]):.4f} at {exact_text(one.discount)}" for one in curve),
                end=ends[i],
                label_y=places.get(i),
            )
            for i, name in sorted(enumerate(names), key=lambda pair: pair[0] in places)  # named ones on top
        ),
        x_ticks=_sparse([(x, exact_text(one.discount)) for x, one in zip(xs, curve, strict=True)]),
        y_ticks=tuple((height_of(value), f"{value:g}") for value in ticks),
        is_partly_named=len(places) < len(names),
    )


def draw_histograms(curve: Sequence[PowerEstimate], names: Sequence[str]) -> tuple[HistogramFrame, ...]:
    """Histograms of some states, one frame for each estimate; no frames if no bins were kept."""
    found = []
    for one in curve:
        if one.quantiles is None or not names:
            return ()
        found.append([fold_histogram(one.quantiles, one.names.index(name)) for name in names])
    low = min(histogram.edges[0] for row in found for histogram in row)
    high = max(histogram.edges[-1] for row in found for histogram in row)
    spread = max(high - low, 1e-300)
    frames = []
    for one, row in zip(curve, found, strict=True):
        drawn = []
        for name, histogram in zip(names, row, strict=True):
            edges = [(edge - low) / spread * BARS_WIDTH for edge in histogram.edges]
            most = max(max(histogram.counts), 1)
            bars = tuple(
                (x, BARS_HEIGHT * (1 - count / most), max(right - x, 1.5), BARS_HEIGHT * count / most)
                for x, right, count in zip(edges, edges[1:], histogram.counts, strict=False)
                if count
            )
            quantiles, words = _quantiles(one, one.names.index(name))
            outside = histogram.below + histogram.above
            title = f"{label(name)} at discount {exact_text(one.discount)}: {words}" + (
                f"; {outside:,} values beyond the bars" if outside else ""
            )
            lines = tuple((q - low) / spread * BARS_WIDTH for q in quantiles if low <= q <= high)
            drawn.append(Bars(label(name, 24), bars, lines, title))
        frames.append(HistogramFrame(tuple(drawn), f"{low:z.2f}", f"{high:z.2f}"))
    return tuple(frames)


def nice_ticks(low: float, high: float) -> list[float]:
    """About five round numbers inside [low, high].

    Examples
    --------
    >>> nice_ticks(0.74, 0.91)
    [0.75, 0.8, 0.85, 0.9]
    """
    spread = high - low if high > low else max(abs(high), 1.0)
    step = 10.0 ** math.floor(math.log10(spread / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if spread / (step * factor) <= 5)
    first = math.ceil(low / step - 1e-9)
    ticks = [round(k * step, 12) for k in range(first, first + 7) if k * step <= high + 1e-9 * spread]
    return ticks or [low]


def _named(last: PowerEstimate) -> set[int]:
    """The states whose curves are named: all of few, else the least, the largest and the start."""
    n = len(last.names)
    if n <= FEW_CURVES:
        return set(range(n))
    start = [i for i, state in enumerate(last.states.tolist()) if state == last.environment.start]
    return {int(last.value.argmin()), int(last.value.argmax()), *start}


def _push_apart(wanted: Sequence[float]) -> list[float]:
    """Heights near the wanted ones, ascending, at least a line apart and inside the chart."""
    places: list[float] = []
    for height in wanted:
        places.append(max(height, places[-1] + LABEL_GAP) if places else height)
    limit = HEIGHT - BOTTOM + 6
    for k in reversed(range(len(places))):
        places[k] = min(places[k], limit)
        limit = places[k] - LABEL_GAP
    return places


def _sparse(ticks: Sequence[Tick]) -> tuple[Tick, ...]:
    """The ticks whose texts do not run into each other; the last one stays."""
    kept: list[Tick] = []
    for x, text in reversed(ticks):
        room = 3.6 * (len(text) + (len(kept[-1][1]) if kept else 0)) + 8
        kept.append((x, text if not kept or kept[-1][0] - x >= room else ""))
    return tuple(reversed(kept))


def _quantiles(estimate: PowerEstimate, place: int) -> tuple[list[float], str]:
    found = estimate.quantiles
    if found is None:
        return [], ""
    values = [float(found.value[k, place]) for k in range(len(found.levels))]
    words = ", ".join(f"{level:g} quantile {value:.3f}" for level, value in zip(found.levels, values, strict=True))
    return [value for value in values if math.isfinite(value)], words
