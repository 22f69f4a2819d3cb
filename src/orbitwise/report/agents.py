"""POWER of two agents as a JSON document and as a table for a terminal; both show the same ``AgentSweep``."""

from __future__ import annotations

from typing import Any

from orbitwise.power.agents import AgentPower, AgentSweep, Correlated
from orbitwise.report.contract import SCHEMA_VERSION
from orbitwise.report.lettering import exact_text, label

__all__ = ["agents_document", "agents_lines"]


def agents_document(sweep: AgentSweep) -> dict[str, Any]:
    """The sweep as the JSON object that ``agents --json`` prints.

    **Cost:** linear in the joint states times the correlations.

    Examples
    --------
    >>> import orbitwise as ow
    >>> grid = ow.gallery.load("powerplay-grid", n=2)
    >>> found = ow.estimate_agent_power(ow.join_agents(grid, grid), discount="1/2", correlations=[0], samples=10)
    >>> sorted(agents_document(found)["correlations"][0])
    ['alignment', 'correlation', 'power', 'resolved']
    """
    import orbitwise
    from orbitwise.formats.identity import environment_sha256

    human, ai = sweep.joint.agents
    return {
        "ok": True,
        "schema_version": SCHEMA_VERSION,
        "version": orbitwise.__version__,
        "input_sha256": environment_sha256(sweep.joint.environment),
        "seed": sweep.seed,
        "environment": sweep.joint.environment.name,
        "agents": {
            name: {"role": role, "discount": exact_text(discount)}
            for name, role, discount in zip((human, ai), ("human", "ai"), sweep.discounts, strict=True)
        },
        "reward": str(sweep.reward),
        "samples": sweep.samples,
        "level": sweep.level,
        "interval": sweep.interval,
        "correlations": [_point(sweep, point) for point in sweep.points],
    }


def agents_lines(sweep: AgentSweep) -> list[str]:
    """The sweep as lines of text: what was computed, then one line a correlation.

    Examples
    --------
    >>> import orbitwise as ow
    >>> grid = ow.gallery.load("powerplay-grid", n=2)
    >>> found = ow.estimate_agent_power(ow.join_agents(grid, grid), discount="1/2", correlations=[0], samples=10)
    >>> agents_lines(found)[1]
    'each interval: 95%; alignment is the correlation of POWER of H and of A over the 16 joint states (approximate)'
    """
    human, ai = sweep.joint.agents
    discounts = " and ".join(dict.fromkeys(exact_text(discount) for discount in sweep.discounts))
    lines = [
        f"POWER of {label(human)} and {label(ai)} in {label(sweep.joint.environment.name)} at discount {discounts}, "
        f"reward {label(str(sweep.reward))}, {sweep.samples:,} samples",
        f"each interval: {sweep.level:.0%}; alignment is the correlation of POWER of {label(human)} and of {label(ai)} "
        f"over the {len(sweep.names)} joint states (approximate)",
        f"correlation of rewards  alignment                   mean POWER of {label(human)}, of {label(ai)}",
    ]
    for point in sweep.points:
        found = point.alignment
        shown = (
            "none, equal everywhere" if found is None else f"{found.value:+.3f}  [{found.low:+.3f}, {found.high:+.3f}]"
        )
        lines.append(
            f"{float(point.correlation):<+23g} {shown:<27} {point.human.value.mean():.4f}, {point.ai.value.mean():.4f}"
        )
    return lines


def _point(sweep: AgentSweep, point: Correlated) -> dict[str, Any]:
    human, ai = sweep.joint.agents
    found = point.alignment
    return {
        "correlation": exact_text(point.correlation),
        "alignment": None if found is None else {"value": found.value, "low": found.low, "high": found.high},
        "power": {name: {human: _state(point.human, i), ai: _state(point.ai, i)} for i, name in enumerate(sweep.names)},
        "resolved": point.resolved,
    }


def _state(power: AgentPower, i: int) -> dict[str, float]:
    return {
        "value": float(power.value[i]),
        "low": float(power.low[i]),
        "high": float(power.high[i]),
        "standard_error": float(power.standard_error[i]),
        "error": float(power.error[i]),
        "deviation": float(power.deviation[i]),
    }
