"""POWER as a JSON document and as a table for a terminal; both show the same ``PowerEstimate``."""

from __future__ import annotations

from collections.abc import Container, Sequence
from fractions import Fraction
from typing import Any

from orbitwise.power.estimates import PowerEstimate
from orbitwise.power.histograms import fold_histogram
from orbitwise.report.contract import SCHEMA_VERSION
from orbitwise.report.lettering import exact_text, label

__all__ = ["power_document", "power_lines", "power_states"]


Exact = Sequence[Fraction | None] | None


def power_document(estimate: PowerEstimate, exact: Exact = None, *, histograms: Container[str] = ()) -> dict[str, Any]:
    """The estimate as the JSON object that ``power --json`` prints.

    **Cost:** linear in the states.

    Parameters
    ----------
    estimate
        What was estimated.
    exact
        Exact values of its states, None where there is none; or None when they were not asked for.
    histograms
        The states that get their histogram of the normalized optimal value, if quantiles were asked for.

    Examples
    --------
    >>> import orbitwise as ow
    >>> document = power_document(ow.estimate_power(ow.gallery.load("candy"), discount="1/2"))
    >>> sorted(document["power"]["candy"])
    ['deviation', 'error', 'high', 'low', 'optimal', 'standard_error', 'value']
    """
    import orbitwise
    from orbitwise.formats.identity import environment_sha256

    is_limit = estimate.discount in (0, 1)
    return {
        "ok": True,
        "schema_version": SCHEMA_VERSION,
        "version": orbitwise.__version__,
        "input_sha256": environment_sha256(estimate.environment),
        "seed": estimate.seed,
        "environment": estimate.environment.name,
        "discount": None if is_limit else exact_text(estimate.discount),
        "limit": int(estimate.discount) if is_limit else None,
        "reward": str(estimate.reward),
        "samples": estimate.samples,
        "points": estimate.points,
        "level": estimate.level,
        "interval": estimate.interval,
        "power": power_states(estimate, exact, histograms=histograms),
    }


def power_states(
    estimate: PowerEstimate, exact: Exact = None, *, histograms: Container[str] = ()
) -> dict[str, dict[str, Any]]:
    """The part of the document that says what was found for each state."""
    found = {name: _state(estimate, i, exact) for i, name in enumerate(estimate.names)}
    for i, name in enumerate(estimate.names):
        if estimate.quantiles is not None and name in histograms:
            histogram = fold_histogram(estimate.quantiles, i)
            found[name]["histogram"] = {
                "edges": list(histogram.edges),
                "counts": list(histogram.counts),
                "below": histogram.below,
                "above": histogram.above,
            }
    return found


def power_lines(estimate: PowerEstimate, exact: Exact = None) -> list[str]:
    """The estimate as lines of text: what was computed, then one line a state.

    Examples
    --------
    >>> import orbitwise as ow
    >>> power_lines(ow.estimate_power(ow.gallery.load("candy"), discount="1/2"))[0]
    'POWER of candy at discount 1/2, reward uniform(0, 1), 10,000 samples'
    """
    where = (
        f"in the limit of discount {estimate.discount}"
        if estimate.discount in (0, 1)
        else (f"at discount {exact_text(estimate.discount)}")
    )
    widest = max(len(label(name)) for name in estimate.names)
    lines = [
        f"POWER of {label(estimate.environment.name)} {where}, reward {label(str(estimate.reward))}, "
        f"{estimate.samples:,} samples",
        f"each interval: {estimate.level:.0%}, {estimate.interval}",
    ]
    for i, name in enumerate(estimate.names):
        row = _state(estimate, i, exact)
        known = f"  {row['exact']}" if row.get("exact") else ""
        lines.append(f"{label(name):<{widest}}  {row['value']:.4f}  [{row['low']:.4f}, {row['high']:.4f}]{known}")
    if exact is not None and None in exact:
        lines.append(
            "exact values are for independent uniform rewards and few outcomes; where none is shown there is none"
        )
    return lines


def _state(estimate: PowerEstimate, i: int, exact: Exact) -> dict[str, Any]:
    row: dict[str, Any] = {
        "value": float(estimate.value[i]),
        "low": float(estimate.low[i]),
        "high": float(estimate.high[i]),
        "standard_error": float(estimate.standard_error[i]),
        "error": float(estimate.error[i]),
        "deviation": float(estimate.deviation[i]),
        "optimal": {"mean": float(estimate.optimal.mean[i]), "variance": float(estimate.optimal.variance[i])},
    }
    if exact is not None:
        value = exact[i]
        row["exact"] = None if value is None else exact_text(value)
    found = estimate.quantiles
    if found is not None:
        row["quantiles"] = {
            f"{level:g}": {
                "value": _finite(found.value[k, i]),
                "low": _finite(found.low[k, i]),
                "high": _finite(found.high[k, i]),
            }
            for k, level in enumerate(found.levels)
        }
    return row


def _finite(value: float) -> float | None:
    """JSON has no infinity."""
    return float(value) if abs(value) < float("inf") else None
