"""POWER along the discount, and of all cases of a sweep file: as JSON documents and as tables for a terminal."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from orbitwise.power.estimates import PowerEstimate
from orbitwise.power.sweep_files import Sweep
from orbitwise.report.contract import SCHEMA_VERSION
from orbitwise.report.lettering import exact_text, label, text_width
from orbitwise.report.power import power_document, power_states

__all__ = ["curve_document", "curve_lines", "sweep_document"]

COLUMNS = 3  # discounts side by side, so that a line has less than 100 columns
NAME_WIDTH = 20


def curve_document(curve: Sequence[PowerEstimate], *, histograms: Container[str] = ()) -> dict[str, Any]:
    """What ``power --discounts --json`` prints: as ``power --discount``, but ``curve`` holds each discount's POWER.

    Examples
    --------
    >>> import orbitwise as ow
    >>> from orbitwise.power.sweeps import trace_power
    >>> document = curve_document(trace_power(ow.gallery.load("candy"), discounts=[0.5, 0.9], samples=64))
    >>> document["discount"], document["power"], [row["discount"] for row in document["curve"]]
    (None, None, ['1/2', '9/10'])
    """
    shared = {**power_document(curve[0]), "discount": None, "power": None}
    return {
        **shared,
        "curve": [
            {"discount": exact_text(one.discount), "power": power_states(one, histograms=histograms)} for one in curve
        ],
    }


def sweep_document(sweep: Sweep, curves: Sequence[Sequence[PowerEstimate]]) -> dict[str, Any]:
    """What ``power --sweep FILE --json`` prints: one row for each case, discount and state."""
    import orbitwise
    from orbitwise.formats.identity import environment_sha256

    rows: list[dict[str, Any]] = []
    for case, curve in zip(sweep.cases, curves, strict=True):
        sha256 = environment_sha256(case.environment)
        for one in curve:
            shared = {
                "environment": case.name,
                "input_sha256": sha256,
                "discount": exact_text(one.discount),
                "reward": str(one.reward),
                "samples": one.samples,
                "interval": one.interval,
            }
            rows += [{**shared, "state": state, **found} for state, found in power_states(one).items()]
    return {
        "ok": True,
        "schema_version": SCHEMA_VERSION,
        "version": orbitwise.__version__,
        "seed": sweep.seed,
        "points": sweep.points,
        "level": sweep.level,
        "rows": rows,
    }


def curve_lines(curve: Sequence[PowerEstimate]) -> list[str]:
    """The same as lines of text: one line a state, three discounts side by side.

    Examples
    --------
    >>> import orbitwise as ow
    >>> from orbitwise.power.sweeps import trace_power
    >>> curve_lines(trace_power(ow.gallery.load("candy"), discounts=[0.5, 0.9], samples=64))[0]
    'POWER of candy along the discount, reward uniform(0, 1), the same 64 samples at each'
    """
    first = curve[0]
    names = [label(name, NAME_WIDTH) for name in first.names]
    width = max(map(text_width, names))
    lines = [
        f"POWER of {label(first.environment.name)} along the discount, reward {label(str(first.reward))}, "
        f"the same {first.samples:,} samples at each",
        f"each interval: {first.level:.0%}, {first.interval}",
    ]
    for start in range(0, len(curve), COLUMNS):
        part = curve[start : start + COLUMNS]
        lines += ["", " " * width + "".join(f"  {'discount ' + exact_text(one.discount):<24}" for one in part).rstrip()]
        for i, name in enumerate(names):
            cells = (f"  {one.value[i]:.4f} [{one.low[i]:.4f}, {one.high[i]:.4f}]" for one in part)
            lines.append(name + " " * (width - text_width(name)) + "".join(f"{cell:<26}" for cell in cells).rstrip())
    return lines
